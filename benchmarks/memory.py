"""How much memory this process takes. Imports nothing, so that it measures others, not itself.

Linux tells a process' highest memory since its start, or since :func:`reset`. Elsewhere psutil
tells what it has now.
"""


def status(key: str) -> int:
    """Return a size of ``/proc/self/status`` in bytes, or psutil's resident size without it."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:  # noqa: PTH123
            return next(1024 * int(x.split()[1]) for x in lines if x.startswith(key))
    except OSError:
        import psutil

        return int(psutil.Process().memory_info().rss)


def now() -> int:
    """Return the bytes that this process has."""
    return status("VmRSS")


def peak() -> int:
    """Return the bytes that this process had at its highest."""
    return status("VmHWM")


def reset() -> None:
    """Have the highest counted anew from here, where the system can."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as refs:  # noqa: PTH123
            refs.write("5")
    except OSError:
        pass
