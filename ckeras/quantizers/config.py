"""Configurations of `quantize`: how weights, and the activations that meet them, are quantized in each mode."""

from __future__ import annotations

from typing import Any

from ckeras import saving
from ckeras.dtype_policies.quantized import MODES
from ckeras.quantizers.quantizer import AbsMaxQuantizer
from ckeras.tensor import arguments


class QuantizationConfig:
    """Base class of configurations.

    Args:
        weight_quantizer: `Quantizer` of the weights; that of the mode if None.
        activation_quantizer: `Quantizer` of the inputs of products; None to leave them as they are.
    """

    keras_module = "keras.quantizers"

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = None):
        self.weight_quantizer = weight_quantizer
        self.activation_quantizer = activation_quantizer

    @property
    def mode(self) -> str:
        """The mode of quantization; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} has no mode: use one that has, as Int8QuantizationConfig")

    @staticmethod
    def weight_quantizer_or_default(config: QuantizationConfig | None, default: Any) -> Any:
        """Return the quantizer of the weights that a configuration has, or else the default."""
        found = None if config is None else config.weight_quantizer
        return default if found is None else found

    @staticmethod
    def activation_quantizer_or_default(config: QuantizationConfig | None, default: Any) -> Any:
        """Return the quantizer of activations of a configuration, which may be None; without one the default."""
        return default if config is None else config.activation_quantizer

    def dtype_policy_string(self) -> str:
        """Return what the name of a dtype policy says of it, as "int8" or "gptq/4/128"."""
        return self.mode

    def to_keep(self) -> QuantizationConfig:
        """Return what a layer keeps of it: a configuration without the samples that its mode needs once."""
        return self

    def get_config(self) -> dict[str, Any]:
        """Return the arguments for `from_config`."""
        return {
            "weight_quantizer": saving.serialize_keras_object(self.weight_quantizer),
            "activation_quantizer": saving.serialize_keras_object(self.activation_quantizer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> QuantizationConfig:
        """Create a configuration from its arguments."""
        return cls(**{name: saving.deserialize_keras_object(value) for name, value in config.items()})

    def _check_weight_quantizer(self, attribute: str, wanted: Any) -> None:
        quantizer = self.weight_quantizer
        if quantizer is not None and getattr(quantizer, attribute, None) != wanted:
            raise ValueError(
                f"{type(self).__name__} expects a weight_quantizer with {attribute}={wanted!r}, got "
                f"{getattr(quantizer, attribute, None)!r}"
            )


class Int8QuantizationConfig(QuantizationConfig):
    """Weights in integers of 8 bits.

    Args:
        weight_quantizer: `Quantizer` to int8; by default the maximum absolute value of each column is 127.
        activation_quantizer: `Quantizer` of the inputs; "default" for the maximum absolute value of each row.

    Raises:
        ValueError: if ``weight_quantizer`` gives another dtype.

    >>> Int8QuantizationConfig().mode
    'int8'
    """

    keras_module, mode = "keras.quantizers", "int8"

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = "default"):
        if isinstance(activation_quantizer, str):
            if activation_quantizer != "default":
                raise ValueError(
                    f"Int8QuantizationConfig expects activation_quantizer to be a Quantizer, None or 'default', got "
                    f"{activation_quantizer!r}"
                )
            activation_quantizer = AbsMaxQuantizer()
        super().__init__(weight_quantizer, activation_quantizer)
        self._check_weight_quantizer("output_dtype", "int8")


class Int4QuantizationConfig(QuantizationConfig):
    """Weights in integers of 4 bits, two in a byte.

    Args:
        weight_quantizer: `Quantizer` to int8 from -8 to 7.
        activation_quantizer: `Quantizer` of the inputs; "default" and None leave them as they are.
        block_size: Number of inputs that share a scale and a zero; None or -1 for one scale, and no zero, for each
            output.

    Raises:
        ValueError: if ``block_size`` is another number, or given together with a quantizer, or ``weight_quantizer``
            gives another range.

    >>> Int4QuantizationConfig(block_size=64).dtype_policy_string()
    'int4/64'
    """

    keras_module, mode = "keras.quantizers", "int4"

    def __init__(
        self, weight_quantizer: Any = None, activation_quantizer: Any = "default", block_size: int | None = 128
    ):
        default = isinstance(activation_quantizer, str) and activation_quantizer == "default"
        super().__init__(weight_quantizer, None if default else activation_quantizer)
        if block_size is not None:
            _check_size("Int4QuantizationConfig", "block_size", block_size)
        self.block_size = block_size
        grouped = block_size not in (None, -1)
        if grouped and (self.weight_quantizer is not None or self.activation_quantizer is not None):
            raise ValueError(
                f"Int4QuantizationConfig expects quantizers or blocks, not both: block_size is {block_size}, so pass "
                "block_size=None with quantizers"
            )
        self._check_weight_quantizer("value_range", (-8, 7))
        self._check_weight_quantizer("output_dtype", "int8")

    def dtype_policy_string(self) -> str:
        return f"int4/{-1 if self.block_size is None else self.block_size}"

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "block_size": self.block_size}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> QuantizationConfig:
        return super().from_config({"block_size": None, **config})  # files from before there were blocks have none


class Float8QuantizationConfig(QuantizationConfig):
    """Products of floats of 8 bits, in training too; there is nothing to choose.

    >>> Float8QuantizationConfig().mode
    'float8'
    """

    keras_module, mode = "keras.quantizers", "float8"

    def __init__(self) -> None:
        super().__init__()

    def get_config(self) -> dict[str, Any]:
        return {}


class _Calibrated(QuantizationConfig):
    """Base class of configurations of modes that look at the activations of samples."""

    sizes: tuple[str, ...] = ("num_samples", "sequence_length")

    def __init__(self, **options: Any):
        super().__init__()
        where = type(self).__name__
        for name in self.sizes:
            options[name] = arguments.integer(options[name], where, name, minimum=1)
        _check_size(where, "group_size", options["group_size"])
        self._options = tuple(options)
        for name, value in options.items():
            setattr(self, name, value)

    def dtype_policy_string(self) -> str:
        return f"{self.mode}/{self.weight_bits}/{self.group_size}"

    def get_config(self) -> dict[str, Any]:
        """Return the arguments for `from_config`, without the samples and layers, which are needed once."""
        needed_once = ("dataset", "tokenizer", "quantization_layer_structure")
        return {name: None if name in needed_once else getattr(self, name) for name in self._options}

    def to_keep(self) -> QuantizationConfig:
        return type(self)(**self.get_config())

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> QuantizationConfig:
        return cls(**config)


class GPTQConfig(_Calibrated):
    """Weights in few bits, whose errors are made up for by weights that are rounded later (Frantar et al., 2022).

    Args:
        dataset: Iterable of texts, or of arrays of integers.
        tokenizer: Object with a method ``tokenize`` from a text to integers, or a function that does so.
        weight_bits: 2, 3, 4 or 8.
        num_samples: Number of sequences of the dataset that are used.
        per_channel: Whether each output has a scale of its own.
        sequence_length: Length of a sequence.
        hessian_damping: Part of the mean of the Hessian's diagonal that is added to it.
        group_size: Number of inputs that share a scale; -1 for all.
        symmetric: Whether ranges are symmetric around 0.
        activation_order: Whether inputs with large activations are rounded first.
        quantization_layer_structure: Dict with lists of layers: "pre_block_layers", from integers to the input of the
            first block, and "sequential_blocks", each of which takes what the one before gives. By default what
            `Model.get_quantization_layer_structure` returns.

    Raises:
        ValueError: if a number is out of its range.

    >>> GPTQConfig(dataset=None, tokenizer=None, group_size=64).dtype_policy_string()
    'gptq/4/64'
    """

    keras_module, mode = "keras.quantizers", "gptq"

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        per_channel: bool = True,
        sequence_length: int = 512,
        hessian_damping: float = 0.01,
        group_size: int = 128,
        symmetric: bool = False,
        activation_order: bool = False,
        quantization_layer_structure: dict[str, Any] | None = None,
    ):
        if weight_bits not in (2, 3, 4, 8):
            raise ValueError(f"GPTQConfig expects weight_bits to be 2, 3, 4 or 8, got {weight_bits!r}")
        if not 0 <= arguments.number(hessian_damping, "GPTQConfig", "hessian_damping") <= 1:
            raise ValueError(f"GPTQConfig expects hessian_damping from 0 to 1, got {hessian_damping!r}")
        super().__init__(
            dataset=dataset, tokenizer=tokenizer, weight_bits=weight_bits, num_samples=num_samples,
            per_channel=per_channel, sequence_length=sequence_length, hessian_damping=hessian_damping,
            group_size=group_size, symmetric=symmetric, activation_order=activation_order,
            quantization_layer_structure=quantization_layer_structure,
        )  # fmt: skip


class AWQConfig(_Calibrated):
    """Weights in 4 bits, after those that meet large activations were scaled up (Lin et al., 2023).

    Args:
        dataset, tokenizer, num_samples, sequence_length, group_size, quantization_layer_structure: as in `GPTQConfig`.
        weight_bits: 4.
        num_grid_points: Number of exponents of the activations that are tried as scales, besides 0.

    Raises:
        ValueError: if a number is out of its range.

    >>> AWQConfig(dataset=None, tokenizer=None).dtype_policy_string()
    'awq/4/128'
    """

    keras_module, mode = "keras.quantizers", "awq"
    sizes = ("num_samples", "sequence_length", "num_grid_points")

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        sequence_length: int = 512,
        group_size: int = 128,
        num_grid_points: int = 20,
        quantization_layer_structure: dict[str, Any] | None = None,
    ):
        if weight_bits != 4:
            raise ValueError(f"AWQConfig expects weight_bits to be 4, got {weight_bits!r}")
        super().__init__(
            dataset=dataset, tokenizer=tokenizer, weight_bits=weight_bits, num_samples=num_samples,
            sequence_length=sequence_length, group_size=group_size, num_grid_points=num_grid_points,
            quantization_layer_structure=quantization_layer_structure,
        )  # fmt: skip


_DEFAULTS = {"int8": Int8QuantizationConfig, "int4": Int4QuantizationConfig, "float8": Float8QuantizationConfig}
_CALIBRATED = {"gptq": GPTQConfig, "awq": AWQConfig}


def resolve(mode: Any, config: Any, where: str) -> QuantizationConfig:
    """Return the configuration that the arguments of `quantize` mean.

    Raises:
        ValueError: if neither is given, there is no such mode, they contradict each other, or the mode needs a
            configuration.
    """
    if isinstance(config, str):
        mode, config = config, None
    if mode is not None and mode not in MODES:
        raise ValueError(f"{where} expects mode to be one of {MODES}, got {mode!r}")
    if config is None:
        if mode is None:
            raise ValueError(f"{where} expects a mode or a config, got neither")
        if mode in _CALIBRATED:
            raise ValueError(f"{where} expects config to be of type {_CALIBRATED[mode].__name__} for mode {mode!r}")
        return _DEFAULTS[mode]()
    if not isinstance(config, QuantizationConfig):
        raise ValueError(f"{where} expects config to be a QuantizationConfig, got {config!r:.80}")
    if mode is not None and config.mode != mode:
        raise ValueError(f"{where} got mode {mode!r} and a config of mode {config.mode!r}")
    if config.mode not in MODES:
        raise ValueError(f"{where} expects a config whose mode is one of {MODES}, got {config.mode!r}")
    if config.mode in _CALIBRATED and not isinstance(config, _CALIBRATED[config.mode]):
        raise ValueError(
            f"{where} expects config to be of type {_CALIBRATED[config.mode].__name__}, got {config!r:.80}"
        )
    return config


def _check_size(where: str, name: str, value: Any) -> None:
    """Raise ValueError unless ``value`` is -1 or a positive integer."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or (value != -1 and value < 1):
        raise ValueError(f"{where} expects {name} to be -1 or a positive integer, got {value!r}")
