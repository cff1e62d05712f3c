"""How a reader's answer is asked: whatever it does, there is one line, and nothing of it stays."""

import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from check_table import Awkward

from digitrec.checks import asking, comparing
from digitrec.checks.asking import LARGE, Unanswered, Wrong, ask, guarded


@asking.check
def doubled(answer):
    """``doubled(x)``: a check for these tests alone."""
    comparing.settle(answer, [comparing.Case((np.array([1.0, -2.0, 3.0]),), [2.0, -4.0, 6.0])])


del asking.CHECKS["doubled"]


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(asking, "LIMIT", 0.3)


def endless(x):
    while True:
        x = x + 1


def endless_and_stubborn(x):
    """Catches everything that it can, a few times."""
    for _ in range(3):
        try:
            while True:
                pass
        except:  # noqa: E722 (what a reader may write)
            pass


@pytest.mark.parametrize("answer", [endless, endless_and_stubborn])
def test_a_loop_without_end_is_one_line(answer, soon, capsys):
    start = time.monotonic()
    verdict = doubled(answer)
    assert time.monotonic() - start < 5
    assert not verdict
    assert "no result after 0.3 s" in verdict.message
    assert capsys.readouterr().out.count("\n") == 1


def test_the_limit_does_not_strike_later(soon):
    """What ended in time is not interrupted afterwards."""
    for _ in range(20):
        assert ask(lambda: time.sleep(0.01) or 3) == 3
    time.sleep(0.5)


def test_a_debugger_can_go_through_what_follows(soon):
    """Nothing of the limit stays in the interpreter, whether it was needed or not."""
    code = """
        import sys
        from digitrec.checks import asking
        def endless():
            while True: pass
        asking.ask(lambda: 1)
        for limit in (0.1, 0.1):
            try: asking.ask(endless, limit=limit)
            except asking.Wrong: pass
        sys.settrace(lambda *_: None)
        print(sum(map(lambda k: k, range(10))))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "45\n", done.stderr


def test_one_who_interrupts_is_told_so_in_one_line(capsys):
    def interrupted(x):
        raise KeyboardInterrupt

    assert doubled(interrupted).message == "stopped before it had an answer."
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(
    "leave", [sys.exit, lambda: sys.exit("bye"), lambda: exec("raise GeneratorExit")]
)
def test_leaving_python_is_an_error_of_the_answer(leave):
    with pytest.raises(Wrong, match=r"your function raised (SystemExit|GeneratorExit) in line \d+"):
        ask(lambda: leave())


def test_an_error_names_the_readers_own_line(tmp_path):
    """The deepest line of theirs, not NumPy's, and not one of ours."""
    path = tmp_path / "cell.py"
    path.write_text("import numpy as np\n\ndef f(x):\n    y = x + 1\n    return np.ones(2) @ y\n")
    names = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    with pytest.raises(Wrong, match=r"ValueError in line 5, `return np.ones\(2\) @ y`: "):
        ask(names["f"], np.ones(3))


def test_an_errors_text_is_one_short_line():
    def fails(x):
        raise ValueError("a\nlong\n" + "story " * 200)

    with pytest.raises(Wrong) as caught:
        ask(fails, 1)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def damaged(change):
    def answer(given, *more):
        change(given)
        return 1.0

    return answer


@pytest.mark.parametrize(
    ("argument", "change"),
    [
        (np.ones(3), lambda x: x.__iadd__(1)),
        (np.arange(3, dtype=np.uint8), lambda x: x.sort() or x.__setitem__(0, 9)),
        (np.ones((2, 3)), lambda x: x.resize((3, 2), refcheck=False)),
        ([1, 2], lambda x: x.append(3)),
        ([np.ones(2), np.ones(2)], lambda x: x[1].fill(7)),
        ([(np.ones(2), np.ones(3))], lambda x: x[0][1].__setitem__(2, 0)),
        ({(0, 1): 0.5}, lambda x: x.update({(0, 1): 0.4})),
        ({"w": np.ones(2)}, lambda x: x["w"].__imul__(2)),
    ],
)
def test_damage_to_an_argument_is_noticed(argument, change):
    before = repr(argument)
    with pytest.raises(Wrong, match="it changed its input"):
        ask(damaged(change), argument)
    with pytest.raises(Wrong, match=r"\(argument 1\)"):
        ask(damaged(change), argument, 2.0)
    assert repr(argument) == before  # the check's own is whole


