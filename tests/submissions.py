"""A class of simulated submissions: what each has in its cells, and the points that it deserves.

The assignment asks for functions of arrays, of lists and of a function, and for an object. A
submission is the right one, with some of its cells replaced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from digitrec.marking.assignments import Assignment

ASSIGNMENT = Assignment(
    "class",
    "The class's assignment",
    {
        "count_labels": 1,
        "leaky_relu": 1,
        "candidates": 2,
        "edge_kernel": 1,
        "numeric_gradient": 1.5,
    },
    answers={"edge_kernel": "lower_edges"},
)
ALL = 6.5
#: What each exercise is worth, by the name of its cell.
COUNT, RELU, LIST, KERNEL, GRADIENT = 1, 1, 2, 1, 1.5

RIGHT = {
    "imports": "import numpy as np\nfrom digitrec import checks, plots",
    "chapter": "raise RuntimeError('a cell of the chapter that no answer needs')",
    "count": "def count_labels(y):\n    return np.bincount(y, minlength=10)\n\n"
    "checks.count_labels(count_labels)",
    "relu": "def leaky_relu(z):\n    return np.where(z > 0, z, 0.1 * z)\n\n"
    "checks.leaky_relu(leaky_relu)",
    "list": "def candidates(count, most):\n    return [(a, b) for a in range(count)\n"
    "            for b in range(a + 1, min(count, a + most) + 1)]\n\n"
    "checks.candidates(candidates)",
    "kernel": "lower_edges = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])\n"
    "checks.edge_kernel(lower_edges)",
    "gradient": "def numeric_gradient(f, w, h):\n    w = np.array(w, float)\n"
    "    out = np.zeros_like(w)\n"
    "    for index in np.ndindex(w.shape):\n        up, down = w.copy(), w.copy()\n"
    "        up[index] += h\n        down[index] -= h\n"
    "        out[index] = (f(up) - f(down)) / (2 * h)\n    return out\n\n"
    "checks.numeric_gradient(numeric_gradient)",
}


@dataclass(frozen=True)
class Simulated:
    """A submission: the cells that differ from the right ones, and its points.

    Attributes
    ----------
    points
        What it deserves.
    cells
        Cells in the place of the right ones; an empty one is left out, a new one comes last.
    raw
        The file's bytes, for one that is no notebook.
    says
        What its feedback must say.
    """

    points: float
    cells: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    says: str = ""

    def write(self, path: Path, **places: str) -> None:
        """Write the file; ``$name$`` in a cell stands for a place on this machine."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.raw is not None:
            path.write_bytes(self.raw)
            return
        cells = []
        for source in ({**RIGHT, **self.cells}).values():
            for name, place in places.items():
                source = source.replace(f"${name}$", place)
            if source:
                cells.append({"cell_type": "code", "metadata": {}, "outputs": [], "source": source})
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(json.dumps(notebook), "utf-8")


def count(body: str) -> dict[str, str]:
    """Return the cell of the first exercise with another body."""
    return {"count": f"def count_labels(y):\n{body}\n\nchecks.count_labels(count_labels)"}


RIGHT_ONES = {
    "ana": Simulated(ALL),
    "bo/loops": Simulated(
        ALL,
        {
            **count(
                "    found = [0] * 10\n    for label in y:\n        found[label] += 1\n"
                "    return found"
            ),
            "relu": "def leaky_relu(z):\n    a = z.copy()\n    a[z < 0] *= 0.1\n    return a\n"
            "checks.leaky_relu(leaky_relu)",
            "kernel": "lower_edges = [[1, 1, 1], [1, 1, 1], [-2, -2, -2]]\n"
            "checks.edge_kernel(lower_edges)",
        },
    ),
    "helpers in other cells": Simulated(
        ALL,
        {
            "chapter": "slope = 1\nslope = slope / 10\n\ndef below(z):\n    return slope * z",
            "relu": "def leaky_relu(z):\n    return np.maximum(z, below(z))\n"
            "checks.leaky_relu(leaky_relu)",
        },
    ),
    "other names": Simulated(
        ALL,
        {
            "count": "mine = lambda y: np.histogram(y, bins=range(11))[0]\n"
            "checks.count_labels(mine)",
            "kernel": "K = np.zeros((3, 3))\nK[0] = 1, 3, 1\nK[2] = -K[0]\nchecks.edge_kernel(K)",
        },
    ),
    "jupyter's own commands": Simulated(
        ALL, {"imports": "%matplotlib inline\n!ls\n" + RIGHT["imports"], "more": "%%bash\nls"}
    ),
    "wrong first, then right": Simulated(
        ALL, {"chapter": "def count_labels(y): return y\nchecks.count_labels(count_labels)"}
    ),
    "a generator, and an array": Simulated(
        ALL,
        {
            "list": "def candidates(count, most):\n    for a in range(count):\n"
            "        for b in range(a + 1, min(count, a + most) + 1):\n"
            "            yield a, b\nchecks.candidates(candidates)"
        },
    ),
    "checks left out": Simulated(
        ALL, {k: v[: v.rindex("checks.")] for k, v in RIGHT.items() if "checks.e" in v}
    ),
}

