"""What a tape follows, and what it gives."""

import gc
import threading
import weakref

import numpy as np
import pytest

from ckeras import GradientTape, KerasTensor, Variable, ops


def tensor(value, dtype="float32"):
    return ops.convert_to_tensor(value, dtype)


def test_variables_are_followed_unasked():
    v, frozen = Variable([1.0, 2.0]), Variable([3.0, 4.0], trainable=False)
    with GradientTape() as tape:
        y = ops.sum(v * v * frozen)
    (watched,) = tape.watched_variables()
    assert watched is v
    a, b = tape.gradient(y, [v, frozen])
    assert a.tolist() == [6, 16]
    assert b is None


def test_what_is_not_trainable_can_be_watched():
    frozen = Variable(3.0, trainable=False)
    with GradientTape() as tape:
        tape.watch(frozen)
        y = frozen * frozen
    assert float(tape.gradient(y, frozen)) == 6


def test_variables_are_not_followed_on_request():
    v, w = Variable(2.0), Variable(5.0)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(v)
        y = v * w
    dv, dw = tape.gradient(y, [v, w])
    assert float(dv) == 5 and dw is None


def test_tensors_are_followed_when_watched():
    x, other = tensor(3.0), tensor(4.0)
    with GradientTape(persistent=True) as tape:
        before = x * 2
        tape.watch(x)
        y = x * other
    assert float(tape.gradient(y, x)) == 4
    assert tape.gradient(y, other) is None
    assert tape.gradient(before, x) is None


def test_a_converted_number_is_not_a_constant_of_the_same_value():
    x = ops.convert_to_tensor(2.0, dtype="float32")
    with GradientTape() as tape:
        tape.watch(x)
        y = x * 2.0 + 2.0
    assert float(tape.gradient(y, x)) == 2


def test_watch_takes_structures_and_nothing_else():
    x = {"a": tensor(1.0), "b": [tensor(2.0), Variable(3.0, trainable=False)]}
    with GradientTape() as tape:
        tape.watch(x)
        y = x["a"] * x["b"][0] * x["b"][1]
    grads = tape.gradient(y, x)
    assert (float(grads["a"]), [float(g) for g in grads["b"]]) == (6, [3, 2])
    for value in (1.0, np.ones(2), "x"):
        with pytest.raises(TypeError, match="watch expects tensors or variables"), GradientTape() as tape:
            tape.watch(value)


