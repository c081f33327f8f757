"""``tensorflow.train``: examples as records hold them, and checkpoints."""

from __future__ import annotations

import struct
from typing import Any, ClassVar

import numpy as np

from ckeras.compat.tensorflow import protocol
from ckeras.compat.tensorflow.records import plain_bytes
from ckeras.compat.tensorflow.table import names_of


class _Message:
    """Base class of messages: equal if their contents are, and made of bytes by `FromString`."""

    def SerializeToString(self) -> bytes:
        """Return the message in its wire format."""
        raise NotImplementedError(f"{type(self).__name__} has no SerializeToString()")

    def MergeFromString(self, data: bytes) -> int:
        """Add what bytes in wire format hold; returns their number.

        Raises:
            ValueError: if they are no such message.
        """
        raise NotImplementedError(f"{type(self).__name__} has no MergeFromString()")

    def ParseFromString(self, data: Any) -> int:
        """Take what bytes in wire format hold."""
        self.__init__()  # type: ignore[misc]
        return self.MergeFromString(plain_bytes(data))

    @classmethod
    def FromString(cls, data: Any) -> Any:
        """Create a message of bytes in wire format."""
        found = cls()
        found.MergeFromString(plain_bytes(data))
        return found

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return _as_text(self)


def _as_text(message: Any, indent: str = "") -> str:
    """The text format of Protocol Buffers."""
    if isinstance(message, _List):
        return "".join(f"{indent}value: {_quoted(v)}\n" for v in message.value)
    if isinstance(message, _Named):
        pairs = getattr(message, message._name).items()
        inner = f"{indent}  "
        return "".join(
            f'{indent}{message._name} {{\n{inner}key: "{k}"\n{inner}value {{\n'
            f"{_as_text(v, inner + '  ')}{inner}}}\n{indent}}}\n"
            for k, v in pairs
        )
    if isinstance(message, Feature):
        parts = [(kind, getattr(message, kind)) for kind in filter(None, [message.WhichOneof("kind")])]
    elif isinstance(message, FeatureList):
        parts = [("feature", f) for f in message.feature]
    else:
        parts = [(k, v) for k, v in vars(message).items() if v.SerializeToString()]
    return "".join(f"{indent}{k} {{\n{_as_text(v, indent + '  ')}{indent}}}\n" for k, v in parts)


