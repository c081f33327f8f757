"""Plans of functions."""

from ckeras.compiler.function import compile_plan
from ckeras.tensor import Spec


def plan_of(function, *arrays):
    """The plan of ``function`` for arrays of these shapes and dtypes."""
    specs = [Spec(a.shape, str(a.dtype)) for a in arrays]
    return compile_plan(function, specs, tuple)[0]
