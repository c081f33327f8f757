"""What holds for every test."""

import pytest


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Each test runs in an empty folder: files it writes are its own, and a Python it starts finds the installed
    package and not a source tree that happens to be the current folder."""
    monkeypatch.chdir(tmp_path)
