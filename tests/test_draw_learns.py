"""The drawing page learns a hand: what is learned, the file, the panel, what is kept.

What only computes is loaded from the source; the page is that of the built book.
"""

import io
import json
import re
import zipfile

import numpy as np
import pytest
from accessible import violations
from conftest import ROOT
from test_draw import BYTES, PAGE, array, draw_by_mouse, open_page, readings, seen, settle, text

from digitrec import backprop, hand
from digitrec.networks import WeightsError, load_card, load_numpy
from tools import browser_digits, mouse
from tools import browser_model as packed

STATIC = ROOT / "book" / "_static"
LAST = {"logits/kernel": (1024, 10), "logits/bias": (10,)}
#: What the page loads when the reader teaches for the first time, and only then.
TEACHING = {"teach.js", "teach.css", "learner.js", "digits.js", "remember.js"}
#: A zero with a level bar through it: no form that the CNN has learned from.
ZERO = [(0.5 + 0.2 * np.sin(t), 0.5 - 0.33 * np.cos(t)) for t in np.linspace(0, 2 * np.pi, 25)]
BAR = [(0.14, 0.5), (0.86, 0.48)]
#: A learning may take so long, in milliseconds, on a machine with other work.
PATIENCE = 120_000


@pytest.fixture
def draw(browser, address, problems):
    """The drawing page, ready; what goes wrong on it is noted."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = open_page(context, address, problems)
    yield page
    context.close()
    assert not problems, "\n".join(problems)


def draw_zero(page) -> None:
    """Draw the zero with a level bar, which the CNN does not read."""
    # Its points are as near to each other as a quick hand's.
    mouse.draw(page, ZERO)
    mouse.draw(page, BAR, steps=9)
    settle(page)


def wait_for(page, words: str) -> None:
    page.wait_for_function(
        "(words) => document.querySelector('.draw-taught').textContent.includes(words)",
        arg=words,
        timeout=PATIENCE,
    )


def teach(page, digit: int) -> None:
    """Tap a digit, and wait until it is learned and the test digits are counted."""
    page.click(f".draw-answers button:nth-child({digit + 1})")
    wait_for(page, f"It learned your {digit}")
    wait_for_score(page)


def wait_for_score(page) -> None:
    page.wait_for_function(
        "document.querySelector('.teach-forgot').textContent.includes('→')", timeout=PATIENCE
    )


def bars(page) -> list[str]:
    """Each bar's length, to four digits: what both networks read."""
    settle(page)
    return page.eval_on_selector_all(
        ".draw-right .draw-bar", "(bars) => bars.map((bar) => bar.style.transform)"
    )


def save(page, path) -> None:
    with page.expect_download() as download:
        page.click(".teach-save")
    download.value.save_as(path)


# --- The file -----------------------------------------------------------------------------------

READ = (
    """async ([content, sha256, shapes]) => {"""
    + BYTES
    + """
  const { read } = await import('/draw/hand.js');
  try {
    const { card, arrays } = await read(bytesOf(content), { base: 'cnn', sha256, shapes });
    const found = {};
    for (const name in arrays) found[name] = [arrays[name].shape, textOf(arrays[name].data)];
    return { card, arrays: found };
  } catch (error) {
    return { name: error.constructor.name, message: error.message };
  }
}"""
)
WRITE = (
    """async ([card, arrays]) => {"""
    + BYTES
    + """
  const { write } = await import('/draw/hand.js');
  const given = {};
  for (const name in arrays) {
    const [shape, values] = arrays[name];
    given[name] = { shape, data: new Float32Array(bytesOf(values).buffer) };
  }
  return textOf(write(card, given));
}"""
)


def read_by_page(page, content: bytes) -> dict:
    sha256 = load_card("cnn")["weights_sha256"]
    shapes = {name: list(shape) for name, shape in LAST.items()}
    return page.evaluate(READ, [text(np.frombuffer(content, np.uint8)), sha256, shapes])


