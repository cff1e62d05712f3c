"""What several tests share: where the book is, the built site on localhost, and a browser."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, settings
from jupyter_cache import get_cache
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode
from playwright.sync_api import Error, Page, Request
from playwright.sync_api import TimeoutError as WaitedTooLong

from digitrec import networks
from digitrec.compiled import CompiledNetwork
from digitrec.mnist import MNIST, load_mnist
from tools import browser, server

#: Lines that are printed after the tests.
REPORT = pytest.StashKey[list[str]]()

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
HTML = BUILD / "html"
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import library_cache  # noqa: E402 (found through the line above)

#: Test accuracy of the shipped networks, and of any training of the same kind. Below: it has not
#: learned; above: the test set has leaked into the training.
BANDS = {
    # 784-25-15-10 reaches about 0.95.
    "dense": (0.94, 0.975),
    # Around the mean of five seeds, three standard deviations each way.
    "cnn": (0.994, 0.997),
}

# How many inputs hypothesis makes up: pytest --hypothesis-profile=NAME, else the first.
for name, examples in {"suite": 150, "quick": 15, "fuzz": 2500}.items():
    settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,  # other work on the machine is no failure
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.function_scoped_fixture,
        ],
    )
settings.load_profile("suite")

#: What a test needs beyond the library, told by the fixtures that it asks for.
NEEDS = {
    "book": {"site", "executed", "glued", "address"},
    "browser": {"page", "browser", "context"},
    "training": {"retrained"},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with what it needs, so that `make quick` can leave it out."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        for marker, names in NEEDS.items():
            if fixtures & names:
                item.add_marker(marker)


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the folder of the built site."""
    assert (HTML / "book" / "intro.html").exists(), "the book is not built; run `make book`"
    return HTML


@pytest.fixture(scope="session")
def executed() -> Callable[[str], NotebookNode]:
    """Return a function that gives a chapter as it ran in this build, with its outputs.

    The outputs are in jupyter-cache, under the text and the key that the chapter has
    now. The notebooks in _build/jupyter_execute have outputs after a first run only.
    """
    cache = get_cache(BUILD / ".jupyter_cache")

    def chapter_that_ran(name: str) -> NotebookNode:
        text = (ROOT / "book" / f"{name}.md").read_text("utf-8")
        stamped = library_cache.stamp(text, library_cache.chapter_key(text, ROOT))
        notebook = read_myst_markdown_notebook(stamped, config=MdParserConfig())
        try:
            return cache.merge_match_into_notebook(notebook)[1]
        except KeyError:
            pytest.fail(f"{name}, or what it needs, changed since the build; run `make book`")

    return chapter_that_ran


@pytest.fixture(scope="session")
def glued() -> dict[str, object]:
    """Return the values that the chapters glued in this build, by their names."""
    values: dict[str, object] = {}
    for chapter in library_cache.executed_pages(ROOT):
        path = BUILD / "jupyter_execute" / "book" / f"{chapter.stem}.glue.json"
        if not path.exists():
            continue
        for name, output in json.loads(path.read_text("utf-8")).items():
            assert name not in values, f"{name} is glued by two chapters"
            values[name] = output["data"].get("text/plain")
    return values


def parsed(page: Path) -> BeautifulSoup:
    """Return a file of HTML, read."""
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Serve the site on localhost and return its address."""
    with server.serve(site) as address:
        yield address


@pytest.fixture(scope="module")
def bare(browser):
    """A page without the book around, and the source: what only computes needs no build."""
    with server.serve(ROOT / "book" / "_static") as source:
        page = browser.new_page()
        page.goto(f"{source}/train/settings.js")
        yield page
        page.close()


@pytest.fixture(scope="session")
def mnist() -> MNIST:
    """Return MNIST, which tests only read."""
    return load_mnist()


@pytest.fixture(scope="session")
def cnn() -> CompiledNetwork:
    """Return the shipped CNN as the command reads with it."""
    return CompiledNetwork(networks.load_numpy("cnn"))


@pytest.fixture
def problems() -> list[str]:
    """Return a list for what goes wrong on a page."""
    return []


def failure(request: Request) -> list[str]:
    """Return what is to be said of a failed request: nothing if the page was left before."""
    # What the policy or a missing file stops has another name.
    return [] if request.failure == "net::ERR_ABORTED" else [f"{request.failure}: {request.url}"]


def wait_for_function(
    page: Page, expression: str, *, arg: object = None, timeout: float = 30_000
) -> None:
    """Wait until an expression is true of a page. It is asked from outside.

    Playwright's own has the page itself evaluate the expression again and again, which the pages'
    policy forbids.
    """
    until = time.monotonic() + timeout / 1000
    while time.monotonic() < until:
        try:
            if page.evaluate(expression, arg):
                return
        except Error as error:
            # The page is leaving for another one.
            if "context was destroyed" not in str(error):
                raise
        page.wait_for_timeout(50)
    raise WaitedTooLong(f"expected within {timeout:.0f} ms, found never: {expression}, {arg!r}")


@pytest.fixture(scope="session", autouse=True)
def _waiting_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Page, "wait_for_function", wait_for_function)
        yield


#: As long as a page is open: how much moved its place without anybody having asked for it, in the
#: measure of browsers (Layout Instability).
WATCH_SHIFTS = """
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
"""


def slow_down(page: Page, times: int) -> None:
    """Have a page's scripts and layout take so many times as long, as on a slow phone."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})


def bring_to_life(page: Page) -> None:
    """Have a page build all that is built only when a reader comes near it: as for printing."""
    page.wait_for_load_state("load")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_function("!document.querySelector('[data-try]:not([data-ready])')")


def watched(context, address, problems):
    """Return a new page; what it complains of, and what it asks of others, is noted."""
    page = context.new_page()
    # What is waited for comes; on a machine with other work, a page's first script took 30 s.
    page.set_default_timeout(60_000)
    page.on("console", lambda m: m.type in ("error", "warning") and problems.append(m.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda r: r.url.startswith((address, "data:", "blob:")) or problems.append(f"asks {r.url}"),
    )
    return page


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Have pytest-playwright start the browser that everything here uses."""
    try:
        return {**browser_type_launch_args, "executable_path": browser.get()}
    except browser.BrowserError as error:
        # Not skipped: the tests of the site must not pass unseen.
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def pytest_terminal_summary(terminalreporter, config) -> None:
    """Print what the tests of launched notebooks measured."""
    lines = config.stash.get(REPORT, [])
    if lines:
        terminalreporter.section("launched notebooks")
        terminalreporter.write("\n".join(lines) + "\n")
