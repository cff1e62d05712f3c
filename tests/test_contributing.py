"""What contributors meet besides the code: forms, rules, changelog, checks before a commit."""

import re
import stat
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from test_workflows import run_tool

from tools import report_issue

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


@pytest.mark.slow
def test_forms_are_sound() -> None:
    """GitHub would show them."""
    forms = [path for path in FORMS if path.name != "config.yml"]
    assert {path.stem for path in forms} == {"bug", "idea", "text"}
    run_tool("check-jsonschema", "--builtin-schema", "vendor.github-issue-forms", *forms)
    config = FORMS[0].with_name("config.yml")
    run_tool("check-jsonschema", "--builtin-schema", "vendor.github-issue-config", config)


def test_changelog_names_the_version() -> None:
    """Newest first, dated, each with its address; the newest is that of pyproject.toml."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    dated = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", h) for h in headings[1:]]
    assert all(dated), headings
    assert dated[0][1] == project["version"]
    assert [d[2] for d in dated] == sorted((d[2] for d in dated), reverse=True)
    for name in ["Unreleased", *(d[1] for d in dated)]:
        assert re.search(rf"^\[{re.escape(name)}\]: \S+$", text, re.MULTILINE), name
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_rules_are_found() -> None:
    """CONTRIBUTING leads to each."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for name in ("CHANGELOG.md", "CODE_OF_CONDUCT.md", "SECURITY.md"):
        assert (ROOT / name).is_file()
        assert f"({name})" in text


def test_hooks_use_the_environment() -> None:
    """The checks before a commit are valid, fetch nothing, and run tools that the lock names."""
    path = ROOT / ".pre-commit-config.yaml"
    run_tool("pre-commit", "validate-config", path)
    (repository,) = yaml.safe_load(path.read_text("utf-8"))["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        program = Path(hook["entry"].split()[0])
        if program.name != "git":
            assert program.parts[:2] == (".venv", "bin")
            assert (Path(sys.executable).parent / program.name).exists(), program
        re.compile(hook.get("files", ""))


@pytest.fixture
def gh(tmp_path, monkeypatch):
    """A command gh that lists the issues it is told of, and notes what it is asked."""
    asked = tmp_path / "asked"

    def prepare(issues: str) -> Path:
        script = tmp_path / "gh"
        script.write_text(
            f'#!/bin/sh\necho "$*" >> {asked}\n[ "$2" = list ] && echo \'{issues}\'\nexit 0\n',
            "utf-8",
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return asked

    return prepare


@pytest.mark.skipif(sys.platform == "win32", reason="gh is a shell script here")
def test_an_issue_is_opened_once(gh) -> None:
    """The first finding opens an issue; the next replaces its text."""
    asked = gh('[{"number": 3, "title": "Known weaknesses, more"}]')
    report_issue.main(["Known weaknesses", "report.md"])
    assert asked.read_text("utf-8").splitlines()[-1] == (
        "issue create --title Known weaknesses --body-file report.md"
    )
    gh('[{"number": 7, "title": "Known weaknesses"}]')
    report_issue.main(["Known weaknesses", "report.md"])
    assert asked.read_text("utf-8").splitlines()[-1] == "issue edit 7 --body-file report.md"