def test_a_large_array_is_not_copied_and_damage_to_it_is_noticed():
    images = np.zeros((LARGE // 784 + 1, 28, 28), np.uint8)[::-1]
    assert ask(lambda x: np.shares_memory(x, images), images) is True
    for change in (lambda x: x[-1].__setitem__((27, 27), 1), lambda x: x.resize(3, refcheck=False)):
        own = images.copy()
        with pytest.raises(Wrong, match="it changed its input"):
            ask(damaged(change), own)


def test_what_is_put_back_is_no_damage():
    def answer(w):
        w[0] += 0.1
        w[0] -= 0.2
        w[0] += 0.1
        return w[0]

    assert ask(answer, np.array([0.3, np.nan])) == pytest.approx(0.3)


@pytest.mark.parametrize("value", [type("A", (), {}), int, 7, "seven", [1], np.ones(2)])
def test_what_is_no_function_is_named(value):
    with pytest.raises(Wrong, match="expected a function, found"):
        ask(value, 1)


@pytest.mark.parametrize("nothing", [None, ...])
def test_no_result_is_no_answer(nothing):
    with pytest.raises(Unanswered):
        ask(lambda: nothing)


def test_warnings_of_an_answer_are_not_printed(recwarn):
    assert guarded(lambda: np.float64(1) / np.float64(0), "it") == np.inf
    assert not recwarn.list


def test_an_awkward_result_is_one_line(capsys):
    assert not doubled(lambda x: Awkward())
    assert not doubled(Awkward())
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == ["✗", "✗"]


def test_what_differs_is_named():
    assert not doubled(lambda x: x * 2 + [0, 0, 1])
    verdict = doubled(lambda x: x * 2 + [0, 0, 1e-3])
    assert verdict.message == "element [2] should be 6, yours is 6.001."
    assert "2 of 3 differ" in doubled(lambda x: x * 2 + [1, 0, 1]).message


def test_a_hint_that_fits_one_case_by_chance_is_not_given():
    """In the first case the largest of two pixels is the left one, too."""
    left, last = "that is the left one.", "one is left out."
    cases = [
        comparing.Case(([7, 5, 9],), 9, mistakes=[(7, left), (7, last)]),
        comparing.Case(([4, 6, 8],), 8, mistakes=[(4, left), (6, last)]),
    ]
    with pytest.raises(Wrong, match=last):
        comparing.settle(lambda pixels: max(pixels[:2]), cases)
    with pytest.raises(Wrong, match=left):
        comparing.settle(lambda pixels: pixels[0], cases)


def test_a_hint_is_given_though_the_answer_also_overflows():
    cases = [comparing.Case((x,), x + 1, mistakes=[(x, "add one.")]) for x in (1.0, 1e4)]
    with pytest.raises(Wrong, match="add one"):
        comparing.settle(lambda x: np.log(np.exp(x)), cases)


@pytest.mark.parametrize(
    ("wrong", "apart"), [((1.0, 2.0), True), ((1.0, 1.0), False), ((1.0, 3.0), False)]
)
def test_a_case_says_whether_it_tells_mistakes_apart(wrong, apart):
    case = comparing.Case((), 3.0, mistakes=[(value, f"hint {k}") for k, value in enumerate(wrong)])
    assert case.tells_mistakes_apart() == apart


@pytest.mark.parametrize(
    ("expected", "found"), [(-0.2, -0.2 - 1e-7), (1.0, 1 + 1e-12), (-0.2, -0.2), (0.0, -0.0)]
)
def test_two_numbers_that_differ_are_written_differently(expected, found):
    first, second = comparing.told_apart(expected, found)
    assert (first == second) == (repr(expected) == repr(found))


def test_an_endless_loop_in_a_notebook_prints_one_line():
    """Where a kernel runs the cell, and in a thread that is not the main one."""
    code = """
        import threading
        from digitrec import checks
        from digitrec.checks import asking
        asking.LIMIT = 0.3
        def loop(y):
            while True: pass
        worker = threading.Thread(target=lambda: checks.count_labels(loop))
        worker.start(); worker.join()
        checks.count_labels(loop)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert [line[:16] for line in done.stdout.splitlines()] == ["✗ count_labels: "] * 2
