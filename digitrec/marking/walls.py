"""What stands between a submitted notebook and the rest of the machine, where the system has it.

On Linux a process can be started in namespaces of its own: it then sees no other process, so it can
end none; it has no network; and all files but its own folder are read-only. Bubblewrap does this
where it is installed, else ``unshare``, which nearly every Linux has. Neither needs an
administrator, but some systems forbid it. Where nothing of the kind works, what is left are the
limits on time and memory, and ``mark`` says so.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

#: Run by a shell in namespaces of its own: all that is mounted becomes read-only but the folder.
#: A mount that the system keeps as it is cannot be changed; trying does no harm.
READ_ONLY = r"""
mount --bind "$1" "$1" || exit 1
while read -r _ _ _ _ place _; do
    case "$place" in "$1"|/proc|/proc/*|/dev|/dev/*|/sys|/sys/*) continue;; esac
    mount -o remount,bind,ro "$place" 2>/dev/null
done < /proc/self/mountinfo
cd "$1/work" || exit 1
shift
exec "$@"
"""
#: Succeeds when the folder can be written to, and another one cannot.
PROBE = "import sys, pathlib as p; p.Path(sys.argv[1], 'in').touch(); p.Path(sys.argv[2]).touch()"


def _bubblewrap(folder: Path, command: list[str]) -> list[str]:
    place = str(folder)
    return [
        "bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
        "--bind", place, place, "--chdir", f"{place}/work",
        "--unshare-all", "--die-with-parent", "--new-session", "--", *command,
    ]  # fmt: skip


def _unshare(folder: Path, command: list[str]) -> list[str]:
    return [
        "unshare", "--user", "--map-root-user", "--mount", "--mount-proc", "--pid", "--fork",
        "--kill-child", "--net", "--ipc", "--", "sh", "-c", READ_ONLY, "sh", str(folder), *command,
    ]  # fmt: skip


def _works(wrap: str) -> bool:
    """Tell whether a program puts up walls here: it writes in its folder, and nowhere else."""
    if shutil.which({"bubblewrap": "bwrap"}.get(wrap, wrap)) is None:
        return False
    with tempfile.TemporaryDirectory() as outer:
        folder, other = Path(outer, "in").resolve(), Path(outer, "other").resolve()
        (folder / "work").mkdir(parents=True)
        try:
            subprocess.run(
                WRAP[wrap](folder, [sys.executable, "-c", PROBE, str(folder), str(other)]),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=20,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return (folder / "in").exists() and not other.exists()


WRAP = {"bubblewrap": _bubblewrap, "unshare": _unshare}


@functools.cache
def find() -> str:
    """Return the name of what puts up walls on this machine; empty where nothing does."""
    if not sys.platform.startswith("linux"):
        return ""
    return next((name for name in WRAP if _works(name)), "")


def wrap(name: str, folder: Path, command: list[str]) -> list[str]:
    """Return the command that runs another one behind these walls, in ``folder/work``."""
    return WRAP[name](folder, command) if name else command
