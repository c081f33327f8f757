"""Reuters: newswires of 1987 and their topics, from the collection Reuters-21578 (D. Lewis, 1997)."""

from __future__ import annotations

from ckeras.datasets.restricted_pickle import read_npz
from ckeras.datasets.sequences import as_array, limited, shifted, shorter, word_index
from ckeras.datasets.sources import fetched
from ckeras.datasets.splits import Arrays, check_test_split, order_of

__all__ = ["get_label_names", "get_word_index", "load_data"]

_LABELS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass "
    "crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi "
    "iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Arrays, Arrays]:
    """Return 11,228 newswires as sequences of word indices, downloaded on first use (2 MB).

    Words are numbered by how often they occur: 1 is the most frequent.

    Args:
        path: Name of the file in the cache of `ckeras.utils.get_file`.
        num_words: Indices from this one on, after the shift, are replaced by ``oov_char``; `None` for the largest.
        skip_top: Indices below this one, after the shift, are replaced too.
        maxlen: Sequences of this length or longer, with ``start_char``, are left out; `None` for none.
        test_split: Fraction of the test set.
        seed: Seed of the order of the newswires.
        start_char: First index of each sequence, or `None` for no shift by a start.
        oov_char: Index that replaces words, or `None` to drop these words.
        index_from: Number that is added to the indices of words.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: object arrays of lists of integers, and labels from 0 to 45, of which
        `get_label_names` gives the names.

    Raises:
        OSError: if the file cannot be downloaded.
        ValueError: if it is not what it should be, or ``test_split`` is no fraction.
    """
    check_test_split(test_split, "reuters.load_data")
    data = read_npz(fetched("reuters.npz", path))
    order = order_of(len(data["x"]), seed)
    x, y = shorter(shifted(data["x"][order], start_char, index_from), data["y"][order], maxlen)
    x, train = as_array(limited(x, num_words, skip_top, oov_char)), int(len(x) * (1 - test_split))
    return (x[:train], y[:train]), (x[train:], y[train:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """Return the index of each word, without the shift of `load_data`; downloaded on first use (550 kB).

    Args:
        path: Name of the file in the cache of `ckeras.utils.get_file`.
    """
    return word_index("reuters_word_index.json", path)


def get_label_names() -> tuple[str, ...]:
    """Return the names of the topics, in the order of their labels.

    >>> get_label_names()[3:5], len(get_label_names())
    (('earn', 'acq'), 46)
    """
    return tuple(_LABELS.split())


__dir__ = __all__.copy
