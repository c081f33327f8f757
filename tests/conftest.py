"""What holds for every test."""

import signal

import pytest

import ckeras
from ckeras import registry


@pytest.fixture(autouse=True)
def seeded():
    """Each test starts with the same random numbers, whatever ran before."""
    ckeras.utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Each test runs in an empty folder: files it writes are its own, and a Python it starts finds the installed
    package and not a source tree that happens to be the current folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def interruptible():
    """This process and those it starts end at SIGINT, which one that a shell began in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def custom():
    """What a test registers with `register_keras_serializable` is forgotten afterwards."""
    before = dict(registry._custom_objects), dict(registry._custom_names)
    yield
    for now, then in zip((registry._custom_objects, registry._custom_names), before, strict=True):
        now.clear()
        now.update(then)
