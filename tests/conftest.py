"""What several tests share: where the book is, the built site on localhost, and a browser."""

import functools
import http.server
import json
import os
import shutil
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
HTML = BUILD / "html"
sys.path.insert(0, str(ROOT / "book" / "_ext"))


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the folder of the built site."""
    assert (HTML / "book" / "intro.html").exists(), (
        "the book is not built; run `make book`"
    )
    return HTML


@pytest.fixture(scope="session")
def executed() -> dict[str, dict]:
    """Return each chapter's executed notebook, by its page's name."""
    folder = BUILD / "jupyter_execute" / "book"
    return {
        p.stem: json.loads(p.read_text("utf-8")) for p in sorted(folder.glob("*.ipynb"))
    }


@pytest.fixture(scope="session")
def glued() -> dict[str, object]:
    """Return the values that the chapters glued in this build, by their names."""
    values: dict[str, object] = {}
    for path in sorted((BUILD / "jupyter_execute" / "book").glob("*.glue.json")):
        for name, output in json.loads(path.read_text("utf-8")).items():
            assert name not in values, f"{name} is glued by two chapters"
            values[name] = output["data"].get("text/plain")
    return values


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line on stderr for each."""

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def address(site: Path):
    """Serve the site on localhost and return its address."""
    handler = functools.partial(QuietHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def chromium() -> str:
    """Return the browser's path. Without one the tests fail: they must not pass unseen."""
    found = os.environ.get("CHROMIUM") or next(
        filter(
            None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
        ),
        None,
    )
    assert found, (
        "no Chromium: install it (apt-get install chromium) or name it in CHROMIUM"
    )
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Have pytest-playwright start the system's Chromium."""
    sandbox = [] if os.name == "nt" or os.geteuid() else ["--no-sandbox"]
    return {**browser_type_launch_args, "executable_path": chromium(), "args": sandbox}
