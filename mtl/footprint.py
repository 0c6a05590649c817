"""The most memory that this process has held.

Not `getrusage`: its figure is never less than what the parent held when it started this process.
"""

import re
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """Of all that is resident, shared libraries included."""
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", STATUS.read_text(encoding="ascii"), re.MULTILINE)
    return int(peak) * 1024
