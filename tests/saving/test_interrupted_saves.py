"""A process that is killed in a save, or whose disk is full, leaves the old file or the new one, and a whole one."""

import os

import interrupted_saves
import pytest


@pytest.mark.parametrize("name", interrupted_saves.FORMATS)
def test_a_killed_save_leaves_the_old_file_or_the_new_one(name):
    events, found = interrupted_saves.kills(os.path.abspath(name), 4)
    assert events > 5
    assert found["old"] == 3
    assert found["new"] == 1  # killed after the last event, the renaming


@pytest.mark.parametrize("name", interrupted_saves.FORMATS)
def test_a_full_disk_leaves_the_old_file(name):
    os.mkdir("disk")
    messages = interrupted_saves.full(os.path.abspath(f"disk/{name}"), [0, 1_000_000])
    assert all("File too large" in message for message in messages)
