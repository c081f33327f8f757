"""`Network`: the graph of layers that a model computes."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.layers.core.input_layer import Input
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.masks import attached
from ckeras.ops.control.function import Function
from ckeras.tensor import KerasTensor, Tensor, as_tensor
from ckeras.tensor.graph import Graph, node_of, recording
from ckeras.tensor.masks import get_mask, set_mask, with_mask_of
from ckeras.tensor.string_tensor import StringTensor, check_kind
from ckeras.tensor.structure import flatten, pack
from ckeras.utils.tracebacks import warn


class Network(Function):
    """The layers and operations between the symbolic inputs and outputs of a model.

    It owns the graph and the structures of inputs and outputs; the layers belong to the model. Values for the inputs
    are cast to the dtype of the `Input`, and a last axis of size 1 may be missing or too many.

    Args:
        inputs, outputs: structures of symbolic tensors. An input that a layer computed is replaced by an `Input`, and
            what is computed from it is called again.
        owner: name of the model, for messages.

    Raises:
        ValueError: if there are no inputs or outputs, one is not a symbolic tensor, an output does not follow from the
            inputs, or two operations have the same name.
    """

    def __init__(self, inputs: Any, outputs: Any, owner: str):
        for which, structure in (("inputs", inputs), ("outputs", outputs)):
            leaves = flatten(structure)
            if not leaves:
                raise ValueError(f"model {owner!r} expects one or more {which}, got {structure!r}")
            for x in leaves:
                if type(x) is not KerasTensor:
                    raise ValueError(f"model {owner!r} expects {which} to be symbolic tensors, got {x!r:.100}")
        if not all(_is_input(x) for x in flatten(inputs)):
            inputs, outputs = _from_new_inputs(inputs, outputs)
        if isinstance(inputs, dict):
            for key, x in inputs.items():
                name = node_of(x).operation.name if isinstance(x, KerasTensor) else key
                if name != key:
                    warn(
                        f"model {owner!r}: the key {key!r} of inputs belongs to the Input named {name!r}; "
                        f"use Input(..., name={key!r}), so that data may be given by either"
                    )
        super().__init__(inputs, outputs, name=owner)
        self._count = len(self._graph.outputs)
        self._added: list[tuple[str, dict[str, Any]]] = []  # what is done with further outputs
        self._check_names(self.operations)

    def _check_names(self, operations: list[Any]) -> None:
        names: set[str] = set()
        for operation in operations:
            if operation.name in names:
                raise ValueError(
                    f"model {self.name!r} expects layers of different names, got a second {operation.name!r}"
                )
            names.add(operation.name)

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs, in a flat list."""
        return self._graph.outputs[: self._count]

    @property
    def adds(self) -> bool:
        """Whether a run adds losses or metrics to the model."""
        return bool(self._added)

    def add(self, method: str, x: KerasTensor, **kwargs: Any) -> None:
        """Compute ``x`` too, and give it to the model's ``method`` (with ``kwargs``) in each run."""
        graph = Graph(self._graph.inputs, [*self._graph.outputs, x])
        self._check_names(graph.operations)
        self._graph = graph
        self._added.append((method, kwargs))

    @property
    def layers(self) -> list[Layer]:
        """The layers of the graph, the furthest from the outputs first."""
        return [x for x in self._graph.operations if isinstance(x, Layer)]

    @property
    def input_names(self) -> list[str]:
        """Names of the input layers."""
        return [node_of(x).operation.name for x in self._graph.inputs]

    @property
    def output_names(self) -> list[str]:
        """Names of the layers and operations that compute the outputs."""
        return [node_of(x).operation.name for x in self.outputs]

    @property
    def keys(self) -> list[str]:
        """The keys by which a dict of data gives the inputs."""
        return sorted(self._inputs_struct) if isinstance(self._inputs_struct, dict) else self.input_names

    @property
    def input_spec(self) -> list[InputSpec]:
        """What each input must be like."""
        layers = [node_of(x).operation for x in self._graph.inputs]
        return [
            InputSpec(
                shape=(None, *x.shape[1:]), allow_last_axis_squeeze=True, name=layer.name, optional=layer.optional
            )
            for x, layer in zip(self._graph.inputs, layers, strict=True)
        ]

    @property
    def nodes_by_depth(self) -> dict[int, list[Any]]:
        """The calls by their distance from the outputs; those of the inputs have the largest."""
        found: dict[int, list[Any]] = {}
        for node, depth in zip(self._graph.nodes, self._graph.depths, strict=True):
            found.setdefault(depth, []).append(node)
        found[max(found, default=-1) + 1] = list(self._graph.input_nodes)
        return found

    def arranged(self, inputs: Any, what: str = "inputs") -> list[Any]:
        """The values of the inputs, in the order of the graph's, from a structure like theirs or a dict by their names.

        Further entries of a dict are left out.

        Raises:
            ValueError: if there are too many or too few, or an entry of the dict is missing.
        """
        if isinstance(inputs, dict) and _is_flat(self._inputs_struct):
            missing = [key for key in self.keys if key not in inputs]
            if missing:
                raise ValueError(f"model {self.name!r} expects {what} {self.keys}, got a dict with {sorted(inputs)}")
            if len(inputs) > len(self.keys) and what == "inputs":
                unused = sorted(map(str, inputs.keys() - set(self.keys)))
                warn(f"model {self.name!r} expects {what} {self.keys}; {unused} of the given dict are not used")
            return [inputs[key] for key in self.keys]
        given = flatten(inputs)
        if len(given) != len(self._graph.inputs):
            raise ValueError(
                f"model {self.name!r} expects {len(self._graph.inputs)} {what}, {self.keys}, got {len(given)}"
            )
        if (
            isinstance(self._inputs_struct, dict)
            and isinstance(inputs, (list, tuple))
            and len(given) > 1
            and what == "inputs"
        ):
            warn(
                f"model {self.name!r} expects a dict of inputs with the keys {self.keys}, got a "
                f"{type(inputs).__name__}, which is taken in the order of the sorted keys"
            )
        return given

    def _checked(self, inputs: Any, mask: Any = None) -> list[Any]:
        given = self.arranged(inputs)
        masks = [None] * len(given) if mask is None else self.arranged(mask, "masks")
        return [self._fitted(i, x, m) for i, (x, m) in enumerate(zip(given, masks, strict=True))]

    def _fitted(self, index: int, value: Any, mask: Any) -> Any:
        """An input with the rank and dtype of the `Input`, and with its mask."""
        wanted, spec = self._graph.inputs[index], self.input_spec[index]
        if value is None and spec.optional:
            return None
        x = value if isinstance(value, (Tensor, StringTensor)) else as_tensor(value)
        check_kind(x, wanted.dtype, f"model {self.name!r}: input {spec.name!r}")
        problem = spec.problem(x)
        if problem is not None:
            raise ValueError(f"model {self.name!r}: wrong input {spec.name!r}: {problem}")
        if isinstance(x, StringTensor):
            return x if len(x.shape) == len(wanted.shape) else x.reshape((*x.shape, 1)[: len(wanted.shape)])
        if len(x.shape) != len(wanted.shape):
            x = ops.squeeze(x, -1) if len(x.shape) > len(wanted.shape) else ops.expand_dims(x, -1)
        if x.dtype != wanted.dtype:
            x = x.astype(wanted.dtype)
        return attached(x, get_mask(value) if mask is None else mask)

    def call(self, inputs: Any, mask: Any = None, model: Any = None) -> Any:
        """Compute the outputs for other inputs; add losses and metrics to the model."""
        results = self._graph.run(self._checked(inputs, mask))
        for (method, kwargs), value in zip(self._added, results[self._count :], strict=True):
            getattr(model, method)(value, **kwargs)
        return pack(self._outputs_struct, results)

    def compute_output_spec(self, inputs: Any, mask: Any = None) -> Any:
        """Return symbolic outputs for symbolic inputs."""
        given = self._checked(inputs, mask)
        if any(get_mask(x) is not None for x in given) or [x.shape for x in given] != [x.shape for x in self.inputs]:
            return pack(self._outputs_struct, self._graph.run(given)[: self._count])
        return pack(self._outputs_struct, [with_mask_of(KerasTensor(x.shape, x.dtype), x) for x in self.outputs])


def _is_flat(structure: Any) -> bool:
    parts = structure.values() if isinstance(structure, dict) else structure
    return isinstance(structure, KerasTensor) or all(isinstance(x, KerasTensor) for x in parts)


def _is_input(x: KerasTensor) -> bool:
    node = node_of(x)
    return node is not None and node.is_input


def _from_new_inputs(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """Replace inputs that are not those of an `Input` by new ones, and call again what is computed from them."""
    given = flatten(inputs)
    graph = Graph(given, flatten(outputs))
    new = [x if _is_input(x) else Input(batch_shape=x.shape, dtype=x.dtype, name=f"{x.name}CLONE") for x in given]
    for x, y in zip(given, new, strict=True):
        if y is not x and get_mask(x) is not None:
            set_mask(y, get_mask(x))
    with recording():
        results = graph.run(new)
    return pack(inputs, new), pack(outputs, results)
