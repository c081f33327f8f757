"""Gradient cases of the ops of networks: convolutions, pooling, normalisation, attention, CTC."""

import numpy as np
from samples import data, probabilities

from ckeras import ops
from ckeras.ops.nn.column_normalization import normalize_batch, normalize_groups
from ckeras.ops.nn.pooling import Span
from ckeras.tensor import table

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
        yield lambda x, k, a=a: table["conv"](x, k, **a), [x, kernel]


def windows(strides, padding, dilation, groups):
    spans = zip((5, 4), (3, 2), strides, padding, dilation, strict=True)
    return [(n + sum(pad) - (w - 1) * d - 1) // s + 1 for n, w, s, pad, d in spans]


def input_gradients():
    for case in PAIRS:
        g, kernel = data(2, *windows(*case), 2), data(3, 2, 4 // case[3], 2, seed=1)
        a = {"size": (5, 4), **attributes(*case)}
        yield lambda g, k, a=a: table["conv_input_grad"](g, k, **a), [g, kernel]


def kernel_gradients():
    for case in PAIRS:
        x, g = data(2, 5, 4, 4), data(2, *windows(*case), 2, seed=1)
        a = {"window": (3, 2), **attributes(*case)}
        yield lambda x, g, a=a: table["conv_kernel_grad"](x, g, **a), [x, g]


PATCHES = [
    {"window": (3, 2), "strides": (1, 2), "padding": ((1, 0), (0, 1)), "dilation": (2, 1)},
    {"window": (2, 2), "strides": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)},
]
COUNTS = [(2, 2, 6), (2, 2, 4)]
SPANS = [
    {"axis": 1, "span": Span.sliding(5, 3, 2, 2, "same")},
    {"axis": 1, "span": Span.sliding(5, 3, 3, 1, "valid")},
    {"axis": 1, "span": Span.adaptive(5, 3)},
]


def offsets(attrs):
    """Where the maxima of some elements are in their windows."""
    return table["window_max"](data(2, 5, 4), **attrs)[1]


WINDOWS = [
    {"spans": (Span.sliding(5, 3, 3, 2, "same"), Span.sliding(4, 3, 2, 1, "valid")), "order": (1, 2)},
    {"spans": (Span.adaptive(5, 3), Span.adaptive(4, 3)), "order": (2, 1)},
]


def numbers(attrs):
    """Which elements of their windows the maxima of some elements are."""
    return table["pool_max"](data(2, 5, 4, 2), **attrs)[1]


SKIP = [-1e5, -1e5, 0.0, -1e5, 0.0]
MASK = np.array([[True, False, True], [True, True, False]])

CASES = {
    "conv": list(convolutions()),
    "conv_input_grad": list(input_gradients()),
    "conv_kernel_grad": list(kernel_gradients()),
    "ctc_paths": [
        # what is reached after four frames; the numbers before that are too large for differences
        (lambda x: table["ctc_paths"](x, np.array([SKIP, [*SKIP[:2], -1e5, *SKIP[3:]]]))[-1], [data(4, 2, 5)]),
    ],
    "ctc_recurrence": [
        (lambda x, w, b=b: table["ctc_recurrence"](x, w, backwards=b), [data(4, 2, 5), data(3, 4, 2, 5, seed=1)])
        for b in (False, True)
    ],
    "fold_patches": [
        (lambda p, a=a: table["fold_patches"](p, size=(5, 4), **a), [data(2, *n, 3)])
        for a, n in zip(PATCHES, COUNTS, strict=True)
    ],
    "patches": [(lambda x, a=a: table["patches"](x, **a), [data(2, 5, 4, 3)]) for a in PATCHES],
    "pool_max": [(lambda x, a=a: first(table["pool_max"](x, **a)), [data(2, 5, 4, 2)]) for a in WINDOWS],
    "pool_max_route": [
        (lambda g, a=a: table["pool_max_route"](g, numbers(a), **a), [data(*numbers(a).shape)]) for a in WINDOWS
    ],
    "pool_max_take": [(lambda x, a=a: table["pool_max_take"](x, numbers(a), **a), [data(2, 5, 4, 2)]) for a in WINDOWS],
    "pool_mean": [(lambda x, a=a: table["pool_mean"](x, spans=a["spans"]), [data(2, 5, 4, 2)]) for a in WINDOWS],
    "pool_mean_spread": [
        (lambda g, a=a: table["pool_mean_spread"](g, spans=a["spans"]), [data(*numbers(a).shape)]) for a in WINDOWS
    ],
    "sparsemax": [(lambda x: table["sparsemax"](x), [data(*s)]) for s in ((5,), (3, 7), (4, 1))],
    "window_max": [(lambda x, a=a: first(table["window_max"](x, **a)), [data(2, 5, 4)]) for a in SPANS],
    "window_route": [(lambda g, a=a: table["window_route"](g, offsets(a), **a), [data(2, 3, 4)]) for a in SPANS],
    "window_sum": [(lambda x, a=a: table["window_sum"](x, **a), [data(2, 5, 4)]) for a in SPANS],
    "window_take": [(lambda x, a=a: table["window_take"](x, offsets(a), **a), [data(2, 5, 4)]) for a in SPANS],
}

COMPOSED = {
    "adaptive_average_pool": (lambda x: ops.adaptive_average_pool(x, (2, 3)), [data(1, 5, 4, 2)]),
    "adaptive_max_pool": (lambda x: ops.adaptive_max_pool(x, (2, 3)), [data(1, 5, 4, 2)]),
    "attention": (
        lambda q, k, v, b: ops.dot_product_attention(q, k, v, bias=b, mask=MASK),
        [data(2, 2, 4, 3), data(2, 3, 2, 3, seed=1), data(2, 3, 2, 2, seed=2), data(4, 2, 3, seed=3)],
    ),
    "attention causal": (
        lambda q, k, v: ops.dot_product_attention(q, k, v, is_causal=True, scale=0.7, attn_logits_soft_cap=1.5),
        [data(1, 3, 2, 2), data(1, 3, 2, 2, seed=1), data(1, 3, 2, 2, seed=2)],
    ),
    "average_pool": (lambda x: ops.average_pool(x, (3, 2), 2, "same"), [data(2, 6, 4, 2)]),
    "average_pool of windows that overlap much": (lambda x: ops.average_pool(x, 70, 1, "same"), [data(1, 75, 1)]),
    "max_pool of windows that overlap much": (lambda x: ops.max_pool(x, 40, 1, "same"), [data(1, 45, 1)]),
    "max_pool": (lambda x: ops.max_pool(x, (3, 2), 2, "same"), [data(2, 6, 5, 2)]),
    "batch_normalization": (
        lambda x, m, v, b, g: ops.batch_normalization(x, m, v, 1, b, g),
        [data(2, 3, 2), data(3), probabilities(3), data(3, seed=1), data(3, seed=2)],
    ),
    "celu": (lambda x: ops.celu(x, 0.7), [data(7)]),
    "conv channels first": (
        lambda x, k: ops.conv(x, k, 2, "same", "channels_first"),
        [data(1, 4, 5, 3), data(2, 2, 2, 2, seed=1)],
    ),
    "conv_transpose": (
        lambda x, k: ops.conv_transpose(x, k, 2, "same", 1, dilation_rate=(2, 1)),
        [data(1, 3, 2, 2), data(2, 3, 3, 2, seed=1)],
    ),
    "ctc_decode": (lambda x: ops.ctc_decode(x, [4, 2])[1], [data(2, 4, 3)]),
    "ctc_loss": (
        lambda x: ops.ctc_loss([[1, 1, 2], [3, 1, -1], [2, 3, 1], [0, 0, 0]], x, [3, 2, 2, 0], [5, 4, 2, 3]),
        [data(4, 5, 4)],
    ),
    "depth_to_space": (lambda x: ops.depth_to_space(x, 2), [data(1, 2, 3, 8)]),
    "depthwise_conv": (lambda x, k: ops.depthwise_conv(x, k, 1, "same"), [data(1, 5, 3), data(3, 3, 2, seed=1)]),
    "fold": (lambda x: ops.fold(x, (4, 5), (2, 3), 1, (1, 0), 2), [data(1, 12, 6)]),
    "glu": (lambda x: ops.glu(x, 0), [data(4, 3)]),
    "hard_shrink": (lambda x: ops.hard_shrink(x), [data(9)]),
    "hard_tanh": (lambda x: ops.hard_tanh(x), [data(9)]),
    "layer_normalization": (
        lambda x, g, b: ops.layer_normalization(x, g, b, axis=(1, 2)),
        [data(2, 3, 2), data(3, 2, seed=1), data(3, 2, seed=2)],
    ),
    "moments": (lambda x: list(ops.moments(x, (0, 2))), [data(2, 3, 2)]),
    "layer_normalization of rows": (
        lambda x, g, b: ops.layer_normalization(x, g, b, epsilon=0.1),
        [data(2, 3, 4), data(4, seed=1), data(4, seed=2)],
    ),
    "norm_apply": (
        lambda x, g, b: normalize_batch(x, 2, g, b, 0.1)[0],
        [data(3, 2, 4), data(4, seed=1), data(4, seed=2)],
    ),
    "norm_apply of groups": (
        lambda x, g, b: normalize_groups(x, 2, 2, g, b, 0.1),
        [data(2, 3, 4), data(4, seed=1), data(4, seed=2)],
    ),
    "normalize": (lambda x: ops.normalize(x, axis=(0, 1)), [data(2, 3)]),
    "normalize 3": (lambda x: ops.normalize(x, order=3), [data(2, 3)]),
    "psnr": (lambda a, b: ops.psnr(a, b, 2.0), [data(2, 3), data(2, 3, seed=1)]),
    "rms_normalization": (lambda x, g: ops.rms_normalization(x, g), [data(2, 3), data(3, seed=1)]),
    "separable_conv": (
        lambda x, d, p: ops.separable_conv(x, d, p),
        [data(1, 5, 2), data(3, 2, 2, seed=1), data(1, 4, 3, seed=2)],
    ),
    "soft_shrink": (lambda x: ops.soft_shrink(x), [data(9)]),
    "space_to_depth": (lambda x: ops.space_to_depth(x, 2, "channels_first"), [data(1, 2, 4, 2)]),
    "sparse_plus": (lambda x: ops.sparse_plus(x), [data(9)]),
    "sparse_sigmoid": (lambda x: ops.sparse_sigmoid(x), [data(9)]),
    "sparsemax axis": (lambda x: ops.sparsemax(x, 0), [data(4, 3, high=1.7)]),
    "squareplus": (lambda x: ops.squareplus(x, 2.0), [data(7)]),
    "tanh_shrink": (lambda x: ops.tanh_shrink(x), [data(7)]),
    "threshold": (lambda x: ops.threshold(x, 0.3, -1.0), [data(9)]),
    "unfold": (lambda x: ops.unfold(x, (2, 3), 1, (1, 0), 2), [data(1, 2, 4, 5)]),
}