@pytest.fixture
def changed():
    """The CNN with another last layer."""
    network = load_numpy("cnn")
    rng = np.random.default_rng(0)
    last = network.layers[-1]
    last.kernel = rng.normal(size=last.kernel.shape).astype(np.float32)
    last.bias = rng.normal(size=last.bias.shape).astype(np.float32)
    return network


@pytest.fixture
def saved(tmp_path, changed) -> bytes:
    """A file that Python wrote."""
    path = tmp_path / "python.npz"
    card = {"base": "cnn", "temperature": 1.25, "samples": [2] * 10, "note": "Grüße"}
    hand.save(path, changed, card)
    return path.read_bytes()


def again(content: bytes, method: int = zipfile.ZIP_DEFLATED, **replaced: bytes | None) -> bytes:
    """Pack a file's members again, some of them with other content, or left out (None)."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(out, "w", method) as archive,
    ):
        for name in source.namelist():
            member = replaced.pop(name, source.read(name))
            if member is not None:
                archive.writestr(name, member)
        for name, extra in replaced.items():
            archive.writestr(name, extra or b"")
    return out.getvalue()


def npy(values: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, values, version)
    return stream.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_page_reads_what_python_wrote(bare, saved, changed, method) -> None:
    """Card and arrays, bit by bit; also when the file was packed again, with compression."""
    found = read_by_page(bare, saved if method == zipfile.ZIP_STORED else again(saved))
    assert found["card"]["temperature"] == 1.25
    assert found["card"]["note"] == "Grüße"
    assert set(found["arrays"]) == set(LAST)
    for name, (shape, values) in found["arrays"].items():
        expected = changed.weights[name]
        assert tuple(shape) == expected.shape
        assert np.array_equal(array(values, np.float32).reshape(shape), expected)


def test_python_reads_what_the_page_wrote(bare, tmp_path, changed) -> None:
    """Card and arrays, bit by bit; and so does NumPy alone."""
    card = {
        "base": "cnn",
        "base_sha256": load_card("cnn")["weights_sha256"],
        "reject_below": 0.5,
        "temperature": 1.5,
        "samples": [0] * 9 + [3],
        "note": "Grüße",
    }
    arrays = {name: [list(s), text(changed.weights[name])] for name, s in LAST.items()}
    path = tmp_path / "page.npz"
    path.write_bytes(array(bare.evaluate(WRITE, [card, arrays]), np.uint8).tobytes())
    assert hand.read_card(path) == {"format": hand.FORMAT, **card}
    network = hand.load(path)
    assert network.reject_below == 0.5
    for name, expected in changed.weights.items():
        assert np.array_equal(network.weights[name], expected), name
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == hand.CARD
    assert np.array_equal(np.load(path)["logits/bias"], changed.weights["logits/bias"])


def with_card(saved: bytes, **changes: object) -> bytes:
    card = json.loads(zipfile.ZipFile(io.BytesIO(saved)).read(hand.CARD))
    return again(saved, **{hand.CARD: json.dumps({**card, **changes}).encode()})


#: What is wrong with a file: how to make it, and what the page says of it.
BAD = {
    "another file": (lambda saved: b"\x89PNG" * 100, "no file of weights"),
    "empty": (lambda saved: b"", "no file of weights"),
    "cut off": (lambda saved: saved[:-100], "no file of weights"),
    "a wrong bit": (lambda saved: saved[:9000] + b"\xff\x00" + saved[9002:], "damaged"),
    "no card": (lambda saved: again(saved, **{hand.CARD: None}), "no card.json"),
    "no JSON": (lambda saved: again(saved, **{hand.CARD: b"{"}), "no JSON"),
    "a list": (lambda saved: again(saved, **{hand.CARD: b"[1]"}), "format"),
    "another format": (lambda saved: with_card(saved, format="digitrec hand 9"), "format"),
    "another network": (lambda saved: with_card(saved, base="dense"), "network “dense”"),
    "another version": (lambda saved: with_card(saved, base_sha256="0" * 64), "another version"),
    "no threshold": (lambda saved: with_card(saved, reject_below=7), "reject_below"),
    "another shape": (
        lambda saved: again(saved, **{"logits/bias.npy": npy(np.zeros(11, np.float32))}),
        "expected 10 numbers (float32), found 11",
    ),
    "doubles": (
        lambda saved: again(saved, **{"logits/bias.npy": npy(np.zeros(10))}),
        "expected 10 numbers (float32)",
    ),
    "no numbers": (
        lambda saved: again(saved, **{"logits/bias.npy": npy(np.full(10, np.nan, np.float32))}),
        "not finite",
    ),
    "an unknown array": (
        lambda saved: again(saved, **{"head/bias.npy": npy(np.zeros(10, np.float32))}),
        "“head/bias”",
    ),
    "large": (lambda saved: bytes(2_000_000), "too large"),
    "a bomb": (lambda saved: again(saved, **{"logits/bias.npy": bytes(50_000_000)}), "too large"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_line(bare, saved, tmp_path, name: str) -> None:
    """Each with a message that says what is wrong; Python refuses nearly all of them, too."""
    make, words = BAD[name]
    content = make(saved)
    found = read_by_page(bare, content)
    assert found.get("name") == "HandError", found
    assert words in found["message"]
    assert "\n" not in found["message"]
    assert len(found["message"]) < 200
    if name == "another network":
        return  # Python would use it, if the checksum were right
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(WeightsError):
        hand.load(path)


def test_every_cut_and_every_byte(bare, saved) -> None:
    """A file cut off anywhere, or with any byte changed, is read or refused: nothing else."""
    rng = np.random.default_rng(1)
    small = again(saved, **{"logits/kernel.npy": None})
    for place in rng.choice(len(small), 60, replace=False):
        damaged = bytearray(small)
        damaged[place] ^= int(rng.integers(1, 256))
        for content in (small[:place], bytes(damaged)):
            found = read_by_page(bare, content)
            assert "card" in found or found["name"] == "HandError", (place, found)


# --- What is learned ----------------------------------------------------------------------------


@pytest.mark.slow
def test_what_is_remembered() -> None:
    """remember.bin is what `make browser-model` gives now: digits, every second one hard."""
    chosen = packed.choose_remembered()
    places = np.frombuffer((STATIC / "draw" / "remember.bin").read_bytes(), "<u2")
    assert places.shape == chosen.shape == (len(set(places)),) == (packed.REMEMBERED,)
    digits, _, training = browser_digits.unpack(browser_digits.DIGITS_FILE.read_bytes())
    assert places.max() < training
    # Another processor rounds otherwise, and digits that are equally hard change places: no others.
    network = load_numpy("cnn")
    margins, same = (
        np.diff(np.sort(network.predict_probabilities(digits[p]), axis=1)[:, -2:], axis=1)[:, 0]
        for p in (places, chosen)
    )
    np.testing.assert_allclose(margins, same, atol=1e-4)
    assert (places == chosen).mean() > 0.99
    assert margins[0::2].mean() + 0.05 < margins[1::2].mean()


def test_answers_may_be_probabilities(bare) -> None:
    """Loss and gradient are backprop.py's, where all classes are equally probable, too."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(6, 10)).astype(np.float32) * 3
    answers = np.eye(10, dtype=np.float32)[[3, 1, 4, 1, 5, 9]]
    answers[4:] = 0.1
    loss, gradient = backprop.softmax_cross_entropy(logits.astype(np.float64), answers)
    found = bare.evaluate(
        """async ([logits, answers]) => {
          const { crossEntropy } = await import('/train/backward.js');
          const delta = new Float64Array(60);
          const [z, y] = [Float32Array.from(logits), Float32Array.from(answers)];
          const { loss } = crossEntropy(z, y, 6, 10, delta);
          const { right } = crossEntropy(z.slice(0, 40), y.slice(0, 40), 4, 10);
          const { right: same } = crossEntropy(z, Uint8Array.of(3, 1, 4, 1), 4, 10);
          return { loss, delta: [...delta], right, same };
        }""",
        [logits.ravel().tolist(), answers.ravel().tolist()],
    )
    assert found["loss"] == pytest.approx(loss, rel=1e-6)
    assert np.allclose(np.reshape(found["delta"], (6, 10)), gradient, atol=1e-7)
    assert found["right"] == found["same"] == (logits[:4].argmax(1) == [3, 1, 4, 1]).sum()


