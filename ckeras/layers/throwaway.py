"""Calls of layers of which nothing remains."""

from __future__ import annotations

from typing import Any

from ckeras import config
from ckeras.compiler.trace import Trace

scope = config.scope


class throwaway_trace:
    """Calls on symbolic tensors are not recorded inside, and what they assign to variables is forgotten."""

    def __enter__(self) -> None:
        self._trace, self._tapes = getattr(scope, "trace", None), getattr(scope, "tapes", ())
        self._infers = getattr(scope, "infers", False)
        scope.trace, scope.tapes, scope.infers = Trace(), (), True

    def __exit__(self, *exc: Any) -> None:
        scope.trace, scope.tapes, scope.infers = self._trace, self._tapes, self._infers
