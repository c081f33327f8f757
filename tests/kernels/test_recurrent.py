"""Recurrent layers over whole sequences, forward and backward, against loops over steps in float64."""

import numpy as np
import pytest
from guarded import guarded

from ckeras._kernels import codes

CODES = codes("recurrent")
DTYPES = [np.float32, np.float64]
GATES = {"simple_rnn": 1, "lstm": 4, "gru": 3, "gru_before": 3}
CELLS = list(GATES)
# batch, steps, units: single rows and units, one past a vector and a panel, several tiles, empty axes
SIZES = [(1, 1, 1), (3, 2, 7), (2, 5, 17), (5, 3, 33), (14, 2, 65), (1, 3, 128), (2, 0, 5), (0, 2, 5)]
TOLERANCE = {np.float32: 2e-5, np.float64: 1e-12}
FORWARD = ("h", "c", "hs", "before", "gates", "more", "x", "packed", "h0", "c0", "bias", "mask", "dropped")
FORWARD_OPTIONAL = ("hs", "before", "gates", "more", "c0", "bias", "mask", "dropped")
BACKWARD_OPTIONAL = ("dq", "inner", "more", "c0", "mask", "dropped", "gh", "gc", "ghs")
BACKWARD = ("dx", "dh0", "dc0", "dq", "inner", "before", "h", "gates", "packed", *BACKWARD_OPTIONAL[2:])

# Functions, and their derivatives where they have the value y
ACTIVATIONS = {
    "linear": (lambda x: x, lambda y: np.ones_like(y)),
    "relu": (lambda x: np.where(x < 0, 0, x), lambda y: (y > 0) * 1.0),
    "sigmoid": (lambda x: 0.5 + 0.5 * np.tanh(x / 2), lambda y: y * (1 - y)),
    "tanh": (np.tanh, lambda y: 1 - y * y),
    "hard_sigmoid": (lambda x: np.clip(x / 6 + 0.5, 0, 1), lambda y: ((y > 0) & (y < 1)) / 6),
}


def order_of(steps, reverse):
    return range(steps)[::-1] if reverse else range(steps)


def products(h, u, dropped, first, last):
    """The state times its kernel for these gates, with a factor for each gate if something is dropped."""
    n = h.shape[1]
    return [h * (1 if dropped is None else dropped[:, g]) @ u[:, g * n : (g + 1) * n] for g in range(first, last)]


def forward(cell, given, act, gate, reverse):
    """Everything that the kernel makes, in float64."""
    a = {name: np.asarray(v, np.float64) for name, v in given.items() if name != "mask"}
    x, u, h, c = a["x"], a["u"], a["h0"].copy(), a["c0"].copy()
    batch, steps, units, n = *x.shape[:2], h.shape[1], GATES[cell]
    dropped, bias = a.get("dropped"), a.get("bias", np.zeros(n * units)).reshape(n, units)
    made = {"hs": np.zeros((batch, steps, units)), "gates": np.zeros((batch, steps, n, units))}
    made["more"], made["before"] = np.zeros((2, batch, steps, units))
    for t in order_of(steps, reverse):
        z = x[:, t].reshape(batch, n, units).swapaxes(0, 1)
        if cell == "simple_rnn":
            new, values, more = act(z[0] + products(h, u, dropped, 0, 1)[0]), None, None
        elif cell == "lstm":
            z = z + products(h, u, dropped, 0, 4)
            values = [gate(z[0]), gate(z[1]), act(z[2]), gate(z[3])]
            more = values[1] * c + values[0] * values[2]
            new = values[3] * act(more)
        else:
            parts = products(h, u, dropped, 0, 3 if cell == "gru" else 2)
            if cell == "gru":
                parts = [p + b for p, b in zip(parts, bias, strict=True)]
            update, reset = gate(z[0] + parts[0]), gate(z[1] + parts[1])
            more = parts[2] if cell == "gru" else products(reset * h, u, dropped, 2, 3)[0]
            values = [update, reset, act(z[2] + (reset * more if cell == "gru" else more))]
            new = update * h + (1 - update) * values[2]
        kept = given["mask"][:, t, None] if "mask" in given else np.ones((batch, 1), bool)
        made["before"][:, t] = h
        h = np.where(kept, new, h)
        if cell == "lstm":
            c = np.where(kept, more, c)
        made["hs"][:, t] = h
        if values is not None:
            made["gates"][:, t] = np.where(kept[:, None], np.stack(values, 1), 0)
            made["more"][:, t] = c if cell == "lstm" else np.where(kept, more, 0)
    made["gates"] = made["gates"].reshape(batch, steps, n * units)
    return {"h": h, "c": c, **made}