def test_varied_drawings(bare) -> None:
    """None is the drawing itself, all are near to it, and the same seed gives the same."""
    found = bare.evaluate(
        """async () => {
          const { vary } = await import('/draw/vary.js');
          const { randomFrom } = await import('/train/backward.js');
          const drawing = { sample: null, strokes: [
            { pen: 70, points: [300, 200, 700, 200, 450, 850] },
            { pen: 70, points: [350, 500, 650, 520] }] };
          const make = () => {
            const random = randomFrom(3);
            return Array.from({ length: 200 }, () => vary(drawing, random));
          };
          return [drawing, make(), make()];
        }"""
    )
    drawing, varied, same = found
    assert varied == same

    def points(of):
        return np.concatenate([np.reshape(stroke["points"], (-1, 2)) for stroke in of["strokes"]])

    original = points(drawing)
    moved = np.array([points(each) for each in varied]) - original
    assert (np.abs(moved).max(axis=(1, 2)) > 1).all()
    assert np.abs(moved).max() < 250  # units, a quarter of the pad
    assert np.abs(moved.mean(axis=0)).max() < 15  # no side is preferred
    assert [len(stroke["points"]) for stroke in varied[0]["strokes"]] == [6, 4]
    pens = [each["strokes"][0]["pen"] for each in varied]
    assert 40 < min(pens) < 60
    assert 80 < max(pens) < 100


