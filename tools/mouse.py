"""Drawing on the book's pad by mouse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from playwright.sync_api import Page

#: A place on the pad, in parts of its side: to the right, down.
Point = tuple[float, float]


def along(points: Iterable[Point], steps: int) -> Iterator[Point]:
    """Go from each point to the next in equal steps, as a hand does."""
    before: Point | None = None
    for x, y in points:
        if before is None:
            yield x, y
        else:
            for step in range(1, steps + 1):
                t = step / steps
                yield before[0] + t * (x - before[0]), before[1] + t * (y - before[1])
        before = x, y


def draw(page: Page, points: Iterable[Point], steps: int = 1) -> None:
    """Draw one stroke through the points on the page's pad.

    The points are taken one at a time: whatever makes them may look at the page between
    two of them. ValueError when the pad is not on the page.
    """
    pad = page.locator("#pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    if box is None:
        raise ValueError(f"expected a pad that is seen, found none on {page.url}")
    down = False
    for x, y in along(points, steps):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if not down:
            page.mouse.down()
            down = True
    page.mouse.up()
