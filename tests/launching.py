"""The two places where readers launch chapters, made here: Binder, and an environment like Colab's.

Their environments are made once, in ``_build``, and again when their locks change. Run as a
program (``python -m tests.launching folder``), this runs the notebooks in the one like Colab's and
writes what came of it; the tests in ``test_launch.py`` have that done beside their own work.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from packaging.utils import canonicalize_name

from tools import notebooks, python

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
BINDER = ROOT / ".binder"
LOCKS = ROOT / "tests" / "launch"
#: The Python of each place. Binder's stands in a file that repo2docker reads.
BINDER_PYTHON = (BINDER / "runtime.txt").read_text("utf-8").strip().split("-")[1]
COLAB_PYTHON = "3.12"
#: What JupyterHub tells a server in mybinder.org.
MEMORY = 2 * 1024**3
COLAB_RESULT = BUILD / "colab.json"


def clean_environment() -> dict[str, str]:
    """Return the environment without what belongs to the tests' own Python."""
    left_out = ("PYTHON", "JUPYTER", "IPYTHON", "TF_", "MALLOC_", "VIRTUAL_ENV", "MPL")
    return {k: v for k, v in os.environ.items() if not k.startswith(left_out)}


def run(*command: str | Path, log: Path, **more: str) -> None:
    """Run a command, and keep what it says."""
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(map(str, command))}\n")
        file.flush()
        done = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env={**clean_environment(), **more},
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    assert done.returncode == 0, log.read_text("utf-8")[-3000:]


def python_of(wanted: str, *, newer: bool) -> str | None:
    """Return a Python of a version; where there is none, the one that runs, or None.

    Parameters
    ----------
    wanted
        The version, such as ``"3.12"``.
    newer
        Whether a newer one would do as well.
    """
    runs = "{}.{}".format(*sys.version_info)
    older = tuple(map(int, runs.split("."))) <= tuple(map(int, wanted.split(".")))
    return python.find(wanted) or (sys.executable if newer or older else None)


def make(name: str, base: str, locks: list[Path], install: Callable[[Path, Path], None]) -> Path:
    """Return the folder of an environment, made anew unless it is what the locks say.

    Parameters
    ----------
    name
        The folder's name in _build.
    base
        The Python that it is made with.
    locks
        The files that say what is installed.
    install
        Called with the environment's Python and the file for what pip says.
    """
    key = hashlib.sha256((base + inspect.getsource(install)).encode())
    for path in locks:
        key.update(path.read_bytes())
    folder = BUILD / name
    stamp = folder / "made-of"
    if not stamp.exists() or stamp.read_text("utf-8") != key.hexdigest():
        if folder.exists():
            shutil.rmtree(folder)
        subprocess.run([base, "-m", "venv", folder], check=True)
        install(folder / "bin" / "python", folder / "install.log")
        stamp.write_text(key.hexdigest(), "utf-8")
    return folder


def binder() -> Path:
    """Return the folder of Binder's environment, as repo2docker makes it, with this checkout."""
    jupyter, chapters = LOCKS / "jupyter.txt", BINDER / "requirements.txt"

    def install(program: Path, log: Path) -> None:
        pip = [program, "-m", "pip", "install"]
        run(*pip, "--no-deps", "-r", jupyter, log=log)
        run(*pip, "-r", chapters, log=log)

    base = python_of(BINDER_PYTHON, newer=True)
    folder = make("launch", base, [jupyter, chapters], install)
    # The rest takes seconds, and whatever it does may have changed.
    log = folder / "postBuild.log"
    log.unlink(missing_ok=True)
    run(BINDER / "postBuild", log=log, PATH=f"{folder / 'bin'}:{os.environ['PATH']}")
    return folder


