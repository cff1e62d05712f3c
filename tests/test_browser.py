"""Which browser the tests use: each place one may be in, broken ones, none at all, one fetched."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from test_tools import users_of

from tools import browser

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="the browsers in this file are shell scripts"
)

SHOWS = "echo '<html><head></head><body></body></html>'"
BROKEN = {
    "a library is missing": "echo 'cannot open shared object file: libnss3.so' >&2; exit 127",
    "a stub": "echo 'requires the chromium snap to be installed' >&2; exit 1",
    "shows nothing": "exit 0",
    "killed": "kill -9 $$",
}


def program(path: Path, script: str = SHOWS) -> Path:
    """Write a shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path


OFFLINE = "echo 'Error: getaddrinfo ENOTFOUND cdn.example' >&2; exit 1"
#: What Playwright was made for, in these tests.
REVISION = 1255


class Machine:
    """A machine with no browser: an empty PATH, no downloads, a Linux that nothing is known of."""

    def __init__(self, root: Path) -> None:
        self.bin = root / "bin"
        self.downloads = root / "downloads"
        self.home = root / "home"
        for folder in (self.bin, self.downloads, self.home):
            folder.mkdir()

    def own(self, revision: int, script: str = SHOWS, *, shell: bool = True) -> Path:
        """Put a download of Playwright's there."""
        if shell:
            folder, name = "chromium_headless_shell", "chrome-headless-shell"
        else:
            folder, name = "chromium", "chrome"
        place = self.downloads / f"{folder}-{revision}" / f"{name}-linux64"
        return program(place / name, script)


def playwright(machine: Machine, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have Playwright do this when it is asked for more than its version."""
    script = f'[ "$1" != --version ] || exit 0\n{script}'
    fake = program(machine.home / "playwright", script)
    monkeypatch.setattr(browser, "PLAYWRIGHT", [str(fake)])


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a machine on which only what a test puts there can be found."""
    bare = Machine(tmp_path)
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(bare.bin))
    monkeypatch.setenv("HOME", str(bare.home))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(bare.downloads))
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(browser, "linux", lambda: "debian")
    monkeypatch.setattr(browser, "is_root", lambda: False)
    # Playwright is asked in three tests; in the others a second each time is saved.
    monkeypatch.setattr(browser, "downloads", lambda: (bare.downloads, REVISION))
    # No test asks the network: Playwright says what it says when there is none.
    playwright(bare, monkeypatch, OFFLINE)
    return bare


# --- Where one may be ----------------------------------------------------------------------------


def test_nothing_is_found_where_there_is_none(machine) -> None:
    """So what the next tests find is what they put there."""
    assert browser.find() is None
    with pytest.raises(browser.BrowserError, match="make browser"):
        browser.get()


@pytest.mark.parametrize("name", browser.NAMES)
def test_a_name_on_path(machine, name: str) -> None:
    assert browser.find() is None
    there = program(machine.bin / name)
    assert browser.find() == browser.get() == there


def test_names_on_path_have_an_order(machine) -> None:
    """Each one is preferred to those after it."""
    for name in reversed(browser.NAMES):
        program(machine.bin / name)
        assert browser.find() == machine.bin / name


@pytest.mark.parametrize("as_name", [True, False])
def test_the_variable_comes_first(machine, monkeypatch, as_name: bool) -> None:
    """CHROMIUM holds a path, or a name on PATH."""
    program(machine.bin / "chromium")
    mine = program(machine.bin / "mine")
    monkeypatch.setenv("CHROMIUM", mine.name if as_name else str(mine))
    assert browser.find() == mine


def test_an_empty_variable_is_none(machine, monkeypatch) -> None:
    monkeypatch.setenv("CHROMIUM", "")
    assert browser.find() is None


@pytest.mark.parametrize("problem", ["nothing", "not a program", "a folder", *BROKEN], ids=str)
def test_a_wrong_variable_is_told(
    machine, monkeypatch, capsys, tmp_path: Path, problem: str
) -> None:
    """Never another browser instead: that one would be tested, unseen."""
    program(machine.bin / "chromium")
    mine = tmp_path / "mine"
    if problem == "not a program":
        mine.write_text("a text", "utf-8")
    elif problem == "a folder":
        mine.mkdir()
    elif problem in BROKEN:
        program(mine, BROKEN[problem])
    monkeypatch.setenv("CHROMIUM", str(mine))
    for function in (browser.find, browser.get):
        with pytest.raises(browser.BrowserError, match="CHROMIUM is"):
            function()
    assert browser.main() == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert str(mine) in err


