"""What is trained: what was trainable when the model was compiled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from ckeras.layers.layer import Layer
from ckeras.utils.tracebacks import warn


def flagged(model: Any) -> list[Any]:
    """The layers of a model and all their variables, each of which has a flag `trainable`."""
    layers = list(model._flatten_layers())
    return [*layers, *(v for layer in layers for v in layer._all_variables())]


def as_compiled(model: Any, kind: str) -> AbstractContextManager[None]:
    """Inside the ``with`` block, what was trainable when the model was compiled is so again; not to predict."""
    fixed = None if kind == "predict" else model._compiled.trainability
    return nullcontext() if fixed is None else fixed.in_effect()


class Trainability:
    """The flags `trainable` of a model's layers and variables, as they were when it was compiled.

    Layers and variables that are made later join with the flags that they have when they are first seen.
    """

    def __init__(self, model: Any):
        self._model = model
        self._objects = flagged(model)
        self._flags = tuple(x.trainable for x in self._objects)
        self._warned: tuple[bool, ...] | None = None  # the flags that the last warning was about

    def flags(self, objects: list[Any]) -> tuple[bool, ...]:
        """The flags of ``objects``, which are all that the model has now."""
        if len(objects) != len(self._objects) or any(a is not b for a, b in zip(objects, self._objects, strict=True)):
            known = dict(zip(map(id, self._objects), self._flags, strict=True))
            self._flags = tuple(known.get(id(x), x.trainable) for x in objects)
            self._objects = objects
        return self._flags

    def warn_of_changes(self, objects: list[Any]) -> None:
        """Warn, once, if the flags are others than at `compile`."""
        now = tuple(x.trainable for x in objects)
        if now in (self._flags, self._warned):
            return
        self._warned = now
        changed = [x for x, a, b in zip(objects, now, self._flags, strict=True) if a != b]
        names = [x.name for x in changed if isinstance(x, Layer)] or [x.path for x in changed]
        warn(
            f"model {self._model.name!r}: trainable was changed after compile() for {names}; "
            "the change takes effect when compile() is called again"
        )

    @contextmanager
    def in_effect(self) -> Iterator[None]:
        """Let layers and variables have the flags of `compile` inside the ``with`` block."""
        objects = flagged(self._model)
        changed = [(x, x.trainable, f) for x, f in zip(objects, self.flags(objects), strict=True) if x.trainable != f]
        if not changed:
            yield
            return
        for x, _, flag in changed:
            _set(x, flag)
        try:
            yield
        finally:
            self.flags(flagged(self._model))
            before = set(map(id, objects))
            for x, flag, _ in changed:
                _set(x, flag)
                made = [] if flag or not isinstance(x, Layer) else x._variables
                for variable in made:
                    if id(variable) not in before:
                        variable.trainable = False


def _set(x: Any, flag: bool) -> None:
    """Set a flag of this object alone: `Layer.trainable` sets those of all layers below, and drops plans."""
    if isinstance(x, Layer):
        x.__dict__["_trainable"] = flag
    else:
        x.trainable = flag
