"""Optimizers: the values of their variables over 20 steps, their options, state and errors."""

import copy
import pickle

import numpy as np
import pytest

from ckeras import constraints, ops, optimizers, registry
from ckeras.autograd import GradientTape
from ckeras.compiler.function import function
from ckeras.tensor import Variable

KIND = "optimizer/"


def test_20_steps_are_those_of_keras(keras_case, agrees):
    agrees(rtol=1e-5, atol=2e-6, rtol64=1e-9)


def variable(*values, **options):
    return Variable(np.array(values, "float32"), **options)


def ones(*shape):
    return np.ones(shape, "float32")


def values(v):
    return np.asarray(ops.convert_to_numpy(v))


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("sgd", optimizers.SGD),
        ("SGD", optimizers.SGD),
        ("Sgd", optimizers.SGD),
        ("rmsprop", optimizers.RMSprop),
        ("RMSprop", optimizers.RMSprop),
        ("adam", optimizers.Adam),
        ("ADAM", optimizers.Adam),
    ],
)
def test_by_name(name, cls):
    assert type(optimizers.get(name)) is cls


def test_get():
    optimizer = optimizers.SGD()
    assert optimizers.get(optimizer) is optimizer
    assert optimizers.get(None) is None
    with pytest.raises(ValueError, match=r"Unknown optimizer 'adamm'; the nearest names are '[Aa]dam'"):
        optimizers.get("adamm")
    for identifier in (3, lambda: None, object()):
        with pytest.raises(ValueError, match="Expected an optimizer"):
            optimizers.get(identifier)


@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.SGD(0.5, momentum=0.9, nesterov=True, clipnorm=2.0),
        optimizers.RMSprop(0.5, rho=0.8, centered=True, weight_decay=0.25),
        optimizers.Adam(0.5, beta_1=0.8, amsgrad=True, use_ema=True, ema_overwrite_frequency=3),
        optimizers.SGD(0.5, gradient_accumulation_steps=3, loss_scale_factor=4.0, global_clipnorm=1.0),
        optimizers.SGD(0.5, decay=0.125, clipvalue=1.0),
    ],
)
def test_config_round_trip(optimizer):
    config = optimizers.serialize(optimizer)
    assert config["module"] == "keras.optimizers"
    twin = optimizers.deserialize(config)
    assert type(twin) is type(optimizer)
    assert twin.get_config() == optimizer.get_config()


def test_config_keys_are_those_of_keras():
    common = {
        "name": "sgd",
        "weight_decay": None,
        "clipnorm": None,
        "global_clipnorm": None,
        "clipvalue": None,
        "use_ema": False,
        "ema_momentum": 0.99,
        "ema_overwrite_frequency": None,
        "loss_scale_factor": None,
        "gradient_accumulation_steps": None,
        "momentum": 0.0,
        "nesterov": False,
    }
    config = optimizers.SGD(name="sgd").get_config()
    assert config.pop("learning_rate") == pytest.approx(0.01)
    assert config == common


def test_schedule_in_the_config():
    @registry.register_keras_serializable("tests")
    class Hyperbola(optimizers.schedules.LearningRateSchedule):
        def __init__(self, start):
            self.start = start

        def __call__(self, step):
            return self.start / (1.0 + ops.cast(step, "float32"))

        def get_config(self):
            return {"start": self.start}

    optimizer = optimizers.SGD(Hyperbola(2.0))
    config = optimizer.get_config()
    assert config["learning_rate"]["registered_name"] == "tests>Hyperbola"
    assert optimizers.SGD.from_config(config).get_config() == config
    with pytest.raises(TypeError, match="follows Hyperbola and cannot be set"):
        optimizer.learning_rate = 0.5
    assert float(optimizer.learning_rate) == 2.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"momentum": 2.0}, "momentum"),
        ({"momentum": -0.1}, "momentum"),
        ({"momentum": "a"}, "momentum"),
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "at most one of"),
        ({"clipnorm": 1.0, "global_clipnorm": 1.0}, "at most one of"),
        ({"clipnorm": -1.0}, "clipnorm"),
        ({"clipvalue": float("nan")}, "clipvalue"),
        ({"use_ema": True, "ema_momentum": 1.5}, "ema_momentum"),
        ({"use_ema": True, "ema_overwrite_frequency": -1}, "ema_overwrite_frequency"),
        ({"use_ema": True, "ema_overwrite_frequency": 1.5}, "ema_overwrite_frequency"),
        ({"gradient_accumulation_steps": 1}, "gradient_accumulation_steps"),
        ({"gradient_accumulation_steps": 2.5}, "gradient_accumulation_steps"),
        ({"learning_rate": "fast"}, "learning_rate"),
        ({"learning_rate": None}, "learning_rate"),
        ({"decay": -1.0}, "decay"),
        ({"learnin_rate": 0.1}, "unknown arguments: 'learnin_rate'"),
    ],
)
def test_bad_arguments(options, words):
    with pytest.raises(ValueError, match=words):
        optimizers.SGD(**options)


