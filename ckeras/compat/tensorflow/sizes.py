"""``tf.shape``: the dimensions of a tensor as a tensor of integers, which shapes may be made of."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise.core import cast
from ckeras.ops.reduction.core import prod
from ckeras.tensor import Op, Spec, as_tensor, dtypes
from ckeras.tensor.dtypes import NUMPY
from ckeras.tensor.eager import wrap

_dimensions = Op("dimensions", lambda x: Spec((len(x.shape),), "int32"), lambda x: np.array(x.shape, np.int32))


class OpenShape(tuple):
    """The dimensions of a symbolic tensor, `None` where one is not known; a symbolic tensor in arithmetic."""

    tensor: Any


def _recorded(name: str) -> Callable[[OpenShape, Any], Any]:
    return lambda self, other: getattr(self.tensor, name)(getattr(other, "tensor", other))


for _name in ("add", "sub", "mul", "floordiv", "mod"):
    for _side in ("", "r"):
        setattr(OpenShape, f"__{_side}{_name}__", _recorded(f"__{_side}{_name}__"))


def shape(input: Any, out_type: Any = "int32", name: str | None = None) -> Any:
    """The dimensions of ``input``, a tensor of shape ``(rank,)`` that is known while a function is compiled, too.

    Of a symbolic tensor with dimensions that are not known, a tuple with `None` for these, which becomes a symbolic
    tensor in arithmetic.

    >>> (shape([[1.0, 2.0]]) * 2).tolist()
    [2, 4]
    """
    x, dtype = as_tensor(input), dtypes.standardize(out_type)
    if None not in x.shape:
        return wrap(np.array(x.shape, NUMPY[dtype]))
    dims = OpenShape(x.shape)
    dims.tensor = cast(_dimensions(x), dtype)
    return dims


def size(input: Any, out_type: Any = "int32", name: str | None = None) -> Any:
    """The number of elements, as a tensor; of a symbolic tensor with dimensions that are not known, symbolic.

    >>> int(size([[1.0, 2.0]]))
    2
    """
    x, dtype = as_tensor(input), dtypes.standardize(out_type)
    if None in x.shape:
        return prod(cast(_dimensions(x), dtype))
    return wrap(np.array(math.prod(x.shape), NUMPY[dtype]))