def backward(cell, given, made, act, gate, reverse):
    """The cotangents of x, h0, c0 and the state's products, in float64, from what the forward pass has made."""
    a = {name: np.asarray(v, np.float64) for name, v in given.items() if name != "mask"}
    u, h0, c0 = a["u"], a["h0"], a["c0"]
    batch, steps, units, n = *a["x"].shape[:2], h0.shape[1], GATES[cell]
    dropped = a.get("dropped", np.ones((batch, n, units)))
    dh, dc = a["gh"].copy(), a["gc"].copy()
    dx, dq = (np.zeros((batch, steps, n, units)) for _ in range(2))
    state = np.zeros((batch, steps, units))

    def through(g, first, last):
        return sum(dropped[:, i] * (g[i - first] @ u[:, i * units : (i + 1) * units].T) for i in range(first, last))

    for t in order_of(steps, reverse)[::-1]:
        before = t + 1 if reverse else t - 1
        is_first = not 0 <= before < steps
        h = h0 if is_first else made["hs"][:, before]
        values = made["gates"][:, t].reshape(batch, n, units).swapaxes(0, 1)
        dh = dh + a["ghs"][:, t]
        new_c = np.zeros_like(dc)
        if cell == "simple_rnn":
            own = products_of = [dh * act(made["hs"][:, t])]
            new_h = through(own, 0, 1)
        elif cell == "lstm":
            c = c0 if is_first else made["more"][:, before]
            y, (i, f, v, o) = made["act_c"][:, t], values
            g = dc + dh * o * act(y)
            own = products_of = [g * v * gate(i), g * c * gate(f), g * i * act(v), dh * y * gate(o)]
            new_h, new_c = through(own, 0, 4), g * f
        else:
            z, r, v = values
            g = dh * (1 - z) * act(v)
            gz = dh * (h - v) * gate(z)
            if cell == "gru":
                gr = g * made["more"][:, t] * gate(r)
                own, products_of = [gz, gr, g], [gz, gr, g * r]
                new_h = dh * z + through(products_of, 0, 3)
            else:
                inner = through([g], 2, 3)
                own = products_of = [gz, inner * h * gate(r), g]
                new_h = dh * z + inner * r + through(own[:2], 0, 2)
        kept = given["mask"][:, t, None] if "mask" in given else np.ones((batch, 1), bool)
        if cell == "gru_before":
            state[:, t] = np.where(kept, values[1] * h, 0)
        dx[:, t] = np.where(kept[:, None], np.stack(own, 1), 0)
        dq[:, t] = np.where(kept[:, None], np.stack(products_of, 1), 0)
        dh, dc = np.where(kept, new_h, dh), np.where(kept, new_c, dc)
    return {"dx": dx.reshape(a["x"].shape), "dq": dq.reshape(a["x"].shape), "dh0": dh, "dc0": dc, "inner": state}


