"""What hosts lack, or have otherwise than others, is told in words."""

from dataclasses import replace
from typing import Any

import pytest

from mtl.engine.host import HostFacts, host_facts
from mtl.engine.host_checks import HOST_CHECKS


def changed(**changes: Any) -> tuple[HostFacts, HostFacts]:
    here = host_facts()
    return here, replace(here, host="other", **changes)


def test_another_version_on_another_host_is_named() -> None:
    here = host_facts()
    level, text = HOST_CHECKS["versions"](changed(versions={**here.versions, "torch": "1.0"}))
    assert level == "fail" and "torch is 1.0 on other" in text


def test_a_package_that_is_missing_everywhere_is_named() -> None:
    here = host_facts()
    level, text = HOST_CHECKS["versions"]([replace(here, versions={**here.versions, "tensorboard": None})])
    assert level == "fail" and "tensorboard is not installed" in text


@pytest.mark.parametrize(
    ("check", "changes", "level", "words"),
    [
        ("devices", {"device": "GPU X"}, "warn", "the slowest sets the pace"),
        ("devices", {"device_free": 0}, "warn", "something else runs here"),
        ("limits", {"open_files": 64}, "fail", "ulimit -n"),
        ("limits", {"shared_memory": 2**26, "open_files": 4096}, "warn", "--shm-size"),
    ],
)
def test_what_a_host_lacks_is_told(check: str, changes: dict[str, Any], level: str, words: str) -> None:
    found, text = HOST_CHECKS[check](changed(**changes))
    assert found == level and words in text


def test_hosts_with_unequal_numbers_of_ranks_are_told() -> None:
    here, other = changed()
    level, text = HOST_CHECKS["ranks"]([here, here, other])
    assert level == "warn" and "3 on 2 hosts" in text