def test_holding_back_and_counting(bare) -> None:
    """By hand: it does not go where held back digits are misread, and goes where they are read."""
    found = bare.evaluate(
        """async () => {
          const { Learner, mixed } = await import('/draw/learn.js');
          const { Sequential } = await import('/draw/forward.js');
          const kernel = new Float32Array(7840);
          const biased = (k, by) => Float32Array.from({ length: 10 }, (_, u) => (u === k ? by : 0));
          const layers = [
            { layer: 'Flatten', name: 'flatten' }, { layer: 'Dense', name: 'logits' }];
          const network = new Sequential(layers, {
            'logits/kernel': { shape: [784, 10], data: kernel },
            'logits/bias': { shape: [10], data: biased(0, 1) } }, [28, 28]);
          const learner = new Learner(network);
          // Blank pictures: the bias alone decides.
          learner.held = learner.see(new Uint8Array(784 * 4), Uint8Array.of(0, 0, 0, 1));
          const to = (k, by) => ({ kernel, bias: biased(k, by) });
          // Half way to 5, 0 and 5 are as probable as each other, and the first one counts.
          return [learner.score(learner.base, learner.held),
            learner.holdBack(learner.base, to(5, 1)), learner.holdBack(learner.base, to(0, 3)),
            [...mixed(learner.base, to(5, 1), 0.25).bias].slice(0, 6)];
        }"""
    )
    score, back, gone, mix = found
    assert score == {"right": 3, "of": 4}
    assert back == 0.5
    assert gone == 1
    assert mix == [0.75, 0, 0, 0, 0, 0.25]


# --- On the page ----------------------------------------------------------------------------------


