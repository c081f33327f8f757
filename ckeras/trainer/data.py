"""The arrays that are fed to a model: checked, in their structure, ready to be gathered batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ckeras import config
from ckeras._kernels import level
from ckeras._kernels.feeds import Feed
from ckeras.tensor import KerasTensor, Spec, Tensor, Variable, dtypes
from ckeras.tensor.dtypes import CODE, NUMPY
from ckeras.tensor.eager import wrap
from ckeras.tensor.string_handles import Handles, TracedStrings, strings_of
from ckeras.tensor.structure import flatten, pack
from ckeras.trainer.arrays import Stored, array_of, is_nested_numbers, ready
from ckeras.trainer.class_weights import class_weights

# The dtype in which a model sees data of a dtype; floats become the default float type.
_SEEN_AS = {
    "bool": "bool", "uint8": "uint8", "int8": "int32", "int16": "int32", "uint16": "int32", "int32": "int32",
    "uint32": "int64", "int64": "int64", "uint64": "uint64",
}  # fmt: skip


class Form(NamedTuple):
    """What batches look like but for their rows: all that building a model and compiling a step need.

    Attributes:
        structure: (x,), (x, y) or (x, y, sample_weight), with `None` for each array.
        shapes: shape of a row of each array.
        dtypes: dtype in which the model sees each array. Batches hold handles of int64 for strings.
        alone: whether a step is given x itself, and not (x,).
    """

    structure: tuple
    shapes: list[tuple[int, ...]]
    dtypes: list[str]
    alone: bool = False

    @property
    def inputs(self) -> int:
        """The number of arrays of x."""
        return len(flatten(self.structure[0]))

    def resembles(self, other: Form) -> bool:
        """Whether two forms differ in sizes alone."""
        same = self.structure == other.structure and self.dtypes == other.dtypes
        return same and list(map(len, self.shapes)) == list(map(len, other.shapes))

    def given(self, leaves: list[Any]) -> Any:
        """What a step is given, of these tensors, traced ones or with values."""
        if "string" in self.dtypes:
            leaves = [_strings(x) if d == "string" else x for x, d in zip(leaves, self.dtypes, strict=True)]
        parts = pack(self.structure, leaves)
        return parts[0] if self.alone else parts

    @property
    def _strings(self) -> Any:
        """Which arrays hold strings; False if none does."""
        return "string" in self.dtypes and tuple(d == "string" for d in self.dtypes)

    def specs(self, batch: int) -> list[Spec]:
        """Specs of a batch."""
        return [Spec((batch, *shape), d) for shape, d in zip(self.shapes, self.fed, strict=True)]

    @property
    def fed(self) -> list[str]:
        """Dtype in which batches hold each array."""
        return ["int64" if d == "string" else d for d in self.dtypes]

    def symbols(self) -> tuple:
        """A symbolic batch."""
        tensors = [KerasTensor((None, *shape), d) for shape, d in zip(self.shapes, self.dtypes, strict=True)]
        return pack(self.structure, tensors)

    def key(self, batch: int) -> Any:
        """Signature of a batch."""
        return tuple(self.specs(batch)), repr(self.structure), self.alone, self._strings


class DataSet(NamedTuple):
    """Arrays with equal numbers of rows, and their form."""

    form: Form
    arrays: list[np.ndarray | Stored]

    @property
    def rows(self) -> int:
        """The number of samples."""
        return self.arrays[0].shape[0]

    @property
    def in_memory(self) -> bool:
        """Whether all arrays are, so that a feed can gather from them."""
        return not any(isinstance(a, Stored) for a in self.arrays)

    def feed(self) -> Feed:
        """A feed that gathers batches from these arrays."""
        codes = [CODE[dtypes.of_array(a)] for a in self.arrays]
        return Feed(level, self.arrays, codes, [CODE[d] for d in self.form.fed])

    def without_weights(self) -> DataSet:
        """The samples alone, without their weights."""
        form, count = self.form, len(flatten(self.form.structure[:2]))
        parts = form._replace(structure=form.structure[:2], shapes=form.shapes[:count], dtypes=form.dtypes[:count])
        return DataSet(parts, self.arrays[:count])

    def part(self, begin: int, end: int) -> DataSet:
        """Some of the rows."""
        return self._replace(arrays=[a[begin:end] for a in self.arrays])

    def split(self, share: float) -> tuple[DataSet, DataSet]:
        """The first rows, and the last ``share`` of them."""
        cut = int(self.rows * (1 - share))
        if cut == 0 or cut == self.rows:
            raise ValueError(
                f"fit cannot split {self.rows} samples with validation_split={share}: one part would be empty"
            )
        return self.part(0, cut), self.part(cut, self.rows)

    def read(self, rows: Any) -> DataSet:
        """The rows of a slice, or of an array of indices, in memory."""
        return self._replace(arrays=[ready(a.read(rows)) if isinstance(a, Stored) else a[rows] for a in self.arrays])

    def batch(self, begin: int, end: int) -> list[np.ndarray]:
        """Some of the rows, as a plan takes them."""
        arrays = self.read(slice(begin, end)).arrays
        return [np.ascontiguousarray(a, NUMPY[d]) for a, d in zip(arrays, self.form.fed, strict=True)]

    def sample(self, begin: int, end: int) -> tuple:
        """Some of the rows, as tensors in the structure of the data."""
        form = self.form._replace(alone=False)
        return form.given([wrap(a) for a in self.batch(begin, end)])

    def segments(self, feed: Any, batch: int, begin: int, end: int, total: int | None = None) -> list[Segment]:
        """The batches ``begin`` to ``end`` - 1 of ``batch`` rows: the full ones, and a smaller last one, if any."""
        full, total = self.rows // batch, self.rows if total is None else total
        found = []
        if begin < min(full, end):
            found.append(Segment(self, feed, batch, batch, begin, min(full, end), total))
        if end > full:
            found.append(Segment(self, feed, self.rows - full * batch, batch, full, end, total))
        return found

    def check_indices(self, limits: list[tuple[int, int, str]], where: str) -> None:
        """Raise IndexError, before anything is run, if data that serves as indices is out of range.

        ``limits`` are those of a plan: (index of the array, limit, name of the op).
        """
        for number, limit, op in limits:
            array = self.arrays[number]
            if isinstance(array, Stored) or array.size == 0:  # what is in a file is checked as it is read
                continue
            low, high = array.min(), array.max()
            if not (low >= 0 and high < limit):  # which NaN is not either
                bad = high if low >= 0 else low
                name = "x" if number < self.form.inputs else "y"
                row = int(np.argwhere((array == bad) | (array != array))[0][0])
                raise IndexError(
                    f"{where} expects {name} to hold numbers from 0 to {limit - 1}, as {op} indexes {limit} classes or "
                    f"rows with it, got {bad} in row {row}"
                )


@dataclass(slots=True, eq=False)
class Segment:
    """Batches ``first`` to ``last`` - 1 of a feed, of ``rows`` rows each, which begin every ``stride`` rows.

    ``total`` is the number of rows of the feed that a run covers, ``name`` what messages call it, ``ready`` whether its
    data was checked, ``step`` the compiled step, once it is known.
    """

    data: DataSet
    feed: Any
    rows: int
    stride: int
    first: int
    last: int
    total: int
    name: str = ""
    ready: bool = False
    step: Any = None

    def tensors(self, number: int) -> Any:
        """One batch as tensors in the structure that a step takes, for models that are not compiled."""
        rows = self.feed.order[number * self.stride : number * self.stride + self.rows]
        arrays = zip(self.data.arrays, self.data.form.fed, strict=True)
        return self.data.form.given([wrap(np.asarray(a[rows], NUMPY[d])) for a, d in arrays])


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
        leaves = flatten(value)
        structure.append(pack(value, [None] * len(leaves)))
        arrays += leaves
        names += [name] * len(leaves)
    if not arrays:
        raise ValueError(f"{where} expects at least one array, got {x!r}")
    weight = None if isinstance(sample_weight, dict) else sample_weight
    _check_shapes(names, [a.shape for a in arrays], weight is not None, class_weight is not None, where)
    floats = "float32" if config.floatx() == "bfloat16" else config.floatx()  # kernels do not know bfloat16
    seen = ["string" if isinstance(a, Handles) else _SEEN_AS.get(dtypes.of_array(a), floats) for a in arrays]
    alone = len(structure) == 1 and not isinstance(structure[0], (tuple, list))
    return DataSet(Form(tuple(structure), [a.shape[1:] for a in arrays], seen, alone), arrays)


def _strings(x: Any) -> Any:
    """The strings of a batch of handles."""
    return strings_of(x.numpy()) if type(x) is Tensor else TracedStrings(x)


def row_count(x: Any, where: str) -> int:
    """The number of samples, at least 1."""
    if isinstance(x, (np.ndarray, Tensor, Variable)) and x.shape:
        return max(len(x), 1)
    return data_set(x, where=where).rows


def _check_shapes(names: list[str], shapes: list[tuple], one_weight: bool, by_class: bool, where: str) -> None:
    """Raise for arrays, of the arguments ``names``, whose numbers of samples differ.

    ``one_weight`` says that there is one array of weights for all outputs, ``by_class`` that weights were made of y.
    """
    rows = [shape[0] for shape in shapes]
    if len(set(rows)) > 1:
        described = ", ".join(f"{n} has {r}" for n, r in zip(names[: len(names) - by_class], rows, strict=False))
        raise ValueError(f"{where} expects arrays of equally many samples: {described}")
    if rows[0] == 0:
        raise ValueError(f"{where} expects at least one sample, but {names[0]} has the shape {shapes[0]}")
    shape, shared = shapes[-1], one_weight and not by_class and names.count("sample_weight") == 1
    if shared and names.count("y") > 1 and shape[1:] not in ((), (1,)):
        raise ValueError(
            f"{where} expects one sample_weight for all outputs to have the shape ({shape[0]},), got {shape}; "
            "give one array for each output instead"
        )


def _standard(value: Any, name: str, where: str) -> Any:
    """An argument as a structure of arrays with at least one axis, contiguous; those of x may hold strings."""
    if isinstance(value, dict):
        return {k: _standard(v, f"{name}[{k!r}]", where) for k, v in value.items()}
    if isinstance(value, (list, tuple)) and not is_nested_numbers(value):
        return type(value)(_standard(v, f"{name}[{i}]", where) for i, v in enumerate(value))
    return array_of(value, name, where, strings=name[0] == "x")


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