def test_older_spellings():
    optimizer = optimizers.SGD(lr=0.5)
    assert float(optimizer.learning_rate) == 0.5
    optimizer.lr = 0.25
    assert float(optimizer.lr) == 0.25


def test_decay_divides_the_learning_rate():
    w = variable(0.0)
    optimizer = optimizers.SGD(learning_rate=1.0, decay=1.0)
    for expected in (-1.0, -1.5, -1.5 - 1 / 3):
        optimizer.apply([ones(1)], [w])
        assert values(w)[0] == pytest.approx(expected)


def test_learning_rate_can_be_set():
    w = variable(0.0)
    optimizer = optimizers.SGD(learning_rate=1)
    optimizer.apply([ones(1)], [w])
    optimizer.learning_rate = 0.5
    optimizer.apply([ones(1)], [w])
    assert values(w)[0] == pytest.approx(-1.5)
    optimizer.learning_rate.assign(0.25)
    optimizer.apply([ones(1)], [w])
    assert values(w)[0] == pytest.approx(-1.75)
    optimizer.learning_rate = lambda: 0.125
    optimizer.apply([ones(1)], [w])
    assert values(w)[0] == pytest.approx(-1.875)
    assert len(optimizer.variables) == 1
    optimizer.learning_rate = 1.0
    optimizer.apply([ones(1)], [w])
    assert values(w)[0] == pytest.approx(-2.875)
    assert [v.name for v in optimizer.variables] == ["iteration", "learning_rate"]
    with pytest.raises(ValueError, match="learning_rate"):
        optimizer.learning_rate = "slow"


def test_variables_are_named_and_ordered_as_those_of_keras():
    kernel, bias = variable(1.0, name="kernel"), variable(1.0, 2.0, name="bias")
    optimizer = optimizers.Adam(amsgrad=True, use_ema=True, gradient_accumulation_steps=2, name="adam")
    optimizer.build([kernel, bias])
    assert [v.path for v in optimizer.variables] == [
        f"adam/{name}"
        for name in (
            "iteration",
            "learning_rate",
            "kernel_average",
            "bias_average",
            "kernel_gradient_accumulator",
            "bias_gradient_accumulator",
            "kernel_momentum",
            "kernel_velocity",
            "bias_momentum",
            "bias_velocity",
            "kernel_velocity_hat",
            "bias_velocity_hat",
        )
    ]
    assert all(not v.trainable for v in optimizer.variables)


def test_building_twice_makes_no_second_set():
    w = variable(1.0)
    optimizer = optimizers.Adam()
    optimizer.build([w])
    optimizer.build([w])
    assert len(optimizer.variables) == 4


@pytest.mark.parametrize(
    ("grads", "count", "words"),
    [
        ([ones(2)], 2, "a gradient for each of 2 variables, got 1"),
        ([ones(3)], 1, r"shape \(2,\) for variable .*, got \(3,\)"),
        ([ones(2), ones(2, 1)], 2, r"got \(2, 1\)"),
        ([None], 1, "no gradient"),
    ],
)
@pytest.mark.parametrize("built", [False, True])
def test_gradients_that_do_not_fit_change_nothing(grads, count, words, built):
    weights = [variable(1.0, 2.0) for _ in range(count)]
    optimizer = optimizers.SGD(0.5, momentum=0.5)
    if built:
        optimizer.build(weights)
    before = len(optimizer.variables)
    with pytest.raises(ValueError, match=words):
        optimizer.apply(grads, weights)
    assert int(optimizer.iterations) == 0
    assert len(optimizer.variables) == before
    assert all(values(w).tolist() == [1.0, 2.0] for w in weights)


def test_other_variables_are_refused():
    optimizer = optimizers.SGD()
    optimizer.build([variable(1.0)])
    with pytest.raises(ValueError, match="new optimizer"):
        optimizer.apply([ones(1)], [variable(1.0)])


def test_apply_without_variables():
    optimizer = optimizers.SGD(1.0)
    with pytest.raises(ValueError, match="before the optimizer is built"):
        optimizer.apply([ones(1)])
    w = variable(0.0)
    optimizer.build([w])
    optimizer.apply([ones(1)])
    assert values(w)[0] == -1.0


