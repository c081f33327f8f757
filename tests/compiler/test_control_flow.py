"""Branches and loops inside plans: results compared with a run op by op, and the contents of the plans."""

import signal
import threading

import numpy as np
import pytest

import ckeras
from ckeras import config, ops
from ckeras.autograd import GradientTape
from ckeras.compiler.function import compile_plan
from ckeras.tensor import Spec, Variable
from ckeras.tensor.structure import flatten

rng = np.random.default_rng(0)
F4 = np.arange(4, dtype="float32")
ROWS = rng.standard_normal((5, 4)).astype("float32")
SQUARE = (0.3 * rng.standard_normal((4, 4))).astype("float32")


def plan_of(f, *arrays):
    plan, _ = compile_plan(f, [Spec(a.shape, str(a.dtype)) for a in arrays], tuple)
    return plan


def check(f, *arrays, native=True, tolerance=1e-5):
    """The plan of ``f`` gives what ``f`` gives op by op, twice; its plan."""
    arrays = [np.asarray(a) for a in arrays]
    plan = plan_of(f, *arrays)
    expected = [y.numpy() for y in flatten(f(*map(ops.convert_to_tensor, arrays))) if y is not None]
    for _ in range(2):
        for y, e in zip(plan.run(arrays), expected, strict=True):
            assert y.dtype == e.dtype and y.shape == e.shape
            np.testing.assert_allclose(y, e, rtol=tolerance, atol=tolerance)
    assert (plan.python_instructions == 0) == native
    return plan


def gradient_of(f, order=1):
    """A function that gives the gradients of the sum of all that ``f`` gives, of the ``order``-th derivative."""

    def gradients(*xs):
        with GradientTape() as tape:
            tape.watch(xs)
            found = gradient_of(f, order - 1)(*xs) if order > 1 else f(*xs)
            total = sum(ops.sum(ops.square(y)) for y in flatten(found) if y is not None and "float" in y.dtype)
        return list(tape.gradient(total, xs, unconnected_gradients="zero"))

    return gradients


def labels(plan):
    return [i.name for i in plan.instructions]


# -- branches


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_cond(sign, order):
    def f(x, p):
        return ops.cond(ops.sum(p) > 0, lambda: ops.exp(x) * p, lambda: x * x * x)

    check(gradient_of(f, order) if order else f, F4, np.float32([sign]), tolerance=1e-4)


def test_only_the_branch_that_is_chosen_is_run():
    table = np.zeros((3, 2), "float32")

    def f(i):
        return ops.cond(i < 3, lambda: ops.sum(ops.take(ops.convert_to_tensor(table), i, axis=0)), lambda: -1.0)

    plan = check(f, np.int32(7))
    assert labels(plan) == ["map", "branch"]
    with pytest.raises(IndexError, match="take_rows: index -5"):
        plan.run([np.array(-5, "int32")])


def test_switch_takes_the_nearest_branch():
    branches = [lambda a: a, lambda a: a * 2, lambda a: ops.exp(a)]
    for index in (-3, 0, 1, 2, 9):
        check(lambda i, x: ops.switch(i, branches, x), np.int32(index), F4)
        check(gradient_of(lambda x, i: ops.switch(ops.cast(i, "int32"), branches, x)), F4, np.float32(index))


def test_structures_and_none():
    def f(x, p):
        return ops.cond(
            p, lambda: {"a": x + 1, "b": [None, (x, 2)]}, lambda: {"a": x, "b": [None, (x * 2, ops.sum(x) > 100)]}
        )

    with pytest.raises(ValueError, match="same shapes and dtypes"):
        plan_of(f, F4, np.array(True))

    def g(x, p):
        return ops.cond(p, lambda: {"a": x + 1, "b": [None, (x, 2.0)]}, lambda: {"a": x, "b": [None, (x * 2, x[0])]})

    check(g, F4, np.array(True))
    check(g, F4, np.array(False))


