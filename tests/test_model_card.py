"""The model card and the data sheet: numbers of the library's, failures of the tests'."""

import ast
import csv
import hashlib
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT

from digitrec import evaluate, mnist, networks

PAGES = ("model-card", "data-sheet")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Return the built pages."""
    read = {name: (site / "book" / f"{name}.html").read_text("utf-8") for name in PAGES}
    return {name: BeautifulSoup(text, "html.parser").article for name, text in read.items()}


def table(page: BeautifulSoup, caption: str) -> dict[str, list[str]]:
    """Return the rows of the table whose caption begins so, by their first cell."""
    (found,) = (
        each
        for each in page.select("table.measured")
        if each.caption.get_text().startswith(caption)
    )
    rows = [[cell.get_text() for cell in row.select("th, td")] for row in found.select("tr")]
    assert len({row[0] for row in rows}) == len(rows)
    return {name: cells for name, *cells in rows}


def expected_failures() -> list[str]:
    """Return the reasons of the tests that are expected to fail."""
    reasons = []
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.xfail"):
                (reason,) = (k.value.value for k in node.keywords if k.arg == "reason")
                reasons.append(reason)
    return reasons


def test_the_weights_are_those_that_come_with_the_library(pages) -> None:
    """Their checksums, and what their own files say."""
    text = pages["model-card"].get_text()
    said = table(pages["model-card"], "What the weights' own files say")
    for place, name in enumerate(("dense", "cnn")):
        weights = (networks.WEIGHTS_FOLDER / f"{name}.npz").read_bytes()
        assert f"{hashlib.sha256(weights).hexdigest()} {name}.npz" in text
        card = networks.load_card(name)
        assert said["seed"][place] == str(card["seed"])
        for package, version in card["versions"].items():
            assert said[f"trained with {package}"][place] == version


def test_each_digit_has_its_numbers(pages, mnist: mnist.MNIST, cnn) -> None:
    """Counted again here, with another program than the page's for the dense network."""
    named = {"dense": networks.load_numpy("dense"), "cnn": cnn}
    for name, network in named.items():
        said = table(pages["model-card"], f"The {name} network on MNIST's test images")
        read = network.predict(mnist.x_test).argmax(axis=1)
        for digit in range(10):
            right = int(((read == digit) & (mnist.y_test == digit)).sum())
            ofs = ((mnist.y_test == digit).sum(), (read == digit).sum())
            for k, of in enumerate(map(int, ofs)):
                low, high = evaluate.wilson_interval(right, of)
                cell = f"{100 * right / of:.2f} ({100 * low:.2f}–{100 * high:.2f})"
                assert said[str(digit)][1 + k] == cell, (name, digit)
    probabilities = cnn.predict_probabilities(mnist.x_test)
    error = evaluate.expected_calibration_error(mnist.y_test, probabilities, bins=10)
    assert table(pages["model-card"], "Confidence")["cnn"][-1] == f"{100 * error:.2f}"


def test_what_is_rejected_is_said(pages, mnist: mnist.MNIST, cnn) -> None:
    """The share without an answer, and how many of the answers are right."""
    p = cnn.predict_probabilities(mnist.x_test)
    kept = p.max(axis=1) >= networks.load_card("cnn")["reject_below"]
    right = (p.argmax(axis=1) == mnist.y_test)[kept].mean()
    said = table(pages["model-card"], "The CNN on MNIST's test images")
    assert said["test images rejected"][0].startswith(f"{100 * (1 - kept.mean()):.2f} ")
    assert said["of the others right"][0].startswith(f"{100 * right:.2f} ")


def test_what_was_measured_before_says_when_and_how(pages) -> None:
    """No table of photographs or hands passes for a result of this run."""
    captions = [c.get_text() for c in pages["model-card"].select("table.measured caption")]
    dated = [c for c in captions if re.search(r"Measured \d{4}-\d\d-\d\d by make bench", c)]
    assert [c.split()[0] for c in dated] == ["Photographs,", "Scanned", "Digits"]


def test_known_failures_are_named(pages) -> None:
    """Each failure that a test expects is on the page, in the test's words."""
    reasons = expected_failures()
    assert len(reasons) >= 3
    text = " ".join(pages["model-card"].get_text().split()).lower()
    assert not [reason for reason in reasons if reason.lower() not in text]
    bullets = pages["model-card"].select("#known-failures li")
    assert len(bullets) == len(reasons), "a failure that no test expects any more"


def test_kinds_that_once_failed_are_all_shown(pages) -> None:
    """Each small picture of the tests, with what is on it."""
    with (ROOT / "tests" / "cases" / "expected.csv").open(encoding="utf-8", newline="") as file:
        cases = [(case["fault"], case["text"]) for case in csv.DictReader(file)]
    rows = [
        tuple(cell.get_text() for cell in row.select("th, td")[:2])
        for row in pages["model-card"].select("table.measured tbody tr")
    ]
    assert not [case for case in cases if case not in rows]


def test_the_data_are_counted(pages, mnist: mnist.MNIST) -> None:
    """Each digit's images, and the files' checksums."""
    said = table(pages["data-sheet"], "Images of each digit")
    for digit in range(10):
        counts = [(labels == digit).sum() for labels in (mnist.y_train, mnist.y_test)]
        assert said[str(digit)][:2] == [f"{count:,}" for count in counts]
    text = pages["data-sheet"].get_text()
    # The fixture has the module's name.
    for name, checksum in networks.load_card("cnn")["data_sha256"].items():
        assert re.search(rf"{checksum} +[\d,]+ bytes +{name}", text), name


@pytest.mark.parametrize("name", PAGES)
def test_pages_follow_their_models(pages, name: str) -> None:
    """The headings of Mitchell et al. and Gebru et al., code that is closed, figures with text."""
    headings = [h.get_text().rstrip("#") for h in pages[name].select("h2")]
    expected = {
        "model-card": [
            "The networks",
            "What they are for",
            "What a reading depends on",
            "How well they read",
            "How sure they may be",
            "When they do not answer",
            "Photographs, and other people’s hands",
            "Known failures",
            "What they cost",
            "If you use them",
        ],
        "data-sheet": [
            "Why the data exist",
            "What is in it",
            "The files",
            "How it was collected and prepared",
            "How the course uses it",
            "What was added",
            "What it should not be used for",
            "Licences and care",
        ],
    }
    assert headings == expected[name]
    cells = pages[name].select("div.cell")
    assert cells
    assert not [cell for cell in cells if cell.select(":scope > .cell_input")]
    for image in pages[name].select("img"):
        assert len(image["alt"]) > 40
