"""What a reader launches is what the page promises: in Binder's JupyterLab, and in Colab.

The chapters are opened in Chromium at the paths of the book's own buttons, in the environment that
Binder makes and with what one core and two gigabytes can do, one after the other as a reader walks.
"""

import html
import json
import platform
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import launch
import launching
import nbformat
import psutil
import pytest
import repository
from conftest import REPORT, ROOT
from playwright.sync_api import Error

from tools import notebooks

pytestmark = [
    pytest.mark.launch,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        (sys.platform, platform.machine()) != ("linux", "x86_64"),
        reason="Binder and Colab are Linux on x86-64",
    ),
]

#: The book at an address that buttons can lead to.
PUBLISHED = repository.understand("https://github.com/someone/book")


def opened_by(address: str) -> str:
    """Return the path that a Binder button opens in the server that it starts."""
    return parse_qs(urlsplit(address).query)["urlpath"][0]


#: What the buttons of the book's pages open.
NOTEBOOKS = [
    opened_by(dict(button[:2] for button in launch.launchers(PUBLISHED, {}, path))["Binder"])
    for path in notebooks.notebook_of(ROOT).values()
]
CHAPTERS = [path for path in NOTEBOOKS if Path(path).name[0].isdigit()]
#: Text that only the book's builder understands, or that should have been filled in.
PLACEHOLDER = re.compile(
    r"""
    \{[a-z]+(:[a-z]+)?\}`? | :::+ | ```          # roles, directives, fences
    | [a-z_]+:[,.]?\d*[%dfeg]\b | [a-z_]+:[\d.,]*%  # accuracy:.2%
    | \[missing\] | \(\#[\w-]+\)= | \$\$ | \\\(
    """,
    re.VERBOSE,
)
#: An answer to the first exercise that is plausible, and wrong.
WRONG = """\
def count_labels(y):
    return np.zeros(10, dtype=int)


checks.count_labels(count_labels)"""


#: Asks a kernel for cells as Run All Cells does: a few at once, more while the first are answered.
ASK_FOR_MANY = """
import random, time
from jupyter_client.manager import start_new_kernel
chosen = random.Random(0)
manager, client = start_new_kernel()
for _ in range(150):
    asked = set()
    for _ in range(chosen.randint(2, 25)):
        asked.add(client.execute("1"))
        time.sleep(chosen.choice([0, 0.0005, 0.001, 0.002, 0.004]))
    while asked:
        asked.discard(client.get_shell_msg(timeout=60)["parent_header"]["msg_id"])
client.stop_channels()
manager.shutdown_kernel(now=True)
"""


KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
#: Seconds after which the first of a chapter's cells has run, and all have, on a slow core.
FIRST_LIMIT, RUN_LIMIT = 120, 700
#: How the notebook in front is, for JupyterLab.
STATUS = "jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status"


def sources(path: Path) -> list[str]:
    """Return the code of a notebook's cells."""
    cells = nbformat.read(path, 4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def checked(code: str) -> bool:
    """Say whether a cell is an exercise: one that ends with a check."""
    return code.split("\n")[-1].startswith("checks.")


def exercises(path: str) -> int:
    """Return how many exercises a button's notebook has."""
    return sum(map(checked, sources(ROOT / path.removeprefix("lab/tree/"))))


def solutions(path: Path) -> dict[str, str]:
    """Return the answers of a solved notebook by each of their lines, their check among them.

    An answer is a cell, and those before it with no text between.
    """
    answers: dict[str, str] = {}
    answer: list[str] = []
    for cell in nbformat.read(path, 4).cells:
        answer = [*answer, cell.source] if cell.cell_type == "code" else []
        answers |= dict.fromkeys("\n".join(answer).splitlines(), "\n\n\n".join(answer))
    return answers


def answer_exercises(folder: Path) -> Counter:
    """Write answers into a copy's exercises, all right but the first; return how many of which."""
    count: Counter[str] = Counter()
    for path in sorted((folder / notebooks.FOLDER).glob("0*.ipynb")):
        answers = solutions(folder / notebooks.SOLUTIONS / path.name)
        notebook = nbformat.read(path, 4)
        for cell in notebook.cells:
            check = cell.source.split("\n")[-1]
            if cell.cell_type != "code" or not checked(cell.source):
                continue
            wrong = not count
            cell.source = WRONG if wrong else answers[check]
            # Where a reader writes, the exercise has a line that ends so; an index may begin so.
            assert not any(line.endswith("...") for line in cell.source.splitlines())
            count["✗" if wrong else "✓"] += 1
        nbformat.write(notebook, path)
    return count


@pytest.fixture(scope="session")
def colab(tmp_path_factory):
    """Start running the notebooks as in Colab; return a function that waits for what came of it.

    Once: pytest puts all tests with a browser before those without, of other files as well, and
    between them what is a module's would end, and begin again.
    """
    if not launching.python_of(launching.COLAB_PYTHON, newer=False):
        yield lambda: pytest.skip(f"no Python {launching.COLAB_PYTHON} or older")
        return
    launching.COLAB_RESULT.unlink(missing_ok=True)
    folder = tmp_path_factory.mktemp("colab")
    log = folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.launching", folder],
            cwd=ROOT,
            stdout=file,
            stderr=file,
        )

    def result() -> dict:
        assert process.wait() == 0, log.read_text("utf-8")
        return json.loads(launching.COLAB_RESULT.read_text("utf-8"))

    yield result
    process.kill()
    process.wait()


