"""DepthwiseConv1D, DepthwiseConv2D."""

from __future__ import annotations

from typing import Any

from ckeras import activations, ops, registry, regularizers
from ckeras.layers.convolutional.geometry import (
    channels_axis,
    check_channels,
    keep_geometry,
    output_shape,
    with_bias_and_activation,
)
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.spatial import with_defaults
from ckeras.layers.weight_options import add_weight, keep_options, options_config
from ckeras.tensor import arguments


class DepthwiseConv(Layer):
    """activation(depthwise_conv(x, kernel) + bias), over ``_rank`` spatial axes."""

    _rank: int

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.depth_multiplier = arguments.integer(depth_multiplier, type(self).__name__, "depth_multiplier", minimum=1)
        keep_geometry(self, kernel_size, strides, padding, data_format, dilation_rate)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        keep_options(
            self,
            depthwise_initializer=depthwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
        )
        self.input_spec = InputSpec(ndim=self._rank + 2)
        self.bias = None

    def build(self, input_shape: Any) -> None:
        axis, channels = check_channels(self, input_shape)
        self.compute_output_shape(input_shape)
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise")
        if self.use_bias:
            self.bias = add_weight(self, "bias", (channels * self.depth_multiplier,))
        self.input_spec = InputSpec(ndim=self._rank + 2, axes={axis: channels})

    def call(self, inputs: Any) -> Any:
        self.compute_output_shape(inputs.shape)
        y = ops.depthwise_conv(inputs, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate)
        return with_bias_and_activation(self, y)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return output_shape(self, input_shape, input_shape[channels_axis(self)] * self.depth_multiplier)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "depth_multiplier": self.depth_multiplier,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **options_config(self, "depthwise", "bias"),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }


@registry.layers.ship()
class DepthwiseConv1D(DepthwiseConv):
    """Convolution of sequences in which each channel has its own kernels.

    activation(depthwise_conv(x, kernel) + bias)

    Args:
        kernel_size: size of the windows.
        strides: distance between windows.
        padding: "valid", or "same" for ceil(size / stride) windows.
        depth_multiplier: number of output channels of each input channel.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dilation_rate: distance between the elements of a window.
        activation: name or function; none by default.
        use_bias: whether a bias is added.
        depthwise_initializer, bias_initializer: initializers of the weights.
        depthwise_regularizer: regularizer of the depthwise kernel.
        bias_regularizer, activity_regularizer: regularizers of the bias and of the output.
        depthwise_constraint, bias_constraint: constraints applied to the weights after each update.

    Shapes: (batch, steps, channels), or channels first -> the same with channels * depth_multiplier channels.

    >>> import ckeras
    >>> DepthwiseConv1D(3, depth_multiplier=2)(ckeras.ops.ones((2, 7, 3))).shape
    (2, 5, 6)
    """

    _rank = 1


@registry.layers.ship()
class DepthwiseConv2D(DepthwiseConv):
    """Convolution of images in which each channel has its own kernels.

    activation(depthwise_conv(x, kernel) + bias)

    Args:
        kernel_size: size of the windows, an integer or one for each spatial axis.
        strides: distance between windows, an integer or one for each spatial axis.
        padding: "valid", or "same" for ceil(size / stride) windows.
        depth_multiplier: number of output channels of each input channel.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dilation_rate: distance between the elements of a window, an integer or one for each spatial axis.
        activation: name or function; none by default.
        use_bias: whether a bias is added.
        depthwise_initializer, bias_initializer: initializers of the weights.
        depthwise_regularizer: regularizer of the depthwise kernel.
        bias_regularizer, activity_regularizer: regularizers of the bias and of the output.
        depthwise_constraint, bias_constraint: constraints applied to the weights after each update.

    Shapes: (batch, height, width, channels), or channels first -> the same with channels * depth_multiplier channels.

    >>> import ckeras
    >>> DepthwiseConv2D(3, depth_multiplier=2)(ckeras.ops.ones((2, 7, 7, 3))).shape
    (2, 5, 5, 6)
    """

    _rank = 2
    __init__ = with_defaults(DepthwiseConv.__init__, strides=(1, 1), dilation_rate=(1, 1))
