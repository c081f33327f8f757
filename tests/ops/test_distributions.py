"""Random numbers of gamma, beta, binomial and categorical distributions, and random order."""

import math

import numpy as np
import pytest

from ckeras import KerasTensor, Variable, config, function, ops, random, utils
from ckeras.autograd import GradientTape

N = 100_000
SAMPLERS = {
    "gamma": lambda shape, seed=None: random.gamma(shape, 2.0, seed=seed),
    "beta": lambda shape, seed=None: random.beta(shape, 2.0, 0.5, seed=seed),
    "binomial": lambda shape, seed=None: random.binomial(shape, 1000, 0.3, seed=seed),
    "categorical": lambda shape, seed=None: random.categorical(np.zeros((1, 999)), math.prod(shape), seed=seed)[0],
    "shuffle": lambda shape, seed=None: random.shuffle(np.arange(math.prod(shape)), seed=seed),
}


def moments(x):
    x = np.asarray(x, "float64")
    return x.mean(), x.var()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("alpha", [0.3, 1.0, 5.0])
def test_gamma(alpha, dtype):
    x = random.gamma((N,), alpha, dtype, seed=1)
    assert (x.shape, x.dtype) == ((N,), dtype)
    assert np.all(x.numpy() >= 0)
    mean, var = moments(x)
    assert abs(mean - alpha) < 0.03 * max(1, alpha)
    assert abs(var - alpha) < 0.06 * max(1, alpha)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (2.0, 5.0), (1.0, 1.0)])
def test_beta(a, b, dtype):
    x = random.beta((N,), a, b, dtype, seed=1)
    assert x.dtype == dtype
    assert 0 <= x.numpy().min() <= x.numpy().max() <= 1
    mean, var = moments(x)
    assert abs(mean - a / (a + b)) < 0.01
    assert abs(var - a * b / ((a + b) ** 2 * (a + b + 1))) < 0.005


def test_beta_of_tiny_parameters():
    x = random.beta((1000,), 1e-300, 1e-300, "float64", seed=1).numpy()
    assert set(np.unique(x)) == {0.0, 1.0}


@pytest.mark.parametrize(("n", "p"), [(1, 0.2), (10, 0.5), (1000, 0.9), (5, 0.0), (5, 1.0), (0, 0.5)])
def test_binomial(n, p):
    x = random.binomial((N,), n, p, seed=1)
    assert x.dtype == "float32"
    values = x.numpy()
    assert np.array_equal(values, np.round(values))
    assert 0 <= values.min() <= values.max() <= n
    mean, var = moments(values)
    assert abs(mean - n * p) <= 0.02 * n * p
    assert abs(var - n * p * (1 - p)) <= 0.03 * n * p * (1 - p)