def test_missing_gradients_warn_and_are_left_out():
    first, second = variable(0.0, name="first"), variable(0.0, name="second")
    optimizer = optimizers.SGD(1.0, momentum=0.5)
    with pytest.warns(UserWarning, match="second"):
        steps = optimizer.apply_gradients([(ones(1), first), (None, second)])
    assert int(steps) == 1
    assert values(first)[0] == -1.0
    assert values(second)[0] == 0.0


def test_no_gradients_is_no_step():
    optimizer = optimizers.SGD()
    optimizer.apply([], [])
    assert int(optimizer.iterations) == 0


def test_constraints_hold_after_a_step():
    w = variable(1.0, 2.0)
    w.constraint = constraints.NonNeg()
    optimizers.SGD(10.0).apply([np.array([1.0, -1.0], "float32")], [w])
    assert values(w).tolist() == [0.0, 12.0]


def test_global_norm_that_is_not_finite_makes_all_nan():
    first, second = variable(0.0, 0.0), variable(0.0)
    gradients = [np.array([np.inf, 1.0], "float32"), ones(1)]
    optimizers.SGD(1.0, global_clipnorm=1.0).apply(gradients, [first, second])
    assert np.isnan(values(first)).all()
    assert np.isnan(values(second)).all()


def test_zero_gradients_under_clipping():
    w = variable(1.0)
    optimizers.SGD(1.0, clipnorm=1.0).apply([np.zeros(1, "float32")], [w])
    assert values(w)[0] == 1.0


def test_exclusion_by_variable_and_by_name():
    kernel, bias, other = variable(1.0, name="kernel"), variable(1.0, name="my_bias"), variable(1.0, name="other")
    optimizer = optimizers.SGD(1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[other], var_names=["bias"])
    optimizer.apply([np.zeros(1, "float32")] * 3, [kernel, bias, other])
    assert [values(v)[0] for v in (kernel, bias, other)] == [0.5, 1.0, 1.0]


def test_iterations_count_updates():
    w = variable(0.0)
    optimizer = optimizers.SGD(1.0, gradient_accumulation_steps=2)
    seen = []
    for _ in range(4):
        optimizer.apply([ones(1)], [w])
        seen.append((float(values(w)[0]), int(optimizer.iterations)))
    assert seen == [(0.0, 0), (-1.0, 1), (-1.0, 1), (-2.0, 2)]


def test_scale_loss():
    assert optimizers.SGD().scale_loss(3.0) == 3.0
    assert optimizers.SGD(loss_scale_factor=4.0).scale_loss(3.0) == 12.0


def test_gradients_of_another_dtype():
    w = Variable(np.array([1.0]), dtype="float64")
    optimizers.Adam(0.5).apply([ones(1)], [w])
    assert str(w.dtype) == "float64"
    assert values(w)[0] == pytest.approx(0.5, abs=1e-5)


def test_state_can_be_saved_and_loaded():
    def trained(steps, start=None):
        w = variable(1.0, 2.0)
        optimizer = optimizers.Adam(0.1)
        optimizer.build([w])
        if start:
            optimizer.load_own_variables(start[0])
            w.assign(start[1])
        for _ in range(steps):
            optimizer.apply([values(w)], [w])
        store = {}
        optimizer.save_own_variables(store)
        return store, values(w)

    half = trained(3)
    assert list(half[0]) == ["0", "1", "2", "3"]
    np.testing.assert_array_equal(trained(3, half)[1], trained(6)[1])


def test_state_of_another_optimizer():
    optimizer = optimizers.Adam()
    optimizer.build([variable(1.0)])
    with pytest.warns(UserWarning, match="4 variables and the saved optimizer 1"):
        optimizer.load_own_variables({"0": np.array(5)})
    assert int(optimizer.iterations) == 0
    with pytest.raises(ValueError, match="shape"):
        optimizer.load_own_variables({"0": np.array(5), "1": np.array(0.1), "2": ones(2), "3": ones(2)})
    assert int(optimizer.iterations) == 0


