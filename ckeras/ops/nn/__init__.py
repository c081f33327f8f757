"""The namespace `keras.ops.nn`: what networks are made of, each function from the file of its subject."""

from ckeras.ops.control.recording import publish as _publish
from ckeras.ops.elementwise.activation import (
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    relu6,
    selu,
    silu,
    soft_shrink,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    squareplus,
    swish,
    tanh_shrink,
    threshold,
)
from ckeras.ops.elementwise.complex_numbers import polar
from ckeras.ops.elementwise.core import relu, sigmoid, softplus
from ckeras.ops.indexing.encoding import multi_hot, one_hot
from ckeras.ops.linalg.similarity import psnr
from ckeras.ops.manipulation.patches import depth_to_space, fold, space_to_depth, unfold
from ckeras.ops.nn.attention import dot_product_attention
from ckeras.ops.nn.convolution import conv, conv_transpose, depthwise_conv, separable_conv
from ckeras.ops.nn.crossentropy import binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy
from ckeras.ops.nn.ctc import ctc_decode, ctc_loss
from ckeras.ops.nn.normalization import batch_normalization, layer_normalization, moments, normalize, rms_normalization
from ckeras.ops.nn.pooling import adaptive_average_pool, adaptive_max_pool, average_pool, max_pool
from ckeras.ops.nn.softmaxes import log_softmax, softmax, sparsemax

__all__ = [
    "adaptive_average_pool",
    "adaptive_max_pool",
    "average_pool",
    "batch_normalization",
    "binary_crossentropy",
    "categorical_crossentropy",
    "celu",
    "conv",
    "conv_transpose",
    "ctc_decode",
    "ctc_loss",
    "depth_to_space",
    "depthwise_conv",
    "dot_product_attention",
    "elu",
    "fold",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "layer_normalization",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "max_pool",
    "moments",
    "multi_hot",
    "normalize",
    "one_hot",
    "polar",
    "psnr",
    "relu",
    "relu6",
    "rms_normalization",
    "selu",
    "separable_conv",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "space_to_depth",
    "sparse_categorical_crossentropy",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
    "unfold",
]

_publish(globals(), __all__)
