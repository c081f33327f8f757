"""GroupNormalization."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.normalization.arguments import check_axis, check_epsilon
from ckeras.layers.output_spec import output_spec
from ckeras.layers.weight_options import add_weight, keep_options, options_config
from ckeras.ops.nn.column_normalization import NATIVE, normalize_groups
from ckeras.tensor import arguments


@registry.layers.ship()
class GroupNormalization(Layer):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, with the moments of each group of channels of each sample.

    After Wu and He, 2018. As many groups as channels make it instance normalization, one group layer normalization.

    Args:
        groups: their number, which divides the channels; -1 for one to each channel.
        axis: the axis of the channels.
        epsilon: added to the variance.
        center, scale: whether there are a beta and a gamma.
        beta_initializer, gamma_initializer: of the weights.
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: of the weights.

    >>> import ckeras
    >>> GroupNormalization(groups=2, epsilon=0.0)(ckeras.ops.array([[1.0, 3.0, 20.0, 10.0]])).tolist()
    [[-1.0, 1.0, 1.0, -1.0]]
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.groups = arguments.integer(groups, "GroupNormalization", "groups", minimum=-1)
        if self.groups == 0:
            raise ValueError("GroupNormalization expects a positive integer, or -1, as groups, got 0")
        self.axis = arguments.integer(axis, "GroupNormalization", "axis")
        self.epsilon = check_epsilon(self, epsilon)
        self.center = center
        self.scale = scale
        keep_options(
            self,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self.gamma = None
        self.beta = None
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        axis = check_axis(self, self.axis, input_shape)
        channels = input_shape[axis]
        groups = channels if self.groups == -1 else self.groups
        if axis == 0 or channels % groups:
            raise ValueError(
                f"layer {self.name!r} expects groups to divide the channels, axis {axis} of its input, got groups="
                f"{groups} and shape {tuple(input_shape)}"
            )
        self.groups = groups
        if self.scale:
            self.gamma = add_weight(self, "gamma", (channels,))
        if self.center:
            self.beta = add_weight(self, "beta", (channels,))
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: channels})

    def call(self, inputs: Any) -> Any:
        shape, rank = inputs.shape, len(inputs.shape)
        axis = self.axis % rank
        if inputs.dtype in NATIVE:
            return normalize_groups(inputs, axis, self.groups, self.gamma, self.beta, self.epsilon)
        split = (*shape[:axis], self.groups, shape[axis] // self.groups, *shape[axis + 1 :])
        x = ops.reshape(inputs, split)
        mean, variance = ops.moments(x, [i for i in range(1, rank + 1) if i != axis], keepdims=True)
        inverse = ops.rsqrt(variance + self.epsilon)
        of_groups = tuple(split[i] if i in (axis, axis + 1) else 1 for i in range(rank + 1))
        if self.gamma is not None:
            inverse = inverse * ops.reshape(self.gamma, of_groups)
        y = (x - mean) * inverse
        if self.beta is not None:
            y = y + ops.reshape(self.beta, of_groups)
        return ops.reshape(y, shape)

    def compute_output_spec(self, inputs: Any) -> Any:
        return output_spec(self, self.compute_output_shape(inputs.shape), inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axis(self, self.axis, input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "groups": self.groups,
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **options_config(self, "beta", "gamma"),
        }
