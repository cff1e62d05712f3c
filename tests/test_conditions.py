"""Simulated handwriting is read as well as it was, under each condition by itself.

What is compared is ``sample`` of ``benchmarks/conditions.py``: a few pages and single digits of
each kind, rendered with fixed seeds, so the same code reads the same.
"""

from typing import Any

import pytest

from benchmarks import conditions, measure

#: Points of 100 that may change; one digit may in any case, since systems round differently.
BAND = 2
COMMAND = "python -m benchmarks.conditions --only sample"


def changes(committed: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Say of each condition that has left its band what was read of it, and what to do.

    Both are shares by condition, as ``readings.figures`` writes them down.
    """
    said = []
    for name in sorted(committed.keys() | found.keys()):
        if name not in committed or name not in found:
            what = "is new" if name in found else "is gone"
            said.append(f"{name}: {what}; run `{COMMAND}`")
            continue
        then, now = (each[name]["digits"] for each in (committed, found))
        if then["of"] != now["of"]:
            said.append(f"{name}: has other digits than it had; run `{COMMAND}`")
            continue
        change = now["right"] - then["right"]
        if abs(change) <= max(1, BAND * now["of"] / 100):
            continue
        advice = (
            "it is read worse: mend what made it so, or say in the commit why that is worth it and"
            if change < 0
            else "it is read better: to hold the gain,"
        )
        told = f"{now['right']} of {now['of']} digits are right, {then['right']} were"
        said.append(f"{name}: {told}; {advice} run `{COMMAND}`")
    return said


@pytest.mark.slow
def test_each_condition_is_read_as_it_was() -> None:
    """No condition loses or gains more than two points of its digits."""
    committed = measure.read("conditions")["sample"]
    found = conditions.sample(measure.Run())
    said = [line for part in found for line in changes(committed[part], found[part])]
    assert not said, "\n".join(said)


def shares(**right: int) -> dict[str, Any]:
    """Return that many of a hundred digits as right, by condition."""
    return {name: {"digits": {"right": count, "of": 100}} for name, count in right.items()}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (shares(plain=90, ruled=50), ""),
        (shares(plain=88, ruled=52), ""),
        (
            shares(plain=87, ruled=50),
            "plain: 87 of 100 digits are right, 90 were; it is read worse",
        ),
        (shares(plain=90, ruled=53), "ruled: 53 of 100 digits are right, 50 were; it is read bett"),
        (shares(plain=90), "ruled: is gone"),
        (shares(plain=90, ruled=50, marker=9), "marker: is new"),
        (
            shares(plain=90) | {"ruled": {"digits": {"right": 50, "of": 99}}},
            "ruled: has other digits",
        ),
    ],
)
def test_the_band_has_two_sides(found: dict[str, Any], said: str) -> None:
    """Two points either way are within it; what leaves it is named, with what to do."""
    lines = changes(shares(plain=90, ruled=50), found)
    assert len(lines) == bool(said)
    assert all(line.startswith(said) and COMMAND in line for line in lines)


def test_one_digit_is_within_the_band() -> None:
    """Of thirty digits one is more than two points, and may be rounding."""
    then, one, two = ({"x": {"digits": {"right": n, "of": 30}}} for n in (29, 28, 27))
    assert changes(then, one) == []
    assert len(changes(then, two)) == 1
