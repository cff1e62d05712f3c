"""The kernels that run the chapters: the right Python, and the memory each took."""

import json
import os
import sys
import threading
from functools import partial
from pathlib import Path

import nbclient
import psutil
import zmq
from jupyter_cache.executors import utils
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from sphinx.errors import ExtensionError

PEAKS = "peaks.json"
#: Bytes that a chapter's kernel may take at most. Binder gives 2 GB to all that a reader has open.
LIMIT = 1_000_000_000
#: Seconds between two looks at the memory.
PAUSE = 0.05
#: The C library keeps freed memory for the thread that had it, in up to 8 arenas a core; with
#: TensorFlow's threads that is tens of megabytes. ``.binder/start`` sets the same for readers.
ARENAS = "2"


def set_environment(folder):
    """Have chapters run by this Python, whatever else is installed; IPython writes to a folder."""
    os.environ.pop("JUPYTER_PATH", None)
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    # Importing Keras takes three times as long when its bytecode may not be kept.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["MALLOC_ARENA_MAX"] = ARENAS
    # Figures that readers can ask (digitrec/interactive.py) are for the page; elsewhere, pictures.
    os.environ["DIGITREC_PAGE"] = "1"
    # A reader's own start-up files for IPython are no part of a chapter.
    os.environ["IPYTHONDIR"] = str(folder / ".ipython")
    # Unencrypted kernels warn on the terminal of being overheard; nothing else could set this here.
    if "transport_encryption" in KernelManager.class_traits() and zmq.has("curve"):
        KernelManager.class_traits()["transport_encryption"].default_value = "auto"
    # What a cell prints comes in parts, cut by the clock; MyST-NB would begin a line with each.
    utils.executenb = partial(nbclient.execute, coalesce_streams=True)
    python = KernelSpecManager().get_kernel_spec("python3").argv[0]
    # A bare name is replaced by sys.executable when the kernel starts.
    if os.path.dirname(python) and os.path.realpath(python) != os.path.realpath(sys.executable):
        raise ExtensionError(
            f"the kernel 'python3' belongs to {python}, but the book is built by {sys.executable}"
        )


def use_this_python(app, config):
    """Set the environment of the kernels before any starts."""
    set_environment(Path(app.doctreedir).resolve().parent)


class Memory(threading.Thread):
    """Measures twenty times a second how much memory this process's children take.

    While a page is read, that is: to look takes time from what else is done.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.reading = threading.Event()
        self.done = threading.Event()

    def run(self) -> None:
        """Measure until told to stop."""
        me = psutil.Process()
        while not self.done.wait(PAUSE):
            if not self.reading.is_set():
                continue
            total = 0
            for child in me.children(recursive=True):
                try:
                    total += child.memory_info().rss
                except psutil.Error:
                    continue  # it has ended meanwhile
            self.peak = max(self.peak, total)


def start(app):
    """Start measuring."""
    app.kernel_memory = Memory()
    app.kernel_memory.start()


def before(app, name, source):
    """Measure each page from zero."""
    app.kernel_memory.peak = 0
    app.kernel_memory.reading.set()


def after(app, doctree):
    """Note a chapter's peak beside its cached outputs; one that did not run keeps its old peak."""
    app.kernel_memory.reading.clear()
    if not app.kernel_memory.peak:
        return
    path = Path(app.env.mystnb_config.execution_cache_path) / PEAKS
    peaks = json.loads(path.read_text("utf-8")) if path.exists() else {}
    peaks[app.env.docname] = app.kernel_memory.peak
    path.write_text(json.dumps(peaks, indent=1, sort_keys=True) + "\n", "utf-8")


def stop(app, exception):
    """Stop measuring."""
    app.kernel_memory.done.set()


def setup(app):
    """Connect the extension to Sphinx."""
    app.connect("config-inited", use_this_python)
    app.connect("builder-inited", start)
    app.connect("source-read", before)
    app.connect("doctree-read", after)
    app.connect("build-finished", stop)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
