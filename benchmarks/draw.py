"""How fast the drawing page is, and the same network in onnxruntime-web and TensorFlow.js.

    python -m benchmarks.draw [--only PART …] [--among onnx] [--quick]       (make bench-draw)

Needs the built book and a browser; the comparison needs npm and the internet as well: the libraries
go into a temporary folder and leave with it.
"""

import base64
import functools
import gzip
import http.server
import io
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks import borrowed, measure
from digitrec.mnist import load_test
from digitrec.networks import WEIGHTS_FOLDER, load_keras, load_numpy, read_weights
from tools import browser as browsers
from tools import mouse, server

HTML = measure.ROOT / "_build" / "html"
TFJS = ("core", "layers", "backend-cpu", "backend-wasm")
PACKAGES = ("onnxruntime-web@1.30.0", *(f"@tensorflow/tfjs-{part}@4.22.0" for part in TFJS))

# Each page makes `predict`: an image as Uint8Array of 784 pixels → ten logits.
OURS = """
import { unpack } from '/site/_static/draw/model.js';
const file = await fetch('/site/_static/draw/model.bin');
const { networks } = unpack(await file.arrayBuffer());
const predict = (x) => networks.cnn.forward(Float32Array.from(x));
"""
ONNX = """
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/';
const session = await ort.InferenceSession.create('/cnn.onnx');
const [entry] = session.inputNames;
const predict = async (x) => {
  const found = await session.run({ [entry]: new ort.Tensor('uint8', x, [1, 28, 28]) });
  return found[session.outputNames[0]].data;
};
"""
TENSORFLOW = """
tf.wasm.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
await tf.setBackend('wasm');
const model = await tf.loadLayersModel('/cnn.json');
const predict = async (x) => {
  const output = tf.tidy(() => model.predict(tf.tensor(x, [1, 28, 28], 'float32')));
  const z = await output.data();
  output.dispose();
  return z;
};
"""
#: Name: (classic scripts, module).
CANDIDATES: dict[str, tuple[list[str], str]] = {
    "this page's forward.js": ([], OURS),
    "onnxruntime-web": (["onnxruntime-web/dist/ort.wasm.min.js"], ONNX),
    "TensorFlow.js, wasm": (
        [f"@tensorflow/tfjs-{part}/dist/tf-{part}.es2017.min.js" for part in TFJS],
        TENSORFLOW,
    ),
}
# Milliseconds count from the moment at which the browser starts to load the page.
MEASURE = """
const image = Uint8Array.from(atob('IMAGE'), (letter) => letter.charCodeAt(0));
const first = [...await predict(image)];
const cold = performance.now();
window.timeMany = async (count) => {
  const times = [];
  for (let k = 0; k < count; k++) {
    const start = performance.now();
    await predict(image);
    times.push(performance.now() - start);
  }
  return times;
};
const sent = ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind));
const bytes = sent.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
window.measured = { cold, first, bytes };
"""
# From the first event of which the last reading knows nothing, over the next reading, which a
# worker gives, to its paint: a task posted in the last moment before painting runs right after it.
LATENCY = """() => {
  window.fromEvent = [];
  let moved = null;
  addEventListener('pointermove', (event) => {
    if (event.buttons === 1) moved ??= performance.now();
  }, { capture: true });
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function post(order, given) {
    const first = moved;
    if (order.drawn && first !== null) {
      moved = null;
      this.addEventListener('message', () => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.fromEvent.push(performance.now() - first);
        port2.postMessage(0);
      }), { once: true });
    }
    return postMessage.call(this, order, given);
  };
}"""


class Handler(server.QuietHandler):
    """Serves a folder's files compressed, as a host does."""

    def send_head(self) -> BinaryIO:
        path = self.translate_path(self.path)
        content = compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        return io.BytesIO(content)


@functools.cache
def compressed(path: str) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 6)


def built() -> Path:
    """Return the built book; MissingError when there is none."""
    if not (HTML / "book" / "draw.html").is_file():
        raise measure.MissingError("the book is not built; run `make book`")
    return HTML


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Browser, str]]:
    """Serve a folder of pages, and the built book under ``/site``, to a browser."""
    (folder / "site").symlink_to(built(), target_is_directory=True)
    handler = functools.partial(Handler, directory=str(folder))
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    with server.running(served) as address, sync_playwright() as playwright:
        browser = browsers.launch(playwright)
        yield browser, address
        browser.close()


