"""Gradient cases of the ops of networks: convolutions, pooling, normalisation, attention, CTC."""

from samples import data

from ckeras import ops
from ckeras.autograd import table

# strides, padding, dilation, groups; images (2, 5, 4, 4), kernels (3, 2, 4 / groups, 2)
CONVOLUTIONS = [
    ((1, 1), "valid", (1, 1), 1),
    ((2, 1), "same", (1, 1), 1),
    ((2, 2), ((1, 0), (0, 2)), (1, 1), 2),
    ((1, 1), "same", (2, 1), 2),
    ((2, 3), ((0, -1), (0, 0)), (1, 1), 1),
]
PAIRS = [c for c in CONVOLUTIONS if not isinstance(c[1], str)] + [((1, 2), ((1, 1), (0, 1)), (2, 1), 1)]


def attributes(strides, padding, dilation, groups):
    return {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}


def first(result):
    return result[0]


def convolutions():
    for case in CONVOLUTIONS:
        x, kernel = data(2, 5, 4, 4), data(3, 2, 4 // case[3], 2, seed=1)
        a = attributes(*case)
        yield lambda x, k, a=a: first(table["conv"](x, k, **a)), [x, kernel]


def windows(strides, padding, dilation, groups):
    spans = zip((5, 4), (3, 2), strides, padding, dilation, strict=True)
    return [(n + sum(pad) - (w - 1) * d - 1) // s + 1 for n, w, s, pad, d in spans]


def input_gradients():
    for case in PAIRS:
        g, kernel = data(2, *windows(*case), 2), data(3, 2, 4 // case[3], 2, seed=1)
        a = {"size": (5, 4), **attributes(*case)}
        yield lambda g, k, a=a: first(table["conv_input_grad"](g, k, **a)), [g, kernel]


def kernel_gradients():
    for case in PAIRS:
        x, g = data(2, 5, 4, 4), data(2, *windows(*case), 2, seed=1)
        a = {"window": (3, 2), **attributes(*case)}
        yield lambda x, g, a=a: first(table["conv_kernel_grad"](x, g, **a)), [x, g]


PATCHES = [
    {"window": (3, 2), "strides": (1, 2), "padding": ((1, 0), (0, 1)), "dilation": (2, 1)},
    {"window": (2, 2), "strides": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)},
]
COUNTS = [(2, 2, 6), (2, 2, 4)]
POOLS = [
    {"window": (2, 2), "strides": (2, 2), "padding": "valid"},
    {"window": (3, 2), "strides": (1, 2), "padding": "same"},
]

CASES = {
    "conv": list(convolutions()),
    "conv_input_grad": list(input_gradients()),
    "conv_kernel_grad": list(kernel_gradients()),
    "fold_patches": [
        (lambda p, a=a: first(table["fold_patches"](p, size=(5, 4), **a)), [data(2, *n, 3)])
        for a, n in zip(PATCHES, COUNTS, strict=True)
    ],
    "max_pool": [(lambda x, a=a: first(table["max_pool"](x, **a)), [data(2, 5, 4, 3)]) for a in POOLS],
    "patches": [(lambda x, a=a: table["patches"](x, **a), [data(2, 5, 4, 3)]) for a in PATCHES],
    "sum_pool": [(lambda x, a=a: first(table["sum_pool"](x, **a)), [data(2, 5, 4, 3)]) for a in POOLS],
}

COMPOSED = {
    "adaptive_average_pool": (lambda x: ops.adaptive_average_pool(x, (2, 3)), [data(1, 5, 4, 2)]),
    "adaptive_max_pool": (lambda x: ops.adaptive_max_pool(x, (2, 3)), [data(1, 5, 4, 2)]),
    "average_pool": (lambda x: ops.average_pool(x, 3, 2, "same"), [data(2, 6, 2)]),
    "conv channels first": (
        lambda x, k: ops.conv(x, k, 2, "same", "channels_first"),
        [data(1, 4, 5, 3), data(2, 2, 2, 2, seed=1)],
    ),
    "conv_transpose": (
        lambda x, k: ops.conv_transpose(x, k, 2, "same", 1, dilation_rate=(2, 1)),
        [data(1, 3, 2, 2), data(2, 3, 3, 2, seed=1)],
    ),
    "depthwise_conv": (lambda x, k: ops.depthwise_conv(x, k, 1, "same"), [data(1, 5, 3), data(3, 3, 2, seed=1)]),
    "separable_conv": (
        lambda x, d, p: ops.separable_conv(x, d, p),
        [data(1, 5, 2), data(3, 2, 2, seed=1), data(1, 4, 3, seed=2)],
    ),
}
