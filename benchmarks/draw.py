"""How fast the drawing page is, beside onnxruntime-web and TensorFlow.js on the same network.

    python benchmarks/draw.py [--film strip.png]       (make bench-draw)

Needs the built book, a browser and npm. The two libraries, and the ``onnx`` package that writes the
network for one of them, go into a temporary folder and leave with it. All three read the shipped
CNN in the same browser, in turns, from a server on this machine that compresses what it sends:

first prediction
    from opening a page that nothing is cached of to the first ten probabilities;
bytes
    that the server sent for it, compressed: the code, the weights;
per prediction
    one image at a time, after a warm-up.

Then it draws on the real page: from a pointer's event until the bars are painted. Prints a table
and writes ``benchmarks/results/draw.json``.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import http.server
import io
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import borrowed
import measure
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from digitrec.mnist import load_mnist
from digitrec.networks import WEIGHTS_FOLDER as WEIGHTS
from digitrec.networks import load_numpy, read_weights

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import browser as browsers  # noqa: E402 (found through the line above)
from tools import mouse  # noqa: E402
from tools import server as servers  # noqa: E402

HTML = ROOT / "_build" / "html"
PACKAGES = (
    "onnxruntime-web@1.30.0",
    "@tensorflow/tfjs-core@4.22.0",
    "@tensorflow/tfjs-layers@4.22.0",
    "@tensorflow/tfjs-backend-cpu@4.22.0",
    "@tensorflow/tfjs-backend-wasm@4.22.0",
)
#: Cold pages of each kind, and predictions timed on each after so many to warm up.
PAGES, PREDICTIONS, WARM_UP = 11, 300, 50
#: How often the digit is drawn for the time from event to paint.
DRAWINGS = 8

# Each page makes `predict`: an image as Float32Array of 784 pixels 0–255 → ten logits.
OURS = """
import { loadModel } from '/_static/draw/model.js';
const { networks } = await loadModel();
const predict = (x) => networks.cnn.forward(x);
"""
ONNX_PAGE = """
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = '/npm/onnxruntime-web/dist/';
const session = await ort.InferenceSession.create('/made/cnn.onnx');
const predict = async (x) =>
  (await session.run({ x: new ort.Tensor('float32', x, [1, 28, 28]) })).z.data;
