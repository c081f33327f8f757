"""The base of LSTM, GRU and SimpleRNN: an RNN whose arguments are those of its cell."""

from __future__ import annotations

from typing import Any

from ckeras import regularizers
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.rnn.rnn import RNN


def of_cell(name: str) -> Any:
    """A property that is an attribute of the layer's cell."""
    return property(lambda self: getattr(self.cell, name), doc=f"The cell's {name}.")


def cell_options(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a layer that its cell takes as well; ``implementation`` is the cell's alone."""
    found = {name: kwargs[name] for name in ("dtype", "trainable") if name in kwargs}
    return {**found, "implementation": kwargs.pop("implementation")} if "implementation" in kwargs else found


def check_cudnn(use_cudnn: Any, layer: str) -> None:
    """Raise ValueError if cuDNN is asked for."""
    if use_cudnn not in ("auto", False):
        raise ValueError(f"{layer} expects use_cudnn to be 'auto' or False, got {use_cudnn!r}: there is no GPU")


class CellRNN(RNN):
    """An RNN that makes its own cell. Its config holds the arguments of the cell instead of the cell."""

    units = of_cell("units")
    activation = of_cell("activation")
    use_bias = of_cell("use_bias")
    kernel_initializer = of_cell("kernel_initializer")
    recurrent_initializer = of_cell("recurrent_initializer")
    bias_initializer = of_cell("bias_initializer")
    kernel_regularizer = of_cell("kernel_regularizer")
    recurrent_regularizer = of_cell("recurrent_regularizer")
    bias_regularizer = of_cell("bias_regularizer")
    kernel_constraint = of_cell("kernel_constraint")
    recurrent_constraint = of_cell("recurrent_constraint")
    bias_constraint = of_cell("bias_constraint")
    dropout = of_cell("dropout")
    recurrent_dropout = of_cell("recurrent_dropout")

    def __init__(self, cell: Any, **kwargs: Any):
        super().__init__(cell, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        super().build(sequences_shape, initial_state_shape)
        self.input_spec = InputSpec(ndim=3, axes={-1: sequences_shape[-1]})

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["cell"]
        own = {k: v for k, v in self.cell.get_config().items() if k not in ("name", "trainable", "dtype")}
        return {**config, **own, "activity_regularizer": regularizers.serialize(self.activity_regularizer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Layer:
        return Layer.from_config.__func__(cls, config)  # type: ignore[attr-defined]
