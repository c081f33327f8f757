"""Symbolic outputs of a `call` that needs to know the sizes of unknown dimensions."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from ckeras import config
from ckeras.ops.manipulation.composite import STAND_INS
from ckeras.tensor import KerasTensor, Tensor
from ckeras.tensor.masks import get_mask, set_mask
from ckeras.tensor.structure import flatten, map_structure, pack

scope = config.scope


def symbolic_outputs(call: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    """The outputs of ``call`` for symbolic tensors with unknown dimensions.

    A `call` that uses a size, as ``random.normal(ops.shape(x))`` does, cannot run with `None` in its place. It runs
    with two stand-ins for the unknown sizes then; dimensions of the outputs in which the two runs differ are unknown.
    The same is done where only the batch size of the inputs is unknown and another dimension of an output would be.
    """
    inputs = _shapes((args, kwargs))
    if not any(None in shape for shape in inputs):
        with _sizes_may_be_none(False):
            return call(*args, **kwargs)
    try:
        with _sizes_may_be_none(True):
            outputs = call(*args, **kwargs)
    except (TypeError, ValueError):
        found = _with_stand_ins(call, args, kwargs)
        if found is not None:
            return found
        with _sizes_may_be_none(False):
            return call(*args, **kwargs)
    if _has_unknown_features(_shapes(outputs)) and not _has_unknown_features(inputs):
        found = _with_stand_ins(call, args, kwargs)
        return outputs if found is None else found
    return outputs


@contextlib.contextmanager
def _sizes_may_be_none(value: bool) -> Iterator[None]:
    """Let functions whose arguments default to `None`, such as `arange`, refuse to guess what it means."""
    before, scope.sizes_may_be_none = getattr(scope, "sizes_may_be_none", False), value
    try:
        yield
    finally:
        scope.sizes_may_be_none = before


def _shapes(structure: Any) -> list[tuple[int | None, ...]]:
    return [x.shape for x in flatten(structure) if type(x) is KerasTensor]


def _has_unknown_features(shapes: list[tuple[int | None, ...]]) -> bool:
    return any(None in shape[1:] for shape in shapes)


def _with_stand_ins(call: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    """Outputs on which the runs with stand-ins agree; None if ``call`` fails with them."""
    try:
        with _sizes_may_be_none(False):
            runs = [call(*_sized(args, size), **_sized(kwargs, size)) for size in STAND_INS]
    except Exception:  # that of the run without stand-ins is the one to report
        return None
    leaves = [flatten(outputs) for outputs in runs]
    if len({len(found) for found in leaves}) > 1:
        return None
    return pack(runs[0], [_agreed(*same) for same in zip(*leaves, strict=True)])


def _sized(structure: Any, size: int) -> Any:
    """The structure with ``size`` for the unknown dimensions of its symbolic tensors."""

    def sized(x: Any) -> Any:
        if type(x) is not KerasTensor or None not in x.shape:
            return x
        y = KerasTensor(tuple(size if d is None else d for d in x.shape), x.dtype)
        set_mask(y, sized(get_mask(x)))
        return y

    return map_structure(sized, structure)


def _agreed(a: Any, b: Any) -> Any:
    """A symbolic tensor with the dimensions that two tensors share; other values are kept if they are equal."""
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return a if type(a) is type(b) and a == b else None
    if len(a.shape) != len(b.shape):
        ranks = f"{len(a.shape)} and {len(b.shape)}"
        raise ValueError(f"call() returns tensors whose rank depends on an unknown size of its inputs: {ranks}")
    return KerasTensor(tuple(m if m == n else None for m, n in zip(a.shape, b.shape, strict=True)), a.dtype)
