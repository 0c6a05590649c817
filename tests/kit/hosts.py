"""Several hosts on one machine: network namespaces on a bridge, each with its own name, address and link."""

import ipaddress
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

LISTENS = "0A"
"""In the kernel's table of connections."""
RUN = ("GLOO_", "MASTER_", "RANK", "WORLD_SIZE", "LOCAL_")
"""How names in the environment begin that a run in this very process may have left: no host has them."""
NETWORK = "10.213.77"
"""Seen by nobody: the bridge has a namespace of its own."""


@dataclass
class Host:
    """A network namespace, and the processes that were started in it."""

    name: str
    address: str
    switch: str
    port: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, command: list[str], *, cwd: Path, env: dict[str, str], log: Path) -> None:
        """Start a command as on a host of that name."""
        as_host = ["sh", "-c", 'hostname "$0" && exec "$@"', self.name]
        own = {name: value for name, value in os.environ.items() if not name.startswith(RUN)}
        with log.open("ab") as out:
            self.processes.append(
                subprocess.Popen(
                    ["ip", "netns", "exec", self.name, "unshare", "--uts", *as_host, *command],
                    cwd=cwd,
                    env={**own, **env},
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )

    def listening(self) -> set[str]:
        """The addresses at which its processes wait for others."""
        found = set()
        for table in ("tcp", "tcp6"):
            words = ["ip", "netns", "exec", self.name, "cat", f"/proc/net/{table}"]
            for line in subprocess.run(words, capture_output=True, text=True).stdout.splitlines()[1:]:
                _, local, _, state, *_ = line.split()
                if state == LISTENS:
                    found.add(_address(local.partition(":")[0]))
        return found

    def slow_link(self, rate: str) -> None:
        """Nothing leaves the host faster than that."""
        shape = ["root", "tbf", "rate", rate, "burst", "32kb", "latency", "400ms"]
        _run("ip", "netns", "exec", self.name, "tc", "qdisc", "add", "dev", "eth0", *shape)

    def full_speed(self) -> None:
        """As before."""
        _run("ip", "netns", "exec", self.name, "tc", "qdisc", "del", "dev", "eth0", "root")

    def cut_link(self) -> None:
        """As if its cable were pulled: nothing comes or goes, and nobody is told."""
        _ip("-n", self.switch, "link", "set", self.port, "down")

    def mend_link(self) -> None:
        """As before."""
        _ip("-n", self.switch, "link", "set", self.port, "up")

    def kill(self) -> None:
        """Every process of the host, at once."""
        for pid in _pids(self.name):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def wait(self, seconds: float) -> int | None:
        """The exit code of what was started last; None where it still runs."""
        try:
            return self.processes[-1].wait(seconds)
        except subprocess.TimeoutExpired:
            return None


def why_not() -> str:
    """Why this machine cannot have several hosts; empty where it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [tool for tool in ("ip", "tc", "unshare", "hostname") if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} not installed (Debian: iproute2, util-linux)"
    name = f"mtl{os.getpid()}probe"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if made.returncode == 0:
        _run("ip", "netns", "del", name)
    return made.stderr.strip()


@contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """So many hosts, which see each other and nothing else."""
    tag = f"mtl{os.getpid()}"
    switch, made = f"{tag}sw", []
    _ip("netns", "add", switch)
    try:
        _ip("-n", switch, "link", "add", "br0", "type", "bridge")
        _ip("-n", switch, "link", "set", "br0", "up")
        for number in range(1, count + 1):
            host = Host(f"{tag}h{number}", f"{NETWORK}.{number}", switch, f"p{number}")
            _ip("netns", "add", host.name)
            made.append(host)
            pair = ["type", "veth", "peer", "name", "eth0", "netns", host.name]
            _ip("-n", switch, "link", "add", host.port, *pair)
            _ip("-n", switch, "link", "set", host.port, "master", "br0", "up")
            _ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", host.name, "link", "set", device, "up")
        yield made
    finally:
        for host in made:
            host.kill()
            _run("ip", "netns", "del", host.name)
        _run("ip", "netns", "del", switch)


def _address(digits: str) -> str:
    """As the kernel's table writes it: words of four bytes, each the wrong way round."""
    words = [bytes.fromhex(digits[i : i + 8])[::-1] for i in range(0, len(digits), 8)]
    return str(ipaddress.ip_address(b"".join(words)))


def _pids(name: str) -> list[int]:
    told = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout
    return [int(each) for each in told.split()]


def _ip(*words: str) -> None:
    _run("ip", *words)


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
