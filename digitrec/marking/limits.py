"""What a submission may take: time, memory, processes."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """What a submission may take.

    Attributes
    ----------
    seconds
        In all, with what is run again after a stop.
    cell_seconds, call_seconds
        For a cell, and for one call of an answer by a check.
    memory
        Bytes of memory. macOS does not hold to it, and Windows has no such limit.
    file
        Bytes of a file that it writes.
    processes
        Processes and threads beside those that the teacher's account has already. An
        administrator's account is not held to it.
    """

    seconds: float = 300
    cell_seconds: float = 120
    call_seconds: float = 20
    memory: int = 4 << 30
    file: int = 64 << 20
    processes: int = 300

    def of_system(self) -> dict[str, int]:
        """Return the limits that the system holds a process to, by their POSIX names."""
        cores = os.cpu_count() or 1
        threads = threads_of_this_user()
        limits = {
            # Per process, and of all cores: the clock comes first unless a process escapes it.
            "CPU": int(self.seconds) * cores + 1,
            # Of memory that is written; address space is also what is only reserved.
            "DATA" if sys.platform.startswith("linux") else "AS": self.memory,
            "FSIZE": self.file,
            "CORE": 0,
        }
        # The system counts all of an account's, so what is there already must be known.
        return limits | ({"NPROC": threads + self.processes} if threads else {})


def threads_of_this_user() -> int:
    """Count the threads that this account runs; 0 where the system does not tell."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.getuid():
                count += sum(1 for _ in (folder / "task").iterdir())
    return count
