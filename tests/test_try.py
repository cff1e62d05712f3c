"""The small things to try in the chapters: their numbers are the library's; everyone can use them.

What only computes is loaded from the source; the pages are those of the built book.
"""

import base64
import gzip
import io
import json
import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest
import try_it
from accessible import violations
from conftest import HTML, ROOT, bring_to_life, watched
from PIL import Image

from digitrec import evaluate, forward, interactive, plots
from digitrec.forward import Conv2D, Sequential, softmax
from digitrec.mnist import load_mnist
from tools import still
from tools.plain_markdown import Book, Chapter, Translator

STATIC = ROOT / "book" / "_static"
TRY = STATIC / "try"
#: Where each is: its chapter, and the box.
BOXES = {
    "neuron": ("02-dense", "#try-neuron"),
    "softmax": ("02-dense", "#try-softmax"),
    "loss": ("02-dense", "#try-loss"),
    "dense confusion": ("02-dense", ".try-confusion"),
    "stride": ("04-cnn", "#try-stride"),
    "cnn confusion": ("04-cnn", ".try-confusion"),
    "way": ("04-cnn", "#try-way"),
}
CHAPTERS = sorted({chapter for chapter, _ in BOXES.values()})
#: What all of a chapter's things to try add to it before one is touched, compressed, in bytes.
BUDGET = 60_000
rng = np.random.default_rng(7)
IMAGES = rng.integers(0, 256, (60, 28, 28), np.uint8)
LABELS = rng.integers(0, 3, 60)
P = rng.dirichlet([1, 1, 1], 60)


@pytest.fixture(scope="module")
def source(bare):
    """A function that runs an expression with a module of the source, as ``m``."""

    def run(module: str, expression: str, argument: object = None):
        code = (
            f"async (x) => {{ const m = await import('/try/{module}.js'); return {expression}; }}"
        )
        return bare.evaluate(code, argument)

    return run


@pytest.fixture
def opened(browser, address, problems):
    """A function that opens a thing to try, and gives its box; problems fail the test."""
    contexts = []

    def open_box(name: str, width: int = 1280, **options):
        chapter, box = BOXES[name]
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = watched(context, address, problems)
        page.goto(f"{address}/book/{chapter}.html")
        page.locator(box).scroll_into_view_if_needed()
        page.wait_for_selector(f"{box}[data-ready]")
        return page.locator(box)

    yield open_box
    for context in contexts:
        context.close()
    assert not problems, "\n".join(problems)


def summary(box) -> str:
    return box.locator(".try-summary").inner_text()


def set_slider(box, name: str, value: float) -> None:
    """Move a slider to a value, as its events say."""
    box.get_by_label(name, exact=True).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }",
        str(value),
    )


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def test_the_built_book_has_these_files(site) -> None:
    """The tests of the pages would test others."""
    for file in sorted([*TRY.iterdir(), STATIC / "draw" / "dom.js"]):
        built = site / "_static" / file.relative_to(STATIC)
        same = built.is_file() and built.read_bytes() == file.read_bytes()
        assert same, f"{file.name} changed since the book was built: run make book"


# --- The numbers are the library's ------------------------------------------------------------


def test_colours_are_the_figures(source) -> None:
    assert source("base", "[m.BLUE, m.ORANGE, m.GREEN]") == [plots.BLUE, plots.ORANGE, plots.GREEN]


@pytest.mark.parametrize(
    ("value", "text"), [(-0.5, "−0.5"), (-0.0001, "0"), (2, "2"), (1.005, "1"), (12.346, "12.35")]
)
def test_numbers_are_written_as_in_the_book(source, value: float, text: str) -> None:
    assert source("base", "m.number(x)", value) == text


