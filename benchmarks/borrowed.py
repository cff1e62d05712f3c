"""What a benchmark compares with and the book does not need: packages for one run.

They go into a temporary folder and leave with it; the environment stays as the lock says.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measure

#: What Keras needs to write a network as ONNX, besides what TensorFlow has brought already.
ONNX = ("onnx==1.23.2", "tf2onnx==1.17.0")


def install(folder: Path, packages: Sequence[str]) -> None:
    """Install packages, without what they depend on, and let this process import them."""
    pip = ("-m", "pip", "install", "--quiet", "--no-deps", "--target")
    measure.python(*pip, folder, *packages)
    sys.path.append(str(folder))


def write_onnx(model: Any, path: Path) -> None:
    """Have Keras write one of the course's networks: (N, 28, 28) uint8 → (N, 10) float32 logits."""
    model(np.zeros((1, 28, 28), np.uint8))  # it exports what has been called once
    model.export(path, format="onnx", verbose=False)
