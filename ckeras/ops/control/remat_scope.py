"""`RematScope`, and the currently active one."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from ckeras import config

scope = config.scope


class RematScope:
    """Scope whose layers recompute intermediate values in the backward pass instead of storing them (see `remat`).

    Args:
        mode: which layers: "full" for all; "activations" for the activation functions alone; "larger_than" for those
            whose output has more elements than ``output_size_threshold`` (an unknown size counts as 1);
            "list_of_layers" for those named in ``layer_names``; `None` for none.
        output_size_threshold: see ``mode``.
        layer_names: see ``mode``.
    """

    rematerialize: ClassVar[Callable[..., Any]]  # registered by `ckeras.ops.control.remat`, which can call functions

    def __init__(
        self,
        mode: str | None = "full",
        output_size_threshold: int = 1024,
        layer_names: Sequence[str] | None = None,
    ):
        known = ("full", "activations", "larger_than", "list_of_layers", None)
        if mode not in known:
            raise ValueError(f"RematScope expects mode to be one of {known}, got {mode!r}")
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = list(layer_names or ())

    def __enter__(self) -> "RematScope":
        self._outer = getattr(scope, "remat", None)
        scope.remat = self
        return self

    def __exit__(self, *exc: Any) -> None:
        scope.remat = self._outer

    def wrap(self, layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap ``call``, the `call` method of ``layer``, in the rematerialization that the mode selects."""
        return self.rematerialize(layer, call, self)


def current_remat() -> RematScope | None:
    """The innermost `RematScope`; `None` if there is none or its mode is `None`."""
    found = getattr(scope, "remat", None)
    return None if found is None or found.mode is None else found