def colab() -> Path:
    """Return the folder of an environment like Colab's, without this project's library."""
    lock = LOCKS / "colab.txt"

    def install(program: Path, log: Path) -> None:
        uv = Path(sys.executable).parent / "uv"
        options = ["--no-deps", "--compile-bytecode", "--python", program]
        run(uv, "pip", "install", *options, "-r", lock, log=log)
        # Colab has the build for graphics cards, of 2 GB, under its other name. With this one's own
        # name here, nobody would notice a first cell that installs TensorFlow a second time.
        (metadata,) = program.parents[1].glob("lib/*/site-packages/tensorflow_cpu-*")
        metadata = metadata.rename(metadata.with_name(metadata.name.replace("_cpu", "")))
        text = (metadata / "METADATA").read_text("utf-8")
        text = re.sub("^Name: .*", "Name: tensorflow", text, count=1, flags=re.MULTILINE)
        # A new file, since uv's cache has the old one as well.
        (metadata / "METADATA").unlink()
        (metadata / "METADATA").write_text(text, "utf-8")

    base = python_of(COLAB_PYTHON, newer=False)
    assert base, f"expected Python {COLAB_PYTHON} or older, for the TensorFlow of Colab"
    return make("colab", base, [lock], install)


def copy_repository(folder: Path) -> Path:
    """Copy the repository's files, as they are now, into a new folder."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():  # it may have been deleted
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def version(folder: Path) -> str:
    """Return the version of an environment's Python."""
    command = [
        folder / "bin" / "python",
        "-c",
        "import platform as p; print(p.python_version())",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def installed(folder: Path) -> dict[str, str]:
    """Return the packages of an environment, by their normalised names, with their versions."""
    pip = [folder / "bin" / "python", "-m", "pip", "list", "--format", "json"]
    env = clean_environment()
    listed = subprocess.run(pip, capture_output=True, env=env, check=True).stdout
    return {canonicalize_name(each["name"]): each["version"] for each in json.loads(listed)}


def use_one_core(process: psutil.Process, number: int) -> None:
    """Give a process, and all that it will start, one core, where the system can do that."""
    if hasattr(process, "cpu_affinity"):
        cores = process.cpu_affinity()
        process.cpu_affinity([cores[number % len(cores)]])


class Memory(threading.Thread):
    """Measures twenty times a second how much a process and all that it started take."""

    def __init__(self, process: psutil.Process) -> None:
        super().__init__(daemon=True)
        self.process = process
        self.peak = 0
        self.done = threading.Event()

    def run(self) -> None:
        """Measure until told to stop."""
        while not self.done.wait(0.05):
            total = 0
            with suppress(psutil.Error):
                for each in [self.process, *self.process.children(recursive=True)]:
                    with suppress(psutil.Error):  # it has ended meanwhile
                        total += each.memory_info().rss
            self.peak = max(self.peak, total)


class Server:
    """Binder's Jupyter server, in a copy of the repository."""

    def __init__(
        self, process: psutil.Process, port: int, token: str, folder: Path, log: Path
    ) -> None:
        self.process, self.port, self.token = process, port, token
        self.folder, self.log_file = folder, log
        self.memory = Memory(process)
        self.memory.start()

    def address(self, path: str) -> str:
        """Return the address that opens what a Binder button leads to."""
        return f"http://127.0.0.1:{self.port}/{path}?token={self.token}"

    def log(self) -> str:
        """Return the last lines that the server has written, its kernels' among them."""
        return "\n".join(self.log_file.read_text("utf-8").splitlines()[-60:])

    def get(self, path: str) -> list[dict]:
        """Return what the server's API says."""
        with urllib.request.urlopen(self.address(f"api/{path}")) as answer:
            return json.load(answer)

    def delete(self, path: str) -> None:
        """Have the server's API end something."""
        request = urllib.request.Request(self.address(f"api/{path}"), method="DELETE")
        urllib.request.urlopen(request).close()


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def serve(environment: Path, folder: Path, own: Path) -> Iterator[Server]:
    """Run Binder's server on one core.

    Parameters
    ----------
    environment
        From :func:`binder`.
    folder
        The copy of the repository that readers see.
    own
        A folder for what Jupyter writes.
    """
    # All cells of a notebook are in the page, not only those that are seen.
    settings = own / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    port, token = free_port(), secrets.token_hex()
    env = clean_environment() | {
        "PATH": f"{environment / 'bin'}:{os.environ['PATH']}",
        "MEM_LIMIT": str(MEMORY),
        "HOME": str(own),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
    }
    command = [folder / ".binder" / "start", "jupyter", "notebook", "--no-browser"]
    command += ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={token}", "--allow-root"]
    command += ["--LabApp.expose_app_in_browser=True"]
    with (own / "server.log").open("w") as log:
        process = psutil.Popen(list(map(str, command)), cwd=folder, env=env, stdout=log, stderr=log)
        use_one_core(process, -1)
        server = Server(process, port, token, folder, own / "server.log")
        try:
            for _ in range(300):
                with suppress(OSError):
                    server.get("kernels")
                    break
                assert process.poll() is None, (own / "server.log").read_text("utf-8")
                time.sleep(0.1)
            yield server
        finally:
            server.memory.done.set()
            for each in [*process.children(recursive=True), process]:
                with suppress(psutil.Error):
                    each.kill()
            process.wait()


def run_notebook(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run all cells in a kernel that starts in a folder, and ends with them."""
    NotebookClient(
        notebook,
        kernel_name="colab",
        timeout=900,
        resources={"metadata": {"path": str(folder)}},
    ).execute(env=clean_environment())


def said(notebook: nbformat.NotebookNode, kind: str) -> list[str]:
    """Return what a notebook's code cells wrote on stdout or stderr, a text for each cell."""
    return [
        "".join(o["text"] for o in c["outputs"] if o.get("name") == kind)
        for c in notebook.cells
        if c["cell_type"] == "code"
    ]


def run_in_colab(folder: Path) -> dict[str, object]:
    """Run every notebook as in Colab; return what the tests want to know.

    Parameters
    ----------
    folder
        An empty folder outside the repository.
    """
    environment = colab()
    argv = [environment / "bin" / "python", "-Xfrozen_modules=off", "-m"]
    argv += ["ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": [*map(str, argv)], "display_name": "Colab", "language": "python"}
    spec = folder / "jupyter" / "kernels" / "colab" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps(kernel), "utf-8")
    os.environ["JUPYTER_PATH"] = str(folder / "jupyter")
    pip = [environment / "bin" / "python", "-m", "pip"]
    # What an earlier run's first cells installed.
    lock = re.findall("^([^#=\n]+)==", (LOCKS / "colab.txt").read_text("utf-8"), re.MULTILINE)
    locked = {"tensorflow", *map(canonicalize_name, lock)}
    if more := installed(environment).keys() - locked:
        subprocess.run([*pip, "uninstall", "-q", "-y", *more], check=True)
    result: dict[str, object] = {"before": installed(environment), "notebooks": {}}
    library = copy_repository(folder / "source").as_uri()
    content = folder / "content"
    content.mkdir()
    made = notebooks.render_all(ROOT, notebooks.Origin(library=library))
    for path, text in made.items():
        if path.startswith(notebooks.SOLUTIONS):
            continue
        notebook = nbformat.reads(text, 4)
        start = time.perf_counter()
        error = ""
        try:
            run_notebook(notebook, content)
        except Exception as raised:  # noqa: BLE001 (whatever it is, the tests report it)
            error = str(raised)
        result["notebooks"][path] = {
            "seconds": round(time.perf_counter() - start, 1),
            "error": error,
            "run": [
                cell.get("execution_count")
                for cell in notebook.cells
                if cell["cell_type"] == "code"
            ],
            "stdout": said(notebook, "stdout"),
            "stderr": said(notebook, "stderr"),
        }
    result["after"] = installed(environment)
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    use_one_core(psutil.Process(), 0)
    found = run_in_colab(parser.parse_args().folder)
    COLAB_RESULT.write_text(json.dumps(found, indent=1), "utf-8")
