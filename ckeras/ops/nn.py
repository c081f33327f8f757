"""The namespace `keras.ops.nn`: what networks are made of, each function from the file of its subject."""

from ckeras.ops.activation import (
    elu,
    gelu,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    leaky_relu,
    log_sigmoid,
    relu6,
    selu,
    silu,
    softsign,
    swish,
)
from ckeras.ops.crossentropy import binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy
from ckeras.ops.elementwise import relu, sigmoid, softplus
from ckeras.ops.encoding import one_hot
from ckeras.ops.softmaxes import log_softmax, softmax

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "elu",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "one_hot",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "swish",
]