def test_a_python_number_takes_the_dtype_of_the_other_branch():
    plan = plan_of(lambda x, p: ops.cond(p, lambda: 1, lambda: ops.sum(x)), np.arange(3.0), np.array(True))
    (y,) = plan.run([np.arange(3.0), np.array(True)])
    assert y.dtype == "float64" and y == 1


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda x: x[:2], "same shapes and dtypes"),
        (lambda x: ops.cast(x, "int32"), "same shapes and dtypes"),
        (lambda x: (x, x), "one structure"),
        (lambda x: None, "one structure"),
    ],
)
def test_branches_that_differ(other, message):
    with pytest.raises(ValueError, match=message):
        plan_of(lambda x, p: ops.cond(p, lambda: x, lambda: other(x)), F4, np.array(True))


def test_a_branch_assigns_a_variable():
    v, w = Variable(np.float32(1)), Variable(np.zeros(4, "float32"))

    def step(x):
        def yes():
            v.assign(v * 2)

        def no():
            w.assign(w + x)
            v.assign_add(1.0)

        ops.cond(ops.sum(x) > 0, yes, no)
        return v * 10

    plan = plan_of(step, F4)
    assert plan.run([F4])[0] == 20 and v.numpy() == 2 and not w.numpy().any()
    assert plan.run([-F4])[0] == 30 and v.numpy() == 3
    np.testing.assert_array_equal(w.numpy(), -F4)


def test_the_gradient_by_a_variable_that_a_branch_reads():
    w = Variable(np.float32(2))

    def f(p):
        with GradientTape() as tape:
            y = ops.cond(p > 0, lambda: w * w, lambda: w * 3)
        return tape.gradient(y, w)

    assert plan_of(f, np.float32(1)).run([np.array(1, "float32")])[0] == 4
    check(f, np.float32(-1))


def test_the_gradient_by_a_value_that_is_known():
    def f(p):
        x = ops.convert_to_tensor(3.0)
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.cond(p > 0, lambda: x * x, lambda: x * 1)
        return tape.gradient(y, x)

    for p in (1, -1):
        check(f, np.float32(p))


def test_values_stay_where_they_were_computed():
    kept = []

    def f(x, p):
        ops.cond(p, lambda: kept.append(x * 2), lambda: kept.append(x))
        return kept[1] + 1

    with pytest.raises(RuntimeError, match="branch or loop body"):
        plan_of(f, F4, np.array(True))


# -- loops


def recurrent(x, w):
    last, rows = ops.scan(
        lambda h, r: (ops.tanh(ops.matmul(h, w) + r), h * 2), ops.zeros((1, 4)), ops.reshape(x, (5, 1, 4))
    )
    return last, rows


@pytest.mark.parametrize("order", [0, 1, 2])
def test_scan(order):
    plan = check(gradient_of(recurrent, order) if order else recurrent, ROWS, SQUARE, tolerance=1e-4)
    assert labels(plan).count("loop") == [1, 2, 5][order] or order == 2


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("unroll", [1, 2, 3, 5, True, False])
def test_scan_in_both_directions(reverse, unroll):
    def f(x):
        return ops.scan(
            lambda c, r: (c * 0.5 + r, {"a": c, "b": [r, None]}), ops.zeros(4), x, reverse=reverse, unroll=unroll
        )

    check(f, ROWS)
    check(gradient_of(f), ROWS)


def test_a_scan_without_a_gradient_keeps_nothing():
    def f(x):
        return ops.scan(lambda c, r: (c + r, None), ops.zeros(4), x)[0]

    plan = check(f, ROWS)
    assert [i.label for i in plan.instructions[0].plans[0].instructions] == ["add"]
    assert plan.arena_bytes <= 64 * (2 + 5)


def test_a_loop_within_a_loop_stacks_only_what_is_read():
    def f(x):
        return ops.map(lambda r: ops.fori_loop(0, 3, lambda i, a: a * r, r), x)

    plan = check(gradient_of(f), ROWS)
    (inner,) = [i for i in plan.instructions[0].plans[0].instructions if i.name == "loop"]
    assert len(inner.operands) == 3  # the carry in the end and at first, and the row: nothing is kept


@pytest.mark.parametrize("count", [0, 3, 30])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_while_loop(count, order):
    def f(x, n):
        return ops.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * x), (0.0, x), maximum_iterations=10)[1]

    check(gradient_of(f, order) if order else f, F4 / 4 + 1, np.float32(count), tolerance=1e-4)