def test_nothing_of_it_is_loaded_before_it_is_asked_for(browser, address, problems) -> None:
    """Nor on the front page; and afterwards exactly this."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    context.on(
        "request", lambda request: asked.append(request.url.split("?")[0].rsplit("/", 1)[-1])
    )
    page = open_page(context, address, problems)
    draw_zero(page)
    page.wait_for_timeout(500)
    assert not TEACHING & set(asked)
    assert asked.count("model.js") == 1
    before = page.locator("#pad").bounding_box()
    start = len(asked)
    teach(page, 0)
    assert {name for name in asked[start:] if "." in name} == TEACHING  # a worker has no name
    assert page.locator("#pad").bounding_box() == before, "the pad moved"
    assert not problems
    context.close()


def test_a_misread_digit_is_learned_and_forgotten(draw, tmp_path) -> None:
    """A zero with a level bar: not read, learned, read; undone, exactly as before."""
    draw_zero(draw)
    before, first = readings(draw)[0], bars(draw)
    assert before != "0"
    teach(draw, 0)
    assert readings(draw)[0] == "0"
    assert draw.inner_text(".teach-title") == "It learned your 0"
    assert draw.inner_text(".teach-count") == "1 of 0."
    score = draw.inner_text(".teach-forgot")
    right, now = map(int, re.search(r"\((\d+) → (\d+) of 1,000\)", score).groups())
    assert right >= 990
    assert now >= right - 8
    low, high = map(float, re.search(r"between ([\d.]+)\s% and ([\d.]+)\s%", score).groups())
    assert low < now / 10 < high
    # The change of this drawing, before and now.
    cells = draw.locator(".teach-bars tbody tr").first.locator("td")
    old, new = (cells.nth(k).inner_text() for k in (0, 1))
    assert old == first_percent(first)
    assert new == draw.locator(".draw-right .draw-bars tbody tr td").first.inner_text()

    # What was saved reads the same drawing in Python, too, and says what it is.
    path = tmp_path / "mine.npz"
    save(draw, path)
    card = hand.read_card(path)
    assert card["samples"] == [1] + [0] * 9
    assert len(card["drawings"]) == 1
    image = seen(draw).astype(np.uint8)
    network = hand.load(path)
    assert network.predict(image[None]).argmax() == 0
    assert load_numpy("cnn").predict_probabilities(image[None]).max() < 0.9

    draw.click(".teach-undo")
    wait_for(draw, "A sample is gone: a 0.")
    assert (readings(draw)[0], bars(draw)) == (before, first)
    assert draw.inner_text(".teach-count").startswith("None")
    assert draw.locator(".teach-save").is_disabled()

    # A fresh page reads the file: the weights, exactly, and the sample.
    draw.set_input_files(".teach-file", path)
    draw.wait_for_function("document.querySelector('.teach-note').textContent.includes('read.')")
    assert readings(draw)[0] == "0"
    assert draw.locator(".teach-samples li").count() == 1
    save(draw, tmp_path / "again.npz")
    again_ = hand.load(tmp_path / "again.npz")
    for name in LAST:
        assert np.array_equal(again_.weights[name], network.weights[name])

    # One can be deleted; and all forgotten.
    draw.click(".teach-forget")
    wait_for(draw, "All is forgotten")
    assert (readings(draw)[0], bars(draw)) == (before, first)


def first_percent(lengths: list[str]) -> str:
    found = re.search(r"scaleX\(([\d.]+)", lengths[0])
    return f"{round(100 * float(found[1]))} %"


def test_a_hand_from_paper_is_used_and_taught_on(draw, saved, tmp_path) -> None:
    """A file of the command's, which has no drawings: its weights are the start."""
    path = tmp_path / "paper.npz"
    network = load_numpy("cnn")
    last = network.layers[-1]
    last.kernel, last.bias = last.kernel * np.float32(0.9), last.bias + np.float32(0.1)
    hand.save(path, network, {"base": "cnn", "temperature": 1.0, "samples": [5] * 10})
    draw.click(".draw-answers button:nth-child(1)")  # an empty pad: the panel is not there yet
    wait_for(draw, "nothing to learn from")
    draw.click(".draw-more")
    draw.wait_for_selector(".teach-round:focus")
    draw.set_input_files(".teach-file", path)
    draw.wait_for_function("document.querySelector('.teach-note').textContent.includes('5 of 0')")
    draw_zero(draw)
    teach(draw, 0)
    assert draw.inner_text(".teach-count").startswith("6 of 0, 5 of 1")
    assert readings(draw)[0] == "0"
    draw.click(".teach-undo")
    wait_for(draw, "A sample is gone")
    save(draw, tmp_path / "back.npz")
    back = hand.load(tmp_path / "back.npz")
    for name in LAST:
        assert np.array_equal(back.weights[name], network.weights[name])
    for content, words in ((b"no", "no file of weights"), (saved[:-9], "no file of weights")):
        (tmp_path / "bad.npz").write_bytes(content)
        draw.set_input_files(".teach-file", tmp_path / "bad.npz")
        draw.wait_for_function(
            "(words) => document.querySelector('.teach-note').textContent.includes(words)",
            arg=words,
        )
    assert draw.inner_text(".teach-count").startswith("5 of 0")


