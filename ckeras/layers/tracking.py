"""Finds the variables, layers and metrics that an object keeps as attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ckeras.autograd import Variable
from ckeras.metrics.metric import Metric
from ckeras.random import SeedGenerator


class Tracker:
    """Notes variables, layers, metrics and random generators as they are set, also inside lists and dicts."""

    def __init__(self) -> None:
        d = self.__dict__
        d["_variables"], d["_layers"], d["_metrics"], d["_seed_generators"] = [], [], [], []
        d["_containers"] = []

    def _check_initialized(self) -> None:
        if "_layers" not in self.__dict__:
            raise RuntimeError(
                f"{type(self).__name__}.__init__() must call super().__init__() before it sets layers or weights"
            )

    def _track_variable(self, variable: Variable) -> None:
        _add(self._variables, variable)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (Variable, Tracker, Metric, SeedGenerator)):
            self._check_initialized()
            previous = self.__dict__.get(name)
            if previous is not value and isinstance(previous, (Variable, Tracker, Metric, SeedGenerator)):
                _discard(self._kept_in(previous), previous)
            _add(self._kept_in(value), value)
            if isinstance(value, Variable) and value.path == value.name:
                if value.name == "variable":
                    value.name = name
                value.path = f"{self.__dict__.get('name', type(self).__name__)}/{value.name}"
        elif isinstance(value, (list, tuple, dict)) and not name.startswith("_"):
            if "_containers" in self.__dict__:
                self._containers = [c for c in self._containers if c is not self.__dict__.get(name)] + [value]
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        value = self.__dict__.get(name)
        if isinstance(value, (Variable, Tracker, Metric, SeedGenerator)):
            _discard(self._kept_in(value), value)
        elif "_containers" in self.__dict__:
            self._containers = [c for c in self._containers if c is not value]
        object.__delattr__(self, name)

    def _kept_in(self, value: Any) -> list[Any]:
        if isinstance(value, Variable):
            return self._variables
        if isinstance(value, Metric):
            return self._metrics
        return self._seed_generators if isinstance(value, SeedGenerator) else self._layers

    def _contained(self, kind: type) -> Iterator[Any]:
        for container in self._containers:
            yield from _inside(container, kind)

    def _sublayers(self) -> list[Any]:
        """The layers kept directly, those in lists and dicts last."""
        return list({id(x): x for x in [*self._layers, *self._contained(Tracker)]}.values())

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Any]:
        """This layer and all inside, each once, depth first."""
        found: dict[int, Any] = {id(self): self} if include_self else {}
        for layer in self._sublayers():
            for x in layer._flatten_layers() if recursive else [layer]:
                found.setdefault(id(x), x)
        return list(found.values())

    def _weights(self) -> list[Variable]:
        """The variables kept directly."""
        return [*self._variables, *self._contained(Variable)]

    def _all_variables(self) -> list[Variable]:
        metrics = [*self._metrics, *self._contained(Metric)]
        generators = [*self._seed_generators, *self._contained(SeedGenerator)]
        return [*self._weights(), *(g.state for g in generators), *(v for m in metrics for v in m.variables)]


def _inside(value: Any, kind: type) -> Iterator[Any]:
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


def _discard(known: list[Any], value: Any) -> None:
    known[:] = [x for x in known if x is not value]