ASK = browser.downloads


@pytest.mark.parametrize("folder", [None, "elsewhere"])
def test_playwright_is_asked_where_its_own_are(
    machine, monkeypatch, tmp_path, folder: str | None
) -> None:
    """The variable PLAYWRIGHT_BROWSERS_PATH names the folder, or the system's cache has it."""
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    expected = machine.home / ".cache" / "ms-playwright"
    if folder:
        expected = tmp_path / folder
        monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(expected))
    told = ASK()
    assert told is not None
    dry = [sys.executable, "-m", "playwright", "install", "--dry-run", "chromium"]
    said = subprocess.run(dry, capture_output=True, text=True, check=True).stdout
    assert f"(playwright chromium v{told[1]})" in said
    if folder or sys.platform == "linux":
        assert told[0] == expected


def test_without_playwright_none_is_its_own(machine, monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert ASK() is None
    monkeypatch.setattr(browser, "downloads", lambda: None)
    assert browser.find() is None


@pytest.mark.parametrize("shell", [True, False])
def test_playwrights_own(machine, shell: bool) -> None:
    """Of any revision, after the names on PATH."""
    own = machine.own(1000, shell=shell)
    assert browser.find() == own
    on_path = program(machine.bin / browser.NAMES[-1])
    assert browser.find() == on_path


def test_playwrights_own_is_known_by_its_names(machine) -> None:
    """Names of the download on macOS, on Windows and in earlier versions; not its helpers."""
    root = machine.downloads / "chromium-7"
    app = "chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS"
    kept = {
        program(root / app / "Google Chrome for Testing"),
        program(root / "chrome-win64" / "chrome.exe"),
        program(root / "chrome-linux" / "headless_shell"),
    }
    program(root / "chrome-linux64" / "chrome_crashpad_handler")
    program(machine.downloads / "firefox-7" / "firefox")
    program(machine.downloads / "chromium-7-elsewhere" / "chrome")
    assert set(browser.playwrights_own()) == kept


def test_playwrights_own_newest_first(machine) -> None:
    """The revision that this Playwright was made for, then the newest, as a number."""
    own = {revision: machine.own(revision) for revision in (999, 1000, 99999)}
    assert browser.playwrights_own() == [own[99999], own[1000], own[999]]
    mine = machine.own(REVISION, shell=False)
    rest = [own[99999], own[1000], own[999]]
    assert browser.playwrights_own() == [mine, *rest]
    shell = machine.own(REVISION)
    assert browser.playwrights_own() == [shell, mine, *rest]


@pytest.mark.parametrize("place", browser.WINDOWS_PLACES)
@pytest.mark.parametrize("root", ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"])
def test_installed_on_windows(machine, monkeypatch, tmp_path, root, place) -> None:
    for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / name))
    there = program(tmp_path / root / place)
    assert browser.find() is None
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    assert browser.find() == there
    own = machine.own(1000)
    assert browser.find() == own


@pytest.mark.parametrize("place", browser.MAC_PLACES)
def test_installed_on_a_mac(machine, monkeypatch, place: str) -> None:
    """In the user's own Applications; the system's cannot be written in a test."""
    there = program(machine.home / "Applications" / place)
    assert browser.find() is None
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(Path, "is_file", lambda path: path == there)
    assert browser.find() == there
    system = Path("/Applications") / place
    monkeypatch.setattr(Path, "is_file", lambda path: path in (there, system))
    assert list(browser.installed()) == [system, there]


# --- Found, but broken ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_one_is_passed_over(machine, kind: str) -> None:
    """The next one is taken; when there is none, the message says what is wrong with it."""
    program(machine.bin / "chromium", BROKEN[kind])
    program(machine.bin / "google-chrome", BROKEN[kind])
    with pytest.raises(browser.BrowserError, match=r"bin/chromium does not run \("):
        browser.get()
    own = machine.own(1000)
    assert browser.find() == own


