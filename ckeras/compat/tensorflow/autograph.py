"""``tensorflow.autograph``: nothing is rewritten here, so its settings have no effect.

Functions are traced as they are written. One that needs the value of a tensor for a branch or loop runs op by op.
"""

from __future__ import annotations

import types
from typing import Any

from ckeras.compat.tensorflow.table import names_of


def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Do nothing."""


def to_graph(entity: Any, recursive: bool = True, experimental_optional_features: Any = None) -> Any:
    """Return the function itself."""
    return entity


def trace(*args: Any) -> None:
    """Print arguments, whenever a function is traced."""
    print(*args)


def _do_not_convert(func: Any = None) -> Any:
    return (lambda function: function) if func is None else func


experimental = types.SimpleNamespace(do_not_convert=_do_not_convert, set_loop_options=lambda **options: None)

__getattr__, __dir__ = names_of(__name__, {})
