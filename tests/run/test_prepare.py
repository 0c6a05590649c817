"""What can be known to be wrong before training is found before training, in one line that names the way out."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtl.errors import UserError
from mtl.model.load import check_padding
from mtl.run import prepare as prepare_module
from mtl.run.places import prepare_worlds
from mtl.run.plan import plan_phase
from mtl.run.prepare import assemble
from mtl.run.recipe.read import load_recipe
from mtl.run.recipe.schema import Phase, Recipe
from mtl.tasks.task import Task
from tests.kit import small_run
from tests.kit.tokenizers import bert_shaped, roberta_shaped
from tests.kit.worlds import NINE, prepared, refusal, settings


def world_of(cache: Path) -> Path:
    return next(
        folder for folder in (cache / "worlds").glob("[!.]*") if not folder.name.endswith("tokenizer")
    )


def tokenizer_of(cache: Path) -> Path:
    return next(folder for folder in (cache / "worlds").glob("[!.]*") if folder.name.endswith("tokenizer"))


def test_the_nine_tasks_are_ready_in_the_recipes_order(cache: Path) -> None:
    ready = prepared(cache)
    assert tuple(spec.name for spec in ready.specs) == NINE == ready.mixture.names
    assert [spec.kind for spec in ready.specs] == [
        "pair", "pair", "pair", "span", "span", "choice", "tag", "choice", "choice",
    ]  # fmt: skip
    assert {dev.task for dev in ready.dev_sets} == set(NINE)


def test_rows_of_words_train_that_some_text_holds_or_all_where_every_word_is_an_answer(cache: Path) -> None:
    ready = prepared(cache)
    sources = [*ready.sources, *(dev.source for dev in ready.dev_sets)]
    texts = np.concatenate([source.store.tokens for source in sources])
    special = sources[0].store.header.vocabulary.special
    assert ready.used_tokens is not None
    assert ready.used_tokens.tolist() == sorted({*texts.tolist(), *special})
    assert len(ready.used_tokens) < ready.config.vocab_size
    assert plan_phase(ready, ranks=1).trainable < plan_phase(ready, ranks=1).parameters
    plain = "declare={plain: {kind: mlm, files: {train: text/en.txt}, max_length: 64}}"
    assert prepared(cache, plain, "tasks=[mnli, plain]").used_tokens is None
    assert prepared(cache, "train.freeze={embeddings: true}").used_tokens is None


def test_a_budget_below_the_largest_example_names_task_row_and_both_numbers(cache: Path) -> None:
    text = refusal(cache, "train.token_budget=32")
    assert text.startswith("train.token_budget: 32 tokens cannot hold the largest example of ")
    assert re.search(r"\w+\.\w+:\d+, which has \d+; raise the budget to \d+", text)


def test_more_positions_than_the_encoder_has_are_refused(cache: Path) -> None:
    text = refusal(cache, "model.config.max_position_embeddings=40")
    assert "positions" in text and "max_length=38" in text


def test_a_table_smaller_than_the_vocabulary_is_refused(cache: Path, tmp_path: Path) -> None:
    from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

    small = XLMRobertaConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    XLMRobertaForMaskedLM(small).save_pretrained(tmp_path)
    text = refusal(
        cache, "model.config=null", f"model.name={tmp_path}", f"model.tokenizer={tokenizer_of(cache)}"
    )
    assert "use the checkpoint's own tokenizer" in text


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [({"spare": 2000}, r"tokens, the encoder's table"), ({"pad_token_id": 0}, "pads with")],
)
def test_a_tokenizer_of_another_vocabulary_is_refused(
    cache: Path, tmp_path: Path, changes: dict[str, int], trouble: str
) -> None:
    from transformers import AutoTokenizer, XLMRobertaConfig, XLMRobertaForMaskedLM

    size = len(AutoTokenizer.from_pretrained(tokenizer_of(cache)))
    shape = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    own = XLMRobertaConfig(
        **shape,
        vocab_size=size + changes.get("spare", 0),
        pad_token_id=changes.get("pad_token_id", 1),
    )
    XLMRobertaForMaskedLM(own).save_pretrained(tmp_path)
    text = refusal(
        cache, "model.config=null", f"model.name={tmp_path}", f"model.tokenizer={tokenizer_of(cache)}"
    )
    assert trouble in text and "use the checkpoint's own tokenizer" in text


def test_a_tokenizer_that_pads_with_a_word_of_the_family_s_is_refused(cache: Path, tmp_path: Path) -> None:
    bert_shaped().save_pretrained(tmp_path)
    text = refusal(cache, f"model.tokenizer={tmp_path}")
    assert text.startswith(f"model.tokenizer: {tmp_path} pads with token 0, ") and "family=bert" in text
    text = refusal(cache, f"model.tokenizer={tmp_path}", "train.export=false", "model.config.vocab_size=7")
    assert "pads with" not in text, "what is not exported may pad as it likes"
    check_padding("bert", bert_shaped())
    check_padding("roberta", roberta_shaped())


def test_fp16_without_a_gpu_is_refused(cache: Path) -> None:
    assert "train.precision" in refusal(cache, "train.precision=fp16", "deepspeed=ds_configs/zero1.json")


def test_a_folder_without_the_data_is_refused_with_the_pattern(cache: Path, tmp_path: Path) -> None:
    text = refusal(
        cache,
        "data.world=null",
        f"data.root={tmp_path}",
        f"model.tokenizer={tokenizer_of(cache)}",
        "tasks=[mnli]",
    )
    assert "multinli_1.0_train.jsonl" in text and str(tmp_path) in text


def copy_of(cache: Path, folder: Path, file: str) -> Path:
    target = folder / file
    target.parent.mkdir(parents=True)
    target.write_bytes((world_of(cache) / file).read_bytes())
    return target


def over(cache: Path, root: Path, task: str) -> list[str]:
    return [
        "data.world=null", f"data.root={root}", f"model.tokenizer={tokenizer_of(cache)}", f"tasks=[{task}]", "train.eval_every=null"
    ]  # fmt: skip


def test_an_undeclared_label_names_file_line_and_label(cache: Path, tmp_path: Path) -> None:
    file = copy_of(cache, tmp_path, "mnli/multinli_1.0_train.jsonl")
    lines = file.read_text().splitlines()
    row = json.loads(lines[3])
    row["gold_label"] = "entails"
    file.write_text("\n".join([*lines[:3], json.dumps(row), *lines[4:]]) + "\n")
    text = refusal(cache, *over(cache, tmp_path, "mnli"))
    assert f"{file}:4" in text and "'entails'" in text and "entailment" in text


def test_an_answer_that_is_not_at_its_offset_names_file_and_id(cache: Path, tmp_path: Path) -> None:
    file = copy_of(cache, tmp_path, "squad/train-v1.1.json")
    content = json.loads(file.read_text())
    question = content["data"][0]["paragraphs"][0]["qas"][0]
    question["answers"][0]["answer_start"] += 1
    file.write_text(json.dumps(content))
    text = refusal(cache, *over(cache, tmp_path, "squad_v1"))
    assert str(file) in text and question["id"] in text


def test_an_empty_split_names_its_files(cache: Path, tmp_path: Path) -> None:
    file = copy_of(cache, tmp_path, "mnli/multinli_1.0_train.jsonl")
    file.write_text("")
    assert str(file) in refusal(cache, *over(cache, tmp_path, "mnli"))


def test_a_recipe_declares_a_task_without_python(cache: Path, tmp_path: Path) -> None:
    rows = "".join(f"good {i}\tbad {i}\t{'yes' if i % 2 else 'no'}\n" for i in range(30))
    (tmp_path / "mine.tsv").write_text("left\tright\tsame\n" + rows)
    recipe = tmp_path / "own.yaml"
    text = Path("recipes/world_nine.yaml").read_text().replace("tasks: [anli, ", "tasks: [mine, ")
    recipe.write_text(
        text + "\ndeclare:\n  mine:\n    kind: pair\n    labels: ['no', 'yes']\n"
        f"    columns: {{text_a: left, text_b: right, label: same}}\n    files: {{train: {tmp_path}/mine.tsv}}\n"
    )
    ready = prepared(cache, recipe=recipe)
    assert ready.specs[0].name == "mine" and ready.specs[0].num_labels == 2
    assert ready.sources[0].store.header.num_records == 30


def test_the_plan_knows_the_models_size(cache: Path) -> None:
    from mtl.model.load import build_model

    ready = prepared(cache)
    model = build_model(None, ready.config, ready.specs, seed=0)
    assert plan_phase(ready, ranks=2).parameters == sum(p.numel() for p in model.parameters())


CARRYING = """
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {}}
phases:
  first: {tasks: [anli, qqp, cosmosqa, ccg]}
  second: {after: first, tasks: [mnli, commonsenseqa, ccg]}
