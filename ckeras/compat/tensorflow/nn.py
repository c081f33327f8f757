"""``tensorflow.nn``."""

from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.table import names_of

_CONVOLUTIONS = (
    "atrous_conv2d", "avg_pool3d", "conv1d_transpose", "conv3d_transpose", "conv_transpose", "convolution", "ctc_loss",
    "dilation2d", "erosion2d", "max_pool3d", "pool", "sufficient_statistics", "weighted_moments",
)  # fmt: skip

ROWS = {
    **{name: f"ops.{name}(features=x)" for name in ("relu", "relu6", "elu", "selu", "silu", "softplus", "softsign")},
    "swish": "ops.silu(features=x)",
    "leaky_relu": "ops.leaky_relu(features=x, alpha=negative_slope)",
    "sigmoid": "ops.sigmoid(x)",
    "tanh": "ops.tanh(x)",
    "log_sigmoid": "ops.log_sigmoid(x)",
    "softmax": "ops.softmax(logits=x, axis)",
    "log_softmax": "ops.log_softmax(logits=x, axis)",
    "depth_to_space": "ops.depth_to_space(input=x, block_size)",
    "space_to_depth": "ops.space_to_depth(input=x, block_size)",
    **{name: f"compat.tensorflow.math.{name}" for name in ("l2_normalize", "top_k", "zero_fraction")},
    "in_top_k": "compat.tensorflow.math.in_top_k",
    "max_pool": "compat.tensorflow.nn.max_pool2d",
    "avg_pool": "compat.tensorflow.nn.avg_pool2d",
    "dropout": "random.dropout(x=inputs, rate, noise_shape, seed)",
    **{name: f"compat.tensorflow.convolutions.{name}" for name in _CONVOLUTIONS},
}

ROWS.update(
    {
        name: f"compat.tensorflow.nn_ops.{name}"
        for name in (
            "atrous_conv2d_transpose",
            "batch_norm_with_global_normalization",
            "collapse_repeated",
            "ctc_beam_search_decoder",
            "ctc_greedy_decoder",
            "embedding_lookup_sparse",
            "isotonic_regression",
            "max_pool_with_argmax",
            "safe_embedding_lookup_sparse",
        )
    }
)
ROWS.update({
    "space_to_batch": "compat.tensorflow.arrays.space_to_batch",
    "batch_to_space": "compat.tensorflow.arrays.batch_to_space",
})  # fmt: skip

ROWS.update({name: f"compat.tensorflow.candidates.{name}" for name in ("nce_loss", "sampled_softmax_loss")})

__getattr__, __dir__ = names_of(__name__, ROWS)


def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Any:
    """Gaussian error linear unit: exact unless ``approximate``."""
    return _ops.gelu(features, approximate=approximate)


def softmax_cross_entropy_with_logits(labels: Any, logits: Any, axis: int = -1, name: str | None = None) -> Any:
    """Cross-entropy of each probability vector in ``labels`` and the softmax of ``logits``."""
    return _ops.categorical_crossentropy(labels, logits, from_logits=True, axis=axis)


def sparse_softmax_cross_entropy_with_logits(labels: Any, logits: Any, name: str | None = None) -> Any:
    """Cross-entropy of each integer class label in ``labels`` and the softmax of its row of ``logits``."""
    return _ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None, name: str | None = None) -> Any:
    """Cross-entropy of each element of ``labels`` and the sigmoid of its logit."""
    return _ops.binary_crossentropy(labels, logits, from_logits=True)


def weighted_cross_entropy_with_logits(labels: Any, logits: Any, pos_weight: Any, name: str | None = None) -> Any:
    """`sigmoid_cross_entropy_with_logits` with the loss of positive labels multiplied by ``pos_weight``."""
    labels, logits = _ops.convert_to_tensor(labels), _ops.convert_to_tensor(logits)
    weight = 1 + (pos_weight - 1) * labels
    return (1 - labels) * logits + weight * _ops.softplus(-logits)


def l2_loss(t: Any, name: str | None = None) -> Any:
    """``sum(t ** 2) / 2``."""
    return _ops.sum(_ops.square(t)) / 2


