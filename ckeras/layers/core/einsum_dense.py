"""EinsumDense."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ckeras import activations, ops, registry, regularizers
from ckeras.layers import quantization
from ckeras.layers.layer import Layer
from ckeras.layers.lora import checked_rank, enable_lora, lora_config, product_of_update, update_of
from ckeras.layers.quantization import QuantizedWeight
from ckeras.layers.weight_options import add_weight, keep_options, options_config
from ckeras.tensor import arguments


@registry.layers.ship()
class EinsumDense(Layer):
    """activation(einsum(equation, x, kernel) + bias): a dense layer over any axes.

    Args:
        equation: as of `ckeras.ops.einsum`: "ab,bc->ac", "...b,bc->...c" or "ab...,bc->ac...", where the second term
            is the kernel. The batch is the first axis.
        output_shape: sizes of the named axes of the output but the batch; `None` for those of the input.
        activation: name or function; none by default.
        bias_axes: axes of the output, in letters, that the bias has; no bias by default.
        kernel_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer, bias_regularizer: regularizers of the weights.
        kernel_constraint, bias_constraint: constraints applied to the weights after each update.
        lora_rank, lora_alpha: rank of a trained low-rank update of the frozen kernel (Hu et al., 2021), and its
            scale, by default the rank: kernel + lora_alpha / lora_rank * a @ b.
        gptq_unpacked_column_size: None, or the number of columns of the kernel as a matrix; it follows from the shapes.
        quantization_config: configuration of `ckeras.quantizers`, with which the layer was quantized.

    >>> import ckeras
    >>> layer = EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d")
    >>> layer(ckeras.ops.ones((2, 3, 5))).shape, layer.kernel.shape, layer.bias.shape
    ((2, 3, 4), (5, 4), (4,))
    """

    quantization_modes = ("int8", "int4", "float8", "gptq", "awq")

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: int | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.quantization_config = quantization.check_config(self, quantization_config)
        if gptq_unpacked_column_size is not None:
            arguments.integer(gptq_unpacked_column_size, "EinsumDense", "gptq_unpacked_column_size", minimum=1)
        self.gptq_unpacked_column_size = gptq_unpacked_column_size
        self.equation = arguments.string(equation, "EinsumDense", "equation")
        _terms(equation)
        self.partial_output_shape = arguments.partial_shape(output_shape, "EinsumDense", "output_shape", minimum=1)
        self.bias_axes = bias_axes
        self.activation = activations.get(activation)
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
        self.lora_enabled = False
        self._kernel = None
        self._kernel_shape: tuple[int, ...] = ()
        self.bias = None

    def build(self, input_shape: Any) -> None:
        self._kernel_shape, bias, _ = self._shapes(input_shape)
        if self.quantization_mode in (None, "float8"):
            self._kernel = add_weight(self, "kernel", self._kernel_shape)
        if self.quantization_mode is not None:
            self.quantized_build(self._kernel_shape, self.quantization_mode, self.quantization_config)
        if bias is not None:
            self.bias = add_weight(self, "bias", bias)
        self.built = True
        if self.lora_rank:
            self.enable_lora(self.lora_rank, self.lora_alpha)

    @property
    def kernel(self) -> Any:
        """The kernel, with the axes of the equation's second term; the integers that stand for it if quantized."""
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
        enable_lora(
            self, "kernel", lambda: self._quantized_weights()[0].shape, rank, lora_alpha, a_initializer, b_initializer
        )

    def call(self, inputs: Any, training: Any = None) -> Any:
        quantized = self.quantization_mode is not None
        x = self._product(inputs, training) if quantized else ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            x = x + quantization.rounded_bias(self)
        return x if self.activation is None else self.activation(x)

    def _product(self, inputs: Any, training: Any) -> Any:
        """The product with a quantized kernel."""
        terms = _terms(self.equation)
        others = len(inputs.shape) - len(terms.input)  # axes of the ellipsis
        before, after = (others, 0) if terms.ellipsis == "left" else (0, others)
        summed = tuple(before + i for i, letter in enumerate(terms.input) if letter not in terms.output)

        def multiply(x: Any, kernel: Any) -> Any:
            return ops.einsum(self.equation, x, kernel)

        y = quantization.product(
            self, self._quantized_weights()[0], inputs, multiply, summed,
            lambda factor: _placed(factor, terms.input, terms.output, before, after),
            lambda scale: ops.reshape(scale, (*scale.shape, *(1,) * after)), training,
        )  # fmt: skip
        return y + product_of_update(self, inputs, multiply) if self.lora_enabled else y

    def _columns_config(self) -> dict[str, int]:
        """The number of columns of a kernel that "gptq" keeps as a matrix."""
        if self.quantization_mode == "gptq" and self.built:
            self.gptq_unpacked_column_size = self._quantized_weights()[0].matrix[1]
        given = self.gptq_unpacked_column_size
        return {} if given is None else {"gptq_unpacked_column_size": given}

    def _quantized_weights(self) -> list[QuantizedWeight]:
        terms = _terms(self.equation)
        summed = tuple(i for i, letter in enumerate(terms.kernel) if letter not in terms.output)
        return [
            QuantizedWeight(
                "_kernel", "kernel", self._kernel_shape, summed,
                lambda scale: _placed(scale, terms.kernel, terms.output),
                lambda scale: _placed(scale, terms.output, terms.kernel),
            )
        ]  # fmt: skip

    def _calibration_rows(self, inputs: Any) -> Any:
        """The inputs as a matrix that is multiplied by the kernel as a matrix."""
        terms = _terms(self.equation)
        others = len(inputs.shape) - len(terms.input)
        before = others if terms.ellipsis == "left" else 0
        summed = [before + terms.input.index(letter) for letter in terms.kernel if letter in terms.input]
        rest = [i for i in range(len(inputs.shape)) if i not in summed]
        return ops.reshape(ops.transpose(inputs, (*rest, *summed)), (-1, self._quantized_weights()[0].summed_size))

    def _is_matrix_product(self) -> bool:
        """Whether the kernel is a matrix: its summed axes come first, and none of the others is one of the input."""
        terms = _terms(self.equation)
        kinds = [letter in terms.output for letter in terms.kernel]
        return kinds == sorted(kinds) and not any(c in terms.input and c in terms.output for c in terms.kernel)

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
        quantization.quantize(self, EinsumDense, mode, type_check, config)

    def quantized_build(self, kernel_shape: Any, mode: str, config: Any = None) -> None:
        """Make the variables of a quantization mode."""
        quantization.build(self, mode, config)

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """The order of the variables in files, by quantization mode."""
        return {mode: list(names) for mode, names in quantization.KERNEL.items()}

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return self._shapes(input_shape)[2]

    def _shapes(self, input_shape: Any) -> tuple[Any, Any, Any]:
        """Shapes of kernel, bias (or None) and output for a shape of the input."""
        terms, where = _terms(self.equation), f"layer {self.name!r}"
        named = len(terms.input)
        if len(input_shape) < named or (len(input_shape) > named and not terms.ellipsis):
            raise ValueError(
                f"{where}: input of shape {tuple(input_shape)} does not fit the equation {self.equation!r}"
            )
        others = len(input_shape) - named  # axes of the ellipsis
        start = others if terms.ellipsis == "left" else 0
        sizes = dict(zip(terms.input, input_shape[start : start + named], strict=True))
        given = self.partial_output_shape if terms.ellipsis == "left" else (input_shape[0], *self.partial_output_shape)
        if len(given) != len(terms.output):
            raise ValueError(
                f"{where} expects output_shape with {len(terms.output) - (terms.ellipsis != 'left')} sizes for the "
                f"equation {self.equation!r}, got {self.partial_output_shape}"
            )
        for letter, size in zip(terms.output, given, strict=True):
            if letter not in terms.input and letter not in terms.kernel:
                raise ValueError(f"{where}: {letter!r} is in no operand of the equation {self.equation!r}")
            if None not in (size, sizes.get(letter)) and size != sizes[letter]:
                raise ValueError(
                    f"{where}: axis {letter!r} has size {sizes[letter]} in the input and {size} in output_shape"
                )
            sizes[letter] = size if sizes.get(letter) is None else sizes[letter]
        rest = tuple(input_shape[:others] if start else input_shape[named:])
        output = tuple(sizes[letter] for letter in terms.output)
        kernel = tuple(self._known(sizes, letter) for letter in terms.kernel)
        return kernel, self._bias_shape(terms, sizes, len(rest)), (*rest, *output) if start else (*output, *rest)

    def _bias_shape(self, terms: _Terms, sizes: dict[str, Any], others: int) -> tuple[int, ...] | None:
        if not self.bias_axes:
            return None
        strange = [letter for letter in self.bias_axes if letter not in terms.output]
        if strange:
            raise ValueError(
                f"layer {self.name!r} expects bias_axes from {terms.output!r}, the output of the equation, got "
                f"{self.bias_axes!r}"
            )
        first = min(terms.output.index(letter) for letter in self.bias_axes)
        shape = [self._known(sizes, c) if c in self.bias_axes else 1 for c in terms.output[first:]]
        return (*shape, *(1,) * (others if terms.ellipsis == "right" else 0))

    def _known(self, sizes: dict[str, Any], letter: str) -> int:
        size = sizes.get(letter)
        if size is None:
            raise ValueError(
                f"layer {self.name!r} needs to know the size of axis {letter!r} of the equation {self.equation!r}"
            )
        return size

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "output_shape": self.partial_output_shape,
            "equation": self.equation,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            **options_config(self, "kernel", "bias"),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            **quantization.config_of(self),
            **self._columns_config(),
            **lora_config(self),
        }