def test_a_neuron(source) -> None:
    """Two hundred settings of the sliders: z, a and the slope, which is 0 where z is 0."""
    x = np.round(rng.uniform(0, 1, (200, 3)), 1)
    w = rng.integers(-6, 7, (200, 3)) / 2
    b = rng.integers(-6, 7, 200) / 2
    x[0], w[0], b[0] = (0.1, 0.2, 0.3), (1, 1, -1), 0  # 0.1 + 0.2 − 0.3 is not 0 in doubles
    z = np.round((x * w).sum(axis=1) + b, 9)
    found = source(
        "neuron",
        "x[0].map((_, k) => m.neuron(x[0][k], x[1][k], x[2][k]))",
        [x.tolist(), w.tolist(), b.tolist()],
    )
    assert z[0] == 0 and found[0]["z"] == 0  # noqa: PT018
    assert np.allclose([f["z"] for f in found], z, atol=1e-6)
    assert np.allclose([f["a"] for f in found], forward.relu(z), atol=1e-6)
    assert [f["slope"] for f in found] == (z > 0).astype(int).tolist()


def test_stride_and_padding(source) -> None:
    """Every setting: sizes, zeros before and after, and the feature map are Conv2D's."""
    settings = [
        [n, k, s, padding]
        for n in range(4, 9)
        for k in range(2, 5)
        for s in range(1, 4)
        for padding in ("valid", "same")
    ]
    expression = """x.map(([n, k, s, p]) => {
      const w = m.walk(n, k, s, p);
      return [w.side, w.before, w.after, w.unseen, [...w.out], [...w.x], [...m.edges(k)]];
    })"""
    for (n, k, s, padding), found in zip(
        settings, source("stride", expression, settings), strict=True
    ):
        side, before, after, unseen, out, picture, kernel = found
        window, size = (k, k, 1, 1), (1, n, n, 1)
        layer = Conv2D(np.array(kernel).reshape(window), strides=(s, s), padding=padding)
        ours = layer.forward(np.array(picture, np.float32).reshape(size))
        assert ours.shape == (1, side, side, 1)
        assert np.allclose(ours.ravel(), out)
        assert (before, after) == forward.margins((n, n), (k, k), (s, s), padding)[0]
        assert unseen == (max(n - (side - 1) * s - k, 0) if padding == "valid" else unseen)
    assert np.ptp(out) > 0


def network() -> Sequential:
    """A small CNN with random numbers, like chapter 4's."""
    description = [
        {"layer": "Rescaling", "name": "scale", "scale": 1 / 255},
        {"layer": "Reshape", "name": "channel", "target_shape": [28, 28, 1]},
        {"layer": "Conv2D", "name": "c1", "strides": [3, 3], "use_bias": False},
        {"layer": "BatchNormalization", "name": "n1", "epsilon": 1e-3},
        {"layer": "Activation", "name": "a1", "activation": "relu"},
        {"layer": "MaxPooling2D", "name": "p", "pool_size": [2, 2]},
        {"layer": "Conv2D", "name": "c2", "activation": "relu"},
        {"layer": "Flatten", "name": "flat"},
        {"layer": "Dense", "name": "logits"},
    ]
    shapes = {"c1/kernel": (7, 7, 1, 5), "c2/kernel": (3, 3, 5, 4), "c2/bias": (4,)}
    shapes |= {f"n1/{name}": (5,) for name in ("gamma", "beta", "moving_mean", "moving_variance")}
    shapes |= {"logits/kernel": (16, 10), "logits/bias": (10,)}
    weights = {key: rng.normal(0, 0.3, shape).astype(np.float32) for key, shape in shapes.items()}
    variance = weights["n1/moving_variance"]
    np.add(np.abs(variance), np.float32(0.1), out=variance)
    return Sequential.from_description(description, weights, (28, 28))


WAY = """(() => {
  const { network, images } = m.unpack(x);
  const given = Object.fromEntries([...network.outputs(images[1])].map(([k, v]) => [k, [...v]]));
  const maps = given['c2'];
  const last = network.layers.at(-1);
  const places = [...m.perPlace(maps, last.weightsOf(3).data, 4)];
  return [given, places];
})()"""


