"""Sequences of several lengths to one array."""

from __future__ import annotations

from typing import Any

import numpy as np


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Pad and cut sequences to one length.

    Args:
        sequences: sequences of numbers, or of arrays of one shape; or of str, with ``dtype=object``.
        maxlen: the length; `None` for that of the longest sequence.
        dtype: of the result.
        padding: ``"pre"`` or ``"post"``: where ``value`` is added to shorter sequences.
        truncating: ``"pre"`` or ``"post"``: where longer sequences are cut.
        value: number or str that is added.

    Returns:
        array of the shape (sequences, maxlen, ...).

    Raises:
        ValueError: if an element of ``sequences`` is not a sequence, two differ in shape after the first axis, or
            an argument is not one of those above.

    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2).tolist()
    [[0, 1], [2, 3], [5, 6]]
    >>> pad_sequences([[1], [2, 3]], value=-1, padding="post").tolist()
    [[1, -1], [2, 3]]
    """
    for name, given in (("padding", padding), ("truncating", truncating)):
        if given not in ("pre", "post"):
            raise ValueError(f"pad_sequences expects {name} to be 'pre' or 'post', got {given!r}")
    if not hasattr(sequences, "__len__"):
        raise ValueError(f"pad_sequences expects sequences to be a list of sequences, got {sequences!r:.80}")
    for number, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__") or isinstance(sequence, (str, bytes)):
            raise ValueError(f"pad_sequences expects sequences[{number}] to be a sequence, got {sequence!r:.80}")
    if maxlen is None:
        maxlen = max(map(len, sequences), default=0)
    elif isinstance(maxlen, bool) or not isinstance(maxlen, (int, np.integer)) or maxlen < 0:
        raise ValueError(f"pad_sequences expects maxlen to be an integer of at least 0 or None, got {maxlen!r}")
    strings = dtype is object or np.dtype(dtype).kind in "OUS"
    if isinstance(value, str) and not strings:
        raise ValueError(f"pad_sequences expects dtype=object for the value {value!r}, got dtype={dtype!r}")
    inner = next((np.shape(sequence)[1:] for sequence in sequences if len(sequence)), ())
    padded = np.full((len(sequences), maxlen, *inner), value, dtype)
    for number, (row, sequence) in enumerate(zip(padded, sequences, strict=True)):
        if len(sequence) == 0 or maxlen == 0:
            continue
        kept = np.asarray(sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen], dtype)
        if kept.shape[1:] != inner:
            raise ValueError(
                f"pad_sequences expects elements of the shape {inner} as in the first sequence, "
                f"got {kept.shape[1:]} in sequences[{number}]"
            )
        if padding == "post":
            row[: len(kept)] = kept
        else:
            row[-len(kept) :] = kept
    return padded
