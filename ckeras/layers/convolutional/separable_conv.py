"""SeparableConv1D, SeparableConv2D."""

from __future__ import annotations

from typing import Any

from ckeras import activations, ops, registry, regularizers
from ckeras.layers.convolutional.geometry import check_channels, keep_geometry, output_shape, with_bias_and_activation
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.spatial import with_defaults
from ckeras.layers.weight_options import add_weight, keep_options, options_config
from ckeras.tensor import arguments


class SeparableConv(Layer):
    """activation(separable_conv(x, depthwise_kernel, pointwise_kernel) + bias), over ``_rank`` spatial axes."""

    _rank: int

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        kind = type(self).__name__
        self.filters = arguments.integer(filters, kind, "filters", minimum=1)
        self.depth_multiplier = arguments.integer(depth_multiplier, kind, "depth_multiplier", minimum=1)
        keep_geometry(self, kernel_size, strides, padding, data_format, dilation_rate)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        keep_options(
            self,
            depthwise_initializer=depthwise_initializer,
            pointwise_initializer=pointwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            pointwise_regularizer=pointwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            pointwise_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
        )
        self.input_spec = InputSpec(ndim=self._rank + 2)
        self.bias = None

    def build(self, input_shape: Any) -> None:
        axis, channels = check_channels(self, input_shape)
        self.compute_output_shape(input_shape)
        between, ones = channels * self.depth_multiplier, (1,) * self._rank
        depthwise = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = add_weight(self, "depthwise_kernel", depthwise, "depthwise")
        self.pointwise_kernel = add_weight(self, "pointwise_kernel", (*ones, between, self.filters), "pointwise")
        if self.use_bias:
            self.bias = add_weight(self, "bias", (self.filters,))
        self.input_spec = InputSpec(ndim=self._rank + 2, axes={axis: channels})

    def call(self, inputs: Any) -> Any:
        self.compute_output_shape(inputs.shape)
        kernels = self.depthwise_kernel, self.pointwise_kernel
        y = ops.separable_conv(inputs, *kernels, self.strides, self.padding, self.data_format, self.dilation_rate)
        return with_bias_and_activation(self, y)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return output_shape(self, input_shape, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "depth_multiplier": self.depth_multiplier,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **options_config(self, "depthwise", "pointwise", "bias"),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }


@registry.layers.ship("SeparableConvolution1D")
class SeparableConv1D(SeparableConv):
    """Depthwise convolution of sequences, then a pointwise one that mixes the channels (Chollet, 2017).

    Args:
        filters: number of channels of the output.
        kernel_size: size of the windows.
        strides: distance between windows.
        padding: "valid", or "same" for ceil(size / stride) windows.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dilation_rate: distance between the elements of a window.
        depth_multiplier: number of channels between the two convolutions for each input channel.
        activation: name or function; none by default.
        use_bias: whether a bias is added.
        depthwise_initializer, pointwise_initializer, bias_initializer: initializers of the weights.
        depthwise_regularizer: regularizer of the depthwise kernel.
        pointwise_regularizer: regularizer of the pointwise kernel.
        bias_regularizer, activity_regularizer: regularizers of the bias and of the output.
        depthwise_constraint, pointwise_constraint, bias_constraint: constraints of the weights.

    Shapes: (batch, steps, channels), or channels first -> the same with ``filters`` channels.

    >>> import ckeras
    >>> SeparableConv1D(4, 3)(ckeras.ops.ones((2, 7, 3))).shape
    (2, 5, 4)
    """

    _rank = 1


@registry.layers.ship("SeparableConvolution2D")
class SeparableConv2D(SeparableConv):
    """Depthwise convolution of images, then a pointwise one that mixes the channels (Chollet, 2017).

    Args:
        filters: number of channels of the output.
        kernel_size: size of the windows, an integer or one for each spatial axis.
        strides: distance between windows, an integer or one for each spatial axis.
        padding: "valid", or "same" for ceil(size / stride) windows.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dilation_rate: distance between the elements of a window, an integer or one for each spatial axis.
        depth_multiplier: number of channels between the two convolutions for each input channel.
        activation: name or function; none by default.
        use_bias: whether a bias is added.
        depthwise_initializer, pointwise_initializer, bias_initializer: initializers of the weights.
        depthwise_regularizer: regularizer of the depthwise kernel.
        pointwise_regularizer: regularizer of the pointwise kernel.
        bias_regularizer, activity_regularizer: regularizers of the bias and of the output.
        depthwise_constraint, pointwise_constraint, bias_constraint: constraints of the weights.

    Shapes: (batch, height, width, channels), or channels first -> the same with ``filters`` channels.

    >>> import ckeras
    >>> SeparableConv2D(4, 3)(ckeras.ops.ones((2, 7, 7, 3))).shape
    (2, 5, 5, 4)
    """

    _rank = 2
    __init__ = with_defaults(SeparableConv.__init__, strides=(1, 1), dilation_rate=(1, 1))


SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
