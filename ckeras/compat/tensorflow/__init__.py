"""The module that ``import tensorflow`` loads if ckeras replaces it: the names that Keras scripts use, on `ckeras.ops`.

It is not TensorFlow: there are no graphs, sessions or devices. Missing names raise an error when they are used.
"""

import types
from typing import Any

import ckeras as keras  # noqa: F401  a name of the module
from ckeras import ops as _ops
from ckeras.compat.tensorflow import (  # noqa: F401  names of the module
    audio,
    autograph,
    bitwise,
    compat,
    config,
    data,
    debugging,
    distribute,
    dtypes,
    errors,
    image,
    io,
    linalg,
    lookup,
    math,
    nest,
    nn,
    ragged,
    random,
    sets,
    signal,
    sparse,
    strings,
    summary,
    test,
    train,
)
from ckeras.compat.tensorflow.dispatch import dispatching, wrap_functions
from ckeras.compat.tensorflow.dtypes import DType
from ckeras.compat.tensorflow.functions import function as function
from ckeras.compat.tensorflow.shapes import give_shapes_methods
from ckeras.compat.tensorflow.table import names_of
from ckeras.compat.tensorflow.tensors import give_methods, redirected as redirected
from ckeras.compat.tensorflow.v1_names import ROWS as V1
from ckeras.compat.tensorflow.variables import IndexedSlices as IndexedSlices, Variable as Variable
from ckeras.tensor import KerasTensor as _KerasTensor, Tensor as _Tensor, TracedTensor as _TracedTensor
from ckeras.tensor.string_tensor import StringTensor as _StringTensor, holds_strings as _holds_strings

give_shapes_methods()
give_methods()

# The release that defines these names; scripts compare it with known versions.
__version__ = "2.20.0+ckeras"
version = types.SimpleNamespace(VERSION=__version__)
newaxis = None

_BITS = {"float": (16, 32, 64), "int": (8, 16, 32, 64), "uint": (8, 16, 32, 64)}
globals().update({f"{kind}{n}": DType(f"{kind}{n}") for kind, bits in _BITS.items() for n in bits}, bool=DType("bool"))
bfloat16, half, double, complex64, complex128, string = map(
    DType, ("bfloat16", "float16", "float64", "complex64", "complex128", "string")
)

_ARRAYS = (
    "argsort", "boolean_mask", "case", "clip_by_global_norm", "clip_by_norm", "dynamic_partition", "dynamic_stitch",
    "ensure_shape", "fill", "gather_nd", "histogram_fixed_width", "print", "rank", "reverse_sequence", "scan",
    "sequence_mask", "sort", "split", "strided_slice", "switch_case", "tensor_scatter_nd_add",
    "tensor_scatter_nd_sub", "unique", "unique_with_counts", "where",
)  # fmt: skip
_AROUND = (
    "UnconnectedGradients",
    "VariableAggregation",
    "VariableSynchronization",
    "get_current_name_scope",
    "grad_pass_through",
    "inside_function",
    "is_symbolic_tensor",
    "control_dependencies",
    "get_logger",
    "group",
    "init_scope",
    "no_op",
    "numpy_function",
    "py_function",
)
_ASSERTIONS = ("Assert", "assert_equal", "assert_greater", "assert_less", "assert_rank")  # fmt: skip

