"""Who may import whom in the library: one table, which the sources are compared with."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import digitrec
from digitrec import checks, marking, reading

FOLDER = Path(digitrec.__file__).parent

# module: the modules of the library that it imports, and the other packages that it needs.
# From top to bottom nothing imports what stands below it.
TABLE = """
mnist            -                                                                   numpy
forward          -                                                                   numpy
backprop         forward                                                             numpy threadpoolctl
wrong_gradients  backprop forward                                                    numpy
autodiff         -                                                                   numpy
compiled         forward                                                             numpy threadpoolctl
quiet            -                                                                   -
networks         forward quiet                                                       numpy keras
hand             forward networks                                                    numpy
reading          -                                                                   numpy cv2 PIL pillow_heif
sheet            reading                                                             numpy cv2 PIL
samples          compiled networks reading sheet                                     numpy
scene            -                                                                   numpy cv2
simulate         scene                                                               numpy cv2 PIL
forms            -                                                                   numpy cv2
augment          forms simulate                                                      numpy cv2
blurred          networks reading scene simulate                                     numpy
miscuts          reading                                                             numpy cv2
recipes          augment forms networks                                              numpy
learn            augment backprop compiled forward mnist networks                    numpy
training         networks recipes                                                    numpy keras
shipped          augment forward mnist networks reading simulate training            numpy keras tensorflow
evaluate         -                                                                   numpy
plots            evaluate                                                            numpy cycler matplotlib seaborn
interactive      evaluate forward plots                                              numpy PIL
checks           blurred evaluate forward mnist networks scene simulate              numpy cv2
notebook         -                                                                   -
marking          checks forward                                                      numpy
__main__         compiled hand learn marking mnist networks reading samples sheet     cv2 PIL
"""  # noqa: E501 (a table)
# The stages of the reading, in the same way.
STAGES_TABLE = """
limits           -                                                                   -
files            limits                                                              numpy cv2 PIL pillow_heif
scale            -                                                                   numpy cv2
light            limits scale                                                        numpy
polarity         limits scale                                                        numpy cv2
pieces           limits                                                              numpy cv2
ink              limits pieces scale                                                 numpy cv2
boxes            limits pieces                                                       numpy cv2
rules            boxes limits pieces                                                 numpy cv2
look             ink limits polarity rules scale                                     numpy cv2
edges            ink limits pieces                                                   numpy cv2
lines            limits pieces                                                       numpy
band             limits pieces                                                       numpy
marks            band limits pieces                                                  numpy
lattice          band limits marks pieces                                            numpy
recipe           files ink limits pieces                                             numpy cv2
seen             edges ink lattice limits lines pieces recipe                        numpy cv2
reader           edges files ink light limits look pieces polarity recipe scale seen numpy cv2
one              edges files ink light limits look pieces polarity recipe scale      numpy cv2
annotation       files limits reader recipe                                          numpy cv2
"""  # noqa: E501 (a table)
# What the checks are made of: how an answer is asked and compared, and a module a chapter.
CHECKS_TABLE = """
asking           -                                                                   numpy
comparing        asking                                                              numpy
together         asking comparing                                                    numpy
looping          asking                                                              -
holding          asking                                                              numpy
data             asking comparing holding mnist                                      numpy
files            asking comparing                                                    numpy
examples         asking comparing mnist                                              numpy
dense            asking comparing forward holding                                    numpy
stopping         asking comparing                                                    numpy
layers           asking comparing forward looping                                    numpy
packing          asking comparing holding mnist                                      numpy
reporting        asking comparing evaluate forward                                   numpy
project          asking comparing looping mnist networks reporting scene simulate    numpy cv2
training         asking mnist                                                        numpy
convolution      asking comparing forward                                            numpy
images           asking comparing mnist together                                     numpy
thresholds       asking comparing forward mnist networks together                    numpy
page             asking together                                                     numpy
paths            asking comparing                                                    numpy
gaps             asking comparing together                                           numpy
rejection        asking blurred comparing mnist                                      numpy
gradients        asking comparing forward together                                   numpy
differences      asking gradients together                                           numpy
learning         asking forward gradients mnist together                             numpy
hints            asking                                                              -
"""
# Marking: a process that is ours, one that is not, and what goes between them.
MARKING_TABLE = """
limits           -                                                                   -
walls            -                                                                   -
wire             -                                                                   numpy
names            -                                                                   -
cells            names                                                               -
assignments      checks                                                              -
process          limits walls wire                                                   -
remote           forward process wire                                                numpy
child            forward wire                                                        -
one              assignments cells child limits process remote                       -
folder           assignments limits one process                                      -
report           assignments folder                                                  -
command          assignments folder limits report walls                              -
"""


def rows(table: str) -> dict[str, tuple[set[str], set[str]]]:
    """Return a table's rows: what of the library a module imports, and what others."""
    return {
        line[:17].strip(): (set(line[17:85].split()) - {"-"}, set(line[85:].split()) - {"-"})
        for line in table.strip().splitlines()
    }


