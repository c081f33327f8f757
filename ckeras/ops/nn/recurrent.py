"""SimpleRNN, LSTM and GRU over whole sequences: one op forward and one backward for each, with kernels.

The ops take inputs that are already multiplied by their kernel, so that one product serves all steps, and leave the
gradients of both kernels to products over all steps. Second gradients go through `scan` over `recurrent_steps`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from ckeras import config
from ckeras._kernels import codes
from ckeras.autograd.tape import GradientTape
from ckeras.ops.control.scan import scan
from ckeras.ops.elementwise import activation as more_activations, core as elementwise
from ckeras.ops.elementwise.logic import where
from ckeras.ops.linalg.matrix_products import matmul
from ckeras.ops.manipulation.concat import concatenate
from ckeras.ops.manipulation.creation import zeros
from ckeras.ops.manipulation.layout import expand_dims, reshape, swapaxes
from ckeras.ops.nn import recurrent_steps as steps
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor, table
from ckeras.tensor.dtypes import CODE, ITEMSIZE
from ckeras.tensor.eager import Call

NATIVE = ("float32", "float64")
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: x,
    "relu": elementwise.relu,
    "sigmoid": elementwise.sigmoid,
    "tanh": elementwise.tanh,
    "hard_sigmoid": more_activations.hard_sigmoid,
}
_CODES = codes("recurrent")  # of cells and activations
PANEL = 64  # columns to which the kernels' packed weights and scratch buffers are rounded up, at every level


class Cell(NamedTuple):
    """What the ops of a cell have: ``gates`` blocks of columns, states, the arrays that the forward pass saves for the
    backward pass, those that this makes besides the cotangents of inputs and states, and a step in ops."""

    gates: int
    states: tuple[str, ...]
    saved: tuple[str, ...]
    made_backward: tuple[str, ...]
    step: Callable[..., list[Any]]


CELLS = {
    "simple_rnn": Cell(
        1, ("h",), ("before",), (), lambda x, h, recur, act, gate, bias: steps.simple_rnn(x, h, recur, act)
    ),
    "lstm": Cell(
        4,
        ("h", "c"),
        ("before", "gates", "more"),
        (),
        lambda x, states, recur, act, gate, bias: steps.lstm(x, states, recur, act, gate),
    ),
    "gru": Cell(3, ("h",), ("before", "gates", "more"), ("dq",), steps.gru),
    "gru_before": Cell(
        3, ("h",), ("before", "gates"), ("inner",), lambda *arguments: steps.gru(*arguments, reset_after=False)
    ),
}

# The buffers of the kernels in order, and those whose presence a flag among the parameters tells; see recurrent.c
_FORWARD = ("h", "c", "hs", "before", "gates", "more", "x", "packed", "h0", "c0", "bias", "mask", "dropped")
_FORWARD_OPTIONAL = ("hs", "before", "gates", "more", "c0", "bias", "mask", "dropped")
_BACKWARD_OPTIONAL = ("dq", "inner", "more", "c0", "mask", "dropped", "gh", "gc", "ghs")
_BACKWARD = ("dx", "dh0", "dc0", "dq", "inner", "before", "h", "gates", "packed", *_BACKWARD_OPTIONAL[2:])
_SHAPES = {
    **dict.fromkeys(("h", "c", "h0", "c0", "gh", "gc", "dh0", "dc0"), "batch units"),
    **dict.fromkeys(("hs", "ghs", "before", "more", "inner"), "batch steps units"),
    **dict.fromkeys(("x", "gates", "dx", "dq"), "batch steps columns"),
    "kernel": "units columns",
    "bias": "columns",
    "mask": "batch steps",
    "dropped": "batch gates units",
}


def _infer(cell: str) -> Callable[..., list[Spec]]:
    def infer(*inputs: Any, given: tuple[str, ...], made: tuple[str, ...], **attrs: Any) -> list[Spec]:
        named = dict(zip(given, inputs, strict=True))
        x, units, gates = named["x"], named["kernel"].shape[0], CELLS[cell].gates
        batch, steps = x.shape[:2]
        sizes = {"batch": batch, "steps": steps, "units": units, "gates": gates, "columns": gates * units}

        def shape(name: str) -> tuple[int, ...]:
            return tuple(sizes[size] for size in _SHAPES[name].split())

        for name, value in named.items():
            dtype = "bool" if name == "mask" else x.dtype
            if name in _SHAPES and (value.shape, value.dtype) != (shape(name), dtype):
                raise ValueError(
                    f"{cell} expects {name} to have shape {shape(name)} and dtype {dtype}, got {value.shape} and "
                    f"{value.dtype}"
                )
        return [Spec(shape(name), x.dtype) for name in made]

    return infer


def _kernel(cell: str, name: str, buffers: tuple[str, ...], optional: tuple[str, ...]) -> Callable[..., Any]:
    def kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
        given = attrs["given"]
        x, h0 = (inputs[given.index(name)] for name in ("x", "h0"))
        if x.dtype not in NATIVE:
            return None
        present = {name: i for i, name in enumerate((*attrs["made"], *given))}
        operands = (*(present.get(name, 0) for name in buffers), len(present))
        activations = [_CODES[attrs[name]] for name in ("activation", "gate_activation")]
        p = (CODE[x.dtype], _CODES[cell], *x.shape[:2], h0.shape[1], *activations)
        flags = [int(name in present) for name in optional]
        return [Call(name, operands, (*p, int(attrs["reverse"]), *flags))]

    return kernel


def _workspace(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[int]:
    """Scratch buffers: five like the states, and one for each of up to four gates."""
    h0 = inputs[attrs["given"].index("h0")]
    batch, units = h0.shape
    return [9 * batch * (-(-units // PANEL) * PANEL) * ITEMSIZE[h0.dtype]]


def _kernel_gradient(found: dict[str, Tensor], before: Tensor, dropped: Tensor | None) -> Tensor:
    """The gradient of the recurrent kernel: of the states before each step and the cotangents of their products."""
    q, inner = found.get("dq", found["dx"]), found.get("inner")
    units, gates = before.shape[2], q.shape[2] // before.shape[2]

    def product(state: Tensor, first: int, last: int) -> Tensor:
        part = q if last - first == gates else q[:, :, first * units : last * units]
        rows = reshape(state, (-1, units)), reshape(part, (-1, (last - first) * units))
        return table["matmul"](*rows, transpose_a=True, transpose_b=False)

    def state_of(gate: int) -> Tensor:
        own = before if inner is None or gate < 2 else inner
        return own if dropped is None else own * dropped[:, gate : gate + 1]

    if dropped is not None:
        return concatenate([product(state_of(i), i, i + 1) for i in range(gates)], 1)
    if inner is not None:
        return concatenate([product(before, 0, 2), product(state_of(2), 2, 3)], 1)
    return product(before, 0, gates)


def _move_earlier(cotangents: dict[str, Tensor], reverse: bool) -> Tensor | None:
    """Add the cotangents of the states before each step to those after the step before; return that of h0, if any."""
    g = cotangents.pop("gbefore", None)
    if g is None or g.shape[1] == 0:
        return None
    first, others = (g[:, -1], g[:, :-1]) if reverse else (g[:, 0], g[:, 1:])
    nothing = zeros((g.shape[0], 1, g.shape[2]), g.dtype)
    moved = concatenate([nothing, others] if reverse else [others, nothing], 1)
    cotangents["ghs"] = moved + cotangents["ghs"] if "ghs" in cotangents else moved
    return first


def _joint(cell: str) -> Callable[..., list[Any]]:
    def joint(g: Any, y: list[Tensor], inputs: list[Tensor], wanted: list[int], attrs: dict[str, Any]) -> list[Any]:
        given, made = dict(zip(attrs["given"], inputs, strict=True)), dict(zip(attrs["made"], y, strict=True))
        cotangents = {f"g{name}": v for name, v in zip(attrs["made"], g, strict=True) if v is not None}
        of_h0 = _move_earlier(cotangents, attrs["reverse"])
        more = {name: made[name] for name in ("h", *CELLS[cell].saved)}
        packed = _pack(given["kernel"], cell=cell, transposed=True)
        results = ["dx", *(f"d{name}0" for name in CELLS[cell].states), *CELLS[cell].made_backward]
        sources = {**given, "packed": packed, **more, **cotangents}
        options = {name: attrs[name] for name in ("activation", "gate_activation", "reverse")}
        backward = table[f"{cell}_grad"]
        found = dict(
            zip(results, backward(*sources.values(), given=tuple(sources), made=tuple(results), **options), strict=True)
        )
        if of_h0 is not None:
            found["dh0"] = found["dh0"] + of_h0
        of_weights = {
            "kernel": lambda: _kernel_gradient(found, made["before"], given.get("dropped")),
            "bias": lambda: reduction.sum(found["dq"], (0, 1)),
        }
        names = [attrs["given"][i] for i in wanted]
        return [of_weights[name]() if name in of_weights else found.get(f"d{name}") for name in names]

    return joint


def _grad_joint(cell: str) -> Callable[..., list[Any]]:
    """The gradient of a gradient, by differentiating that of the scan. The saved arrays are taken as constants."""

    def joint(g: Any, y: list[Tensor], inputs: list[Tensor], wanted: list[int], attrs: dict[str, Any]) -> list[Any]:
        given = dict(zip(attrs["given"], inputs, strict=True))
        offset = zeros(given["x"].shape, given["x"].dtype)
        outer, inner = (GradientTape(watch_accessed_variables=False) for _ in range(2))
        with outer:
            outer.watch([inputs[i] for i in wanted])
            with inner:
                of = {"dx": given["x"], "dh0": given["h0"], "dc0": given.get("c0"), "dq": offset}
                sources = {name: of[name] for name in attrs["made"] if name in of}
                inner.watch(list(sources.values()))
                results, state = _by_scan(cell, given, attrs, offset)
            seeds = [given.get(f"g{name}") for name in results]
            found = inner.pullback(list(results.values()), sources, seeds, "zero")
            first = [state if name == "inner" else found[name] for name in attrs["made"]]
        return outer.pullback(first, [inputs[i] for i in wanted], g)

    return joint


def _by_scan(cell: str, given: dict[str, Tensor], attrs: dict[str, Any], offset: Tensor) -> tuple[dict, Tensor]:
    """The results that have cotangents, by a scan, and the states of the last product of each step.

    ``offset`` is added to the products of the states.
    """
    units, names = given["h0"].shape[1], CELLS[cell].states
    kernel, dropped, mask = given["kernel"], given.get("dropped"), given.get("mask")
    act, gate = ACTIVATIONS[attrs["activation"]], ACTIVATIONS[attrs["gate_activation"]]
    rows = {"x": given["x"], "offset": offset, "mask": None if mask is None else expand_dims(mask, -1)}

    def body(states: list[Tensor], row: dict[str, Any]) -> tuple[list[Tensor], tuple[Tensor, Tensor]]:
        multiplied = []

        def recur(state: Tensor, first: int, last: int | None) -> Tensor:
            multiplied.append(state)
            columns = slice(first * units, None if last is None else last * units)
            if dropped is None:
                return matmul(state, kernel[:, columns]) + row["offset"][:, columns]
            parts = [
                matmul(state * dropped[:, i], kernel[:, i * units : (i + 1) * units])
                for i in range(first, CELLS[cell].gates if last is None else last)
            ]
            return concatenate(parts, -1) + row["offset"][:, columns]

        new = CELLS[cell].step(row["x"], states, recur, act, gate, given.get("bias"))
        if row["mask"] is not None:
            new = [where(row["mask"], a, b) for a, b in zip(new, states, strict=True)]
        return new, (new[0], multiplied[-1])

    first = [given[f"{name}0"] for name in names]
    rows = {name: None if x is None else swapaxes(x, 0, 1) for name, x in rows.items()}
    states, (hs, multiplied) = scan(body, first, rows, reverse=attrs["reverse"])
    return {**dict(zip(names, states, strict=True)), "hs": swapaxes(hs, 0, 1)}, swapaxes(multiplied, 0, 1)


def _packed_infer(u: Spec, cell: str, transposed: bool) -> Spec:
    units, columns = u.shape
    return Spec((columns * -(-units // PANEL) * PANEL,), u.dtype)


def _pack_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call]:
    u, cell = inputs[0], _CODES[attrs["cell"]]
    return [Call("recurrent_pack", (0, 1), (CODE[u.dtype], cell, u.shape[0], int(attrs["transposed"])))]


_pack = Op("recurrent_pack", _packed_infer, kernel=_pack_kernel)
for _cell in CELLS:
    Op(
        _cell,
        _infer(_cell),
        kernel=_kernel(_cell, "recurrent", _FORWARD, _FORWARD_OPTIONAL),
        joint=_joint(_cell),
        workspace=_workspace,
    )
    Op(
        f"{_cell}_grad",
        _infer(_cell),
        kernel=_kernel(_cell, "recurrent_grad", _BACKWARD, _BACKWARD_OPTIONAL),
        joint=_grad_joint(_cell),
        workspace=_workspace,
    )


def recurrent(
    cell: str,
    x: Tensor,
    kernel: Tensor,
    states: list[Tensor],
    *,
    activation: str,
    gate_activation: str = "sigmoid",
    bias: Tensor | None = None,
    mask: Tensor | None = None,
    dropped: Tensor | None = None,
    reverse: bool = False,
    sequences: bool = True,
) -> tuple[list[Tensor], Tensor | None]:
    """Run a cell over all steps of sequences; return its states after the last, and its outputs after each.

    Args:
        cell: "simple_rnn", "lstm", "gru", or "gru_before", which resets the state before the product.
        x: inputs that are multiplied by their kernel and have their bias, of shape (batch, steps, gates * units).
        kernel: the recurrent kernel, of shape (units, gates * units).
        states: h, of an LSTM also c, before the first step, of shape (batch, units).
        activation, gate_activation: names among `ACTIVATIONS`.
        bias: of a "gru", added to the product of the state with its kernel, of shape (gates * units,).
        mask: booleans of shape (batch, steps). Where it is false the states stay.
        dropped: factors of the state on its way to each gate, of shape (batch, gates, units).
        reverse: whether to start with the last step. Outputs are in the order of ``x`` in any case.
        sequences: whether to return the outputs of each step, (batch, steps, units); `None` otherwise.

    Raises TypeError unless the dtype is float32 or float64, and ValueError for shapes or dtypes that do not fit.
    """
    if x.dtype not in NATIVE:
        raise TypeError(f"{cell} expects float32 or float64, got {x.dtype}")
    names = CELLS[cell].states
    given = {
        "x": x,
        "kernel": kernel,
        "packed": _pack(kernel, cell=cell, transposed=False),
        **{f"{name}0": state for name, state in zip(names, states, strict=True)},
        "bias": bias,
        "mask": mask,
        "dropped": dropped,
    }
    given = {name: value for name, value in given.items() if value is not None}
    saves = bool(getattr(config.scope, "tapes", ()))
    made = (*names, *(("hs",) if sequences else ()), *(CELLS[cell].saved if saves else ()))
    results = table[cell](
        *given.values(), given=tuple(given), made=made, activation=activation, gate_activation=gate_activation,
        reverse=reverse,
    )  # fmt: skip
    found = dict(zip(made, results, strict=True))
    return [found[name] for name in names], found["hs"] if sequences else None
