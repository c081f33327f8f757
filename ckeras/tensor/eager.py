"""Runs one op now, on real arrays: a plan of one op, kept by signature."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ckeras import config
from ckeras._kernels import level
from ckeras._kernels.levels import Kernel
from ckeras.tensor import dtypes, program
from ckeras.tensor.tensor import Spec, Tensor

if TYPE_CHECKING:
    from ckeras.tensor.op import Op


class Call(NamedTuple):
    """One run of a kernel: ``operands`` number its buffers, the row's outputs first, then its inputs."""

    kernel: str
    operands: tuple[int, ...]
    p: tuple[int, ...]
    f: tuple[float, ...] = ()


def wrap(array: np.ndarray) -> Tensor:
    """A tensor over ``array``, copied only if its memory is not contiguous, aligned and of native byte order."""
    name = dtypes.of_array(array)
    return Tensor(np.require(array, dtypes.NUMPY[name], ("C", "A")), name)


def constant(value: Any, dtype: str | None = None) -> Tensor:
    """A tensor of a Python number, a (nested) list or an array-like.

    Floats become the default float type, and complex numbers pairs of it.
    """
    array = np.asarray(value)
    if dtype is None:
        if array.dtype == np.float64 and not isinstance(value, (np.ndarray, np.generic)):
            dtype = config.floatx()
        elif array.dtype == np.complex128 and not isinstance(value, (np.ndarray, np.generic)):
            dtype = "complex128" if config.floatx() == "float64" else "complex64"
        elif array.dtype == np.int64 and not isinstance(value, (np.ndarray, np.generic)):
            fits = array.size == 0 or (array.min() >= -(2**31) and array.max() < 2**31)
            dtype = "int32" if fits else "int64"
    if array.dtype == object or array.dtype.kind in "USMm":
        raise TypeError(f"expected a number or an array of numbers, got {value!r:.80}")
    if dtype in dtypes.INTEGERS and type(value) is int:
        limits = np.iinfo(dtype)
        if not limits.min <= value <= limits.max:
            raise OverflowError(f"the integer {value} does not fit {dtype}, which holds {limits.min} to {limits.max}")
    if dtype is not None:
        array = array.astype(dtypes.NUMPY[dtype])
    return wrap(np.array(array, order="C"))


@lru_cache(maxsize=4096)
def _prepare(op: "Op", specs: tuple[Spec, ...], attrs: tuple[tuple[str, Any], ...]) -> tuple[Any, Any, bool, Any]:
    """What running ``op`` on such inputs takes: (output specs, bound kernels or None, one output only, workspace)."""
    options = dict(attrs)
    found = op.infer(*specs, **options)
    single = not isinstance(found, list)
    outputs = [found] if single else found
    return outputs, bind(op, specs, outputs, options), single, workspace_of(op, specs, outputs, options)


def bind(op: "Op", inputs: Sequence[Spec], outputs: Sequence[Spec], attrs: dict[str, Any]) -> list[Kernel] | None:
    """The native kernels of this call with their parameters; `None` if numpy has to do it."""
    calls = native_calls(op, inputs, outputs, attrs)
    return None if calls is None else [Kernel(level, c.kernel, c.operands, c.p, c.f) for c in calls]


def native_calls(op: "Op", inputs: Sequence[Spec], outputs: Sequence[Spec], attrs: dict[str, Any]) -> list[Call] | None:
    """The native calls that compute a row for these specs."""
    if op.elementwise:
        return single_step(op, inputs, outputs[0])
    return op.kernel(inputs, outputs, attrs) if op.kernel else None


def workspace_of(op: "Op", inputs: Sequence[Spec], outputs: Sequence[Spec], attrs: dict[str, Any]) -> Sequence[int]:
    """Bytes of the scratch buffers that the native calls of an op use."""
    return op.workspace(inputs, outputs, attrs) if op.workspace else ()


def single_step(op: "Op", inputs: Sequence[Spec], output: Spec) -> list[Call] | None:
    """A map program of the one step that is this elementwise row."""
    code = op.opcode(inputs, output)
    if code is None:
        return None
    built = program.Program(output.shape)
    registers = [built.read(i, x) for i, x in enumerate(inputs)]
    built.write(0, built.step(code, registers, output.dtype), output.dtype)
    p, f, order = built.encode()
    return [Call("map", (0, *(1 + i for i in order)), p, f)]


def run(op: "Op", tensors: list[Tensor], attrs: dict[str, Any]) -> Any:
    """Compute ``op`` on real tensors."""
    if op.alias:
        x = tensors[0]
        spec = op.infer(*tensors, **attrs)
        array = x._array
        return Tensor((array.copy() if x._borrowed else array).reshape(spec.shape), spec.dtype)
    try:
        key = tuple(attrs.items())
        outputs, kernels, single, scratch = _prepare(op, tuple(t.spec for t in tensors), key)
    except TypeError:  # an attribute that cannot be hashed: no row of ours has one, a user's may
        specs = [t.spec for t in tensors]
        found = op.infer(*specs, **attrs)
        single = not isinstance(found, list)
        outputs = [found] if single else found
        kernels = bind(op, specs, outputs, attrs)
        scratch = workspace_of(op, specs, outputs, attrs)
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
    """The results of the row's numpy form, in the shapes and dtypes that were inferred."""
    if op.forward is None:
        raise TypeError(f"{op.name} has no kernel for inputs of dtype {[dtypes.of_array(x) for x in inputs]}")
    with np.errstate(all="ignore"):
        found = op.forward(*map(dtypes.computable, inputs), **attrs)
        results = zip(found if isinstance(found, (list, tuple)) else [found], outputs, strict=True)
        return [np.array(r, dtypes.NUMPY[s.dtype], order="C").reshape(s.shape) for r, s in results]
