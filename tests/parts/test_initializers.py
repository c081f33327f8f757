"""Initializers: statistics of what they draw, seeds, fans and errors."""

import numpy as np
import pytest

from ckeras import initializers, random

KIND = "initializer/"


def test_statistics_are_those_of_keras(keras_case):
    mean, std, low, high = keras_case.result
    expected_mean, expected_std, expected_low, expected_high = keras_case.expected
    assert abs(mean - expected_mean) < 0.05 * expected_std
    assert std == pytest.approx(expected_std, rel=0.03)
    if "untruncated" in keras_case.name or "Normal" not in keras_case.name:
        spread = expected_high - expected_low
        assert low == pytest.approx(expected_low, abs=0.15 * spread)
        assert high == pytest.approx(expected_high, abs=0.15 * spread)
    else:
        assert max(abs(low - mean), abs(high - mean)) < 5.5 * std


@pytest.mark.parametrize(
    ("name", "limit"), [("GlorotUniform", 6 / 500), ("HeUniform", 6 / 200), ("LecunUniform", 3 / 200)]
)
def test_uniform_bounds(name, limit):
    x = np.asarray(getattr(initializers, name)(seed=1)((200, 300)))
    assert np.abs(x).max() <= np.sqrt(limit) * (1 + 1e-6)
    assert np.abs(x).max() > 0.999 * np.sqrt(limit)


@pytest.mark.parametrize(
    ("name", "variance"), [("GlorotNormal", 2 / 500), ("HeNormal", 2 / 200), ("LecunNormal", 1 / 200)]
)
def test_truncated_bounds(name, variance):
    x = np.asarray(getattr(initializers, name)(seed=1)((200, 300)))
    bound = 2 * np.sqrt(variance) / 0.87962566103423978
    assert np.abs(x).max() <= bound * (1 + 1e-6)
    assert np.abs(x).max() > 0.99 * bound
    assert x.std() == pytest.approx(np.sqrt(variance), rel=0.02)


@pytest.mark.parametrize(
    ("shape", "axes", "fans"),
    [
        ((), {}, (1, 1)),
        ((7,), {}, (7, 7)),
        ((40, 50), {}, (40, 50)),
        ((3, 3, 20, 30), {}, (180, 270)),
        ((3, 3, 20, 30), {"input_axes": [0], "output_axes": [1]}, (1800, 1800)),
        ((20, 4, 30), {"input_axes": (0,), "output_axes": (1, 2)}, (20, 120)),
        ((20, 4, 30), {"input_axes": -1, "output_axes": 0}, (120, 80)),
        ((0, 3), {}, (0, 3)),
    ],
)
def test_fans(shape, axes, fans):
    assert initializers.compute_fans(shape, **axes) == fans


def test_zeros_ones_constant():
    np.testing.assert_array_equal(np.asarray(initializers.Zeros()((2, 3))), np.zeros((2, 3)))
    np.testing.assert_array_equal(np.asarray(initializers.Ones()((2,), "int32")), [1, 1])
    np.testing.assert_array_equal(np.asarray(initializers.Constant(2.5)((2,), "float64")), [2.5, 2.5])
    np.testing.assert_array_equal(np.asarray(initializers.Constant([1.0, 2.0])((2, 2))), [[1, 2], [1, 2]])
    assert str(initializers.Ones()((2,), "int32").dtype) == "int32"
    assert str(initializers.Zeros()((2,)).dtype) == "float32"


def test_same_object_gives_the_same_values():
    initializer = initializers.GlorotUniform()
    np.testing.assert_array_equal(np.asarray(initializer((5, 5))), np.asarray(initializer((5, 5))))
    assert (np.asarray(initializers.GlorotUniform()((5, 5))) != np.asarray(initializer((5, 5)))).any()


def test_same_seed_gives_the_same_values():
    first, second = (np.asarray(initializers.HeNormal(seed=3)((5, 5))) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (np.asarray(initializers.HeNormal(seed=4)((5, 5))) != first).any()


def test_seed_generator_moves_on():
    initializer = initializers.RandomNormal(seed=random.SeedGenerator(1))
    assert (np.asarray(initializer((5,))) != np.asarray(initializer((5,)))).any()


def test_clone():
    assert initializers.GlorotUniform(seed=3).clone().seed == 3
    initializer = initializers.GlorotUniform()
    assert initializer.clone().seed != initializer.seed


@pytest.mark.parametrize(
    "initializer",
    [
        initializers.Zeros(),
        initializers.Constant(3.0),
        initializers.Constant(np.ones((2, 3))),
        initializers.RandomUniform(-1, 1, seed=2),
        initializers.TruncatedNormal(0.5, 0.1, seed=2),
        initializers.GlorotUniform(seed=2),
        initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=2, input_axes=(0,)),
        initializers.HeNormal(seed=random.SeedGenerator(5)),
    ],
)
def test_config_round_trip(initializer):
    config = initializers.serialize(initializer)
    assert config["module"] == "keras.initializers"
    twin = initializers.deserialize(config)
    assert type(twin) is type(initializer)
    assert repr(twin.get_config()) == repr(initializer.get_config())
    np.testing.assert_array_equal(np.asarray(twin((2, 3))), np.asarray(initializer((2, 3))))


def test_config_does_not_keep_a_drawn_seed():
    assert initializers.GlorotUniform().get_config() == {"seed": None, "input_axes": None, "output_axes": None}


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("zeros", initializers.Zeros),
        ("zero", initializers.Zeros),
        ("ones", initializers.Ones),
        ("constant", initializers.Constant),
        ("uniform", initializers.RandomUniform),
        ("normal", initializers.RandomNormal),
        ("glorot_uniform", initializers.GlorotUniform),
        ("GlorotUniform", initializers.GlorotUniform),
        ("he_normal", initializers.HeNormal),
        ("lecun_uniform", initializers.LecunUniform),
    ],
)
def test_by_name(name, cls):
    assert type(initializers.get(name)) is cls


def test_an_array_is_its_own_initial_value():
    initializer = initializers.get(np.arange(4.0).reshape(2, 2))
    np.testing.assert_array_equal(np.asarray(initializer((2, 2))), [[0, 1], [2, 3]])
    with pytest.raises(ValueError, match=r"shape \(3,\), got \(2, 2\)"):
        initializer((3,))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scale": 0.0}, "scale"),
        ({"scale": -1.0}, "scale"),
        ({"scale": float("nan")}, "scale"),
        ({"mode": "fan"}, "mode"),
        ({"distribution": "gauss"}, "distribution"),
        ({"seed": "a"}, "seed"),
        ({"seed": 1.5}, "seed"),
    ],
)
def test_bad_arguments(options, words):
    with pytest.raises(ValueError, match=f"VarianceScaling expects {words}"):
        initializers.VarianceScaling(**options)


@pytest.mark.parametrize("shape", [(-1, 2), (None, 3)])
def test_bad_shapes(shape):
    with pytest.raises(ValueError, match="shape"):
        initializers.GlorotUniform()(shape)


def test_bad_axes():
    with pytest.raises(ValueError, match="input_axes"):
        initializers.VarianceScaling(input_axes=(5,))((3, 4))


@pytest.mark.parametrize("name", ["zeros", "glorot_uniform", "he_normal"])
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,)])
def test_small_shapes(name, shape):
    assert tuple(initializers.get(name)(shape).shape) == shape


def test_normal_is_another_name_for_truncated():
    assert initializers.VarianceScaling(distribution="normal").distribution == "truncated_normal"
