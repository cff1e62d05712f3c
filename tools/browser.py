"""The browser of the tests, the tools and the benchmarks: find one, or fetch one.

    python -m tools.browser       (make browser)

ends with the path of the Chromium that will be used. This is the only place that knows: the
variable CHROMIUM, the names on PATH, Playwright's own download, and where macOS and Windows install
Chrome. Playwright drives whichever it is. Where there is none, one is fetched: Playwright's, with
the system's libraries where apt-get may be used, or else Debian's package.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from playwright.sync_api import Browser, Playwright

#: The environment's own Playwright, as a command.
PLAYWRIGHT: Sequence[str] = (sys.executable, "-m", "playwright")
#: What a browser is called on PATH, the first one first. The one that has no window at all opens
#: pages in half the time, and is what Playwright fetches.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
#: What Playwright's download is called: today's names and earlier ones, on each system.
OWN_NAMES = {
    "chrome-headless-shell",
    "headless_shell",
    "chrome",
    "Google Chrome for Testing",
    "Chromium",
}
MAC_PLACES = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
WINDOWS_PLACES = (
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
#: Debian's packages, the one to prefer first; older releases lack it.
PACKAGES = ("chromium-headless-shell", "chromium")
#: Letters as wide as a reader's.
FONTS = ("fonts-dejavu", "fonts-liberation", "fonts-noto-color-emoji")
#: Debian's package with what Playwright itself needs.
LIBRARY = "libatomic1"
#: Seconds for a browser's first start, and for a download. A machine behind a wall must not wait
#: for ever.
START, DOWNLOAD = 60, 600
#: Seconds until a server has to answer Playwright.
CONNECT = 10


class BrowserError(Exception):
    """There is no browser; the message is one line that says what to do."""


def find() -> Path | None:
    """Return the first browser that runs, or None.

    BrowserError when CHROMIUM names one that does not: another one would be used unseen.
    """
    return search()[0]


def get() -> Path:
    """Return the browser that is there; BrowserError when there is none."""
    found, broken = search()
    if found is None:
        raise BrowserError(none_found(broken) + "Fetch one with: make browser")
    return found


def launch(playwright: Playwright) -> Browser:
    """Start the browser without a window; BrowserError when there is none.

    Playwright itself leaves Chromium's sandbox off. The pages that we open are our own.
    """
    return playwright.chromium.launch(executable_path=get())


def search() -> tuple[Path | None, list[str]]:
    """Return the first browser that runs, and why those before it do not."""
    wanted = os.environ.get("CHROMIUM")
    if wanted:
        path = shutil.which(wanted)
        problem = why_not(Path(path)) if path else "is no program"
        if path is None or problem:
            raise BrowserError(
                f"CHROMIUM is {wanted!r}, and that {problem}: name a Chromium, Chrome or "
                "Edge that runs, or unset CHROMIUM to have one found."
            )
        return Path(path).absolute(), []
    broken: list[str] = []
    for candidate in candidates():
        problem = why_not(candidate)
        if problem is None:
            return candidate, broken
        broken.append(f"{candidate} {problem}")
    return None, broken


def candidates() -> Iterator[Path]:
    """Browsers that may run, the one to prefer first."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            yield Path(found).absolute()
    yield from playwrights_own()
    yield from installed()


def downloads() -> tuple[Path, int] | None:
    """Return the folder of Playwright's downloads, and the revision that it was made for.

    Playwright itself is asked: it knows the system's place and PLAYWRIGHT_BROWSERS_PATH.
    """
    # In a process of its own: where tests run, another Playwright is running already.
    code = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    status, answer = run([sys.executable, "-c", code], START)
    # …/ms-playwright/chromium-1255/chrome-linux64/chrome
    for folder in Path(answer.strip().rpartition("\n")[2]).parents:
        if status == 0 and re.fullmatch(r"chromium-\d+", folder.name):
            return folder.parent, int(folder.name.removeprefix("chromium-"))
    return None


def playwrights_own() -> list[Path]:
    """What Playwright downloaded: its own revision first, then newer before older."""
    told = downloads()
    if told is None or not told[0].is_dir():
        return []
    kept = []
    for place in told[0].iterdir():
        number = re.fullmatch(r"chromium(_headless_shell)?-(\d+)", place.name)
        if number is None:
            continue
        revision = int(number[2])
        for path in place.rglob("*"):
            if path.name.removesuffix(".exe") in OWN_NAMES and path.is_file():
                kept.append((revision == told[1], revision, bool(number[1]), path))
    return [path for *_, path in sorted(kept, reverse=True)]


def installed() -> Iterator[Path]:
    """Browsers where macOS and Windows install them; there they are not on PATH."""
    system = platform.system()
    roots: list[Path] = []
    places: Sequence[str] = ()
    if system == "Darwin":
        roots = [Path("/Applications"), Path.home() / "Applications"]
        places = MAC_PLACES
    elif system == "Windows":
        names = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        roots = [Path(os.environ[name]) for name in names if os.environ.get(name)]
        places = WINDOWS_PLACES
    for place in places:
        for root in roots:
            if (root / place).is_file():
                yield root / place


