"""The arrays that are fed to a model: checked, in their structure, ready to be gathered batch by batch."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ckeras import config
from ckeras._kernels import level
from ckeras._kernels.feeds import Feed
from ckeras.tensor import Spec, Tensor, Variable, dtypes
from ckeras.tensor.dtypes import CODE, NUMPY
from ckeras.tensor.masks import get_mask
from ckeras.tensor.structure import flatten, map_structure, pack
from ckeras.trainer.stored import Stored, stored
from ckeras.utils.tracebacks import warn

# The dtype in which a model sees data of a dtype; floats become the default float type.
_SEEN_AS = {
    "bool": "bool", "uint8": "uint8", "int8": "int32", "int16": "int32", "uint16": "int32", "int32": "int32",
    "uint32": "int64", "int64": "int64", "uint64": "uint64",
}  # fmt: skip


class DataSet(NamedTuple):
    """Arrays of equally many rows, in the structure (x,), (x, y) or (x, y, sample_weight) that a step takes."""

    structure: tuple
    arrays: list[np.ndarray | Stored]
    dtypes: list[str]  # in which the model sees them
    alone: bool = False  # whether a step is given x itself, and not (x,)

    def given(self, leaves: list[Any]) -> Any:
        """What a step is given, of these arrays or tensors."""
        parts = pack(self.structure, leaves)
        return parts[0] if self.alone else parts

    @property
    def rows(self) -> int:
        """The number of samples."""
        return self.arrays[0].shape[0]

    @property
    def in_memory(self) -> bool:
        """Whether all arrays are, so that a feed can gather from them."""
        return not any(isinstance(a, Stored) for a in self.arrays)

    def specs(self, batch: int) -> list[Spec]:
        """Specs of a batch."""
        return [Spec((batch, *a.shape[1:]), d) for a, d in zip(self.arrays, self.dtypes, strict=True)]

    def feed(self) -> Feed:
        """A feed that gathers batches from these arrays."""
        codes = [CODE[dtypes.of_array(a)] for a in self.arrays]
        return Feed(level, self.arrays, codes, [CODE[d] for d in self.dtypes])

    def without_weights(self) -> DataSet:
        """The samples alone, without their weights."""
        count = len(flatten(self.structure[:2]))
        return self._replace(structure=self.structure[:2], arrays=self.arrays[:count], dtypes=self.dtypes[:count])

    def part(self, begin: int, end: int) -> DataSet:
        """Some of the rows."""
        return self._replace(arrays=[a[begin:end] for a in self.arrays])

    def read(self, rows: Any) -> DataSet:
        """The rows of a slice, or of an array of numbers, in memory."""
        return self._replace(arrays=[_ready(a.read(rows)) if isinstance(a, Stored) else a[rows] for a in self.arrays])

    def batch(self, begin: int, end: int) -> list[np.ndarray]:
        """Some of the rows, as a plan takes them."""
        arrays = self.read(slice(begin, end)).arrays
        return [np.ascontiguousarray(a, NUMPY[d]) for a, d in zip(arrays, self.dtypes, strict=True)]


def data_set(x: Any, y: Any = None, sample_weight: Any = None, where: str = "fit", class_weight: Any = None) -> DataSet:
    """Check and convert the arguments of `fit`, `evaluate` or `predict`.

    Raises:
        ValueError: if there is no data, the numbers of rows differ, or an array has no axis for them.
        TypeError: if something is not an array of numbers.
    """
    if x is None:
        raise TypeError(f"{where} expects x to be an array of numbers, got None")
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError(f"{where} expects at most one of class_weight and sample_weight, got both")
        sample_weight = class_weights(y, class_weight, where)
    parts: list[tuple[str, Any]] = [("x", x)]
    if y is not None:
        parts.append(("y", y))
    elif sample_weight is not None:
        raise ValueError(f"{where} expects y where sample_weight is given")
    if sample_weight is not None:
        parts.append(("sample_weight", sample_weight))
    structure, arrays, names = [], [], []
    for name, value in parts:
        value = _standard(value, name, where)
        structure.append(map_structure(lambda a: None, value))
        for a in flatten(value):
            arrays.append(a)
            names.append(name)
    if not arrays:
        raise ValueError(f"{where} expects at least one array, got {x!r}")
    rows = [a.shape[0] for a in arrays]
    if class_weight is not None:  # whose weights have the rows of y
        names.pop()
    if len(set(rows)) > 1:
        described = ", ".join(f"{n} has {r}" for n, r in zip(names, rows, strict=False))
        raise ValueError(f"{where} expects arrays of equally many samples: {described}")
    if rows[0] == 0:
        raise ValueError(f"{where} expects at least one sample, but {names[0]} has the shape {arrays[0].shape}")
    if names.count("sample_weight") == 1 and names.count("y") > 1 and not isinstance(sample_weight, dict):
        shape = arrays[-1].shape
        if len(shape) > 2 or (len(shape) == 2 and shape[1] != 1):
            raise ValueError(
                f"{where} expects one sample_weight for all outputs to have the shape ({shape[0]},), got {shape}; "
                "give one array for each output instead"
            )
    floats = "float32" if config.floatx() == "bfloat16" else config.floatx()  # kernels do not know bfloat16
    seen = [_SEEN_AS.get(dtypes.of_array(a), floats) for a in arrays]
    return DataSet(tuple(structure), arrays, seen, len(structure) == 1 and not isinstance(structure[0], (tuple, list)))


def _standard(value: Any, name: str, where: str) -> Any:
    """An argument as a structure of arrays of numbers with at least one axis, contiguous."""
    if isinstance(value, dict):
        return {k: _standard(v, f"{name}[{k!r}]", where) for k, v in value.items()}
    if isinstance(value, (list, tuple)) and not is_nested_numbers(value):
        return type(value)(_standard(v, f"{name}[{i}]", where) for i, v in enumerate(value))
    return array_of(value, name, where)


def is_nested_numbers(value: Any) -> bool:
    """Whether a list is one array written out, and not a list of arrays."""
    while isinstance(value, (list, tuple)):
        if len(value) == 0:
            return True
        value = value[0]
    return isinstance(value, (bool, int, float, str, bytes, np.generic)) or value is None


def one_array(value: Any) -> np.ndarray | None:
    """The numpy array that ``value`` is or stands for, at little cost; `None` where it is more than one plain array."""
    if type(value) is np.ndarray:
        return value
    if type(value) is Tensor:
        return value._array if get_mask(value) is None else None
    try:
        if isinstance(value, (list, tuple)):
            return np.asarray(value) if value and is_nested_numbers(value) else None
        return _of_pandas(value) if hasattr(value, "iloc") and hasattr(value, "to_numpy") else None
    except ValueError:  # rows of several lengths, of which others speak
        return None


def as_input(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """``array`` as a plan takes it: of this dtype, contiguous and aligned."""
    if array.dtype is dtype and array.flags.c_contiguous and array.flags.aligned:
        return array
    with np.errstate(all="ignore"):  # what does not fit becomes infinite, as in a feed
        return array.astype(dtype, order="C")


def array_of(value: Any, name: str, where: str) -> np.ndarray | Stored:
    """An array of numbers, from anything that is one; where it is too large to be read at once, as it is stored.

    Raises:
        TypeError: if it is none.
        ValueError: if it has no axis of samples, or its rows differ in length.
    """
    found = stored(value)
    if found is not None:
        _check_numbers(value, found, name, where)
        return found
    try:
        array = _numpy(value)
    except ValueError as error:
        raise ValueError(f"{where} expects {name} to be an array, but its rows differ in length: {error}") from None
    _check_numbers(value, array, name, where)
    return _ready(array)


def _numpy(value: Any) -> np.ndarray:
    """A numpy array of a list, a tensor of ours or of another framework, a pandas frame or series."""
    if isinstance(value, (np.ndarray, list, tuple)):
        return np.asarray(value)
    if isinstance(value, (Tensor, Variable)):
        return value.numpy()
    if hasattr(value, "iloc") and hasattr(value, "to_numpy"):
        return _of_pandas(value)
    if hasattr(value, "detach"):  # torch
        return np.asarray(value.detach().cpu())
    if hasattr(value, "tocsr"):  # scipy
        return value.toarray()
    return np.asarray(value)


def _of_pandas(value: Any) -> np.ndarray:
    """A frame as a matrix, a series as one column; columns of numbers and booleans meet in floats."""
    array = value.to_numpy()
    if array.dtype == object:
        columns = [value.dtype] if array.ndim == 1 else list(value.dtypes)
        if all(getattr(dtype, "kind", "O") in "biuf" for dtype in columns):
            array = value.to_numpy(dtype=config.floatx(), na_value=np.nan)
    return array[:, None] if array.ndim == 1 else array


def _check_numbers(value: Any, array: Any, name: str, where: str) -> None:
    if not dtypes.holds_numbers(array.dtype):
        got = _of_objects(value) or f"{type(value).__name__} of dtype {array.dtype}"
        if callable(value) and hasattr(value, "__name__"):
            got = f"{value.__name__} itself (write {value.__name__}())"
        raise TypeError(f"{where} expects {name} to be an array of numbers, got {got}")
    if not array.shape:
        raise ValueError(f"{where} expects {name} to have an axis of samples, got a single number")


def _of_objects(frame: Any) -> str | None:
    """The columns of a pandas frame, or the series, that hold no numbers, by name; `None` for all else."""
    if not hasattr(frame, "iloc"):
        return None
    if not hasattr(frame, "columns"):
        return f"the series {frame.name!r} of dtype {frame.dtype}" if hasattr(frame, "name") else None
    found = [(n, d) for n, d in zip(frame.columns, frame.dtypes, strict=True) if getattr(d, "kind", "O") not in "biuf"]
    listed = ", ".join(f"{name!r} of dtype {dtype}" for name, dtype in found)
    return f"a frame with the column{'s' * (len(found) > 1)} {listed}"


def _ready(array: np.ndarray) -> np.ndarray:
    """The array in memory that kernels can read: contiguous, aligned, of native byte order."""
    array = dtypes.computable(array)
    dtype = dtypes.of_array(array) if array.dtype.itemsize <= 8 else "float64"
    return np.require(array, NUMPY[dtype], ("C", "A"))


def split_validation(data: DataSet, share: float) -> tuple[DataSet, DataSet]:
    """The first rows, and the last ``share`` of them."""
    cut = int(data.rows * (1 - share))
    if cut == 0 or cut == data.rows:
        raise ValueError(f"fit cannot split {data.rows} samples with validation_split={share}: one part would be empty")
    return data.part(0, cut), data.part(cut, data.rows)


def check_class_weight(weights: Any, where: str) -> None:
    """Raise if this is no dict from integer class labels to weights."""
    numbers = isinstance(weights, dict) and all(_is_number(v) for pair in weights.items() for v in pair)
    if not numbers or any(label != int(label) for label in weights):
        raise ValueError(
            f"{where} expects class_weight to be a dict from integer class label to weight, got {weights!r:.80}"
        )


def class_weights(y: Any, weights: dict[int, float], where: str = "fit") -> np.ndarray:
    """The weight of each sample's class: of integer class labels, one-hot rows, or one column of labels.

    Raises:
        ValueError, TypeError: if ``weights`` is not a dict of numbers by integer class label, or y not one array.
    """
    check_class_weight(weights, where)
    if y is None:
        raise ValueError(f"{where} expects targets y where class_weight is given, got None")
    if isinstance(y, dict) or (isinstance(y, (list, tuple)) and not is_nested_numbers(y)):
        raise ValueError(f"{where} expects y to be one array where class_weight is given, got {type(y).__name__}")
    labels = array_of(y, "y", where)
    if isinstance(labels, Stored):
        labels = labels.read(slice(None))
    if labels.ndim > 1:
        if labels.shape[-1] > 1:
            _warn_of_several_labels(labels, where)
            labels = labels.argmax(-1)
        else:
            labels = labels[..., 0]
    labels = np.rint(labels)
    found = np.ones(labels.shape, config.floatx())
    for label, weight in weights.items():
        found[labels == int(label)] = weight
    return found


def _warn_of_several_labels(y: np.ndarray, where: str) -> None:
    """Warn of targets with more than one class a row, whose weight is that of the first largest entry alone."""
    if (np.count_nonzero(y == y.max(-1, keepdims=True), axis=-1) > 1).any():
        warn(
            f"{where}: class_weight expects one class a sample, but rows of y of shape {y.shape} have several largest "
            "entries (as targets with several labels have); each row gets the weight of the first of them. "
            "Give sample_weight instead"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight) from what a step is given, with `None` for what is not there.

    Raises:
        ValueError: if there are more than three parts, or none.

    >>> unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return (data, None, None)
    if not 1 <= len(data) <= 3:
        raise ValueError(f"a step expects x, (x,), (x, y) or (x, y, sample_weight), got {len(data)} parts")
    return (*data, *[None] * (3 - len(data)))


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The reverse of `unpack_x_y_sample_weight`.

    >>> pack_x_y_sample_weight(1), pack_x_y_sample_weight([1]), pack_x_y_sample_weight(1, 2)
    (1, ([1],), (1, 2))
    """
    if y is None:
        return x if not isinstance(x, (tuple, list)) else (x,)
    return (x, y) if sample_weight is None else (x, y, sample_weight)