def test_parameters_broadcast():
    alpha = np.array([[1.0], [100.0]])
    x = random.gamma((2, 500), alpha, seed=1).numpy()
    assert x[0].mean() < 2 < 90 < x[1].mean()
    x = random.binomial((3, 400), Variable([[5.0], [0.0], [50.0]]), [0.5], seed=2).numpy()
    assert (x[1] == 0).all()
    assert 20 < x[2].mean() < 30
    x = random.beta([2, 300], 1, ops.convert_to_tensor([[1e-3], [1e3]]), seed=2).numpy()
    assert x[0].mean() > 0.9 > 0.1 > x[1].mean()
    with pytest.raises(ValueError, match=r"gamma expects alpha to broadcast to shape \(2,\), got shape \(3,\)"):
        random.gamma((2,), [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="to broadcast"):
        random.gamma((), [1.0])


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32"])
def test_categorical(dtype):
    p = np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    with np.errstate(divide="ignore"):
        logits = np.where(p > 0, np.log(p), -np.inf) + np.array([[0.0], [3.0], [-5.0]])
    if dtype == "int32":
        p, logits = np.array([[0.5, 0.5], [1 / (1 + math.e**2), 1 / (1 + math.e**-2)]]), np.array([[1, 1], [-1, 1]])
    x = random.categorical(logits.astype(dtype), N, seed=3)
    assert (x.shape, x.dtype) == ((len(p), N), "int32")
    for row, chances in zip(x.numpy(), p, strict=True):
        shares = np.bincount(row, minlength=len(chances)) / N
        assert (shares[chances == 0] == 0).all()
        np.testing.assert_allclose(shares, chances, atol=0.01)
    assert abs(np.corrcoef(x.numpy()[0, :-1], x.numpy()[0, 1:])[0, 1]) < 0.02
    assert random.categorical(logits.astype(dtype), 4, dtype="int64", seed=1).dtype == "int64"
    assert random.categorical(logits.astype(dtype), 0).shape == (len(p), 0)
    assert random.categorical(np.zeros((0, 3)), 5).shape == (0, 5)


def test_integers_between_tensors():
    low = np.array([[0], [-100]])
    x = random.randint((2, 30_000), low, [5], seed=1)
    assert x.dtype == "int32"
    assert [sorted(set(row)) for row in x.numpy().tolist()] == [list(range(5)), list(range(-100, 5))]
    assert np.bincount(x.numpy()[0]).min() > 5500
    assert set(random.randint((1000,), 0, 256, "uint8", seed=1).tolist()) > {0, 255}


def test_dropout_of_integers_gives_floats():
    x = random.dropout(np.full(1000, 7), 0.3, seed=1)
    assert x.dtype == "float32"
    np.testing.assert_allclose(np.unique(x), [0, 10], rtol=1e-6)


def test_shuffle():
    x = np.arange(24).reshape(6, 4)
    y = random.shuffle(x, seed=1).numpy()
    assert y.dtype == x.dtype
    assert sorted(map(tuple, y)) == sorted(map(tuple, x))
    assert not np.array_equal(x, y)
    z = random.shuffle(x, axis=-1, seed=1).numpy()
    assert sorted(map(tuple, z.T)) == sorted(map(tuple, x.T))
    orders = np.array([random.shuffle(np.arange(4), seed=seed).numpy() for seed in range(2400)])
    np.testing.assert_allclose([np.bincount(column) / 2400 for column in orders.T], 0.25, atol=0.04)
    assert len(np.unique(orders, axis=0)) == 24
    assert random.shuffle(np.zeros((0, 3))).shape == (0, 3)
    assert random.shuffle(KerasTensor((None, 3)), seed=1).shape == (None, 3)
    assert random.shuffle(KerasTensor((None, 3)), axis=1, seed=1).shape == (None, 3)


def test_a_gradient_goes_the_way_of_its_element():
    x, weights = ops.convert_to_tensor(np.arange(5.0)), np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = random.shuffle(x, seed=3)
        total = ops.sum(y * weights)
    order = y.numpy().astype(int)
    np.testing.assert_array_equal(tape.gradient(total, x).numpy()[order], weights)


@pytest.mark.parametrize("name", SAMPLERS)
def test_seeds(name):
    sample = SAMPLERS[name]
    a, b, c = (sample((100,), seed=s).numpy() for s in (1, 1, 2))
    assert (a == b).all()
    assert (a != c).mean() > 0.8
    generator = random.SeedGenerator(7)
    first, second = sample((50,), seed=generator).numpy(), sample((50,), seed=generator).numpy()
    assert (first != second).mean() > 0.8
    again = random.SeedGenerator.from_config(generator.get_config())
    np.testing.assert_array_equal(sample((50,), seed=again), first)
    utils.set_random_seed(3)
    x, y = sample((50,)).numpy(), sample((50,)).numpy()
    utils.set_random_seed(3)
    np.testing.assert_array_equal(sample((50,)), x)
    assert (x != y).mean() > 0.8


@pytest.mark.parametrize("name", SAMPLERS)
def test_same_bits_with_any_number_of_threads(name):
    threads = config.get_threads()
    try:
        samples = []
        for count in (1, 2):
            config.set_threads(count)
            samples.append(SAMPLERS[name]((40_000,), seed=1).numpy())
    finally:
        config.set_threads(threads)
    np.testing.assert_array_equal(*samples)


@pytest.mark.parametrize("name", SAMPLERS)
def test_compiled_samples_are_new_in_each_call_and_equal_eager_ones(name):
    def run(transform):
        generator = random.SeedGenerator(11)
        step = transform(lambda: SAMPLERS[name]((60,), seed=generator))
        return [step().numpy() for _ in range(3)]

    compiled, eager = run(function), run(lambda f: f)
    for a, b in zip(compiled, eager, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (compiled[0] != compiled[1]).mean() > 0.8


def test_parameters_inside_a_compiled_function():
    @function
    def samples(alpha, chance, x):
        return random.gamma((3,), alpha, seed=1), random.binomial((3,), 10, chance, seed=1), random.shuffle(x, seed=1)

    gamma, binomial, order = samples(*(np.array(v, "float32") for v in ([1.0, -1.0, 2.0], [0.5, 1.0, 1.5], [1, 2, 3])))
    assert np.isnan(gamma.numpy()).tolist() == [False, True, False]
    assert np.isnan(binomial.numpy()).tolist() == [False, False, True]
    assert sorted(order.tolist()) == [1, 2, 3]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: random.gamma((2,), 0.0), "gamma expects alpha to be above 0, got 0.0"),
        (lambda: random.gamma((2,), [1.0, math.nan]), "gamma expects alpha"),
        (lambda: random.beta((2,), 1.0, -1.0), "beta expects beta to be above 0, got -1.0"),
        (lambda: random.beta((2,), -1.0, 1.0), "beta expects alpha to be above 0"),
        (lambda: random.binomial((2,), -1, 0.5), "binomial expects counts to be 0 or more, got -1"),
        (lambda: random.binomial((2,), 3, 1.5), "binomial expects probabilities to be from 0 to 1, got 1.5"),
        (lambda: random.binomial((2,), 3, [0.5, -0.5]), "binomial expects probabilities"),
        (lambda: random.categorical(np.zeros(3), 2), r"shape \(batch, classes\), got \(3,\)"),
        (lambda: random.categorical(KerasTensor((None, 3)), 2), r"got \(None, 3\)"),
        (lambda: random.categorical(np.zeros((2, 3)), -1), "num_samples to be an integer of 0 or more, got -1"),
        (lambda: random.categorical(np.zeros((2, 3)), 1.5), "num_samples"),
        (lambda: random.categorical(np.zeros((2, 0)), 1), r"got \(2, 0\)"),
        (lambda: random.shuffle(np.zeros(3), axis=1), "an axis of a tensor with 1 axes, got 1"),
        (lambda: random.shuffle(3.0), "0 axes"),
        (lambda: random.shuffle(np.zeros(3), axis="a"), "got 'a'"),
        *(
            (lambda s=shape, d=sample: d(s), f"{name} expects a shape of integers of 0 or more, got")
            for shape in ((-1,), (2, None), "ab", (2.5,), -3, None)
            for name, sample in (
                ("uniform", random.uniform),
                ("truncated_normal", random.truncated_normal),
                ("gamma", lambda s: random.gamma(s, 1.0)),
                ("randint", lambda s: random.randint(s, 0, 5)),
            )
        ),
        (lambda: random.uniform((2,), 1.0, 0.0), "minval <= maxval, got 1.0 and 0.0"),
        (lambda: random.randint((2,), 0.5, 3), "minval to be an integer, or a tensor of integers, got 0.5"),
        (lambda: random.randint((2,), 0, np.array(1.5)), "maxval to be an integer"),
        (lambda: random.randint((2,), 0, 300, "uint8"), "to fit uint8, got 0 and 300"),
        (lambda: random.randint((2,), -5, 3, "uint8"), "to fit uint8"),
        (lambda: random.randint((2,), np.array([1, 9]), 5), "minval < maxval"),
        (lambda: random.dropout(np.ones((3, 4)), "half"), r"a rate in \[0, 1\], got 'half'"),
        (lambda: random.dropout(np.ones((3, 4)), 0.5, (1,)), "noise_shape"),
        (lambda: random.dropout(np.ones((3, 4)), 0.5, (2, 4)), r"noise_shape .* \(3, 4\), got \(2, 4\)"),
        (lambda: random.gamma((2,), 1.0, dtype="int32"), "gamma expects a float dtype"),
        (lambda: random.gamma((2,), 1.0, seed="a"), "expected seed to be"),
    ],
)
def test_bad_arguments(call, words):
    state = random.global_generator().state.numpy().tolist()
    with pytest.raises(ValueError, match=words):
        call()
    assert random.global_generator().state.numpy().tolist() == state