def moments(x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    """Return the mean and the variance over ``axes``."""
    return _ops.moments(x, axes, keepdims=keepdims)


def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Any:
    """``value + bias``, along the last axis, or the second if ``data_format`` begins with NC."""
    if data_format is not None and data_format.startswith("NC"):
        bias = _ops.reshape(bias, (-1, *[1] * (len(value.shape) - 2)))
    return _ops.add(value, bias)


def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: float, name: str | None = None
) -> Any:
    """``(x - mean) / sqrt(variance + variance_epsilon) * scale + offset``; the last two may be None."""
    factor = _ops.rsqrt(_ops.add(variance, variance_epsilon))
    y = _ops.subtract(x, mean) * (factor if scale is None else factor * scale)
    return y if offset is None else y + offset


def embedding_lookup(params: Any, ids: Any, max_norm: float | None = None, name: str | None = None) -> Any:
    """Return the rows of ``params`` at ``ids``, scaled down to the norm ``max_norm`` if it is given."""
    rows = _ops.take(params, ids, axis=0)
    if max_norm is None:
        return rows
    norms = _ops.sqrt(_ops.sum(_ops.square(rows), axis=-1, keepdims=True))
    return rows * (max_norm / _ops.maximum(norms, max_norm))


_FORMATS = {None: None, "NHWC": "channels_last", "NCHW": "channels_first"}


def conv2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolution of images with filters of shape (height, width, channels in, channels out)."""
    strides, dilations = _spatial(strides, data_format), _spatial(dilations or 1, data_format)
    return _ops.conv(input, filters, strides, padding.lower(), _FORMATS[data_format], dilations)


def max_pool2d(
    input: Any, ksize: Any, strides: Any, padding: str, data_format: str | None = "NHWC", name: str | None = None
) -> Any:
    """Maximum of each window of images, along the channels too if ``ksize`` says so."""
    input = _along_channels(_ops.max_pool, input, ksize, strides, padding, data_format)
    ksize, strides = _spatial(ksize, data_format), _spatial(strides, data_format)
    return _ops.max_pool(input, ksize, strides, padding.lower(), _FORMATS[data_format])


def avg_pool2d(
    input: Any, ksize: Any, strides: Any, padding: str, data_format: str | None = "NHWC", name: str | None = None
) -> Any:
    """Mean of each window of images, along the channels too if ``ksize`` says so."""
    input = _along_channels(_ops.average_pool, input, ksize, strides, padding, data_format)
    ksize, strides = _spatial(ksize, data_format), _spatial(strides, data_format)
    return _ops.average_pool(input, ksize, strides, padding.lower(), _FORMATS[data_format])


def _along_channels(pool: Any, input: Any, ksize: Any, strides: Any, padding: str, data_format: str | None) -> Any:
    """Pool along the channels, as sizes of four values say.

    Raises:
        ValueError: if windows hold several samples.
    """
    sizes = [(1, 1, 1, 1) if isinstance(n, int) or len(n) < 4 else tuple(n) for n in (ksize, strides)]
    if any(n[0] != 1 for n in sizes):
        raise ValueError(f"pooling expects windows and strides of 1 along the batch, got {ksize} and {strides}")
    axis = 1 if data_format == "NCHW" else 3
    window, stride = (n[axis] for n in sizes)
    if window == stride == 1:
        return input
    x = _ops.moveaxis(_ops.convert_to_tensor(input), axis, -1)
    flat = _ops.reshape(x, (-1, x.shape[-1], 1))
    pooled = pool(flat, window, stride, padding.lower(), "channels_last")
    return _ops.moveaxis(_ops.reshape(pooled, (-1, *x.shape[1:3], pooled.shape[1])), -1, axis)


def _spatial(sizes: Any, data_format: str | None) -> Any:
    """Return the sizes of height and width from one, two or four values, as TensorFlow accepts them."""
    if isinstance(sizes, int) or len(sizes) < 4:
        return sizes[0] if not isinstance(sizes, int) and len(sizes) == 1 else sizes
    return tuple(sizes[2:] if data_format == "NCHW" else sizes[1:3])


def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolution of each channel with its own filters, of shape (height, width, channels, multiplier)."""
    strides, dilations = _spatial(strides, data_format), _spatial(dilations or 1, data_format)
    return _ops.depthwise_conv(input, filter, strides, padding.lower(), _FORMATS[data_format], dilations)


