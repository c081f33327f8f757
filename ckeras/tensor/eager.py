"""Eager execution: runs one op on arrays as a plan of one op, cached by signature."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ckeras import config
from ckeras._kernels import capacity, level
from ckeras._kernels.levels import Kernel
from ckeras.tensor import dtypes, limits
from ckeras.tensor.arguments import shown
from ckeras.tensor.cache import Plans, signature
from ckeras.tensor.fused_kernel import FusedKernel
from ckeras.tensor.tensor import Spec, Tensor

if TYPE_CHECKING:
    from ckeras.tensor.op import Op


class Call(NamedTuple):
    """One kernel call: ``operands`` are indices of its buffers, the op's outputs first, then its inputs."""

    kernel: str
    operands: tuple[int, ...]
    p: tuple[int, ...]
    f: tuple[float, ...] = ()


def wrap(array: np.ndarray) -> Tensor:
    """A tensor over ``array``, copied only if its memory is not contiguous, aligned and of native byte order."""
    name = dtypes.of_array(array)
    if array.nbytes >= capacity.LARGE and not array.flags.c_contiguous:
        capacity.require(array.nbytes, f"a contiguous copy of an array of shape {array.shape}")
    return Tensor(np.require(array, dtypes.NUMPY[name], ("C", "A")), name)


def as_array(value: Any) -> np.ndarray:
    """numpy's array of a number, a (nested) list or an array-like."""
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"expected lists of one length at each depth, got {shown(value)}") from error


def constant(value: Any, dtype: str | None = None) -> Tensor:
    """A tensor of a Python number, a (nested) list or an array-like.

    Floats get the default float type, complex numbers the complex dtype of that precision.
    """
    array = as_array(value)
    if dtype is None:
        if array.dtype == np.float64 and not isinstance(value, (np.ndarray, np.generic)):
            dtype = config.floatx()
        elif array.dtype == np.complex128 and not isinstance(value, (np.ndarray, np.generic)):
            dtype = dtypes.standardize(complex)
        elif array.dtype == np.int64 and not isinstance(value, (np.ndarray, np.generic)):
            fits = array.size == 0 or (array.min() >= -(2**31) and array.max() < 2**31)
            dtype = "int32" if fits else "int64"
    if array.dtype == object or array.dtype.kind in "USMm":
        raise TypeError(f"expected a number or an array of numbers, got {shown(value)}")
    if dtype in dtypes.INTEGERS and type(value) is int:
        limits = np.iinfo(dtype)
        if not limits.min <= value <= limits.max:
            raise OverflowError(f"the integer {value} does not fit {dtype}, which holds {limits.min} to {limits.max}")
    if dtype is not None:
        array = array.astype(dtypes.NUMPY[dtype])
    return wrap(np.array(array, order="C"))


_KERNEL_BYTES = 1024  # estimated bytes of one cache entry


class Prepared(NamedTuple):
    """The cached plan for running an op on inputs of given specs."""

    outputs: list[Spec]
    kernels: list[Kernel] | None  # `None` if numpy computes it
    single: bool  # whether the result is one tensor, not a list
    nbytes: int  # bytes of the outputs if they are so large that memory is checked first, else 0
    workspace: Sequence[int]  # bytes of each scratch buffer


_prepared = Plans()


def _prepare(op: "Op", tensors: list[Tensor], attrs: dict[str, Any]) -> Prepared:
    """Return the cached plan for ``op``, by signature."""
    key = (op.name, *[t.spec for t in tensors], *[(name, signature(value)) for name, value in attrs.items()])
    found = _prepared.get(key)
    if found is not None:
        return found[0]
    specs = [t.spec for t in tensors]
    outputs, single = limits.checked(op.name, op.infer(*specs, **attrs))
    kernels, scratch = bind(op, specs, outputs, attrs), workspace_of(op, specs, outputs, attrs)
    prepared = Prepared(outputs, kernels, single, limits.large(outputs), scratch)
    # Values of attributes that count by identity are kept alive, so that their identity is not given to another.
    _prepared.put(key, (prepared, list(attrs.values())), _KERNEL_BYTES)
    return prepared