ROWS = {
    # what the rest is made of
    "GradientTape": "autograd.GradientTape",
    "Tensor": "tensor.Tensor",
    "is_tensor": "ops.is_tensor(x)",
    "convert_to_tensor": "compat.tensorflow.arrays.convert_to_tensor",
    "cast": "compat.tensorflow.arrays.cast",
    "stop_gradient": "ops.stop_gradient(input=variable)",
    "shape": "compat.tensorflow.sizes.shape",
    "size": "compat.tensorflow.sizes.size",
    **{name: name for name in ("initializers", "losses", "metrics", "optimizers")},
    **{f"{name}_initializer": f"initializers.{name.title()}" for name in ("zeros", "ones", "constant")},
    "random_normal_initializer": "initializers.RandomNormal",
    "random_uniform_initializer": "initializers.RandomUniform",
    "truncated_normal_initializer": "initializers.TruncatedNormal",
    # arrays
    "zeros": "ops.zeros(shape, dtype)",
    "ones": "ops.ones(shape, dtype)",
    "zeros_like": "ops.zeros_like(input=x, dtype)",
    "ones_like": "ops.ones_like(input=x, dtype)",
    "eye": "ops.eye(num_rows=N, num_columns=M)",
    "linspace": "ops.linspace(start, stop, num)",
    "reshape": "ops.reshape(tensor=x, shape=newshape)",
    "transpose": "ops.transpose(a=x, perm=axes)",
    "expand_dims": "ops.expand_dims(input=x, axis)",
    "squeeze": "ops.squeeze(input=x, axis)",
    "concat": "ops.concatenate(values=xs, axis)",
    "stack": "ops.stack(values=x, axis)",
    "tile": "ops.tile(input=x, multiples=repeats)",
    "repeat": "ops.repeat(input=x, repeats, axis)",
    "broadcast_to": "ops.broadcast_to(input=x, shape)",
    "pad": "ops.pad(tensor=x, paddings=pad_width, mode, constant_values)",
    "unstack": "ops.unstack(value=x, num, axis)",
    "slice": "ops.slice(input_=inputs, begin=start_indices, size=shape)",
    "scatter_nd": "ops.scatter(indices, updates=values, shape)",
    "tensor_scatter_nd_update": "ops.scatter_update(tensor=inputs, indices, updates)",
    "reverse": "ops.flip(tensor=x, axis)",
    "roll": "ops.roll(input=x, shift, axis)",
    "searchsorted": "ops.searchsorted(sorted_sequence, values, side)",
    "meshgrid": "ops.meshgrid",
    "einsum": "ops.einsum",
    **{name: f"compat.tensorflow.arrays.{name}" for name in _ARRAYS},
    "saturate_cast": "ops.saturate_cast(value=x, dtype)",
    "bitcast": "ops.view(input=x, type=dtype)",
    "realdiv": "ops.true_divide(x=x1, y=x2)",
    "foldl": "backend.foldl(fn, elems, initializer)",
    "foldr": "backend.foldr(fn, elems, initializer)",
    **{name: f"compat.tensorflow.compat.{name}" for name in _AROUND},
    "tuple": "compat.tensorflow.compat.tuple_",
    "parallel_stack": "ops.stack(values=x)",
    "space_to_batch_nd": "compat.tensorflow.arrays.space_to_batch",
    "RaggedTensor": "compat.tensorflow.ragged.RaggedTensor",
    "SparseTensor": "compat.tensorflow.sparse.SparseTensor",
    "TensorArray": "compat.tensorflow.tensor_array.TensorArray",
    "DType": "compat.tensorflow.dtypes.DType",
    "as_string": "compat.tensorflow.strings.as_string",
    "eig": "ops.eig(tensor=x)",
    "eigvals": "compat.tensorflow.linalg.eigvals",
    "scalar_mul": "ops.multiply(scalar=x1, x=x2)",
    "matrix_square_root": "compat.tensorflow.matrices.sqrtm",
    "unravel_index": "compat.tensorflow.arrays.unravel_index",
    **{
        name: f"compat.tensorflow.arrays.{name}"
        for name in (
            "batch_to_space",
            "broadcast_dynamic_shape",
            "broadcast_static_shape",
            "edit_distance",
            "get_static_value",
            "guarantee_const",
            "histogram_fixed_width_bins",
            "identity_n",
            "shape_n",
            "space_to_batch",
            "timestamp",
            "truncatediv",
            "truncatemod",
        )
    },
    **{name: f"compat.tensorflow.debugging.{name}" for name in _ASSERTIONS},
    "as_dtype": "compat.tensorflow.dtypes.as_dtype",
    "tensor_scatter_nd_max": "compat.tensorflow.arrays.tensor_scatter_nd_max",
    "tensor_scatter_nd_min": "compat.tensorflow.arrays.tensor_scatter_nd_min",
    "Module": "compat.tensorflow.modules.Module",
    "TensorShape": "compat.tensorflow.shapes.TensorShape",
    "TensorSpec": "compat.tensorflow.modules.TensorSpec",
    # branches, loops and gradients
    "cond": "ops.cond(pred, true_fn, false_fn)",
    "while_loop": "ops.while_loop(cond, body, loop_vars, maximum_iterations)",
    "map_fn": "ops.map(fn=f, elems=xs)",
    "vectorized_map": "ops.vectorized_map(fn=function, elems=elements)",
    "custom_gradient": "ops.custom_gradient",
    "recompute_grad": "ops.control.remat.remat",
    "name_scope": "tensor.scopes.name_scope",
    "device": "tensor.scopes.device",
    # arithmetic, which tensorflow.math has too
    **math.ARITHMETIC,
    "matmul": "compat.tensorflow.linalg.matmul",
    "tensordot": "ops.tensordot(a=x1, b=x2, axes)",
    "norm": "ops.norm(tensor=x, ord, axis, keepdims)",
    "clip_by_value": "ops.clip(t=x, clip_value_min=x_min, clip_value_max=x_max)",
}

