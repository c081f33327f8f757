"""What `keras.ops.nn` gives on seeded input.

`python tests/data/make_nn_values.py` computes every case below with Keras 3.15 (JAX backend) and keeps the values
next to this file; see `tests/shared/oracle.py`.
"""

import itertools
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / "shared"))
from oracle import data, keep, numbers, spec

ACTIVATIONS = {
    "celu": {"alpha": 0.7},
    "glu": {"axis": 0},
    "hard_shrink": {"threshold": 0.8},
    "hard_tanh": {},
    "soft_shrink": {"threshold": 0.8},
    "sparse_plus": {},
    "sparse_sigmoid": {},
    "squareplus": {"b": 2},
    "tanh_shrink": {},
    "threshold": {"threshold": 0.2, "default_value": -1.0},
}
FLOATS = ("float16", "float32", "float64")


def activations(out):
    x = 2 * data("x", 4, 5)
    edges = np.array([-np.inf, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, np.inf, np.nan, 1e30], "float32")
    for name, options in ACTIVATIONS.items():
        for dtype in FLOATS:
            out[f"{name} {dtype}"] = lambda k, n=name, o=options, d=dtype: getattr(k.ops, n)(x.astype(d), **o)
        if name != "glu":
            out[f"{name} edges"] = lambda k, n=name, o=options: getattr(k.ops, n)(edges, **o)
            out[f"{name} slopes"] = lambda k, n=name, o=options: k.gradient(
                lambda v: getattr(k.ops, n)(v, **o), edges[1:9]
            )
            for dtype in ("int32", "bool"):
                out[f"{name} {dtype}"] = lambda k, n=name, o=options, d=dtype: getattr(k.ops, n)(
                    np.round(x).astype(d), **o
                )
        default = {} if name != "threshold" else options
        out[f"{name} symbolic"] = lambda k, n=name, o=default: spec(getattr(k.ops, n)(k.KerasTensor((None, 4)), **o))
    # What has one element left alone: sparsemax of Keras 3.15 does not sum to 1 elsewhere.
    out["sparsemax"] = lambda k: k.ops.sparsemax(np.array([[9, 0, 0, 8.5], [-1, 3, 1, 2]], "float32"), 1)[:, 1:3]


CONVOLUTIONS = {
    # rank, strides, padding, dilation, groups, dtype
    "1": (1, 1, "valid", 1, 1, "float32"),
    "1 same strided": (1, 3, "same", 1, 1, "float64"),
    "1 dilated": (1, 1, "same", 3, 2, "float32"),
    "2": (2, 1, "valid", 1, 1, "float16"),
    "2 same": (2, (1, 2), "SAME", 1, 1, "float32"),
    "2 groups": (2, 2, "valid", (1, 2), 2, "float64"),
    "2 depthwise groups": (2, 1, "same", 1, 4, "float32"),
    "2 dilated strided": (2, (2, 1), "same", (2, 1), 1, "float32"),
    "2 integers": (2, 1, "same", 1, 1, "int32"),
    "3": (3, 1, "valid", 1, 1, "float32"),
    "3 same": (3, (2, 1, 2), "same", 1, 2, "float64"),
}
SIZES = {1: (9,), 2: (7, 6), 3: (4, 5, 4)}
WINDOWS = {1: (3,), 2: (3, 2), 3: (2, 3, 2)}