def bind(op: "Op", inputs: Sequence[Spec], outputs: Sequence[Spec], attrs: dict[str, Any]) -> list[Kernel] | None:
    """Native kernels of this call with their parameters; `None` if numpy computes it."""
    calls = native_calls(op, inputs, outputs, attrs)
    return None if calls is None else [Kernel(level, c.kernel, c.operands, c.p, c.f) for c in calls]


def native_calls(op: "Op", inputs: Sequence[Spec], outputs: Sequence[Spec], attrs: dict[str, Any]) -> list[Call] | None:
    """Native calls that compute an op for these specs."""
    if op.elementwise:
        return single_instruction(op, inputs, outputs[0])
    return op.kernel(inputs, outputs, attrs) if op.kernel else None


def workspace_of(op: "Op", inputs: Sequence[Spec], outputs: Sequence[Spec], attrs: dict[str, Any]) -> Sequence[int]:
    """Bytes of the scratch buffers that the native calls of an op use."""
    return op.workspace(inputs, outputs, attrs) if op.workspace else ()


def single_instruction(op: "Op", inputs: Sequence[Spec], output: Spec) -> list[Call] | None:
    """An elementwise kernel with this op as its single instruction."""
    code = op.opcode(inputs, output)
    if code is None:
        return None
    built = FusedKernel(output.shape)
    registers = [built.read(i, x) for i, x in enumerate(inputs)]
    built.write(0, built.instruction(code, registers, output.dtype), output.dtype)
    p, f, order = built.encode()
    return [Call("map", (0, *(1 + i for i in order)), p, f)]


def run(op: "Op", tensors: list[Tensor], attrs: dict[str, Any]) -> Any:
    """Compute ``op`` on tensors with values."""
    outputs, kernels, single, nbytes, scratch = _prepare(op, tensors, attrs)
    if op.alias:
        x, spec = tensors[0], outputs[0]
        return Tensor((x._array.copy() if x._borrowed else x._array).reshape(spec.shape), spec.dtype)
    if nbytes:
        capacity.require(nbytes, f"{op.name}, to make {limits.described(outputs[0])},")
    inputs = [t._array for t in tensors]
    if kernels is None:
        results = python_results(op, inputs, outputs, attrs)
    else:
        results = [np.empty(s.shape, dtypes.NUMPY[s.dtype]) for s in outputs]
        arrays = results + inputs + [np.empty(size, np.uint8) for size in scratch]
        for kernel in kernels:
            kernel.run(arrays, op.name)
    if single:
        return Tensor(results[0], outputs[0].dtype)
    return [Tensor(r, s.dtype) for r, s in zip(results, outputs, strict=True)]


def python_results(
    op: "Op", inputs: list[np.ndarray], outputs: Sequence[Spec], attrs: dict[str, Any]
) -> list[np.ndarray]:
    """Results of the op's numpy implementation, with the inferred shapes and dtypes.

    Results without elements need no computation. numpy would loop over their other axes, which may be of any size.
    """
    if op.forward is None:
        raise TypeError(f"{op.name} has no kernel for inputs of dtype {[dtypes.of_array(x) for x in inputs]}")
    if outputs and not op.effect and all(0 in s.shape for s in outputs):
        return [np.empty(s.shape, dtypes.NUMPY[s.dtype]) for s in outputs]
    with np.errstate(all="ignore"):
        try:
            found = op.forward(*(inputs if op.bytewise else map(dtypes.computable, inputs)), **attrs)
        except TypeError as error:
            kinds = ", ".join(dtypes.of_array(x) for x in inputs)
            raise TypeError(f"{op.name} does not take inputs of dtype {kinds}") from error
        results = zip(found if isinstance(found, (list, tuple)) else [found], outputs, strict=True)
        return [np.array(r, dtypes.NUMPY[s.dtype], order="C").reshape(s.shape) for r, s in results]
