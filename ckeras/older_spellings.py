"""Arguments by the names that they had in Keras 1, translated to those of today with a warning.

`ARGUMENTS` is the only table of them: for each class or method, older name -> name of today.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ckeras.utils.tracebacks import warn

Function = TypeVar("Function", bound=Callable[..., Any])

_WEIGHTS = {
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "W_constraint": "kernel_constraint",
    "b_regularizer": "bias_regularizer",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
}
_CONVOLUTION = {
    **_WEIGHTS,
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "border_mode": "padding",
    "subsample": "strides",
    "subsample_length": "strides",
    "nb_row": "kernel_size",
    "nb_col": "kernel_size",
    "atrous_rate": "dilation_rate",
    "dim_ordering": "data_format",
}
_POOLING = {
    "pool_length": "pool_size",
    "stride": "strides",
    "border_mode": "padding",
    "dim_ordering": "data_format",
}
_RECURRENT = {
    **_WEIGHTS,
    "output_dim": "units",
    "inner_init": "recurrent_initializer",
    "U_regularizer": "recurrent_regularizer",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
}
_GATED = {**_RECURRENT, "inner_activation": "recurrent_activation"}
_EMBEDDING = {
    "init": "embeddings_initializer",
    "W_regularizer": "embeddings_regularizer",
    "W_constraint": "embeddings_constraint",
}
_NORMALIZATION = {"beta_init": "beta_initializer", "gamma_init": "gamma_initializer"}
_DIMENSION = {"dim_ordering": "data_format"}
_DROPOUT = {"p": "rate"}
_GRAPH = {"input": "inputs", "output": "outputs"}

ARGUMENTS: dict[str, dict[str, str]] = {
    "Dense": {"output_dim": "units", **_WEIGHTS},
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose"), _CONVOLUTION),
    **{f"{kind}Pooling{n}D": _POOLING for kind in ("Max", "Average") for n in (1, 2, 3)},
    "SimpleRNN": _RECURRENT,
    **dict.fromkeys(("LSTM", "GRU"), _GATED),
    "Embedding": _EMBEDDING,
    "BatchNormalization": _NORMALIZATION,
    **dict.fromkeys(("Dropout", "GaussianDropout", "AlphaDropout", "SpatialDropout1D"), _DROPOUT),
    **{f"SpatialDropout{n}D": {**_DROPOUT, **_DIMENSION} for n in (2, 3)},
    "GaussianNoise": {"sigma": "stddev"},
    **dict.fromkeys(("Flatten", "ZeroPadding2D", "ZeroPadding3D", "UpSampling2D", "UpSampling3D"), _DIMENSION),
    **dict.fromkeys(("Model", "Functional"), _GRAPH),
    "fit": {"nb_epoch": "epochs"},
}
# Older arguments that say how something is computed, or what it is anyway, with the values that they may have.
_WITHOUT_EFFECT: dict[str, dict[str, tuple[Any, ...]]] = {
    "BatchNormalization": {"mode": (0,)},
    **{name: {"consume_less": ("cpu", "mem", "gpu")} for name in ("SimpleRNN", "LSTM", "GRU")},
}
# Name of today -> the older names of the entries of its tuple.
_TUPLES = {"kernel_size": ("nb_row", "nb_col")}
# Name of today -> older values of it, and those of today.
_VALUES = {"data_format": {"tf": "channels_last", "th": "channels_first", "default": None}}


def current(owner: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return keyword arguments of a class or method, given by older names too, by those of today.

    >>> current("Dense", {"output_dim": 3, "activation": "relu"})
    {'units': 3, 'activation': 'relu'}
    """
    names = ARGUMENTS[owner]
    found: dict[str, Any] = {}
    for name, values in _WITHOUT_EFFECT.get(owner, {}).items():
        if name in given and given[name] not in values:
            raise ValueError(
                f"{owner} expects {name}, an argument of Keras 1, to be one of {values}, got {given[name]!r}"
            )
        given = {other: value for other, value in given.items() if other != name}
    for new, parts in _TUPLES.items():
        if set(parts) <= given.keys() and set(parts) <= names.keys():
            found[new] = tuple(given[part] for part in parts)
            given = {name: value for name, value in given.items() if name not in parts}
    for name, value in given.items():
        new = names.get(name, name)
        if new in found or (new != name and new in given):
            raise TypeError(f"{owner} got {new} twice: by this name and by its older name {name}")
        older = _VALUES.get(new, {})
        found[new] = older.get(value, value) if new != name and isinstance(value, str) else value
        if new != name and new.endswith("_initializer") and inspect.isfunction(value):
            found[new] = _initializer(value)
    return found


def _initializer(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return an initializer of today for a function of a shape and a name, as Keras 1 had them."""
    names = inspect.signature(function).parameters
    if "dtype" in names or any(p.kind is p.VAR_KEYWORD for p in names.values()):
        return function

    @functools.wraps(function)
    def initializer(shape: Any, dtype: Any = None) -> Any:
        return np.asarray(function(shape), dtype)

    return initializer


def _are_sizes(owner: str, given: tuple) -> bool:
    """Whether the arguments after the number of filters are two integers."""
    return owner == "Conv2D" and len(given) == 2 and all(isinstance(n, int) for n in given)


def translates(owner: str) -> Callable[[Function], Function]:
    """Decorator of the method ``owner``, or of the ``__init__`` of that class: it takes the older names, and warns."""
    names = {**ARGUMENTS[owner], **dict.fromkeys(_WITHOUT_EFFECT.get(owner, ()), "of no effect")}

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def translated(*args: Any, **kwargs: Any) -> Any:
            older = [name for name in kwargs if name in names]
            if _are_sizes(owner, args[2:4]):
                if older:  # Conv2D(filters, nb_row, nb_col) of Keras 1
                    args = (*args[:2], args[2:4], *args[4:])
                else:
                    warn(
                        f"{owner} got kernel_size={args[2]} and strides={args[3]} by position; where {args[2:4]} is "
                        f"meant to be the size of the kernel, as in Keras 1, give kernel_size={args[2:4]}"
                    )
            if older:
                kwargs = current(owner, kwargs)
                pairs = ", ".join(f"{name} is {names[name]}" for name in older)
                warn(f"{owner} got arguments by the names of Keras 1, which are others today: {pairs}")
            return function(*args, **kwargs)

        return translated  # type: ignore[return-value]

    return decorate
