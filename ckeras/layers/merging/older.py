"""The function that combined tensors in Keras 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ckeras import registry
from ckeras.layers.core.lambda_layer import Lambda
from ckeras.layers.layer import Layer
from ckeras.layers.merging.concatenate import Concatenate
from ckeras.layers.merging.dot import Dot
from ckeras.layers.merging.elementwise import Add, Average, Maximum, Multiply

_ELEMENTWISE = {"sum": Add, "mul": Multiply, "ave": Average, "max": Maximum}
_MODES = (*_ELEMENTWISE, "concat", "dot", "cos")


def merge(
    inputs: Sequence[Any],
    mode: str | Callable[[Sequence[Any]], Any] = "sum",
    concat_axis: int = -1,
    dot_axes: Any = -1,
    output_shape: Any = None,
    output_mask: Any = None,
    arguments: dict[str, Any] | None = None,
    name: str | None = None,
) -> Any:
    """Combine tensors as Keras 1 did; today there are a layer and a function for each mode.

    Args:
        inputs: tensors.
        mode: "sum", "mul", "ave", "max", "concat", "dot", "cos" (cosine similarity), or a function of the list.
        concat_axis: axis of the mode "concat".
        dot_axes: axis, or one for each of two inputs, of the modes "dot" and "cos".
        output_shape, output_mask, arguments: as for `Lambda`, of a mode that is a function.
        name: name of the layer.

    Raises:
        ValueError: if there is no such mode.

    >>> import ckeras
    >>> merge([ckeras.ops.ones((1, 2)), ckeras.ops.zeros((1, 3))], mode="concat").tolist()
    [[1.0, 1.0, 0.0, 0.0, 0.0]]
    """
    return _merging("merge", mode, concat_axis, dot_axes, output_shape, output_mask, arguments, name)(inputs)


def _merging(
    where: str, mode: Any, concat_axis: int, dot_axes: Any, shape: Any, mask: Any, arguments: Any, name: str | None
) -> Layer:
    """The layer of today for a mode."""
    if callable(mode):
        return Lambda(mode, shape, mask, arguments, name=name)
    if mode not in _MODES:
        raise ValueError(f"{where} expects mode to be a function or one of {', '.join(_MODES)}, got {mode!r}")
    if mode == "concat":
        return Concatenate(axis=concat_axis, name=name)
    if mode in ("dot", "cos"):
        return Dot(axes=dot_axes, normalize=mode == "cos", name=name)
    return _ELEMENTWISE[mode](name=name)


@registry.layers.ship()
class Merge(Layer):
    """Several branches, and what combines their outputs: the first layer of a `Sequential` model of Keras 1.

    Each branch is given its own input, and the model a list of them, in the order of the branches; a branch that begins
    with a `Merge` itself takes as many as it has branches.

    Args:
        layers: two or more models or layers.
        mode, concat_axis, dot_axes, output_shape, output_mask, arguments, name: as in `merge`.

    Raises:
        ValueError: if there is no such mode, or are not several branches; on a call, if there are not as many inputs.

    >>> import ckeras
    >>> branches = [ckeras.Sequential([ckeras.layers.Dense(2)]) for _ in range(2)]
    >>> model = ckeras.Sequential([Merge(branches, mode="concat"), ckeras.layers.Dense(1)])
    >>> model([ckeras.ops.ones((3, 4)), ckeras.ops.ones((3, 5))]).shape
    (3, 1)
    """

    def __init__(
        self,
        layers: Any = None,
        mode: Any = "sum",
        concat_axis: int = -1,
        dot_axes: Any = -1,
        output_shape: Any = None,
        output_mask: Any = None,
        arguments: dict[str, Any] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, **kwargs)
        if not isinstance(layers, (list, tuple)) or len(layers) < 2 or not all(isinstance(x, Layer) for x in layers):
            raise ValueError(f"Merge expects layers to be a list of two or more models or layers, got {layers!r:.80}")
        self.branches = list(layers)
        self.merging = _merging("Merge", mode, concat_axis, dot_axes, output_shape, output_mask, arguments, None)
        self.mode, self.concat_axis, self.dot_axes = mode, concat_axis, dot_axes
        self.built = True

    @property
    def input_count(self) -> int:
        """Number of inputs of all branches."""
        return sum(map(_inputs_of, self.branches))

    def call(self, inputs: Any, training: Any = None) -> Any:
        given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        if len(given) != self.input_count:
            raise ValueError(f"layer {self.name!r} expects a list of {self.input_count} inputs, got {len(given)}")
        outputs = []
        for branch in self.branches:
            count = _inputs_of(branch)
            part, given = given[:count], given[count:]
            outputs.append(branch(part if count > 1 else part[0]))
        return self.merging(outputs)

    def get_config(self) -> dict[str, Any]:
        if callable(self.mode):
            raise ValueError(f"layer {self.name!r} has a mode that is a function, and so no config")
        return {
            **super().get_config(),
            "layers": [registry.layers.serialize(branch) for branch in self.branches],
            **{name: getattr(self, name) for name in ("mode", "concat_axis", "dot_axes")},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Merge:
        return cls(**{**config, "layers": [registry.layers.deserialize(branch) for branch in config["layers"]]})


def _inputs_of(branch: Layer) -> int:
    """How many inputs a branch takes."""
    first = next(iter(getattr(branch, "layers", ())), None)
    return first.input_count if isinstance(first, Merge) else 1
