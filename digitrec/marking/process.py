"""One process that runs a submitted notebook, as the marker sees it: it is asked, and answers.

An answer that does not come in time, or is none, ends the process and all that it has started.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from digitrec.marking import walls, wire
from digitrec.marking.limits import Limits

LIBRARY = Path(__file__).resolve().parents[1]
#: Of the teacher's environment only this is passed on.
PASSED = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE")


class Ended(BaseException):
    """The process has ended, or was ended; the text says why.

    No ``Exception``, since a check takes those for the answer's own.
    """


class Process:
    """A running notebook.

    Parameters
    ----------
    limits
        What it may take.
    deadline
        When all of it must be over, as ``time.monotonic`` counts.
    """

    def __init__(self, limits: Limits, deadline: float) -> None:
        self.limits, self.deadline = limits, deadline
        self.folder = Path(tempfile.mkdtemp(prefix="digitrec-mark-")).resolve()
        work, home = self.folder / "work", self.folder / "home"
        work.mkdir()
        home.mkdir()
        environment = {name: os.environ[name] for name in PASSED if name in os.environ}
        environment |= {
            "HOME": str(home),
            "USERPROFILE": str(home),
            "TMPDIR": str(work),
            "MPLBACKEND": "Agg",
            "PYTHONPATH": str(LIBRARY.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        command = [sys.executable, "-P", "-m", "digitrec.marking.child"]
        command.append(json.dumps(limits.of_system()))
        self.popen = subprocess.Popen(
            walls.wrap(walls.find(), self.folder, command),
            cwd=work,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        # Few are kept: who says more than it is asked waits.
        self.heard: queue.Queue[tuple[dict[str, Any], bytes] | str] = queue.Queue(maxsize=2)
        self.why = ""
        #: Each question has a number, which its answer repeats.
        self.number = 0
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        self._next(limits.cell_seconds)

    def _listen(self) -> None:
        """Put what is said into the queue, until nothing more is."""
        stream = self.popen.stdout
        assert stream is not None
        try:
            while (found := wire.read(stream)) is not None:
                self.heard.put(found)
            self.heard.put("")
        except (wire.WireError, OSError, ValueError) as error:
            self.heard.put(f"sent what is no answer: {error}")
        finally:
            stream.close()

    def _next(self, seconds: float) -> tuple[dict[str, Any], bytes]:
        """Return what is said next."""
        end = min(time.monotonic() + seconds, self.deadline)
        while True:
            left = end - time.monotonic()
            if left <= 0:
                whole = time.monotonic() >= self.deadline
                most = self.limits.seconds if whole else seconds
                what = "the whole notebook" if whole else "it"
                self.end(f"{what} took longer than {most:g} seconds and was stopped")
            try:
                found = self.heard.get(timeout=min(left, 0.2))
            except queue.Empty:
                # A process that it started may hold the stream open.
                if self.popen.poll() is None:
                    continue
                found = ""
            if isinstance(found, str):
                self.end(found or self._how_it_ended())
            elif found[0].get("asked") != self.number:
                self.end("sent what is no answer: it was not asked for")
            else:
                return found

    def _how_it_ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(1)
        code = self.popen.returncode
        # Behind walls the status of what a signal ended is 128 and its number.
        number = -code if code is not None and code < 0 else (code or 0) - 128
        if number == getattr(signal, "SIGXCPU", None):
            return "it took too much processor time and was stopped"
        if number > 0:
            return f"its process was ended by signal {number}; perhaps it ran out of memory"
        return f"it ended its own process (exit status {code})"

    def request(
        self,
        message: dict[str, Any],
        parts: list[bytes],
        seconds: float,
        callbacks: list[Callable[..., Any]] | None = None,
        decode: Callable[[Any, bytes], Any] | None = None,
    ) -> tuple[dict[str, Any], bytes]:
        """Ask, and return the answer; functions of ours that are called meanwhile are called.

        Raises
        ------
        Ended
            When there is no answer.
        """
        if self.why:
            raise Ended(self.why)
        try:
            self.number += 1
            self._write({**message, "asked": self.number}, parts)
            end = time.monotonic() + seconds
            while True:
                reply, data = self._next(end - time.monotonic())
                if reply.get("say") != "callback" or not callbacks or decode is None:
                    return reply, data
                self._write(*self._called(reply, data, callbacks, decode))
        except BaseException as error:
            # Whatever stops us here, the next answer would be that to another question.
            if not self.why:
                self.close("it was stopped")
            if isinstance(error, wire.WireError):
                raise Ended(self.why) from None
            raise

    def _write(self, message: dict[str, Any], parts: list[bytes]) -> None:
        assert self.popen.stdin is not None
        try:
            wire.write(self.popen.stdin, message, parts)
        except OSError:
            self.end(self._how_it_ended())

    def _called(
        self,
        reply: dict[str, Any],
        data: bytes,
        callbacks: list[Callable[..., Any]],
        decode: Callable[[Any, bytes], Any],
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Call a function of ours and return the message that says what it gave."""
        encoder = wire.Encoder(lambda value: None)
        try:
            arguments = decode(reply["arguments"], data)
            value = encoder.tree(callbacks[int(reply["number"])](*arguments))
        except Exception as error:  # noqa: BLE001 (called with whatever the answer has)
            return {"do": "raise", "text": f"{type(error).__name__}: {error}"[:600]}, []
        return {"do": "return", "value": value}, encoder.parts

    def end(self, why: str) -> None:
        """End the process; raise ``Ended``."""
        self.close(why)
        raise Ended(why)

    def close(self, why: str = "it has ended") -> None:
        """End the process and what it has started, and delete its folder."""
        self.why = self.why or why
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(self.popen.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self.popen.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(10)
        assert self.popen.stdin is not None
        with contextlib.suppress(OSError):
            self.popen.stdin.close()
        with contextlib.suppress(queue.Empty):
            while True:  # the listener may wait for room
                self.heard.get_nowait()
        self.listener.join(2)
        for path in self.folder.rglob("*"):
            with contextlib.suppress(OSError):
                if path.is_dir() and not path.is_symlink():
                    path.chmod(0o700)
        shutil.rmtree(self.folder, ignore_errors=True)


def pickled(encoder: wire.Encoder, value: Any) -> dict[str, Any]:
    """Add one of our own objects to a message to a notebook's process."""
    data = pickle.dumps(value)
    encoder.parts.append(data)
    encoder.size += len(data)
    return {"kind": "pickle", "at": encoder.size - len(data), "size": len(data)}
