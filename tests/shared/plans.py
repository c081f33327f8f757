"""Plans of functions."""

from ckeras.compiler.function import compile_plan
from ckeras.tensor import Spec


def plan_of(function, *arrays):
    """The plan of ``function`` for arrays of these shapes and dtypes."""
    specs = [Spec(a.shape, str(a.dtype)) for a in arrays]
    return compile_plan(function, specs, tuple)[0]


def python_labels(plan):
    """The labels of the instructions that call Python, also of those in branches and loop bodies."""
    inner = [python_labels(nested) for i in plan.instructions for nested in i.plans]
    return {i.label for i in plan.instructions if i.function is not None}.union(*inner)