def test_the_way_is_numpys(source) -> None:
    """Each layer's output with the rounded weights; what the places add up to is the logit."""
    ours = network()
    packed = interactive.pack(ours, IMAGES[:3], LABELS[:3])
    given, places = source("way", WAY, json.loads(json.dumps(packed)))
    for key, array in interactive.rounded(ours).items():
        ours.weights[key][...] = array
    expected = ours.outputs(IMAGES[1:2])
    assert list(given) == list(expected)
    for name, values in expected.items():
        assert np.abs(np.array(given[name]) - values.ravel()).max() < 1e-4, name
    logit = sum(places) + ours.weights["logits/bias"][3]
    assert len(places) == 4
    assert logit == pytest.approx(expected["logits"][0, 3], abs=1e-4)


def test_rounding_is_by_the_filter() -> None:
    """Within half a step of each filter's own scale, and the largest weight stays as it is."""
    ours = network()
    kernel, rounded = ours.weights["c1/kernel"], interactive.rounded(ours)["c1/kernel"]
    largest = np.abs(kernel).max(axis=(0, 1, 2))
    assert (np.abs(rounded - kernel) <= 0.501 * largest / interactive.LEVELS).all()
    assert np.allclose(np.abs(rounded).max(axis=(0, 1, 2)), largest, rtol=1e-6)
    assert (rounded != kernel).any()
    assert (interactive.rounded(ours)["c2/bias"] == ours.weights["c2/bias"]).all()


def test_which_layers_show_their_maps() -> None:
    assert interactive.shown_layers(network()) == ["a1", "p", "c2"]


def test_the_pages_network_is_the_chapters(site, glued) -> None:
    """Rounded, it reads as well as the one that the chapter trained."""
    page = (site / "book" / "04-cnn.html").read_text("utf-8")
    found = re.search(
        r'data-try="way".*?<script type="application/json">(.*?)</script>', page, re.S
    )
    assert found
    data = json.loads(found[1])

    def array(packed: dict) -> np.ndarray:
        if "float32" in packed:
            values = np.frombuffer(base64.b64decode(packed["float32"]), np.float32)
        else:
            scale = np.frombuffer(base64.b64decode(packed["scale"]), np.float32)
            steps = np.array([data["letters"].index(letter) for letter in packed["steps"]])
            return (steps - len(data["letters"]) // 2).reshape(packed["shape"]) * scale
        return values.reshape(packed["shape"])

    description = [
        {**entry, "use_bias": f"{entry['name']}/bias" in data["arrays"]}
        for entry in data["architecture"]
    ]
    arrays = {key: array(packed) for key, packed in data["arrays"].items()}
    rounded = Sequential.from_description(description, arrays, data["inputShape"])
    mnist = load_mnist()
    accuracy = evaluate.accuracy(mnist.y_test, rounded.predict(mnist.x_test).argmax(axis=1))
    assert accuracy == pytest.approx(float(str(glued["cnn_accuracy"])), abs=2e-3)
    assert sorted(data["labels"]) == list(range(10))
    images = np.frombuffer(base64.b64decode(data["images"]), np.uint8).reshape(-1, 28, 28)
    assert rounded.predict(images).argmax(axis=1).tolist() == data["labels"]


# --- The confusion matrix ---------------------------------------------------------------------


CELL = re.compile(r'<td data-count="(\d+)"([^>]*)>([^<]*)</td>')


def cells(page: str) -> list[tuple[int, dict[str, list[int]], str]]:
    """Return each cell's count, images, and text."""
    return [
        (
            int(count),
            {
                k: [int(v) for v in vs.split()]
                for k, vs in re.findall(r'data-(\w+)="([\d ]+)"', rest)
            },
            text,
        )
        for count, rest, text in CELL.findall(page)
    ]


def test_confusion_counts_and_images() -> None:
    """Counts are evaluate's; images are the cell's own, by confidence; the sprite has them."""
    page = interactive.confusion(LABELS, P, IMAGES, most=4).page
    read = P.argmax(axis=1)
    found = cells(page)
    matrix = evaluate.confusion_matrix(LABELS, read, 3)
    assert [count for count, _, _ in found] == matrix.ravel().tolist()
    png = re.search(r'data-sprite="data:image/png;base64,([^"]+)"', page)
    assert png
    with Image.open(io.BytesIO(base64.b64decode(png[1]))) as picture:
        sheet = np.asarray(picture.convert("L"))
    place = 0
    for k, (count, images, text) in enumerate(found):
        assert text == str(count or "")
        if not count:
            continue
        which = images["which"]
        assert len(which) == min(count, 4)
        assert (LABELS[which] == k // 3).all()
        assert (read[which] == k % 3).all()
        truth, reading = divmod(k, 3)
        own = P.max(axis=1)[(truth == LABELS) & (read == reading)]
        right = k // 3 == k % 3
        best = np.sort(own)[: len(which)] if right else np.sort(own)[::-1][: len(which)]
        assert np.allclose(P[which].max(axis=1), best)
        assert images["sure"] == np.round(100 * best).astype(int).tolist()
        assert images["first"] == [place]
        for image in which:
            row, column = divmod(place, interactive.COLUMNS)
            tile = sheet[28 * row : 28 * row + 28, 28 * column : 28 * column + 28]
            # 16 shades are 17 apart.
            assert np.abs(tile.astype(int) - IMAGES[image]).max() <= 9
            place += 1


def test_confusion_is_a_picture_in_a_notebook(monkeypatch) -> None:
    """Only where the book is built is there more than the figure."""
    monkeypatch.delenv(interactive.PAGE, raising=False)
    bundle = interactive.confusion(LABELS, P, IMAGES)._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    matrix = evaluate.confusion_matrix(LABELS, P.argmax(axis=1), 3)
    assert base64.b64decode(bundle["image/png"]) == plots.confusion(matrix).png()
    assert set(interactive.way(network(), IMAGES, LABELS)._repr_mimebundle_()) == set(bundle)
    monkeypatch.setenv(interactive.PAGE, "1")
    assert "text/html" in interactive.confusion(LABELS, P, IMAGES)._repr_mimebundle_()
    way = interactive.way(network(), IMAGES, LABELS)._repr_mimebundle_()["text/html"]
    assert re.search(r'<img src="data:image/png;base64,\w', way)


def test_confusion_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="expected an image for each of 60 labels, found 59"):
        interactive.confusion(LABELS, P, IMAGES[:59])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((12, "4", "9"), "12 images of a 4, read as a 9"),
        ((1, "4", "9"), "1 image of a 4, read as a 9"),
        ((0, "4", "9"), "no images of a 4, read as a 9"),
        ((900, "4", "4"), "900 images of a 4, read rightly"),
    ],
)
def test_a_cell_in_words(source, arguments, text: str) -> None:
    assert source("confusion", "m.describe(...x)", list(arguments)) == text


