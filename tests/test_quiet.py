"""TensorFlow's reports on the processor are left out; everything else on stderr appears."""

import os
import subprocess
import sys

import pytest

from digitrec import quiet

pytestmark = pytest.mark.slow

#: What versions 2.21, 2.19 and 2.16 print on Linux, with and without support for graphics cards.
REPORTS = b"""\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795648221.228336   13021 port.cc:153] oneDNN custom operations are on. You may see \
slightly different numerical results due to floating-point round-off errors.
I0000 00:00:1795648221.287466   13021 cpu_feature_guard.cc:227] This TensorFlow binary is \
optimized to use available CPU instructions in performance-critical operations.
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.
2026-11-25 23:10:21.228336: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.
E0000 00:00:1795648221.5 13021 cuda_dnn.cc:8579] Unable to register cuDNN factory: Attempting to \
register factory for plugin cuDNN when one has already been registered
W0000 00:00:1795648221.5 13021 computation_placer.cc:177] computation placer already registered. \
Please check linkage and avoid linking the same target more than once.
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run code in a new process without settings for TensorFlow."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    return subprocess.run(
        [sys.executable, *arguments, "-c", code],
        capture_output=True,
        env=environ,
        check=False,
    )


@pytest.mark.parametrize("report", REPORTS.splitlines(keepends=True))
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_report_is_noise(report: bytes, end: bytes) -> None:
    """Each line that TensorFlow prints unasked is known, on each system."""
    assert quiet.NOISE.sub(b"", report.replace(b"\n", end)) == b""


@pytest.mark.parametrize(
    "line",
    [
        b"E0000 00:00:1795648221.5 13021 cuda.cc:1] failed call to cuInit\n",
        b"W0000 00:00:1795648221.5 13021 a.cc:1] Allocation exceeds 10% of free memory.\n",
        b"F0000 00:00:1795648221.5 13021 a.cc:1] Check failed\n",
        b"2026-11-25 23:10:21.228336: E tensorflow/core/a.cc:1] no such file\n",
        b"2026-11-25 23:10:21.228336: W tensorflow/core/a.cc:1] slow\n",
        b"ImportError: I tensorflow is missing\n",
        b"WARNING: all is lost\n",
        b"In all, 3 errors\n",
    ],
)
def test_the_rest_appears(line: bytes) -> None:
    """Errors, warnings and other people's lines stay, wherever they stand."""
    assert quiet.NOISE.sub(b"", line) == line
    assert quiet.NOISE.sub(b"", REPORTS + line + REPORTS) == line


def test_stderr_is_there_again_afterwards() -> None:
    """What is written by Python, and below it, arrives in order, whether or not the block fails."""
    done = run(
        "import os, sys\n"
        "from digitrec.quiet import quietly\n"
        "print('before', file=sys.stderr)\n"
        "with quietly():\n"
        "    print('inside', file=sys.stderr)\n"
        "    os.write(2, b'I0000 00:00:1.2 3 a.cc:1] report\\nbelow\\n')\n"
        "try:\n"
        "    with quietly():\n"
        "        os.write(2, b'reason\\n')\n"
        "        raise ValueError\n"
        "except ValueError:\n"
        "    print('caught', file=sys.stderr)\n"
    )
    assert done.stderr.split() == b"before inside below reason caught".split()


def test_a_program_without_stderr_runs() -> None:
    """As one that Windows starts without a console."""
    done = run(
        "import os\nos.close(2)\nfrom digitrec.quiet import quietly\n"
        "with quietly():\n    print('fine')\n"
    )
    assert done.stdout.split() == [b"fine"]


@pytest.mark.parametrize(
    "code",
    [
        "from digitrec import networks; import keras; keras.ops.zeros(1)",
        "from digitrec import networks; networks.load_keras('dense')",
        "import digitrec.networks, tensorflow; tensorflow.zeros(1)",
    ],
)
def test_importing_tensorflow_is_silent(code: str) -> None:
    """Nothing at all on stderr, and the settings of a reader stay."""
    done = run(code)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""


def test_nothing_is_imported_ahead_and_nothing_stays_behind() -> None:
    """The finder goes when it has found TensorFlow, and does not find what is not there."""
    done = run(
        "import sys\n"
        "from digitrec import networks, quiet\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert isinstance(sys.meta_path[0], quiet._Quietly)\n"
        "sys.path[:] = []\n"
        "try:\n"
        "    import tensorflow\n"
        "except ModuleNotFoundError as error:\n"
        "    print(error)\n"
        "assert not any(isinstance(f, quiet._Quietly) for f in sys.meta_path)\n"
        "sys.modules['tensorflow'] = sys\n"
        "quiet.hush()\n"
        "assert not any(isinstance(f, quiet._Quietly) for f in sys.meta_path)\n"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == b"No module named 'tensorflow'".split()
