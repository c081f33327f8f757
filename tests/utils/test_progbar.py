"""The progress bar prints what Keras prints, byte for byte, and its messages go where they are sent."""

import importlib.util
import io
import logging
import pathlib
import sys

import numpy as np
import pytest

from ckeras.callbacks import ProgbarLogger
from ckeras.utils import (
    Progbar,
    disable_interactive_logging,
    enable_interactive_logging,
    interactive,
    is_interactive_logging_enabled,
    progbar,
)

DATA = pathlib.Path(__file__).parent.parent / "data"
spec = importlib.util.spec_from_file_location("make_keras_screens", DATA / "make_keras_screens.py")
screens = importlib.util.module_from_spec(spec)
spec.loader.exec_module(screens)

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="elsewhere a redirected output is not overwritten")


@pytest.fixture
def terminal(monkeypatch):
    """The standard output counts as a terminal that shows colors."""
    monkeypatch.setattr(progbar, "_is_terminal", lambda stream: True)
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def clock(monkeypatch, terminal):
    clock = screens.Clock()
    monkeypatch.setattr(progbar, "time", clock)
    return clock


@pytest.fixture
def logged(caplog):
    caplog.set_level(logging.INFO, logger="ckeras")
    disable_interactive_logging()
    yield caplog
    enable_interactive_logging()


def expected(name):
    return (DATA / name).read_bytes().decode()


@posix_only
@pytest.mark.parametrize("case", screens.BARS)
def test_bar_prints_what_keras_prints(clock, case):
    assert screens.print_bar(Progbar, clock, case) == expected(f"progbar_{case}.txt")


@posix_only
@pytest.mark.parametrize("case", screens.LOGGERS)
def test_logger_prints_what_keras_prints(clock, case):
    assert screens.print_logger(ProgbarLogger, clock, case) == expected(f"progbar_logger_{case}.txt")


@pytest.mark.parametrize("reason", ["no terminal", "NO_COLOR"])
@pytest.mark.parametrize(("target", "count"), [(2, "2/2"), (None, "2/Unknown")])
def test_a_log_gets_one_plain_line(clock, capsys, monkeypatch, reason, target, count):
    if reason == "NO_COLOR":
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.setattr(progbar, "_is_terminal", lambda stream: False)
    bar = Progbar(target)
    bar.update(1, [("loss", 2.0)])
    clock.now += 1
    bar.update(2, [("loss", 1.0)], finalize=True)
    assert capsys.readouterr().out == f"{count} - 1s - 1s/step - loss: 1.0000\n"


def test_an_empty_no_color_changes_nothing(clock, capsys, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "")
    Progbar(1).update(1)
    assert "\x1b[32m" in capsys.readouterr().out


def test_add_counts_on(clock, capsys):
    bar = Progbar(10, verbose=2)
    bar.add(4, [("loss", 1.0)])
    bar.add(6, [("loss", 3.0)])
    assert capsys.readouterr().out.startswith("10/10 - 0s - 0s/step - loss: 3.0000")


def test_values_may_be_arrays_or_a_dict(clock, capsys):
    Progbar(1, verbose=2).update(1, {"a": np.float32(1.5), "b": np.array([1.0, 2.0]), "c": 3})
    assert capsys.readouterr().out.endswith(" - a: 1.5000 - b: 1.5000 - c: 3.0000\n")


@pytest.mark.parametrize("value", ["abc", None, object()])
def test_a_value_that_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="a number as the value of 'loss'"):
        Progbar(4).update(1, [("loss", value)])


def test_stateful_and_stateless_exclude_each_other():
    with pytest.raises(ValueError, match="stateful_metrics or stateless_metrics"):
        Progbar(4, stateful_metrics=["a"], stateless_metrics=["b"])


def test_an_output_without_the_bar_character_gets_equal_signs(clock, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    Progbar(1).update(1, [("perte_é", 1.0)])
    assert b"\x1b[32m====================\x1b[0m" in raw.getvalue()
    assert b"perte_?: 1.0000" in raw.getvalue()


def test_without_an_output_nothing_fails(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    Progbar(1).update(1)


def test_messages_go_to_the_logger_when_asked(clock, logged, capsys):
    assert not is_interactive_logging_enabled()
    Progbar(1, verbose=2).update(1, [("loss", 0.5)])
    interactive.print_message("hello")
    assert capsys.readouterr().out == ""
    assert [record.getMessage() for record in logged.records] == ["1/1 - 0s - 0s/step - loss: 0.5000\n", "hello"]


def test_interactive_logging_is_on_by_default():
    assert is_interactive_logging_enabled()
