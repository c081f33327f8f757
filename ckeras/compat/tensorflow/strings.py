"""``tensorflow.strings``: text pipelines, on arrays of byte strings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.table import names_of
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


def split(input: Any, sep: str | None = None, maxsplit: int = -1, name: str | None = None) -> StringTensor:
    """Split a string at a separator, or at whitespace.

    Args:
        input: a string, or strings that all have the same number of parts.
        sep: the separator.
        maxsplit: maximum number of splits; no limit by default.
        name: no effect.

    Returns:
        StringTensor: the parts, in a further axis.

    Raises:
        ValueError: if strings have different numbers of parts: there are no ragged tensors.
    """
    separator = None if not sep else sep if isinstance(sep, bytes) else sep.encode()
    return _in_further_axis("split", lambda s: s.split(separator, maxsplit), input)


def unicode_split(input: Any, input_encoding: str = "UTF-8", errors: str = "replace", name: str | None = None) -> Any:
    """Split a string into its characters; strings must have the same number of them."""
    return _in_further_axis("unicode_split", lambda s: list(s.decode(input_encoding, errors)), input)


def bytes_split(input: Any, name: str | None = None) -> StringTensor:
    """Split a string into its bytes; strings must have the same number of them."""
    return _in_further_axis("bytes_split", lambda s: [s[i : i + 1] for i in range(len(s))], input)


def _in_further_axis(function: str, parts: Callable[[bytes], list[Any]], text: Any) -> StringTensor:
    strings = StringTensor(text)
    rows = [parts(s) for s in np.asarray(strings).ravel().tolist()]
    sizes = {len(row) for row in rows}
    if len(sizes) > 1:
        raise ValueError(
            f"{function} expects strings with equal numbers of parts, got {sorted(sizes)}: there are no ragged "
            f"tensors; apply it to one string at a time, in Dataset.map, or use the layer TextVectorization"
        )
    found = np.empty((len(rows), sizes.pop() if sizes else 0), object)
    for row, values in zip(found, rows, strict=True):
        row[:] = values
    return StringTensor(
        found.reshape(*strings.shape, -1) if found.size else found.reshape(*strings.shape, found.shape[1])
    )


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


__getattr__, __dir__ = names_of(__name__, {})
