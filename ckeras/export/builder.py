"""The graph of an ONNX model while it is made: nodes, constants, and sizes that are open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ckeras.export.sizes import Call, Graph, Size, Unsupported, Value, traced
from ckeras.export.varying import varying

OPSET = 18  # version of ONNX's operators
_OPSET_OF_FLOAT8 = 19
_DOMAINS = {"": OPSET, "ai.onnx.ml": 3}  # set of operators -> its version
INT64_MAX = np.iinfo(np.int64).max
_DTYPES = {"float32": "FLOAT", "float64": "DOUBLE", "float8_e4m3fn": "FLOAT8E4M3FN", "float8_e5m2": "FLOAT8E5M2"}
_SHARED = 64  # maximum elements of a constant that is sought among the others
_DIVISORS = range(2, 65)  # by which a size is sought among the quotients of others

Converter = Callable[["Builder", Call], Any]
CONVERTERS: dict[str, Converter] = {}


def converts(*names: str) -> Callable[[Converter], Converter]:
    """Decorator: the function converts calls of the ops with these names.

    It gets the builder and the call, and returns the name of the result, or a list of several. Results that have no
    name must have no readers.
    """

    def decorate(function: Converter) -> Converter:
        CONVERTERS.update(dict.fromkeys(names, function))
        return function

    return decorate


def by_formula(name: str, function: Callable[..., Any]) -> None:
    """Convert calls of an op as what ``function(*inputs, **attributes)`` calls, which is written in ops."""

    def convert(b: Builder, call: Call) -> list[str]:
        return b.formula(function, call.inputs, call.each)

    CONVERTERS[name] = convert


class Builder:
    """Collects nodes and constants; values are called by names.

    Args:
        onnx: The package onnx.
        outer: The builder of the enclosing graph, whose values and constants are used here too.
    """

    def __init__(self, onnx: Any, outer: Builder | None = None):
        self.onnx, self.outer = onnx, outer
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {} if outer is None else outer.constants
        self._shared: dict[Any, str] = {} if outer is None else outer._shared  # small constants -> their names
        self.names: dict[int, str] = {}  # of values
        self._kept: list[Value] = []  # so that no other value gets the identity of one that has a name
        self._producers: dict[str, Any] = {}  # name -> the node
        self._sizes: dict[tuple[int, ...], str] = {}  # a size at all traces -> a vector of int64 with it
        self._open: dict[tuple[int, ...], tuple[str, int]] = {}  # a size at all traces -> a value and its axis
        self.domains: dict[str, int] = {"": OPSET} if outer is None else outer.domains  # operators in use: versions
        self._counts: dict[str, int] = {} if outer is None else outer._counts  # name -> how many begin with it

    # -- names

    def name(self, kind: str) -> str:
        """A new name."""
        found, count = kind, self._counts.get(kind, 0)
        while found in self._counts:
            found, count = f"{kind}_{count + 1}", count + 1
        self._counts[kind], self._counts[found] = count, 0
        return found

    def define(self, value: Value, name: str) -> None:
        """Let a value be called by a name."""
        self.names[id(value)] = name
        self._kept.append(value)
        for axis, size in enumerate(value.shape):
            if isinstance(size, Size):
                self._open.setdefault(size.values, (name, axis))

    def of(self, value: Value) -> str:
        """The name of a value; a known one becomes a constant."""
        builder: Builder | None = self
        while builder is not None:
            if id(value) in builder.names:
                return builder.names[id(value)]
            builder = builder.outer
        if value.arrays is None:
            raise Unsupported(f"a result of {value.call.op.name} is not available in ONNX" if value.call else "no name")
        array = value.constant
        name = varying(self, value) if array is None else self.constant(array, name=value.name)
        self.define(value, name)
        return name

    # -- nodes

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; return the name of its output, or a list of several."""
        names = [self.name(kind.lower()) for _ in range(outputs)]
        given = {key: value for key, value in attributes.items() if value is not None}
        for size in (x for value in given.values() for x in (value if isinstance(value, (list, tuple)) else [value])):
            if isinstance(size, Size):
                int(size)  # which raises
        domain = attributes.get("domain", "")
        self.domains.setdefault(domain, _DOMAINS[domain])
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), names, name=names[0], **given))
        self._producers.update(dict.fromkeys(names, self.nodes[-1]))
        return names[0] if outputs == 1 else names

    def producer(self, name: str) -> Any:
        """The node of this graph that computes a value; `None` if there is none."""
        return self._producers.get(name)

    def constant(self, value: Any, dtype: str | None = None, name: str | None = None) -> str:
        """Add a constant; return its name."""
        array = np.asarray(value, dtype)
        key = (array.dtype.str, array.shape, array.tobytes()) if name is None and array.size <= _SHARED else None
        if key in self._shared:
            return self._shared[key]
        name = self.name(name or "constant")
        if key is not None:
            self._shared[key] = name
        self.constants[name] = self.onnx.numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
        return name

    def scalar(self, value: float, dtype: str) -> str:
        """Add a constant of no axes."""
        return self.constant(np.asarray(value).astype(dtype))

    def integers(self, values: Sequence[int]) -> str:
        """Add a vector of int64."""
        return self.constant(list(values), "int64")

    def type(self, dtype: str) -> int:
        """The number of a dtype in ONNX."""
        found = getattr(self.onnx.TensorProto, _DTYPES.get(dtype, dtype.upper()), None)
        if found is None:
            raise Unsupported(f"ONNX has no dtype {dtype}")
        if dtype.startswith("float8"):
            self.domains[""] = _OPSET_OF_FLOAT8
        return found

    def cast(self, x: str, dtype: str) -> str:
        """Add a cast."""
        return self.add("Cast", x, to=self.type(dtype))

    def transpose(self, x: str, perm: Sequence[int]) -> str:
        """Add a transposition; two that cancel are left out."""
        before = self.producer(x)
        source = x
        if before is not None and before.op_type == "Transpose":
            (inner,) = (list(a.ints) for a in before.attribute if a.name == "perm")
            source, perm = before.input[0], [inner[axis] for axis in perm]
        if list(perm) == list(range(len(perm))):
            return source
        return self.add("Transpose", source, perm=list(perm))

    def graph(self, name: str, inputs: Sequence[Any], outputs: Sequence[Any], constants: Sequence[Any] = ()) -> Any:
        """The nodes, of which those that no output needs are left out, as a graph of ONNX."""
        needed = {x.name for x in outputs}
        kept = []
        for node in reversed(self.nodes):
            if not needed.isdisjoint(node.output):
                needed.update(_reads(node))
                kept.append(node)
        wanted = [x for x in constants if x.name in needed or self.outer is not None]
        return self.onnx.helper.make_graph(kept[::-1], name, list(inputs), list(outputs), wanted)

    def info(self, name: str, value: Value, open_names: dict[tuple[int, ...], str]) -> Any:
        """The description of an input or output; sizes that are open have the names given."""
        shape = [
            open_names.get(n.values, f"{name}_{i}") if isinstance(n, Size) else n for i, n in enumerate(value.shape)
        ]
        return self.onnx.helper.make_tensor_value_info(name, self.type(value.dtype), shape)

    # -- graphs with open sizes

    def convert(self, graph: Graph) -> list[str]:
        """Add the calls of a graph whose inputs have names; return the names of its outputs."""
        for call in graph.calls:
            self._convert(call)
        return [self.of(x) for x in graph.outputs]

    def _convert(self, call: Call) -> None:
        try:
            converter = CONVERTERS.get(call.op.name)
            if converter is None:
                raise Unsupported(f"there is no converter to ONNX for the op {call.op.name!r}")
            found = converter(self, call)
            for x, name in zip(call.outputs, [found] if isinstance(found, str) else found, strict=False):
                self.define(x, name)
        except Unsupported as error:
            error.layer = error.layer or call.layer
            raise

    def formula(
        self, function: Callable[..., Any], inputs: Sequence[Value], each: Sequence[dict[str, Any]]
    ) -> list[str]:
        """Add what a function of tensors, written in ops, calls; return the names of its results."""
        return self.convert(traced(function, inputs, each))

    # -- sizes

    def size(self, size: int | Size) -> str:
        """A vector of one int64 with a size."""
        if not isinstance(size, Size):
            return self.integers([size])
        found = self._known_size(size.values)
        if found is None:
            found = self._sizes[size.values] = self._computed_size(size.values)
        return found

    def sizes(self, sizes: Sequence[int | Size]) -> str:
        """A vector of int64 with sizes."""
        known = [n for n in sizes if not isinstance(n, Size)]
        if len(known) == len(sizes):
            return self.integers(known)
        return self.add("Concat", *map(self.size, sizes), axis=0)

    def number(self, size: int | Size) -> str:
        """A size as an int64 of no axes."""
        return (
            self.scalar(size, "int64")
            if not isinstance(size, Size)
            else self.add("Squeeze", self.size(size), self.integers([0]))
        )

    def _scopes(self) -> Iterator[Builder]:
        builder: Builder | None = self
        while builder is not None:
            yield builder
            builder = builder.outer

    def open_sizes(self) -> set[tuple[int, ...]]:
        """The open sizes that tensors have, each by its values at all traces."""
        return {key for b in self._scopes() for key in b._open}

    def _known_size(self, values: tuple[int, ...]) -> str | None:
        return next((b._sizes[values] for b in self._scopes() if values in b._sizes), None)

    def _computed_size(self, values: tuple[int, ...]) -> str:
        """A size from the sizes of tensors: one of them, or a quotient, a multiple, a product of two, or a sum."""
        known = {key: at for b in reversed(list(self._scopes())) for key, at in b._open.items()}
        if values in known:
            name, axis = known[values]
            return self.add("Shape", name, start=axis, end=axis + 1)
        for key in known:
            found, steps = "", _simple(key, values)
            for kind, operand in steps:
                found = self.add(kind, found or self.size(Size(key)), self.integers([operand]))
            if steps:
                return found
        for key in known:
            rest = [divmod(v, k) if k else (0, 1) for v, k in zip(values, key, strict=True)]
            other = tuple(n for n, _ in rest)
            if not any(r for _, r in rest) and (other in known or any(_simple(k, other) for k in known)):
                return self.add("Mul", self.size(Size(key)), self.size(Size(other)))
        raise Unsupported(
            f"a size, {values[0]} at the first of the sizes that were tried, does not follow from those of tensors; "
            "give it fixed sizes"
        )


def _reads(node: Any) -> Iterator[str]:
    """The names that a node reads, in the graphs inside it too."""
    yield from node.input
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield from (name for inner in attribute.g.node for name in _reads(inner))


def _simple(key: tuple[int, ...], values: tuple[int, ...]) -> list[tuple[str, int]]:
    """[(operator, integer), ...] that make ``values`` of ``key`` one after the other; empty if there are none."""
    apart = key[1] - key[0]
    factor = (values[1] - values[0]) // apart if apart else 0
    rest = values[0] - factor * key[0]
    if factor and all(v == factor * k + rest for v, k in zip(values, key, strict=True)):
        return [step for step in (("Mul", factor), ("Add", rest)) if step not in (("Mul", 1), ("Add", 0))]
    for n in _DIVISORS:
        if values == tuple(k // n for k in key):
            return [("Div", n)]
        if values == tuple(-(-k // n) for k in key):
            return [("Add", n - 1), ("Div", n)]
    return []
