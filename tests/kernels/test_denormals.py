"""Runs flush what would be denormal to zero, in every thread; the process's own floating-point mode stays as it was."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.compiler.function import function
from ckeras.tensor import Variable


@pytest.fixture(params=[1, 2], ids=["1-thread", "2-threads"])
def threads(request):
    before = ckeras.config.get_threads()
    ckeras.config.set_threads(request.param)
    yield
    ckeras.config.set_threads(before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [3, 200_000])
def test_small_results_are_zero(threads, dtype, size):
    tiny = np.full(size, np.finfo(dtype).tiny, dtype)
    assert not np.asarray(ops.convert_to_tensor(tiny) * 0.5).any()
    halve = function(lambda x: x * 0.5)
    assert not halve(tiny).numpy().any()
    assert (tiny * 0.5).all()  # numpy, in this thread, still has them


def test_a_fading_average_reaches_zero(threads):
    average = Variable(np.full(150_000, 1e-37, "float32"))

    @function
    def fade():
        average.assign(average * 0.9)

    for _ in range(60):
        fade()
    values = average.numpy()
    assert not values.any()


def test_products_flush_before_they_are_summed(threads):
    small = np.full((300, 300), 1e-155, "float64")  # 300 products of 1e-310: their sum would be a normal number
    assert not (ops.convert_to_tensor(small) @ small).numpy().any()
