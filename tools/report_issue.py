"""Say in an issue what a scheduled workflow found: one issue a title, brought up to date.

``python -m tools.report_issue TITLE FILE``, with GitHub's command ``gh``, to which the environment
gives the repository and the token.
"""

from __future__ import annotations

import json
import subprocess
import sys


def gh(*words: str) -> str:
    """Run a command of GitHub's and return what it prints."""
    done = subprocess.run(["gh", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"gh {' '.join(words[:2])} failed: {done.stderr.strip()}")
    return done.stdout


def main(arguments: list[str]) -> None:
    """Open the issue, or replace the text of the one that is open."""
    title, report = arguments
    # A search finds words, so the title is compared.
    listed = gh("issue", "list", "--state", "open", "--limit", "500", "--json", "number,title")
    open_ = [str(issue["number"]) for issue in json.loads(listed) if issue["title"] == title]
    if open_:
        print(gh("issue", "edit", open_[0], "--body-file", report), end="")
    else:
        print(gh("issue", "create", "--title", title, "--body-file", report), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