def test_while_loop_without_a_limit():
    def f(n):
        return ops.while_loop(lambda s: s["i"] < n, lambda s: {"i": s["i"] + 1, "x": s["x"] * 2}, {"i": 0, "x": 1.0})

    check(f, np.int32(12))
    with pytest.raises(ValueError, match="maximum_iterations"):
        plan_of(gradient_of(lambda x: ops.while_loop(lambda y: y < 100, lambda y: y * x, x)), np.float32(2))


def test_fori_loop():
    def f(x):
        return ops.fori_loop(2, 6, lambda i, a: a * x + ops.cast(i, "float32"), x)

    check(f, F4)
    check(gradient_of(f), F4, tolerance=1e-4)
    check(lambda n, x: ops.fori_loop(1, n, lambda i, a: a * 2 + i, x), np.int32(4), F4)
    check(lambda n, x: ops.fori_loop(n, 1, lambda i, a: a * 2 + i, x), np.int32(4), F4)


def test_no_round_at_all():
    check(lambda x: ops.fori_loop(5, 2, lambda i, a: a * x, x), F4)
    check(gradient_of(lambda x: ops.fori_loop(5, 2, lambda i, a: a * x, x * x)), F4)
    check(gradient_of(lambda x: ops.while_loop(lambda a: True, lambda a: a * x, x * x, maximum_iterations=0)), F4)
    check(gradient_of(lambda x: ops.scan(lambda c, r: (c + r, c), ops.sum(x, axis=0), x[:0])), ROWS)
    check(lambda x: ops.fori_loop(0, 3, lambda i, a: ops.concatenate([a[:0], a]), x), F4[:0])


def test_a_whole_training_in_a_loop():
    def made():
        ckeras.utils.set_random_seed(0)
        layers = ckeras.layers
        model = ckeras.Sequential([layers.Input((4,)), layers.Dense(8, "tanh"), layers.Dropout(0.3), layers.Dense(1)])
        optimizer = ckeras.optimizers.Adam(0.01)
        optimizer.build(model.trainable_variables)

        def step(x, y):
            with GradientTape() as tape:
                loss = ops.mean(ops.square(model(x, training=True) - y))
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            return loss

        return model, step

    x, y = rng.standard_normal((6, 8, 4)).astype("float32"), rng.standard_normal((6, 8, 1)).astype("float32")
    model, step = made()
    expected = [float(step(ops.convert_to_tensor(a), ops.convert_to_tensor(b))) for a, b in zip(x, y, strict=True)]
    looped, looped_step = made()
    plan = plan_of(lambda x, y: ops.scan(lambda c, batch: (c, looped_step(*batch)), 0, (x, y))[1], x, y)
    assert plan.python_instructions == 0 and labels(plan)[0] == "loop"
    np.testing.assert_allclose(plan.run([x, y])[0], expected, 1e-4)
    for a, b in zip(model.variables, looped.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-4, 1e-6)


def test_the_gradient_of_an_optimization_by_its_rate():
    def f(rate):
        def descend(i, a):
            with GradientTape() as tape:
                tape.watch(a)
                loss = ops.square(a - 3)
            return a - rate * tape.gradient(loss, a)

        return ops.fori_loop(0, 5, descend, ops.zeros(()))

    check(gradient_of(f), np.float32(0.1))


def test_map_and_vectorized_map():
    for f in (ops.map, ops.vectorized_map):
        check(lambda x, f=f: f(lambda r: {"sum": ops.sum(r), "row": r * 2}, x), ROWS)
        check(gradient_of(lambda x, f=f: f(lambda r: ops.sum(r) * r, x)), ROWS)
        check(lambda x, f=f: f(lambda pair: pair[0] * pair[1], [x, x[:, :1]]), ROWS)
        check(lambda x, f=f: f(lambda r: ops.sum(r) * 2, x), np.zeros((0, 4), "float32"))


def nested(x):
    def row(r):
        return ops.cond(
            ops.sum(r) > 0, lambda: ops.fori_loop(0, 3, lambda i, a: a + r * r * ops.cast(i, "float32"), r), lambda: -r
        )

    return ops.map(row, x)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_loops_within_branches_within_loops(order):
    check(gradient_of(nested, order) if order else nested, ROWS, tolerance=1e-3)


