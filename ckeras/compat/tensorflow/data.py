"""``tensorflow.data``: lazy pipelines over elements, accepted by `fit`."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ckeras.compat.tensorflow import data_experimental as experimental  # noqa: F401
from ckeras.compat.tensorflow.dtypes import DType
from ckeras.compat.tensorflow.modules import TensorSpec
from ckeras.compat.tensorflow.ragged import RaggedTensor
from ckeras.compat.tensorflow.readers import list_files
from ckeras.compat.tensorflow.table import names_of
from ckeras.random import host_seed
from ckeras.tensor import Spec
from ckeras.utils.dataset import Dataset
from ckeras.utils.dataset_elements import called, stacked
from ckeras.utils.dataset_specs import each

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2


class Options:
    """Options of a pipeline, which have no effect: it runs in the order of the program.

    >>> options = Options()
    >>> options.deterministic = False
    """

    def __init__(self) -> None:
        self.deterministic: bool | None = None
        self.experimental_distribute = _Settings()
        self.experimental_optimization = _Settings()
        self.threading = _Settings()


class _Settings:
    """Settings that may be assigned."""


choose_from_datasets, sample_from_datasets = Dataset.choose_from_datasets, Dataset.sample_from_datasets

ROWS = {
    **{
        name: f"compat.tensorflow.readers.{name}"
        for name in ("FixedLengthRecordDataset", "TFRecordDataset", "TextLineDataset")
    },
}

__getattr__, __dir__ = names_of(__name__, ROWS)


def _element_spec(dataset: Dataset) -> Any:
    """The structure of the `tf.TensorSpec`s of the elements."""
    return each(lambda s: TensorSpec(s.shape, DType(s.dtype)) if isinstance(s, Spec) else s, dataset._spec())


def _shown(dataset: Dataset) -> str:
    return f"<_{type(dataset).__name__} element_spec={_element_spec(dataset)}>"


def _ragged_batch(
    dataset: Dataset, batch_size: int, drop_remainder: bool = False, row_splits_dtype: Any = "int64", name: Any = None
) -> Dataset:
    """Stack ``batch_size`` elements of different lengths to a `RaggedTensor`."""
    size = int(batch_size)

    def batches() -> Iterator[Any]:
        elements = dataset._elements()
        while part := list(itertools.islice(elements, size)):
            if len(part) == size or not drop_remainder:
                yield _rows_of(part)

    length = dataset.batch(size, drop_remainder)._length
    return Dataset(batches, length)


def _rows_of(elements: list[Any]) -> Any:
    """Rows of tensors, in the structure of the elements; numbers become a tensor."""
    first = elements[0]
    if isinstance(first, dict):
        return {k: _rows_of([e[k] for e in elements]) for k in first}
    if isinstance(first, tuple):
        return tuple(_rows_of([e[i] for e in elements]) for i in range(len(first)))
    return stacked(elements) if not np.shape(first) else RaggedTensor.from_rows(elements)


def _rejection_resample(
    dataset: Dataset, class_func: Any, target_dist: Any, initial_dist: Any = None, seed: Any = None, name: Any = None
) -> Dataset:
    """Return pairs of a class and an element, of which as many are left out as makes classes as frequent as wanted.

    Args:
        dataset: the data set.
        class_func: function of an element that returns its class.
        target_dist: wanted frequencies.
        initial_dist: frequencies in the data set; estimated from the elements so far, if it is None.
        seed: of the choice.
        name: no effect.
    """
    target = np.asarray(target_dist, "float64")

    def chosen() -> Iterator[Any]:
        generator = np.random.default_rng(host_seed() if seed is None else seed)
        counts = np.zeros(len(target)) if initial_dist is None else np.asarray(initial_dist, "float64")
        for element in dataset._elements():
            number = int(called(class_func, element))
            counts[number] += initial_dist is None
            ratios = np.divide(target * counts.sum(), counts, out=np.zeros_like(target), where=counts > 0)
            if generator.random() < ratios[number] / ratios.max():
                yield np.int64(number), element

    return Dataset(chosen, None)


def _assert_cardinality(dataset: Dataset, expected_cardinality: int) -> Dataset:
    """Return a data set of a known number of elements."""
    return Dataset(dataset._elements, int(expected_cardinality), dataset._spec)


# what compat.tensorflow alone has
Dataset.ragged_batch = _ragged_batch
Dataset.rejection_resample = _rejection_resample
Dataset.assert_cardinality = _assert_cardinality
Dataset.options = lambda dataset: Options()
Dataset.list_files = staticmethod(list_files)
Dataset.element_spec = property(_element_spec)
Dataset.__repr__ = _shown
