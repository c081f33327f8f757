"""The settings of `keras.config`, and what they do."""

import logging
import subprocess
import sys
import traceback

import numpy as np
import pytest

import ckeras
from ckeras import Layer, Sequential, config, layers

X, Y = np.ones((10, 3), "float32"), np.ones((10, 1), "float32")


@pytest.fixture(autouse=True)
def _settings_of_its_own():
    kept = dict(config._settings)
    yield
    config._settings.update(kept)


def model():
    made = Sequential([layers.Input((3,)), layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


def test_backend():
    assert config.backend() == "ckeras"
    config.set_backend("ckeras")
    with pytest.raises(ValueError, match="the only backend there is, got 'jax'"):
        config.set_backend("jax")


def test_flags():
    assert config.is_flash_attention_enabled() is None
    config.disable_flash_attention()
    assert config.is_flash_attention_enabled() is False
    config.enable_flash_attention()
    assert config.is_flash_attention_enabled() is None
    assert config.is_nnx_enabled() is False
    assert config.in_safe_mode() is True
    config.enable_unsafe_deserialization()
    assert config.in_safe_mode() is False


# -- messages


def test_the_progress_bar_goes_where_interactive_logging_says(capsys, caplog):
    made = model()
    config.disable_interactive_logging()
    assert not config.is_interactive_logging_enabled()
    with caplog.at_level(logging.INFO, logger="ckeras"):
        made.fit(X, Y, verbose=2)
    assert capsys.readouterr().out == ""
    assert "loss" in caplog.text
    config.enable_interactive_logging()
    made.fit(X, Y, verbose=2)
    assert "loss" in capsys.readouterr().out


# -- tracebacks


class Failing(Layer):
    def call(self, x):
        raise RuntimeError("no luck") from KeyError("the cause")


def frames(call):
    with pytest.raises(Exception) as caught:
        call()
    ours = [f for f in traceback.extract_tb(caught.value.__traceback__) if "/ckeras/" in f.filename.replace("\\", "/")]
    return caught.value, [f for f in ours if "/tests/" not in f.filename]


@pytest.mark.parametrize(
    "call",
    [
        lambda: Failing(name="failing")(X),
        lambda: Sequential([layers.Dense(1), Failing(name="failing")])(X),
        lambda: model().fit(X, Y[:3], verbose=0),
        lambda: model().evaluate(X, Y[:3], verbose=0),
        lambda: model().predict(np.ones((2, 5), "float32"), verbose=0),
        lambda: model().compile("no such optimizer"),
    ],
)
def test_tracebacks_are_without_frames_of_ckeras(call):
    error, shown = frames(call)
    assert {f.name for f in shown} <= {"__call__", "call", "predict"}  # what raised it again
    config.disable_traceback_filtering()
    assert not config.is_traceback_filtering_enabled()
    whole, all_of_them = frames(call)
    assert len(all_of_them) >= len(shown)
    assert type(whole) is type(error) and str(whole) == str(error)
    config.enable_traceback_filtering()
    assert config.is_traceback_filtering_enabled()


def test_the_users_own_frames_stay():
    with pytest.raises(RuntimeError) as caught:
        Sequential([layers.Dense(1), Failing(name="failing")])(X)
    names = [f.name for f in traceback.extract_tb(caught.value.__traceback__)]
    assert names[0] == "test_the_users_own_frames_stay" and names[-1] == "call"
    assert isinstance(caught.value.__cause__, KeyError)


# -- limits of training


def test_max_epochs():
    made = model()
    assert config.max_epochs() is None
    config.set_max_epochs(2)
    with pytest.warns(UserWarning, match="epochs of fit: 5 are limited to 2"):
        history = made.fit(X, Y, epochs=5, verbose=0)
    assert len(history.epoch) == config.max_epochs() == 2
    assert len(made.fit(X, Y, epochs=1, verbose=0).epoch) == 1
    config.set_max_epochs(None)
    assert len(made.fit(X, Y, epochs=3, verbose=0).epoch) == 3


def test_max_steps_per_epoch():
    made = model()
    config.set_max_steps_per_epoch(2)
    with pytest.warns(UserWarning, match="5 are limited to 2"):
        made.fit(X, Y, batch_size=2, verbose=0)
    assert int(made.optimizer.iterations) == 2
    with pytest.warns(UserWarning, match="5 are limited to 2"):
        assert made.predict(X, batch_size=2, verbose=0).shape == (4, 1)
    made.fit(X, Y, batch_size=5, verbose=0)
    assert int(made.optimizer.iterations) == 4
    config.set_max_steps_per_epoch(None)
    made.fit(X, Y, batch_size=2, verbose=0)
    assert int(made.optimizer.iterations) == 9


@pytest.mark.parametrize("none", [0, -1, None])
def test_what_is_no_limit(none):
    config.set_max_epochs(none)
    config.set_max_steps_per_epoch(none)
    assert config.max_epochs() is config.max_steps_per_epoch() is None


@pytest.mark.parametrize("bad", ["3", 1.5, True])
def test_bad_limits(bad):
    config.set_max_epochs(3)
    with pytest.raises(ValueError, match="set_max_epochs expects an integer or None"):
        config.set_max_epochs(bad)
    with pytest.raises(ValueError, match="set_max_steps_per_epoch expects an integer or None"):
        config.set_max_steps_per_epoch(bad)
    assert config.max_epochs() == 3


def asked(code, **environment):
    import os

    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def test_limits_of_the_environment():
    code = "from ckeras import config; print(config.max_epochs(), config.max_steps_per_epoch())"
    assert asked(code, KERAS_MAX_EPOCHS="3", KERAS_MAX_STEPS_PER_EPOCH=" 7 ").stdout == "3 7\n"
    assert asked(code, KERAS_MAX_EPOCHS="", KERAS_MAX_STEPS_PER_EPOCH="-1").stdout == "None None\n"
    failed = asked(code, KERAS_MAX_EPOCHS="many")
    assert "KERAS_MAX_EPOCHS must hold an integer, got 'many'" in failed.stderr


# -- what clear_session forgets


def test_clear_session():
    config.set_dtype_policy("float64")
    config.disable_flash_attention()
    config.set_epsilon(1e-3)
    layers.Dense(1)
    for clear in (ckeras.utils.clear_session, ckeras.backend.clear_session):
        clear()
        assert layers.Dense(1).name == "dense" and layers.Dense(1).name == "dense_1"
        assert ckeras.backend.get_uid("dense") == 3
        assert config.dtype_policy().name == "float32" and config.is_flash_attention_enabled() is None
    assert config.epsilon() == 1e-3  # a setting, not state


def test_max_steps_of_batches_from_python():
    def batches():
        while True:
            yield X[:2], Y[:2]

    made = model()
    config.set_max_steps_per_epoch(3)
    made.fit(batches(), verbose=0)
    assert int(made.optimizer.iterations) == 3
    with pytest.warns(UserWarning, match="7 are limited to 3"):
        made.fit(batches(), steps_per_epoch=7, verbose=0)
    assert int(made.optimizer.iterations) == 6
    made.fit(batches(), steps_per_epoch=2, verbose=0)
    assert int(made.optimizer.iterations) == 8