def test_pressing_a_cell(opened, glued) -> None:
    """By keyboard: arrows go from cell to cell, Enter shows images; only then are they loaded."""
    box = opened("dense confusion")
    asked = []
    box.page.on("request", lambda r: "_images/try-" in r.url and asked.append(r.url))
    buttons = box.locator("td button")
    assert buttons.count() == 100
    assert box.locator("td button[tabindex='0']").count() == 1
    counts = [
        int(c or 0)
        for c in box.locator("td[data-count]").evaluate_all("a => a.map(e => e.dataset.count)")
    ]
    wrong = sum(counts) - sum(counts[::11])
    assert wrong == int(str(glued["dense_wrong"]))
    buttons.first.focus()
    for key in ["ArrowDown"] * 4 + ["ArrowRight"] * 9:
        box.page.keyboard.press(key)
    assert (
        box.page.evaluate("document.activeElement.ariaLabel")
        == f"{counts[49]} images of a 4, read as a 9"
    )
    assert not asked
    box.page.keyboard.press("Enter")
    assert box.locator("li").count() == min(counts[49], 20)
    assert summary(box).startswith(f"{counts[49]} images of a 4, read as a 9")
    assert re.fullmatch(r"4 → 9\s+\d+ %\s+no\. \d+", box.locator("li").first.inner_text())
    box.page.wait_for_load_state("networkidle")
    assert len(asked) == 1
    assert buttons.nth(49).get_attribute("aria-pressed") == "true"
    box.page.keyboard.press("ArrowUp")
    box.page.keyboard.press("Space")
    assert box.locator("[aria-pressed=true]").count() == 1


