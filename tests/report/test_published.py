"""Published rows stand beside ours only where the same thing was measured, each with its source or its mark."""

import pytest

from mtl.report.published import UNVERIFIED, benchmark_table, read_published
from mtl.report.results import Results
from mtl.report.tables import MISSING
from mtl.tasks.benchmarks import XTREME, XTREME_R, Benchmark
from tests.kit.runs import scores_of

TATOEBA, TATOEBA_R = (
    next(member for member in benchmark.members if member.folder == "tatoeba")
    for benchmark in (XTREME, XTREME_R)
)


def scored(benchmark: Benchmark, english: float = 80.0) -> Results:
    scores = {}
    for group in benchmark.groups.values():
        for member in group:
            own = scores_of(member.task, member.languages, english=english, loss=10)[member.task]
            scores[member.task] = {
                language: dict.fromkeys(member.main, next(iter(numbers.values())))
                for language, numbers in own.items()
            }
    return Results(arms={"none": {0: scores}}, baseline=None, problems=())


def test_every_number_has_a_source_or_none() -> None:
    published = read_published()
    numbers = [each for model in published.models.values() for each in model.values()]
    assert all(source is None or source in published.sources for _, source in numbers)
    assert {source for _, source in numbers} == {None, *published.sources}
    assert published.models["XLM-R Large"]["xnli", "accuracy"] == (79.2, "t5")
    assert published.models["X-STILTs (best per target)"]["bucc2018", "f1"] == (71.9, None)


def test_the_nine_scores_of_xlm_r_average_to_what_the_note_says() -> None:
    model = read_published().models["XLM-R Large"]
    tasks = [
        [model[member.task, metric][0] for metric in member.main]
        for group in XTREME.groups.values()
        for member in group
    ]
    assert round(sum(sum(each) / len(each) for each in tasks) / 9, 2) == 68.25


def test_every_published_task_and_metric_is_the_benchmark_s() -> None:
    own = {(m.task, metric) for m in XTREME.members for metric in m.main} | {("overall", "mean")}
    assert {key for model in read_published().models.values() for key in model} <= own


def test_a_whole_benchmark_stands_beside_the_published_rows() -> None:
    table = benchmark_table(scored(XTREME), XTREME)
    assert table is not None
    rows = {row.label: row for row in table.rows}
    labels = [(each.group, each.label) for each in table.columns]
    assert labels[-1] == ("overall", "mean")
    assert len(labels) == 9 + 3 + 1
    assert rows["none"].cells[-1].text == "75.0"
    theirs = dict(zip(labels, rows["X-STILTs (best per target)"].cells, strict=True))
    assert theirs["xnli", "accuracy"].text == "80.4"
    assert theirs["xquad", "EM"].text == f"61.3{UNVERIFIED}"
    assert dict(zip(labels, rows["XLM"].cells, strict=True))["udpos", "F1"].text == MISSING
    assert {row.kind for row in table.rows} == {"arm", "published"}
    assert any("no source could be read" in note for note in table.notes)


def test_a_task_s_score_is_over_the_benchmark_s_languages_alone() -> None:
    results = scored(XTREME_R)
    xtreme, own = benchmark_table(results, XTREME), benchmark_table(results, XTREME_R)
    assert xtreme is not None and own is not None
    languages = results.arms["none"][0]["udpos"]
    member = next(member for member in XTREME.members if member.task == "udpos")
    mean = sum(languages[language]["f1"] for language in member.languages) / len(member.languages)
    labels = [each.group for each in xtreme.columns]
    assert xtreme.rows[0].cells[labels.index("udpos")].text == f"{mean:.1f}"
    assert mean != languages["avg"]["f1"]
    assert {row.kind for row in own.rows} == {"arm"}, "nothing is published for XTREME-R"


def test_what_is_incomplete_is_named_and_has_no_mean() -> None:
    results = scored(XTREME)
    del results.arms["none"][0]["xnli"]["sw"]  # type: ignore[attr-defined]
    table = benchmark_table(results, XTREME)
    assert table is not None
    assert "xnli" not in {each.group for each in table.columns}
    assert "overall" not in {each.group for each in table.columns}
    assert table.notes[0] == "Not scored in all languages: xnli."


def test_each_benchmark_has_its_own_tatoeba_in_an_arm_s_row() -> None:
    arm = {
        **scored(XTREME, english=80).arms["none"][0],
        **scored(XTREME_R, english=80).arms["none"][0],
        **scores_of("tatoeba", TATOEBA.languages, english=60, loss=0),
        **scores_of("tatoeba_squad", TATOEBA_R.languages, english=40, loss=0),
    }
    results = Results(arms={"all nine": {0: arm}}, baseline=None, problems=())
    for benchmark, task, score, mean in (
        (XTREME, "tatoeba", "60.0", 8 * 75 + 60),
        (XTREME_R, "tatoeba_squad", "40.0", 9 * 75 + 40),
    ):
        table = benchmark_table(results, benchmark)
        assert table is not None
        groups = [each.group for each in table.columns]
        cells = table.rows[0].cells
        assert cells[groups.index(task)].text == score
        assert float(cells[-1].text) == pytest.approx(mean / len(benchmark.members), abs=1)


def test_what_the_encoder_found_before_squad_is_not_taken_for_what_it_found_after() -> None:
    arm = dict(scored(XTREME_R).arms["none"][0])
    del arm["tatoeba_squad"]
    arm |= scores_of("tatoeba", TATOEBA_R.languages, english=60)
    table = benchmark_table(Results(arms={"none": {0: arm}}, baseline=None, problems=()), XTREME_R)
    assert table is not None
    assert not {"tatoeba", "tatoeba_squad", "overall"} & {each.group for each in table.columns}
    assert table.notes == ("Not scored in all languages: tatoeba_squad.",)


def test_an_artificial_world_is_beside_nothing() -> None:
    scores = scores_of("xnli", ("en", "qaa"), english=80)
    assert benchmark_table(Results(arms={"none": {0: scores}}, baseline=None, problems=()), XTREME) is None