def _placed(x: Any, letters: str, output: str, before: int = 0, after: int = 0) -> Any:
    """Axes named by letters, of which those that are not in ``output`` have size 1, in its order; others have size 1.

    There are ``before`` and ``after`` further axes on the left and right.
    """
    x = ops.squeeze(x, tuple(before + i for i, letter in enumerate(letters) if letter not in output))
    kept = [letter for letter in letters if letter in output]
    order = [before + kept.index(letter) for letter in output if letter in kept]
    count = before + len(kept)
    x = ops.transpose(x, (*range(before), *order, *range(count, count + after)))
    return ops.expand_dims(x, tuple(before + i for i, letter in enumerate(output) if letter not in kept))


class _Terms(NamedTuple):
    """The letters of the operands of an equation, and the side of its ellipsis, if any."""

    input: str
    kernel: str
    output: str
    ellipsis: str | None


def _terms(equation: str) -> _Terms:
    text = equation.replace(" ", "")
    for side, pattern in (
        (None, r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)"),
        ("left", r"\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)"),
        ("right", r"([a-zA-Z]+)\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\."),
    ):
        match = re.fullmatch(pattern, text)
        if match:
            return _Terms(*match.groups(), side)
    raise ValueError(
        "EinsumDense expects equation to be of the form 'ab,bc->ac', '...b,bc->...c' or 'ab...,bc->ac...', got "
        f"{equation!r}"
    )
