"""Bidirectional."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.layers.rnn.rnn import specs
from ckeras.layers.signatures import takes
from ckeras.tensor.structure import flatten

# merge mode -> the output from those of both directions
_MERGED: dict[Any, Any] = {
    "concat": lambda a, b: ops.concatenate([a, b], axis=-1),
    "sum": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "ave": lambda a, b: (a + b) / 2,
    None: lambda a, b: (a, b),
}
_COMMON = ("stateful", "return_sequences", "return_state")


@registry.layers.ship()
class Bidirectional(Layer):
    """Run a recurrent layer forwards, and a copy of it backwards, over sequences (Schuster and Paliwal, 1997).

    Args:
        layer: the recurrent layer. A copy of it, with weights of its own, becomes ``forward_layer``.
        merge_mode: what is made of the outputs of both: "concat", "sum", "mul" (the product), "ave" (the mean), or None
            for the pair.
        weights: initial weights, those of the forward layer first.
        backward_layer: the layer that runs backwards, if it is not to be another copy of ``layer``.

    Shapes: as those of the layer; the last axis has twice the size with "concat". The backward layer's outputs are put
    into the order of the steps. With ``return_state`` the forward states follow, and then the backward states.
    ``initial_state`` holds them in the same order.

    >>> import ckeras
    >>> Bidirectional(ckeras.layers.GRU(3, return_sequences=True))(ckeras.ops.ones((2, 7, 5))).shape
    (2, 7, 6)
    """

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Layer | None = None,
        **kwargs: Any,
    ):
        for name, value in (("layer", layer), ("backward_layer", backward_layer)):
            if not (isinstance(value, Layer) and hasattr(value, "go_backwards")) and (
                name == "layer" or value is not None
            ):
                raise ValueError(f"Bidirectional expects {name} to be a recurrent layer, got {value!r:.80}")
        if merge_mode not in _MERGED:
            raise ValueError(f"Bidirectional expects merge_mode to be one of {list(_MERGED)}, got {merge_mode!r}")
        super().__init__(**kwargs)
        self.forward_layer = _copied(layer, "forward")
        if backward_layer is None:
            backward_layer = _copied(layer, "backward", go_backwards=True)
        self.backward_layer = backward_layer
        self._check_directions()
        for one in (self.forward_layer, self.backward_layer):
            if hasattr(one, "zero_output_for_mask"):
                one.zero_output_for_mask = one.return_sequences
        self.merge_mode = merge_mode
        self.stateful, self.return_sequences, self.return_state = (getattr(layer, name) for name in _COMMON)
        self.supports_masking = True
        self.input_spec = layer.input_spec
        self._initial_weights = None if weights is None else list(weights)

    def _check_directions(self) -> None:
        one, other = self.forward_layer, self.backward_layer
        if one.go_backwards == other.go_backwards:
            raise ValueError(
                "Bidirectional expects layers of different go_backwards, got two layers with "
                f"go_backwards={one.go_backwards}"
            )
        for name in _COMMON:
            if getattr(one, name) != getattr(other, name):
                raise ValueError(
                    f"Bidirectional expects layers of the same {name}, got {getattr(one, name)} and "
                    f"{getattr(other, name)}"
                )

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer._build(sequences_shape)
        if self._initial_weights is not None:
            half = len(self._initial_weights) // 2
            self.forward_layer.set_weights(self._initial_weights[:half])
            self.backward_layer.set_weights(self._initial_weights[half:])

    # -- shapes and masks

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        both = [layer.compute_output_shape(sequences_shape) for layer in (self.forward_layer, self.backward_layer)]
        (output, *states), (output_back, *states_back) = both if self.return_state else [(shape,) for shape in both]
        if self.merge_mode is None:
            outputs = (output, output_back)
        elif self.merge_mode == "concat":
            outputs = ((*output[:-1], output[-1] + output_back[-1]),)
        else:
            outputs = (output,)
        found = (*outputs, *states, *states_back)
        return found if len(found) > 1 else found[0]

    def compute_output_spec(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> Any:
        self._run(sequences, initial_state, mask, training, "compute_output_spec")
        return specs(self, self.compute_output_shape(sequences.shape))

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        own = flatten(mask)[0] if self.return_sequences else None
        outputs = (own,) if self.merge_mode else (own, own)
        if self.return_state:
            outputs += (None,) * 2 * len(flatten(self.forward_layer.state_size))
        return outputs if len(outputs) > 1 else own

    # -- states

    @property
    def states(self) -> tuple[Any, ...] | None:
        """The states of both layers, the forward ones first; None if they are not stateful, or not built."""
        both = (self.forward_layer.states, self.backward_layer.states)
        return (*both[0], *both[1]) if all(both) else None

    def reset_state(self) -> None:
        """Set the states of both layers to 0; raise AttributeError if they are not stateful."""
        if not self.stateful:
            raise AttributeError(f"layer {self.name!r} is not stateful, and has no state to reset")
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self) -> None:
        """Alias of `reset_state`."""
        self.reset_state()

    # -- the computation

    def _run(self, sequences: Any, initial_state: Any, mask: Any, training: Any, method: str) -> list[Any]:
        """What a method of both layers returns for the arguments of a call."""
        states: tuple[Any, Any] = (None, None)
        if initial_state is not None:
            given = list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]
            half = len(given) // 2
            states = (given[:half], given[half:])
        found = []
        for layer, own in zip((self.forward_layer, self.backward_layer), states, strict=True):
            given = {"training": training, "mask": mask}
            given = {name: value for name, value in given.items() if takes(layer, name)}
            found.append(getattr(layer, method)(sequences, initial_state=own, **given))
        return found

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None) -> Any:
        found = self._run(sequences, initial_state, mask, training, "__call__")
        (y, *states), (y_back, *states_back) = found if self.return_state else [(y,) for y in found]
        if self.return_sequences:
            y_back = ops.flip(y_back, axis=1)
        merged = _MERGED[self.merge_mode](y, y_back)
        if not self.return_state:
            return merged
        return (*(merged if self.merge_mode is None else (merged,)), *states, *states_back)

    # -- configuration

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "merge_mode": self.merge_mode,
            "layer": registry.layers.serialize(self.forward_layer),
            "backward_layer": registry.layers.serialize(self.backward_layer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Layer:
        layers = {
            name: registry.layers.deserialize(config[name], custom_objects)
            for name in ("layer", "backward_layer")
            if config.get(name) is not None
        }
        return super().from_config({**config, **layers})


def _copied(layer: Layer, direction: str, **more: Any) -> Layer:
    """A layer of the same config, without its weights, named after its direction."""
    config = registry.layers.serialize(layer)
    name = f"{direction}_{layer.name.removeprefix(f'{direction}_')}"
    config = {**config, "config": {**config["config"], "name": name, **more}}
    config.pop("build_config", None)
    copy = registry.layers.deserialize(config)
    if hasattr(layer, "use_cudnn"):
        copy.use_cudnn = layer.use_cudnn
    return copy
