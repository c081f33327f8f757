"""Layers that take strings, and compute with Python on their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ckeras.layers.layer import Layer
from ckeras.ops import convert_to_tensor
from ckeras.tensor import KerasTensor, NeedsValue, Op, Spec, Tensor, TracedTensor, Variable, arguments, dtypes
from ckeras.tensor.string_handles import TracedStrings, strings_of
from ckeras.tensor.string_tensor import StringTensor, holds_strings

_INTEGRAL = dtypes.INTEGERS | {"bool"}
_ARRAYS = (np.ndarray, Tensor, Variable, StringTensor, list, tuple, str)


class HostLayer(Layer):
    """Base class of layers that take strings too: str, bytes, lists and arrays of them, and `StringTensor`.

    They have no variables. `compute_output_shape` and `output_dtype` describe their output. In a compiled model, what
    they do to strings is an instruction that runs Python (`on_host`).
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.autocast = False  # the dtype is that of the output
        self.built = True

    @property
    def output_dtype(self) -> str:
        """Dtype of the output; defined by a subclass."""
        raise NotImplementedError(f"{type(self).__name__} has no output_dtype")

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Compute the output, a symbolic one for symbolic tensors; of ragged tensors, that of their elements."""
        if hasattr(inputs, "with_flat_values"):
            return inputs.with_flat_values(self(inputs.flat_values, *args, **kwargs))
        return super().__call__(self._converted(inputs), *args, **kwargs)

    def _converted(self, inputs: Any) -> Any:
        """The inputs as tensors, of strings or numbers."""
        return as_tensor(inputs)

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        return KerasTensor(self.compute_output_shape(inputs.shape), self.output_dtype)


def as_tensor(value: Any) -> Any:
    """Strings as a `StringTensor`, lists of numbers and columns of pandas as an array; tensors as they are."""
    if hasattr(value, "iloc"):
        value = value.to_numpy()
    if holds_strings(value):
        return value if isinstance(value, StringTensor) else StringTensor(value)
    return np.asarray(value) if isinstance(value, (list, tuple, int, float)) else value


def on_host(function: Callable[[Any], np.ndarray], inputs: Any, shape: tuple, dtype: str) -> Tensor:
    """Return a function of the values of strings or numbers, as an instruction of the plan that is traced, if any.

    Args:
        function: gets a `StringTensor` or an array.
        inputs: strings or a tensor.
        shape: of the result.
        dtype: of the result.

    Raises:
        NeedsValue: in a trace, if the shape depends on the values.
    """
    compute: Callable[[Any], np.ndarray]
    if isinstance(inputs, TracedStrings):
        handles, compute = inputs.handles, OfHandles(function)
    elif type(inputs) is TracedTensor:
        handles, compute = inputs, function
    else:
        return convert_to_tensor(function(inputs if isinstance(inputs, StringTensor) else np.asarray(inputs)), dtype)
    if None in shape:
        raise NeedsValue(
            "the length of sequences depends on the texts of each batch. Pass output_sequence_length to the "
            "TextVectorization, or apply it to the data beforehand"
        )
    return _on_host(handles, function=compute, result=Spec(tuple(shape), dtype))


class OfHandles:
    """A function of strings, as one of the handles that stand for them in a plan."""

    def __init__(self, function: Callable[[Any], np.ndarray]):
        self.function = function

    def __call__(self, array: np.ndarray) -> np.ndarray:
        return self.function(strings_of(array))


_on_host = Op(
    "on_host",
    infer=lambda x, function, result: result,
    forward=lambda x, function, result: function(x),
)


def integers_or_strings(value: Any, layer: Layer) -> Any:
    """Return strings as they are, and numbers as a tensor of int64.

    Raises:
        TypeError: if there are other values.
    """
    if isinstance(value, StringTensor):
        return value
    tensor = convert_to_tensor(value)
    if tensor.dtype not in _INTEGRAL:
        raise TypeError(f"layer {layer.name!r} expects inputs to be integers or strings, got dtype {tensor.dtype}")
    return tensor.astype("int64")


def batches_of(data: Any, steps: int | None, layer: Layer) -> Iterator[Any]:
    """Yield the batches of a data set, or an array as the only one.

    Args:
        data: array, list, or iterable of batches.
        steps: maximum number of batches; `None` for all.

    Raises:
        TypeError: if it is neither.
        ValueError: if there is none.
    """
    if isinstance(data, _ARRAYS) or hasattr(data, "iloc"):
        whole: Iterable[Any] = [data]
    elif hasattr(data, "__iter__"):
        whole = data
    else:
        raise TypeError(
            f"layer {layer.name!r}: adapt expects an array or an iterable of batches, got {arguments.shown(data)}"
        )
    count = 0
    for batch in whole:
        if count == steps:
            break
        if isinstance(batch, tuple) and not isinstance(data, _ARRAYS):
            raise TypeError(
                f"layer {layer.name!r}: adapt expects batches of inputs alone, got a tuple of {len(batch)}; map the "
                "data set to its inputs first"
            )
        yield as_tensor(batch)
        count += 1
    if not count:
        raise ValueError(f"layer {layer.name!r}: adapt expects data, got none")


def no_sparse(sparse: Any, name: str) -> None:
    """Raise ValueError if sparse tensors are asked for."""
    if sparse:
        raise ValueError(f"{name} returns dense tensors: expected sparse=False, got {sparse!r}")


def checked_salt(salt: Any, name: str) -> list[int] | None:
    """Return a salt as two integers; a single one is used twice.

    Raises:
        ValueError: if it is neither.
    """
    if salt is None:
        return None
    pair = [salt, salt] if isinstance(salt, (int, np.integer)) and not isinstance(salt, bool) else salt
    if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(n, (int, np.integer)) for n in pair):
        raise ValueError(f"{name} expects salt to be an integer, two integers or None, got {salt!r}")
    return [int(n) for n in pair]
