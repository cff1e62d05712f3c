"""A reading is drawn over the picture, or the file, that it is of."""

import numpy as np
import pytest
from drawn import text_on_paper
from PIL import Image

from digitrec import reading, simulate
from digitrec.reading.annotation import ASSERTED, NOT_ASSERTED
from digitrec.reading.limits import LEGIBLE


def coloured(drawn, colour):
    """The columns and rows in which a colour is."""
    found = (drawn == np.array(colour, np.uint8)).all(axis=2)
    return np.flatnonzero(found.any(axis=0)), np.flatnonzero(found.any(axis=1))


def test_boxes_are_around_what_was_read(cnn):
    gray, boxes = text_on_paper("27", high=300)
    drawn = reading.annotate(gray, reading.read(gray, cnn))
    assert drawn.shape == (*gray.shape, 3)
    columns, rows = coloured(drawn, ASSERTED)
    assert columns[0] == pytest.approx(boxes[0][0], abs=9)
    assert columns[-1] == pytest.approx(boxes[1][0] + boxes[1][2], abs=9)
    assert rows[-1] == pytest.approx(boxes[0][1] + 300, abs=9)
    assert not coloured(drawn, NOT_ASSERTED)[0].size


def test_what_is_not_asserted_has_another_colour(cnn):
    gray, _ = text_on_paper("27", high=300)
    drawn = reading.annotate(gray, reading.read(gray, cnn, reject_below=1.1))
    assert coloured(drawn, NOT_ASSERTED)[0].size
    assert not coloured(drawn, ASSERTED)[0].size


def test_a_small_picture_is_enlarged_so_that_its_labels_are_legible(mnist, cnn):
    digit = mnist.x_test[0]
    drawn = reading.annotate(digit, reading.read(digit, cnn))
    factor = -(-LEGIBLE // 28)
    assert drawn.shape == (28 * factor, 28 * factor, 3)


@pytest.mark.parametrize(
    "shape", [(60, 80, 1), (60, 80, 3), (60, 80, 4)], ids=["gray", "colour", "opacity"]
)
def test_a_blank_picture_of_any_kind_stays(shape):
    drawn = reading.annotate(np.full(shape, 200, np.uint8), reading.Reading([], []))
    assert drawn.shape[2] == 3
    assert np.ptp(drawn, axis=(0, 1)).tolist() == [0, 0, 0]


@pytest.mark.slow
def test_a_reading_fits_a_file_that_is_too_wide_to_be_annotated_whole(tmp_path, cnn):
    """The boxes are of the file; what is drawn on is smaller."""
    wide = np.full((1500, 12_000), 240, np.uint8)
    ink = (simulate.font_digit("kalam", 3, 900) * 0.8).astype(np.uint8)
    for left in (3000, 6000, 9000):
        wide[300:1200, left : left + ink.shape[1]] -= ink
    Image.fromarray(wide).save(tmp_path / "wide.png")
    found = reading.read_file(tmp_path / "wide.png", cnn)
    assert found.lines == ["333"]
    drawn = reading.annotate_file(tmp_path / "wide.png", found).astype(int)
    assert drawn.shape == (1250, 10_000, 3)
    # Boxes are in colour, paper and ink are grey.
    columns = 1.2 * np.flatnonzero((drawn.max(axis=2) - drawn.min(axis=2) > 60).any(axis=0))
    assert columns[0] == pytest.approx(3000, abs=60)
    assert columns[-1] == pytest.approx(9000 + ink.shape[1], abs=60)
