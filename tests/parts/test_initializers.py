"""Initializers: statistics of their samples, seeds, fans and errors."""

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
        ((3, 3, 20, 30), {"input_axes": [0], "output_axes": [1]}, (3, 3)),
        ((20, 4, 30), {"input_axes": (0,), "output_axes": (1, 2)}, (20, 120)),
        ((20, 4, 30), {"input_axes": -1, "output_axes": 0}, (30, 20)),
        ((20, 4, 30), {"input_axes": [0]}, (80, 600)),
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


def test_config_does_not_keep_a_sampled_seed():
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


@pytest.mark.parametrize("shape", [(4, 4), (7, 3), (3, 7), (2, 3, 5), (3, 2, 2, 20), (1, 5), (0, 3)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_orthogonal(shape, dtype):
    x = initializers.Orthogonal(gain=2.0, seed=3)(shape, dtype)
    assert (x.shape, x.dtype) == (shape, dtype)
    m = np.asarray(x, "float64").reshape(-1, shape[-1]) / 2
    product = m.T @ m if m.shape[0] >= m.shape[1] else m @ m.T
    np.testing.assert_allclose(product, np.eye(len(product)), atol=2e-3 if dtype == "float16" else 1e-6)
    np.testing.assert_array_equal(initializers.Orthogonal(2.0, 3)(shape, dtype), x)


def test_orthogonal_is_uniform():
    """Its entries have mean 0, and variance 1 over the size."""
    x = np.stack([np.asarray(initializers.Orthogonal(seed=i)((3, 3))) for i in range(2000)])
    assert np.abs(x.mean(0)).max() < 0.06
    np.testing.assert_allclose((x**2).mean(0), 1 / 3, atol=0.03)
    assert 0.45 < (np.linalg.det(x) > 0).mean() < 0.55


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("orthogonal", initializers.Orthogonal),
        ("OrthogonalInitializer", initializers.Orthogonal),
        ("identity", initializers.Identity),
        ("IdentityInitializer", initializers.Identity),
        ("stft", initializers.STFT),
        ("STFTInitializer", initializers.STFT),
    ],
)
def test_the_others_by_name(name, cls):
    assert type(initializers.get(name)) is cls


@pytest.mark.parametrize(
    "initializer",
    [
        initializers.Orthogonal(2.0, seed=1),
        initializers.Identity(0.5),
        initializers.STFT("imag", "blackman", None, True),
        initializers.STFT(window=None, scaling="spectrum"),
    ],
)
def test_the_others_round_trip(initializer):
    config = initializers.serialize(initializer)
    assert config["module"] == "keras.initializers"
    twin = initializers.deserialize(config)
    assert type(twin) is type(initializer)
    assert twin.get_config() == initializer.get_config()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: initializers.Orthogonal()((3,)), r"Orthogonal expects a shape of at least two axes, got \(3,\)"),
        (lambda: initializers.Orthogonal(seed="a"), "Orthogonal expects seed"),
        (lambda: initializers.Identity()((3, 3, 3)), "Identity expects the shape of a matrix"),
        (lambda: initializers.STFT("left"), "side to be 'real' or 'imag', got 'left'"),
        (lambda: initializers.STFT(window="hat"), "window to be one of .*hann.* got 'hat'"),
        (lambda: initializers.STFT(scaling="loud"), "scaling"),
        (lambda: initializers.STFT()((3, 4)), r"shape \(frame length, channels, bins\), got \(3, 4\)"),
        (lambda: initializers.STFT(window=np.ones(3))((4, 1, 2)), r"a window of shape \(4,\), got \(3,\)"),
    ],
)
def test_bad_arguments_of_the_others(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_window_may_be_a_tensor():
    window = np.array([1.0, 2.0, 3.0, 4.0])
    x = initializers.STFT(window=window, scaling="spectrum")((4, 2, 3))
    assert x.shape == (4, 2, 3)
    np.testing.assert_allclose(np.asarray(x)[:, 1, 0], window / 10, rtol=1e-6)
    assert initializers.STFT()((0, 1, 3)).shape == (0, 1, 3)
