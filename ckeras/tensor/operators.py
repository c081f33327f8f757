"""Python operators and numpy protocols of tensors and variables.

Each calls the public function of `ckeras.ops` of that name, so they are differentiable and can be compiled.
"""

import inspect
from functools import lru_cache
from typing import Any

import numpy as np

functions: dict[str, Any] = {}  # the public functions of `ckeras.ops` by name, which registers them when imported


def binary(name: str) -> tuple[Any, Any]:
    """The operator that calls the function of this name, and the reflected one."""

    def forward(self: Any, other: Any) -> Any:
        return functions[name](self, other) if _operand(other) else NotImplemented

    def reflected(self: Any, other: Any) -> Any:
        return functions[name](other, self) if _operand(other) else NotImplemented

    return forward, reflected


def _operand(x: Any) -> bool:
    return isinstance(x, (Operators, int, float, bool, complex, np.ndarray, np.generic, list, tuple))


def _comparison(name: str) -> Any:
    return binary(name)[0]


def unary(name: str) -> Any:
    """The operator that calls the function of this name."""

    def method(self: Any) -> Any:
        return functions[name](self)

    return method


class Operators:
    """Mixin of `Tensor` and `Variable`: arithmetic, comparison, indexing, numpy's dispatch."""

    __slots__ = ()
    __array_priority__ = 100

    __add__, __radd__ = binary("add")
    __sub__, __rsub__ = binary("subtract")
    __mul__, __rmul__ = binary("multiply")
    __truediv__, __rtruediv__ = binary("divide")
    __floordiv__, __rfloordiv__ = binary("floor_divide")
    __mod__, __rmod__ = binary("mod")
    __pow__, __rpow__ = binary("power")
    __matmul__, __rmatmul__ = binary("matmul")
    __and__, __rand__ = binary("bitwise_and")
    __or__, __ror__ = binary("bitwise_or")
    __xor__, __rxor__ = binary("bitwise_xor")
    __lt__ = _comparison("less")
    __le__ = _comparison("less_equal")
    __gt__ = _comparison("greater")
    __ge__ = _comparison("greater_equal")
    __eq__ = _comparison("equal")
    __ne__ = _comparison("not_equal")
    __neg__ = unary("negative")
    __abs__ = unary("abs")
    __invert__ = unary("bitwise_invert")

    def __pos__(self) -> Any:
        return self

    def __hash__(self) -> int:
        return id(self)

    def __getitem__(self, key: Any) -> Any:
        return functions["getitem"](self, key)

    def __round__(self, ndigits: int | None = None) -> Any:
        return functions["round"](self, ndigits or 0)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def T(self) -> Any:
        """The transpose: all axes reversed."""
        return functions["transpose"](self)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a tensor with no axes")
        if self.shape[0] is None:
            raise TypeError(f"len() of a symbolic tensor of shape {self.shape}, whose first axis is of unknown size")
        return self.shape[0]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, Operators) for x in kwargs.get("out", ())):
            raise TypeError(f"np.{ufunc.__name__} cannot write its result into a tensor, which is immutable")
        function = _counterpart(ufunc.__name__)
        if method == "__call__" and function is not None and not kwargs:
            return function(*inputs)
        return getattr(ufunc, method)(*_as_arrays(inputs), **_as_arrays(kwargs))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        function = _counterpart(func.__name__, func.__module__)
        arguments = _translated(func, function, args, kwargs) if function is not None else None
        if arguments is not None:
            return function(*arguments[0], **arguments[1])
        return func(*_as_arrays(args), **_as_arrays(kwargs))


# numpy's names that differ from those of ops.
_RENAMED = {
    "amax": "max",
    "amin": "min",
    "degrees": "rad2deg",
    "invert": "bitwise_invert",
    "radians": "deg2rad",
    "remainder": "mod",
}


# numpy's functions whose namesakes in ops differ: all of `numpy.linalg` but those listed here. Copies and empty arrays
# are meant to be written to; edges of bins and several indices can only be given to numpy.
_UNLIKE = {"unique", "nonzero", "meshgrid", "copy", "empty_like", "argpartition", "histogram"}
_LINALG = {
    "cholesky", "det", "eig", "eigh", "inv", "matmul", "matrix_rank", "norm", "outer", "pinv", "qr", "slogdet", "solve",
    "svd", "tensordot",
}  # fmt: skip


def _counterpart(name: str, module: str = "numpy") -> Any:
    """The function of `ops` that is equivalent to numpy's ``name``; `None` leaves the call to numpy."""
    if name in _UNLIKE or (module == "numpy.linalg" and name not in _LINALG) or module == "numpy.fft":
        return None
    return functions.get(_RENAMED.get(name, name))


@lru_cache(maxsize=256)
def _parameters(function: Any) -> dict[str, Any]:
    """The parameters of a function by name; empty if it has no signature."""
    try:
        return dict(inspect.signature(function).parameters)
    except ValueError:
        return {}


def _translated(func: Any, function: Any, args: Any, kwargs: Any) -> tuple[Any, dict[str, Any]] | None:
    """Translate the arguments of a call of numpy's ``func`` to the parameter names of ``function`` of `ops`.

    Arguments of variadic functions are unchanged.

    A parameter of numpy that `ops` does not have is matched by position, unless numpy has the matched parameter under
    its own name too (a keyword-only one is an older alias). Returns `None` if the call has an argument that
    ``function`` does not support, such as `out`, with a value other than the default.
    """
    theirs, ours = _parameters(func), list(_parameters(function))
    if any(p.kind is p.VAR_POSITIONAL for p in theirs.values()):
        return (args, kwargs) if kwargs.keys() <= set(ours) else None
    names = list(theirs) or ours
    given = dict(zip(names, args, strict=False))
    if len(args) > len(names):
        return None
    found = {}
    for name, value in {**given, **kwargs}.items():
        default = theirs[name].default if name in theirs else None
        if name not in ours:
            position = names.index(name) if name in names else len(ours)
            name = ours[position] if position < len(ours) else None
            if name in theirs and theirs[name].kind is not inspect.Parameter.KEYWORD_ONLY:
                name = None
        if name is None:
            if value is not None and not (isinstance(value, (bool, str)) and value == default):
                return None
        elif name in found:
            return None
        else:
            found[name] = value
    return (), found


def _as_arrays(values: Any) -> Any:
    """Convert each tensor inside ``values`` to a numpy array."""
    if isinstance(values, Operators):
        return np.asarray(values)
    if isinstance(values, dict):
        return {k: _as_arrays(v) for k, v in values.items()}
    if isinstance(values, (list, tuple)):
        return type(values)(_as_arrays(v) for v in values)
    return values
