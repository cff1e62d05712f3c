"""What marking gives: a table for the teacher, and a page of feedback for each submission."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Mapping, Sequence
from string import Template

from digitrec.marking.assignments import Assignment
from digitrec.marking.folder import Submission

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title</title>
<style>
:root { color-scheme: light dark; --accent: light-dark(#1f4fa3, #9dbdff);
  --line: light-dark(#d9dde3, #363d47); --muted: light-dark(#55606e, #a9b4c2); }
body { font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  margin: 2rem auto; max-width: 47rem; padding: 0 1rem; overflow-wrap: anywhere;
  background: light-dark(#fff, #12161b); color: light-dark(#1b1f24, #e3e7ec); }
h1 { font-size: 1.6rem; line-height: 1.2; }
.total { color: var(--accent); font-size: 1.25rem; font-weight: 650; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .45rem .7rem .45rem 0; text-align: left;
  vertical-align: top; }
thead th { color: var(--muted); font-weight: 600; }
tbody th { font-weight: 500; min-width: 10rem; overflow-wrap: normal; }
td:nth-child(2) { white-space: nowrap; }
td:last-child { white-space: pre-wrap; }
footer { color: var(--muted); font-size: .9rem; margin-top: 2rem; }
@media print { :root { color-scheme: light; } }
</style>
</head>
<body>
<h1>$title</h1>
<p>$submission</p>
<p class="total">$points of $of points</p>
$table
$problems
<footer>Each check was run on your functions, with inputs of its own; what your notebook had
printed was not looked at. A cell that raised an error did not stop the cells after it.</footer>
</body>
</html>
""")


def number(points: float) -> str:
    """Write points without a needless point: 1, 2.5."""
    return f"{points:g}"


def feedback(submission: Submission, among: Mapping[str, Assignment]) -> str:
    """Return a submission's page of feedback, HTML that needs nothing else.

    All that comes from the notebook is text in it: no tag, no script.
    """
    marked = submission.marked
    assignment = among.get(marked.assignment)
    points, of = submission.points(among)
    rows = [
        f'<tr><th scope="row">{html.escape(assignment.called(result.check))}</th>'
        f"<td>{number(assignment.points[result.check] if result.right else 0)} of "
        f"{number(assignment.points[result.check])}</td>"
        f"<td>{'✓' if result.right else '✗'} {html.escape(readable(result.message))}</td></tr>"
        for result in marked.results
        if assignment
    ]
    heads = "".join(
        f'<th scope="col">{head}</th>' for head in ("Exercise", "Points", "What the check says")
    )
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    items = "".join(f"<li>{html.escape(readable(problem))}</li>" for problem in marked.problems)
    return PAGE.substitute(
        title=html.escape(assignment.title if assignment else "Feedback"),
        submission=html.escape(readable(submission.name)),
        points=number(points),
        of=number(of),
        table=table if rows else "",
        problems=f"<h2>What else was noticed</h2><ul>{items}</ul>" if items else "",
    )


def readable(text: str) -> str:
    """Return a text without characters that would hide or turn round what is beside them."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def in_cell(text: str) -> str:
    """Return a text for a cell of a table: one line, and no formula for a spreadsheet to run."""
    line = " ".join(readable(text).split())
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


def table(submissions: Sequence[Submission], among: Mapping[str, Assignment]) -> str:
    """Return the marks as CSV: a line for each submission, a column for each check."""
    used = [among[name] for name in among if any(s.marked.assignment == name for s in submissions)]
    names = list(dict.fromkeys(check for assignment in used for check in assignment.points))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["submission", "assignment", "points", "of", *names, "not right", "noticed", "seconds"]
    )
    for submission in submissions:
        marked = submission.marked
        points, of = submission.points(among)
        worth = among[marked.assignment].points if marked.assignment else {}
        right = {r.check: r.right for r in marked.results}
        writer.writerow(
            [
                in_cell(submission.name),
                marked.assignment,
                number(points),
                number(of),
                *(number(worth[n] * right[n]) if n in right else "" for n in names),
                " ".join(check for check, is_right in right.items() if not is_right),
                in_cell("; ".join(marked.problems)[:500]),
                f"{marked.seconds:.1f}",
            ]
        )
    return out.getvalue()


def file_name(submission: str) -> str:
    """Return the name of a submission's page: its path as one name, which every system allows."""
    return re.sub(r"[^\w.-]+", "_", submission.removesuffix(".ipynb").replace("/", "__"))[:150]


def pages(submissions: Sequence[Submission], among: Mapping[str, Assignment]) -> dict[str, str]:
    """Return the pages of feedback by their file names, no two of which are the same."""
    found: dict[str, str] = {}
    for submission in submissions:
        name, count = file_name(submission.name), 1
        while f"{name}.html".casefold() in {other.casefold() for other in found}:
            count += 1
            name = f"{file_name(submission.name)}-{count}"
        found[f"{name}.html"] = feedback(submission, among)
    return found
