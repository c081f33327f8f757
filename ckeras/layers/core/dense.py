"""The densely connected layer."""

from typing import Any

from ckeras import activations, ops, registry
from ckeras.layers import quantization
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.lora import checked_rank, enable_lora, lora_config, product_of_update, update_of
from ckeras.layers.quantization import QuantizedWeight
from ckeras.layers.weight_options import add_weight, keep_options, options_config


@registry.layers.ship()
class Dense(Layer):
    """activation(x @ kernel + bias), over the last axis of x.

    Args:
        units: size of the last axis of the output.
        activation: name or function; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer, bias_regularizer, activity_regularizer: regularizers of the weights and of the output.
        kernel_constraint, bias_constraint: constraints applied to the weights after each update.
        lora_rank, lora_alpha: rank of a trained low-rank update of the frozen kernel (Hu et al., 2021), and its
            scale, by default the rank: kernel + lora_alpha / lora_rank * a @ b.
        quantization_config: configuration of `ckeras.quantizers`, with which the layer was quantized.

    Shapes: (batch, ..., n) -> (batch, ..., units).

    >>> import ckeras
    >>> Dense(3, activation="relu")(ckeras.ops.ones((2, 5))).shape
    (2, 3)
    """

    quantization_modes = ("int8", "int4", "float8", "gptq", "awq")

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if isinstance(units, bool) or not hasattr(units, "__index__") or units < 1:
            raise ValueError(f"Dense expects units to be a positive integer, got {units!r}")
        self.quantization_config = quantization.check_config(self, quantization_config)
        self.units = int(units)
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
        self.lora_rank = checked_rank(self, lora_rank)
        self.lora_alpha = self.lora_rank if lora_alpha is None else lora_alpha
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True
        self._kernel = None
        self._kernel_shape: tuple[int, ...] = ()
        self.bias = None
        self.lora_enabled = False

    def build(self, input_shape: Any) -> None:
        size = input_shape[-1]
        if size is None:
            raise ValueError(f"layer {self.name!r} needs to know the last axis of its input, got shape {input_shape}")
        self._kernel_shape = (size, self.units)
        if self.quantization_mode in (None, "float8"):
            self._kernel = add_weight(self, "kernel", self._kernel_shape)
        if self.quantization_mode is not None:
            self.quantized_build(self._kernel_shape, self.quantization_mode, self.quantization_config)
        if self.use_bias:
            self.bias = add_weight(self, "bias", (self.units,))
        self.input_spec = InputSpec(min_ndim=2, axes={-1: size})
        self.built = True
        if self.lora_rank:
            self.enable_lora(self.lora_rank, self.lora_alpha)

    @property
    def kernel(self) -> Any:
        """The kernel matrix, of shape (n, units); the integers that stand for it if it is quantized."""
        if not self.built:
            raise AttributeError(f"layer {self.name!r} has no kernel before it is built")
        kernel = quantization.stored(self, self._quantized_weights()[0])
        if self.lora_enabled:
            return kernel + update_of(self, self.lora_kernel_a, self.lora_kernel_b)
        return kernel

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the kernel, and train a low-rank update of it instead."""
        enable_lora(self, "kernel", lambda: self._kernel_shape, rank, lora_alpha, a_initializer, b_initializer)

    def call(self, inputs: Any, training: Any = None) -> Any:
        x = ops.matmul(inputs, self.kernel) if self.quantization_mode is None else self._product(inputs, training)
        if self.bias is not None:
            x = x + quantization.rounded_bias(self)
        return x if self.activation is None else self.activation(x)

    def _product(self, inputs: Any, training: Any) -> Any:
        """The product with a quantized kernel."""
        y = quantization.product(self, self._quantized_weights()[0], inputs, ops.matmul, training=training)
        return y + product_of_update(self, inputs, ops.matmul) if self.lora_enabled else y

    def _quantized_weights(self) -> list[QuantizedWeight]:
        return [QuantizedWeight.of_matrix("_kernel", "kernel", self._kernel_shape)]

    def _calibration_rows(self, inputs: Any) -> Any:
        """The inputs as a matrix that is multiplied by the kernel."""
        return ops.reshape(inputs, (-1, self._kernel_shape[0]))

    def _is_matrix_product(self) -> bool:
        return True

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Keep the kernel in few bits.

        Args:
            mode: "int8" or "int4", integers of that many bits; "float8", products of
                floats of 8 bits, in training too; "gptq" and "awq", integers that `Model.quantize` calibrates.
            type_check: whether a subclass is refused, which may use its weights otherwise.
            config: a configuration of `ckeras.quantizers`, which may stand for the mode.

        Raises:
            ValueError: if the layer is not built, or quantized already, there is no such mode, or it and the
                configuration contradict each other.
            NotImplementedError: for a mode that the layer has not, a subclass, or a layer with a low-rank update.
        """
        quantization.quantize(self, Dense, mode, type_check, config)

    def quantized_build(self, kernel_shape: Any, mode: str, config: Any = None) -> None:
        """Make the variables of a quantization mode."""
        quantization.build(self, mode, config)

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """The order of the variables in files, by quantization mode."""
        return {mode: list(names) for mode, names in quantization.KERNEL.items()}

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **options_config(self, "kernel", "bias"),
            **quantization.config_of(self),
            **lora_config(self),
        }
