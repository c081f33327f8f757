"""``tensorflow.data.experimental``: what became methods of `Dataset` since, and data sets of CSV files."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.parsing import decode_csv
from ckeras.compat.tensorflow.readers import TextLineDataset
from ckeras.compat.tensorflow.table import names_of
from ckeras.tensor.string_tensor import StringTensor
from ckeras.utils.dataset import Dataset
from ckeras.utils.dataset_elements import as_arrays

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2


def cardinality(dataset: Dataset) -> Any:
    """Return the number of elements; -1 if it is infinite, -2 if it is not known."""
    return dataset.cardinality()


def _transformation(method: str) -> Callable[..., Callable[[Dataset], Dataset]]:
    def transformation(*args: Any, **kwargs: Any) -> Callable[[Dataset], Dataset]:
        return lambda dataset: getattr(dataset, method)(*args, **kwargs)

    transformation.__name__ = transformation.__qualname__ = method
    transformation.__doc__ = f"Return a function, for `Dataset.apply`, that calls the method `Dataset.{method}`."
    return transformation


# Names of functions that return a function of data sets -> the method that it calls.
_METHODS = {
    **{
        name: name
        for name in (
            "assert_cardinality", "bucket_by_sequence_length", "group_by_window",
            "rejection_resample", "scan", "take_while", "unbatch", "unique",
        )
    },
    "dense_to_ragged_batch": "ragged_batch",
    "enumerate_dataset": "enumerate",
    "parallel_interleave": "interleave",
}  # fmt: skip
globals().update({name: _transformation(method) for name, method in _METHODS.items()})

choose_from_datasets, sample_from_datasets = Dataset.choose_from_datasets, Dataset.sample_from_datasets


def Counter(start: int = 0, step: int = 1, dtype: Any = "int64") -> Dataset:
    """Create an endless data set of integers."""
    return Dataset.counter(start, step, dtype)


def RandomDataset(seed: int | None = None) -> Dataset:
    """Create an endless data set of random integers."""
    return Dataset.random(seed)


def from_list(elements: Any, name: str | None = None) -> Dataset:
    """Create a data set of the elements of a list, which have one structure."""
    if not elements:
        raise ValueError("from_list expects at least one element")
    return Dataset(lambda: map(as_arrays, elements), len(elements))


def get_single_element(dataset: Dataset) -> Any:
    """Return the one element of a data set."""
    return dataset.get_single_element()


def get_structure(dataset: Any) -> Any:
    """Return the structure of the specs of the elements."""
    return dataset.element_spec


def shuffle_and_repeat(buffer_size: int, count: int | None = None, seed: int | None = None) -> Any:
    """Return a function, for `Dataset.apply`, that shuffles and repeats."""
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: int,
    num_parallel_batches: Any = None,
    drop_remainder: bool = False,
    num_parallel_calls: Any = None,
) -> Any:
    """Return a function, for `Dataset.apply`, that maps and makes batches."""
    return lambda dataset: dataset.map(map_func).batch(batch_size, drop_remainder)


def prefetch_to_device(device: str, buffer_size: Any = None) -> Callable[[Dataset], Dataset]:
    """Return a function, for `Dataset.apply`, that returns the data set: there is one device."""
    return lambda dataset: dataset


def copy_to_device(target_device: str, source_device: str = "/cpu:0") -> Callable[[Dataset], Dataset]:
    """Return a function, for `Dataset.apply`, that returns the data set: there is one device."""
    return lambda dataset: dataset


class AutoShardPolicy:
    """Names of policies, which have no effect on one machine."""

    OFF, AUTO, FILE, DATA, HINT = -1, 0, 1, 2, 3


class CsvDataset(Dataset):
    """The lines of CSV files as tuples of their fields.

    Args:
        filenames: path, or list of paths.
        record_defaults: a dtype of each required field, or a default.
        compression_type: "GZIP", "ZLIB" or none.
        buffer_size: no effect.
        header: whether files begin with a line of names.
        field_delim: what is between fields.
        use_quote_delim: whether quotes hold text with delimiters.
        na_value: text of a missing value.
        select_cols: indices of the fields to take; all by default.
    """

    def __init__(
        self,
        filenames: Any,
        record_defaults: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        header: bool = False,
        field_delim: str = ",",
        use_quote_delim: bool = True,
        na_value: str = "",
        select_cols: Any = None,
        exclude_cols: Any = None,
    ):
        if exclude_cols is not None:
            raise ValueError("CsvDataset expects select_cols instead of exclude_cols")
        defaults = [_default(d) for d in record_defaults]
        paths = list(np.atleast_1d(np.asarray(filenames, object)))

        def fields() -> Iterator[Any]:
            for path in paths:
                for line in TextLineDataset(path, compression_type).skip(int(header)):
                    yield tuple(decode_csv(line, defaults, field_delim, use_quote_delim, na_value, select_cols))

        super().__init__(fields, None)


def _default(value: Any) -> Any:
    """A default of `decode_csv`: of a required field, an empty array of its dtype."""
    if isinstance(value, str) and hasattr(value, "as_numpy_dtype"):
        return StringTensor(np.zeros(0, object)) if value == "string" else _ops.zeros((0,), str(value))
    return value


def make_csv_dataset(
    file_pattern: Any,
    batch_size: int,
    column_names: Any = None,
    column_defaults: Any = None,
    label_name: str | None = None,
    select_columns: Any = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    **performance: Any,
) -> Dataset:
    """Create a data set of batches of the columns of CSV files, in a dict; with the label as its second part.

    Args:
        file_pattern: a pattern of paths, or a list of them.
        batch_size: number of lines.
        column_names: names; by default those in the first line.
        column_defaults: dtype or default of each column taken; by default int32, int64, float32 or strings, as the
            first lines have them.
        label_name: name of the column that is the label.
        select_columns: names of the columns to take; all by default.
        field_delim, use_quote_delim, na_value: as in `tf.io.decode_csv`.
        header: whether files begin with names.
        num_epochs: how often lines are repeated; endlessly by default.
        shuffle: whether lines are shuffled, in a buffer of ``shuffle_buffer_size``, with ``shuffle_seed``.
        shuffle_buffer_size, shuffle_seed: see there.
        performance: no effect.

    Raises:
        ValueError: if no files match, or there is no such column.
    """
    paths = sorted(p.decode() for p in Dataset.list_files(file_pattern, shuffle=False).as_numpy_iterator())  # type: ignore[attr-defined]
    with open(paths[0]) as file:
        first = [file.readline().rstrip("\r\n") for _ in range(100)]
    names = list(column_names or first[0].split(field_delim))
    taken = list(names if select_columns is None else select_columns)
    absent = [n for n in [*taken, *([label_name] if label_name else [])] if n not in names]
    if absent:
        raise ValueError(f"make_csv_dataset: no column {absent[0]!r} among {names}")
    indices = sorted(names.index(n) for n in taken)
    lines = [line for line in first[int(header) :] if line]
    if column_defaults is None:
        text = [StringTensor([b""])] * len(names)
        columns = list(zip(*(decode_csv(line, text, field_delim, use_quote_delim) for line in lines), strict=True))
        column_defaults = [_guessed([c.numpy() for c in columns[i]], na_value.encode()) for i in indices]
    rows: Any = CsvDataset(paths, column_defaults, None, None, header, field_delim, use_quote_delim, na_value, indices)
    if shuffle:
        rows = rows.shuffle(shuffle_buffer_size, shuffle_seed)

    def named(*fields: Any) -> Any:
        found = {names[i]: field for i, field in zip(indices, fields, strict=True)}
        return found if label_name is None else (found, found.pop(label_name))

    return rows.repeat(num_epochs).batch(batch_size, drop_remainder=num_epochs is None).map(named)


def _guessed(texts: list[bytes], missing: bytes) -> Any:
    """The default of a column of these texts."""
    for kind, convert in (("int32", np.int32), ("int64", np.int64), ("float32", np.float32)):
        try:
            for text in texts:
                if text != missing:
                    convert(int(text) if "int" in kind else float(text))
        except (ValueError, OverflowError):
            continue
        return _ops.zeros((1,), kind)
    return StringTensor([b""])


OptimizationOptions = ThreadingOptions = DistributeOptions = types.SimpleNamespace

__getattr__, __dir__ = names_of(__name__, {})