def test_test_digits_are_not_learned(draw) -> None:
    """What the network is tested with it must not learn; and from an empty pad, nothing."""
    draw.click(".draw-samples button:nth-child(4)")
    settle(draw)
    draw.click(".draw-answers button:nth-child(4)")
    wait_for(draw, "This is a test digit.")
    draw.click(".draw-clear")
    draw.click(".draw-answers button:nth-child(4)")
    wait_for(draw, "nothing to learn from")


def test_kept_only_after_asking(browser, address, problems) -> None:
    """Nothing is kept until the reader agreed; then it is there after a reload, until withdrawn."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = open_page(context, address, problems)
    kept = "Object.keys(localStorage).filter((key) => key.startsWith('digitrec'))"
    draw_zero(page)
    before = bars(page)
    teach(page, 0)
    after = bars(page)
    page.click(".teach-keep")
    assert page.locator(".teach-ask").is_visible()
    assert not page.locator(".teach-keep").is_checked()
    assert page.evaluate(kept) == []
    page.click(".teach-no")
    assert page.locator(".teach-ask").is_hidden()
    assert page.evaluate(kept) == []
    page.click(".teach-keep")
    page.click(".teach-yes")
    assert page.locator(".teach-keep").is_checked()
    assert page.evaluate(kept) == ["digitrec.hand"]

    page.reload()
    page.wait_for_selector("#draw[data-ready]")
    wait_for(page, "which this browser kept")
    assert bars(page) == after  # the drawing is in the address
    assert page.locator(".teach-samples li").count() == 1
    page.click(".teach-keep")
    assert page.evaluate(kept) == []
    assert bars(page) == after
    page.reload()
    page.wait_for_selector("#draw[data-ready]")
    assert bars(page) == before

    # What is no longer readable is said, and the page goes on.
    page.evaluate("localStorage.setItem('digitrec.hand', 'bm8=')")
    page.reload()
    page.wait_for_selector("#draw[data-ready]")
    wait_for(page, "can no longer be read")
    assert bars(page) == before
    page.click(".teach-keep")
    assert page.evaluate(kept) == []
    context.close()
    assert not problems


def test_without_storage_and_without_a_worker(browser, address) -> None:
    """A browser that keeps nothing, and a worker that does not come: one clear line each."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(
        "Storage.prototype.setItem = Storage.prototype.getItem = Storage.prototype.removeItem"
        " = () => { throw new Error('no storage'); };"
    )
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/learner.js*", lambda route: route.abort())
    page.goto(f"{address}/{PAGE}")
    page.wait_for_selector("#draw[data-ready]")
    draw_zero(page)
    before = bars(page)
    page.click(".draw-answers button:nth-child(1)")
    wait_for(page, "Nothing was learned: what learns could not be started.")
    assert bars(page) == before
    assert page.locator(".teach-samples li").count() == 0
    page.unroute("**/learner.js*")
    page.click(".draw-answers button:nth-child(1)")
    wait_for(page, "It learned your 0")
    page.click(".teach-keep")
    page.click(".teach-yes")
    wait_for(page, "keeps nothing for this page")
    assert not page.locator(".teach-keep").is_checked()
    context.close()
    assert not [error for error in errors if "no storage" not in error]