PARTLY = {
    "untouched": Simulated(
        0,
        {
            **count("    ..."),
            "relu": "def leaky_relu(z):\n    ...\nchecks.leaky_relu(leaky_relu)",
            "list": "def candidates(count, most):\n    ...\nchecks.candidates(candidates)",
            "kernel": "lower_edges = ...\nchecks.edge_kernel(lower_edges)",
            "gradient": "def numeric_gradient(f, w, h):\n    ...\n"
            "checks.numeric_gradient(numeric_gradient)",
        },
        says="nothing",
    ),
    "wrong but runs": Simulated(
        ALL - COUNT - KERNEL,
        {**count("    return np.bincount(y)"), "kernel": "lower_edges = np.eye(3)"},
    ),
    "changes its input": Simulated(
        ALL - RELU,
        {
            "relu": "def leaky_relu(z):\n    z[z < 0] *= 0.1\n    return z\n"
            "checks.leaky_relu(leaky_relu)"
        },
        says="changed its input",
    ),
    "an error in a cell and one in a function": Simulated(
        ALL - COUNT,
        {**count("    return y.nothing"), "imports": RIGHT["imports"] + "\n1 / 0"},
        says="AttributeError",
    ),
    "cell deleted": Simulated(ALL - LIST, {"list": ""}, says="there is no candidates"),
    "syntax error": Simulated(
        ALL - RELU, {"relu": "def leaky_relu(z)\n    return z\nchecks.leaky_relu(leaky_relu)"},
        says="is not Python",
    ),
    "markup in an error": Simulated(
        ALL - COUNT,
        count("    raise ValueError('<script>alert(1)</script>')"),
        says="&lt;script&gt;",
    ),
}  # fmt: skip

BROKEN = {
    "not json": Simulated(0, raw=b"\x89PNG not a notebook", says="not a notebook"),
    "empty": Simulated(0, raw=b"", says="not a notebook"),
    "no cells": Simulated(0, raw=b'{"cells": [], "metadata": {}}', says="no code"),
    "a list": Simulated(0, raw=b"[" * 100_000, says="not a notebook"),
    "=HYPERLINK(1)": Simulated(0, raw=b'{"cells": 3}', says="not a notebook"),
}

