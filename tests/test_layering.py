"""Who may import whom in the library: one table, which the sources are compared with."""

import ast
import subprocess
import sys
from pathlib import Path

import digitrec

FOLDER = Path(digitrec.__file__).parent

# module: the modules of the library that it imports, and the other packages that it needs.
# From top to bottom nothing imports what stands below it.
TABLE = """
mnist            -                                                        numpy
forward          -                                                        numpy
backprop         forward                                                  numpy threadpoolctl
wrong_gradients  backprop forward                                         numpy
autodiff         -                                                        numpy
compiled         forward                                                  numpy threadpoolctl
quiet            -                                                        -
networks         forward quiet                                            numpy keras
hand             forward networks                                         numpy
pages            -                                                        numpy cv2
images           pages                                                    numpy cv2 PIL pillow_heif
sheet            images pages                                             numpy cv2 PIL
samples          images sheet                                             numpy
scene            -                                                        numpy cv2
simulate         scene                                                    numpy cv2 PIL
forms            -                                                        numpy cv2
augment          forms simulate                                           numpy cv2
recipes          augment forms networks                                   numpy
learn            augment backprop compiled forward mnist networks         numpy
training         networks recipes                                         numpy keras
shipped          augment forward images mnist networks simulate training  numpy keras tensorflow
evaluate         -                                                        numpy
plots            evaluate                                                 numpy cycler matplotlib seaborn
checks           forward mnist                                            numpy
notebook         -                                                        -
__main__         compiled hand images learn mnist networks samples sheet  cv2 PIL
"""  # noqa: E501 (a table)
ROWS = {
    name: (set(inner.split()) - {"-"}, set(outer.split()) - {"-"})
    for name, inner, outer in (
        (line[:17].strip(), line[17:74], line[74:]) for line in TABLE.strip().splitlines()
    )
}
#: What reads a picture; it must not need what trains.
READING = ("images", "networks", "compiled", "hand", "__main__")


def imports(path: Path) -> tuple[set[str], set[str]]:
    """Return what a module imports anywhere, but for its types: of the library, and of others."""
    inner, outer = set(), set()
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []  # read by the type checker alone
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "digitrec":
            inner |= {alias.name for alias in node.names} - {"__version__"}
        elif isinstance(node, ast.ImportFrom):
            package, _, module = (node.module or "").partition(".")
            if package == "digitrec":
                inner.add(module)
            else:
                outer.add(package)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                package, _, module = alias.name.partition(".")
                if package == "digitrec":
                    inner.add(module)
                else:
                    outer.add(package)
    return inner, outer - sys.stdlib_module_names


def test_the_table_is_true() -> None:
    """Each module imports what its row says, no more and no less."""
    found = {path.stem: imports(path) for path in FOLDER.glob("*.py")}
    assert found.pop("__init__") == (set(), set())
    assert found == ROWS


def test_arrows_point_one_way() -> None:
    """A module imports only what stands above it, so there is no circle."""
    above: set[str] = set()
    for name, (inner, _) in ROWS.items():
        assert inner <= above, name
        above.add(name)


def test_reading_needs_no_training() -> None:
    """Neither directly nor through another module; TensorFlow is not loaded either."""
    code = (
        f"import sys; from digitrec import {', '.join(READING)}; "
        "networks.load_numpy('cnn'); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {f"digitrec.{name}" for name in READING} <= loaded
    learning = {"training", "shipped", "simulate", "backprop", "learn", "samples"}
    assert not {f"digitrec.{name}" for name in learning} & loaded
    assert not {"tensorflow", "keras", "matplotlib"} & loaded


def test_every_module_is_listed() -> None:
    """The package's own text names each module, in the table's order."""
    listed = [
        line.split("``")[1] for line in digitrec.__doc__.splitlines() if line.startswith("``")
    ]
    assert set(listed) == set(ROWS)
