"""What a benchmark compares with and the book does not need: packages for one run, and ONNX files.

The packages go into a temporary folder and leave with it; the environment stays as the lock says.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from digitrec.networks import WEIGHTS_FOLDER, read_weights

#: Writes a network for onnxruntime, in Python or in a browser.
ONNX = ("onnx==1.20.0", "ml_dtypes")


def install(folder: Path, packages: tuple[str, ...]) -> None:
    """Install packages, without what they depend on, and let this process import them."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--target", folder, *packages], check=True)
    sys.path.append(str(folder))


def write_onnx(name: str, path: Path) -> None:
    """Write a shipped network as ONNX, layer by layer, for any number of images.

    ``x`` (N, 28, 28) float32 pixels 0–255 → ``z`` (N, 10) float32 logits.
    """
    from onnx import TensorProto, helper, numpy_helper, save

    weights, card = read_weights(WEIGHTS_FOLDER / name)
    nodes, arrays = [], []
    last, channels_first = "x", False

    def add(kind: str, *inputs: np.ndarray, **options: object) -> None:
        nonlocal last
        names = [last]
        for array in inputs:
            names.append(f"array{len(arrays)}")
            arrays.append(
                numpy_helper.from_array(np.ascontiguousarray(array), names[-1])
            )
        last = f"{kind}{len(nodes)}"
        nodes.append(helper.make_node(kind, names, [last], **options))

    padding = {"valid": "VALID", "same": "SAME_UPPER"}
    for entry in card["architecture"]:
        own = {
            key.split("/")[1]: array
            for key, array in weights.items()
            if key.startswith(entry["name"] + "/")
        }
        kind = entry["layer"]
        if kind == "Rescaling":
            add("Mul", np.float32(entry["scale"]))
        elif kind == "Reshape":
            # One channel: before the rows here, after the columns there.
            height, width, channels = entry["target_shape"]
            add("Reshape", np.array([-1, channels, height, width]))
            channels_first = True
        elif kind == "Conv2D":
            kernel = own["kernel"].transpose(3, 2, 0, 1)
            bias = [own["bias"]] if "bias" in own else []
            strides = entry.get("strides", [1, 1])
            around = padding[entry.get("padding", "valid")]
            add("Conv", kernel, *bias, strides=strides, auto_pad=around)
        elif kind == "BatchNormalization":
            order = ("gamma", "beta", "moving_mean", "moving_variance")
            epsilon = entry.get("epsilon", 1e-3)
            add("BatchNormalization", *(own[key] for key in order), epsilon=epsilon)
        elif kind == "MaxPooling2D":
            size = entry.get("pool_size", [2, 2])
            add("MaxPool", kernel_shape=size, strides=entry.get("strides") or size)
        elif kind == "Flatten":
            if channels_first:
                add("Transpose", perm=[0, 2, 3, 1])
            add("Flatten")
        elif kind == "Dense":
            add("Gemm", own["kernel"], own["bias"])
        if kind == "Activation" or entry.get("activation") == "relu":
            add("Relu")
    nodes[-1].output[0] = "z"
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 28, 28])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["N", 10])],
        arrays,
    )
    opset = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
