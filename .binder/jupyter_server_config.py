"""Binder gives two gigabytes to all that a reader has open; this keeps the chapters within them.

A chapter keeps its memory after it has run, so that seven chapters would take twice what there is,
and Binder would end everything. Hence, before one more kernel starts, those that have waited
longest for their reader are shut down until there is room. A kernel that computes is never touched:
where only such ones are left, the new one is refused, and JupyterLab shows why.

``.binder/postBuild`` installs this file as Jupyter Server's configuration.
"""

import asyncio
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

#: Bytes that a chapter may take. The book's build holds each to it: LIMIT in book/_ext/kernel.py.
CHAPTER = 1_000_000_000
#: What the server grows by meanwhile, and a program that a cell starts.
SPARE = 200_000_000
#: After this long without work a kernel waits for its reader; it waits between two cells as well.
REST = timedelta(seconds=2)
#: One that has not answered for so long is not going to.
STUCK = timedelta(seconds=60)


def allowed() -> int:
    """Return the bytes that Binder gives: JupyterHub says how many, else the container does."""
    found = [os.environ.get("MEM_LIMIT", "")]
    with suppress(OSError):
        found.append(Path("/sys/fs/cgroup/memory.max").read_text().strip())
    return next((int(each) for each in found if each.isdecimal()), 2 * 1024**3)


def taken() -> int:
    """Return the bytes that this server and all that it started take."""
    me, total = psutil.Process(), 0
    for process in [me, *me.children(recursive=True)]:
        with suppress(psutil.Error):  # it has ended meanwhile
            total += process.memory_info().rss
    return total


class FrugalKernelManager(AsyncMappingKernelManager):
    """Starts kernels as Jupyter does, once there is room for them."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # JupyterLab opens the tabs of the last visit all at once.
        self.one_at_a_time = asyncio.Lock()
        self.names = {}

    async def _async_start_kernel(self, *, kernel_id=None, **kwargs):
        """Start a kernel, or raise an error that says what has to finish first."""
        async with self.one_at_a_time:
            if kernel_id is None or kernel_id not in self:
                await self.make_room()
            kernel_id = await super()._async_start_kernel(kernel_id=kernel_id, **kwargs)
        notebook = (kwargs.get("env") or {}).get("JPY_SESSION_NAME", "")
        self.names[kernel_id] = Path(notebook).name or "another notebook"
        return kernel_id

    start_kernel = _async_start_kernel

    async def make_room(self):
        """Shut down the kernels that have waited longest, until one more chapter fits in."""
        while kernels := {each: self.get_kernel(each) for each in self.list_kernel_ids()}:
            # What the kernels take now, and what they may take when they all compute.
            if max(taken() + CHAPTER + SPARE, (len(kernels) + 1) * CHAPTER) <= allowed():
                return
            waiting = {
                each: kernel.last_activity
                for each, kernel in kernels.items()
                if kernel.execution_state != "busy"
            }
            if not waiting:
                busy = sorted(self.names[each] for each in kernels)
                # JupyterLab does not break lines.
                raise RuntimeError(
                    f"{' and '.join(busy)} {'is' if len(busy) == 1 else 'are'} still computing,\n"
                    "and there is not memory enough for one more chapter.\n"
                    "Wait until that is done, or interrupt it; then open this one again."
                )
            oldest = min(waiting, key=waiting.get)
            rest = REST if kernels[oldest].execution_state == "idle" else STUCK
            if datetime.now(UTC) - waiting[oldest] < rest:
                await asyncio.sleep(0.2)
                continue
            self.log.info("Shutting down %s to make room", self.names[oldest])
            await self.shutdown_kernel(oldest)


c.ServerApp.kernel_manager_class = FrugalKernelManager  # noqa: F821 (Jupyter defines c)
