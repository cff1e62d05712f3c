"""Each number that decides something has a name, a unit and a reason, and is used."""

import ast
from pathlib import Path

from digitrec import reading
from digitrec.reading import limits

FOLDER = Path(reading.__file__).parent
NAMES = [name for name in vars(limits) if name.isupper()]
#: Numbers that say nothing of what they are for: none of these is a limit.
PLAIN = {-1, 0, 1, 2, 3, 4, 255}
#: How many others stand in the stages themselves. A new limit belongs into limits.py.
BARE = 22


def test_each_limit_says_what_it_is():
    lines = (FOLDER / "limits.py").read_text("utf-8").splitlines()
    described, comment = [], False
    for line in lines:
        if line.startswith("#:"):
            comment = True
        elif not line.startswith("#"):
            names = [name.strip() for name in line.partition("=")[0].split(",")]
            if comment and all(name.isupper() for name in names):
                described += names
            comment = False
    assert sorted(described) == sorted(NAMES)


def test_each_limit_is_used():
    used = set()
    for path in FOLDER.glob("*.py"):
        if path.name != "limits.py":
            tree = ast.parse(path.read_text("utf-8"))
            used |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert [name for name in NAMES if name not in used] == []


def test_no_new_numbers_beside_the_limits():
    bare = []
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
            if path.name != "limits.py" and number and node.value not in PLAIN:
                bare.append(f"{path.name}:{node.lineno}: {node.value}")
    assert len(bare) <= BARE, "\n".join(bare)
