"""Numbers on which gradients are tested, and cases for ops of one form: (function, arrays to differentiate by)."""

import itertools

import numpy as np

from ckeras.tensor import table


def data(*shape, low=-2.0, high=2.0, seed=0):
    """Numbers no two of which are near each other, nor near an integer."""
    count = int(np.prod(shape))
    order = np.random.default_rng([seed, *shape]).permutation(count)
    x = low + (high - low) * (order + 0.4 + 0.13 * seed) / max(count, 1)
    return (x + 0.013 * (np.abs(x - np.round(x)) < 0.01)).reshape(shape)


def normal(*shape, seed=0):
    """Numbers of the standard normal distribution."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def positive(*shape, seed=0):
    return data(*shape, low=0.3, high=3.0, seed=seed)


def probabilities(*shape, seed=0):
    p = positive(*shape, seed=seed)
    return p / p.sum(-1, keepdims=True)


def unary(name, make=data):
    return [(lambda x: table[name](x), [make(*s)]) for s in ((), (7,), (3, 5))]


def binary(name, left=data, right=data):
    shapes = [((), ()), ((3, 5), (3, 5)), ((3, 1), (5,)), ((2, 3, 4), (3, 1)), ((7,), ())]
    return [(lambda a, b: table[name](a, b), [left(*s), right(*t, seed=1)]) for s, t in shapes]


def reduction(name, make=data):
    cases = [((7,), (0,)), ((3, 5), (1,)), ((3, 5), (0, 1)), ((2, 3, 4), (0, 2)), ((2, 3, 4), ())]
    return [
        (lambda x, a=axis, k=keepdims: table[name](x, axis=a, keepdims=k), [make(*shape)])
        for (shape, axis), keepdims in itertools.product(cases, (False, True))
    ]
