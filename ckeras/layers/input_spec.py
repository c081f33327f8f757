"""`InputSpec`: the requirements of a layer on its inputs."""

from typing import Any

from ckeras.tensor import Tensor
from ckeras.tensor.structure import flatten


class InputSpec:
    """The rank, shape, dtype and sizes that an input of a layer must have.

    Args:
        dtype: name of the dtype.
        shape: the shape, with `None` for any size.
        ndim, max_ndim, min_ndim: the rank, or its bounds.
        axes: {axis: size}.
        allow_last_axis_squeeze: whether an additional or missing last axis of size 1 is accepted.
        name: name of the input.
        optional: whether the input may be `None`.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ):
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = dict(axes or {})
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional

    def __repr__(self) -> str:
        given = {k: v for k, v in vars(self).items() if v not in (None, {}, False)}
        return f"InputSpec({', '.join(f'{k}={v}' for k, v in given.items())})"

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, a shape without its rank."""
        return {**vars(self), "ndim": None} if self.shape is not None else dict(vars(self))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "InputSpec":
        """Create a spec from the result of `get_config`."""
        return cls(**config)

    def problem(self, x: Any) -> str | None:
        """Describe how ``x`` violates the spec; `None` if it does not."""
        if x is None and self.optional:
            return None
        shape = tuple(x.shape)
        rank = len(shape)
        if self.allow_last_axis_squeeze and self.shape is not None and abs(rank - len(self.shape)) == 1:
            shape = shape[:-1] if rank > len(self.shape) and shape[-1] == 1 else (*shape, 1)
            rank = len(shape)
        if self.ndim is not None and rank != self.ndim:
            return f"expected {self.ndim} axes, got {rank} in shape {tuple(x.shape)}"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"expected at most {self.max_ndim} axes, got {rank} in shape {tuple(x.shape)}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"expected at least {self.min_ndim} axes, got {rank} in shape {tuple(x.shape)}"
        if self.dtype is not None and x.dtype != self.dtype:
            return f"expected dtype {self.dtype}, got {x.dtype}"
        for axis, size in self.axes.items():
            if size is not None and shape[axis] not in (size, None):
                return f"expected axis {axis} of input shape to have value {size}, got shape {tuple(x.shape)}"
        if self.shape is not None:
            for expected, got in zip(self.shape, shape, strict=True):
                if expected is not None and got is not None and expected != got:
                    return f"expected shape {self.shape}, got {tuple(x.shape)}"
        return None


def check_inputs(spec: Any, inputs: Any, layer: str) -> None:
    """Raise ValueError if ``inputs`` are not as ``spec`` (one `InputSpec` or a structure of them) says."""
    specs, values = flatten(spec), flatten(inputs)
    if len(specs) != len(values):
        raise ValueError(f"layer {layer!r} expects {len(specs)} inputs, got {len(values)}")
    for s, x in zip(specs, values, strict=True):
        if s is None:
            continue
        problem = (
            s.problem(x)
            if isinstance(x, Tensor) or (x is None and s.optional)
            else f"expected a tensor of numbers, got {x!r:.80}"
        )
        if problem is not None:
            raise ValueError(f"layer {layer!r}: wrong input: {problem}")


def fitted_shape(shape: tuple, expected: tuple) -> tuple | None:
    """``shape`` with a last axis of size 1 added or taken off where that makes it fit ``expected``; `None` if it does
    not fit. The first axis, of samples, is not compared."""
    if len(shape) == len(expected) + 1 and shape[-1] == 1:
        shape = tuple(shape[:-1])
    elif len(shape) == len(expected) - 1 and shape and expected[-1] == 1:
        shape = (*shape, 1)
    if len(shape) != len(expected):
        return None
    return (
        shape if all(e is None or d is None or e == d for d, e in zip(shape[1:], expected[1:], strict=True)) else None
    )
