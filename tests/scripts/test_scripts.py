"""Scripts in the manner of ten years of Keras, run as they are; each asserts its own result."""

import pathlib
import subprocess
import sys

import pytest

SCRIPTS = sorted(pathlib.Path(__file__).parent.glob("of_*.py"))


EXAMPLES = sorted(pathlib.Path(__file__).parent.glob("examples_of_*.py"))
TENSORFLOW = sorted(pathlib.Path(__file__).parent.glob("tensorflow_*.py"))


@pytest.mark.parametrize("path", [*SCRIPTS, *EXAMPLES, *TENSORFLOW], ids=lambda path: path.stem)
def test_script(path):
    command = [sys.executable, "-W", "ignore", "-m", "ckeras", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_there_are_two_of_each_age():
    years = [path.stem.split("_")[1] for path in SCRIPTS]
    assert sorted(set(years)) == ["2015", "2017", "2019", "2021", "2024"] and all(years.count(y) == 2 for y in years)
