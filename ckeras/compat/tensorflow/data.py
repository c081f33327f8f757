"""``tensorflow.data``: lazy pipelines over elements, accepted by `fit`."""

import sys
from typing import Any

from ckeras import ops as _ops
from ckeras.compat.tensorflow.readers import list_files
from ckeras.compat.tensorflow.table import names_of
from ckeras.utils.dataset import Dataset

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2


def cardinality(dataset: Dataset) -> Any:
    """Return the number of elements; -1 if it is infinite, -2 if it is not known."""
    return _ops.convert_to_tensor(int(dataset.cardinality()), dtype="int64")


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


experimental = sys.modules[__name__]

ROWS = {
    **{
        name: f"compat.tensorflow.readers.{name}"
        for name in ("FixedLengthRecordDataset", "TFRecordDataset", "TextLineDataset")
    },
    "choose_from_datasets": "utils.dataset.Dataset.choose_from_datasets",
    "sample_from_datasets": "utils.dataset.Dataset.sample_from_datasets",
}

__getattr__, __dir__ = names_of(__name__, ROWS)

Dataset.list_files = staticmethod(list_files)  # which compat.tensorflow alone has