def test_tiles_are_the_images(opened) -> None:
    """What is seen is the test image of that number, and no other that the cell shows."""
    box = opened("cnn confusion")
    box.locator("td button").nth(0).click()
    box.page.wait_for_load_state("networkidle")
    numbers = box.locator("li small").all_inner_texts()
    which = [int(text.removeprefix("no. ")) for text in numbers]
    images = load_mnist().x_test[which].reshape(len(which), -1).astype(float)
    for place in (0, len(which) - 1):
        shot = box.locator("li svg").nth(place).screenshot()
        with Image.open(io.BytesIO(shot)) as tile:
            seen = np.asarray(tile.convert("L").resize((28, 28), Image.Resampling.BOX), float)
        alike = [np.corrcoef(seen.ravel(), image)[0, 1] for image in images]
        # The tile's corners are round, and its pixels do not fall on the screen's.
        assert np.argmax(alike) == place
        assert alike[place] > 0.6


# --- On the page ------------------------------------------------------------------------------


def test_neuron_on_the_page(opened) -> None:
    """It begins with the text's example; by keyboard, the bias makes it silent."""
    box = opened("neuron")
    assert "= 1, so a = 1." in summary(box)
    bias = box.get_by_label("bias b", exact=True)
    bias.focus()
    for _ in range(3):
        box.page.keyboard.press("ArrowLeft")
    assert bias.get_attribute("aria-valuetext") == "−2"
    assert "− 2 = −0.5, so a = 0." in summary(box)
    assert "silent" in summary(box)
    assert "z = −0.5" in box.locator("svg.try-picture text").all_text_contents()


def probabilities(box) -> list[float]:
    return [number(text) for text in box.locator("svg .try-p").all_text_contents()]


def test_softmax_on_the_page(opened) -> None:
    """The library's probabilities; adding 3 to all changes none, and stops at the sliders' end."""
    box = opened("softmax")
    assert probabilities(box) == softmax(np.array([2.0, 1, 0])).round(3).tolist()
    set_slider(box, "logit z₁", -1.3)
    expected = softmax(np.array([2.0, -1.3, 0])).round(3).tolist()
    assert probabilities(box) == expected
    more = box.get_by_role("button", name="Add 3 to all")
    for _ in range(5):
        more.click(force=True)
    assert box.get_by_label("logit z₀", exact=True).input_value() == "11"
    assert probabilities(box) == expected
    assert more.get_attribute("aria-disabled") == "true"
    box.get_by_role("button", name="As in the text").click()
    assert probabilities(box) == softmax(np.array([2.0, 1, 0])).round(3).tolist()


def test_loss_on_the_page(opened) -> None:
    box = opened("loss")
    logits = np.array([2.0, 1, 0])
    for right in (2, 0):
        box.get_by_role("radio", name=str(right), exact=True).check()
        loss = -np.log(softmax(logits)[right])
        assert summary(box).endswith(f"= {loss:.2f}.")