@pytest.mark.slow
def test_one_that_hangs_is_ended(machine, monkeypatch, tmp_path) -> None:
    """With all that it started, though that holds its output open."""
    late = tmp_path / "late"
    monkeypatch.setattr(browser, "START", 1)
    program(
        machine.bin / "chromium",
        f"(/bin/sleep 3; : > '{late}') & {SHOWS}; /bin/sleep 60",
    )
    problem = browser.why_not(machine.bin / "chromium")
    assert problem == "does not run (no answer in 1 seconds)"
    subprocess.run(["/bin/sleep", "3"], check=True)
    assert not late.exists()


# --- One is fetched ------------------------------------------------------------------------------


def log_of(machine: Machine) -> list[str]:
    """Return what was asked of apt-get and sudo."""
    path = machine.home / "log"
    return path.read_text("utf-8").splitlines() if path.exists() else []


@pytest.fixture
def apt(machine) -> Path:
    """Give the machine an apt-get that installs what it is asked for and is in `packages`."""
    packages = machine.home / "packages"
    packages.mkdir()
    (machine.bin / "env").symlink_to("/usr/bin/env")
    program(
        machine.bin / "apt-get",
        f'echo "apt-get $*" >> "{machine.home}/log"\n'
        f'for name in "$@"; do test ! -e "{packages}/$name" || '
        f'/bin/cp "{packages}/$name" "{machine.bin}/"; done',
    )
    return packages


def downloading(machine: Machine, script: str) -> str:
    """What Playwright does when it can download: put a shell there."""
    stored = program(machine.home / "shell", script)
    folder = machine.downloads / "chromium_headless_shell-1255" / "linux"
    return f'/bin/mkdir -p "{folder}"; /bin/cp "{stored}" "{folder}/chrome-headless-shell"'


def test_playwrights_is_fetched(machine, monkeypatch, capsys, apt) -> None:
    """Where it can be downloaded and runs, the system is left alone."""
    monkeypatch.setattr(browser, "is_root", lambda: True)
    asked = f'echo "playwright $*" >> "{machine.home}/log"\n'
    playwright(machine, monkeypatch, asked + downloading(machine, SHOWS))
    assert browser.main() == 0
    out, err = capsys.readouterr()
    folder = machine.downloads / "chromium_headless_shell-1255" / "linux"
    assert out.splitlines()[-1] == str(folder / "chrome-headless-shell")
    assert err == ""
    assert log_of(machine) == ["playwright install --only-shell chromium"]
    # It is there now: nothing is fetched again.
    assert browser.main() == 0
    assert len(log_of(machine)) == 1


def test_its_libraries_are_fetched(machine, monkeypatch, capsys, apt) -> None:
    """A download that lacks libraries is not accepted before it has them."""
    monkeypatch.setattr(browser, "is_root", lambda: True)
    monkeypatch.setattr(browser, "linux", lambda: "ubuntu")
    library = machine.home / "libnss3.so"
    needs = f'test -e "{library}" || {{ {BROKEN["a library is missing"]}; }}\n{SHOWS}'
    playwright(
        machine,
        monkeypatch,
        f'case "$1" in install-deps) : > "{library}";;\n'
        f"install) {downloading(machine, needs)};; esac",
    )
    assert browser.main() == 0
    assert "chrome-headless-shell" in capsys.readouterr().out
    assert library.exists()
    assert log_of(machine) == []


@pytest.mark.parametrize("package", browser.PACKAGES)
def test_debians_package_is_fetched(machine, monkeypatch, capsys, apt, package: str) -> None:
    """Where Playwright cannot download, and this is root: the first package that there is."""
    program(apt / package)
    assert browser.main() == 1
    assert log_of(machine) == []
    capsys.readouterr()
    monkeypatch.setattr(browser, "is_root", lambda: True)
    assert browser.main() == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == str(machine.bin / package)
    assert err == ""
    update, *installs = log_of(machine)
    assert update == "apt-get update"
    assert len(installs) == 1 + browser.PACKAGES.index(package)
    for install, asked in zip(installs, browser.PACKAGES, strict=False):
        assert install.startswith("apt-get install -y")
        assert {asked, *browser.FONTS} <= set(install.split())