def samples(cell, size, dtype, options=()):
    rng = np.random.default_rng(1)
    batch, steps, units = size
    n = GATES[cell]

    def normal(*shape):
        return rng.standard_normal(shape).astype(dtype)

    given = {"x": normal(batch, steps, n * units), "u": normal(units, n * units) / dtype(units**0.5)}
    given |= {"h0": normal(batch, units), "c0": normal(batch, units)}
    given |= {"gh": normal(batch, units), "gc": normal(batch, units), "ghs": normal(batch, steps, units)}
    if "bias" in options:
        given["bias"] = normal(n * units)
    if "mask" in options:
        given["mask"] = rng.random((batch, steps)) < 0.6
        given["mask"][: batch // 2] = False
    if "dropped" in options:
        given["dropped"] = ((rng.random((batch, n, units)) < 0.7) / 0.7).astype(dtype)
    return given


def padded(units):
    return -(-units // 64) * 64


def packed(level, cell, u, transposed):
    units, columns = u.shape
    out, intact = guarded((columns * padded(units),), u.dtype)
    level.call("recurrent_pack", [out], [u], [DTYPES.index(u.dtype), CODES[cell], units, transposed])
    assert intact()
    return out


def call(level, name, cell, made, given, order, optional, act, gate, reverse):
    """Run a kernel; ``made`` are its outputs, guarded. Absent buffers are an empty array."""
    x = given["x"] if "x" in given else made["dx"]
    batch, steps, units = *x.shape[:2], given["h0"].shape[1]
    work, intact = guarded((9 * batch * padded(units),), x.dtype)
    work[...] = np.nan
    empty = np.empty(0, x.dtype)
    buffers = [made[n] if n in made else given.get(n, empty) for n in order]
    p = [DTYPES.index(x.dtype), CODES[cell], batch, steps, units, CODES[act], CODES[gate], reverse]
    level.call(name, buffers, [work], [*p, *(n in made or n in given for n in optional)])
    assert intact()


def outputs(shapes, dtype):
    arrays = {name: guarded(shape, dtype) for name, shape in shapes.items()}
    return {name: a for name, (a, _) in arrays.items()}, [intact for _, intact in arrays.values()]


def run_forward(level, cell, given, act="tanh", gate="sigmoid", reverse=False, saves=True):
    batch, steps, units = *given["x"].shape[:2], given["h0"].shape[1]
    shapes = {"h": (batch, units)}
    if cell == "lstm":
        shapes["c"] = (batch, units)
    if saves:
        shapes["hs"] = shapes["before"] = (batch, steps, units)
        if cell != "simple_rnn":
            shapes["gates"] = given["x"].shape
        if cell in ("lstm", "gru"):
            shapes["more"] = (batch, steps, units)
    made, intact = outputs(shapes, given["x"].dtype)
    for array in made.values():
        array[...] = 0
    used = {**given, "packed": packed(level, cell, given["u"], 0)}
    if cell != "lstm":
        del used["c0"]
    call(level, "recurrent", cell, made, used, FORWARD, FORWARD_OPTIONAL, act, gate, reverse)
    assert all(check() for check in intact)
    return made


def run_backward(level, cell, given, made, act="tanh", gate="sigmoid", reverse=False):
    batch, units = given["h0"].shape
    shapes = {"dx": given["x"].shape, "dh0": (batch, units)}
    if cell == "lstm":
        shapes["dc0"] = (batch, units)
    if cell == "gru":
        shapes["dq"] = given["x"].shape
    if cell == "gru_before":
        shapes["inner"] = given["h0"].shape[:1] + given["x"].shape[1:2] + given["h0"].shape[1:]
    results, intact = outputs(shapes, given["x"].dtype)
    used = {name: v for name, v in given.items() if name not in ("x", "u", "bias")}
    used |= {name: made[name] for name in ("before", "h", "gates", "more") if name in made}
    used["packed"] = packed(level, cell, given["u"], 1)
    if cell != "lstm":
        del used["c0"], used["gc"]
    call(level, "recurrent_grad", cell, results, used, BACKWARD, BACKWARD_OPTIONAL, act, gate, reverse)
    assert all(check() for check in intact)
    return results


def check(level, cell, given, act="tanh", gate="sigmoid", reverse=False):
    """Compare both passes with the reference, which gets the arrays that the kernel saved."""
    dtype = given["x"].dtype.type
    (f, df), (g, dg) = ACTIVATIONS[act], ACTIVATIONS[gate]
    made = run_forward(level, cell, given, act, gate, reverse)
    expected = forward(cell, given, f, g, reverse)
    if "mask" in given and "gates" in made:
        made["gates"][~given["mask"]] = 0  # undefined
    for name, array in made.items():
        np.testing.assert_allclose(array, expected[name], TOLERANCE[dtype], TOLERANCE[dtype], err_msg=name)
    used = {name: np.asarray(v, np.float64) for name, v in made.items()}
    used.setdefault("gates", np.zeros(given["x"].shape))
    if cell == "lstm":
        used["act_c"] = f(used["more"])
    results = run_backward(level, cell, given, made, act, gate, reverse)
    expected = backward(cell, given, used, df, dg, reverse)
    for name, array in results.items():
        np.testing.assert_allclose(array, expected[name], TOLERANCE[dtype], TOLERANCE[dtype], err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
@pytest.mark.parametrize("cell", CELLS)
def test_sizes(threaded, cell, dtype):
    for size in SIZES:
        check(threaded, cell, samples(cell, size, dtype, ("bias",) if cell == "gru" else ()))


@pytest.mark.parametrize("options", [("mask",), ("dropped",), ("mask", "dropped")], ids="-".join)
@pytest.mark.parametrize("reverse", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("cell", CELLS)
def test_options(threaded, cell, reverse, options):
    for size in ((3, 5, 17), (1, 2, 33), (9, 3, 4)):
        check(threaded, cell, samples(cell, size, np.float64, options), reverse=reverse)
        check(threaded, cell, samples(cell, size, np.float32, options), reverse=reverse)


@pytest.mark.parametrize("cell", CELLS)
def test_activations(level, cell):
    for act in ACTIVATIONS:
        for gate in ACTIVATIONS:
            given = samples(cell, (3, 2, 9), np.float64)
            given["x"] *= 3  # beyond the linear part of the hard sigmoid
            check(level, cell, given, act, gate)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
@pytest.mark.parametrize("cell", CELLS)
def test_threads_give_the_same_bits(level, cell, dtype):
    given = samples(cell, (23, 40, 65), dtype, ("mask",))  # enough work for several threads
    found = []
    for threads in (1, 2, 3, 5):
        level.set_threads(threads)
        made = run_forward(level, cell, given)
        found.append([*made.values(), *run_backward(level, cell, given, made).values()])
    level.set_threads(1)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("cell", CELLS)
def test_rows_do_not_depend_on_the_batch(level, cell):
    given = samples(cell, (13, 4, 33), np.float32)
    whole = run_forward(level, cell, given)
    for i in range(13):
        row = {name: v if name == "u" else v[i : i + 1].copy() for name, v in given.items()}
        for name, array in run_forward(level, cell, row).items():
            np.testing.assert_array_equal(array[0], whole[name][i], err_msg=name)


@pytest.mark.parametrize("cell", CELLS)
def test_inference_saves_nothing_and_gives_the_same_bits(level, cell):
    given = samples(cell, (5, 6, 20), np.float32, ("mask",))
    saved, plain = run_forward(level, cell, given), run_forward(level, cell, given, saves=False)
    for name, array in plain.items():
        np.testing.assert_array_equal(array, saved[name], err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
@pytest.mark.parametrize("cell", CELLS)
def test_not_finite(level, cell, dtype):
    """NaN and infinities reach the rows that have them, from that step on, and no other rows."""
    given = samples(cell, (4, 5, 19), dtype)
    given["x"][1, 2, 3] = np.nan
    given["x"][2, 1] = np.inf
    with np.errstate(all="ignore"):
        expected = forward(cell, given, ACTIVATIONS["tanh"][0], ACTIVATIONS["sigmoid"][0], False)
    made = run_forward(level, cell, given)
    assert np.isnan(made["hs"][1, 2:]).any(-1).all()
    for name in ("h", "hs"):
        np.testing.assert_allclose(made[name], expected[name], TOLERANCE[dtype], TOLERANCE[dtype], err_msg=name)
    results = run_backward(level, cell, given, made)
    assert np.isfinite(results["dx"][[0, 3]]).all() and np.isnan(results["dx"][1]).any()


def test_masked_steps_ignore_their_input(level):
    for cell in CELLS:
        given = samples(cell, (4, 5, 19), np.float32, ("mask",))
        clean = run_forward(level, cell, given)
        given["x"][~given["mask"]] = np.nan
        for name, array in run_forward(level, cell, given).items():
            if name != "gates":
                np.testing.assert_array_equal(array, clean[name], err_msg=name)
        assert np.isfinite(run_backward(level, cell, given, clean)["dx"]).all()
        np.testing.assert_array_equal(run_backward(level, cell, given, clean)["dx"][~given["mask"]], 0)