def convolutions(out):
    for name, (rank, strides, padding, dilation, groups, dtype) in CONVOLUTIONS.items():
        scale = 3 if dtype == "int32" else 1
        x = (scale * data("x", 2, *SIZES[rank], 4)).astype(dtype)
        kernel = (scale * data("kernel", *WINDOWS[rank], 4 // groups, 4)).astype(dtype)

        def conv(k, x, kernel, f="channels_last", s=strides, p=padding, d=dilation):
            return k.ops.conv(x, kernel, s, p, f, d)

        out[f"conv {name} {dtype}"] = lambda k, c=conv, x=x, w=kernel: c(k, x, w)
        first = np.moveaxis(x, -1, 1)
        out[f"conv {name} first {dtype}"] = lambda k, c=conv, x=first, w=kernel: c(k, x[:1], w, "channels_first")
        shape = (None, *(None,) * rank, 4)
        if groups == 1:  # Keras refuses symbolic groups
            out[f"conv {name} symbolic"] = lambda k, c=conv, s=shape, w=kernel: spec(c(k, k.KerasTensor(s), w))
        if dtype in ("float32", "float64"):
            out[f"conv {name} gradient {dtype}"] = lambda k, c=conv, x=x, w=kernel: k.gradient(
                lambda a, b: c(k, a, b) ** 2, x[:1], w
            )
    images, depth, point = data("x", 2, 6, 5, 3), data("depth", 3, 2, 3, 2), data("point", 1, 1, 6, 4)
    planes = np.moveaxis(images, -1, 1)
    for padding, strides in itertools.product(("valid", "same"), (1, 2)):
        end = f"{padding} {strides}"
        out[f"depthwise_conv {end}"] = lambda k, p=padding, s=strides: k.ops.depthwise_conv(images, depth, s, p)
        out[f"separable_conv {end}"] = lambda k, p=padding, s=strides: k.ops.separable_conv(images, depth, point, s, p)
        out[f"depthwise_conv first {end}"] = lambda k, p=padding, s=strides: k.ops.depthwise_conv(
            planes, depth, s, p, "channels_first"
        )
    out["depthwise_conv 1"] = lambda k: k.ops.depthwise_conv(images[:, 0], depth[:, 0], dilation_rate=2)
    out["separable_conv dilated"] = lambda k: k.ops.separable_conv(images, depth, point, dilation_rate=(1, 2))
    out["conv of float32 by float64"] = lambda k: k.ops.conv(images, data("kernel", 3, 3, 3, 2).astype("float64"))
    for rank in (1, 2, 3):
        x = data("x", 1, *SIZES[rank][:-1], 3, 2)
        kernel = data("kernel", *WINDOWS[rank], 3, 2)
        options = [("same", 2, None, 1)]
        if rank < 3:
            options = itertools.product(("valid", "same"), (1, 2, 3), (None, 0, 1), (1, 2))
        for padding, strides, extra, dilation in options:
            if (extra is not None and extra >= strides) or (rank == 2 and dilation == 2 and strides != 2):
                continue
            name, o = f"{rank} {padding} {strides} {extra} {dilation}", (strides, padding, extra, None, dilation)
            out[f"conv_transpose {name}"] = lambda k, x=x, w=kernel, o=o: k.ops.conv_transpose(x, w, *o)
            for shape in (x.shape, (None,) * (rank + 1) + (2,)):
                out[f"conv_transpose {name} {shape}"] = lambda k, s=shape, w=kernel, o=o: spec(
                    k.ops.conv_transpose(k.KerasTensor(s), w, *o)
                )
    out["conv_transpose first"] = lambda k: k.ops.conv_transpose(
        data("x", 1, 2, 3, 4), data("kernel", 2, 3, 5, 2), (2, 1), "same", data_format="channels_first"
    )
    out["conv_transpose gradient"] = lambda k: k.gradient(
        lambda a, b: k.ops.conv_transpose(a, b, 2, "same") ** 2, data("x", 1, 3, 2, 2), data("kernel", 3, 3, 3, 2)
    )


def pooling(out):
    ties = numbers(3, "ties", 2, 7, 6, 2).astype("float32")
    for rank in (1, 2, 3):
        x = data("x", 2, *SIZES[rank], 2)
        first = np.moveaxis(x, -1, 1)
        sizes = (3,) if rank == 1 else (3, 2, 3)[:rank]
        for name, padding, strides in itertools.product(("max_pool", "average_pool"), ("valid", "same"), (None, 1, 2)):
            end = f"{rank} {padding} {strides}"
            strides = strides or sizes  # Keras on JAX has no default
            out[f"{name} {end}"] = lambda k, n=name, x=x, a=(sizes, strides, padding): getattr(k.ops, n)(x, *a)
            out[f"{name} {end} symbolic"] = lambda k, n=name, r=rank, a=(sizes, strides, padding): spec(
                getattr(k.ops, n)(k.KerasTensor((None, *SIZES[r], 2)), *a)
            )
            if strides != 1:
                out[f"{name} {end} first"] = lambda k, n=name, x=first, a=(sizes, strides, padding): getattr(k.ops, n)(
                    x, *a, "channels_first"
                )
        for name in ("adaptive_average_pool", "adaptive_max_pool"):
            for size in ((2, 3, 2)[:rank], (1, 1, 1)[:rank], (10, 4, 6)[:rank]):
                out[f"{name} {size}"] = lambda k, n=name, x=x, s=size: getattr(k.ops, n)(x[:1], s)
            out[f"{name} {rank} first"] = lambda k, n=name, x=first: getattr(k.ops, n)(x[:1], 2, "channels_first")
    for name in ("max_pool", "average_pool"):
        out[f"{name} gradient"] = lambda k, n=name: k.gradient(lambda v: getattr(k.ops, n)(v, 2, 1, "same") ** 2, ties)
        for dtype in ("float16", "float64"):
            out[f"{name} {dtype}"] = lambda k, n=name, d=dtype: getattr(k.ops, n)(ties.astype(d), 2, 2)
    out["max_pool int32"] = lambda k: k.ops.max_pool(ties.astype("int32") - 7, 2, 2, "same")
    out["max_pool gradient no overlap"] = lambda k: k.gradient(lambda v: k.ops.max_pool(v, (3, 2), (3, 2)) ** 2, ties)
    for name in ("adaptive_average_pool", "adaptive_max_pool"):
        out[f"{name} gradient"] = lambda k, n=name: k.gradient(lambda v: getattr(k.ops, n)(v, (3, 4)) ** 2, ties)
        out[f"{name} int32"] = lambda k, n=name: getattr(k.ops, n)(ties.astype("int32"), 3)


def normalization(out):
    x = 3 * data("x", 2, 3, 4) + 1
    gamma, beta, mean, variance = (data(n, 3) for n in ("gamma", "beta", "mean", "variance"))
    variance = variance**2
    for dtype in FLOATS:
        v = x.astype(dtype)
        out[f"moments {dtype}"] = lambda k, v=v: k.ops.nn.moments(v, (0, 2))
        out[f"moments keepdims {dtype}"] = lambda k, v=v: k.ops.nn.moments(v, [-1], keepdims=True)
        out[f"normalize {dtype}"] = lambda k, v=v: k.ops.normalize(v, axis=1)
        out[f"batch_normalization {dtype}"] = lambda k, v=v, d=dtype: k.ops.batch_normalization(
            v, *(p.astype(d) for p in (mean, variance)), 1, *(p.astype(d) for p in (beta, gamma)), 1e-2
        )
        out[f"psnr {dtype}"] = lambda k, v=v: k.ops.psnr(v, v[::-1], 3)
    for dtype in FLOATS[:2]:  # Keras computes these in float32
        v = x.astype(dtype)
        for axis in (-1, 0, (1, 2), [0, 2]):
            out[f"layer_normalization {axis} {dtype}"] = lambda k, v=v, a=axis: k.ops.layer_normalization(v, axis=a)
            out[f"rms_normalization {axis} {dtype}"] = lambda k, v=v, a=axis: k.ops.rms_normalization(v, axis=a)
        for order in (1, 2, 3):
            out[f"normalize {order} {dtype}"] = lambda k, v=v, o=order: k.ops.normalize(v, order=o)
    out["moments float16 far"] = lambda k: k.ops.nn.moments(np.array([6e4, -6e4, 6e4, -6e4], "float16"), 0)
    out["moments int32"] = lambda k: k.ops.nn.moments(np.round(x).astype("int32"), (0, 1, 2))
    out["batch_normalization plain"] = lambda k: k.ops.batch_normalization(x, mean, variance, -2)
    out["batch_normalization scale"] = lambda k: k.ops.batch_normalization(x, mean, variance, 1, scale=gamma)
    out["layer_normalization axis"] = lambda k: k.ops.layer_normalization(x, gamma, beta, 1, 0.1)
    out["layer_normalization axes"] = lambda k: k.ops.layer_normalization(
        x, data("gamma", 3, 4), data("beta", 3, 4), (1, 2)
    )
    out["layer_normalization last"] = lambda k: k.ops.layer_normalization(x, data("gamma", 4), data("beta", 4))
    out["layer_normalization int32"] = lambda k: k.ops.layer_normalization(np.round(x).astype("int32"))
    out["rms_normalization scale"] = lambda k: k.ops.rms_normalization(x, data("gamma", 4), -1, 0.1)
    out["rms_normalization wide scale"] = lambda k: k.ops.rms_normalization(x, data("gamma", 3, 4), (1, 2))
    out["normalize axes"] = lambda k: k.ops.normalize(x, axis=(0, 2))
    out["normalize matrices"] = lambda k: k.ops.normalize(x, axis=(1, 2), order=1)
    out["normalize zeros"] = lambda k: k.ops.normalize(np.zeros((2, 3), "float32"), epsilon=1e-3)
    out["normalize scalar"] = lambda k: k.ops.normalize(np.float32(3))
    for name in ("layer_normalization", "rms_normalization", "normalize"):
        out[f"{name} symbolic"] = lambda k, n=name: spec(getattr(k.ops, n)(k.KerasTensor((None, None, 3))))
    out["moments symbolic"] = lambda k: spec(*k.ops.nn.moments(k.KerasTensor((None, 5, 3)), (0, 1)))
    out["psnr symbolic"] = lambda k: spec(k.ops.psnr(k.KerasTensor((None, 5)), k.KerasTensor((None, 5)), 1.0))


def attention(out):
    q, key, v = data("q", 2, 3, 4, 5), data("key", 2, 6, 2, 5), data("v", 2, 6, 2, 5)
    mask = numbers(2, "mask", 2, 4, 3, 6).astype(bool)
    bias = data("bias", 2, 4, 3, 6)
    options = {
        "plain": {},
        "mask": {"mask": mask},
        "mask of all heads": {"mask": mask[:, :1]},
        "mask of sources": {"mask": mask[:, :1, :1]},
        "mask of three axes": {"mask": mask[:, 0]},
        "no source": {"mask": np.zeros((2, 1, 3, 6), bool)},
        "bias": {"bias": bias},
        "bias of two axes": {"bias": bias[0, 0]},
        "causal": {"is_causal": True},
        "all": {"is_causal": True, "mask": mask, "bias": bias, "scale": 0.3},
    }
    for name, o in options.items():
        out[f"dot_product_attention {name}"] = lambda k, o=o: k.ops.dot_product_attention(q, key, v, **o)
    out["dot_product_attention float16"] = lambda k: k.ops.dot_product_attention(
        *(t.astype("float16") for t in (q, key, v))
    )
    out["dot_product_attention gradient"] = lambda k: k.gradient(
        lambda *t: k.ops.dot_product_attention(*t, mask=mask) ** 2, q, key, v
    )
    out["dot_product_attention symbolic"] = lambda k: spec(
        k.ops.dot_product_attention(*(k.KerasTensor((None, None, h, 5)) for h in (4, 2, 2)))
    )


def ctc(out):
    logits, sure = 2 * data("logits", 4, 9, 5), 9 * data("sure", 3, 8, 4)
    target = np.array([[1, 2, 2, 3], [4, 1, 0, 0], [3, 3, 3, 3], [2, 0, 0, 0]], "int32")
    lengths, frames = np.array([4, 2, 4, 1], "int32"), np.array([9, 5, 7, 1], "int32")
    out["ctc_loss"] = lambda k: k.ops.ctc_loss(target, logits, lengths, frames)
    out["ctc_loss gradient"] = lambda k: k.gradient(lambda v: k.ops.ctc_loss(target, v, lengths, frames), logits)
    out["ctc_loss float16"] = lambda k: k.ops.ctc_loss(target, logits.astype("float16"), lengths, frames)
    out["ctc_loss blank"] = lambda k: k.ops.ctc_loss(target % 4, logits, lengths, frames, mask_index=4)
    out["ctc_loss no labels"] = lambda k: k.ops.ctc_loss(target, logits, 0 * lengths, frames)
    out["ctc_loss one label"] = lambda k: k.ops.ctc_loss(target[:, :1], logits, lengths // lengths, frames)
    out["ctc_loss symbolic"] = lambda k: spec(
        k.ops.ctc_loss(
            k.KerasTensor((None, None), "int32"),
            k.KerasTensor((None, None, 5)),
            k.KerasTensor((None,), "int32"),
            k.KerasTensor((None,), "int32"),
        )
    )
    for name, o in {
        "greedy": {},
        "greedy kept": {"merge_repeated": False},
        "greedy last blank": {"mask_index": None},
        "beam": {"strategy": "beam_search", "beam_width": 4, "top_paths": 3},
        "beam wide": {"strategy": "beam_search", "top_paths": 2, "mask_index": 2},
        "beam one": {"strategy": "beam_search", "beam_width": 1, "mask_index": None},
    }.items():
        for x, label in ((logits, "logits"), (sure, "sure")):
            out[f"ctc_decode {name} {label}"] = lambda k, x=x, o=o: k.ops.ctc_decode(x, frames[: len(x)], **o)
        out[f"ctc_decode {name} symbolic"] = lambda k, o=o: spec(
            *k.ops.ctc_decode(k.KerasTensor((None, None, 4)), k.KerasTensor((None,), "int32"), **o)
        )


def rearrangement(out):
    x = data("x", 2, 4, 6, 8)
    for name in ("depth_to_space", "space_to_depth"):
        for data_format in ("channels_last", "channels_first"):
            out[f"{name} {data_format}"] = lambda k, n=name, f=data_format: getattr(k.ops, n)(x[:1], 2, f)
            out[f"{name} {data_format} symbolic"] = lambda k, n=name, f=data_format: spec(
                getattr(k.ops, n)(k.KerasTensor((None, 4, 4, 4)), 2, f)
            )
    for number, options in enumerate([(2,), ((3, 2), 1, 1, 2), ((2, 2), (2, 1), (1, 0), (1, 2))]):
        out[f"unfold {number}"] = lambda k, o=options: k.ops.unfold(x[:1, :2], *o)
        out[f"fold {number}"] = lambda k, o=options: k.ops.fold(k.ops.unfold(x[:1, :2], *o), (6, 8), *o)
        out[f"unfold {number} symbolic"] = lambda k, o=options: spec(k.ops.unfold(k.KerasTensor((None, 2, 6, 8)), *o))
    for inputs, options in (
        ([0, 2], {"num_classes": 3}),
        ([[0, 2], [1, 1]], {"num_classes": 4}),
        ([[0, -1], [9, 1]], {"num_classes": 3, "dtype": "int32"}),
        ([[[0, 2], [1, 1]]], {"num_classes": 3}),
        ([[0, 2], [1, 1]], {"num_classes": 4, "axis": 1}),
        ([[0, 2]], {"num_tokens": 4}),
    ):
        out[f"multi_hot {inputs} {options}"] = lambda k, i=inputs, o=options: k.ops.multi_hot(np.array(i), **o)


def cases():
    """Name -> what computes it with Keras or ckeras."""
    out = {}
    for make in (activations, convolutions, pooling, normalization, attention, ctc, rearrangement):
        make(out)
    return out


if __name__ == "__main__":
    keep(__file__, cases())
