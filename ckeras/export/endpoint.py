"""Functions of tensors with known inputs: what is exported."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ckeras import config
from ckeras.export.sizes import Graph, Unsupported, Value, traced
from ckeras.layers.core.input_layer import Input
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.tensor import KerasTensor, Tensor, Variable, dtypes
from ckeras.tensor.graph import node_of
from ckeras.tensor.structure import flatten, map_structure, pack

# Sizes of the batch, and of other open axes, at each trace. They have different remainders, so that whatever depends on
# them shows, and the last ones are far from the others, so that sizes that grow slowly, as after strides, differ too.
# Some models take multiples of a power of two alone: lengths are rounded up to those of each in turn.
_BATCHES = (37, 41, 46, 157)
_LENGTHS = (53, 74, 101, 1021)
_APART = 10  # between the sizes of one open axis and the next
_MULTIPLES = (1, 2, 4, 8, 16, 32)

OpenNames = dict[tuple[int, ...], str]


@dataclasses.dataclass(frozen=True)
class Argument:
    """An input: its shape, in which open sizes are `None`, its dtype, and its name, if it has one."""

    shape: tuple[int | None, ...]
    dtype: str
    name: str | None = None


class Endpoint(NamedTuple):
    """A function of tensors.

    Attributes:
        function: called with the arguments.
        arguments: list of structures of `Argument`s.
        name: of the graph.
        described: what messages call it.
        result_names: names of the results, if they are known.
        model: the model whose call it is, if it is one.
    """

    function: Callable[..., Any]
    arguments: list[Any]
    name: str
    described: str
    result_names: list[str] | None = None
    model: Any = None

    @classmethod
    def of_model(cls, model: Any, signature: Any = None) -> Endpoint:
        """The call of a model, with the inputs that it is known to have, or those of a signature."""
        known = _known_inputs(model)
        if signature is None:
            if known is None:
                raise ValueError(
                    f"Cannot export model {model.name!r}, whose inputs are not known: call it on data first, or give "
                    "input_signature"
                )
            arguments = known
        else:
            arguments = arguments_of(signature)
            leaves = flatten(arguments)
            if known is not None and len(leaves) == len(flatten(known)):  # a list of all inputs is a structure too
                pairs = zip(leaves, flatten(known), strict=True)
                arguments = pack(known, [dataclasses.replace(x, name=x.name or y.name) for x, y in pairs])

        def call(*x: Any) -> Any:
            return model(*x, training=False)

        return cls(call, arguments, model.name, f"model {model.name!r}", _result_names(model), model)

    def as_graph(self, graph_class: Callable[..., Any], format: str) -> Any:
        """The function as a functional model of layers and operations that Keras has too.

        Args:
            graph_class: Makes a functional model of inputs and outputs.
            format: What it is for, for messages.

        Raises:
            ValueError: if there is a layer that Keras does not have.
        """
        found = self.model
        if found is None or not _is_ours(found):
            leaves = zip(flatten(self.arguments), self.names, strict=True)
            inputs = [Input(batch_shape=x.shape, dtype=x.dtype, name=name) for x, name in leaves]
            given = pack(self.arguments, inputs)
            outputs = (self.function if found is None else found.call)(*given)
            found = graph_class(given[0] if len(given) == 1 else given, outputs, name=self.name)
        for layer in found._flatten_layers():
            if not _is_ours(layer):
                raise ValueError(
                    f"Cannot export {self.described} to {format}: Keras has no {type(layer).__name__}, the class of "
                    f"layer {layer.name!r}; the format 'onnx' needs none"
                )
        return found

    @property
    def names(self) -> list[str]:
        """Different names for all inputs."""
        found: list[str] = []
        for i, x in enumerate(flatten(self.arguments)):
            name = x.name or ("input" if i == 0 else f"input_{i}")
            found.append(name if name not in found else f"{name}_{i}")
        return found

    def output_names(self, result: Any) -> list[str]:
        """Names for the leaves of a result: the keys of a dict, or the names of what computes them."""
        if isinstance(result, dict) and all(not isinstance(x, (dict, list, tuple)) for x in result.values()):
            return [str(key) for key in sorted(result)]
        count = len([x for x in flatten(result) if x is not None])
        known = self.result_names if self.result_names and len(self.result_names) == count else [self.name] * count
        return [f"{name}_output{i or ''}" for i, name in enumerate(known)]

    def graph(self) -> tuple[Graph, OpenNames]:
        """The graph of the function, and the names of its open sizes.

        Raises:
            Unsupported: if it is not the same at all sizes, or has no graph.
            ValueError: if it takes its inputs at none of the sizes that are tried.
        """
        failed: Exception | None = None
        for inputs, names in self._tried():
            count = len(inputs[0].shapes) if inputs else 1
            try:
                return traced(self._flat, inputs, [{}] * count), names
            except (Unsupported, ValueError) as error:
                failed = failed or error
        raise failed or Unsupported("it has no inputs")

    def _flat(self, *leaves: Tensor) -> Any:
        return self.function(*pack(self.arguments, list(leaves)))

    def _tried(self) -> Iterator[tuple[list[Value], OpenNames]]:
        """Inputs with sizes for the open axes.

        Open axes have sizes of their own, or else one size for those of the same index, as where inputs are added.
        """
        leaves = flatten(self.arguments)
        first = int(any(len(x.shape) > 1 for x in leaves))  # of the axes whose sizes are no batch
        axes = [(i, a) for i, x in enumerate(leaves) for a, n in enumerate(x.shape) if n is None and a >= first]
        count = len(_BATCHES) if any(None in x.shape for x in leaves) else 1
        own = {(i, a): k for k, (i, a) in enumerate(axes)}
        by_index = {(i, a): a for i, a in axes}
        numberings = [own, by_index] if len({a for _, a in axes}) < len(axes) else [own]
        for multiple in _MULTIPLES if axes else (1,):
            lengths = [-(-n // multiple) * multiple for n in _LENGTHS]
            apart = -(-_APART // multiple) * multiple
            for numbers in numberings:
                sizes = {at: tuple(n + apart * k for n in lengths) for at, k in numbers.items()}
                names = {sizes[i, a]: f"{self.names[i]}_{a}" for i, a in reversed(axes)}
                inputs = []
                for i, x in enumerate(leaves):
                    columns = [
                        (n,) * count if n is not None else sizes.get((i, a), _BATCHES) for a, n in enumerate(x.shape)
                    ]
                    inputs.append(Value(list(zip(*columns, strict=True)) if columns else [()] * count, x.dtype))
                yield inputs, {**names, _BATCHES: "batch"}


def _is_ours(layer: Layer) -> bool:
    """Whether the class of a layer is one of ckeras, and so Keras has it too."""
    return type(layer).__module__.partition(".")[0] == __name__.partition(".")[0]


def arguments_of(signature: Any) -> list[Any]:
    """The arguments that a signature describes: a structure of `InputSpec`s, symbolic tensors or tensors.

    Raises:
        ValueError: if a spec has no shape or no dtype.
        TypeError: if it is none of these.
    """
    found = map_structure(_argument, signature)
    return list(found) if isinstance(found, (list, tuple)) else [found]


def _argument(x: Any) -> Argument:
    shape, dtype, name = (getattr(x, key, None) for key in ("shape", "dtype", "name"))
    if isinstance(x, InputSpec) and (shape is None or dtype is None):
        raise ValueError(f"input_signature expects InputSpecs with a shape and a dtype, got {x!r}")
    if shape is None or dtype is None:
        raise TypeError(f"input_signature expects InputSpecs, symbolic tensors or tensors, got {x!r:.200}")
    if isinstance(x, (KerasTensor, Tensor, Variable)) and len(shape):
        shape = (None, *shape[1:])
    return Argument(tuple(shape), dtypes.standardize(dtype), name if isinstance(x, (InputSpec, KerasTensor)) else None)


def _known_inputs(model: Any) -> list[Any] | None:
    """The arguments with which a model is called, if they are known."""
    try:
        structure = model.input
    except (AttributeError, ValueError, RuntimeError):
        structure = None
    if structure is not None:
        return [map_structure(lambda x: Argument(x.shape, x.dtype, _name_of(x)), structure)]
    built = model.get_build_config() if isinstance(model, Layer) else None
    if not built:
        return None
    shapes = [built["input_shape"]] if "input_shape" in built else list(built["shapes_dict"].values())
    dtype = getattr(model, "compute_dtype", None) or config.floatx()
    return None if None in shapes else [_of_shapes(shape, dtype) for shape in shapes]


def _of_shapes(shapes: Any, dtype: str) -> Any:
    """A structure of shapes as one of arguments, with open batches."""
    if isinstance(shapes, dict):
        return {key: _of_shapes(shape, dtype) for key, shape in shapes.items()}
    if all(n is None or isinstance(n, int) for n in shapes):
        return Argument((None, *tuple(shapes)[1:]), dtype)
    return [_of_shapes(shape, dtype) for shape in shapes]


def _result_names(model: Any) -> list[str] | None:
    """Names of the operations that compute a model's outputs, if it is a graph."""
    try:
        outputs: Sequence[Any] = model.outputs
    except (AttributeError, ValueError, RuntimeError):
        return None
    return [_name_of(x) for x in outputs]


def _name_of(x: KerasTensor) -> str:
    """The name of what computes a symbolic tensor."""
    node = node_of(x)
    return x.name if node is None else node.operation.name
