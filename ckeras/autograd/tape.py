"""Reverse-mode differentiation: a tape records calls of ops and walks them backwards from target to sources."""

import math
from typing import Any

import numpy as np

from ckeras import config
from ckeras.tensor import dtypes
from ckeras.tensor.op import Op, as_tensor, table
from ckeras.tensor.operators import functions
from ckeras.tensor.structure import flatten, map_structure
from ckeras.tensor.tensor import Tensor
from ckeras.tensor.variable import Variable

scope = config.scope


class GradientTape:
    """Records the ops that run inside its context and computes gradients of their results.

    Args:
        persistent: whether `gradient` may be called more than once.
        watch_accessed_variables: whether trainable variables are watched when they are read.

    Tapes nest: a gradient taken inside an outer tape is recorded by it, which gives second derivatives.

    >>> import ckeras
    >>> x = ckeras.ops.convert_to_tensor(3.0)
    >>> with GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * x
    >>> float(tape.gradient(y, x))
    6.0
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True):
        self._persistent = persistent
        self._watch_variables = watch_accessed_variables
        self._used = False
        self._watched: dict[int, Variable] = {}
        self._clear()

    def _clear(self) -> None:
        self._records: list[tuple[Op, list[Tensor], dict[str, Any], Any]] = []
        self._tracked: dict[int, Tensor] = {}
        self._variables: dict[int, tuple[Variable, list[Tensor]]] = {}

    def __enter__(self) -> "GradientTape":
        scope.tapes = [*getattr(scope, "tapes", ()), self]
        return self

    def __exit__(self, *exc: Any) -> None:
        scope.tapes = [tape for tape in scope.tapes if tape is not self]

    def watch(self, tensor: Any) -> None:
        """Watch a tensor, a variable, or a structure of them."""
        for x in flatten(tensor):
            if isinstance(x, Variable):
                self._follow(x, x.value)
            elif isinstance(x, Tensor):
                self._tracked[id(x)] = x
            else:
                raise TypeError(f"GradientTape.watch expects tensors or variables, got {type(x).__name__}")

    def read(self, variable: Variable, tensor: Tensor) -> None:
        """Record that ``variable`` is read as ``tensor`` while this tape is active."""
        if self._watch_variables and variable.trainable:
            self._follow(variable, tensor)

    def _read(self, variable: Variable) -> Tensor:
        """The value of a variable that is a target itself."""
        tensor = variable.value
        self.read(variable, tensor)
        return tensor

    def _follow(self, variable: Variable, tensor: Tensor) -> None:
        if id(tensor) not in self._tracked:
            self._tracked[id(tensor)] = tensor
            self._variables.setdefault(id(variable), (variable, []))[1].append(tensor)
            self._watched[id(variable)] = variable

    def tracks(self, tensor: Tensor) -> bool:
        """Whether ``tensor`` is watched or depends on a watched tensor."""
        return id(tensor) in self._tracked

    def record(self, op: Op, inputs: list[Tensor], attrs: dict[str, Any], result: Any) -> None:
        """Record a call of an op while this tape is active."""
        tracked = self._tracked
        for x in inputs:
            if id(x) in tracked:
                break
        else:
            return
        if op.vjp is None and op.joint is None:
            return
        self._records.append((op, inputs, attrs, result))
        for y in result if isinstance(result, list) else (result,):
            if y.dtype in dtypes.DIFFERENTIABLE:
                tracked[id(y)] = y

    def stop_recording(self) -> "_Pause":
        """Context manager that suspends recording."""
        return _Pause(self)

    def reset(self) -> None:
        """Discard everything recorded so far."""
        self._clear()
        self._watched = {}
        self._used = False

    def watched_variables(self) -> list[Variable]:
        """Return the variables read so far, in order."""
        return list(self._watched.values())

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: str = "none"
    ) -> Any:
        """Compute the gradient of the sum of ``target`` with respect to each of ``sources``, in their structure.

        With respect to a complex z, the gradient of a real number L is dL/dRe z + i dL/dIm z, the direction of steepest
        ascent, as in TensorFlow. That of a complex target is the gradient of its real part.

        Args:
            target: a tensor or a structure of them.
            sources: tensors or variables, or any structure of them.
            output_gradients: weights of the elements of ``target``, of its structure; ones by default. A complex target
                is multiplied by the conjugates of its weights.
            unconnected_gradients: gradient of a source that ``target`` does not depend on: "none" or "zero".
        """
        targets = [self._read(t) if isinstance(t, Variable) else as_tensor(t) for t in flatten(target)]
        if output_gradients is None:
            seeds = [functions["ones_like"](t) for t in targets]
        else:
            given = flatten(output_gradients)
            if len(given) != len(targets):
                raise ValueError(
                    f"output_gradients expects {len(targets)} tensors, as many as target, got {len(given)}"
                )
            seeds = [conjugated(_seed(g, t)) for g, t in zip(given, targets, strict=True)]
        return map_structure(conjugated, self.pullback(targets, sources, seeds, unconnected_gradients))

    def pullback(
        self, targets: list[Tensor], sources: Any, seeds: list[Tensor | None], unconnected_gradients: str = "none"
    ) -> Any:
        """Cotangents of ``sources`` for the cotangents of ``targets``, in the convention of the op table.

        The cotangent of a complex z is there the g for which a real result changes by Re(g dz), the conjugate of what
        `gradient` returns: so the ``vjp`` of a holomorphic function is that of the real one.
        """
        if self._used and not self._persistent:
            raise RuntimeError(
                "a tape that is not persistent gives its gradient once; use GradientTape(persistent=True)"
            )
        if unconnected_gradients not in ("none", "zero"):
            raise ValueError(f"unconnected_gradients expects 'none' or 'zero', got {unconnected_gradients!r}")
        self._used = True
        records, variables = self._records, self._variables
        wanted = set()
        for x in flatten(sources):
            if isinstance(x, Variable):
                wanted.update(id(t) for t in variables.get(id(x), (x, ()))[1])
            elif isinstance(x, Tensor):
                if id(x) in self._tracked:
                    wanted.add(id(x))
            else:
                raise TypeError(f"gradient expects tensors or variables as sources, got {type(x).__name__}")
        if not self._persistent:
            self._clear()
        found = _backward(records, targets, seeds, wanted)

        def result(x: Any) -> Any:
            if isinstance(x, Variable):
                parts = [found[id(t)] for t in variables.get(id(x), (x, ()))[1] if id(t) in found]
                total = parts[0] if parts else None
                for part in parts[1:]:
                    total = functions["add"](total, part)
            else:
                total = found.get(id(x))
            if total is None and unconnected_gradients == "zero":
                total = functions["zeros_like"](x)
            return total

        return map_structure(result, sources)

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: str = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Compute the gradient of each element of ``target`` with respect to each of ``sources``.

        Args:
            target: a tensor with at least one element.
            sources: tensors or variables, or any structure of them.
            unconnected_gradients: as for `gradient`.
            parallel_iterations, experimental_use_pfor: accepted for compatibility with TensorFlow; they change nothing.

        Returns:
            In the structure of ``sources``, tensors of shape ``(*target.shape, *source.shape)``.

        >>> import ckeras
        >>> x = ckeras.Variable([1.0, 2.0])
        >>> with GradientTape() as tape:
        ...     y = x * x
        >>> tape.jacobian(y, x).tolist()
        [[2.0, 0.0], [0.0, 4.0]]
        """
        target = as_tensor(target)
        shape = target.shape
        weights = np.eye(_size(shape, "jacobian", shape), dtype="float32").reshape(-1, *shape)
        rows = self._rows(target, sources, weights, unconnected_gradients)
        columns = iter(zip(*rows, strict=True))

        def joined(_: Any) -> Any:
            parts = next(columns)
            if parts[0] is None:
                return None
            return functions["reshape"](functions["stack"](parts), (*shape, *parts[0].shape))

        return map_structure(joined, sources)

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: str = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The jacobian of each sample: the gradient of ``target[i, ...]`` with respect to ``source[i, ...]``.

        Sample i of ``target`` is expected to depend on sample i of ``source`` alone; then this is the part of
        `jacobian` that is not 0, at the cost of one gradient for each element of a sample.

        Args:
            target: a tensor of shape ``(batch, ...)``, with at least one element.
            source: a tensor or variable of shape ``(batch, ...)``.
            unconnected_gradients: as for `gradient`.
            parallel_iterations, experimental_use_pfor: TensorFlow's; they make no difference.

        Returns:
            A tensor of shape ``(batch, *target.shape[1:], *source.shape[1:])``.

        >>> import ckeras
        >>> x = ckeras.Variable([[1.0, 2.0], [3.0, 4.0]])
        >>> with GradientTape() as tape:
        ...     y = x * x
        >>> tape.batch_jacobian(y, x).tolist()
        [[[2.0, 0.0], [0.0, 4.0]], [[6.0, 0.0], [0.0, 8.0]]]
        """
        target = as_tensor(target)
        if not isinstance(source, (Tensor, Variable)):
            raise TypeError(f"batch_jacobian expects a tensor or a variable as source, got {type(source).__name__}")
        if not target.shape or not source.shape or target.shape[0] != source.shape[0]:
            raise ValueError(
                "batch_jacobian expects target and source to have the same first axis, got shapes "
                f"{target.shape} and {tuple(source.shape)}"
            )
        weights = np.eye(_size(target.shape[1:], "batch_jacobian", target.shape), dtype="float32")
        rows = weights.reshape(-1, 1, *target.shape[1:])
        parts = self._rows(target, source, [np.broadcast_to(w, target.shape) for w in rows], unconnected_gradients)
        if parts[0][0] is None:
            return None
        stacked = functions["stack"]([part for (part,) in parts], axis=1)
        return functions["reshape"](stacked, (*target.shape, *source.shape[1:]))

    def _rows(self, target: Tensor, sources: Any, weights: Any, unconnected_gradients: str) -> list[list[Any]]:
        """For each of ``weights`` the flat list of gradients, after which a tape that is not persistent is used."""
        persistent, self._persistent = self._persistent, self._persistent or not self._used
        try:
            rows = [flatten(self.gradient(target, sources, w, unconnected_gradients)) for w in weights]
        finally:
            self._persistent = persistent
        if not persistent:
            self._clear()
        return rows


def _size(sizes: tuple[int | None, ...], name: str, shape: tuple[int | None, ...]) -> int:
    """The product of ``sizes``, all of which a jacobian has to know."""
    if None in shape or 0 in shape:
        raise ValueError(f"{name} expects a target of known sizes, none of them 0, got shape {shape}")
    return math.prod(sizes)


def conjugated(g: Tensor | None) -> Tensor | None:
    """Convert a cotangent of the op table to the convention of `GradientTape.gradient`, or back."""
    return functions["conj"](g) if g is not None and g.dtype in dtypes.PARTS else g


def _seed(g: Any, target: Tensor) -> Tensor | None:
    """Check the given cotangent of ``target``; ones if there is none."""
    if g is None:
        return None
    seed = functions["cast"](g, target.dtype)
    if seed.shape != target.shape:
        raise ValueError(f"output_gradients expects the shape {target.shape} of its target, got {seed.shape}")
    return seed


class _Pause:
    def __init__(self, tape: GradientTape):
        self._tape = tape

    def __enter__(self) -> None:
        self._tapes = getattr(scope, "tapes", [])
        scope.tapes = [tape for tape in self._tapes if tape is not self._tape]

    def __exit__(self, *exc: Any) -> None:
        scope.tapes = self._tapes


def _backward(records: list, targets: list[Tensor], seeds: list, wanted: set[int]) -> dict[int, Tensor]:
    """Cotangents, by id, of the tensors in ``wanted`` that ``targets`` depend on."""
    # Only calls on a path from a wanted tensor to the targets are differentiated.
    reached = set(wanted)
    useful = []
    for op, inputs, attrs, result in records:
        if any(id(x) in reached for x in inputs):
            useful.append((op, inputs, attrs, result))
            reached.update(id(y) for y in (result if isinstance(result, list) else (result,)))
    cotangents: dict[int, Tensor] = {}

    def accumulate(x: Tensor, g: Tensor) -> None:
        known = cotangents.get(id(x))
        cotangents[id(x)] = g if known is None else functions["add"](known, g)

    for target, seed in zip(targets, seeds, strict=True):
        if seed is not None and target.dtype in dtypes.DIFFERENTIABLE:
            accumulate(target, seed)
    for op, inputs, attrs, result in reversed(useful):
        if isinstance(result, list):
            g = [cotangents.get(id(y)) for y in result]
            if all(v is None for v in g):
                continue
        else:
            g = cotangents.get(id(result))
            if g is None:
                continue
        wanted = [i for i, x in enumerate(inputs) if id(x) in reached and x.dtype in dtypes.DIFFERENTIABLE]
        if op.joint is not None:
            for position, part in zip(wanted, op.joint(g, result, inputs, wanted, attrs), strict=True):
                if part is not None:
                    accumulate(inputs[position], part)
            continue
        for position in wanted:
            x = inputs[position]
            vjp = op.gradient_of(position)
            if vjp is None:
                continue
            part = vjp(g, result, *inputs, **attrs)
            if part is None:
                continue
            if op.elementwise and part.shape != x.shape:
                part = sum_to(part, x.shape)
            accumulate(x, part)
    return cotangents


def sum_to(g: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Sum ``g`` over the axes along which a value of ``shape`` was broadcast to it."""
    lead = len(g.shape) - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, d in enumerate(shape) if d == 1 and g.shape[lead + i] != 1)
    if axes:
        g = table["sum"](g, axis=axes, keepdims=False)
    return g if g.shape == shape else table["reshape"](g, shape=shape)
