"""The real samples laid out as a user's data folder: XTREME's layout beside the published one."""

from pathlib import Path

from tests.kit.shared import shared_data

TYDIQA = {"en": "english", "fi": "finnish", "ko": "korean", "sw": "swahili"}


def lay_out(root: Path) -> Path:
    """Links in `root` to the samples, under the names that the declarations look for."""
    samples = shared_data("README.md").parent

    def link(source: Path, name: str) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(source)

    for folder in ("xnli/xtreme", "pawsx/xtreme", "panx/xtreme", "udpos/v2.5", "udpos/v2.7", "xcopa/copa_en"):
        for file in (samples / folder).iterdir():
            name = file.name.replace(".first500", "").replace(".first1000", "")
            link(file, f"{folder.split('/')[0]}/{name}")
    for folder in ("panx/original", "xnli/original"):
        for file in (samples / folder).iterdir():
            link(file, f"{folder.split('/')[0]}/{file.name}")
    for folder in ("tatoeba", "bucc2018"):
        for file in (samples / folder).iterdir():
            link(file, f"{folder}/{file.name}")
    for code, name in TYDIQA.items():
        dev = f"tydiqa/tydiqa-goldp-v1.1-dev/tydiqa.goldp.{code}.dev.json"
        link(samples / f"tydiqa_goldp/{name}/{name}_tydiqa_dev.json", dev)
    train = samples / "tydiqa_goldp/english/english_tydiqa_train.first1000.json"
    link(train, "tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.en.train.json")
    for part in ("train", "dev"):
        file = f"tydiqa-goldp-v1.1-{part}.json"
        link(samples / "tydiqa_goldp/original" / file, f"tydiqa/{file}")
    link(samples / "pawsx/original/x-final", "pawsx/x-final")
    link(samples / "udpos/conllu", "udpos/ud-treebanks-v2.5")
    link(samples / "xcopa/data", "xcopa/data")
    link(samples / "xquad", "xquad")
    link(samples / "mlqa", "mlqa")
    return root
