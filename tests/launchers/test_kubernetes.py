"""The Kubernetes Job is one that torchrun can start, and that gives its ranks the time to save."""

from typing import Any

import yaml  # type: ignore[import-untyped]
from torch.distributed.run import get_args_parser

from tests.kit.ranks import ROOT


def job() -> Any:
    _, found = yaml.safe_load_all((ROOT / "launchers/kubernetes.yaml").read_text(encoding="utf-8"))
    return found["spec"]


def test_an_evicted_pod_s_ranks_have_nearly_its_whole_grace_to_save() -> None:
    pod = job()["template"]["spec"]
    words = [word.replace("$(JOB_COMPLETION_INDEX)", "0") for word in pod["containers"][0]["args"]]
    args = get_args_parser().parse_args(words)
    assert args.training_script == "launchers/train.py"
    assert 0.9 < args.shutdown_timeout / pod["terminationGracePeriodSeconds"] < 1


def test_evictions_do_not_use_up_the_job_s_failures() -> None:
    """Of the evicted pod they are ignored; the other one's are counted."""
    assert job()["backoffLimit"] >= 10_000