def test_python_instructions_in_a_body():
    def f(x):
        return ops.scan(lambda c, r: (c + r * r, c), ops.zeros((3,), "uint8"), x)

    plan = check(f, np.arange(12, dtype="uint8").reshape(4, 3), native=False)
    assert "python" in str(plan) and plan.python_instructions >= 2

    def g(x, n):
        return ops.while_loop(
            lambda i, c: ops.all(c * c < n), lambda i, c: (i + 1, c + x), (0, ops.zeros((3,), "uint8"))
        )

    check(g, np.arange(3, dtype="uint8"), np.uint8(50), native=False)


def test_carries_that_are_swapped():
    def f(x, y):
        return ops.fori_loop(0, 5, lambda i, ab: (ab[1], ab[0] + ab[1], ab[2]), (x, y, x))

    check(f, F4, F4 + 1)
    check(gradient_of(f), F4, F4 + 1, tolerance=1e-3)
    check(lambda x: ops.scan(lambda c, r: (r, c), ops.zeros(4), x), ROWS)


def test_a_loop_that_assigns_variables():
    total, last = Variable(np.float32(0)), Variable(np.zeros(4, "float32"))

    def step(x):
        def body(c, r):
            before = total.value
            total.assign_add(ops.sum(r))
            last.assign(r)
            return c + total, before

        return ops.scan(body, 0.0, x)

    plan = plan_of(step, ROWS)
    carry, rows = plan.run([ROWS])
    sums = np.cumsum(ROWS.sum(1))
    np.testing.assert_allclose(total.numpy(), sums[-1], rtol=1e-5)
    np.testing.assert_allclose(rows, [0, *sums[:-1]], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(carry, sums.sum(), rtol=1e-5)
    np.testing.assert_array_equal(last.numpy(), ROWS[-1])


def test_a_variable_read_before_a_loop_keeps_its_value_in_it():
    v = Variable(np.float32(1))

    def step(x):
        before = v.value
        return ops.fori_loop(0, 4, lambda i, s: s + before * v.assign_add(1.0), x)

    assert plan_of(step, np.float32(0)).run([np.array(0, "float32")])[0] == 2 + 3 + 4 + 5


def test_the_test_of_a_loop_sees_what_its_body_assigns():
    v = Variable(np.float32(0))

    def step(n):
        return ops.while_loop(lambda i: v < n, lambda i: i + ops.cast(v.assign_add(2.0) > 4, "int32"), 0)

    assert plan_of(step, np.float32(7)).run([np.array(7, "float32")])[0] == 2
    assert v.numpy() == 8
    with pytest.raises(ValueError, match="cannot assign"):
        plan_of(lambda n: ops.while_loop(lambda i: v.assign_add(1.0) < n, lambda i: i + 1, 0), np.float32(7))


def test_random_numbers_in_a_loop():
    seeds = ckeras.random.SeedGenerator(3)

    def f(n):
        def body(i, s):
            return i + 1, s + ckeras.random.uniform((2,), seed=seeds)

        return ops.while_loop(lambda i, s: i < n, body, (0, ops.zeros(2)))[1]

    found = plan_of(f, np.int32(4)).run([np.array(4, "int32")])[0]
    state = seeds.state.numpy()
    seeds.state.assign([3, 0])
    np.testing.assert_allclose(f(ops.convert_to_tensor(4)).numpy(), found, rtol=1e-6)
    np.testing.assert_array_equal(seeds.state.numpy(), state)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda x: x[:2], "shapes and dtypes stay"),
        (lambda x: ops.cast(x, "float64"), "shapes and dtypes stay"),
        (lambda x: (x, x), "what it receives"),
    ],
)
def test_a_body_that_gives_another_kind(body, message):
    with pytest.raises(ValueError, match=message):
        plan_of(lambda x: ops.fori_loop(0, 3, lambda i, c: body(c), x), F4)
    with pytest.raises(ValueError, match=message):
        ops.fori_loop(0, 3, lambda i, c: body(c), F4)
    with pytest.raises(ValueError, match=message):
        ops.while_loop(lambda c: ops.sum(c) < 100, body, F4)


