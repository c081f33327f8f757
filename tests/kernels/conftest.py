"""Kernel tests run at each instruction level that was built and that this processor has, with one thread and two."""

import pytest

from ckeras import _kernels


@pytest.fixture(params=_kernels.usable_levels())
def level(request):
    return _kernels.load_level(request.param)


@pytest.fixture(params=[1, 2], ids=["1-thread", "2-threads"])
def threaded(request, level):
    """A level with its number of threads set."""
    level.set_threads(request.param)
    yield level
    level.set_threads(1)