def test_stride_on_the_page(opened) -> None:
    """Step, back, the slider: by keyboard; the numbers are Conv2D's, and the formula has them."""
    box = opened("stride")
    assert "⌊(7 − 3) / 2⌋ + 1 = 3" in box.locator(".try-formula").inner_text()
    step = box.get_by_role("button", name="Step")
    step.focus()
    box.page.keyboard.press("Enter")
    box.page.keyboard.press("Space")
    assert summary(box).startswith("Row 0, column 2")
    box.get_by_role("button", name="Back").press("Enter")
    assert summary(box).startswith("Row 0, column 1")
    box.get_by_role("radio", name="same").check()
    assert "⌈7 / 2⌉ = 4" in box.locator(".try-formula").inner_text()
    position = box.get_by_label("position", exact=True)
    position.press("End")
    assert position.get_attribute("aria-valuetext") == "16 of 16"
    assert summary(box).startswith("Row 3, column 3")
    assert step.get_attribute("aria-disabled") == "true"
    set_slider(box, "stride s", 3)
    set_slider(box, "picture, pixels a side n", 8)
    box.get_by_role("radio", name="valid").check()
    assert "2 × 2. The last 2 rows and columns" in box.locator(".try-formula").inner_text()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_plays_by_itself(opened, motion: str) -> None:
    """With or without the wish for less motion: only Play begins, Pause stops, the end stops."""
    box = opened("stride", reduced_motion=motion)
    position = box.get_by_label("position", exact=True)
    box.scroll_into_view_if_needed()
    box.page.wait_for_timeout(1500)
    assert position.input_value() == "1"
    play = box.locator("button", has_text="Play")
    play.click()
    box.page.wait_for_function(
        "document.querySelector('#try-stride .try-summary').innerText.startsWith('Row 0, column 1')"
    )
    box.get_by_role("button", name="Pause").click()
    stopped = position.input_value()
    box.page.wait_for_timeout(1200)
    assert position.input_value() == stopped
    position.press("End")
    position.press("ArrowLeft")
    play.click()
    box.page.wait_for_timeout(2500)
    assert position.input_value() == "9"
    assert play.inner_text() == "Play"


def test_summary_is_read_out_after_a_pause(opened) -> None:
    """Not at each move of a slider."""
    box = opened("neuron")
    live = box.locator(".try-summary")
    box.get_by_label("bias b", exact=True).press("ArrowLeft")
    assert live.get_attribute("aria-live") == "off"
    box.page.wait_for_timeout(600)
    assert live.get_attribute("aria-live") == "polite"


def test_way_on_the_page(opened) -> None:
    """Choose a digit by keyboard, a layer, a place: by sliders and by a press into the maps."""
    box = opened("way")
    digits = box.locator(".try-digits button")
    digits.first.focus()
    box.page.keyboard.press("ArrowRight")
    box.page.keyboard.press("Enter")
    assert digits.nth(1).get_attribute("aria-pressed") == "true"
    box.get_by_role("radio").nth(2).check()
    set_slider(box, "map", 5)
    set_slider(box, "row", 0)
    set_slider(box, "column", 3)
    assert re.search(r"map 5, row 0, column 3: .* rows 0 to 18 and columns 9 to 27", summary(box))
    steps = box.locator(".try-steps li").all_inner_texts()
    value = re.search(r"column 3: (\S+?)\. It", summary(box))
    assert value
    assert steps[-1].endswith(f"= {value[1]}")
    canvas = box.locator(".try-way canvas").nth(1)
    size = canvas.bounding_box()
    # The second map's place in row 2, column 4: tiles of 8 pixels and one of space.
    width, height = canvas.evaluate("c => [c.width, c.height]")
    canvas.click(
        position={"x": (9 + 4.5) / width * size["width"], "y": 2.5 / height * size["height"]}
    )
    assert re.search(r"map 1, row 2, column 4: .* rows 6 to 12 and columns 12 to 18", summary(box))
    box.get_by_role("radio").nth(3).check()
    assert summary(box).startswith("The logit of 1 is ")
    assert box.get_by_label("class", exact=True).input_value() == "1"
    assert not box.get_by_label("row", exact=True).is_visible()


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_axe(opened, chapter: str, width: int) -> None:
    """No violation of any rank in a chapter's boxes, and nothing wider than the window."""
    names = [name for name, (where, _) in BOXES.items() if where == chapter]
    page = opened(names[0], width, reduced_motion="reduce").page
    for name in names:
        box = page.locator(BOXES[name][1])
        box.scroll_into_view_if_needed()
        page.wait_for_selector(f"{BOXES[name][1]}[data-ready]")
        if "confusion" in name:
            box.locator("td button").nth(0).click()
        wide = box.evaluate(
            """box => [...box.querySelectorAll('*')].filter((e) => {
              const { left, right } = e.getBoundingClientRect();
              return right > innerWidth + 1 || left < -1;
            }).filter((e) => !e.closest('svg, mjx-container')).map((e) => e.outerHTML)"""
        )
        assert not wide, name
    assert violations(page, ", ".join(BOXES[name][1] for name in names)) == []
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0


