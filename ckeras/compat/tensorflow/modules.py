"""``tf.Module`` and ``tf.TensorSpec``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ckeras.layers.tracking import Tracker
from ckeras.tensor import Variable
from ckeras.tensor.scopes import name_scope
from ckeras.utils.naming import auto_name


class Module:
    """A base of classes that own variables, which are found in its attributes, also in lists, tuples and dicts.

    Args:
        name: name of the module.

    >>> from ckeras.compat.tensorflow import Variable
    >>> class Line(Module):
    ...     def __init__(self):
    ...         super().__init__(name="line")
    ...         self.slope = Variable(2.0)
    >>> len(Line().trainable_variables)
    1
    """

    def __init__(self, name: str | None = None):
        self._name = name or auto_name(type(self).__name__)

    @property
    def name(self) -> str:
        """Name of the module."""
        return self._name

    @property
    def name_scope(self) -> Any:
        """A context manager in which the names of variables begin with that of the module."""
        return name_scope(self._name)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables of the module and of those in it."""
        return tuple({id(v): v for v in _found(self, Variable)}.values())

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        """The variables that are trained."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self) -> tuple[Variable, ...]:
        """The variables that are not trained."""
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The modules and layers in the module."""
        found = {id(m): m for m in _found(self, (Module, Tracker)) if m is not self}
        return tuple(found.values())

    @classmethod
    def with_name_scope(cls, method: Any) -> Any:
        """Return the method itself: names of variables do not depend on who makes them."""
        return method


def _found(owner: Any, kinds: Any) -> Iterator[Any]:
    """Objects of some kinds that are owned, directly or by an owned module; each module is visited once."""
    seen: set[int] = set()
    waiting = [owner]
    while waiting:
        x = waiting.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x, kinds):
            yield x
        inside: list[Any] = []
        if isinstance(x, Module):
            inside = [vars(x)[name] for name in sorted(vars(x))]
        elif isinstance(x, Tracker):
            inside = [*x.variables, *getattr(x, "layers", ())] if kinds is Variable else list(getattr(x, "layers", ()))
        elif isinstance(x, dict):
            inside = list(x.values())
        elif isinstance(x, (list, tuple)):
            inside = list(x)
        waiting += reversed(inside)


class TensorSpec(NamedTuple):
    """Shape and dtype of a tensor, such as an argument of a function."""

    shape: Any
    dtype: Any = "float32"
    name: str | None = None

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """Return the shape and dtype of a tensor."""
        return cls(tensor.shape, tensor.dtype, name)