_ESCAPES = {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t", ord('"'): '\\"', ord("'"): "\\'", ord("\\"): "\\\\"}


def _quoted(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(np.float32(value)).removesuffix(".0") if isinstance(value, float) else str(value)
    return '"' + "".join(_ESCAPES.get(b, chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in value) + '"'


class _List(_Message):
    """A list of values."""

    def __init__(self, value: Any = ()):
        self.value = [self._checked(v) for v in value]

    def _checked(self, value: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no _checked(value)")

    def _of_field(self, data: Any) -> list[Any]:
        """The values of one field."""
        raise NotImplementedError(f"{type(self).__name__} has no _of_field(data)")

    def MergeFromString(self, data: bytes) -> int:
        for number, value in protocol.fields(data):
            if number == 1:
                self.value += self._of_field(value)
        return len(data)


class BytesList(_List):
    """A list of bytes.

    >>> BytesList(value=[b"a"]).SerializeToString()
    b'\\n\\x01a'
    """

    def _checked(self, value: Any) -> bytes:
        if isinstance(value, str):
            raise TypeError(f"BytesList expects bytes, got the str {value!r:.80}; encode it first")
        return plain_bytes(value)

    def SerializeToString(self) -> bytes:
        return b"".join(protocol.field(1, v) for v in self.value)

    def _of_field(self, data: Any) -> list[Any]:
        return [bytes(data)]


class FloatList(_List):
    """A list of floats, which are kept in 32 bits."""

    def _checked(self, value: Any) -> float:
        return struct.unpack("<f", struct.pack("<f", float(value)))[0]

    def SerializeToString(self) -> bytes:
        return protocol.field(1, struct.pack(f"<{len(self.value)}f", *self.value)) if self.value else b""

    def _of_field(self, data: Any) -> list[Any]:
        return list(struct.unpack(f"<{len(data) // 4}f", data))


class Int64List(_List):
    """A list of integers of 64 bits."""

    def _checked(self, value: Any) -> int:
        found = int(value)
        if found != value or not -(1 << 63) <= found < 1 << 63:
            raise ValueError(f"Int64List expects integers of 64 bits, got {value!r}")
        return found

    def SerializeToString(self) -> bytes:
        return protocol.field(1, b"".join(map(protocol.varint, self.value))) if self.value else b""

    def _of_field(self, data: Any) -> list[Any]:
        if isinstance(data, int):
            return [protocol.signed(data)]
        found, at = [], 0
        while at < len(data):
            value, at = protocol.read_varint(data, at)
            found.append(protocol.signed(value))
        return found


class Feature(_Message):
    """One of three lists.

    Args:
        bytes_list, float_list, int64_list: the list; at most one is given.
    """

    _KINDS: ClassVar[dict[int, tuple[str, type[_List]]]] = {
        1: ("bytes_list", BytesList), 2: ("float_list", FloatList), 3: ("int64_list", Int64List),
    }  # fmt: skip

    def __init__(self, bytes_list: Any = None, float_list: Any = None, int64_list: Any = None):
        given = {"bytes_list": bytes_list, "float_list": float_list, "int64_list": int64_list}
        kinds = [name for name, value in given.items() if value is not None]
        if len(kinds) > 1:
            raise ValueError(f"Feature expects one list, got {' and '.join(kinds)}")
        self._kind = kinds[0] if kinds else None
        for _, (name, kind) in self._KINDS.items():
            setattr(self, name, kind() if given[name] is None else given[name])

    def WhichOneof(self, group: str) -> str | None:
        """Return the name of the list that is there: `None` if none is."""
        found = [name for name, _ in self._KINDS.values() if getattr(self, name).value]
        return found[0] if found else self._kind

    def SerializeToString(self) -> bytes:
        kind = self.WhichOneof("kind")
        number = next((n for n, (name, _) in self._KINDS.items() if name == kind), None)
        return b"" if number is None else protocol.field(number, getattr(self, kind).SerializeToString())

    def MergeFromString(self, data: bytes) -> int:
        for number, value in protocol.fields(data):
            if number in self._KINDS:
                self._kind = self._KINDS[number][0]
                getattr(self, self._kind).MergeFromString(value)
        return len(data)


class _Map(dict):
    """Messages by name; one that is not there is made, as in Protocol Buffers."""

    def __init__(self, kind: type[_Message], given: Any):
        super().__init__(given or {})
        self.kind = kind

    def __missing__(self, name: str) -> Any:
        self[name] = found = self.kind()
        return found


class _Named(_Message):
    """A message with one map."""

    _name: ClassVar[str]
    _kind: ClassVar[type[_Message]]

    def __init__(self, given: Any = None):
        setattr(self, self._name, _Map(self._kind, given))

    def SerializeToString(self) -> bytes:
        pairs = sorted(getattr(self, self._name).items())
        entries = (protocol.field(1, k.encode()) + protocol.field(2, v.SerializeToString()) for k, v in pairs)
        return b"".join(protocol.field(1, entry) for entry in entries)

    def MergeFromString(self, data: bytes) -> int:
        for number, entry in protocol.fields(data):
            if number == 1:
                pair = dict(protocol.fields(entry))
                getattr(self, self._name)[pair.get(1, b"").decode()] = self._kind.FromString(pair.get(2, b""))
        return len(data)


class Features(_Named):
    """Features by name."""

    _name, _kind = "feature", Feature

    def __init__(self, feature: Any = None):
        super().__init__(feature)


class FeatureList(_Message):
    """A list of features.

    Args:
        feature: the features.
    """

    def __init__(self, feature: Any = ()):
        self.feature = list(feature)

    def SerializeToString(self) -> bytes:
        return b"".join(protocol.field(1, f.SerializeToString()) for f in self.feature)

    def MergeFromString(self, data: bytes) -> int:
        self.feature += [Feature.FromString(value) for number, value in protocol.fields(data) if number == 1]
        return len(data)


class FeatureLists(_Named):
    """Lists of features by name."""

    _name, _kind = "feature_list", FeatureList

    def __init__(self, feature_list: Any = None):
        super().__init__(feature_list)


class Example(_Message):
    """A sample as a record of a TFRecord file holds it.

    Args:
        features: its features.

    >>> features = Features(feature={"a": Feature(int64_list=Int64List(value=[3]))})
    >>> data = Example(features=features).SerializeToString()
    >>> Example.FromString(data).features.feature["a"].int64_list.value
    [3]
    """

    def __init__(self, features: Features | None = None):
        self.features = Features() if features is None else features

    def SerializeToString(self) -> bytes:
        return protocol.field(1, self.features.SerializeToString()) if self.features.feature else b""

    def MergeFromString(self, data: bytes) -> int:
        for number, value in protocol.fields(data):
            if number == 1:
                self.features.MergeFromString(value)
        return len(data)


class SequenceExample(_Message):
    """A sample with sequences.

    Args:
        context: features of the whole.
        feature_lists: the sequences.
    """

    def __init__(self, context: Features | None = None, feature_lists: FeatureLists | None = None):
        self.context = Features() if context is None else context
        self.feature_lists = FeatureLists() if feature_lists is None else feature_lists

    def SerializeToString(self) -> bytes:
        found = protocol.field(1, self.context.SerializeToString()) if self.context.feature else b""
        lists = self.feature_lists
        return found + (protocol.field(2, lists.SerializeToString()) if lists.feature_list else b"")

    def MergeFromString(self, data: bytes) -> int:
        for number, value in protocol.fields(data):
            if number in (1, 2):
                (self.context if number == 1 else self.feature_lists).MergeFromString(value)
        return len(data)


ROWS = {
    **{
        name: f"compat.tensorflow.checkpoints.{name}"
        for name in (
            "Checkpoint", "CheckpointManager", "get_checkpoint_state", "latest_checkpoint", "list_variables",
            "load_checkpoint", "load_variable",
        )
    },
    **{
        f"{name}Optimizer": f"compat.tensorflow.v1_optimizers.{name}Optimizer"
        for name in ("Adadelta", "Adagrad", "Adam", "Ftrl", "GradientDescent", "Momentum", "RMSProp")
    },
}  # fmt: skip

__getattr__, __dir__ = names_of(__name__, ROWS)