"""
TF_PAGE = """
BACKEND
const [{ layers, arrays }, buffer] = await Promise.all([
  fetch('/made/cnn.json').then((r) => r.json()),
  fetch('/made/cnn.bin').then((r) => r.arrayBuffer()),
]);
const model = tf.sequential();
let at = 0;
for (const { layer, ...options } of layers) model.add(tf.layers[layer](options));
model.setWeights(arrays.map((shape) => {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = new Float32Array(buffer, at, size);
  at += 4 * size;
  return tf.tensor(values, shape);
}));
const predict = async (x) => {
  const output = tf.tidy(() => model.predict(tf.mul(tf.tensor(x, [1, 28, 28]), 1 / 255)));
  const z = await output.data();
  output.dispose();
  return z;
};
"""
TF = "/npm/@tensorflow/tfjs-{0}/dist/tf-{0}.es2017.min.js"
CPU = "await tf.setBackend('cpu');"
WASM = """
tf.wasm.setWasmPaths('/npm/@tensorflow/tfjs-backend-wasm/dist/');
await tf.setBackend('wasm');
"""
#: Name: (classic scripts, module).
CANDIDATES = {
    "this page's forward.js": ((), OURS),
    "onnxruntime-web": (("/npm/onnxruntime-web/dist/ort.wasm.min.js",), ONNX_PAGE),
    "TensorFlow.js, cpu": (
        [TF.format(part) for part in ("core", "layers", "backend-cpu")],
        TF_PAGE.replace("BACKEND", CPU),
    ),
    "TensorFlow.js, wasm": (
        [TF.format(part) for part in ("core", "layers", "backend-cpu", "backend-wasm")],
        TF_PAGE.replace("BACKEND", WASM),
    ),
}
# Seconds count from the moment at which the browser starts to load the page.
MEASURE = """
const image = Float32Array.from(atob('IMAGE'), (letter) => letter.charCodeAt(0));
const first = [...await predict(image)];
const cold = performance.now();
window.timeMany = async (count, warm) => {
  for (let k = 0; k < warm; k++) await predict(image);
  const times = [];
  for (let k = 0; k < count; k++) {
    const start = performance.now();
    await predict(image);
    times.push(performance.now() - start);
  }
  return times;
};
window.measured = { cold, first };
"""

# From event to paint: a task posted in the last moment before painting runs right after it.
LATENCY = """() => {
  window.fromEvent = [];
  window.fromStamp = [];
  let first = null;
  addEventListener('pointermove', (event) => {
    if (event.buttons !== 1 || first) return;
    first = [performance.now(), event.timeStamp];
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        const now = performance.now();
        window.fromEvent.push(now - first[0]);
        window.fromStamp.push(now - first[1]);
        first = null;
      };
      port2.postMessage(0);
    });
  }, { capture: true });
}"""


class Server(http.server.ThreadingHTTPServer):
    """Serves a few folders, compressed, and counts the bytes of the bodies."""

    def __init__(self, folders: dict[str, Path], pages: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folders, self.pages = folders, pages
        self.cache: dict[str, tuple[bytes, str]] = {}
        self.sent = 0

    def body(self, path: str) -> tuple[bytes, str] | None:
        """Return what is at a path, compressed, and its type."""
        if path not in self.cache:
            kind = servers.QuietHandler.extensions_map.get(
                Path(path).suffix, "application/octet-stream"
            )
            if path in self.pages:
                content = self.pages[path].encode()
            else:
                folder = max(filter(path.startswith, self.folders), key=len)
                file = self.folders[folder] / path.removeprefix(folder)
                if not file.is_file():
                    return None
                content = file.read_bytes()
            self.cache[path] = gzip.compress(content, 6), kind
        return self.cache[path]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        found = self.server.body(self.path.split("?")[0])
        content, kind = found or (b"", "text/plain")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if found:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(content)
        self.server.sent += len(content)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def write_tensorflow(folder: Path) -> None:
    """Write the shipped CNN as a description and one file of float32 numbers."""
    weights, card = read_weights(WEIGHTS / "cnn")
    names = {
        "Reshape": "reshape", "Conv2D": "conv2d", "BatchNormalization": "batchNormalization",
        "Activation": "activation", "MaxPooling2D": "maxPooling2d", "Flatten": "flatten",
        "Dropout": "dropout", "Dense": "dense",
    }  # fmt: skip
    layers = []
    for entry in card["architecture"]:
        if entry["layer"] == "Rescaling":
            continue  # tfjs has none: the page multiplies
        options = {
            re_camel(key): value for key, value in entry.items() if key != "layer"
        }
        layers.append({"layer": names[entry["layer"]], **options})
    layers[0]["inputShape"] = [28, 28]
    # TensorFlow.js wants the arrays that are trained first, and the running statistics last.
    running = [key for key in weights if "moving" in key]
    order = [key for key in weights if key not in running] + running
    (folder / "cnn.json").write_text(
        json.dumps({"layers": layers, "arrays": [weights[key].shape for key in order]})
    )
    (folder / "cnn.bin").write_bytes(
        b"".join(weights[key].astype("<f4").tobytes() for key in order)
    )


def re_camel(name: str) -> str:
    """``use_bias`` → ``useBias``."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def pages(image: np.ndarray) -> dict[str, str]:
    """One page a candidate."""
    measure = MEASURE.replace("IMAGE", base64.b64encode(image.tobytes()).decode())
    return {
        f"/candidate{k}.html": "<!doctype html><title>.</title><link rel=icon href='data:,'>"
        + "".join(f"<script src='{script}'></script>" for script in scripts)
        + f"<script type=module>{code}{measure}</script>"
        for k, (scripts, code) in enumerate(CANDIDATES.values())
    }


def compare(browser: Browser, server: Server, expected: np.ndarray) -> dict[str, dict]:
    """Open each candidate's page again and again, in turns, each time with nothing cached."""
    found: dict[str, dict[str, list[float]]] = {
        name: {"cold": [], "bytes": [], "each": []} for name in CANDIDATES
    }
    for turn in range(PAGES):
        for k, (name, lists) in enumerate(found.items()):
            context = browser.new_context()
            page = context.new_page()
            page.on("pageerror", lambda error: print(error, file=sys.stderr))
            server.sent = 0
            page.goto(f"http://127.0.0.1:{server.server_port}/candidate{k}.html")
            page.wait_for_function("window.measured")
            measured = page.evaluate("window.measured")
            page.wait_for_timeout(100)
            lists["cold"].append(measured["cold"])
            lists["bytes"].append(server.sent)
            difference = np.abs(np.array(measured["first"]) - expected).max()
            assert difference < 1e-2, f"{name} computes something else: {difference}"
            if turn % 3 == 0:
                lists["each"] += page.evaluate(
                    f"window.timeMany({PREDICTIONS}, {WARM_UP})"
                )
            context.close()
    return {
        name: {
            "first_prediction_ms": round(statistics.median(lists["cold"]), 1),
            "bytes": int(statistics.median(lists["bytes"])),
            "prediction_ms_p50": round(statistics.median(lists["each"]), 2),
            "prediction_ms_p95": round(float(np.percentile(lists["each"], 95)), 2),
        }
        for name, lists in found.items()
    }


