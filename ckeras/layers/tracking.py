"""Tracks the variables, layers and metrics that an object holds in attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ckeras import config
from ckeras.compiler.dependencies import Observed, changed
from ckeras.metrics.metric import Metric
from ckeras.random import SeedGenerator
from ckeras.tensor import Variable
from ckeras.tensor.stored import assign_stored

scope = config.scope

# Attributes of ours that may be lists and hold no state.
_STATELESS = frozenset(("_build_config", "_inbound_nodes", "_losses", "_outbound_nodes", "_output"))


class path_through:
    """Variables made inside have the layer's name in their path, after those of the layers around it."""

    def __init__(self, layer: Any):
        self._layer = layer

    def __enter__(self) -> tuple[Any, ...]:
        self._above = getattr(scope, "path", ())
        scope.path = entered(self._above, self._layer)
        return scope.path

    def __exit__(self, *exc: Any) -> None:
        scope.path = self._above


def entered(above: tuple[Any, ...], layer: Any) -> tuple[Any, ...]:
    """The layers that ``layer`` is in, and itself."""
    return above if any(x is layer for x in above) else (*above, layer)


class Tracker(Observed):
    """Notes variables, layers, metrics and random generators as they are set, also inside lists and dicts."""

    def __init__(self) -> None:
        d = self.__dict__
        if "_tracked_state" not in d:  # a subclass may set layers before it calls this
            d["_variables"] = []  # those made trainable first
            d["_trainable_count"] = 0  # how many of them were
            d["_tracked_state"] = []  # layers, metrics, random generators, and the lists and dicts that may hold such

    def _check_initialized(self) -> None:
        if "name" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__}.__init__() must call super().__init__()")

    def _track(self, value: Any) -> None:
        if not isinstance(value, Variable):
            _add(self._tracked_state, value)
            changed(self, "_tracked_state")
        elif not any(value is x for x in self._variables):
            position = self._trainable_count if value.trainable else len(self._variables)
            self._variables.insert(position, value)
            self.__dict__["_trainable_count"] += bool(value.trainable)
            changed(self, "_variables")

    def _forget_attribute(self, name: str) -> None:
        """Stop tracking the value of an attribute, unless another attribute holds it too."""
        value = self.__dict__.get(name)
        if not _may_be_tracked(value) or any(value is v for k, v in self.__dict__.items() if k != name):
            return
        if any(value is x for x in self._variables[: self._trainable_count]):
            self.__dict__["_trainable_count"] -= 1
        for known in (self._variables, self._tracked_state):
            known[:] = [x for x in known if x is not value]
        changed(self, "_variables")
        changed(self, "_tracked_state")

    def __setattr__(self, name: str, value: Any) -> None:
        previous = self.__dict__.get(name)
        if previous is not value and name not in _STATELESS:
            if _has_state(value):
                Tracker.__init__(self)
            if "_tracked_state" in self.__dict__:
                self._forget_attribute(name)
                if _may_be_tracked(value):
                    self._track(value)
        Observed.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if "_tracked_state" in self.__dict__ and name not in _STATELESS:
            self._forget_attribute(name)
        Observed.__delattr__(self, name)

    def _kept(self, kind: type) -> Iterator[Any]:
        """Directly held objects, also in lists and dicts, in the order of assignment."""
        return _inside(self._tracked_state, kind)

    def _sublayers(self) -> list[Any]:
        """Directly held layers."""
        return list({id(x): x for x in self._kept(Tracker)}.values())

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Any]:
        """This layer and all layers inside, without duplicates, depth first."""
        found: dict[int, Any] = {id(self): self} if include_self else {}
        for layer in self._sublayers():
            for x in layer._flatten_layers() if recursive else [layer]:
                found.setdefault(id(x), x)
        return list(found.values())

    def _weights(self) -> list[Variable]:
        """Directly held variables."""
        return [*self._variables, *self._kept(Variable)]

    def _saved_variables(self) -> list[Variable]:
        """Directly held variables in the order of files: those that were made trainable first."""
        count, kept = self._trainable_count, list(self._kept(Variable))
        trainable = [*self._variables[:count], *(v for v in kept if v.trainable)]
        found = [*trainable, *self._variables[count:], *(v for v in kept if not v.trainable)]
        mode = getattr(self, "quantization_mode", None)
        if mode is not None and hasattr(self, "variable_serialization_spec"):
            d, names = self.__dict__, self.variable_serialization_spec[mode]
            order = {id(d.get(f"_{name}", d.get(name))): index for index, name in enumerate(names)}
            found.sort(key=lambda v: order.get(id(v), len(names)))
        return found

    def save_own_variables(self, store: Any) -> None:
        """Assign the values of the layer's own variables to a mapping, under the keys "0", "1", ...

        Layers inside save their own. Override it, with `load_own_variables`, to save something else.
        """
        for i, variable in enumerate(self._saved_variables()):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Assign the values in a mapping that `save_own_variables` filled to the layer's own variables.

        Raises:
            ValueError: if the number of values or a shape does not fit; nothing is assigned then.
        """
        variables, name = self._saved_variables(), self.name
        if len(store) != len(variables):
            unbuilt = "" if self.built else ", as it is not built"
            raise ValueError(f"{name!r} has {len(variables)} variables{unbuilt}, and {len(store)} were saved")
        assign_stored(variables, store, name)

    def _own_metrics(self) -> list[Metric]:
        """Directly held metrics."""
        return list({id(m): m for m in self._kept(Metric)}.values())

    def _all_variables(self) -> list[Variable]:
        generators = (g.state for g in self._kept(SeedGenerator))
        return [*self._weights(), *generators, *(v for m in self._own_metrics() for v in m.variables)]


_STATE = (Variable, Tracker, Metric, SeedGenerator)


def _has_state(value: Any) -> bool:
    """Whether ``value`` is, or at once holds, something to be tracked."""
    return isinstance(value, _STATE) or (isinstance(value, (list, tuple, dict)) and _holds_state(value))


def _holds_state(container: Any) -> bool:
    return any(True for _ in _inside(container, _STATE))


def _may_be_tracked(value: Any) -> bool:
    """Whether ``value`` has state, or may get some later on, as a list may."""
    return isinstance(value, (*_STATE, list, dict)) or (isinstance(value, tuple) and _has_state(value))


def _inside(value: Any, kind: Any) -> Iterator[Any]:
    if isinstance(value, kind):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _inside(part, kind)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _inside(part, kind)


def _add(known: list[Any], value: Any) -> None:
    if not any(value is x for x in known):
        known.append(value)
