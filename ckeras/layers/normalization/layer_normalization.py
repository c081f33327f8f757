"""LayerNormalization."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.layers.normalization.arguments import check_axes, check_epsilon
from ckeras.layers.weight_options import add_weight, keep_options, options_config
from ckeras.tensor import arguments
from ckeras.tensor.dtypes import FLOATS


@registry.layers.ship()
class LayerNormalization(Layer):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, with the moments of each sample (Ba et al., 2016).

    Args:
        axis: the axis, or axes, over which the moments are taken, and of which gamma and beta have the shape.
        epsilon: added to the variance.
        center, scale: whether there are a beta and a gamma.
        beta_initializer, gamma_initializer: of the weights.
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: of the weights.
        rms_scaling: deprecated: x / sqrt(variance + epsilon) * gamma. See `RMSNormalization`.

    >>> import ckeras
    >>> LayerNormalization(epsilon=0.0)(ckeras.ops.array([[1.0, 3.0]])).tolist()
    [[-1.0, 1.0]]
    """

    def __init__(
        self,
        axis: Any = -1,
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
        self.rms_scaling = bool(kwargs.pop("rms_scaling", False))
        super().__init__(**kwargs)
        self.axis = sorted(arguments.integers(axis, "LayerNormalization", "axis"))
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
        shape = tuple(input_shape[a] for a in check_axes(self, self.axis, input_shape))
        if self.scale or self.rms_scaling:
            self.gamma = add_weight(self, "gamma", shape)
        if self.center and not self.rms_scaling:
            self.beta = add_weight(self, "beta", shape)

    def call(self, inputs: Any) -> Any:
        inputs = inputs if inputs.dtype in FLOATS else ops.cast(inputs, self.variable_dtype)
        more = {"rms_scaling": True} if self.rms_scaling else {}
        return ops.layer_normalization(inputs, self.gamma, self.beta, tuple(self.axis), self.epsilon, **more)

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, self.axis, input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "rms_scaling": self.rms_scaling,
            **options_config(self, "beta", "gamma"),
        }
