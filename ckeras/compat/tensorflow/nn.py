"""``tensorflow.nn``."""

from typing import Any

from ckeras import ops as _ops
from ckeras.compat.tensorflow.table import names_of

ROWS = {
    **{name: f"ops.{name}(features=x)" for name in ("relu", "relu6", "elu", "selu", "silu", "softplus", "softsign")},
    "swish": "ops.silu(features=x)",
    "leaky_relu": "ops.leaky_relu(features=x, alpha=negative_slope)",
    "sigmoid": "ops.sigmoid(x)",
    "tanh": "ops.tanh(x)",
    "softmax": "ops.softmax(logits=x, axis)",
    "log_softmax": "ops.log_softmax(logits=x, axis)",
    "dropout": "random.dropout(x=inputs, rate, noise_shape, seed)",
}

__getattr__, __dir__ = names_of(__name__, ROWS)


def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Any:
    """The Gaussian error linear unit: exact unless ``approximate``."""
    return _ops.gelu(features, approximate=approximate)


def softmax_cross_entropy_with_logits(labels: Any, logits: Any, axis: int = -1, name: str | None = None) -> Any:
    """The cross-entropy of each row of ``labels``, which are probabilities, and the softmax of ``logits``."""
    return _ops.categorical_crossentropy(labels, logits, from_logits=True, axis=axis)


def sparse_softmax_cross_entropy_with_logits(labels: Any, logits: Any, name: str | None = None) -> Any:
    """The cross-entropy of each class number in ``labels`` and the softmax of its row of ``logits``."""
    return _ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None, name: str | None = None) -> Any:
    """The cross-entropy of each of ``labels`` and the sigmoid of its logit."""
    return _ops.binary_crossentropy(labels, logits, from_logits=True)
