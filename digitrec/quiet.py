"""TensorFlow is imported without its reports on this computer's processor.

TensorFlow's C++ code writes lines on stderr while it is imported, whatever its settings say: that
oneDNN is on, which instructions of the processor it uses. In a chapter they look like errors. They
cannot be switched off (without oneDNN the numbers would change), and Python cannot catch them,
since they go straight to the process's stderr. So that is led into a file during the import, and
all else that is in the file is written to stderr afterwards.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType

#: Messages that TensorFlow itself calls information (I), in the two forms that its versions write,
#: a line that goes on with one, and the line that introduces them.
NOISE = re.compile(
    rb"^(?:"
    rb"I\d{4} \d\d:\d\d:.*"  # I0000 00:00:1795648130.320947    7764 port.cc:153] oneDNN ...
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:[\d.]+: I .*"  # 2026-11-25 23:00:00.123456: I tensorflow/...
    rb"|To enable the following instructions: .*"
    rb"|WARNING: All log messages before absl::InitializeLog\(\) .*"
    # Two that are marked as errors and are none: the build with support for graphics cards says
    # them on every computer, as it registers the same thing twice.
    rb"|.*Unable to register cu\w+ factory: .*"
    rb"|.*computation placer already registered\..*"
    rb")\r?\n?",
    re.MULTILINE,
)


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Leave out, of all that is written to this process's stderr meanwhile, TensorFlow's reports.

    Everything else appears there at the end, also when an exception ends it.
    """
    try:
        kept = os.dup(2)
    except OSError:  # a program without a stderr
        yield
        return
    with tempfile.TemporaryFile() as file:
        sys.stderr.flush()
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            rest = NOISE.sub(b"", file.read())
            if rest:
                os.write(2, rest)


class _Quietly:
    """Finds TensorFlow, the first time that it is imported, and has it imported quietly."""

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def load_quietly(module: ModuleType) -> None:
            with quietly():
                load(module)

        spec.loader.exec_module = load_quietly  # type: ignore[method-assign]
        return spec


def hush() -> None:
    """Have TensorFlow imported quietly, whoever imports it.

    Where it has been imported already there is nothing left to do.
    """
    # For what it says later; 3 leaves out all but what ends the program. What else goes wrong in
    # TensorFlow is raised as an exception as well, except that a computer has no graphics card.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Quietly())