# -- running


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_bits_for_any_number_of_threads(threads):
    x, w = rng.standard_normal((6, 64, 256)).astype("float32"), (SQUARE[0, 0] * np.eye(256)).astype("float32")

    def f(x, w):
        return ops.scan(lambda c, r: (ops.tanh(ops.matmul(c, w) + r), ops.sum(c)), ops.zeros((64, 256)), x)

    plan = plan_of(gradient_of(f), x, w)
    before = config.get_threads()
    try:
        config.set_threads(1)
        expected = plan.run([x, w])
        config.set_threads(threads)
        for y, e in zip(plan.run([x, w]), expected, strict=True):
            np.testing.assert_array_equal(y, e)
    finally:
        config.set_threads(before)


def test_several_threads_may_run_a_plan_with_loops():
    plan = plan_of(recurrent, ROWS, SQUARE)
    inputs = [ROWS + i for i in range(8)]
    expected = [plan.run([x, SQUARE]) for x in inputs]
    found = [None] * 8

    def work(i):
        for _ in range(50):
            found[i] = plan.run([inputs[i], SQUARE])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for a, b in zip(found, expected, strict=True):
        for y, e in zip(a, b, strict=True):
            np.testing.assert_array_equal(y, e)


def test_a_signal_ends_a_loop_that_never_would():
    plan = plan_of(lambda x: ops.while_loop(lambda y: y >= 0, lambda y: y * 1.0 + 0.5 - 0.5, x), np.float32(1))
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            plan.run([np.array(1, "float32")])
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_plan_shows_and_profiles_its_loops():
    plan = plan_of(nested, ROWS)
    text = str(plan)
    assert labels(plan) == ["loop"] and "branch" in text and "muladd" in text and "0 in Python" in text
    assert "loop" in str(plan.profile([ROWS]))


def test_control_flow_in_a_compiled_function_asks_for_no_values(recwarn):
    @ckeras.function
    def collatz(n):
        return ops.while_loop(
            lambda n, steps: n > 1,
            lambda n, steps: (ops.cond(n % 2 == 0, lambda: n // 2, lambda: 3 * n + 1), steps + 1),
            (n, 0),
        )[1]

    assert int(collatz(ops.convert_to_tensor(27))) == 111
    assert len(collatz.plans.values()) == 1 and not recwarn.list


# -- random loops


def random_loop(seed):
    """A loop whose body makes random values of its carries, rows and captured values, and gives any of them."""
    choices = np.random.default_rng(seed).integers(0, 1_000_000, 200)
    carries = 1 + choices[0] % 4

    def f(x, w):
        def body(carry, row):
            remaining = iter(choices[1:].tolist())
            known = [*carry, row, w, ops.transpose(w)]
            for _ in range(next(remaining) % 8):
                kind, a, b = (next(remaining) for _ in range(3))
                a, b = known[a % len(known)], known[b % len(known)]
                if kind % 6 == 0:
                    known.append(ops.tanh(ops.matmul(a, b)))
                elif kind % 6 == 1:
                    known.append(ops.transpose(a))
                elif kind % 6 == 2:
                    known.append(a * 0.5 + ops.mean(b, axis=0))
                elif kind % 6 == 3:
                    known.append(ops.cond(ops.sum(a) > 0, lambda a=a, b=b: ops.sin(b) - a, lambda a=a: a))
                else:
                    known.append(ops.tanh(a) - b * 0.3)
            pick = [known[next(remaining) % len(known)] for _ in range(carries + 3)]
            return tuple(pick[:carries]), pick[carries:]

        first = tuple(x[i] for i in range(carries))
        return ops.scan(body, first, x, reverse=bool(choices[-1] % 2))

    return f


@pytest.mark.parametrize("seed", range(40))
def test_random_loops(seed):
    x, w = (np.random.default_rng(seed).standard_normal(s) / 2 for s in ((5, 3, 3), (3, 3)))
    check(random_loop(seed), x, w, tolerance=1e-9)
    check(gradient_of(random_loop(seed)), x, w, tolerance=1e-8)
