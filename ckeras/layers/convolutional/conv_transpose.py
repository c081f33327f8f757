"""Conv1DTranspose, Conv2DTranspose, Conv3DTranspose."""

from __future__ import annotations

from typing import Any

from ckeras import activations, ops, registry, regularizers
from ckeras.layers.convolutional.geometry import (
    channels_axis,
    check_channels,
    check_strides,
    keep_geometry,
    with_bias_and_activation,
)
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.spatial import each_axis, with_defaults
from ckeras.layers.weight_options import add_weight, keep_options, options_config
from ckeras.tensor import KerasTensor, arguments


class ConvTranspose(Layer):
    """activation(conv_transpose(x, kernel) + bias), over ``_rank`` spatial axes."""

    _rank: int

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        kind = type(self).__name__
        self.filters = arguments.integer(filters, kind, "filters", minimum=1)
        keep_geometry(self, kernel_size, strides, padding, data_format, dilation_rate)
        check_strides(self)
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = each_axis(output_padding, self._rank, kind, "output_padding", minimum=0)
            if any(p >= s for p, s in zip(self.output_padding, self.strides, strict=True)):
                raise ValueError(
                    f"{kind} expects output_padding below strides, got {self.output_padding} and {self.strides}"
                )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        keep_options(
            self,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self.input_spec = InputSpec(ndim=self._rank + 2)
        self.bias = None

    def build(self, input_shape: Any) -> None:
        axis, channels = check_channels(self, input_shape)
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, self.filters, channels))
        if self.use_bias:
            self.bias = add_weight(self, "bias", (self.filters,))
        self.input_spec = InputSpec(ndim=self._rank + 2, axes={axis: channels})

    def call(self, inputs: Any) -> Any:
        y = self._transposed(inputs, self.kernel)
        return with_bias_and_activation(self, y)

    def _transposed(self, inputs: Any, kernel: Any) -> Any:
        return ops.conv_transpose(
            inputs, kernel, self.strides, self.padding, self.output_padding, self.data_format, self.dilation_rate
        )

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        kernel = KerasTensor((*self.kernel_size, self.filters, input_shape[channels_axis(self)]))
        return tuple(self._transposed(KerasTensor(tuple(input_shape)), kernel).shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "output_padding": self.output_padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **options_config(self, "kernel", "bias"),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }


@registry.layers.ship("Convolution1DTranspose")
class Conv1DTranspose(ConvTranspose):
    """Transposed convolution of sequences: the gradient of a convolution with respect to its input, plus a bias.

    Args:
        filters: number of channels of the output.
        kernel_size: size of the windows.
        strides: distance between windows in the output.
        padding: "valid", or "same" for size * stride elements.
        output_padding: more elements at the end of the output, fewer than the strides; by default what the padding
            asks for.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dilation_rate: distance between the elements of a window.
            Strides or this must be 1.
        activation: name or function; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer: regularizer of the kernel.
        bias_regularizer, activity_regularizer: regularizers of the bias and of the output.
        kernel_constraint, bias_constraint: constraints applied to the weights after each update.

    Shapes: (batch, steps, channels), or channels first -> the same with ``filters`` channels.

    >>> import ckeras
    >>> Conv1DTranspose(4, 3, strides=2, padding="same")(ckeras.ops.ones((2, 5, 3))).shape
    (2, 10, 4)
    """

    _rank = 1


@registry.layers.ship("Convolution2DTranspose")
class Conv2DTranspose(ConvTranspose):
    """Transposed convolution of images: the gradient of a convolution with respect to its input, plus a bias.

    Args:
        filters: number of channels of the output.
        kernel_size: size of the windows, an integer or one for each spatial axis.
        strides: distance between windows in the output, an integer or one for each spatial axis.
        padding: "valid", or "same" for size * stride elements.
        output_padding: more elements at the end of the output, fewer than the strides; by default what the padding
            asks for.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dilation_rate: distance between the elements of a window, an integer or one for each spatial axis.
            Strides or this must be 1.
        activation: name or function; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer: regularizer of the kernel.
        bias_regularizer, activity_regularizer: regularizers of the bias and of the output.
        kernel_constraint, bias_constraint: constraints applied to the weights after each update.

    Shapes: (batch, height, width, channels), or channels first -> the same with ``filters`` channels.

    >>> import ckeras
    >>> Conv2DTranspose(4, 3, strides=2, padding="same")(ckeras.ops.ones((2, 5, 5, 3))).shape
    (2, 10, 10, 4)
    """

    _rank = 2
    __init__ = with_defaults(ConvTranspose.__init__, strides=(1, 1), dilation_rate=(1, 1))


@registry.layers.ship("Convolution3DTranspose")
class Conv3DTranspose(ConvTranspose):
    """Transposed convolution of volumes: the gradient of a convolution with respect to its input, plus a bias.

    Args:
        filters: number of channels of the output.
        kernel_size: size of the windows, an integer or one for each spatial axis.
        strides: distance between windows in the output, an integer or one for each spatial axis.
        padding: "valid", or "same" for size * stride elements.
        output_padding: more elements at the end of the output, fewer than the strides; by default what the padding
            asks for.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dilation_rate: distance between the elements of a window, an integer or one for each spatial axis.
            Strides or this must be 1.
        activation: name or function; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer: regularizer of the kernel.
        bias_regularizer, activity_regularizer: regularizers of the bias and of the output.
        kernel_constraint, bias_constraint: constraints applied to the weights after each update.

    Shapes: (batch, depth, height, width, channels), or channels first -> the same with ``filters`` channels.

    >>> import ckeras
    >>> Conv3DTranspose(4, 3, strides=2, padding="same")(ckeras.ops.ones((2, 5, 5, 5, 3))).shape
    (2, 10, 10, 10, 4)
    """

    _rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Any = None,
        dilation_rate: Any = (1, 1, 1),
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        given = (kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer)
        super().__init__(
            filters, kernel_size, strides, padding, output_padding, data_format, dilation_rate, activation, use_bias,
            *given, kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip


Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
