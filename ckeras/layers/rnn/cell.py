"""The base of the cells with a kernel, a recurrent kernel and a bias: SimpleRNNCell, LSTMCell and GRUCell."""

from __future__ import annotations

from typing import Any

from ckeras import activations, ops, random
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.regularization.rates import fraction
from ckeras.layers.weight_options import add_weight, keep_options, options_config
from ckeras.ops.nn.recurrent import ACTIVATIONS
from ckeras.tensor import arguments
from ckeras.tensor.structure import flatten

_NAMES = {getattr(activations, name): name for name in ACTIVATIONS}


class RecurrentCell(Layer):
    """A cell whose input enters through a product with its kernel, and whose output is its first state.

    It computes ``step(project(x), states)``. `project` depends on the inputs alone, so a layer projects all steps of a
    sequence at once. A subclass sets ``gates``, the number of blocks of ``units`` columns in its kernels, and ``op``,
    the op that computes what `step` does for whole sequences, and defines `step` and `bias_shape`.

    It owns its weights, and, while a layer runs it over a sequence, the dropout masks that all steps share.
    """

    gates = 1
    op: str
    units: int
    state_size: Any

    def _set_options(
        self,
        units: int,
        activations_: dict[str, Any],
        use_bias: bool,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        implementation: int = 2,
        **options: Any,
    ) -> None:
        """Check and keep the arguments that all cells share."""
        cell = type(self).__name__
        self.units = arguments.integer(units, cell, "units", minimum=1)
        for name, value in activations_.items():
            setattr(self, name, activations.get(value))
        self.use_bias = use_bias
        keep_options(self, **options)
        self.dropout = fraction(dropout, cell, "dropout", below=True)
        self.recurrent_dropout = fraction(recurrent_dropout, cell, "recurrent_dropout", below=True)
        if implementation not in (1, 2):
            raise ValueError(f"{cell} expects implementation to be 1 or 2, got {implementation!r}")
        self.implementation = 1 if self.recurrent_dropout else implementation
        self.seed = seed
        self.seed_generator = random.SeedGenerator(seed)
        self.output_size = self.units
        self.input_spec = InputSpec(ndim=2)
        self._activations = tuple(activations_)
        self.kernel = self.recurrent_kernel = self.bias = None

    # -- weights

    def bias_shape(self) -> tuple[int, ...]:
        """The shape of the bias."""
        return (self.gates * self.units,)

    def bias_initial(self) -> Any:
        """The initializer of the bias."""
        return self.bias_initializer

    def build(self, input_shape: Any) -> None:
        size = input_shape[-1]
        if size is None:
            raise ValueError(f"layer {self.name!r} needs to know the last axis of its input, got shape {input_shape}")
        columns = self.gates * self.units
        self.kernel = add_weight(self, "kernel", (size, columns))
        self.recurrent_kernel = add_weight(self, "recurrent_kernel", (self.units, columns), "recurrent")
        if self.use_bias:
            self.bias = self.add_weight(
                self.bias_shape(), self.bias_initial(), regularizer=self.bias_regularizer,
                constraint=self.bias_constraint, name="bias",
            )  # fmt: skip
        self.input_spec = InputSpec(ndim=2, axes={-1: size})

    # -- the computation

    def call(self, inputs: Any, states: Any, training: Any = False) -> Any:
        nested = isinstance(states, (list, tuple))
        states = flatten(states)
        masks = self.dropout_masks(inputs, states[0], training)
        output, new = self.step(self.project(inputs, masks[0]), states, masks[1])
        return output, new if nested else new[0]

    def input_bias(self) -> Any:
        """The bias that is added to the projected inputs."""
        return self.bias

    def recurrent_bias(self) -> Any:
        """The bias that is added to the product of the state, or None."""
        return None

    def project(self, inputs: Any, mask: Any = None) -> Any:
        """The products of inputs, of one step or of all, with the kernel, and the bias.

        Shapes: (..., n) -> (..., gates * units); the mask is (batch, n), or a list of such for each gate.
        """
        bias = self.input_bias()
        if mask is not None and inputs.ndim == 3:
            mask = [ops.expand_dims(m, 1) for m in mask] if isinstance(mask, list) else ops.expand_dims(mask, 1)
        x = self._masked_product(inputs, mask, self.kernel)
        return x if bias is None else x + bias

    def recur(self, state: Any, mask: Any, first: int = 0, last: int | None = None) -> Any:
        """The product of a state with the columns of the recurrent kernel for the gates from ``first`` to ``last``."""
        kernel = self.recurrent_kernel
        if (first, last) != (0, None):
            kernel = kernel[:, first * self.units : None if last is None else last * self.units]
            mask = mask[first:last] if isinstance(mask, list) else mask
        return self._masked_product(state, mask, kernel)

    def _masked_product(self, x: Any, mask: Any, kernel: Any) -> Any:
        if not isinstance(mask, list):
            return ops.matmul(x if mask is None else x * mask, kernel)
        columns = ops.split(kernel, len(mask), axis=-1)
        return ops.concatenate([ops.matmul(x * m, k) for m, k in zip(mask, columns, strict=True)], axis=-1)

    def step(self, x: Any, states: list[Any], recurrent_mask: Any = None) -> tuple[Any, list[Any]]:
        """The output and the next states, from projected inputs of shape (batch, gates * units)."""
        raise NotImplementedError(f"{type(self).__name__} has no step() method")

    def kernel_activations(self) -> dict[str, str] | None:
        """The names of the activations for ``op``, if that computes what `step` does for these and this class."""
        own = type(self)
        base = next((c for c in own.__mro__ if "op" in vars(c)), None)
        methods = ("call", "step", "recur", "recurrent_bias")
        names = [_NAMES.get(getattr(self, name)) for name in self._activations]
        if base is None or None in names or any(getattr(own, name) is not getattr(base, name) for name in methods):
            return None
        return dict(zip(("activation", "gate_activation"), names, strict=False))

    def compute_output_shape(self, input_shape: Any, states_shape: Any = None) -> Any:
        """The shapes of the output and of the list of states."""
        batch = input_shape[0]
        return (batch, self.units), [(batch, n) for n in flatten(self.state_size)]

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """States of zeros, each of shape (batch_size, units)."""
        return [ops.zeros((batch_size, n), self.compute_dtype) for n in flatten(self.state_size)]

    # -- dropout: one mask for all steps of a sequence

    def dropout_masks(self, inputs: Any, state: Any, training: Any) -> tuple[Any, Any]:
        """The masks of inputs and states: those that are kept, or else sampled ones; None where nothing is dropped."""
        if not training:
            return None, None
        own, recurrent = (self.__dict__.get(name) for name in ("_dropout_mask", "_recurrent_dropout_mask"))
        return (
            self._sample_mask(inputs, self.dropout) if own is None else own,
            self._sample_mask(state, self.recurrent_dropout) if recurrent is None else recurrent,
        )

    def _sample_mask(self, like: Any, rate: float) -> Any:
        if not rate:
            return None
        count = self.gates if self.implementation == 1 and self.gates > 1 else None
        ones = ops.ones_like(like)
        if count is None:
            return random.dropout(ones, rate, seed=self.seed_generator)
        return [random.dropout(ones, rate, seed=self.seed_generator) for _ in range(count)]

    def get_dropout_mask(self, step_input: Any) -> Any:
        """The mask of inputs like ``step_input``, or a list of one for each gate; it is kept until it is reset."""
        return self._keep("_dropout_mask", step_input, self.dropout)

    def get_recurrent_dropout_mask(self, step_input: Any) -> Any:
        """The mask of states like ``step_input``, or a list of one for each gate; it is kept until it is reset."""
        return self._keep("_recurrent_dropout_mask", step_input, self.recurrent_dropout)

    def _keep(self, name: str, like: Any, rate: float) -> Any:
        if self.__dict__.get(name) is None:
            self.__dict__[name] = self._sample_mask(like, rate)  # not an attribute that plans could depend on
        return self.__dict__[name]

    def reset_dropout_mask(self) -> None:
        """Forget the mask of the inputs."""
        self.__dict__["_dropout_mask"] = None

    def reset_recurrent_dropout_mask(self) -> None:
        """Forget the mask of the states."""
        self.__dict__["_recurrent_dropout_mask"] = None

    # -- configuration

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            **{name: activations.serialize(getattr(self, name)) for name in self._activations},
            "use_bias": self.use_bias,
            **options_config(self, "kernel", "recurrent", "bias"),
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        }
