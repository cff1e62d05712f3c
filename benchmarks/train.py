"""How fast a network learns in the browser, beside TensorFlow.js; and what packed digits cost.

    python -m benchmarks.train [--only PART …] [--quick]       (make bench-draw)

The page "What it costs" shows it under *Watch it learn*. Needs the built book and a browser.

learning
    Both train the same network, 784-25-15-10 with Adam and batches of 32, on the page's 10,000
    digits, in the same browser, in turns, an epoch each; TensorFlow.js on its two backends that
    need no graphics card. Needs npm and the internet, as ``benchmarks.draw`` does.
digits
    Keras trains the network on 10,000 digits as they were published and as the page has them, with
    each seed, and reads the last 5,000 digits of the training file, both ways. Test images have
    no part in it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import draw, measure
from digitrec import networks, training
from digitrec.mnist import load_mnist
from tools import browser_digits

PACKAGES = tuple(name for name in draw.PACKAGES if "tfjs" in name)
EPOCHS = 5

# Each makes `epoch`, which learns from all digits once, and `read`, the accuracy on test digits.
DATA = """
import { unpack } from '/site/_static/train/digits.js';
const file = await fetch('/site/_static/train/digits.bin');
const data = unpack(await file.arrayBuffer());
"""
OURS = """
import { Training } from '/site/_static/train/training.js';
import { USUAL } from '/site/_static/train/settings.js';
const training = new Training(USUAL, data);
const epoch = () => {
  const end = training.epoch + 1;
  while (training.epoch < end) training.learn();
};
const read = () => training.look().test.accuracy;
"""
THEIRS = """
tf.wasm?.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
await tf.setBackend('BACKEND');
const tensors = ({ images, labels }) => [
  tf.tensor(Float32Array.from(images, (pixel) => pixel / 255), [labels.length, 784]),
  tf.cast(tf.oneHot(tf.tensor1d(Int32Array.from(labels), 'int32'), 10), 'float32'),
];
const [[x, y], [testX]] = [tensors(data.train), tensors(data.test)];
const dense = (units, activation, more) =>
  tf.layers.dense({ units, activation, kernelInitializer: 'heUniform', ...more });
const model = tf.sequential({ layers: [
  dense(25, 'relu', { inputShape: [784] }), dense(15, 'relu'), dense(10, 'linear'),
] });
model.compile({
  optimizer: tf.train.adam(0.001, 0.9, 0.999, 1e-7),
  loss: (target, logits) => tf.losses.softmaxCrossEntropy(target, logits),
});
const epoch = () => model.fit(x, y, { batchSize: 32, epochs: 1, yieldEvery: 'never', verbose: 0 });
const read = async () => {
  const found = await tf.tidy(() => tf.argMax(model.predict(testX), 1)).data();
  return found.reduce((sum, digit, k) => sum + (digit === data.test.labels[k]), 0) / found.length;
};
"""
MEASURE = """
window.learn = async () => {
  const start = performance.now();
  await epoch();
  return (performance.now() - start) / 1000;
};
window.read = read;
"""
SCRIPTS = [f"@tensorflow/tfjs-{part}/dist/tf-{part}.es2017.min.js" for part in draw.TFJS]
#: Name: (classic scripts, module).
CANDIDATES: dict[str, tuple[list[str], str]] = {
    "this page's backward.js": ([], OURS),
    "TensorFlow.js, wasm": (SCRIPTS, THEIRS.replace("BACKEND", "wasm")),
    "TensorFlow.js, cpu": (SCRIPTS, THEIRS.replace("BACKEND", "cpu")),
}


def learning(run: measure.Run) -> dict[str, Any]:
    """Let each candidate learn for an epoch, in turns; the first one warms up."""
    names = run.chosen(CANDIDATES)
    times: dict[str, list[float]] = {name: [] for name in names}
    found: dict[str, Any] = {"epochs": {}}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run([*npm, "--prefix", folder, *PACKAGES], check=True)
        for name in names:
            scripts, code = CANDIDATES[name]
            draw.write_page(folder, name, scripts, DATA + code + MEASURE)
        with draw.opened(folder) as (browser, address):
            pages = {}
            for name in names:
                pages[name] = browser.new_page()
                pages[name].on("pageerror", lambda error: print(error, file=sys.stderr))
                pages[name].goto(f"{address}/{name}.html")
                pages[name].wait_for_function("window.learn", timeout=60_000)
            for turn in range(run(EPOCHS + 1, 2)):
                for name in names if turn % 2 else reversed(names):
                    seconds = pages[name].evaluate("learn()")
                    if turn:
                        times[name].append(seconds)
            for name, page in pages.items():
                found["epochs"][name] = {
                    "epoch_s": measure.summary(times[name]),
                    "accuracy": page.evaluate("read()"),
                }
            found["chromium"] = browser.version
    if len(names) == len(CANDIDATES):
        ours, *others = names
        fastest = min(others, key=lambda name: statistics.median(times[name]))
        found |= {
            "fastest": fastest,
            "fastest_divided_by_ours": measure.ratio(times, fastest, ours),
        }
    return found


def digits(run: measure.Run) -> dict[str, Any]:
    """Train on original and on packed digits, and read both."""
    data = load_mnist()
    count = run(browser_digits.TRAINING, 1000)
    table = browser_digits.greys(data.x_train[: browser_digits.TRAINING])

    def packed(images: np.ndarray) -> np.ndarray:
        return browser_digits.softened(images >= browser_digits.INK, table)

    def originals(images: np.ndarray) -> np.ndarray:
        return images

    kinds = {"originals": originals, "packed": packed}
    x, y = data.x_train[:count], data.y_train[:count]
    x_held, y_held = data.x_train[-5000:], data.y_train[-5000:]
    recipe = training.Recipe(epochs=run(10), batch_size=32, learning_rate=1e-3)
    right: dict[str, list[float]] = {}
    for seed in range(run(6)):
        for kind, change in kinds.items():
            model = networks.build("dense", seed=seed)
            training.train(model, change(x), y, recipe, seed=seed, verbose=0)
            for other, change_held in kinds.items():
                read = model.predict(change_held(x_held), verbose=0).argmax(axis=1)
                right.setdefault(f"trained on {kind}, reads {other}", []).append(
                    float(np.mean(read == y_held))
                )
    size = browser_digits.DIGITS_FILE.stat().st_size
    total = browser_digits.TRAINING + browser_digits.TEST
    return {
        "accuracy": {name: measure.summary(values) for name, values in right.items()},
        "bytes_a_digit": measure.significant(size / total, 3),
    }


BENCHMARK = measure.Benchmark(
    "train",
    __doc__,
    {"learning": learning, "digits": digits},
    packages=("tensorflow-cpu", "tensorflow", "keras", "numpy"),
)

if __name__ == "__main__":
    sys.exit(measure.command(BENCHMARK))
