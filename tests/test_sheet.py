"""The sheet: what is printed, and what is found of it in a photograph."""

import re

import cv2
import numpy as np
import pytest

from digitrec import reading, sheet, simulate
from digitrec.mnist import load_test
from digitrec.scene import PENS, Light, PageCamera, Pen


@pytest.fixture(scope="module")
def printed():
    return sheet.picture()


def fill(printed, rng, skipped=()):
    """Write MNIST's test digits into the boxes; return the ink, and which boxes have some."""
    test = load_test()
    left, top = sheet.printed_at()
    digits, filled = [], []
    for row, digit, x, y in sheet.box_places():
        if (row, digit) in skipped:
            continue
        drawn = test.x_test[rng.choice(np.flatnonzero(test.y_test == digit))]
        place = (left + x) * sheet.FINE, (top + y) * sheet.FINE, sheet.BOX * sheet.FINE
        digits.append((drawn, place))
        filled.append((row, digit))
    return simulate.write_in(printed.shape, digits, rng), filled


@pytest.fixture(scope="module")
def skipped():
    """The last five rows, and two boxes more."""
    return {(row, digit) for row in range(5, 10) for digit in range(10)} | {(1, 7), (4, 0)}


@pytest.fixture(scope="module")
def photo(printed, skipped):
    """A filled sheet, seen from the side, in uneven light, bent a little."""
    rng = np.random.default_rng(5)
    ink, _ = fill(printed, rng, skipped)
    return simulate.photograph_form(
        printed,
        ink,
        rng,
        height=0.8,
        bend=0.01,
        pen=Pen(colour=PENS["ballpoint"]),
        light=Light(brightness=0.7, gradient=0.4, shadow=0.4),
        camera=PageCamera(size=(1200, 1600), rotation=7, tilt=(0.12, -0.1), noise=4),
    )


def test_the_boxes_and_marks_are_on_every_paper_and_apart():
    areas = [(x, y, sheet.MARK, sheet.MARK) for x, y in sheet.mark_places()]
    areas += [(x, y, sheet.BOX, sheet.BOX) for _, _, x, y in sheet.box_places()]
    assert len(areas) == 4 + 100
    for number, (x, y, wide, high) in enumerate(areas):
        assert 0 <= x <= x + wide <= sheet.WIDTH
        assert 0 <= y <= y + high <= sheet.HEIGHT
        for x2, y2, wide2, high2 in areas[:number]:
            assert x2 + wide2 < x or x + wide < x2 or y2 + high2 < y or y + high < y2
    for wide, high in sheet.PAPERS.values():  # few printers print nearer to the edge
        assert wide - sheet.WIDTH >= 2 * 6
        assert high - sheet.HEIGHT >= 2 * 6


def test_each_digit_has_ten_boxes():
    digits = [digit for _, digit, _, _ in sheet.box_places()]
    assert np.bincount(digits).tolist() == [10] * 10


def test_the_pdf_is_one_page_and_its_table_is_right():
    content = sheet.pdf()
    assert content == sheet.pdf()  # the same bytes each time
    assert content != sheet.pdf("letter")
    assert content.startswith(b"%PDF-1.4\n")
    assert content.endswith(b"%%EOF\n")
    starts = re.findall(rb"^(\d{10}) 00000 n $", content, re.MULTILINE)
    for number, start in enumerate(starts, start=1):
        assert content[int(start) :].startswith(b"%d 0 obj\n" % number)
    table = int(re.search(rb"startxref\n(\d+)\n", content)[1])
    assert content[table:].startswith(b"xref\n0 %d\n" % (len(starts) + 1))
    length, stream = re.search(
        rb"/Length (\d+) >>\nstream\n(.*)\nendstream", content, re.S
    ).groups()
    assert len(stream) == int(length)
    assert b"/MediaBox [0 0 595.28 841.89]" in content
    assert b"/MediaBox [0 0 612.00 792.00]" in sheet.pdf("letter")
    for words in (sheet.TITLE, *sheet.INSTRUCTIONS, sheet.FOOTER):
        assert f"({words}) Tj".encode() in content


def test_another_paper_is_refused():
    for make in (sheet.pdf, sheet.picture):
        with pytest.raises(ValueError, match=r"expected a paper of .*'A4', 'letter'.*, found 'A5'"):
            make("A5")


@pytest.mark.parametrize("paper", sheet.PAPERS)
def test_the_marks_are_where_they_are_said_to_be(paper):
    fine = 5
    found = sheet.find_marks(sheet.picture(paper, fine))
    left, top = sheet.printed_at(paper)
    assert sorted(found) == [0, 1, 2, 3]
    for number, (x, y) in enumerate(sheet.mark_places()):
        corner = (np.array([left + x, top + y])) * fine - 0.5  # a pixel's place is its middle's
        assert found[number][0] == pytest.approx(corner, abs=1)
        assert found[number][2] == pytest.approx(corner + sheet.MARK * fine, abs=1)


def test_a_photographed_sheet_is_read(photo, skipped):
    found = sheet.read_sheet(photo)
    assert set(found.empty) == skipped
    assert found.images.shape == (48, 28, 28)
    assert found.images.dtype == np.uint8
    expected = [(r, d) for r in range(5) for d in range(10) if (r, d) not in skipped]
    assert list(zip(found.rows, found.labels, strict=True)) == expected