def write_tensorflow(folder: Path) -> None:
    """Write the shipped CNN as TensorFlow.js reads it: ``cnn.json`` and float32 in ``cnn.bin``."""
    weights, card = read_weights(WEIGHTS_FOLDER / "cnn")
    layers = [{"class_name": entry["layer"], "config": entry} for entry in card["architecture"]]
    layers[0]["config"] |= {"batch_input_shape": [None, 28, 28]}
    model = {"class_name": "Sequential", "config": {"name": "cnn", "layers": layers}}
    listed = [{"name": n, "shape": w.shape, "dtype": "float32"} for n, w in weights.items()]
    manifest = [{"paths": ["cnn.bin"], "weights": listed}]
    described = {"modelTopology": model, "weightsManifest": manifest}
    (folder / "cnn.json").write_text(json.dumps(described), "utf-8")
    (folder / "cnn.bin").write_bytes(b"".join(w.astype("<f4").tobytes() for w in weights.values()))


def prepare(folder: Path, image: np.ndarray) -> None:
    """Fetch the libraries, write the network for them, and a page for each candidate."""
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run([*npm, "--prefix", folder, *PACKAGES], check=True)
    borrowed.install(folder / "python", borrowed.ONNX)
    borrowed.write_onnx(load_keras("cnn"), folder / "cnn.onnx")
    write_tensorflow(folder)
    timing = MEASURE.replace("IMAGE", base64.b64encode(image.tobytes()).decode())
    for name, (scripts, code) in CANDIDATES.items():
        write_page(folder, name, scripts, code + timing)


def write_page(folder: Path, name: str, scripts: Sequence[str], code: str) -> None:
    """Write a page that loads classic scripts of npm's packages, then runs a module."""
    tags = "".join(f"<script src='/node_modules/{path}'></script>" for path in scripts)
    (folder / f"{name}.html").write_text(
        f"<!doctype html><title>.</title><link rel=icon href='data:,'>{tags}"
        f"<script type=module>{code}</script>",
        "utf-8",
    )


def networks(run: measure.Run) -> dict[str, Any]:
    """Read a digit with each candidate, in turns, each on a page of its own, nothing cached.

    What is measured is the time from opening the page to the first ten logits, the bytes that were
    sent, compressed, and the time for one image after a warm-up.
    """
    image = load_test().x_test[0]
    expected = load_numpy("cnn").forward(image[None])[0]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in run.chosen(CANDIDATES)}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(folder, image)
        with opened(folder) as (browser, address):
            for _, (name, openings) in product(range(run(11)), found.items()):
                page = browser.new_context().new_page()
                page.on("pageerror", lambda error: print(error, file=sys.stderr))
                page.goto(f"{address}/{name}.html")
                page.wait_for_function("window.measured")
                measured = page.evaluate("window.measured")
                difference = np.abs(np.array(measured["first"]) - expected).max()
                if difference > 1e-2:
                    sys.exit(f"{name} computes something else: {difference}")
                page.evaluate("timeMany(50)")
                measured["each"] = page.evaluate(f"timeMany({run(100, 10)})")
                openings.append(measured)
                page.context.close()
    return {
        name: {
            "first_prediction_ms": round(statistics.median(each["cold"] for each in openings), 1),
            "bytes": int(statistics.median(each["bytes"] for each in openings)),
            "prediction_ms": measure.percentiles([ms for each in openings for ms in each["each"]]),
        }
        for name, openings in found.items()
    }


def drawing(run: measure.Run) -> dict[str, Any]:
    """Draw on the real page: from a pointer's event until the bars are painted."""
    with server.serve(built()) as address, sync_playwright() as playwright:
        browser = browsers.launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{address}/book/draw.html")
        page.wait_for_selector("#draw[data-ready]")
        page.evaluate(LATENCY)
        t = np.linspace(0, 2 * np.pi, 90)  # an 8, as a hand draws it
        eight = list(zip(0.5 + 0.2 * np.sin(2 * t), 0.5 - 0.35 * np.cos(t), strict=True))
        for turn in range(run(8, 2)):
            if turn == 1:  # the first drawing warms up
                page.evaluate("fromEvent.length = 0")
            mouse.draw(page, eight)
            page.wait_for_timeout(50)
            page.click(".draw-clear")
        times = page.evaluate("fromEvent")
        return {"event_to_paint_ms": measure.percentiles(times), "chromium": browser.version}


BENCHMARK = measure.Benchmark("draw", __doc__, {"networks": networks, "drawing": drawing})

if __name__ == "__main__":
    sys.exit(measure.command(BENCHMARK))
