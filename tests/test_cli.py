"""The command line, as a process of its own: what it prints, where, and its exit status."""

import json
import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from PIL import Image

from digitrec import __main__ as cli
from digitrec import __version__, networks, reading
from digitrec.compiled import CompiledNetwork
from digitrec.mnist import load_mnist


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "digitrec", *arguments],
        capture_output=True,
        timeout=120,
        check=False,
        **options,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Forty of MNIST's test digits as files, a blank one, and some that are no pictures."""
    folder = tmp_path_factory.mktemp("files")
    for i, digit in enumerate(load_mnist().x_test[:40]):
        Image.fromarray(digit).save(folder / f"{i:02d}.png")
    Image.new("RGB", (60, 40), "white").save(folder / "blank.png")
    (folder / "text.png").write_text("not a picture")
    (folder / "empty.jpg").touch()
    (folder / "sub").mkdir()
    return folder


def test_a_line_for_each_file(folder):
    done = run("read", "00.png", "blank.png", cwd=folder)
    assert done.returncode == 0
    assert done.stderr == b""
    first, second = done.stdout.decode().splitlines()
    assert first.startswith("00.png: 7 (99.")  # the first test digit is a clear 7
    assert first.endswith(" %)")
    assert second == "blank.png: no digit found"


@pytest.mark.parametrize("model", ["dense", "cnn"])
def test_json_agrees_with_the_library(folder, model):
    names = [f"{i:02d}.png" for i in range(40)]
    done = run("read", "--json", "--model", model, *names, cwd=folder)
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [found["file"] for found in objects] == names
    network = CompiledNetwork(networks.load_numpy(model))  # as the command does
    for found in objects:
        digit = reading.read_file(folder / found["file"], network).digits[0]
        assert found == {
            "file": found["file"],
            "lines": [digit.label],
            "digits": [
                {
                    "label": digit.label,
                    # Printed to 6 places; a batch of another size may sum in another order.
                    "probability": pytest.approx(digit.probability, abs=1e-5),
                    "box": list(digit.box),
                    "line": 0,
                }
            ],
        }


def test_a_blank_picture_is_a_reading_without_digits(folder):
    done = run("read", "--json", "blank.png", cwd=folder)
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"file": "blank.png", "lines": [], "digits": []}


def test_bad_files_cost_a_line_each_and_the_others_are_read(folder):
    files = ["text.png", "00.png", "sub", "missing.png", "empty.jpg", "01.png"]
    done = run("read", *files, cwd=folder)
    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stdout.decode().splitlines()] == [
        "00.png",
        "01.png",
    ]
    errors = done.stderr.decode().splitlines()
    assert [line.split(": ")[:2] for line in errors] == [
        ["digitrec", name] for name in ("text.png", "sub", "missing.png", "empty.jpg")
    ]
    assert [line.split(": ", 2)[2] for line in errors] == [
        "expected an image (PNG, JPEG, …), found something else",
        "expected an image file, found a folder",
        "no such file",
        "expected an image file, found an empty file",
    ]


def test_in_json_an_error_has_its_place_in_the_order(folder):
    done = run("read", "--json", "00.png", "missing.png", "01.png", cwd=folder)
    assert done.returncode == 2
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [found["file"] for found in objects] == ["00.png", "missing.png", "01.png"]
    assert objects[1] == {"file": "missing.png", "error": "no such file"}
    assert len(done.stderr.splitlines()) == 1


def test_many_files_in_order(folder):
    """More files than are decoded ahead, so that the window has to move."""
    names = [f"{i % 40:02d}.png" for i in range(2 * cli.AHEAD + 7)]
    done = run("read", "--json", *names, cwd=folder)
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == names


def test_few_files_are_under_way_at_a_time(monkeypatch):
    """Files are read no further ahead of who asks for them than the constant says."""
    from concurrent.futures import ThreadPoolExecutor

    started = []
    monkeypatch.setattr(reading, "read_file", lambda name, network: started.append(name))
    names = [str(i) for i in range(10 * cli.AHEAD)]
    with ThreadPoolExecutor(2) as pool:
        order = []
        for name, _ in cli.in_order(pool, names, None):
            order.append(name)
            assert len(started) <= len(order) + cli.AHEAD
    assert order == names