def test_forced_colours(opened) -> None:
    """With the system's own colours a pressed cell and the focus can still be told."""
    box = opened("dense confusion", forced_colors="active")
    cell = box.locator("td button").nth(1)
    cell.click()
    assert cell.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


@pytest.mark.parametrize("name", [name for name in BOXES if "confusion" not in name])
def test_without_javascript(browser, address, name: str) -> None:
    """A still picture with words, and what the live one would need."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    chapter, box = BOXES[name]
    page.goto(f"{address}/book/{chapter}.html")
    picture = page.locator(f"{box} .try-still img")
    assert picture.is_visible()
    assert len(picture.get_attribute("alt")) > 40
    assert page.locator(box).get_by_text("needs JavaScript").is_visible()
    context.close()


def test_confusion_without_javascript(browser, address) -> None:
    """A table with a head for each row and column."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/book/02-dense.html")
    table = page.locator(".try-confusion table")
    assert table.is_visible()
    assert table.locator("td[data-count]").count() == 100
    assert table.locator("tbody th[scope=row]").all_inner_texts() == [str(k) for k in range(10)]
    assert table.locator("button").count() == 0
    context.close()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_control_has_a_name_of_its_own(browser, address, chapter: str) -> None:
    """Each kind has a script of its own, which does not know the others on the page."""
    page = browser.new_page()
    page.goto(f"{address}/book/{chapter}.html")
    bring_to_life(page)
    ids = page.evaluate("[...document.querySelectorAll('.try [id]')].map((e) => e.id)")
    groups = [
        name
        for box in page.locator(".try").all()
        for name in sorted(
            set(box.evaluate("b => [...b.querySelectorAll('[name]')].map(e => e.name)"))
        )
    ]
    page.close()
    assert len(ids) == len(set(ids))
    assert len(groups) == len(set(groups))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_opened_as_a_file(browser, chapter: str) -> None:
    """From a file, too, all are alive, and nothing fails."""
    page = browser.new_page()
    problems = []
    page.on("console", lambda m: m.type in ("error", "warning") and problems.append(m.text))
    page.goto((HTML / "book" / f"{chapter}.html").as_uri())
    boxes = page.locator(".try")
    bring_to_life(page)
    assert page.locator(".try[data-ready]").count() == boxes.count() > 0
    page.close()
    assert not problems


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_built_when_wanted(browser, address, chapter: str) -> None:
    """What is far below waits until a reader comes near; the first key finds all controls there."""
    page = browser.new_page()
    page.goto(f"{address}/book/{chapter}.html")
    page.wait_for_load_state("load")
    page.wait_for_timeout(500)
    boxes = page.locator(".try").count()
    assert page.locator(".try[data-ready]").count() < boxes
    page.keyboard.press("Tab")
    assert page.locator(".try[data-ready]").count() == boxes
    page.close()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_print(browser, address, chapter: str) -> None:
    """On paper there are the drawings as they are, and no sliders."""
    page = browser.new_page()
    page.goto(f"{address}/book/{chapter}.html")
    bring_to_life(page)
    page.emulate_media(media="print")
    assert page.locator(".try svg.try-picture").first.is_visible()
    assert not page.locator(".try input[type=range]").first.is_visible()
    assert not page.locator(".try-still").first.is_visible()
    page.close()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_size(browser, address, chapter: str) -> None:
    """All that the things to try add to a chapter before one is touched is within the budget."""
    page = browser.new_page()
    asked = set()
    page.on("request", lambda r: asked.add(r.url))
    page.goto(f"{address}/book/{chapter}.html", wait_until="networkidle")
    for box in page.locator(".try").all():
        box.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    page.close()
    pictures = "|".join(["try-", *still.TRIES])
    own = [u for u in asked if re.search(rf"/_static/(try|draw|live)/|_images/({pictures})", u)]
    assert not [u for u in own if "_images" in u], "a picture that nobody sees yet"
    files = [HTML / u.split("?")[0].removeprefix(f"{address}/") for u in own]
    html = (HTML / "book" / f"{chapter}.html").read_text("utf-8")
    without = re.sub(r'<div class="try[" ].*?<div class="try-(still|live)">', "", html, flags=re.S)
    inline = len(gzip.compress(html.encode(), 6)) - len(gzip.compress(without.encode(), 6))
    size = inline + sum(len(gzip.compress(file.read_bytes(), 6)) for file in files)
    print(f"\n{chapter}: {size:,} bytes, {inline:,} of them in the page, {len(files)} files")
    assert size <= BUDGET