def test_a_tape_gives_its_gradient_once():
    x = tensor(3.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(y, x)


def test_a_persistent_tape_gives_many():
    x = tensor(3.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    assert [float(tape.gradient(t, x)) for t in (y, z, y)] == [6, 108, 6]
    assert float(tape.gradient(z, y)) == 18


def test_gradients_inside_the_context():
    x = tensor(3.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x * x
        first = tape.gradient(y, x)
    assert float(first) == 27
    assert float(tape.gradient(first, x)) == 18  # it was recorded itself


def test_second_derivatives_from_nested_tapes():
    v = Variable([1.0, 2.0])
    with GradientTape() as outer:
        with GradientTape() as inner:
            y = ops.sum(v * v * v)
        dy = inner.gradient(y, v)
        total = ops.sum(dy * [1.0, 10.0])
    assert outer.gradient(total, v).tolist() == [6, 120]


def test_hessian_row_by_row():
    x = tensor([0.5, -1.0, 2.0], "float64")
    m = np.random.default_rng(0).standard_normal((3, 3))
    with GradientTape(persistent=True) as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = ops.sum(ops.tanh(ops.matmul(m, x)))
        g = inner.gradient(y, x)
        parts = [g[i] for i in range(3)]
    found = np.stack([outer.gradient(p, x) for p in parts])
    t = np.tanh(m @ x.numpy())
    np.testing.assert_allclose(found, m.T @ np.diag(-2 * t * (1 - t * t)) @ m, 1e-12)


def test_what_is_not_connected():
    x, other = tensor([1.0, 2.0]), Variable([[3.0], [4.0]])
    integer = tensor([1, 2], "int32")
    with GradientTape(persistent=True) as tape:
        tape.watch([x, integer])
        y = x * x
    assert tape.gradient(y, [other, integer]) == [None, None]
    zeros = tape.gradient(y, {"v": other, "i": integer}, unconnected_gradients="zero")
    assert (zeros["v"].tolist(), zeros["i"].tolist()) == ([[0], [0]], [0, 0])
    assert tape.gradient(integer, x) is None
    with pytest.raises(ValueError, match="unconnected_gradients expects 'none' or 'zero', got 'nothing'"):
        tape.gradient(y, x, unconnected_gradients="nothing")


def test_paths_without_a_gradient():
    x = tensor([1.5, -2.5])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        stopped = ops.stop_gradient(x) * 2
        compared = ops.cast(x > 0, "float32")
        counted = ops.argmax(x)
        rounded = ops.cast(ops.cast(x, "int32"), "float32")
        mixed = ops.stop_gradient(x) * x
    assert [tape.gradient(y, x) for y in (stopped, compared, counted, rounded)] == [None] * 4
    assert tape.gradient(mixed, x).tolist() == [1.5, -2.5]


def test_integers_have_no_gradient():
    i, x = tensor([1, 2], "int32"), tensor([0.5, 1.5])
    with GradientTape() as tape:
        tape.watch([i, x])
        y = i * x
    di, dx = tape.gradient(y, [i, x])
    assert di is None
    assert dx.tolist() == [1, 2]


def test_through_dtypes():
    x, w = tensor([1.0, 2.0], "float32"), tensor([3.0, 4.0], "float64")
    with GradientTape() as tape:
        tape.watch([x, w])
        y = ops.sum(x * w)
    dx, dw = tape.gradient(y, [x, w])
    assert (dx.dtype, dw.dtype) == ("float32", "float64")
    assert dx.tolist() == [3, 4]


def test_output_gradients():
    x = tensor([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, z = x * x, x * 3
    assert tape.gradient(y, x, output_gradients=tensor([10.0, 0.5])).tolist() == [20, 2]
    assert tape.gradient(y, x, output_gradients=np.array([10.0, 1.0])).tolist() == [20, 4]
    assert tape.gradient([y, z], x, output_gradients=[tensor([1.0, 0.0]), tensor([0.0, 1.0])]).tolist() == [2, 3]
    assert tape.gradient([y, z], x, output_gradients=[None, tensor([1.0, 1.0])]).tolist() == [3, 3]
    with pytest.raises(ValueError, match="output_gradients expects 2 tensors"):
        tape.gradient([y, z], x, output_gradients=[tensor([1.0, 0.0])])
    with pytest.raises(ValueError, match=r"output_gradients expects the shape \(2,\) of its target, got \(3,\)"):
        tape.gradient(y, x, output_gradients=tensor([1.0, 0.0, 0.0]))


def test_structures_of_targets_and_sources():
    a, b = Variable(2.0), Variable(3.0)
    with GradientTape(persistent=True) as tape:
        y = {"sum": a + b, "product": (a * b, [a * a])}
    found = tape.gradient(y, {"b": b, "nested": (a, [b, a])})
    assert float(found["b"]) == 3
    assert type(found["nested"]) is tuple and float(found["nested"][0]) == 8
    assert [float(g) for g in found["nested"][1]] == [3, 8]
    assert tape.gradient(y, []) == []
    for source in (1.0, None, np.ones(2), "a"):
        with pytest.raises(TypeError, match="as sources"):
            tape.gradient(y, [source])


def test_intermediate_results_are_sources_too():
    x = tensor([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * 3
        parts = ops.split(y, 2)
        z = parts[0] * parts[1] * ops.reshape(parts[1], (1,))
    assert tape.gradient(z, y).tolist() == [36, 36]
    assert tape.gradient(z, parts)[1].tolist() == [36]
    assert tape.gradient(y, y).tolist() == [1, 1]
    assert tape.gradient(x, x).tolist() == [1, 1]


def test_a_variable_read_many_times():
    v = Variable([1.0, 2.0])
    with GradientTape() as tape:
        y = ops.sum(v * v + v) + v[0] * ops.sum(ops.reshape(v, (2, 1)))
    assert tape.gradient(y, v).tolist() == [3 + 4, 5 + 1]


def test_a_target_that_is_a_variable():
    v = Variable(2.0)
    with GradientTape() as tape:
        tape.watch(v)
    assert float(tape.gradient(v, v)) == 1


def test_the_values_are_those_of_the_time_they_were_read():
    v = Variable([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        y = ops.sum(v * v * v)
        v.assign([10.0, 20.0])
        z = ops.sum(v * v)
    v.assign([100.0, 200.0])
    assert tape.gradient(y, v).tolist() == [3, 12]
    assert tape.gradient(z, v).tolist() == [20, 40]
    assert tape.gradient([y, z], v).tolist() == [23, 52]


def test_views_and_slices_of_a_variable_keep_their_values():
    v = Variable(np.arange(6.0, dtype="float32"))
    with GradientTape() as tape:
        square = ops.reshape(v, (2, 3))
        y = ops.sum(square * square)
        v.assign_add(np.ones(6, "float32"))
    assert tape.gradient(y, v).tolist() == [0, 2, 4, 6, 8, 10]


def test_arrays_are_kept_as_they_were():
    a, x = np.array([1.0, 2.0], "float32"), tensor([1.0, 1.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = x * a
        a[:] = 100
    assert tape.gradient(y, x).tolist() == [1, 2]


def test_stop_recording():
    x = tensor(3.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            hidden = y * y
        z = y * 2
    assert tape.gradient(hidden, x) is None
    assert float(tape.gradient(z, x)) == 12


def test_stop_recording_leaves_other_tapes_alone():
    x = tensor(3.0)
    with GradientTape() as outer, GradientTape() as inner:
        outer.watch(x)
        inner.watch(x)
        with inner.stop_recording():
            y = x * x
    assert inner.gradient(y, x) is None
    assert float(outer.gradient(y, x)) == 6


def test_reset():
    v = Variable(3.0)
    with GradientTape() as tape:
        y = v * v
        tape.reset()
        z = v * 2
    assert tape.gradient(z, v) is not None
    with GradientTape(persistent=True) as tape:
        y = v * v
        tape.reset()
    assert tape.gradient(y, v) is None
    assert tape.watched_variables() == []


def test_nothing_is_recorded_outside():
    x = tensor(3.0)
    tape = GradientTape(persistent=True)
    with tape:
        tape.watch(x)
        y = x * x
    z = y * y
    assert tape.gradient(z, x) is None
    with tape:  # and a tape may be entered again
        z = y * y
    assert float(tape.gradient(z, x)) == 108


def test_an_error_inside_ends_the_recording():
    x = tensor(3.0)
    with pytest.raises(ZeroDivisionError), GradientTape() as tape:
        tape.watch(x)
        1 / 0  # noqa: B018
    with GradientTape() as other:
        other.watch(x)
        y = x * x
    assert tape.gradient(y, x) is None
    assert float(other.gradient(y, x)) == 6


def test_an_empty_result_in_the_path():
    x = tensor(np.ones((2, 3)))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(ops.concatenate([x[:, :0], x * 2], 1)) + ops.sum(x[:0])
    assert tape.gradient(y, x).tolist() == [[2] * 3] * 2


def test_python_control_flow():
    x = tensor([1.0, -2.0, 3.0])
    with GradientTape() as tape:
        tape.watch(x)
        total = 0.0
        for element in x:
            total = total + (element * element if element > 0 else -element)
    assert tape.gradient(total, x).tolist() == [2, -1, 6]


def test_a_long_chain():
    x = tensor(1.0, "float64")
    with GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in range(3000):
            y = y * 1.001
    np.testing.assert_allclose(tape.gradient(y, x), 1.001**3000, 1e-9)


def test_a_tape_that_was_used_keeps_nothing():
    x = tensor(np.ones(10))
    with GradientTape() as tape:
        tape.watch(x)
        middle = x * 2
        y = ops.sum(middle * middle)
    tape.gradient(y, x)
    alive = weakref.ref(middle)
    del middle
    gc.collect()
    assert alive() is None


def test_symbolic_tensors_are_left_alone():
    with GradientTape() as tape:
        x = KerasTensor((None, 3))
        y = ops.sum(x * 2, -1)
    assert y.shape == (None,)
    assert tape.watched_variables() == []


def test_two_threads_have_tapes_of_their_own():
    found = []

    def work():
        x = tensor(2.0)
        y = x * x
        found.append(y)

    with GradientTape() as tape:
        thread = threading.Thread(target=work)
        v = Variable(3.0)
        y = v * v
        thread.start()
        thread.join()
    assert float(tape.gradient(y, v)) == 6
    assert float(found[0]) == 4


def test_complex_numbers_between_real_ones():
    """Gradients flow through complex values: of the squared absolute values, and of a product with a complex number."""
    x = ops.convert_to_tensor([1.5, -2.0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        z = ops.view_as_complex(ops.stack([x, 3 * x], -1))
        square = ops.sum(ops.square(ops.view_as_real(z)))
        turned = ops.view_as_real(x * ops.convert_to_tensor([2 - 1j, 5j], "complex64"))
    assert tape.gradient(square, x).tolist() == [30, -40]
    assert tape.gradient(turned, x, output_gradients=np.array([[1.0, 0.0], [1.0, 10.0]])).tolist() == [2, 50]
    assert tape.gradient(z, x).tolist() == [1, 1]


def test_variables_as_targets_and_after_the_gradient():
    v, w = Variable([2.0, 3.0]), Variable(1.0)
    with GradientTape() as tape:
        y = v * 3.0
    assert tape.gradient(y, v).tolist() == [3.0, 3.0]
    assert tape.watched_variables() == [v]
    with GradientTape(persistent=True) as tape:
        y = w  # not read
    assert float(tape.gradient(y, w)) == 1 and tape.gradient(y, v) is None
    tape.reset()
    assert tape.watched_variables() == []