def test_set_weights():
    optimizer = optimizers.SGD(1.0, momentum=0.5)
    with pytest.raises(ValueError, match="built"):
        optimizer.set_weights([1])
    optimizer.build([variable(1.0)])
    with pytest.raises(ValueError, match="expects 3 arrays, one per variable, got 1"):
        optimizer.set_weights([1])
    with pytest.raises(ValueError, match="shape"):
        optimizer.set_weights([7, 0.5, ones(2)])
    assert int(optimizer.iterations) == 0
    optimizer.set_weights([7, 0.5, ones(1)])
    assert int(optimizer.iterations) == 7


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copy_goes_on_by_itself(duplicate):
    w = variable(1.0, 2.0)
    optimizer = optimizers.Adam(0.1)
    optimizer.apply([ones(2)], [w])
    twin, [twin_w] = duplicate((optimizer, [w]))
    for one, its in ((optimizer, w), (twin, twin_w)):
        one.apply([ones(2)], [its])
    np.testing.assert_array_equal(values(w), values(twin_w))
    assert int(twin.iterations) == 2
    twin.apply([ones(2)], [twin_w])
    assert int(optimizer.iterations) == 2
    with pytest.raises(ValueError, match="not built for variable"):
        twin.apply([ones(2)], [w])


def test_minimize():
    w = variable(3.0)
    optimizer = optimizers.SGD(0.25, loss_scale_factor=8.0)
    optimizer.minimize(lambda: ops.sum(ops.square(w)), [w])
    assert values(w)[0] == pytest.approx(1.5)
    with GradientTape() as tape:
        loss = ops.sum(ops.square(w))
    optimizer.minimize(loss, [w], tape=tape)
    assert values(w)[0] == pytest.approx(0.75)
    assert int(optimizer.iterations) == 2
    with pytest.raises(ValueError, match="tape"):
        optimizer.minimize(loss, [w])


def test_own_optimizer():
    class Signs(optimizers.Optimizer):
        def build(self, variables):
            super().build(variables)
            self.last = [self.add_variable_from_reference(v, name="last") for v in variables]

        def update_step(self, gradient, variable, learning_rate):
            self.assign(self.last[self._get_variable_index(variable)], gradient)
            self.assign_sub(variable, learning_rate * ops.sign(gradient))

    w = variable(1.0, 2.0, name="w")
    optimizer = Signs(learning_rate=0.5)
    optimizer.apply([np.array([3.0, -0.1], "float32")], [w])
    assert values(w).tolist() == [0.5, 2.5]
    assert [v.name for v in optimizer.variables] == ["iteration", "learning_rate", "w_last"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: optimizers.SGD(0.1),
        lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
        lambda: optimizers.SGD(0.1, decay=0.5, clipnorm=1.0),
        lambda: optimizers.SGD(lambda: 0.1, global_clipnorm=1.0),
        lambda: optimizers.RMSprop(0.1, centered=True, momentum=0.5, clipvalue=0.5),
        lambda: optimizers.Adam(0.1),
        lambda: optimizers.Adam(0.1, amsgrad=True, loss_scale_factor=4.0),
        lambda: optimizers.Adam(0.1, gradient_accumulation_steps=2),
        lambda: optimizers.Adam(0.1, use_ema=True, ema_overwrite_frequency=3),
    ],
)
def test_a_compiled_step_is_the_eager_step(make):
    results = []
    for compiled in (False, True):
        weights = [variable(1.0, -2.0, 3.0, name="a"), Variable(ones(2, 3), name="b")]
        optimizer = make()
        optimizer.build(weights)

        def step(scale, optimizer=optimizer, weights=weights):
            optimizer.apply([scale * (w + ops.square(w)) for w in weights], weights)

        run = function(step) if compiled else step
        for i in range(7):
            run(ops.convert_to_tensor(np.float32((1.0, 5.0, 0.0)[i % 3])))
        if compiled:
            (entry,) = run.plans.values()
            assert entry[0].python_instructions == 0, str(entry[0])
        results.append([values(v) for v in (*weights, *optimizer.variables)])
    for eager, planned in zip(*results, strict=True):
        np.testing.assert_allclose(planned, eager, rtol=2e-6, atol=1e-7)


def test_base_class_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="update_step"):
        optimizers.Optimizer(0.1).apply([ones(1)], [variable(1.0)])
    with pytest.raises(NotImplementedError, match="__call__"):
        optimizers.schedules.LearningRateSchedule()(0)


@pytest.mark.parametrize("overwrite", [None, 2])
def test_moving_averages_count_updates_and_not_steps_of_accumulation(overwrite):
    def averages(repeats, accumulated):
        weight = variable(1.0, 2.0)
        optimizer = optimizers.SGD(
            0.1, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=overwrite,
            gradient_accumulation_steps=accumulated,
        )  # fmt: skip
        for step in range(4):
            for _ in range(repeats):
                optimizer.apply([ones(2) * (step + 1)], [weight])
        found = values(weight)
        optimizer.finalize_variable_values([weight])
        return found, values(weight)

    np.testing.assert_allclose(averages(3, 3), averages(1, None), rtol=1e-6)
