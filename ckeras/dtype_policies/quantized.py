"""Policies of layers with quantized weights, which `quantize` gives them."""

from __future__ import annotations

from typing import Any

from ckeras.dtype_policies.policy import DTypePolicy, dtype_policy, dtypes_of

MODES = ("int8", "float8", "int4", "gptq", "awq")


class QuantizedDTypePolicy(DTypePolicy):
    """The policy ``source_name`` with quantized weights.

    Args:
        mode: quantization mode: "int8", "float8", "int4", "gptq" or "awq".
        source_name: name of the policy without quantization; that of the global policy if None.

    Raises:
        ValueError: if the mode is unknown, or the mode is "int8" and the compute dtype is float16.
    """

    def __init__(self, mode: str, source_name: str | None = None):
        if source_name is None:
            source_name = dtype_policy().name
        self._compute_dtype, self._variable_dtype = dtypes_of(source_name)
        if mode not in MODES:
            raise ValueError(f"{type(self).__name__} expects mode to be one of {MODES}, got {mode!r}")
        if mode == "int8" and self._compute_dtype == "float16":
            raise ValueError(f"{type(self).__name__} expects a wider compute dtype than float16 with mode 'int8'")
        self._source_name = source_name
        self._quantization_mode = mode

    @property
    def name(self) -> str:
        """Return the mode and the name of the source policy."""
        return f"{self.get_config()['mode']}_from_{self._source_name}"

    def get_config(self) -> dict[str, Any]:
        return {"mode": self._quantization_mode, "source_name": self._source_name}


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """Weights in 8-bit floats, scaled by the maximum absolute values of recent steps.

    Args:
        mode, source_name: as in `QuantizedDTypePolicy`.
        amax_history_length: number of recent steps.
    """

    default_amax_history_length = 1024

    def __init__(self, mode: str, source_name: str | None = None, amax_history_length: int = 1024):
        super().__init__(mode, source_name)
        if not isinstance(amax_history_length, int):
            raise TypeError(
                f"{type(self).__name__} expects an integer amax_history_length, got {amax_history_length!r}"
            )
        self._amax_history_length = amax_history_length

    @property
    def amax_history_length(self) -> int:
        """Number of recent steps that determine the scale."""
        return self._amax_history_length

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "amax_history_length": self.amax_history_length}


class _Grouped(QuantizedDTypePolicy):
    """Base class of policies whose mode contains sizes, such as "gptq/4/128"."""

    _form: tuple[str, ...] = ()

    def __init__(self, mode: str, source_name: str | None = None):
        parts = str(mode).split("/")
        form = "/".join([self._form[0], *(f"<{name}>" for name in self._form[1:])])
        if len(parts) != len(self._form) or parts[0] != self._form[0]:
            raise ValueError(f"{type(self).__name__} expects mode to be {form!r}, got {mode!r}")
        super().__init__(parts[0], source_name)
        self.mode = parts[0]
        for name, text in zip(self._form[1:], parts[1:], strict=True):
            try:
                size = int(text)
            except ValueError:
                raise ValueError(f"{type(self).__name__} expects mode {form!r} in integers, got {mode!r}") from None
            if not self._is_valid(name, size):
                raise ValueError(f"{type(self).__name__}: {size} is no {name}, in mode {mode!r}")
            setattr(self, name, size)

    def _is_valid(self, name: str, size: int) -> bool:
        return size == -1 or size > 0

    def get_config(self) -> dict[str, Any]:
        mode = "/".join([self.mode, *(str(getattr(self, name)) for name in self._form[1:])])
        return {**super().get_config(), "mode": mode}


class Int4DTypePolicy(_Grouped):
    """Weights in 4 bits, scaled by blocks: the mode is "int4/<block_size>", with -1 for one block per channel."""

    _form = ("int4", "block_size")


class GPTQDTypePolicy(_Grouped):
    """GPTQ (Frantar et al., 2022): "gptq/<weight_bits>/<group_size>", 2, 3, 4 or 8 bits, -1 for one group."""

    _form = ("gptq", "weight_bits", "group_size")

    def _is_valid(self, name: str, size: int) -> bool:
        return size in (2, 3, 4, 8) if name == "weight_bits" else super()._is_valid(name, size)


class AWQDTypePolicy(_Grouped):
    """AWQ (Lin et al., 2023): the mode is "awq/<weight_bits>/<group_size>", 4 bits, -1 for one group per channel."""

    _form = ("awq", "weight_bits", "group_size")

    def _is_valid(self, name: str, size: int) -> bool:
        return size == 4 if name == "weight_bits" else super()._is_valid(name, size)


def quantized(name: str) -> QuantizedDTypePolicy:
    """Return the policy of this name, such as "int8_from_float32"."""
    mode, found, source = name.partition("_from_")
    if not found or "_from_" in source:
        raise ValueError(f"a quantized dtype policy is called '<mode>_from_<policy>', got {name!r}")
    kinds = {"gptq": GPTQDTypePolicy, "awq": AWQDTypePolicy, "float8": QuantizedFloat8DTypePolicy}
    if "/" in mode:
        kinds["int4"] = Int4DTypePolicy
    return kinds.get(mode.partition("/")[0], QuantizedDTypePolicy)(mode, source)
