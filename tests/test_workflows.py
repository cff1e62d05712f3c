"""The workflows are sound, do what README says, and publish nothing that was not tested."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from tools import publish_notebooks

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))


def workflow(name: str) -> dict:
    """A workflow. YAML 1.1, which this reads it as, takes the key "on" for a truth value."""
    read = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))
    return {"on": read.pop(True), **read}


def steps(name: str, job: str) -> list[dict]:
    return workflow(name)["jobs"][job]["steps"]


def commands(name: str, job: str) -> list[str]:
    """What a job runs, in order."""
    return [step["run"].strip() for step in steps(name, job) if "run" in step]


def block(heading: str, language: str) -> list[str]:
    """The lines of the first code block under a heading of README."""
    text = (ROOT / "README.md").read_text("utf-8")
    below = text[text.index(f"\n## {heading}\n") :]
    return re.search(rf"```{language}\n(.*?)```", below, re.DOTALL)[1].splitlines()


def run_tool(*command: str | Path) -> None:
    """Run a tool of the environment; its complaints are the failure's message."""
    script = Path(sys.executable).parent / command[0]
    result = subprocess.run(
        [script, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_workflows_are_sound() -> None:
    """GitHub would accept the workflows, and each action is pinned to a commit."""
    assert {path.stem for path in WORKFLOWS} == {"publish", "release", "scheduled", "test"}
    run_tool("zizmor", "--offline", "--quiet", "--persona", "auditor", ".github")
    run_tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    pinned: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for use in re.findall(r"uses: (.*)", path.read_text("utf-8")):
            if use.startswith("./"):
                assert (ROOT / use.split(" ")[0]).is_file(), use
                continue
            found = re.fullmatch(r"([\w-]+/[\w-]+)(?:/\w+)?@([0-9a-f]{40} # v\d+\.\d+\.\d+)", use)
            assert found, use
            pinned.setdefault(found[1], set()).add(found[2])
    # One version of each, so that an update cannot forget one.
    assert all(len(versions) == 1 for versions in pinned.values()), pinned


@pytest.mark.slow
def test_dependabot_is_sound() -> None:
    """GitHub would accept the configuration; it leaves the lock to `make lock`."""
    path = ROOT / ".github" / "dependabot.yml"
    run_tool("check-jsonschema", "--builtin-schema", "vendor.dependabot", path)
    updates = yaml.safe_load(path.read_text("utf-8"))["updates"]
    assert [update["package-ecosystem"] for update in updates] == ["github-actions"]


def test_citation_is_valid() -> None:
    """CITATION.cff follows its schema."""
    run_tool(
        "check-jsonschema",
        "--builtin-schema",
        "vendor.citation-file-format",
        "CITATION.cff",
    )


def test_publishing_waits_for_the_tests() -> None:
    """Nothing is built that was not tested, and no button is shown before what it opens."""
    publish = workflow("publish")
    jobs = publish["jobs"]
    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"

    def needed(name: str) -> set[str]:
        needs = jobs[name].get("needs", [])
        needs = {needs} if isinstance(needs, str) else set(needs)
        return needs.union(*map(needed, needs))

    assert needed("build") == {"test"}
    assert needed("launch") == {"test", "build"}
    assert needed("deploy") == {"test", "build", "launch"}
    # A job that is to run whatever happened would not wait.
    assert not any("if" in job for job in jobs.values())
    assert publish["on"]["push"]["branches"] == ["main"]

    on = workflow("test")["on"]
    assert {"workflow_call", "pull_request", "push"} <= set(on)
    # main is tested by publishing, and "launch" is its product.
    assert on["push"] == {"branches-ignore": ["main", "launch"]}
    # Called, it must not be in the group that waits for it.
    assert workflow("test")["concurrency"]["group"].startswith("test-")


def test_no_job_may_do_more_than_it_needs() -> None:
    """Only what publishes writes, and each checkout forgets the token."""
    writes = {}
    for path in WORKFLOWS:
        read = workflow(path.stem)
        assert read["permissions"] == {}, path.name
        for name, job in read["jobs"].items():
            writes[path.stem, name] = {
                permission for permission, value in job["permissions"].items() if value == "write"
            }
            for step in job.get("steps", []):
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"] == {"persist-credentials": False}
    assert {job: found for job, found in writes.items() if found} == {
        ("publish", "launch"): {"contents"},
        ("publish", "deploy"): {"pages", "id-token"},
        ("release", "release"): {"contents", "id-token", "attestations"},
        ("scheduled", "weaknesses"): {"issues"},
    }


def test_every_python_is_tested() -> None:
    """Each that pyproject.toml allows."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    first, last = map(int, re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', text).groups())
    tested = workflow("test")["jobs"]["linux"]["strategy"]["matrix"]["python"]
    assert tested == [f"3.{minor}" for minor in range(first, last)]
    assert commands("test", "linux") == [".ci/run"]


QUICK = re.compile(r"\.venv\S+python -m pytest (.*)")


def test_windows_runs_what_readme_says() -> None:
    """The same lines in the same order, in PowerShell, and the quick tests after them."""
    lines = block("On Windows", "powershell")
    assert len(lines) == 5
    *same, quick = commands("test", "windows")
    assert same == lines
    assert QUICK.fullmatch(quick)
    job = workflow("test")["jobs"]["windows"]
    assert job["runs-on"].startswith("windows-")
    assert job["defaults"]["run"]["shell"] == "pwsh"
    # The Python that the lines ask for is there.
    assert f"py -{steps('test', 'windows')[1]['with']['python-version']} " in lines[0]


def test_a_mac_runs_what_readme_says() -> None:
    *same, quick = commands("test", "macos")
    assert same == ["make book"]
    assert any(line.startswith("make book") for line in block("Read it, run it", "bash"))
    assert QUICK.fullmatch(quick)
    assert workflow("test")["jobs"]["macos"]["runs-on"].startswith("macos-")


def test_the_quick_tests_are_the_same_and_exist() -> None:
    chosen = {QUICK.fullmatch(commands("test", job)[-1])[1] for job in ("windows", "macos")}
    assert len(chosen) == 1
    for word in shlex.split(chosen.pop()):
        if word.startswith("tests"):
            assert (ROOT / word).exists(), word


def caches(name: str, job: str) -> list[dict]:
    return [
        step["with"]
        for step in steps(name, job)
        if step.get("uses", "").startswith("actions/cache")
    ]


@pytest.mark.parametrize(
    ("name", "job"),
    [
        (path.stem, job)
        for path in WORKFLOWS
        # What is released is made of nothing that an earlier run left.
        if path.stem != "release"
        for job, content in workflow(path.stem)["jobs"].items()
        if any("setup-python" in s.get("uses", "") for s in content.get("steps", []))
    ],
)
def test_downloads_and_outputs_are_kept(name: str, job: str) -> None:
    """pip's downloads in each job that installs; outputs in each that runs chapters it may keep."""
    (python,) = (
        step["with"] for step in steps(name, job) if "setup-python" in step.get("uses", "")
    )
    assert python["cache"] == "pip"
    assert python["cache-dependency-path"] == "requirements.txt"
    kept = caches(name, job)
    # The newest packages, builds from nothing, and what builds no book have no outputs of before.
    without = {("scheduled", "latest"), ("scheduled", "reproducible")}
    without |= {("scheduled", "weaknesses"), ("scheduled", "retrain"), ("publish", "launch")}
    assert bool(kept) == ((name, job) not in without)
    for cache in kept:
        assert cache["path"] == "_build/.jupyter_cache"
        prefix, files = cache["key"].split("${{ hashFiles(")
        assert cache["restore-keys"] == prefix
        assert prefix == f"outputs-${{{{ runner.os }}}}-{python['python-version']}-"
        for part in ("requirements.txt", "digitrec/**", "book/**"):
            assert f"'{part}'" in files


def test_two_builds_are_compared_each_week() -> None:
    assert commands("scheduled", "reproducible") == ["make reproducible PYTHON=python"]
    assert "schedule" in workflow("scheduled")["on"]


def test_the_shipped_networks_are_trained_whole_each_week() -> None:
    """What `make test` leaves out, the job runs, by the same command as anybody."""
    assert commands("scheduled", "retrain") == ["make retrain PYTHON=python"]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert '-m "(training or launch) and not retrain"' in makefile
    assert "pytest -m retrain" in makefile


def test_a_release_is_tested_attested_and_of_its_tag() -> None:
    """Nothing is released that was not tested; only the job that releases may write."""
    release = workflow("release")
    assert release["on"] == {"push": {"tags": ["v*"]}}
    assert release["jobs"]["release"]["needs"] == "test"
    may = {name: job["permissions"] for name, job in release["jobs"].items()}
    assert may["test"] == {"contents": "read"}
    assert may["release"] == {"contents": "write", "id-token": "write", "attestations": "write"}
    done = [step.get("run", step.get("uses", "")) for step in steps("release", "release")]
    order = ["GITHUB_REF_NAME", "uv build", "actions/attest-build-provenance", "gh release create"]
    places = [next(i for i, text in enumerate(done) if word in text) for word in order]
    assert places == sorted(places)
    assert not any("actions/cache" in text for text in done)


def test_no_workflow_needs_a_secret() -> None:
    """The job's own token is enough, so that a fork needs no setting."""
    for path in WORKFLOWS:
        assert "secrets." not in path.read_text("utf-8"), path.name


def test_publishing_uses_what_its_tests_kept() -> None:
    (built,), (tested,) = caches("publish", "build"), caches("test", "linux")
    version = steps("publish", "build")[1]["with"]["python-version"]
    assert version in workflow("test")["jobs"]["linux"]["strategy"]["matrix"]["python"]
    assert built["key"] == tested["key"].replace("${{ matrix.python }}", version)


def test_publishing_names_this_repository_and_the_branch_that_the_book_expects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The step's command line is one that the command understands."""
    step = steps("publish", "launch")[-1]
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "fork/book")
    monkeypatch.setenv("SITE", "https://fork.example/book")
    words = shlex.split(os.path.expandvars(step["run"]))
    assert words[:3] == [".venv/bin/python", "-m", "tools.publish_notebooks"]
    asked: list = []

    def publish(root: Path, *arguments: str) -> tuple[str, bool]:
        asked.extend(arguments)
        return "abc", True

    monkeypatch.setattr(publish_notebooks, "publish", publish)
    assert publish_notebooks.main(words[3:], ROOT) == 0
    (build,) = (s for s in steps("publish", "build") if "make book" in s.get("run", ""))
    assert asked == [
        "origin",
        build["env"]["BOOK_LAUNCH_BRANCH"],
        "https://github.com/fork/book",
        "https://fork.example/book",
    ]
    # The site's address is that of the book that was built.
    site = workflow("publish")["jobs"]["build"]["outputs"]["site"]
    assert build["env"]["BOOK_URL"] == site
    assert step["env"]["SITE"] == "${{ needs.build.outputs.site }}"


def test_git_is_given_the_token_when_it_pushes(tmp_path: Path) -> None:
    """As git itself asks for it."""
    environ = {
        name: str(value)
        for name, value in steps("publish", "launch")[-1]["env"].items()
        if name.startswith("GIT_CONFIG_")
    }
    done = subprocess.run(
        ["git", "credential", "fill"],
        input="protocol=https\nhost=github.com\n\n",
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "TOKEN": "s e$cret",
            "GIT_TERMINAL_PROMPT": "0",
            **environ,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "username=x-access-token\npassword=s e$cret\n" in done.stdout