def why_not(browser: Path) -> str | None:
    """Return None for a browser that shows a page, else what is wrong with it.

    It has to show one: Chrome on Windows answers --version with a window, and a program
    that lacks a library, or Ubuntu's stub for a snap, is there but does not run.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # As Playwright starts it. In a profile of its own, or a Chrome that is open takes over.
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            f"--user-data-dir={profile}",
        ]
        status, said = run([str(browser), *options, "--dump-dom", "about:blank"], START)
    if status == 0 and "<html" in said:
        return None
    return f"does not run ({reason(status, said)})"


def reason(status: int | None, said: str) -> str:
    """Return the line of what a command said that tells best why it failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"E(rror)?: ", line)]
    return (errors or lines or [f"status {status}"])[0][:160]


def ready_driver() -> None:
    """See to it that Playwright runs; BrowserError when it does not.

    It brings a program of its own, which needs a library that a bare Debian lacks.
    """
    status, said = run([*PLAYWRIGHT, "--version"], START)
    if status == 0:
        return
    apt = apt_get()
    if apt and "libatomic" in said:
        print(f"Playwright lacks a library; fetching it: {LIBRARY}", flush=True)
        run([*apt, "update"], DOWNLOAD)
        run([*apt, "install", "-y", "--no-install-recommends", LIBRARY], DOWNLOAD)
        status, said = run([*PLAYWRIGHT, "--version"], START)
    if status != 0:
        raise BrowserError(
            f"Playwright, which drives the browser, does not run ({reason(status, said)})."
            + (f" Install {LIBRARY}, or what has it." if "libatomic" in said else "")
        )


def fetch() -> str | None:
    """Fetch a browser; return None, or what failed when there still is none that runs."""
    failed = []

    def step(command: Sequence[str], name: str) -> bool:
        """Say what is done, do it, and return whether there is a browser now."""
        print(f"No browser yet; fetching one: {name}", flush=True)
        status, said = run(command, DOWNLOAD)
        if find():
            return True
        if status != 0:
            failed.append(f"{name}: {reason(status, said)}")
        return False

    install = ("install", "--only-shell", "chromium")
    if step([*PLAYWRIGHT, *install], f"playwright {' '.join(install)}"):
        return None
    apt = apt_get()
    if apt is None:
        if shutil.which("apt-get"):
            failed.append("apt-get: neither root nor sudo without a password")
        return "; ".join(failed)
    # It was fetched and does not run: the system lacks libraries. Playwright knows which.
    if playwrights_own():
        libraries = ("install-deps", "chromium")
        if step([*PLAYWRIGHT, *libraries], f"playwright {' '.join(libraries)}"):
            return None
    # Ubuntu's package of that name is a stub for a snap, which does not run everywhere.
    if linux() != "ubuntu":
        run([*apt, "update"], DOWNLOAD)
        for package in PACKAGES:
            options = ("-y", "--no-install-recommends", package, *FONTS)
            if step([*apt, "install", *options], f"apt-get install {package}"):
                return None
    return "; ".join(failed)


def apt_get() -> list[str] | None:
    """Return the command for apt-get where it may be used without asking, or None."""
    if not shutil.which("apt-get"):
        return None
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    if is_root():
        return command
    if shutil.which("sudo") and run(["sudo", "-n", "true"], START)[0] == 0:
        return ["sudo", "-n", *command]
    return None


def is_root() -> bool:
    """Whether this process may do everything; on Windows the question does not arise."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def linux() -> str:
    """Return the distribution's name, such as "debian", or nothing."""
    try:
        return platform.freedesktop_os_release().get("ID", "")
    except OSError:
        return ""


def run(command: Sequence[str], seconds: float) -> tuple[int | None, str]:
    """Run a command, ask nothing; return its status and all that it said.

    The status is None when it cannot be started or takes longer than the seconds.
    """
    environ = dict(os.environ)
    environ.setdefault("PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT", str(CONNECT * 1000))
    # Into a file: a pipe stays open as long as any child of the command holds it.
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environ,
                start_new_session=True,
            )
        except OSError as error:
            return None, error.strerror or str(error)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None, f"no answer in {seconds:g} seconds"
        finally:
            stop(process)
        return process.returncode, text(output)


def text(output: IO[bytes]) -> str:
    """Return what was written to a file."""
    output.seek(0)
    return output.read().decode("utf-8", "replace")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a command that still runs, and whatever it started."""
    if process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def none_found(broken: Sequence[str]) -> str:
    """Return what was looked for, as the first sentences of a message."""
    places = f"CHROMIUM, {', '.join(NAMES)} on PATH, Playwright's own"
    if platform.system() in ("Darwin", "Windows"):
        places += ", installed Chrome, Chromium and Edge"
    tried = f" ({'; '.join(broken)})" if broken else ""
    return f"No browser that runs: looked for {places}{tried}. "


def main() -> int:
    """Print the browser's path, fetching one if there is none; return the exit status."""
    try:
        ready_driver()
        found, broken = search()
        failed = None if found else fetch()
        if failed:
            broken = search()[1]
            raise BrowserError(
                f"{none_found(broken)}Fetching one failed ({failed}). Install Chromium, "
                "Chrome or Edge, or name one in CHROMIUM."
            )
        print(found or get())
    except BrowserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