def test_by_keyboard_alone(draw) -> None:
    """Draw, name the digit, delete the sample: without a pointer. A screen reader hears of it."""
    draw.focus("#pad")
    press = draw.keyboard.press
    press("Space")
    for _ in range(9):
        press("ArrowDown")
    press("Space")
    settle(draw)
    draw.focus(".draw-answers button:nth-child(1)")
    for _ in range(7):
        press("ArrowRight")
    assert draw.evaluate("document.activeElement.textContent") == "7"
    press("Enter")
    wait_for(draw, "It learned your 7")
    assert draw.inner_text(".draw-status").startswith("It learned your 7")
    wait_for_score(draw)
    draw.focus(".teach-samples button")
    assert draw.evaluate("document.activeElement.ariaLabel") == "Delete sample 1, a 7"
    press("Enter")
    wait_for(draw, "A sample is gone")
    draw.wait_for_function("document.activeElement.className === 'teach-round'")


def test_a_few_of_each(draw) -> None:
    """The page asks for one digit after the other, and learns from what it got."""
    draw_by_mouse(draw, BAR)
    teach(draw, 1)
    draw.click(".teach-round")
    wait_for(draw, "Draw a 0, then press Next (1 of 20).")
    draw.click(".draw-next")
    wait_for(draw, "There is no digit yet.")
    draw_zero(draw)
    draw.click(".draw-next")
    wait_for(draw, "Draw a 1, then press Next (2 of 20).")
    draw.click(".draw-stop")
    wait_for(draw, "It learned 1 digit of yours")
    assert draw.inner_text(".teach-count") == "1 of 0, 1 of 1."


def test_nothing_else_is_changed_in_a_round(draw) -> None:
    """What would delete samples, or mix a file in, waits until the round is over."""
    draw_zero(draw)
    teach(draw, 0)
    draw.click(".teach-round")
    for name in ("undo", "forget", "round", "load", "samples button"):
        assert draw.locator(f".teach-{name}").is_disabled(), name
    draw.click(".draw-stop")
    wait_for(draw, "Nothing was learned.")
    for name in ("undo", "forget", "round", "load", "samples button"):
        assert draw.locator(f".teach-{name}").is_enabled(), name
    assert draw.locator(".draw-answers").is_visible()


def test_a_drawing_is_one_digit(draw) -> None:
    """What it is called last; a slip of the finger is no sample."""
    draw_zero(draw)
    teach(draw, 7)
    teach(draw, 2)
    assert draw.inner_text(".teach-count") == "1 of 2."
    assert draw.locator(".teach-samples li").count() == 1


@pytest.fixture
def paper(tmp_path):
    """A file of the command's, without drawings, with a threshold and a card of its own."""
    network = load_numpy("cnn")
    network.layers[-1].bias = network.layers[-1].bias + np.float32(0.1)
    network.reject_below = 0.5975
    card = {"base": "cnn", "temperature": 1.0, "samples": [5] * 10, "recipe": {"replayed": 6000}}
    card |= {"date": "2025-01-02", "held_back": {"of": 10, "before": 7, "after": 9}}
    hand.save(tmp_path / "paper.npz", network, card)
    return tmp_path / "paper.npz"


def test_what_was_loaded_is_saved_as_it_was(draw, paper, tmp_path) -> None:
    """Its card, too; taught on, it says what it began with, and speaks of no drawings."""
    draw.click(".draw-more")
    draw.wait_for_selector(".teach-round:focus")
    draw.set_input_files(".teach-file", paper)
    draw.wait_for_function("document.querySelector('.teach-note').textContent.includes('5 of 0')")
    save(draw, tmp_path / "same.npz")
    assert hand.read_card(tmp_path / "same.npz") == hand.read_card(paper)
    assert "without drawings" in draw.inner_text(".teach-note")
    draw_zero(draw)
    teach(draw, 0)
    save(draw, tmp_path / "on.npz")
    card = hand.read_card(tmp_path / "on.npz")
    assert card["reject_below"] == 0.5975
    assert card["samples"][0] == 6
    assert card["start"]["held_back"] == {"of": 10, "before": 7, "after": 9}
    assert "held_back" not in card
    assert "drawings" not in card
    assert "without drawings" in draw.inner_text(".teach-note")


