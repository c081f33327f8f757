"""Names around the sessions of TensorFlow 1: placeholders, the one graph, settings and initializers."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any

from ckeras.backend.graphs import placeholder as _placeholder
from ckeras.backend.sessions import Session, forget_functions
from ckeras.tensor import KerasTensor


def placeholder(dtype: Any = "float32", shape: Sequence[Any] | None = None, name: str | None = None) -> KerasTensor:
    """Return a symbolic tensor, whose value a session is given.

    Raises:
        ValueError: if the shape is not given: its rank must be known.
    """
    if shape is None:
        raise ValueError("placeholder expects a shape, in which None is a size that is not known")
    return _placeholder(tuple(shape), dtype=str(dtype), name=name)


class _Graph(Session):
    """The one graph, a context manager; what scripts do with it has no effect."""

    def __init__(self) -> None:
        self.graph = self

    def finalize(self) -> None:
        """Do nothing."""


default_graph: Any = _Graph()


def get_default_graph() -> Any:
    """Return the one graph."""
    return default_graph


def reset_default_graph() -> None:
    """Reset the counters of default names, and free compiled plans."""
    from ckeras.utils.session import clear_session

    forget_functions()
    clear_session()


class ConfigProto(types.SimpleNamespace):
    """Settings of a session, of which the number of threads has an effect.

    Args:
        kwargs: settings, among them ``intra_op_parallelism_threads``.
    """

    def __init__(self, **kwargs: Any):
        self.gpu_options = GPUOptions()
        self.graph_options = types.SimpleNamespace(
            optimizer_options=types.SimpleNamespace(), rewrite_options=types.SimpleNamespace()
        )
        self.intra_op_parallelism_threads = self.inter_op_parallelism_threads = 0
        super().__init__(**kwargs)


class GPUOptions(types.SimpleNamespace):
    """Settings of GPUs, which have no effect."""


def global_variables_initializer() -> None:
    """Return None: variables are initialized when they are made."""


local_variables_initializer = initialize_all_variables = tables_initializer = global_variables_initializer


def variables_initializer(var_list: Any, name: str | None = None) -> None:
    """Return None: variables are initialized when they are made."""
