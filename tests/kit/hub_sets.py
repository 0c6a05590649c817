"""Two rows of every data set as the hub has it: repositories, configurations, splits, columns, labels."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from tests.kit.hub import PARQUET

NLI = ("entailment", "neutral", "contradiction")
UPOS = [
    "ADJ",
    "ADP",
    "ADV",
    "AUX",
    "CCONJ",
    "DET",
    "INTJ",
    "NOUN",
    "NUM",
    "PART",
    "PRON",
    "PROPN",
    "PUNCT",
    "SCONJ",
    "SYM",
    "VERB",
    "X",
]
NER = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
THREE = ("train", "validation", "test")

Rows = Sequence[Mapping[str, Any]]


def every_set() -> dict[str, dict[str, bytes]]:
    """The repositories as a hub serves them."""
    hub: dict[str, dict[str, bytes]] = {}

    def add(
        repository: str, configuration: str, splits: Sequence[str], rows: Rows, **labels: Sequence[str]
    ) -> None:
        hub.setdefault(f"datasets/{repository}@main", {"README.md": b"---\nlicense: cc-by-4.0\n---\n"})
        files = hub.setdefault(f"datasets/{repository}@{PARQUET}", {})
        for split in splits:
            files[f"{configuration}/{split}/0000.parquet"] = parquet(rows, **labels)

    nli = [{"premise": "It rains.", "hypothesis": f"{word}.", "label": i} for i, word in enumerate(NLI)]
    glue = ("train", "validation_matched", "validation_mismatched")
    add("nyu-mll/glue", "mnli", glue, [{**row, "idx": 7} for row in nli], label=NLI)
    asked = {"question1": "Who?", "question2": "Who is it?", "idx": 3}
    add(
        "nyu-mll/glue",
        "qqp",
        ("train", "validation"),
        [{**asked, "label": 1}, {**asked, "label": 0}],
        label=("not_duplicate", "duplicate"),
    )
    add("stanfordnlp/snli", "plain_text", THREE, [*nli, {**nli[0], "label": -1}], label=NLI)
    rounds = [f"{part}_r{n}" for part in ("train", "dev", "test") for n in (1, 2, 3)]
    add("facebook/anli", "plain_text", rounds, [{**row, "uid": "u", "reason": ""} for row in nli], label=NLI)
    answer = {"text": ["sang"], "answer_start": [4]}
    question = {"title": "Ann", "context": "Ann sang.", "question": "What did Ann do?"}
    squad = [{"id": "a", **question, "answers": answer}]
    none = [{"id": "b", **question, "answers": {"text": [], "answer_start": []}}]
    add("rajpurkar/squad", "plain_text", THREE[:2], squad)
    add("rajpurkar/squad_v2", "squad_v2", THREE[:2], [*squad, *none])
    scene = {"ind": 1, "activity_label": "Singing", "ctx_a": "Ann stands.", "ctx_b": "she", "ctx": ""}
    scene |= {"endings": ["sings.", "flies.", "melts.", "rusts."], "source_id": "", "split": ""}
    add("Rowan/hellaswag", "default", THREE[:2], [{**scene, "split_type": "", "label": "0"}])
    add("Rowan/hellaswag", "default", THREE[2:], [{**scene, "split_type": "", "label": ""}])
    cosmos = {"id": "c", "context": "Ann sang.", "question": "Why?"} | {
        f"answer{i}": f"A{i}" for i in range(4)
    }
    add("allenai/cosmos_qa", "default", THREE[:2], [{**cosmos, "label": 3}])
    add("allenai/cosmos_qa", "default", THREE[2:], [{**cosmos, "label": -1}])
    sense = {"id": "d", "question": "Where does a fish live?", "question_concept": "fish"}
    sense |= {"choices": {"label": list("ABCDE"), "text": ["sea", "sky", "fire", "sand", "ice"]}}
    add("tau/commonsense_qa", "default", THREE[:2], [{**sense, "answerKey": "A"}])
    add("tau/commonsense_qa", "default", THREE[2:], [{**sense, "answerKey": ""}])
    for lang in ("en", "de", "sw"):
        add("facebook/xnli", lang, THREE, nli, label=NLI)
    add("facebook/xnli", "all_languages", THREE, [{"premise": {"en": "no"}, "label": 0}])
    same = {"id": 1, "sentence1": "One.", "sentence2": "A one."}
    for lang in ("en", "ko"):
        add("google-research-datasets/paws-x", lang, THREE, [{**same, "label": 1}], label=("0", "1"))
    words = {"tokens": ["Ann", "sang"]}
    for name in ("English", "Chinese", "Finnish"):
        add("google/xtreme", f"udpos.{name}", THREE, [{**words, "pos_tags": [11, 15]}], pos_tags=UPOS)
    add("google/xtreme", "udpos.Thai", THREE[2:], [{**words, "pos_tags": [11, 15]}], pos_tags=UPOS)
    names = [{**words, "ner_tags": [1, 0], "langs": ["en", "en"]}]
    for repository, configuration in (
        ("google/xtreme", "PAN-X.en"),
        ("google/xtreme", "PAN-X.fi"),
        ("unimelb-nlp/wikiann", "en"),
        ("unimelb-nlp/wikiann", "uk"),
        ("unimelb-nlp/wikiann", "vls"),
    ):
        add(repository, configuration, THREE, names, ner_tags=NER)
    for lang in ("en", "th"):
        add("google/xquad", f"xquad.{lang}", THREE[1:2], squad)
        add("facebook/mlqa", f"mlqa.{lang}.{lang}", THREE[1:], squad)
    add("facebook/mlqa", "mlqa.en.th", THREE[1:], squad)
    both = [{**squad[0], "id": "english-1-1"}, {**squad[0], "id": "finnish-2-1"}]
    add("google-research-datasets/tydiqa", "secondary_task", THREE[:2], both)
    pairs = [("B", "b"), ("A", "a")]
    translated = [
        {"source_sentence": x, "target_sentence": y, "source_lang": "deu", "target_lang": "eng"}
        for x, y in pairs
    ]
    add("google/xtreme", "tatoeba.deu", THREE[1:2], translated)
    cause = {"premise": "Ann fell.", "choice1": "Ice.", "choice2": "Sun.", "question": "cause"}
    for lang in ("et", "th"):
        add("cambridgeltl/xcopa", lang, THREE[1:], [{**cause, "label": 0, "idx": 1, "changed": False}])
    add("aps/super_glue", "copa", THREE[:2], [{**cause, "label": 0, "idx": 1}], label=("choice1", "choice2"))
    social = {"context": "Ann sang.", "question": "Why?", "answerA": "a", "answerB": "b", "answerC": "c"}
    add("allenai/social_i_qa", "default", THREE[:2], [{**social, "label": "2"}])
    return hub


def parquet(rows: Rows, **labels: Sequence[str]) -> bytes:
    """Rows as the hub stores them: a column of labels holds numbers, and its metadata their names."""
    from datasets import ClassLabel, Dataset, List, disable_progress_bars

    disable_progress_bars()

    data = Dataset.from_list([dict(row) for row in rows])
    for column, names in labels.items():
        listed = isinstance(rows[0][column], list)
        label = ClassLabel(names=list(names))
        data = data.cast_column(column, List(label) if listed else label)
    file = io.BytesIO()
    data.to_parquet(file)
    return file.getvalue()
