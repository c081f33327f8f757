"""Examples, tables and tensors of bytes in ``tensorflow.io``."""

from __future__ import annotations

import base64
import csv
import gzip
import struct
import zlib
from typing import Any, NamedTuple

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow import protocol
from ckeras.compat.tensorflow.dtypes import as_dtype
from ckeras.compat.tensorflow.errors import InvalidArgumentError
from ckeras.compat.tensorflow.records import plain_bytes
from ckeras.compat.tensorflow.sparse import SparseTensor, from_rows
from ckeras.compat.tensorflow.train import Example, Feature
from ckeras.tensor.string_tensor import StringTensor

# The numbers of dtypes in a serialized tensor.
_NUMBERS = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "string": 7, "complex64": 8, "int64": 9,
    "bool": 10, "uint16": 17, "complex128": 18, "float16": 19, "uint32": 22, "uint64": 23,
}  # fmt: skip
_LISTS = {"string": "bytes_list", "float32": "float_list", "int64": "int64_list"}


class FixedLenFeature(NamedTuple):
    """A feature of a shape; ``default_value`` stands for a missing one."""

    shape: Any
    dtype: Any
    default_value: Any = None


class FixedLenSequenceFeature(NamedTuple):
    """A feature of a variable number of values of a shape."""

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


class VarLenFeature(NamedTuple):
    """A feature of a variable number of values, which becomes a `SparseTensor`."""

    dtype: Any


def _values(feature: Feature | None, dtype: Any, name: str) -> list[Any]:
    """The values of a feature; none if it is missing.

    Raises:
        ValueError: if it has another dtype.
    """
    wanted = str(as_dtype(dtype))
    if wanted not in _LISTS:
        raise ValueError(f"feature {name!r}: expected dtype float32, int64 or string, got {wanted}")
    kind = None if feature is None else feature.WhichOneof("kind")
    if kind is None:
        return []
    if kind != _LISTS[wanted]:
        raise ValueError(f"feature {name!r}: expected {wanted}, got a {kind}")
    return getattr(feature, kind).value


def _array(values: list[Any], dtype: Any, shape: Any) -> np.ndarray:
    kind = object if as_dtype(dtype) == "string" else str(as_dtype(dtype))
    found = np.empty(len(values), kind)
    found[:] = values
    return found.reshape(shape)


def _fixed(feature: Feature | None, spec: FixedLenFeature, name: str) -> np.ndarray:
    values, shape = _values(feature, spec.dtype, name), tuple(int(n) for n in spec.shape)
    size = int(np.prod(shape))
    if not values and size:
        if spec.default_value is None:
            raise ValueError(f"feature {name!r} (data type: {as_dtype(spec.dtype)}) is required but could not be found")
        given = np.asarray(spec.default_value, object).ravel().tolist()
        values = [v.encode() if isinstance(v, str) else v for v in given] * (size if len(given) == 1 else 1)
    if len(values) != size:
        raise ValueError(f"feature {name!r}: expected {size} values, those of the shape {shape}, got {len(values)}")
    return _array(values, spec.dtype, shape)


def _tensor(array: np.ndarray) -> Any:
    return StringTensor(array) if array.dtype == object else _ops.convert_to_tensor(array)