def conv1d(
    input: Any,
    filters: Any,
    stride: Any,
    padding: str,
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolution of sequences with filters of shape (width, channels in, channels out)."""
    formats = {"NWC": "channels_last", "NCW": "channels_first"}
    return _ops.conv(input, filters, stride, padding.lower(), formats[data_format], dilations or 1)


def conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Gradient of a convolution, with filters of shape (height, width, channels out, channels in).

    Raises:
        ValueError: if ``output_shape`` is not the shape that results.
    """
    strides, dilations = _spatial(strides, data_format), _spatial(dilations or 1, data_format)
    found = _ops.conv_transpose(input, filters, strides, padding.lower(), None, _FORMATS[data_format], dilations)
    if tuple(int(n) for n in output_shape) != tuple(found.shape):
        raise ValueError(f"conv2d_transpose has output_shape {tuple(found.shape)}, got {tuple(output_shape)}")
    return found


def crelu(features: Any, axis: int = -1, name: str | None = None) -> Any:
    """Return relu(x) and relu(-x), one after the other along ``axis``."""
    return _ops.relu(_ops.concatenate([features, _ops.negative(features)], axis=axis))


def log_poisson_loss(targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None) -> Any:
    """``exp(log_input) - log_input * targets``; with Stirling's approximation of log(targets!) if it is asked for."""
    targets, log_input = _ops.convert_to_tensor(targets), _ops.convert_to_tensor(log_input)
    loss = _ops.exp(log_input) - log_input * targets
    if not compute_full_loss:
        return loss
    safe = _ops.where((targets >= 0) & (targets <= 1), 1.0, targets)
    stirling = safe * _ops.log(safe) - safe + 0.5 * _ops.log(2 * np.pi * safe)
    return loss + _ops.where((targets >= 0) & (targets <= 1), 0.0, stirling)


def normalize_moments(counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None) -> Any:
    """Return mean and variance of sums of values and of their squares."""
    mean = _ops.divide(mean_ss, counts)
    return (mean if shift is None else mean + shift), _ops.divide(variance_ss, counts) - _ops.square(mean)


def local_response_normalization(
    input: Any, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5, name: str | None = None
) -> Any:
    """``x / (bias + alpha * sum of squares) ** beta``, with the sum over the ``depth_radius`` nearest channels."""
    squares = _ops.pad(_ops.square(input), [(0, 0)] * (_ops.ndim(input) - 1) + [(depth_radius, depth_radius)])
    size = _ops.shape(input)[-1]
    total = sum(squares[..., i : i + size] for i in range(2 * depth_radius + 1))
    return _ops.divide(input, (bias + alpha * total) ** beta)


lrn = local_response_normalization


def conv3d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolution of volumes with filters of shape (depth, height, width, channels in, channels out)."""
    strides, dilations = (tuple(n[2:] if data_format == "NCDHW" else n[1:4]) for n in (strides, dilations or [1] * 5))
    return _ops.conv(input, filters, strides, padding.lower(), _VOLUMES[data_format], dilations)


_VOLUMES = {"NDHWC": "channels_last", "NCDHW": "channels_first"}


def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolution of each channel with its own filters, then of 1 x 1 over all channels."""
    strides, dilations = _spatial(strides, data_format), _spatial(dilations or 1, data_format)
    return _ops.separable_conv(
        input, depthwise_filter, pointwise_filter, strides, padding.lower(), _FORMATS[data_format], dilations
    )


def max_pool1d(input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NWC", name: Any = None) -> Any:
    """Maximum of each window of sequences."""
    return _ops.max_pool(input, ksize, strides, padding.lower(), _SEQUENCES[data_format])


def avg_pool1d(input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NWC", name: Any = None) -> Any:
    """Mean of each window of sequences."""
    return _ops.average_pool(input, ksize, strides, padding.lower(), _SEQUENCES[data_format])


_SEQUENCES = {"NWC": "channels_last", "NCW": "channels_first"}


def compute_average_loss(per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None) -> Any:
    """Return the sum of the losses of samples, times their weights, divided by the size of the batch."""
    loss = _ops.convert_to_tensor(per_example_loss)
    size = loss.shape[0] if global_batch_size is None else global_batch_size
    weighted = loss if sample_weight is None else loss * sample_weight
    return _ops.sum(weighted) / _ops.cast(size, loss.dtype)


def scale_regularization_loss(regularization_loss: Any) -> Any:
    """Return the sum of regularization losses: there is one replica."""
    return _ops.sum(regularization_loss)