ELSEWHERE = "import os, pathlib, shutil, signal, subprocess, sys, time\n"
HOSTILE = {
    "endless cell": Simulated(
        ALL, {"more": "checks.count_labels(count_labels)\nwhile True:\n    pass"}
    ),
    "endless cell of an exercise": Simulated(
        ALL - COUNT, {"count": "while True:\n    pass\nchecks.count_labels(count_labels)"}
    ),
    "endless function": Simulated(
        ALL - COUNT, count("    while True:\n        pass"), says="and was stopped"
    ),
    "endless and stubborn": Simulated(
        ALL - COUNT,
        count(
            "    while True:\n        try:\n            while True: pass\n"
            "        except BaseException: pass"
        ),
        says="and was stopped",
    ),
    "eats memory": Simulated(
        ALL - COUNT,
        count("    kept = []\n    while True:\n        kept.append(np.ones(10_000_000))"),
        says="Memory",
    ),
    "many processes": Simulated(
        ALL - COUNT,
        count(
            f"    {ELSEWHERE}    for _ in range(200):\n        if os.fork() == 0:\n"
            "            time.sleep(600)\n            os._exit(0)\n    return [0] * 10"
        ),
    ),
    "deletes files": Simulated(
        ALL - COUNT,
        count(
            f"    {ELSEWHERE}    shutil.rmtree(pathlib.Path.home(), ignore_errors=True)\n"
            "    shutil.rmtree(os.getcwd(), ignore_errors=True)\n"
            "    if $walls$:\n        pathlib.Path('$victim$').unlink()"
        ),
    ),
    "ends others": Simulated(
        ALL - COUNT,
        count(
            f"    {ELSEWHERE}    if $walls$:\n        os.kill($parent$, signal.SIGKILL)\n"
            "        os.kill(-1, signal.SIGKILL)\n    os.kill(os.getpid(), signal.SIGKILL)"
        ),
    ),
    "prints for ever": Simulated(
        ALL - COUNT, count("    while True:\n        print('x' * 1000)"), says="printed more"
    ),
    "sys.exit in a cell": Simulated(
        ALL,
        {"more": "checks.leaky_relu(leaky_relu)\nsys.exit()", "chapter": "import sys\nsys.exit(3)"},
    ),
    "os._exit in a cell": Simulated(
        ALL - COUNT,
        {"count": "import os\nos._exit(0)\nchecks.count_labels(count_labels)"},
        says="ended its own process",
    ),
    "os._exit in a function": Simulated(
        ALL - COUNT, count("    import os\n    os._exit(0)"), says="ended its own process"
    ),
    "fakes the checks": Simulated(
        0,
        {
            "count": "for name in ('count_labels', 'leaky_relu', 'candidates', 'edge_kernel', "
            "'numeric_gradient'):\n    setattr(checks, name, lambda a: True)\n"
            "    print('✓', name)\n"
            "class V:\n    right, message = True, 'right.'\n"
            "import digitrec.checks.asking as asking\nasking._verdict = lambda *a: V()\n"
            "count_labels = leaky_relu = candidates = numeric_gradient = lambda *a: V()\n"
            "lower_edges = V()\nchecks.count_labels(count_labels)",
            "relu": "checks.leaky_relu(leaky_relu)",
            "list": "checks.candidates(candidates)",
            "kernel": "checks.edge_kernel(lower_edges)",
            "gradient": "checks.numeric_gradient(numeric_gradient)",
        },
    ),
    "changes numpy": Simulated(
        ALL - COUNT,
        {
            "count": "np.allclose = np.array_equal = np.isclose = lambda *a, **k: True\n"
            "np.ndarray.__eq__ if True else 0\n"
            "def count_labels(y):\n    return np.arange(10)\n"
            "checks.count_labels(count_labels)"
        },
    ),
    "an object that is equal to all": Simulated(
        ALL - COUNT - KERNEL,
        {
            **count(
                "    class Any:\n        shape, dtype, ndim = (10,), np.dtype(float), 1\n"
                "        def __eq__(self, other): return True\n"
                "        def __len__(self): return 10\n"
                "        def __getitem__(self, index): return self\n    return Any()"
            ),
            "kernel": "class K:\n    def __array__(self, *a, **k): raise SystemExit\n"
            "lower_edges = K()\nchecks.edge_kernel(lower_edges)",
        },
    ),
    "a pickle for the marker": Simulated(
        ALL - COUNT,
        count(
            "    class P:\n        def __reduce__(self):\n"
            "            import pathlib\n            return pathlib.Path('$victim$').unlink, ()\n"
            "    found = np.empty(10, object)\n    found[:] = P()\n    return found"
        ),
    ),
    "an enormous answer": Simulated(
        ALL - COUNT, count("    return np.zeros(40_000_000)"), says="at most"
    ),
    "talks on the marker's line": Simulated(
        ALL - COUNT,
        count(
            "    import os\n    for number in range(3, 60):\n        try:\n"
            "            os.write(number, b'\\xff' * 4000)\n        except OSError:\n"
            "            pass\n    return np.bincount(y, minlength=10)"
        ),
    ),
    "pretends to answer": Simulated(
        ALL - COUNT,
        count(
            "    import json, os, struct\n"
            '    text = json.dumps({"say": "value", "value": {"kind": "reference", "number": 0, '
            '"callable": True, "type": "Verdict"}}).encode()\n'
            "    for number in range(3, 60):\n        try:\n"
            "            os.write(number, struct.pack('>QQ', len(text), 0) + text)\n"
            "        except OSError:\n            pass\n    return 0"
        ),
    ),
}

CLASS = {**RIGHT_ONES, **PARTLY, **BROKEN, **HOSTILE}
