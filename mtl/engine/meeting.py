"""Where the processes of a run meet, under any starter: deepspeed, torchrun, srun, an operator, or alone."""

import os
import re
import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psutil  # type: ignore[import-untyped]
import torch
from torch import distributed
from torch.distributed import HashStore, TCPStore  # type: ignore[attr-defined]

from mtl import seeds
from mtl.errors import UserError, reason_of

FIRST_PORT, NUM_PORTS = 20_000, 12_000
"""For srun: unprivileged, and below those that Linux hands out by itself."""


def meet(*, timeout: timedelta, patience: timedelta) -> None:
    """Find the other processes within `patience`; a collective may later take `timeout`."""
    os.environ.update(rendezvous(os.environ))
    env = os.environ
    rank, world, host, port = check_place(env)
    address = _address_of(host) if world > 1 else "127.0.0.1"
    if interface := _interface_to(address, alone=world == local_world_of(env)):
        env.setdefault("GLOO_SOCKET_IFNAME", interface)  # its own choice is whatever the host's name means
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    if env.get("TORCHELASTIC_USE_AGENT_STORE") == "True":  # torchrun has the meeting place open already
        distributed.init_process_group(backend, timeout=timeout)
        return
    try:
        store = HashStore() if world == 1 else _tcp_store(env, host, address, port, patience)
        distributed.init_process_group(backend, store=store, rank=rank, world_size=world, timeout=timeout)
    except (RuntimeError, OSError) as error:
        reason = reason_of(error)
        raise UserError(
            f"rank {rank} on {os.uname().nodename}: cannot meet the other {world - 1} ranks at {host}:{port} "
            f"({reason}); look that all have started, that {host} can be reached from every host, and that "
            "no firewall is in between"
        ) from None


def _tcp_store(env: Mapping[str, str], host: str, address: str, port: int, patience: timedelta) -> TCPStore:
    """The store in which the ranks find each other, opened by the first on that address and no other."""
    first = env["RANK"] == "0"
    listening = None
    if first:
        own = any(each.address == address for each in _own_addresses())
        everywhere = not own or (address.startswith("127.") and env["WORLD_SIZE"] != str(local_world_of(env)))
        try:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listening = socket.create_server(("" if everywhere else address, port), family=family)
        except OSError as error:
            raise UserError(
                f"{host}:{port}: the meeting place cannot be opened ({error.strerror}); another run may have "
                "it: take another port (deepspeed --master_port, or MASTER_PORT)"
            ) from None
    return TCPStore(
        address if first else host,
        port,
        world_size=int(env["WORLD_SIZE"]),
        is_master=first,
        timeout=patience,
        wait_for_workers=True,
        master_listen_fd=None if listening is None else listening.detach(),
    )


def _own_addresses() -> list[Any]:
    return [each for addresses in psutil.net_if_addrs().values() for each in addresses]


def _address_of(host: str) -> str:
    try:
        return str(socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)[0][4][0])
    except OSError as error:
        raise UserError(
            f"MASTER_ADDR: {host} is no address or known host on {os.uname().nodename} ({error.strerror}); "
            "name the first host as the others know it"
        ) from None


def _interface_to(address: str, *, alone: bool) -> str | None:
    """The network interface from which this host reaches `address`; None where that is not to be trusted."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))  # sends nothing
        except OSError:
            return None
        mine = probe.getsockname()[0]
    if mine.startswith("127.") and not alone:  # a first host whose own name means the loopback
        return None
    found = (name for name, all_ in psutil.net_if_addrs().items() for each in all_ if each.address == mine)
    return next(found, None)


def check_place(env: Mapping[str, str]) -> tuple[int, int, str, int]:
    """Rank, number of ranks, and where they meet, when the variables make sense."""
    rank, world = (_whole(env, name) for name in ("RANK", "WORLD_SIZE"))
    if not 0 <= rank < world:
        raise UserError(f"RANK={rank}: must be from 0 to {world - 1}, since WORLD_SIZE={world}")
    for name in ("LOCAL_RANK", "LOCAL_WORLD_SIZE", "LOCAL_SIZE"):
        if name in env and _whole(env, name) < (0 if name == "LOCAL_RANK" else 1):
            raise UserError(f"{name}={env[name]}: is negative or none; let the launcher set it")
    if world == 1:
        return rank, world, "127.0.0.1", 0
    if not env.get("MASTER_ADDR"):
        raise UserError("MASTER_ADDR: is not set; name the host of rank 0 as all hosts know it")
    port = _whole(env, "MASTER_PORT")
    if not 0 < port < 65536:
        raise UserError(f"MASTER_PORT={port}: is no port; take one from 1024 to 65535")
    return rank, world, env["MASTER_ADDR"], port


def _whole(env: Mapping[str, str], name: str) -> int:
    text = env.get(name, "")
    if not re.fullmatch(r"-?\d{1,18}", text):
        raise UserError(
            f"{name}={text}: is no whole number; start by deepspeed, torchrun or srun, or unset {name}"
        )
    return int(text)


def local_world_of(env: Mapping[str, str]) -> int:
    """How many ranks of the run this host has."""
    return int(env.get("LOCAL_WORLD_SIZE") or env.get("LOCAL_SIZE") or env.get("WORLD_SIZE", "1"))


def rendezvous(env: Mapping[str, str]) -> dict[str, str]:
    """The variables by which PyTorch's processes find each other, from whatever the starter set."""
    if "RANK" in env and "WORLD_SIZE" in env:
        # An operator that names no local rank starts one process a host.
        return {} if "LOCAL_RANK" in env else {"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"}
    # Set by srun for the tasks of a step; a batch script without srun has no step, and runs alone.
    if int(env.get("SLURM_STEP_NUM_TASKS", "1")) > 1:
        on_each_node = env.get("SLURM_STEP_TASKS_PER_NODE", env.get("SLURM_NTASKS_PER_NODE", "1"))
        on_this_node = _tasks_by_node(on_each_node)[int(env.get("SLURM_NODEID", "0"))]
        return {
            "RANK": env["SLURM_PROCID"],
            "WORLD_SIZE": env["SLURM_STEP_NUM_TASKS"],
            "LOCAL_RANK": env["SLURM_LOCALID"],
            "LOCAL_WORLD_SIZE": str(on_this_node),
            "MASTER_ADDR": env.get("MASTER_ADDR") or first_host(env["SLURM_STEP_NODELIST"]),
            "MASTER_PORT": env.get("MASTER_PORT") or _port_of_step(env),
        }
    return {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"}


def _port_of_step(env: Mapping[str, str]) -> str:
    """A port that all tasks of a Slurm step find alike, and two steps of a job do not share."""
    step = seeds.key("port", env["SLURM_JOB_ID"], env.get("SLURM_STEP_ID", "0"))
    return str(FIRST_PORT + step % NUM_PORTS)


def _tasks_by_node(tasks: str) -> list[int]:
    """Slurm's short form, one number a node: `4(x2),3` gives 4, 4, 3."""
    parts = re.findall(r"(\d+)(?:\(x(\d+)\))?", tasks)
    return [int(count) for count, nodes in parts for _ in range(int(nodes or 1))]


def first_host(nodes: str) -> str:
    """The first host of a Slurm list: `gpu[03-05,9],login1` gives `gpu03`."""
    match = re.match(r"([^\[,]+)(?:\[([^\],-]+))?", nodes)
    assert match, nodes
    return match.group(1) + (match.group(2) or "")