@pytest.fixture(scope="session")
def environment(colab) -> Path:
    """Return Binder's environment. The notebooks begin to run as in Colab, beside what follows."""
    return launching.binder()


@pytest.fixture(scope="module")
def server(environment, tmp_path_factory):
    """Run Binder's server in a copy of the repository whose exercises a reader has answered."""
    folder = launching.copy_repository(tmp_path_factory.mktemp("launch") / "book")
    answered = answer_exercises(folder)
    assert answered["✗"] == 1
    assert answered["✓"] >= 10
    with launching.serve(environment, folder, tmp_path_factory.mktemp("home")) as server:
        yield server


def open_lab(browser, server):
    """Return JupyterLab in a window of its own, with no tabs of an earlier visit."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{server.address('lab')}&reset")
    page.wait_for_function("window.jupyterapp?.shell.currentWidget")
    return page


@pytest.fixture(scope="module")
def lab(server, browser):
    """Return a browser's page in which one notebook after the other is opened."""
    page = open_lab(browser, server)
    yield page
    page.context.close()


def open_notebook(lab, server, path: str):
    """Open what a button leads to, with no tabs of an earlier visit; return its panel."""
    lab.goto(f"{server.address(path)}&reset")
    panel = lab.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    name = path.rpartition("/")[2]
    lab.locator(".lm-DockPanel .lm-TabBar-tab.lm-mod-current", has_text=name).wait_for()
    panel.locator(".jp-Cell").first.wait_for()
    lab.wait_for_function("jupyterapp.shell.currentWidget.context.isReady")
    lab.wait_for_function(f"{STATUS} === 'idle'")
    return panel


def open_in_lab(lab, path: str) -> None:
    """Open a notebook as a link in another one does, in a tab beside it."""
    lab.evaluate(f"void jupyterapp.commands.execute('docmanager:open', {{path: '{path}'}})")
    tab = lab.locator(".lm-DockPanel .lm-TabBar-tab.lm-mod-current")
    tab.filter(has_text=Path(path).name).wait_for()
    # A command given before the cells are there would find nothing to do.
    lab.wait_for_function(
        "jupyterapp.shell.currentWidget.context?.isReady"
        " && jupyterapp.shell.currentWidget.content.widgets.length"
    )


def cells_of(lab) -> list[dict]:
    """Return the code cells of the notebook in front: source, outputs, and what became of it."""
    return lab.evaluate(
        """() => jupyterapp.shell.currentWidget.content.widgets
            .filter((cell) => cell.model.type === "code" && cell.model.sharedModel.getSource())
            .map((cell) => ({
                source: cell.model.sharedModel.getSource(),
                count: cell.model.executionCount,
                running: cell.model.executionState === "running",
                outputs: cell.model.outputs.toJSON(),
            }))"""
    )


class StuckError(Exception):
    """Jupyter does not go on; the message says how it stands."""


