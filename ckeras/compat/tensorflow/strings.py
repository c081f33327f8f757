"""``tensorflow.strings``: text pipelines, on arrays of byte strings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.dispatch import ELEMENTWISE, wrap_functions
from ckeras.compat.tensorflow.ragged import RaggedTensor
from ckeras.compat.tensorflow.table import names_of
from ckeras.layers.preprocessing.hashes import string_buckets
from ckeras.tensor.string_tensor import StringTensor


def _mapped(function: Callable[[bytes], Any], text: Any) -> StringTensor:
    strings = StringTensor(text)
    found = np.empty(strings.size, object)
    found[:] = [function(s) for s in np.asarray(strings).ravel().tolist()]
    return StringTensor(found.reshape(strings.shape))


def _measured(function: Callable[[bytes], Any], text: Any, dtype: str) -> Any:
    strings = StringTensor(text)
    values = [function(s) for s in np.asarray(strings).ravel().tolist()]
    return _ops.convert_to_tensor(np.array(values, dtype).reshape(strings.shape))


def lower(input: Any, encoding: str = "", name: str | None = None) -> StringTensor:
    """Return strings in lower case: their ASCII letters, or all if ``encoding`` is "utf-8".

    >>> lower(["AB", "Cd"]).tolist()
    [b'ab', b'cd']
    """
    return _mapped(lambda s: s.decode().lower().encode() if encoding else s.lower(), input)


def upper(input: Any, encoding: str = "", name: str | None = None) -> StringTensor:
    """Return strings in upper case: their ASCII letters, or all if ``encoding`` is "utf-8"."""
    return _mapped(lambda s: s.decode().upper().encode() if encoding else s.upper(), input)


def strip(input: Any, name: str | None = None) -> StringTensor:
    """Return strings without whitespace at both ends."""
    return _mapped(bytes.strip, input)


def length(input: Any, unit: str = "BYTE", name: str | None = None) -> Any:
    """Return the lengths of strings in bytes, or in characters for the unit "UTF8_CHAR"."""
    _check_unit(unit)
    return _measured(lambda s: len(s.decode()) if unit == "UTF8_CHAR" else len(s), input, "int32")


def _check_unit(unit: str) -> None:
    if unit not in ("BYTE", "UTF8_CHAR"):
        raise ValueError(f"expected unit to be 'BYTE' or 'UTF8_CHAR', got {unit!r}")


def substr(input: Any, pos: int, len: int, unit: str = "BYTE", name: str | None = None) -> StringTensor:
    """Return the part of each string from ``pos`` on, of ``len`` bytes, or characters for the unit "UTF8_CHAR"."""
    _check_unit(unit)
    end = pos + len if pos >= 0 or pos + len < 0 else None
    if unit == "BYTE":
        return _mapped(lambda s: s[pos:end], input)
    return _mapped(lambda s: s.decode()[pos:end].encode(), input)


def _pattern(pattern: Any) -> re.Pattern[str]:
    return re.compile(_text(pattern))


def _text(value: Any) -> str:
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else str(value)


def regex_replace(
    input: Any, pattern: str, rewrite: str, replace_global: bool = True, name: str | None = None
) -> StringTensor:
    """Return strings with matches of a regular expression replaced; \\1 in ``rewrite`` is the first group."""
    expression, new = _pattern(pattern), _text(rewrite).replace("\\0", "\\g<0>")
    count = 0 if replace_global else 1
    return _mapped(lambda s: expression.sub(new, _text(s), count=count).encode(errors="surrogateescape"), input)


def regex_full_match(input: Any, pattern: str, name: str | None = None) -> Any:
    """Return booleans: whether a regular expression matches each string as a whole."""
    expression = _pattern(pattern)
    return _measured(lambda s: expression.fullmatch(_text(s)) is not None, input, "bool")


def split(input: Any, sep: str | None = None, maxsplit: int = -1, name: str | None = None) -> Any:
    """Split a string at a separator, or at whitespace.

    Args:
        input: a string, or an array of strings.
        sep: the separator.
        maxsplit: maximum number of splits; no limit by default.
        name: no effect.

    Returns:
        StringTensor: the parts of one string; of several, a `RaggedTensor`.
    """
    separator = None if not sep else sep if isinstance(sep, bytes) else sep.encode()
    return _in_further_axis(lambda s: s.split(separator, maxsplit), input)


def unicode_split(input: Any, input_encoding: str = "UTF-8", errors: str = "replace", name: str | None = None) -> Any:
    """Split a string into its characters; those of several are a `RaggedTensor`."""
    return _in_further_axis(lambda s: list(s.decode(input_encoding, errors)), input)


def bytes_split(input: Any, name: str | None = None) -> Any:
    """Split a string into its bytes; those of several are a `RaggedTensor`."""
    return _in_further_axis(lambda s: [s[i : i + 1] for i in range(len(s))], input)


def _in_further_axis(parts: Callable[[bytes], list[Any]], text: Any) -> Any:
    """The parts of a string, or a `RaggedTensor` of the parts of each of several."""
    strings = StringTensor(text)
    rows = [parts(s) for s in np.asarray(strings).ravel().tolist()]
    if not strings.shape:
        return StringTensor(np.array(rows[0], object))
    found: Any = RaggedTensor.from_row_lengths(_joined(rows), [len(row) for row in rows])
    for size in strings.shape[:0:-1]:
        found = RaggedTensor(found, np.arange(0, len(found) + 1, size) if size else [0])
    return found


def _joined(rows: list[list[Any]]) -> StringTensor:
    flat = [part for row in rows for part in row]
    found = np.empty(len(flat), object)
    found[:] = flat
    return StringTensor(found)


def join(inputs: Any, separator: str = "", name: str | None = None) -> StringTensor:
    """Join strings elementwise."""
    arrays = np.broadcast_arrays(*(np.asarray(StringTensor(x)) for x in inputs))
    rows = zip(*(a.ravel().tolist() for a in arrays), strict=True)
    found = np.empty(arrays[0].size, object)
    found[:] = [separator.encode().join(row) for row in rows]
    return StringTensor(found.reshape(arrays[0].shape))


def reduce_join(
    inputs: Any, axis: int | None = None, keepdims: bool = False, separator: str = "", name: str | None = None
) -> StringTensor:
    """Join the strings along an axis, or all."""
    if isinstance(inputs, RaggedTensor):
        if axis not in (-1, 1) or inputs.ragged_rank != 1:
            raise ValueError(f"reduce_join of a RaggedTensor expects axis 1, got {axis}")
        return StringTensor([separator.encode().join(row) for row in inputs.to_list()])
    array = np.asarray(StringTensor(inputs))
    whole = array.reshape(-1) if axis is None else np.moveaxis(array, axis, -1)
    found = np.empty(whole.shape[:-1], object)
    for index in np.ndindex(*whole.shape[:-1]):
        found[index] = separator.encode().join(whole[index].tolist())
    if keepdims:
        found = found.reshape([1] * array.ndim) if axis is None else np.expand_dims(found, axis)
    return StringTensor(found)


def to_number(input: Any, out_type: Any = "float32", name: str | None = None) -> Any:
    """Return the numbers that strings spell."""
    return _measured(int if "int" in str(out_type) else float, input, str(out_type))


def as_string(input: Any, precision: int = -1, name: str | None = None) -> StringTensor:
    """Return numbers as strings, floats with ``precision`` (by default 6) digits after the point."""
    array = np.asarray(input)
    if array.dtype == bool:
        texts = [str(v).lower() for v in array.ravel().tolist()]
    elif array.dtype.kind in "iu":
        texts = [str(v) for v in array.ravel().tolist()]
    else:
        texts = [f"{v:.{6 if precision < 0 else precision}f}" for v in array.ravel().tolist()]
    found = np.empty(len(texts), object)
    found[:] = texts
    return StringTensor(found.reshape(array.shape))


def to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> Any:
    """Return the FarmHash64 of each string, modulo ``num_buckets``."""
    return _ops.convert_to_tensor(string_buckets(StringTensor(input), num_buckets))


to_hash_bucket = to_hash_bucket_fast


def to_hash_bucket_strong(input: Any, num_buckets: int, key: Any, name: str | None = None) -> Any:
    """Return the SipHash of each string with a key of two integers, modulo ``num_buckets``."""
    return _ops.convert_to_tensor(string_buckets(StringTensor(input), num_buckets, [int(k) for k in key]))


def ngrams(
    data: Any,
    ngram_width: Any,
    separator: str = " ",
    pad_values: Any = None,
    padding_width: int | None = None,
    preserve_short_sequences: bool = False,
    name: str | None = None,
) -> Any:
    """Return the n-grams of tokens: of a list of them, or of the rows of a `RaggedTensor`.

    Raises:
        ValueError: if values to pad with are given.
    """
    if pad_values is not None or padding_width is not None:
        raise ValueError("ngrams expects no pad_values and no padding_width: pad the tokens first")
    widths = [ngram_width] if isinstance(ngram_width, int) else list(ngram_width)

    def grams(tokens: list[bytes]) -> list[bytes]:
        found = [tokens[i : i + n] for n in widths for i in range(len(tokens) - n + 1)]
        if not found and preserve_short_sequences and tokens:
            found = [tokens]
        return [separator.encode().join(part) for part in found]

    if isinstance(data, RaggedTensor):
        rows = [grams(row) for row in data.to_list()]
        return RaggedTensor.from_row_lengths(_joined(rows), [len(row) for row in rows])
    return _joined([grams(StringTensor(data).tolist())])


def format(
    template: str, inputs: Any, placeholder: str = "{}", summarize: int = 3, name: str | None = None
) -> StringTensor:
    """Return a text with tensors instead of the placeholders."""
    values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    parts = template.split(placeholder)
    if len(parts) != len(values) + 1:
        raise ValueError(f"format expects {len(parts) - 1} inputs for {template!r:.80}, got {len(values)}")
    shown = [
        np.array2string(np.asarray(v), separator=" ", threshold=2 * summarize, edgeitems=summarize) for v in values
    ]
    return StringTensor("".join(text for pair in zip(parts, [*shown, ""], strict=True) for text in pair))


def unicode_decode(input: Any, input_encoding: str, errors: str = "replace", name: str | None = None) -> Any:
    """Return the code points of a string, or a `RaggedTensor` of those of several."""
    strings = StringTensor(input)
    rows = [[ord(c) for c in s.decode(input_encoding, errors)] for s in np.asarray(strings).ravel().tolist()]
    if not strings.shape:
        return _ops.convert_to_tensor(np.array(rows[0], "int32"))
    flat = np.array([point for row in rows for point in row], "int32")
    return RaggedTensor.from_row_lengths(flat, [len(row) for row in rows])


def unicode_encode(input: Any, output_encoding: str, errors: str = "replace", name: str | None = None) -> StringTensor:
    """Return the string of code points, or those of the rows of a `RaggedTensor` or matrix."""
    rows = input.to_list() if isinstance(input, RaggedTensor) else np.asarray(input).tolist()
    if not rows or not isinstance(rows[0], list):
        return StringTensor("".join(map(chr, rows)).encode(output_encoding, errors))
    return StringTensor(["".join(map(chr, row)).encode(output_encoding, errors) for row in rows])


def unicode_transcode(
    input: Any, input_encoding: str, output_encoding: str, errors: str = "replace", name: str | None = None
) -> StringTensor:
    """Return strings in another encoding."""
    return _mapped(lambda s: s.decode(input_encoding, errors).encode(output_encoding, errors), input)


def unicode_split_with_offsets(
    input: Any, input_encoding: str = "UTF-8", errors: str = "replace", name: str | None = None
) -> tuple[Any, Any]:
    """Return what `unicode_split` does, and the byte at which each character begins."""
    parts = unicode_split(input, input_encoding, errors)
    sizes = np.array([len(c) for c in np.asarray(parts.flat_values if _is_ragged(parts) else parts).tolist()], "int64")
    return parts, _offsets(parts, sizes)


def unicode_decode_with_offsets(
    input: Any, input_encoding: str = "UTF-8", errors: str = "replace", name: str | None = None
) -> tuple[Any, Any]:
    """Return what `unicode_decode` does, and the byte at which each character begins."""
    _, offsets = unicode_split_with_offsets(input, input_encoding, errors)
    return unicode_decode(input, input_encoding, errors), offsets


def _is_ragged(x: Any) -> bool:
    return isinstance(x, RaggedTensor)


def _offsets(parts: Any, sizes: np.ndarray) -> Any:
    if not _is_ragged(parts):
        return _ops.convert_to_tensor(np.cumsum(sizes) - sizes)
    ends = np.cumsum(sizes) - sizes
    starts = np.asarray(parts.row_splits)[:-1]
    first = np.append(ends, sizes.sum())[starts]
    return parts.with_values(ends - np.repeat(first, np.asarray(parts.row_lengths())))


def unsorted_segment_join(
    inputs: Any, segment_ids: Any, num_segments: Any, separator: str = "", name: str | None = None
) -> StringTensor:
    """Return the joined strings of each segment."""
    groups: list[list[bytes]] = [[] for _ in range(int(num_segments))]
    ids = np.asarray(segment_ids).ravel().tolist()
    for text, i in zip(np.asarray(StringTensor(inputs)).ravel().tolist(), ids, strict=True):
        groups[i].append(text)
    return StringTensor([separator.encode().join(g) for g in groups])


__getattr__, __dir__ = names_of(__name__, {})
wrap_functions(globals(), ELEMENTWISE)
