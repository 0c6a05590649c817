"""What the processes see of their hosts, compared: one verdict a check."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from mtl.engine.host import HostFacts

Level = Literal["ok", "warn", "fail"]
Verdict = tuple[Level, str]
GIB = 2**30
LEAST_SHARED_MEMORY = GIB
LEAST_FILES = 1024


def _ranks(everyone: Sequence[HostFacts]) -> Verdict:
    hosts = Counter(facts.host for facts in everyone)
    each = ", ".join(f"{host} {count}" for host, count in list(hosts.items())[:8])
    more = f", and {len(hosts) - 8} more" if len(hosts) > 8 else ""
    text = f"{len(everyone)} on {len(hosts)} hosts: {each}{more}; met at {everyone[0].meeting}"
    return ("warn", f"{text}; hosts have unequal numbers") if len(set(hosts.values())) > 1 else ("ok", text)


def _versions(everyone: Sequence[HostFacts]) -> Verdict:
    first = everyone[0]
    for facts in everyone[1:]:
        for package, version in facts.versions.items():
            if version != first.versions[package]:
                return "fail", (
                    f"{package} is {version} on {facts.host}, {first.versions[package]} on {first.host}; "
                    "install the same everywhere"
                )
    missing = [package for package, version in first.versions.items() if version is None]
    if missing:
        return "fail", f"{', '.join(missing)} is not installed"
    return "ok", ", ".join(f"{package} {version}" for package, version in first.versions.items())


def _devices(everyone: Sequence[HostFacts]) -> Verdict:
    kinds = sorted({facts.device for facts in everyone})
    memory = min(facts.device_memory for facts in everyone) / GIB
    free = min(facts.device_free for facts in everyone) / GIB
    text = f"{'; '.join(kinds)}; {memory:.0f} GiB each, at least {free:.0f} GiB free"
    if len(kinds) > 1:
        return "warn", f"{text}; the slowest sets the pace of every step"
    return ("warn", f"{text}; something else runs here") if free < memory / 2 else ("ok", text)


def _limits(everyone: Sequence[HostFacts]) -> Verdict:
    files = min(facts.open_files for facts in everyone)
    memory = min(facts.shared_memory for facts in everyone)
    text = f"{files:,} open files, /dev/shm {memory / GIB:.1f} GiB"
    if files < LEAST_FILES:
        return "fail", f"{text}; raise the number of files: ulimit -n 65536"
    if memory < LEAST_SHARED_MEMORY:
        return "warn", (
            f"{text}; GPUs of a host speak through it: give the container --shm-size 1g, or mount an emptyDir"
        )
    return "ok", text


def _compiler(everyone: Sequence[HostFacts]) -> Verdict:
    return "ok", f"none needed ({everyone[0].compiler or 'none'} found)"


HOST_CHECKS: Mapping[str, Callable[[Sequence[HostFacts]], Verdict]] = {
    "ranks": _ranks,
    "versions": _versions,
    "devices": _devices,
    "limits": _limits,
    "compiler": _compiler,
}
"""By name, in the order in which they are told; each is given every process's view."""
