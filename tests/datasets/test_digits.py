"""The digits that ship with the package: what is in them, and how they are split."""

import subprocess
import sys

import numpy as np
import pytest

from ckeras.datasets import digits


def test_default_split():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert x_train.shape == (1437, 8, 8) and y_train.shape == (1437,)
    assert x_test.shape == (360, 8, 8) and y_test.shape == (360,)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    assert x_train.min() == 0 and x_train.max() == 16
    assert set(y_train) == set(y_test) == set(range(10))


def test_data_is_that_of_uci():
    (x, y), (x_test, y_test) = digits.load_data(test_split=0)
    assert x.shape == (1797, 8, 8) and len(x_test) == len(y_test) == 0
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert int(x.sum()) == 561718
    # The first record of the repository's file, a zero.
    first = np.array([0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0], "uint8").reshape(2, 8)
    zeros = x[y == 0]
    assert (zeros[:, :2] == first).all((1, 2)).sum() == 1


def test_images_stay_with_their_labels():
    # The mean image of a class in one part is nearest to that of the same class in the other.
    (x_train, y_train), (x_test, y_test) = digits.load_data(test_split=0.5)
    ours = np.stack([x_train[y_train == d].mean(0).ravel() for d in range(10)])
    theirs = np.stack([x_test[y_test == d].mean(0).ravel() for d in range(10)])
    nearest = ((ours[:, None] - theirs[None]) ** 2).sum(-1).argmin(1)
    assert nearest.tolist() == list(range(10))


def test_parts_are_disjoint_and_together_everything():
    def rows(*parts):
        return sorted(np.concatenate([x for x, _ in parts]).reshape(-1, 64).tolist())

    assert rows(*digits.load_data(test_split=0.3, seed=1)) == rows(*digits.load_data(test_split=1.0))


def test_seed_decides_the_split():
    (a, _), (_, p) = digits.load_data(seed=7)
    (b, _), (_, q) = digits.load_data(seed=7)
    (c, _), _ = digits.load_data(seed=8)
    assert (a == b).all() and (p == q).all()
    assert not (a == c).all()


def test_global_random_state_is_left_alone():
    np.random.seed(3)
    before = np.random.get_state()[1].tolist()
    digits.load_data()
    assert np.random.get_state()[1].tolist() == before


@pytest.mark.parametrize("split", [-0.1, 1.5, float("nan")])
def test_bad_split(split):
    with pytest.raises(ValueError, match=r"test_split.*from 0 to 1, got"):
        digits.load_data(test_split=split)


def test_unknown_data_set():
    import ckeras.datasets

    with pytest.raises(AttributeError, match="'numerals'"):
        _ = ckeras.datasets.numerals


def test_datasets_load_nothing_until_asked():
    code = "import sys, ckeras.datasets; sys.exit('ckeras.datasets.digits' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
