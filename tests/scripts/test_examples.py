"""The scripts of `examples`, run as they are; each asserts what it promises."""

import pathlib
import subprocess
import sys

import pytest

EXAMPLES = sorted((pathlib.Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path):
    done = subprocess.run([sys.executable, "-m", "ckeras", str(path)], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_examples_are_found():
    assert "digits_convnet" in [path.stem for path in EXAMPLES]