@pytest.mark.parametrize("root", [True, False])
def test_playwrights_library_is_fetched(machine, monkeypatch, capsys, apt, root: bool) -> None:
    """A browser alone is not enough: what drives it has to run, before anything else."""
    program(machine.bin / "chromium")
    (apt / browser.LIBRARY).write_text("")
    monkeypatch.setattr(browser, "is_root", lambda: root)
    lacks = "error while loading shared libraries: libatomic.so.1: cannot open"
    fake = program(
        machine.home / "driver",
        f'test -e "{machine.bin}/{browser.LIBRARY}" || {{ echo "{lacks}" >&2; exit 127; }}',
    )
    monkeypatch.setattr(browser, "PLAYWRIGHT", [str(fake)])
    assert browser.main() == int(not root)
    out, err = capsys.readouterr()
    if root:
        assert out.splitlines()[-1] == str(machine.bin / "chromium")
        assert err == ""
        assert log_of(machine)[1].split()[-1] == browser.LIBRARY
    else:
        assert out == ""
        assert lacks in err
        assert browser.LIBRARY in err
        assert err.count("\n") == 1


def test_a_playwright_that_does_not_run_is_told(machine, monkeypatch, capsys) -> None:
    program(machine.bin / "chromium")
    broken = program(machine.home / "driver", "echo 'No module named x' >&2; exit 1")
    monkeypatch.setattr(browser, "PLAYWRIGHT", [str(broken)])
    assert browser.main() == 1
    err = capsys.readouterr().err
    assert "No module named x" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("asks", [True, False])
def test_sudo_only_without_a_password(machine, monkeypatch, capsys, apt, asks: bool) -> None:
    program(apt / "chromium")
    does = "exit 1" if asks else 'shift; "$@"'
    program(machine.bin / "sudo", f'echo "sudo $*" >> "{machine.home}/log"\n{does}')
    assert browser.main() == int(asks)
    assert log_of(machine)[0] == "sudo -n true"
    assert (machine.bin / "chromium").exists() != asks
    # Nothing is done but through sudo.
    done = [line for line in log_of(machine) if line.startswith("apt-get")]
    through = [line for line in log_of(machine) if line.startswith("sudo -n env")]
    assert [line.partition("apt-get")[2] for line in through] == [
        line.removeprefix("apt-get") for line in done
    ]


def test_ubuntus_stub_is_not_fetched(machine, monkeypatch, capsys, apt) -> None:
    """Its package would install a program that does not run everywhere."""
    monkeypatch.setattr(browser, "is_root", lambda: True)
    monkeypatch.setattr(browser, "linux", lambda: "ubuntu")
    program(apt / "chromium")
    assert browser.main() == 1
    assert log_of(machine) == []


def test_a_package_that_does_not_run_is_not_accepted(machine, monkeypatch, capsys, apt) -> None:
    monkeypatch.setattr(browser, "is_root", lambda: True)
    program(apt / "chromium", BROKEN["a stub"])
    assert browser.main() == 1
    assert len(log_of(machine)) == 1 + len(browser.PACKAGES)
    assert "requires the chromium snap" in capsys.readouterr().err


# --- None to be had ------------------------------------------------------------------------------


def test_one_line_when_nothing_works(machine, capsys) -> None:
    """It says what was looked for, why fetching failed, and what to do."""
    program(machine.bin / "chromium", BROKEN["a stub"])
    assert browser.main() == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    for part in (*browser.NAMES, "does not run", "ENOTFOUND", "Install", "CHROMIUM"):
        assert part in err


@pytest.mark.slow
def test_the_command_ends_in_one_line(machine) -> None:
    """The real thing: its own process, the real Playwright, whose server refuses at once."""
    result = subprocess.run(
        [sys.executable, "-m", "tools.browser"],
        cwd=ROOT,
        env={**os.environ, "PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if sys.platform == "linux":
        assert result.returncode == 1
        assert "ECONNREFUSED" in result.stderr
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith("No browser that runs: looked for CHROMIUM, ")
    assert "Traceback" not in result.stdout + result.stderr


def test_make_looks_for_a_browser_before_all_else() -> None:
    """`make test` tells in its first seconds that there is none, not after the book."""
    text = (ROOT / "Makefile").read_text("utf-8")
    rule = next(line for line in text.splitlines() if line.startswith("test:"))
    assert rule.split("##")[0].split()[1:] == ["browser", "check", "book"]


@pytest.mark.parametrize("words", ["executable_path=", "google-chrome"])
def test_one_place_knows_the_browser(words: str) -> None:
    """No other file looks for a browser by itself."""
    assert users_of(words) == ["tools/browser.py"]