def test_a_file_replaces_what_was_taught_only_after_asking(draw, paper) -> None:
    draw_zero(draw)
    teach(draw, 0)
    draw.set_input_files(".teach-file", paper)
    draw.wait_for_selector(".teach-take:focus")
    assert "paper.npz takes the place of" in draw.inner_text(".teach-replace")
    assert "1 of 0" in draw.inner_text(".teach-replace")
    draw.click(".teach-leave")
    assert draw.locator(".teach-replace").is_hidden()
    assert draw.inner_text(".teach-count") == "1 of 0."
    draw.set_input_files(".teach-file", paper)
    draw.wait_for_selector(".teach-replace:not([hidden])")
    draw.click(".teach-round")  # an answer now would mix the two
    assert draw.locator(".teach-replace").is_hidden()
    draw.click(".draw-stop")
    draw.set_input_files(".teach-file", paper)
    draw.click(".teach-take")
    draw.wait_for_function("document.querySelector('.teach-note').textContent.includes('5 of 0')")
    assert draw.locator(".teach-samples li").count() == 0


def test_two_tabs(browser, address, problems) -> None:
    """What one forgets does not come back by the other; what one learns, the other takes over."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    one = open_page(context, address, problems)
    draw_zero(one)
    teach(one, 0)
    one.click(".teach-keep")
    one.click(".teach-yes")
    other = open_page(context, address, problems)
    wait_for(other, "which this browser kept")
    draw_by_mouse(other, BAR)
    teach(other, 1)
    wait_for(one, "Another tab has taught it")
    assert one.inner_text(".teach-count") == "1 of 0, 1 of 1."
    one.click(".teach-forget")
    other.wait_for_function(
        "document.querySelector('.teach-note').textContent.includes('Another tab has deleted')"
    )
    assert not other.locator(".teach-keep").is_checked()
    other.click(".teach-undo")
    wait_for(other, "A sample is gone")
    assert other.evaluate("localStorage.getItem('digitrec.hand')") is None
    context.close()
    assert not problems


def test_a_newer_hand_is_not_overwritten(browser, address, problems) -> None:
    """Also where the other tab's news have not come: then this one keeps nothing, and says so."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = open_page(context, address, problems)
    draw_zero(page)
    teach(page, 0)
    page.click(".teach-keep")
    page.click(".teach-yes")
    page.evaluate("localStorage.setItem('digitrec.hand', 'newer')")  # the tab itself hears nothing
    page.click(".teach-undo")
    wait_for(page, "A sample is gone")
    assert page.evaluate("localStorage.getItem('digitrec.hand')") == "newer"
    assert not page.locator(".teach-keep").is_checked()
    assert "Another tab has changed" in page.inner_text(".teach-note")
    context.close()
    assert not problems


def test_forced_colours(browser, address, problems) -> None:
    """Where the system chooses the colours, switches, bars and samples can be seen."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, forced_colors="active", color_scheme="dark"
    )
    page = open_page(context, address, problems)
    draw_zero(page)
    teach(page, 0)
    style = "(element, name) => getComputedStyle(element)[name]"
    for switch in (".draw-centre", ".teach-keep"):
        assert page.eval_on_selector(switch, style, "appearance") == "auto"
    canvas = page.eval_on_selector("body", style, "backgroundColor")
    assert page.eval_on_selector(".draw-bar", style, "backgroundColor") != canvas
    paper = page.eval_on_selector(".teach-samples canvas", style, "backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    context.close()
    assert not problems


def test_it_is_accessible_and_fits_a_phone(browser, address, problems) -> None:
    """No violation of any rank on a page that has learned; at 320 pixels nothing is cut off."""
    context = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True)
    page = open_page(context, address, problems)
    draw_zero(page)
    teach(page, 0)
    page.click(".teach-keep")
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert violations(page, "#draw") == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        small = page.eval_on_selector_all(
            ".draw-wrong button, .draw-teach button",
            """(buttons) => buttons.map((b) => b.getBoundingClientRect())
              .filter((r) => r.width && (r.width < 44 || r.height < 44)).length""",
        )
        assert small == 0 or width > 320
    context.close()
    assert not problems