def test_the_digits_are_prepared_like_mnist(photo):
    """In a box of 20 pixels, the centre of mass in the middle."""
    for digit in sheet.read_sheet(photo).images:
        rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
        mass = digit.sum(axis=1, dtype=float) @ np.arange(28) / digit.sum(dtype=float)
        assert mass == pytest.approx(14, abs=1)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_the_photograph_may_be_turned(photo, skipped, turns):
    assert set(sheet.read_sheet(np.rot90(photo, turns)).empty) == skipped


@pytest.mark.parametrize("number", range(4))
def test_one_mark_may_be_hidden(photo, skipped, number):
    marks = sheet.find_marks(reading.to_gray(photo))
    hidden = photo.copy()
    centre = tuple(int(v) for v in marks[number].mean(axis=0))
    cv2.circle(hidden, centre, 45, (200, 160, 140), -1)
    assert number not in sheet.find_marks(reading.to_gray(hidden))
    found = sheet.read_sheet(hidden)
    assert set(found.empty) == skipped


def test_with_two_marks_hidden_it_says_which_were_found(photo):
    hidden = photo.copy()
    marks = sheet.find_marks(reading.to_gray(photo))
    for number in (0, 2):
        cv2.circle(hidden, tuple(int(v) for v in marks[number].mean(axis=0)), 45, (9, 9, 9), -1)
    with pytest.raises(sheet.SheetError, match=r"three are enough.*found upper right, lower left"):
        sheet.read_sheet(hidden)


def test_no_sheet_is_said_to_be_none():
    with pytest.raises(sheet.SheetError, match=r"four corner marks .*, found none"):
        sheet.read_sheet(np.full((300, 200), 200, np.uint8))


def test_two_sheets_in_one_photograph_are_told(photo):
    """Only one would be read, and which one nobody could say."""
    with pytest.raises(sheet.SheetError, match=r"expected one sheet, .* photograph each"):
        sheet.read_sheet(np.concatenate([photo, photo], axis=1))


def test_a_sheet_far_away_is_refused(printed):
    small = cv2.resize(printed, None, fx=0.12, fy=0.12, interpolation=cv2.INTER_AREA)
    far = np.full((400, 400), 120, np.uint8)
    far[: small.shape[0], : small.shape[1]] = small
    with pytest.raises(sheet.SheetError):
        sheet.read_sheet(far)


@pytest.mark.slow
def test_nothing_printed_is_taken_for_ink(printed):
    """Neither lines nor model digits, on the sheet as it is and photographed."""
    rng = np.random.default_rng(0)
    blank = np.zeros(printed.shape, np.float32)
    light = Light(gradient=0.5, shadow=0.5, brightness=0.6)
    camera = PageCamera(size=(1200, 1600), rotation=4, tilt=(0.1, 0.1), noise=6)
    photo = simulate.photograph_form(
        printed, blank, rng, height=0.8, bend=0.012, light=light, camera=camera
    )
    for picture in (printed, photo):
        with pytest.raises(sheet.SheetError, match="found all of them empty"):
            sheet.read_sheet(picture)


def test_a_stroke_over_the_line_stays_whole():
    """Where a line was, there is what is on both of its sides."""
    size = round((sheet.BOX + 4 * sheet.MARGIN) * sheet.FINE)
    ink = np.zeros((size, size), np.float32)
    start, side = round(2 * sheet.MARGIN * sheet.FINE), round(sheet.BOX * sheet.FINE)
    thick = round(sheet.LINE * sheet.FINE)
    for edge in (start, start + side - thick):
        ink[start : start + side, edge : edge + thick] = 0.25
        ink[edge : edge + thick, start : start + side] = 0.25
    assert sheet.cut_box(ink, start, start).max() == 0
    ink[60:70, :] = 0.9  # a stroke through both upright lines
    cut = sheet.cut_box(ink, start, start)
    row = cut[65 - start + round(sheet.MARGIN * sheet.FINE)]
    assert row.min() == pytest.approx(0.9)
    assert cut[100].max() == 0


def test_boxes_are_found_on_bent_paper(printed):
    """The straightened sheet's boxes follow a bend of two millimetres, with strokes in them."""
    margin = round((sheet.printed_at()[0] - sheet.AROUND) * sheet.FINE)
    above = round((sheet.printed_at()[1] - sheet.AROUND) * sheet.FINE)
    ink, _ = fill(printed, np.random.default_rng(2))
    drawn = np.maximum(ink, (255 - printed).astype(np.float32) / 255)
    flat = drawn[above : drawn.shape[0] - above, margin : drawn.shape[1] - margin]
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in flat.shape[::-1]))
    bend = 2 * sheet.FINE * np.sin(np.pi * x / flat.shape[1]).astype(np.float32)
    bent = cv2.remap(flat, x, y + bend, cv2.INTER_LINEAR)
    found = sheet.find_boxes(bent)
    for row, column, left, top in sheet.box_places():
        at = (np.array([left, top]) + sheet.AROUND) * sheet.FINE
        centre = at[0] + sheet.BOX / 2 * sheet.FINE
        at[1] -= 2 * sheet.FINE * np.sin(np.pi * centre / flat.shape[1])
        assert found[row, column] == pytest.approx(at, abs=0.35 * sheet.FINE)