ROWS = {**{name: row for name, row in V1.items() if name not in {*globals(), *ROWS}}, **ROWS}

__getattr__, __dir__ = names_of(__name__, ROWS, dispatching)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """Create a tensor of ``value``, reshaped to ``shape``, or filled with ``value`` if it is a scalar."""
    if _holds_strings(value):
        return _StringTensor(value)
    tensor = _ops.convert_to_tensor(value, dtype=dtype)
    if shape is None or tuple(tensor.shape) == tuple(shape):
        return tensor
    return _ops.broadcast_to(tensor, shape) if tensor.ndim == 0 else _ops.reshape(tensor, shape)


def identity(input: Any, name: str | None = None) -> Any:
    """Return the tensor itself, which is immutable and need not be copied."""
    return _ops.convert_to_tensor(input)


def range(start: Any, limit: Any = ..., delta: Any = 1, dtype: Any = None, name: str | None = None) -> Any:
    """Return numbers from ``start`` (default 0), inclusive, to ``limit``, exclusive, with spacing ``delta``.

    A ``limit`` of None is that of a symbolic tensor whose size is not known; so is the result's, then.
    """
    if limit is ...:
        start, limit = 0, start
    if limit is None:
        return _KerasTensor((None,), dtype or "int32")
    start, limit, delta = (v.item() if type(v) in (_Tensor, _TracedTensor) else v for v in (start, limit, delta))
    return _ops.arange(start, limit, delta, dtype=dtype)


def one_hot(
    indices: Any,
    depth: int,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    """Append an axis of length ``depth`` with ``on_value`` (1) at each index and ``off_value`` (0) elsewhere."""
    hot = _ops.one_hot(indices, depth, axis=-1 if axis is None else axis, dtype=dtype or "float32")
    if on_value is None and off_value is None:
        return hot
    return _ops.where(hot > 0, 1 if on_value is None else on_value, 0 if off_value is None else off_value)


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: int | None = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
    """Return slices of ``params`` along ``axis`` at ``indices``, for each index of the ``batch_dims`` first axes."""
    axis = batch_dims if axis is None else axis
    if not batch_dims:
        return _ops.take(params, indices, axis=axis)
    pairs = zip(_ops.convert_to_tensor(params), _ops.convert_to_tensor(indices), strict=True)
    inner = axis - 1 if axis >= 0 else axis
    return _ops.stack([gather(p, i, axis=inner, batch_dims=batch_dims - 1) for p, i in pairs])


def executing_eagerly() -> bool:
    """Return True: outside of compiled functions, ops run eagerly."""
    return True


wrap_functions(globals())