def _parsed(examples: list[Example], features: dict[str, Any], one: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, spec in features.items():
        given = [dict.get(e.features.feature, name) for e in examples]
        if isinstance(spec, FixedLenFeature):
            rows = [_fixed(f, spec, name) for f in given]
            found[name] = _tensor(rows[0] if one else np.stack(rows))
        elif isinstance(spec, VarLenFeature):
            rows = [_values(f, spec.dtype, name) for f in given]
            matrix = from_rows(rows, str(as_dtype(spec.dtype)))
            found[name] = SparseTensor(matrix._indices[:, 1:], matrix.values, matrix._shape[1:]) if one else matrix
        elif isinstance(spec, FixedLenSequenceFeature):
            rows = [_sequence(f, spec, name) for f in given]
            found[name] = _tensor(rows[0] if one else _padded(rows, spec))
        else:
            raise TypeError(
                f"feature {name!r}: expected FixedLenFeature, VarLenFeature or FixedLenSequenceFeature, got "
                f"{type(spec).__name__}"
            )
    return found


def _sequence(feature: Feature | None, spec: FixedLenSequenceFeature, name: str) -> np.ndarray:
    values = _values(feature, spec.dtype, name)
    if not values and not spec.allow_missing:
        raise ValueError(f"feature {name!r} is required but could not be found")
    size = int(np.prod(spec.shape, dtype=int))
    if size and len(values) % size:
        raise ValueError(f"feature {name!r}: expected a multiple of {size} values, got {len(values)}")
    return _array(values, spec.dtype, (-1, *spec.shape))


def _padded(rows: list[np.ndarray], spec: FixedLenSequenceFeature) -> np.ndarray:
    filler: Any = b"" if as_dtype(spec.dtype) == "string" else 0
    width = max(map(len, rows), default=0)
    found = np.full((len(rows), width, *spec.shape), filler if spec.default_value is None else spec.default_value,
                    rows[0].dtype)  # fmt: skip
    for target, row in zip(found, rows, strict=True):
        target[: len(row)] = row
    return found


def parse_single_example(
    serialized: Any, features: dict[str, Any], example_names: Any = None, name: str | None = None
) -> dict[str, Any]:
    """Return the tensors of one serialized `Example`.

    Args:
        serialized: bytes, or a string tensor without axes.
        features: name -> `FixedLenFeature`, `VarLenFeature` or `FixedLenSequenceFeature`.
        example_names, name: no effect.

    Raises:
        ValueError: if the bytes are no example, or a feature is missing or has another dtype or number of values.
    """
    return _parsed([Example.FromString(serialized)], features, one=True)


def parse_example(
    serialized: Any, features: dict[str, Any], example_names: Any = None, name: str | None = None
) -> dict[str, Any]:
    """Return the tensors of a batch of serialized examples; `parse_single_example` describes the arguments."""
    texts = np.asarray(StringTensor(serialized)).ravel().tolist()
    return _parsed([Example.FromString(text) for text in texts], features, one=False)


def serialize_tensor(tensor: Any, name: str | None = None) -> StringTensor:
    """Return a tensor as bytes, as TensorFlow does."""
    array = np.asarray(tensor)
    text = array.dtype == object
    number = _NUMBERS["string" if text else array.dtype.name]
    shape = b"".join(protocol.field(2, b"\x08" + protocol.varint(n)) for n in array.shape)
    data = b"\x08" + protocol.varint(number) + protocol.field(2, shape)
    if text:
        data += b"".join(protocol.field(8, value) for value in array.ravel().tolist())
    elif array.size:
        data += protocol.field(4, np.ascontiguousarray(array).tobytes())
    return StringTensor(data)


def parse_tensor(serialized: Any, out_type: Any, name: str | None = None) -> Any:
    """Return the tensor that bytes of `serialize_tensor` hold.

    Raises:
        ValueError: if they hold none, or one of another dtype.
    """
    dtype, shape, content, texts = 0, [], b"", []
    for number, value in protocol.fields(plain_bytes(serialized)):
        if number == 1:
            dtype = value
        elif number == 2:
            shape = [protocol.signed(dict(protocol.fields(part)).get(1, 0)) for _, part in protocol.fields(value)]
        elif number == 4:
            content = value
        elif number == 8:
            texts.append(bytes(value))
        else:
            raise ValueError(f"parse_tensor expects a tensor whose elements are in one part, got the field {number}")
    wanted = str(as_dtype(out_type))
    if _NUMBERS.get(wanted) != dtype:
        raise ValueError(f"parse_tensor expects a tensor of {wanted}, got one of the type number {dtype}")
    if wanted == "string":
        return _tensor(_array(texts, "string", shape))
    return _tensor(np.frombuffer(content, wanted).reshape(shape).copy())


def decode_csv(
    records: Any,
    record_defaults: list[Any],
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    select_cols: Any = None,
    name: str | None = None,
) -> list[Any]:
    """Return the columns of lines of a table.

    Args:
        records: strings: one line each.
        record_defaults: for each column its value where the field is empty, which decides the dtype; an empty list or
            tensor where the field is required.
        field_delim: the delimiter.
        use_quote_delim: whether fields may be quoted.
        na_value: a further string that counts as empty.
        select_cols: indices of the columns, ascending; None for all.
        name: no effect.

    Raises:
        InvalidArgumentError: if a line has another number of fields, or a required one is empty, or no number.
    """
    lines = np.asarray(StringTensor(records))
    quoting = csv.QUOTE_MINIMAL if use_quote_delim else csv.QUOTE_NONE
    rows = [
        next(csv.reader([text.decode()], delimiter=field_delim, quoting=quoting), []) for text in lines.ravel().tolist()
    ]
    chosen = list(range(len(record_defaults))) if select_cols is None else list(select_cols)
    for row in rows:
        if len(row) != len(record_defaults) if select_cols is None else len(row) <= max(chosen):
            raise InvalidArgumentError(
                f"decode_csv expects {len(record_defaults)} fields in record, got {len(row)}: {row!r:.80}"
            )
    return [
        _column([row[i] for row in rows], default, na_value, lines.shape, number)
        for number, (i, default) in enumerate(zip(chosen, record_defaults, strict=True))
    ]


def _column(fields: list[str], default: Any, empty: str, shape: tuple, number: int) -> Any:
    array = np.asarray(default)
    values = array.ravel().tolist()
    given = values[0] if values else None
    kinds = {"U": "string", "S": "string", "O": "string", "i": "int32", "f": "float32"}
    dtype = (
        str(array.dtype)
        if hasattr(default, "numpy") and array.dtype != object
        else kinds.get(array.dtype.kind, "float32")
    )
    kind: Any = str if dtype == "string" else float if dtype.startswith("float") else int
    found = []
    for text in fields:
        if text in ("", empty):
            if given is None:
                raise InvalidArgumentError(f"decode_csv: field {number} is required but missing")
            found.append(given)
        else:
            try:
                found.append(kind(text))
            except ValueError:
                raise InvalidArgumentError(
                    f"decode_csv: field {number} in record is not a valid {dtype}: {text}"
                ) from None
    values = [v.encode() if isinstance(v, str) else v for v in found]
    return _tensor(_array(values, dtype, shape))


def decode_compressed(bytes: Any, compression_type: str = "", name: str | None = None) -> StringTensor:
    """Return decompressed strings: of "ZLIB", "GZIP", or none."""
    functions = {"": lambda data: data, "ZLIB": zlib.decompress, "GZIP": gzip.decompress}
    if compression_type not in functions:
        raise ValueError(f"expected compression_type '', 'ZLIB' or 'GZIP', got {compression_type!r}")
    return _mapped(functions[compression_type], bytes)


def encode_base64(input: Any, pad: bool = False, name: str | None = None) -> StringTensor:
    """Return strings in web-safe base64, with ``=`` at the end if ``pad`` is true."""
    return _mapped(lambda data: base64.urlsafe_b64encode(data).rstrip(b"" if pad else b"="), input)


def decode_base64(input: Any, name: str | None = None) -> StringTensor:
    """Return the strings that web-safe base64, padded or not, stands for."""
    return _mapped(lambda data: base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4)), input)


def _mapped(function: Any, strings: Any) -> StringTensor:
    array = np.asarray(StringTensor(strings))
    found = np.empty(array.size, object)
    found[:] = [function(s) for s in array.ravel().tolist()]
    return StringTensor(found.reshape(array.shape))


def extract_jpeg_shape(contents: Any, output_type: Any = "int32", name: str | None = None) -> Any:
    """Return (height, width, channels) of a JPEG file, of which only the header is read."""
    data, at = plain_bytes(contents), 2
    while data[:2] == b"\xff\xd8" and at + 9 < len(data):
        marker, size = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width, channels = struct.unpack(">HHB", data[at + 5 : at + 10])
            return _ops.convert_to_tensor([height, width, channels], dtype=output_type)
        at += 2 + size
    raise ValueError("extract_jpeg_shape expects the contents of a JPEG file")