def test_nothing_elsewhere(site) -> None:
    """Another page asks for nothing of it."""
    for page in ("01-data", "03-forward", "glossary"):
        html = (site / "book" / f"{page}.html").read_text("utf-8")
        assert "try.css" not in html
        assert "/live/" not in html


# --- How they get onto the page ---------------------------------------------------------------


def test_pictures_become_files(tmp_path) -> None:
    """A page's pictures are written beside it, by what is in them; other pages stay as they are."""
    app = SimpleNamespace(
        builder=SimpleNamespace(format="html"),
        outdir=tmp_path,
        styles=[],
    )
    app.add_css_file = app.styles.append
    png = base64.b64encode(interactive.sprite(IMAGES[:2])).decode()
    body = f'<div data-try="confusion" data-sprite="data:image/png;base64,{png}"></div>'
    context = {"body": body, "pathto": lambda path, _: f"../{path}"}
    try_it.load(app, "book/a", "", context, None)
    address = re.search(r'data-sprite="\.\./(_images/try-\w+\.png)"', str(context["body"]))
    assert address
    assert (tmp_path / address[1]).read_bytes() == interactive.sprite(IMAGES[:2])
    assert app.styles == ["try/try.css"]
    other = {"body": f'<img src="data:image/png;base64,{png}">'}
    try_it.load(app, "book/b", "", other, None)
    assert png in other["body"]
    assert len(app.styles) == 1


def test_stills_are_of_the_same_numbers(opened) -> None:
    """Each still has the words that the page shows now: make stills."""
    for name in still.TRIES:
        box = opened(name)
        drawn = box.locator("svg.try-picture text").all_text_contents()
        made = (TRY / f"{name}.svg").read_text("utf-8")
        texts = [
            unescape(re.sub("<[^>]+>", "", t)) for t in re.findall(r"<text.*?</text>", made, re.S)
        ]
        assert texts == drawn, name


def test_each_is_introduced_and_told(site) -> None:
    """Each has a sentence on what to try in or before it, and one on what to notice after it."""
    for chapter in CHAPTERS:
        source = (ROOT / "book" / f"{chapter}.md").read_text("utf-8")
        for body, after in re.findall(r"```\{try\} \w+\n(.*?)\n```\n\n([^\n]*)", source, re.S):
            assert body.split("\n\n", 1)[1].strip(), body
            assert len(after) > 60, body
            assert after[0] not in "`:#", body


def test_in_a_notebook_it_is_a_still_and_a_link() -> None:
    options = ':title: one neuron\n:alt: Some "bars".\n:start: {}'
    text = f"```{{try}} neuron\n{options}\n\nMake it *silent*.\n```"
    chapter = Chapter("book/02-dense", 2, text)
    made = Translator(chapter, Book.read(ROOT), site="https://a.example").plain(text)
    head, _, image = made.partition("\n\n<img ")
    assert head == (
        "> **Try it on [the book's page](https://a.example/book/02-dense.html#try-neuron), "
        "where this moves: one neuron**\n>\n> Make it *silent*."
    )
    assert re.match(
        r'src="data:image/png;base64,[^"]+" width="\d+" alt="Some &quot;bars&quot;\."', image
    )
    nowhere = Translator(chapter, Book.read(ROOT)).plain(text)
    assert nowhere.startswith("> **Try it on the book's page, where")
