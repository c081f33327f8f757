"""Conv1D, Conv2D, Conv3D."""

from __future__ import annotations

from typing import Any

from ckeras import activations, ops, registry, regularizers
from ckeras.layers.convolutional.geometry import (
    check_channels,
    check_strides,
    keep_geometry,
    output_shape,
    with_bias_and_activation,
)
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.lora import enable_lora, lora_config, update_of
from ckeras.layers.spatial import with_defaults
from ckeras.layers.weight_options import add_weight, keep_options, options_config
from ckeras.tensor import arguments


class Conv(Layer):
    """activation(conv(x, kernel) + bias), over ``_rank`` spatial axes."""

    _rank: int
    _paddings: tuple[str, ...] = ("valid", "same")

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
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
        self.groups = arguments.integer(groups, kind, "groups", minimum=1)
        if self.filters % self.groups:
            raise ValueError(f"{kind} expects groups to divide filters, got groups={groups} and filters={filters}")
        keep_geometry(self, kernel_size, strides, padding, data_format, dilation_rate, self._paddings)
        check_strides(self)
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
        self.lora_rank = self.lora_alpha = None
        self.lora_enabled = False
        self._kernel = None
        self.bias = None

    def build(self, input_shape: Any) -> None:
        axis, channels = check_channels(self, input_shape)
        if channels % self.groups:
            raise ValueError(
                f"layer {self.name!r} expects groups to divide the channels, got groups={self.groups} and "
                f"{channels} channels in shape {tuple(input_shape)}"
            )
        self.compute_output_shape(input_shape)
        self._kernel = add_weight(self, "kernel", (*self.kernel_size, channels // self.groups, self.filters))
        if self.use_bias:
            self.bias = add_weight(self, "bias", (self.filters,))
        self.input_spec = InputSpec(ndim=self._rank + 2, axes={axis: channels})

    @property
    def kernel(self) -> Any:
        """The kernel, of shape (*kernel_size, channels / groups, filters)."""
        if not self.built:
            raise AttributeError(f"layer {self.name!r} has no kernel before it is built")
        if self.lora_enabled:
            return self._kernel + update_of(self, self.lora_kernel_a, self.lora_kernel_b)
        return self._kernel

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the kernel, and train a low-rank update of it instead."""
        enable_lora(self, "kernel", lambda: self._kernel.shape, rank, lora_alpha, a_initializer, b_initializer)

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Convolve ``inputs`` with ``kernel``; subclasses may override it."""
        padding = "valid" if self.padding == "causal" else self.padding
        return ops.conv(inputs, kernel, self.strides, padding, self.data_format, self.dilation_rate)

    def call(self, inputs: Any) -> Any:
        self.compute_output_shape(inputs.shape)
        y = self.convolution_op(inputs, self.kernel)
        return with_bias_and_activation(self, y)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return output_shape(self, input_shape, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **options_config(self, "kernel", "bias"),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            **lora_config(self),
        }


@registry.layers.ship("Convolution1D")
class Conv1D(Conv):
    """Convolution of sequences: activation(conv(x, kernel) + bias).

    y[b, o, f] = sum over t, c of x[b, o * strides + t * dilation_rate - padding, c] * kernel[t, c, f].

    Args:
        filters: number of channels of the output.
        kernel_size: size of the windows.
        strides: distance between windows.
        padding: "valid", "same" for ceil(size / stride) windows, or "causal": a step depends on no later ones.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dilation_rate: distance between the elements of a window.
            Strides or this must be 1.
        groups: number of groups of channels, each convolved with its own filters.
        activation: name or function; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer: regularizer of the kernel.
        bias_regularizer, activity_regularizer: regularizers of the bias and of the output.
        kernel_constraint, bias_constraint: constraints applied to the weights after each update.

    Shapes: (batch, steps, channels), or channels first -> the same with ``filters`` channels.

    >>> import ckeras
    >>> Conv1D(4, 3, activation="relu")(ckeras.ops.ones((2, 7, 3))).shape
    (2, 5, 4)
    """

    _rank = 1
    _paddings = ("valid", "same", "causal")

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        if self.padding == "causal":
            before = (self.dilation_rate[0] * (self.kernel_size[0] - 1), 0)
            steps = 1 if self.data_format == "channels_last" else 2
            inputs = ops.pad(inputs, [before if axis == steps else (0, 0) for axis in range(3)])
        return super().convolution_op(inputs, kernel)


@registry.layers.ship("Convolution2D")
class Conv2D(Conv):
    """Convolution of images: activation(conv(x, kernel) + bias).

    y[b, o, f] = sum over t, c of x[b, o * strides + t * dilation_rate - padding, c] * kernel[t, c, f].

    Args:
        filters: number of channels of the output.
        kernel_size: size of the windows, an integer or one for each spatial axis.
        strides: distance between windows, an integer or one for each spatial axis.
        padding: "valid", or "same" for ceil(size / stride) windows.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dilation_rate: distance between the elements of a window, an integer or one for each spatial axis.
            Strides or this must be 1.
        groups: number of groups of channels, each convolved with its own filters.
        activation: name or function; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer: regularizer of the kernel.
        bias_regularizer, activity_regularizer: regularizers of the bias and of the output.
        kernel_constraint, bias_constraint: constraints applied to the weights after each update.

    Shapes: (batch, height, width, channels), or channels first -> the same with ``filters`` channels.

    >>> import ckeras
    >>> Conv2D(4, 3, activation="relu")(ckeras.ops.ones((2, 7, 7, 3))).shape
    (2, 5, 5, 4)
    """

    _rank = 2
    __init__ = with_defaults(Conv.__init__, strides=(1, 1), dilation_rate=(1, 1))


@registry.layers.ship("Convolution3D")
class Conv3D(Conv):
    """Convolution of volumes: activation(conv(x, kernel) + bias).

    y[b, o, f] = sum over t, c of x[b, o * strides + t * dilation_rate - padding, c] * kernel[t, c, f].

    Args:
        filters: number of channels of the output.
        kernel_size: size of the windows, an integer or one for each spatial axis.
        strides: distance between windows, an integer or one for each spatial axis.
        padding: "valid", or "same" for ceil(size / stride) windows.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dilation_rate: distance between the elements of a window, an integer or one for each spatial axis.
            Strides or this must be 1.
        groups: number of groups of channels, each convolved with its own filters.
        activation: name or function; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer: regularizer of the kernel.
        bias_regularizer, activity_regularizer: regularizers of the bias and of the output.
        kernel_constraint, bias_constraint: constraints applied to the weights after each update.

    Shapes: (batch, depth, height, width, channels), or channels first -> the same with ``filters`` channels.

    >>> import ckeras
    >>> Conv3D(4, 3, activation="relu")(ckeras.ops.ones((2, 7, 7, 7, 3))).shape
    (2, 5, 5, 5, 4)
    """

    _rank = 3
    __init__ = with_defaults(Conv.__init__, strides=(1, 1, 1), dilation_rate=(1, 1, 1))


Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
