"""The op table: everything a model computes is a call of one of its ops.

An op defines the shapes and dtypes of its results (`infer`), its computation (`kernel`, native, or `forward`, numpy)
and the gradient of each argument (`vjp`, written in ops). A call does one of three things, depending only on the
arguments: run eagerly, infer symbolic results, or add a node to the running trace.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ckeras import config
from ckeras._kernels import level
from ckeras.tensor import dtypes, eager, limits
from ckeras.tensor.graph import Node, OpCall
from ckeras.tensor.operators import functions
from ckeras.tensor.tensor import KerasTensor, Spec, Tensor, TracedTensor
from ckeras.tensor.variable import Variable

scope = config.scope
table: dict[str, "Op"] = {}


class Op:
    """An op definition, registered in the op table.

    Args:
        name: the key in the table.
        infer: ``infer(*inputs, **attrs) -> Spec`` or a list of them; dimensions may be `None`. Raises ValueError
            for inputs that do not fit, and does so before anything is computed.
        forward: ``forward(*arrays, **attrs)`` on numpy arrays, for dtypes or cases with no native kernel.
        kernel: ``kernel(inputs, outputs, attrs)`` returns the native calls (`eager.Call`) that compute the op, or
            `None` if there is no native kernel.
        vjp: for each input a function ``(g, y, *inputs, **attrs) -> gradient`` of the output's cotangent ``g``
            and the output ``y`` (lists of them if the op has several outputs), or `None` if the input has no gradient.
        joint: instead of ``vjp``, ``(g, y, inputs, wanted, attrs) -> gradients`` of the inputs at the positions
            ``wanted``, for an op that computes them together.
        nested: ``nested(inputs, outputs, attrs) -> Nested``: this op runs other, already traced graphs; it occurs only
            in traces.
        elementwise: whether each output element depends only on the broadcast inputs' elements at its index; the op is
            then an elementwise instruction, and consecutive ones are fused into one kernel.
        alias: whether the output is the first input's memory under another shape.
        index_limit: ``(position, limit)``: the input at ``position`` holds indices in [0, limit(inputs, attrs)).
        opcode: ``opcode(inputs, output) -> str``, the elementwise instruction of the op; by default the op's name with
            the dtype of the last input.
        workspace: ``workspace(inputs, outputs, attrs) -> sizes`` in bytes of the scratch buffers that the native calls
            use. They follow the inputs among the buffers of a call; their contents are undefined before and after it.
        donates: for an output (the key) the input whose memory it may reuse, if the input is not read afterwards. They
            have the same shape and dtype. A copy of that input to the output among the native calls is then left out;
            no other call may read the input after one has written the output, and that one reads an element of the
            input before it writes the element of the output.
        effect: whether a call has side effects, such as I/O. Such calls are neither dropped, shared nor computed ahead,
            and run in program order.
        bytewise: whether ``forward`` gets arrays of the dtypes of ml_dtypes as they are; others get them as float32.
    """

    def __init__(
        self,
        name: str,
        infer: Callable[..., Any],
        forward: Callable[..., Any] | None = None,
        kernel: Callable[..., Any] | None = None,
        vjp: Sequence[Callable[..., Any] | None] | Callable[[int], Callable[..., Any]] | None = None,
        joint: Callable[..., list[Any]] | None = None,
        nested: Callable[..., Any] | None = None,
        elementwise: bool = False,
        alias: bool = False,
        index_limit: tuple[int, Callable[..., int]] | None = None,
        opcode: Callable[..., str] | None = None,
        workspace: Callable[..., Sequence[int]] | None = None,
        donates: dict[int, int] | None = None,
        effect: bool = False,
        bytewise: bool = False,
    ):
        if name in table:
            raise ValueError(f"the op table already has an op {name!r}")
        self.name = name
        self.infer = infer
        self.forward = forward
        self.kernel = kernel
        self.vjp = vjp
        self.joint = joint
        self.nested = nested
        self.elementwise = elementwise
        self.alias = alias
        self.index_limit = index_limit
        self._opcode = opcode
        self.workspace = workspace
        self.donates = donates or {}
        self.effect = effect
        self.bytewise = bytewise
        table[name] = self

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> Any:
        return _row, (self.name,)  # copied and pickled by name

    def opcode(self, inputs: Sequence[Spec], output: Spec) -> int | None:
        """The elementwise instruction that computes this op for these dtypes; `None` if there is none."""
        name = self._opcode(inputs, output) if self._opcode else f"{self.name}.{dtypes.SUFFIX.get(inputs[-1].dtype)}"
        return level.opcodes.get(name)

    def gradient_of(self, position: int) -> Callable[..., Any] | None:
        """The gradient function of the input at ``position``, or `None`."""
        if self.vjp is None:
            return None
        if callable(self.vjp):
            return self.vjp(position)
        return self.vjp[position] if position < len(self.vjp) else None

    def __call__(self, *inputs: Any, **attrs: Any) -> Any:
        kind = Tensor
        tensors = []
        for x in inputs:
            if not isinstance(x, Tensor):
                x = as_tensor(x)
            cls = type(x)
            if cls is not Tensor and kind is not KerasTensor:
                kind = cls
            tensors.append(x)
        tapes = getattr(scope, "tapes", None)
        effect = self.effect and getattr(scope, "trace", None) is not None
        if kind is TracedTensor or (kind is Tensor and (self.nested or effect or (tapes and _is_followed(tensors)))):
            trace = getattr(scope, "trace", None) or tensors_trace(tensors)
            tensors = [trace.resolve(x) for x in tensors]
            result = trace.add(self, tensors, attrs)
        elif kind is Tensor:
            result = eager.run(self, tensors, attrs)
        else:
            result = self._symbolic(tensors, attrs)
        if tapes:
            for tape in tapes:
                tape.record(self, tensors, attrs, result)
        return result

    def _symbolic(self, inputs: list[Tensor], attrs: dict[str, Any]) -> Any:
        if any(x.dtype == "string" for x in inputs):
            raise TypeError(f"{self.name} expects numbers, got a symbolic tensor of strings")
        specs, single = limits.checked(self.name, self.infer(*inputs, **attrs))
        results = [KerasTensor(s.shape, s.dtype) for s in specs]
        if not getattr(scope, "infers", False):
            Node(OpCall(self, attrs), tuple(inputs), {}, results)
        return results[0] if single else results


def _row(name: str) -> Op:
    return table[name]


def _is_followed(tensors: Sequence[Tensor]) -> bool:
    """Whether a branch or loop body is being traced and a tape outside of it watches one of these known values."""
    trace = getattr(scope, "trace", None)
    return trace is not None and any(map(trace.follows, tensors))


def tensors_trace(tensors: Sequence[Tensor]) -> Any:
    """The trace that the traced ones among ``tensors`` belong to."""
    return next(x.trace for x in tensors if type(x) is TracedTensor)


def as_tensor(x: Any, dtype: str | None = None) -> Tensor:
    """Convert ``x`` to a tensor; arrays are shared unless a tape is recording, which must keep the values it saw."""
    if isinstance(x, Tensor):
        return x
    if isinstance(x, Variable):
        return x.value
    if isinstance(x, np.ndarray):
        if getattr(scope, "tapes", None):
            return eager.wrap(x.copy())
        t = eager.wrap(x)
        t._borrowed = t._array is x  # so that views of it are copies, which the array's owner cannot change
        return t
    if isinstance(x, (list, tuple)) and any(isinstance(v, (Tensor, Variable)) for v in _leaves(x)):
        return functions["stack"]([as_tensor(v) for v in x])
    return eager.constant(x, dtype)


def _leaves(x: Any) -> Any:
    for v in x:
        if isinstance(v, (list, tuple)):
            yield from _leaves(v)
        else:
            yield v
