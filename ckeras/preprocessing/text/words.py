"""Text to a list of words, and to hashes of these words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def text_to_word_sequence(input_text: str, filters: str = FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """Split a text into words.

    Args:
        input_text: the text.
        filters: characters that are replaced with ``split``.
        lower: whether to convert to lower case.
        split: separator of words.

    Raises:
        TypeError: if ``input_text`` is not a str.

    >>> text_to_word_sequence("One fish, TWO fish!")
    ['one', 'fish', 'two', 'fish']
    """
    if not isinstance(input_text, str):
        raise TypeError(f"text_to_word_sequence expects input_text to be a str, got {input_text!r:.80}")
    if lower:
        input_text = input_text.lower()
    words = input_text.translate(str.maketrans(dict.fromkeys(filters, split))).split(split)
    return [word for word in words if word]


def one_hot(
    input_text: str,
    n: int,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """Hash each word of a text to an integer in [1, n), with Python's `hash`.

    As Python salts the hashes of strings, they differ between processes unless ``PYTHONHASHSEED`` is set; use
    `hashing_trick` with ``"md5"`` for stable hashes. Different words may have equal hashes.

    Args:
        input_text: the text.
        n: size of the vocabulary, at least 2.
        filters, lower, split: as in `text_to_word_sequence`.
        analyzer: function that splits the text, instead of these.

    >>> first, second, third = one_hot("red blue red", 50)
    >>> first == third, 1 <= second < 50
    (True, True)
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(
    text: str,
    n: int,
    hash_function: str | Callable[[str], int] | None = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """Hash each word of a text: the integer ``hash(word) % (n - 1) + 1``, in [1, n).

    Args:
        text: the text.
        n: size of the vocabulary, at least 2.
        hash_function: function from a word to an integer; `None` is Python's `hash`, which is not stable between
            processes, and ``"md5"`` is stable.
        filters, lower, split, analyzer: as in `one_hot`.

    Raises:
        ValueError: if ``n`` is not an integer of at least 2, or ``hash_function`` is an unknown name.

    >>> hashing_trick("red blue red", 50, "md5")
    [27, 49, 27]
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 2:
        raise ValueError(f"hashing_trick expects n to be an integer of at least 2, got {n!r}")
    if hash_function is None:
        function: Callable[[str], Any] = hash
    elif hash_function == "md5":
        function = _md5
    elif callable(hash_function):
        function = hash_function
    else:
        raise ValueError(f"hashing_trick expects hash_function to be a function, 'md5' or None, got {hash_function!r}")
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [int(function(word) % (n - 1) + 1) for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)