def eight() -> list[tuple[float, float]]:
    """Points of an 8 in parts of the pad, as a hand draws it."""
    t = np.linspace(0, 2 * np.pi, 90)
    return list(zip(0.5 + 0.2 * np.sin(2 * t), 0.5 - 0.35 * np.cos(t), strict=True))


def draw(browser: Browser, server: Server, film: Path | None) -> dict[str, float]:
    """Draw on the real page; return the time from event to painted bars."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"http://127.0.0.1:{server.server_port}/book/draw.html")
    page.wait_for_selector("#draw[data-ready]")
    page.evaluate(LATENCY)
    frames = []

    def filmed() -> Iterator[mouse.Point]:
        """The points of an 8, with a picture taken after every fifteenth of them."""
        for k, point in enumerate(eight()):
            yield point
            if (k + 1) % 15 == 0:
                frames.append(page.locator(".draw-top").screenshot())

    if film:
        mouse.draw(page, filmed())
        strips = [Image.open(io.BytesIO(frame)) for frame in frames]
        width, height = strips[0].size
        strip = Image.new("RGB", (3 * width, -(-len(strips) // 3) * height), "white")
        for k, frame in enumerate(strips):
            strip.paste(frame, (k % 3 * width, k // 3 * height))
        strip.save(film)
        page.click(".draw-clear")
    for n in range(DRAWINGS):
        if n == 1:  # the first drawing warms up
            page.evaluate("fromEvent.length = fromStamp.length = 0")
        mouse.draw(page, eight())
        page.wait_for_timeout(50)
        page.click(".draw-clear")
    times = {
        name: page.evaluate(f"window.{name}") for name in ("fromEvent", "fromStamp")
    }
    page.close()
    return {
        "events": len(times["fromEvent"]),
        **{
            f"{label}_{percent}": round(float(np.percentile(times[name], q)), 1)
            for name, label in (("fromEvent", "event_to_paint_ms"), ("fromStamp", "with_queue_ms"))
            for percent, q in (("p50", 50), ("p95", 95))
        },
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the drawing page.")
    parser.add_argument("--film", type=Path, help="also write frames of a drawing here")
    options = parser.parse_args()
    if not (HTML / "book" / "draw.html").is_file():
        parser.error("the book is not built; run `make book`")
    image = load_mnist().x_test[0]
    expected = load_numpy("cnn").forward(image[None])[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        npm = [
            "npm",
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
        ]
        subprocess.run([*npm, "--prefix", folder, *PACKAGES], check=True)
        borrowed.install(folder / "python", borrowed.ONNX)
        made = folder / "made"
        made.mkdir()
        borrowed.write_onnx("cnn", made / "cnn.onnx")
        write_tensorflow(made)
        folders = {"/": HTML, "/npm/": folder / "node_modules", "/made/": made}
        server = Server(folders, pages(image))
        with servers.running(server), sync_playwright() as playwright:
            browser = browsers.launch(playwright)
            table = compare(browser, server, expected)
            drawing = draw(browser, server, options.film)
            version = browser.version
            browser.close()

    print(
        f"\n{'the shipped CNN in Chromium':<26} first prediction      sent   one prediction"
    )
    for label, row in table.items():
        print(
            f"{label:<26} {row['first_prediction_ms']:10.0f} ms {row['bytes'] / 1000:10.1f} kB"
            f"   p50 {row['prediction_ms_p50']:.2f} ms, p95 {row['prediction_ms_p95']:.2f} ms"
        )
    print(
        f"\nfrom a pointer's event to painted bars, {drawing['events']} frames: "
        f"p50 {drawing['event_to_paint_ms_p50']} ms, p95 {drawing['event_to_paint_ms_p95']} ms\n"
        f"(counted from when the browser noted the pointer, its wait for the next frame included: "
        f"p50 {drawing['with_queue_ms_p50']} ms, p95 {drawing['with_queue_ms_p95']} ms)"
    )
    # A load above the number of cores: others had work too, and the times are longer than need be.
    machine = measure.machine("numpy") | {
        "chromium": version,
        "packages": [*PACKAGES, *borrowed.ONNX],
    }
    print(
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load']}, "
        f"Chromium {version}"
    )
    measure.write("draw", {"machine": machine, "networks": table, "drawing": drawing})


if __name__ == "__main__":
    main()