ROWS = rows(TABLE)
#: Each package of the library, and the table of its own modules.
PACKAGES = {
    "reading": (reading, rows(STAGES_TABLE)),
    "checks": (checks, rows(CHECKS_TABLE)),
    "marking": (marking, rows(MARKING_TABLE)),
}
#: What reads a picture; it must not need what trains.
READING = ("reading", "networks", "compiled", "hand", "__main__")


def imports(path: Path) -> tuple[set[str], set[str]]:
    """Return what a module imports anywhere, but for its types: of the library, and of others."""
    modules = set()
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []  # read by the type checker alone
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            # What is imported from a package is one of its modules, or in it.
            names = (
                [node.module]
                if node.module not in ("digitrec", *(f"digitrec.{name}" for name in PACKAGES))
                else [f"{node.module}.{alias.name}" for alias in node.names]
            )
            modules |= {name for name in names if name}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    inner = {name.removeprefix("digitrec.") for name in modules if name.startswith("digitrec.")}
    outer = {name.partition(".")[0] for name in modules} - {"digitrec"}
    return inner - {"__version__"}, outer - sys.stdlib_module_names


def test_the_table_is_true() -> None:
    """Each module imports what its row says, no more and no less."""
    found = {path.stem: imports(path) for path in FOLDER.glob("*.py")}
    assert found.pop("__init__") == (set(), set())
    for package, (_, table) in PACKAGES.items():
        parts = {path.stem: imports(path) for path in (FOLDER / package).glob("*.py")}
        facade = {name.split(".")[1] for name in parts.pop("__init__")[0]}
        assert facade <= set(table)
        inside = {
            name: (
                {part.removeprefix(f"{package}.").partition(".")[0] for part in inner},
                outer,
            )
            for name, (inner, outer) in parts.items()
        }
        assert inside == table
        needed = set().union(*(inner for inner, _ in inside.values())) - set(table)
        found[package] = needed, set().union(*(outer for _, outer in parts.values()))
    assert {
        name: ({part.partition(".")[0] for part in inner}, outer)
        for name, (inner, outer) in found.items()
    } == ROWS


def test_arrows_point_one_way() -> None:
    """A module imports only what stands above it, so there is no circle."""
    for table in (ROWS, *(table for _, table in PACKAGES.values())):
        above: set[str] = set(ROWS) - set(table)
        for name, (inner, _) in table.items():
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
    learning = {"training", "shipped", "simulate", "backprop", "learn", "samples", "miscuts"}
    assert not {f"digitrec.{name}" for name in learning} & loaded
    assert not {"tensorflow", "keras", "matplotlib"} & loaded


def test_every_module_is_listed() -> None:
    """A package's own text names each of its modules."""
    for package, table in ((digitrec, ROWS), *PACKAGES.values()):
        lines = (package.__doc__ or "").splitlines()
        listed = [line.split("``")[1] for line in lines if line.startswith("``")]
        assert sorted(listed) == sorted(table)


def test_every_package_is_installed() -> None:
    """Where a package is not named, what is installed without a checkout lacks it."""
    named = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text("utf-8"))
    folders = [path.parent.relative_to(FOLDER.parent) for path in FOLDER.rglob("__init__.py")]
    assert sorted(named["tool"]["setuptools"]["packages"]) == sorted(
        ".".join(folder.parts) for folder in folders
    )
