"""Sessions, as scripts of before eager execution use them: on graphs of symbolic tensors.

A placeholder is a symbolic tensor. What a session runs on such tensors is compiled; anything else has run already.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config, ops as _ops
from ckeras.autograd import GradientTape
from ckeras.backend.graphs import function
from ckeras.compiler.function import function as compiled
from ckeras.config import set_threads
from ckeras.tensor import KerasTensor, Tensor, Variable
from ckeras.tensor.graph import Graph
from ckeras.tensor.string_tensor import StringTensor
from ckeras.tensor.structure import flatten, map_structure
from ckeras.utils.symbols import get_source_inputs


class TrainingStep:
    """What `minimize` of an optimizer returns for a symbolic loss: a step of training, which a session runs.

    Args:
        optimizer: an optimizer of Keras.
        loss: symbolic tensor.
        variables: those to train; all on which the loss depends, by default.
    """

    def __init__(self, optimizer: Any, loss: KerasTensor, variables: Any = None):
        self.optimizer, self.loss = optimizer, loss
        self.sources = list(get_source_inputs(loss))
        graph = Graph(self.sources, [loss])
        self.variables = variables_of(graph) if variables is None else list(variables)
        if not self.variables:
            raise ValueError("minimize expects a loss that depends on trainable variables")
        self.name = "train"

        def step(*values: Any) -> Any:
            with GradientTape() as tape:
                tape.watch([v.value for v in self.variables])
                value = _ops.sum(graph.run(values)[0])
            gradients = tape.gradient(value, self.variables)
            optimizer.apply(gradients, self.variables)
            return value

        self._step = compiled(step)

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run the step for values of placeholders."""
        values, training = _fed(feed_dict, self.sources)
        if not self.optimizer.built:
            self.optimizer.build(self.variables)
        with _phase(training):
            self._step(*values)


def variables_of(graph: Graph) -> list[Variable]:
    """The trainable variables that the calls of a graph use."""
    found = [v for operation in graph.operations for v in getattr(operation, "trainable_variables", ())]
    for node in graph.nodes:
        found += [x for x in flatten((node.arguments.args, node.arguments.kwargs)) if isinstance(x, Variable)]
    return list({id(v): v for v in found if v.trainable}.values())


class _phase:
    """Context manager: the learning phase, if one is given."""

    def __init__(self, training: bool | None):
        self._training = training

    def __enter__(self) -> None:
        self._before = getattr(config.scope, "training", None)
        if self._training is not None:
            config.scope.training = self._training

    def __exit__(self, *exc: Any) -> None:
        config.scope.training = self._before


def _fed(feed_dict: Any, sources: list[KerasTensor]) -> tuple[list[Any], bool | None]:
    """The values of symbolic tensors, and the learning phase, if it is among the keys."""
    pairs = list((feed_dict or {}).items())
    given = {id(key): value for key, value in pairs if type(key) is KerasTensor}
    absent = [x for x in sources if id(x) not in given]
    if absent:
        names = ", ".join(f"{x.name!r} of shape {tuple(x.shape)}" for x in absent)
        raise ValueError(f"You must feed a value for each placeholder; there is none for {names}")
    phases = [bool(value) for key, value in pairs if type(key) is not KerasTensor]
    values = [_ops.cast(given[id(x)], x.dtype) for x in sources]
    for x, value in zip(sources, values, strict=True):
        shape = tuple(value.shape)
        if len(shape) != len(x.shape) or any(n not in (None, m) for n, m in zip(x.shape, shape, strict=True)):
            raise ValueError(f"the placeholder {x.name!r} of shape {tuple(x.shape)} was fed a value of shape {shape}")
    return values, phases[0] if phases else None


def run(fetches: Any, feed_dict: Any = None) -> Any:
    """Return the values of tensors, as NumPy arrays, for values of placeholders; training steps give None."""
    symbols = [x for x in flatten(fetches) if type(x) is KerasTensor]
    values: dict[int, Any] = {}
    if symbols:
        sources = list({id(s): s for x in symbols for s in get_source_inputs(x)}.values())
        fed, training = _fed(feed_dict, sources)
        with _phase(training):
            found = _function(tuple(sources), tuple(symbols))(fed)
        values = {id(x): value for x, value in zip(symbols, found, strict=True)}

    def value(x: Any) -> Any:
        if type(x) is KerasTensor:
            return _scalar(values[id(x)])
        if isinstance(x, (Tensor, Variable)):
            return _scalar(x.numpy())
        if isinstance(x, StringTensor):
            return x.numpy()
        if isinstance(x, TrainingStep):
            x.run(feed_dict)
            return None
        if x is None:  # an initializer, or a group of operations, which have run
            return None
        raise TypeError(f"a session runs tensors and training steps, got {x!r:.80}")

    return map_structure(value, fetches)


def _scalar(array: np.ndarray) -> Any:
    return array if array.ndim else array[()]


_functions: dict[tuple[int, ...], Any] = {}


def _function(sources: tuple[Any, ...], symbols: tuple[Any, ...]) -> Any:
    """A compiled function of symbolic tensors; the most recent are kept, with their tensors."""
    key = (*map(id, sources), -1, *map(id, symbols))
    if key not in _functions:
        while len(_functions) >= 64:
            _functions.pop(next(iter(_functions)))
        _functions[key] = function(list(sources), list(symbols)), sources, symbols
    return _functions[key][0]


class Session:
    """Runs symbolic tensors for values of placeholders.

    Args:
        target: no effect.
        graph: no effect: there is one graph.
        config: a `ConfigProto`, whose number of threads is set.

    >>> from ckeras.backend import placeholder
    >>> x = placeholder((None, 2))
    >>> with Session() as session:
    ...     session.run(x * 2.0, feed_dict={x: [[1.0, 3.0]]})
    array([[2., 6.]], dtype=float32)
    """

    def __init__(self, target: str = "", graph: Any = None, config: Any = None):
        self.graph = graph
        threads = getattr(config, "intra_op_parallelism_threads", 0)
        if threads:
            set_threads(int(threads))

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """Return the values of tensors, as NumPy arrays; None for training steps and initializers."""
        return run(fetches, feed_dict)

    def as_default(self) -> Session:
        """Return the session, a context manager."""
        return self

    def close(self) -> None:
        """Do nothing: the session owns nothing."""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()


_default: list[Session] = []


def get_session() -> Session:
    """Return the session that `set_session` was given, or a new one."""
    return _default[0] if _default else Session()


def set_session(session: Any) -> None:
    """Let a session be that of `get_session`. Layers and models need none."""
    _default[:] = [session]


def forget_functions() -> None:
    """Free the compiled functions of symbolic tensors."""
    _functions.clear()