def test_no_tensorflow_and_no_matplotlib(folder):
    code = (
        "import sys; from digitrec.__main__ import main; status = main(['read', '00.png']);"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'pandas'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_it_answers_as_soon_as_its_packages_are_there(folder):
    """About one and a half times what its packages take; a ratio holds on any machine."""
    packages = [sys.executable, "-c", "import numpy, cv2, PIL.Image"]
    command = [sys.executable, "-m", "digitrec", "read", "00.png"]
    seconds = {"packages": [], "command": []}
    for _ in range(5):
        for name, args in (("packages", packages), ("command", command)):
            start = time.perf_counter()
            subprocess.run(args, cwd=folder, capture_output=True, check=True)
            seconds[name].append(time.perf_counter() - start)
    assert min(seconds["command"]) < 3 * min(seconds["packages"])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_name_that_is_not_utf8(folder):
    name = b"caf\xe9.png"
    with open(os.path.join(os.fsencode(folder), name), "wb") as file:  # noqa: PTH118, PTH123
        file.write((folder / "00.png").read_bytes())
    done = run("read", name, b"none\xff\n", cwd=folder)
    assert done.returncode == 2
    assert done.stdout.startswith(b"caf\\udce9.png: 7 (")
    assert done.stderr == b"digitrec: none\\udcff\\n: no such file\n"
    found = json.loads(run("read", "--json", name, cwd=folder).stdout)
    assert os.fsencode(found["file"]) == name


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGPIPE")
def test_a_closed_pipe_ends_quietly(folder):
    names = ["00.png"] * (2 * cli.AHEAD)
    with subprocess.Popen(
        [sys.executable, "-m", "digitrec", "read", *names],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_an_interrupt_ends_quietly(folder):
    names = ["00.png"] * 20_000
    with subprocess.Popen(
        [sys.executable, "-m", "digitrec", "read", *names],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell starts what runs in the background with interrupts ignored; so would be this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert errors == b""
    assert process.returncode == 130
    assert output.count(b"\n") < len(names) - 1


def test_version_and_help():
    assert run("--version").stdout.decode().strip() == f"digitrec {__version__}"
    text = run("read", "--help").stdout.decode()
    assert all(word in text for word in ("--json", "--model", "IMAGE", "exit status 2"))


@pytest.mark.parametrize("arguments", [(), ("read",), ("read", "--model", "svm", "a.png")])
def test_wrong_arguments_show_the_usage(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(b"usage: digitrec")


def test_an_unsure_reading_names_the_second_best():
    row = np.array([0.0, 0.4004, 0, 0, 0, 0, 0, 0.5996, 0, 0], np.float32)
    image, box = np.zeros((28, 28), np.uint8), reading.Box(0, 0, 9, 9)
    unsure = reading.Reading(["7"], [reading.Digit(image, box, 0, "7", 0.5996, row)])
    assert cli.as_text("a.png", unsure) == "a.png: 7 (59.9 %), or 1 (40.0 %)"


def test_a_probability_is_never_rounded_up_to_certainty():
    assert cli.percent(0.99999) == "99.9 %"
    assert cli.percent(1.0) == "100.0 %"


def test_annotate_draws_what_was_read(folder, tmp_path):
    out = tmp_path / "out.png"
    done = run("read", "00.png", "--annotate", str(out), cwd=folder)
    assert done.returncode == 0
    assert done.stderr == b""
    drawn = np.asarray(Image.open(out))
    assert drawn.shape[2] == 3
    # The picture is gray, the box is blue.
    assert (drawn[..., 2].astype(int) - drawn[..., 0] > 100).any()


def test_annotate_needs_one_picture_and_a_place(folder, tmp_path):
    many = run("read", "00.png", "01.png", "--annotate", "out.png", cwd=folder)
    assert many.returncode == 2
    assert b"expected one image, found 2" in many.stderr
    nowhere = run("read", "00.png", "--annotate", str(tmp_path / "no" / "out.png"), cwd=folder)
    assert nowhere.returncode == 2
    assert b"cannot be saved" in nowhere.stderr
    assert nowhere.stdout.startswith(b"00.png: 7")


def test_what_is_no_digit_is_a_question_mark(tmp_path):
    star = np.full((200, 200), 240, np.uint8)
    cv2.line(star, (60, 60), (140, 140), 20, 12)
    cv2.line(star, (60, 140), (140, 60), 20, 12)
    cv2.line(star, (100, 40), (100, 160), 20, 12)
    Image.fromarray(star).save(tmp_path / "star.png")
    done = run("read", "star.png", cwd=tmp_path)
    assert done.stdout.decode().startswith("star.png: ? (perhaps ")
    found = json.loads(run("read", "--json", "star.png", cwd=tmp_path).stdout)
    assert found["lines"] == ["?"]
    assert found["digits"][0]["label"] == "?"
    assert found["digits"][0]["guess"] in set("0123456789")
