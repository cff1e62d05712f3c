"""Write the picture of the book's mark for a phone's home screen, which takes no drawing.

python -m tools.mark
"""

from pathlib import Path

import resvg_py

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "book" / "_static"
MARK = STATIC / "mark.svg"
PICTURE = STATIC / "apple-touch-icon.png"
#: The side that Apple asks for, in pixels.
SIDE = 180


def picture() -> bytes:
    """Return the mark as PNG. The phone rounds the corners itself, so they are filled."""
    square = MARK.read_text("utf-8").replace('rx="7"', 'rx="0"')
    return bytes(resvg_py.svg_to_bytes(svg_string=square, width=SIDE, height=SIDE))


if __name__ == "__main__":
    PICTURE.write_bytes(picture())
    print(PICTURE.relative_to(ROOT))