"""


def carry(cache: Path, folder: Path, pairs: str) -> None:
    (folder / "carrying.yaml").write_text(CARRYING)
    recipe = load_recipe(folder / "carrying.yaml", settings(cache, [f"phases.second.carry={{{pairs}}}"]))
    prepare_worlds(recipe, recipe.phase_list())
    assemble(recipe, recipe.phases["second"], device=None)


def test_a_head_is_carried_to_one_of_its_kind_and_labels_and_any_number_of_choices(
    cache: Path, tmp_path: Path
) -> None:
    carry(cache, tmp_path, "mnli: anli, commonsenseqa: cosmosqa, ccg: ccg")


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ("mnli: cosmosqa", r"the head of cosmosqa in phase first is of kind choice, not pair"),
        ("ccg: qqp", r"is of kind pair, not tag"),
        ("mnli: qqp", r"the head of qqp in phase first has other labels, or has them in another order"),
    ],
)
def test_a_head_that_does_not_fit_is_not_carried(
    cache: Path, tmp_path: Path, pairs: str, message: str
) -> None:
    with pytest.raises(UserError, match=f"^carry[.].*{message}"):
        carry(cache, tmp_path, pairs)


def test_a_head_whose_labels_stand_in_another_order_is_not_carried(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = prepare_module.choose_tasks

    def turned(recipe: Recipe, phase: Phase) -> tuple[Task, ...]:
        tasks = whole(recipe, phase)
        if phase.name == "second":
            return tasks
        return tuple(replace(task, labels=task.labels and task.labels[::-1]) for task in tasks)

    monkeypatch.setattr(prepare_module, "choose_tasks", turned)
    with pytest.raises(UserError, match="has them in another order"):
        carry(cache, tmp_path, "mnli: anli")


def test_a_dev_split_is_scored_in_the_language_that_the_task_is_trained_in(tmp_path: Path) -> None:
    recipe = small_run.write(tmp_path)
    for split in ("train", "dev"):
        for code in ("fi", "zh"):
            file = tmp_path / f"data/spans/{split}-{code}.jsonl"
            file.write_bytes((tmp_path / f"data/spans/{split}.jsonl").read_bytes())

    def trained_in(code: str) -> str:
        files = "{train: 'spans/train-{lang}.jsonl', dev: 'spans/dev-{lang}.jsonl'}"
        changes = [f"declare.spans.files={files}", "declare.spans.metric=mlqa"]
        loaded = load_recipe(recipe, [*changes, f"tasks={{spans: {{language: {code}}}}}"])
        (dev,) = assemble(loaded, loaded.phase_list()[0], device="cpu").dev_sets
        return dev.language

    assert trained_in("zh") == "zh"
    with pytest.raises(
        UserError, match=r"^tasks.spans.language: the metric mlqa of spans has no rules for fi"
    ):
        trained_in("fi")