def run_all(lab) -> list[dict]:
    """Choose Run, Run All Cells; return the cells when all have run, or one has failed."""
    lab.evaluate("void jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    lab.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    lab.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
    start = time.monotonic()
    while True:
        cells = cells_of(lab)
        outputs = [output for cell in cells for output in cell["outputs"]]
        failed = any(output["output_type"] == "error" for output in outputs)
        if failed or all(cell["count"] and not cell["running"] for cell in cells):
            # What a cell has written may come after the word that it is done.
            lab.wait_for_function(f"{STATUS} === 'idle'")
            lab.wait_for_timeout(500)
            return cells_of(lab)
        begun = any(cell["count"] for cell in cells)
        if time.monotonic() - start > (RUN_LIMIT if begun else FIRST_LIMIT):
            states = [(c["count"], c["running"], c["source"].split("\n")[0]) for c in cells]
            raise StuckError("\n".join(["not all cells have run:", *map(str, states)]))
        lab.wait_for_timeout(250)


def open_and_run(lab, server, path: str) -> tuple[list[dict], int]:
    """Open a notebook beside those that are open, and run all its cells.

    Now and then a kernel of Jupyter's never begins (ipykernel's issue 1567 is of such), and a
    reader loads the page again. That is done here, too, once, and told.

    Returns
    -------
    cells : as ``cells_of`` does
    again : how often the page was loaded again
    """
    for again in range(2):
        try:
            open_in_lab(lab, path)
            lab.wait_for_function(f"{STATUS} === 'idle'")
            return run_all(lab), again
        except (Error, StuckError) as error:
            print(f"{path}: {error}")
            print("kernel:", lab.evaluate(STATUS), *server.get("kernels"))
            print("dialogs:", lab.locator(".jp-Dialog").all_inner_texts())
            print(server.log())
            end_kernels(server)
            lab.goto(f"{server.address('lab')}&reset")
            lab.wait_for_function("window.jupyterapp?.shell.currentWidget")
    raise StuckError(f"{path}: stuck twice")


def end_kernels(server) -> None:
    """End what runs on the server."""
    for session in server.get("sessions"):
        server.delete(f"sessions/{session['id']}")


def text_outputs(cells: list[dict], name: str) -> list[str]:
    """Return what cells wrote on stdout or stderr."""
    return [
        "".join(output["text"])
        for cell in cells
        for output in cell["outputs"]
        if output["output_type"] == "stream" and output["name"] == name
    ]


@pytest.fixture(scope="module")
def measured(request, environment):
    """Return the table of what was measured; it is written, and printed at the end of the tests."""
    table: dict[str, dict] = {}
    yield table
    path = launching.BUILD / "launch.json"
    path.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
    heads = ["seconds", "peak MB", "loaded again", "placeholders", "warnings"]
    lines = [
        f"in Binder's environment, with Python {launching.version(environment)}",
        f"{'chapter':<20} | " + " | ".join(heads),
    ]
    for name, row in table.items():
        if not set(heads) <= row.keys():
            continue
        numbers = (f"{row[head]:>{len(head)},}" for head in heads)
        lines.append(f"{name:<20} | " + " | ".join(numbers))
    request.config.stash[REPORT] = lines


def test_binder_installs_without_conflict(environment) -> None:
    """Pip finds nothing to complain about, in Binder's Jupyter with what a chapter needs."""
    logs = [(environment / f"{name}.log").read_text("utf-8") for name in ("install", "postBuild")]
    complaints = re.findall(r".*(?:ERROR|[Cc]onflict|incompatible|you have).*", "".join(logs))
    assert complaints == []
    check = [environment / "bin" / "python", "-m", "pip", "check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "No broken requirements found."
    names = launching.installed(environment).keys()
    assert {"jupyterlab", "notebook", "keras", "digitrec"} <= names
    assert not {"sphinx", "jupyter-book", "myst-nb", "jupyterlab-myst", "pytest"} & names


def test_the_kernel_forgets_no_cell(environment) -> None:
    """Binder's own, of ipykernel 7.0, forgets one of a few hundred that come while it answers."""
    process = psutil.Popen(
        [environment / "bin" / "python", "-c", ASK_FOR_MANY],
        env=launching.clean_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    launching.use_one_core(process, -1)
    _, said = process.communicate()
    assert process.returncode == 0, said


def test_built_buttons_open_what_is_opened_here(site) -> None:
    """Where the book was built with an address, its pages have these buttons and no others."""
    pages = [page.read_text("utf-8") for page in (site / "book").glob("*.html")]
    found = {
        opened_by(html.unescape(address))
        for page in pages
        for address in re.findall(r'href="([^"]*urlpath=[^"]*)"', page)
    }
    assert found in (set(), set(NOTEBOOKS))


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_opens_as_a_page(lab, server, measured, path: str) -> None:
    """All is text, formulas and pictures; nothing is unknown, left to fill in, or given away."""
    panel = open_notebook(lab, server, path)
    lab.wait_for_function("!document.querySelector('mjx-container:not([jax])')")
    row = measured.setdefault(Path(path).stem, {})
    prose = "\n".join(panel.locator(".jp-RenderedMarkdown").all_inner_texts())
    assert len(prose) > 1000
    row["placeholders"] = len(PLACEHOLDER.findall(prose))
    assert [m[0] for m in PLACEHOLDER.finditer(prose)] == []
    text = panel.inner_text()
    assert "⚠" not in text
    assert "Unknown" not in text
    assert panel.locator("mjx-merror, .MathJax_Error").count() == 0
    failed = panel.locator(".jp-RenderedMarkdown img").evaluate_all(
        "images => images.filter((i) => !(i.complete && i.naturalWidth)).map((i) => i.alt)"
    )
    assert failed == []
    assert panel.locator("details[open]").count() == 0
    if path in CHAPTERS:
        closed = panel.locator("details", has_text="Solution")
        assert closed.count() == exercises(path) >= 3
        for code in panel.locator("details pre, details code:not(summary code)").all():
            assert not code.is_visible()
    assert lab.locator(".jp-Dialog").count() == 0


@pytest.fixture(scope="module")
def walk(server, browser):
    """Return a browser's page of a reader who comes anew, and stays from chapter to chapter.

    What an earlier visit left running would be shut down for the first chapters of this one.
    """
    end_kernels(server)
    page = open_lab(browser, server)
    yield page
    page.context.close()


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_runs_on_one_core_within_two_gigabytes(walk, server, measured, path: str) -> None:
    """All cells run in order, without a warning, and leave the reader's answers alone."""
    lab, name = walk, path.removeprefix("lab/tree/")
    file = server.folder / name
    answers = sources(file)
    server.memory.peak = 0
    start = time.perf_counter()
    # The reader goes on, and closes nothing.
    cells, again = open_and_run(lab, server, name)
    row = measured.setdefault(Path(path).stem, {})
    row["seconds"] = round(time.perf_counter() - start)
    row["peak MB"] = round(server.memory.peak / 1e6)
    row["loaded again"] = again
    lab.evaluate("void jupyterapp.commands.execute('docmanager:save')")
    lab.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    errors = [o for c in cells for o in c["outputs"] if o["output_type"] == "error"]
    assert [(error["ename"], error["evalue"]) for error in errors] == []
    assert [cell["count"] for cell in cells] == list(range(1, len(cells) + 1))
    noise = text_outputs(cells, "stderr")
    row["warnings"] = len(noise)
    assert noise == []
    assert [cell["source"] for cell in cells] == answers
    assert sources(file) == answers
    said = re.findall("^[✓✗].*", "\n".join(text_outputs(cells, "stdout")), re.M)
    if path in CHAPTERS:
        wrong = int(path == CHAPTERS[0])
        marks = Counter(line[0] for line in said)
        assert marks == Counter({"✓": exercises(path) - wrong, "✗": wrong}), said
    assert server.memory.peak <= launching.MEMORY


def test_one_may_go_back(walk, server, measured) -> None:
    """A chapter whose kernel was shut down for later ones runs again, and nobody asks anything."""
    lab = walk
    running = {session["path"] for session in server.get("sessions")}
    gone = [path for path in CHAPTERS if path.removeprefix("lab/tree/") not in running]
    assert CHAPTERS[0] in gone
    assert len(running) <= 2
    open_in_lab(lab, CHAPTERS[0].removeprefix("lab/tree/"))
    assert lab.evaluate(STATUS) is None
    server.memory.peak = 0
    # Run All Cells would run the first one only, with which the kernel starts.
    lab.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
    lab.evaluate("void jupyterapp.commands.execute('notebook:run-cell')")
    lab.wait_for_function(f"{STATUS} === 'idle'")
    cells = run_all(lab)
    assert all(cell["count"] for cell in cells)
    assert lab.locator(".jp-Dialog").count() == 0
    assert server.memory.peak <= launching.MEMORY


def test_the_first_cell_changes_nothing_that_colab_has(colab) -> None:
    """A second TensorFlow, or another NumPy, would break it.

    What it adds is the library, and the one package that this needs and Colab lacks: the decoder
    of the photographs that iPhones store.
    """
    result = colab()
    before, after = result["before"], result["after"]
    assert before["numpy"] == "2.0.2"
    assert {name: after.get(name) for name in before} == before
    assert after.keys() - before.keys() == {"digitrec", "pillow-heif"}


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_runs_in_colab(colab, path: str) -> None:
    """From another folder, with older versions, each cell runs, and none warns."""
    found_at = path.removeprefix("lab/tree/")
    found = colab()["notebooks"][found_at]
    print(f"\n{path}: {found['seconds']} s in an environment like Colab's")
    assert found["error"] == ""
    assert all(found["run"])
    assert [text for text in found["stderr"] if text] == []
    # An exercise without an answer says so, and stops nothing.
    asked = [place for place, code in enumerate(sources(ROOT / found_at)) if checked(code)]
    assert [place for place, said in enumerate(found["stdout"]) if "✗ " in said] == asked
