"""Binder's kernels within its memory: who is shut down for a new one, and when it is refused."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from conftest import ROOT

CONFIG = ROOT / ".binder" / "jupyter_server_config.py"


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def room(monkeypatch):
    """Return a function that makes room beside kernels, each (name, state, seconds of rest)."""
    settings = SimpleNamespace(ServerApp=SimpleNamespace())
    names = {"c": settings, "__name__": "config"}
    exec(compile(CONFIG.read_text("utf-8"), CONFIG, "exec"), names)
    clock = Clock()
    names["datetime"] = SimpleNamespace(now=lambda zone: clock.now)
    names["asyncio"] = SimpleNamespace(sleep=clock.sleep, Lock=asyncio.Lock)
    names["allowed"] = lambda: 2 * 1024**3

    def make_room(*kernels: tuple[str, str, float], taken: int = 0) -> tuple[list[str], float]:
        """Return who was shut down, in order, and for how many seconds that took."""
        manager = settings.ServerApp.kernel_manager_class()
        alive = {
            name: SimpleNamespace(
                execution_state=state, last_activity=clock.now - timedelta(seconds=rest)
            )
            for name, state, rest in kernels
        }
        gone = []

        async def shut_down(name: str) -> None:
            gone.append(name)
            del alive[name]

        names["taken"] = lambda: taken
        manager.names = {name: f"{name}.ipynb" for name in alive}
        monkeypatch.setattr(manager, "list_kernel_ids", lambda: list(alive))
        monkeypatch.setattr(manager, "get_kernel", alive.__getitem__)
        monkeypatch.setattr(manager, "shutdown_kernel", shut_down)
        before = clock.now
        # In a thread of its own: Playwright keeps a loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, manager.make_room()).result()
        return gone, (clock.now - before).total_seconds()

    return make_room


def test_two_fit(room) -> None:
    """The second starts at once, whatever the first does."""
    assert room() == ([], 0)
    assert room(("one", "busy", 0), taken=900_000_000) == ([], 0)


def test_the_longest_idle_makes_room(room) -> None:
    """Of two that wait for their reader, the one that has waited longer."""
    assert room(("one", "idle", 30), ("two", "idle", 300)) == (["two"], 0)


def test_what_computes_is_left_alone(room) -> None:
    """The idle one goes, although the other was heard of longer ago; two that compute stay."""
    assert room(("one", "busy", 500), ("two", "idle", 5)) == (["two"], 0)
    with pytest.raises(RuntimeError, match=r"one\.ipynb and two\.ipynb are still computing,"):
        room(("two", "busy", 500), ("one", "busy", 5))


def test_one_that_takes_too_much_makes_room(room) -> None:
    """Memory counts as it is taken, not only how many there are."""
    assert room(("one", "idle", 30), taken=1_000_000_000) == (["one"], 0)
    with pytest.raises(RuntimeError, match=r"one\.ipynb is still computing,"):
        room(("one", "busy", 30), taken=1_300_000_000)


def test_between_two_cells_a_kernel_rests(room) -> None:
    """Two seconds after its last work it may be shut down; one that hangs, after a minute."""
    gone, seconds = room(("one", "idle", 0), ("two", "busy", 0))
    assert gone == ["one"]
    assert 1.9 < seconds < 2.5
    gone, seconds = room(("one", "starting", 0), ("two", "busy", 0))
    assert gone == ["one"]
    assert 59 < seconds < 61
