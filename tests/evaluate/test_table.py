"""The table shows every number that counts, and what is missing."""

from collections.abc import Callable
from pathlib import Path

from mtl.evaluate.score import score_folder
from mtl.evaluate.table import WIDTH, render
from mtl.tasks.benchmarks import XTREME, XTREME_R, Benchmark

Write = Callable[[Benchmark], tuple[Path, Path]]


def test_every_task_group_and_language_has_its_place(write_benchmark: Write) -> None:
    lines = render(score_folder(*write_benchmark(XTREME_R), XTREME_R)).splitlines()
    words = {line.split()[0]: line.split() for line in lines[: lines.index("")]}
    for group, members in XTREME_R.groups.items():
        assert words[group] == [group, "100.00"]
        for member in members:
            num = len(member.languages)
            assert words[member.task][1:3] == ["100.00", f"{num}/{num}"]
    assert words["overall"] == ["overall", "100.00"]
    cells = " ".join(lines[lines.index("") :]).split()
    for member in XTREME_R.members:
        assert cells.count(member.task) == 1
    assert cells.count("sw") == sum("sw" in member.languages for member in XTREME_R.members)
    assert max(map(len, lines)) <= WIDTH
    assert all(line == line.rstrip() for line in lines)


def test_what_is_missing_is_starred_and_named(write_benchmark: Write) -> None:
    predictions, labels = write_benchmark(XTREME)
    (predictions / "xnli/test-sw.tsv").unlink()
    (predictions / "tatoeba").rename(predictions / "tatoebe")
    lines = render(score_folder(predictions, labels, XTREME)).splitlines()
    assert any(line.split()[:3] == ["xnli*", "100.00", "14/15"] for line in lines)
    assert any(line.split() == ["tatoeba*", "-", "0/36"] for line in lines)
    assert any(line.split() == ["classification", "-"] for line in lines)
    assert any(line.split() == ["overall", "-"] for line in lines)
    assert lines[-2:] == ["no part of xtreme:", "  tatoebe"]
    assert f"  {predictions}: no folder tatoeba" in lines
