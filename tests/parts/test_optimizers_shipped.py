"""Each shipped optimizer: by name, saved, compiled, refusing bad arguments; and those that stand around others."""

import copy
import pickle

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops, optimizers
from ckeras.compiler.function import function
from ckeras.tensor import Variable
from ckeras.trainer.steps import Step

NAMES = (
    "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion", "Muon", "Nadam", "RMSprop",
    "SGD", "ScheduleFreeAdamW",
)  # fmt: skip


def several(loss_scale_factor=None):
    of = {".*bias": optimizers.Adagrad(0.1), ".*kernel": optimizers.Muon(0.01)}
    return optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.SGD(0.1), of), loss_scale_factor)


MADE = {
    **{name: lambda n=name: getattr(optimizers, n)(0.01) for name in NAMES},
    "centered": lambda: optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    "amsgrad": lambda: optimizers.AdamW(0.01, amsgrad=True, use_ema=True, ema_overwrite_frequency=3),
    "warmup": lambda: optimizers.ScheduleFreeAdamW(0.01, warmup_steps=4, weight_decay=0.1),
    "l1": lambda: optimizers.Ftrl(0.1, -0.7, 0.1, 0.01, 0.01, 0.01, 0.1),
    "accumulated": lambda: optimizers.Nadam(0.01, gradient_accumulation_steps=2, global_clipnorm=1.0),
    "cosine": lambda: optimizers.SGD(optimizers.schedules.CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=3)),
    "restarts": lambda: optimizers.SGD(optimizers.schedules.CosineDecayRestarts(0.1, 3)),
    "scaled": lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.01), 8.0, 3),
    "several": several,
}


def variable(*values, **options):
    return Variable(np.array(values, "float32"), **options)


def values(v):
    return np.asarray(ops.convert_to_numpy(v))


@pytest.mark.parametrize("name", [*NAMES, "LossScaleOptimizer", "MultiOptimizer"])
def test_by_name(name):
    cls = getattr(optimizers, name)
    assert getattr(ckeras.optimizers, name) is cls
    for spelled in (name, name.lower(), name.upper()):
        assert optimizers.registry.optimizers.resolve(spelled) is cls
    if name in NAMES:
        assert type(optimizers.get(name)) is cls


@pytest.mark.parametrize("name", sorted(MADE))
def test_config_round_trip(name):
    optimizer = MADE[name]()
    config = optimizers.serialize(optimizer)
    assert config["module"] == "keras.optimizers"
    twin = optimizers.deserialize(copy.deepcopy(config))
    assert type(twin) is type(optimizer)
    assert optimizers.serialize(twin) == config


@pytest.mark.parametrize("name", sorted(MADE))
def test_it_trains_in_a_plan_without_python(name):
    """Compiled and op by op give the same weights, and no instruction of the plan is Python's."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((24, 5)).astype("float32")
    y = x[:, :3] - x[:, 2:]
    results = []
    for run_eagerly in (False, True):
        ckeras.utils.set_random_seed(1)
        model = ckeras.Sequential([ckeras.Input((5,)), layers.Dense(7, "tanh"), layers.Dense(3)])
        model.compile(MADE[name](), "mse", run_eagerly=run_eagerly)
        history = model.fit(x, y, batch_size=8, epochs=6, verbose=0).history["loss"]
        results.append((model, history))
    (compiled, history), (eager, eager_history) = results
    assert history[-1] < history[0]
    np.testing.assert_allclose(history, eager_history, rtol=1e-4, atol=1e-6)
    for a, b in zip(compiled.get_weights(), eager.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
    plans = [step.plan for step in compiled._plans.values() if isinstance(step, Step)]
    assert plans
    for plan in plans:
        assert plan.python_instructions == 0, str(plan)


@pytest.mark.parametrize("name", NAMES)
def test_a_classifier_of_digits_trains_without_python(name):
    model = ckeras.Sequential(
        [ckeras.Input((784,)), *(layers.Dense(512, "relu") for _ in range(2)), layers.Dense(10, "softmax")]
    )
    model.compile(name, "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    model.fit(rng.random((32, 784), "float32"), rng.integers(0, 10, 32), batch_size=16, verbose=0)
    (step,) = (step for step in model._plans.values() if isinstance(step, Step))
    assert step.plan.python_instructions == 0, str(step.plan)
    assert all(np.isfinite(w).all() for w in model.get_weights())


@pytest.mark.parametrize("name", sorted(MADE))
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copy_goes_on_by_itself(name, duplicate):
    weights = [Variable(np.ones((2, 3), "float32"), name="kernel"), variable(1.0, name="bias")]
    gradients = [np.full(w.shape, 0.5, "float32") for w in weights]
    optimizer = MADE[name]()
    optimizer.apply(gradients, weights)
    twin, twins = duplicate((optimizer, weights))
    optimizer.apply(gradients, weights)
    twin.apply(gradients, twins)
    for one, other in zip([*weights, *optimizer.variables], [*twins, *twin.variables], strict=True):
        np.testing.assert_array_equal(values(one), values(other))


@pytest.mark.parametrize("name", sorted(MADE))
def test_state_can_be_saved_and_loaded(name):
    def trained(steps, start=None):
        weights = [Variable(np.ones((2, 3), "float32"), name="kernel"), variable(1.0, 2.0, name="bias")]
        optimizer = MADE[name]()
        optimizer.build(weights)
        if start:
            optimizer.load_own_variables(start[0])
            for w, v in zip(weights, start[1], strict=True):
                w.assign(v)
        for _ in range(steps):
            optimizer.apply([0.5 * values(w) for w in weights], weights)
        store = {}
        optimizer.save_own_variables(store)
        return store, [values(w) for w in weights]

    _, whole = trained(6)
    _, halves = trained(3, trained(3))
    for a, b in zip(whole, halves, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("Adadelta", {"rho": 1.5}, "rho to be a number from 0 to 1, got 1.5"),
        ("Adafactor", {"beta_2_decay": 0.5}, "beta_2_decay to be at most 0"),
        ("Adafactor", {"clip_threshold": 0.0}, "clip_threshold to be a number above 0"),
        ("Adagrad", {"initial_accumulator_value": -1.0}, "initial_accumulator_value"),
        ("Adam", {"beta_1": -0.1}, "beta_1"),
        ("Adam", {"beta_2": "high"}, "beta_2"),
        ("AdamW", {"weight_decay": None}, "weight_decay to be a number, got None"),
        ("Adamax", {"beta_2": float("nan")}, "beta_2"),
        ("Ftrl", {"learning_rate_power": 0.5}, "learning_rate_power to be at most 0"),
        ("Ftrl", {"initial_accumulator_value": -1.0}, "initial_accumulator_value"),
        ("Ftrl", {"l1_regularization_strength": -1.0}, "l1_regularization_strength"),
        ("Ftrl", {"l2_regularization_strength": -1.0}, "l2_regularization_strength"),
        ("Ftrl", {"l2_shrinkage_regularization_strength": -1.0}, "l2_shrinkage"),
        ("Lamb", {"beta_1": 2}, "beta_1"),
        ("Lion", {"beta_1": 0.0}, "beta_1 to be a number above 0 and at most 1, got 0.0"),
        ("Lion", {"beta_2": True}, "beta_2"),
        ("Muon", {"ns_steps": -1}, "ns_steps"),
        ("Muon", {"momentum": 1.1}, "momentum"),
        ("Nadam", {"beta_1": 1.01}, "beta_1"),
        ("RMSprop", {"rho": -1}, "rho"),
        ("RMSprop", {"momentum": -1}, "momentum"),
        ("SGD", {"weight_decay": "little"}, "weight_decay to be a number"),
        ("SGD", {"loss_scale_factor": "big"}, "loss_scale_factor to be a number"),
        ("SGD", {"loss_scale_factor": 0}, "loss_scale_factor to be a number above 0"),
        ("ScheduleFreeAdamW", {"beta_1": 0}, "beta_1"),
        ("ScheduleFreeAdamW", {"warmup_steps": -3}, "warmup_steps"),
        *((name, {"learnin_rate": 1.0}, "unknown arguments: 'learnin_rate'") for name in NAMES),
    ],
)
def test_bad_arguments(name, options, words):
    with pytest.raises(ValueError, match=words):
        getattr(optimizers, name)(**options)


def test_older_spellings():
    for module in (optimizers.legacy, optimizers.experimental):
        for name in module.__all__:
            assert getattr(module, name) is getattr(optimizers, name)
    assert float(optimizers.legacy.Adam(lr=0.5, decay=0.1).learning_rate) == 0.5
    config = {"module": "keras.optimizers.legacy", "class_name": "Adam", "config": {"learning_rate": 0.5}}
    assert type(optimizers.deserialize(config)) is optimizers.Adam


# -- what all have


def test_variables_that_are_attributes_are_the_optimizers():
    class Own(optimizers.Optimizer):
        def __init__(self):
            super().__init__(learning_rate=0.5)
            self.shown, self._hidden = Variable(1.0, name="shown"), Variable(2.0, name="hidden")

    optimizer = Own()
    assert [v.name for v in optimizer.variables] == ["iteration", "learning_rate", "shown", "hidden"]
    optimizer._again = optimizer.shown
    optimizer.learning_rate = Variable(0.25)
    assert len(optimizer.variables) == 4
    assert float(optimizer.learning_rate) == 0.25


def test_an_average_follows_a_variable_without_gradients():
    first, second = variable(1.0), variable(2.0)
    optimizer = optimizers.SGD(1.0, use_ema=True)
    with pytest.warns(UserWarning, match="no gradients"):
        optimizer.apply([np.ones(1, "float32"), None], [first, second])
    optimizer.finalize_variable_values([first, second])
    assert values(second).tolist() == [2.0]


def test_an_optimizer_that_assigns_by_itself_accumulates_too():
    """What `update_step` assigns, in whatever way, holds for steps that update alone."""

    class Own(optimizers.Optimizer):
        def build(self, variables):
            super().build(variables)
            self.count = self.add_variable((), name="count")

        def update_step(self, gradient, variable, learning_rate):
            variable.assign(variable - learning_rate * gradient)
            self.count.assign_add(1.0)

    w = variable(0.0)
    optimizer = Own(learning_rate=1.0, gradient_accumulation_steps=3)
    step = function(lambda g: optimizer.apply([g], [w]))
    optimizer.build([w])
    for i in range(6):
        (optimizer.apply([np.full(1, i, "float32")], [w]) if i < 3 else step(np.full(1, i, "float32")))
        assert values(w)[0] == (-5.0 if i == 5 else -1.0 if i >= 2 else 0.0)
        assert float(optimizer.count) == (i + 1) // 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps", [None, 2])
def test_variables_that_take_their_gradient(name, steps):
    scale, w = variable(1.0, name="scale"), Variable(np.ones((2, 2), "float32"), name="w")
    scale.overwrite_with_gradient = True
    optimizer = getattr(optimizers, name)(0.5, gradient_accumulation_steps=steps, use_ema=True)
    for step in range(4):
        optimizer.apply([np.array([4.0 - step], "float32"), np.ones((2, 2), "float32")], [scale, w])
        assert values(scale)[0] == (4.0 - step if steps is None else (1.0, 4.0, 4.0, 2.0)[step])
    assert values(w)[0, 0] < 1
    assert not any(v.name.startswith("scale_") and "accumulator" not in v.name for v in optimizer.variables)
    optimizer.finalize_variable_values([scale, w])


def test_variables_of_several_dtypes():
    for name in NAMES:
        weights = [Variable(np.ones((3, 2)), dtype=d, name=d) for d in ("float32", "float64")]
        optimizer = getattr(optimizers, name)(0.1)
        for _ in range(3):
            optimizer.apply([np.full((3, 2), 0.5, d) for d in ("float32", "float64")], weights)
        assert [w.dtype for w in weights] == ["float32", "float64"]
        np.testing.assert_allclose(values(weights[0]), values(weights[1]), rtol=1e-5)


# -- single optimizers


def test_adafactor_in_float64():
    """By hand; Keras computes one of the factors in float32."""
    rng = np.random.default_rng(0)
    w, v = rng.standard_normal((4, 3)), rng.standard_normal(5)
    weights = [Variable(w.copy(), name="w"), Variable(v.copy(), name="v")]
    optimizer = optimizers.Adafactor(0.3)
    rate = float(optimizer.learning_rate)
    r, c, m = np.zeros(4), np.zeros(3), np.zeros(5)
    for step in range(1, 6):
        g, h = rng.standard_normal((4, 3)), rng.standard_normal(5)
        optimizer.apply([g, h], weights)
        kept, bound = 1 - step**-0.8, min(rate, step**-0.5)
        r = kept * r + (1 - kept) * (g**2 + 1e-30).mean(-1)
        c = kept * c + (1 - kept) * (g**2 + 1e-30).mean(-2)
        m = kept * m + (1 - kept) * (h**2 + 1e-30)
        for x, gradient, moment in ((w, g, np.outer(r, c) / r.mean()), (v, h, m)):
            u = gradient / np.sqrt(moment)
            size = max(1e-3, np.sqrt(np.mean(x**2)))
            x -= bound * size * u / max(1, np.sqrt(np.mean(u**2)))
    np.testing.assert_allclose(values(weights[0]), w, rtol=1e-12)
    np.testing.assert_allclose(values(weights[1]), v, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_adafactor_leaves_alone_what_has_no_gradient(dtype):
    """A row and a column of zeros, as units that are never active give; Keras gives NaN."""
    gradient = np.full((3, 3), 0.01, dtype)
    gradient[1] = gradient[:, 2] = 0
    w, b, dead = (Variable(np.ones(s), dtype=dtype, name="w") for s in ((3, 3), (2,), (2, 2)))
    optimizer = optimizers.Adafactor(0.1)
    for _ in range(2):
        optimizer.apply([gradient, np.array([0, 1], dtype), np.zeros((2, 2), dtype)], [w, b, dead])
    assert np.array_equal(values(w) == 1, gradient == 0)
    assert (values(b) == 1).tolist() == [True, False]
    assert (values(dead) == 1).all()


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (8, 3), (1, 4), (2, 6, 4)])
def test_newton_schulz_makes_orthogonal(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    optimizer = optimizers.Muon()
    y = values(optimizer.zeropower_via_newtonschulz5(x, 5))
    assert y.shape == shape
    singular = np.linalg.svd(y, compute_uv=False)
    assert 0.4 < singular.min() <= singular.max() < 1.3
    exact = optimizers.Muon(muon_a=15 / 8, muon_b=-10 / 8, muon_c=3 / 8)  # converges, more slowly
    u, _, v = np.linalg.svd(x, full_matrices=False)
    np.testing.assert_allclose(values(exact.zeropower_via_newtonschulz5(x, 40)), u @ v, atol=1e-8)
    with pytest.raises(ValueError, match=r"matrix to orthogonalize, got shape \(3,\)"):
        optimizer.zeropower_via_newtonschulz5(np.ones(3), 5)


def test_schedule_free_starts_at_the_weights_even_inside_a_trace():
    w = variable(3.0, -1.0)
    optimizer = optimizers.ScheduleFreeAdamW(0.1)
    step = function(lambda g: optimizer.apply([g], [w]))
    for _ in range(3):
        step(np.ones(2, "float32"))
    other, twin = variable(3.0, -1.0), optimizers.ScheduleFreeAdamW(0.1)
    for _ in range(3):
        twin.apply([np.ones(2, "float32")], [other])
    np.testing.assert_allclose(values(w), values(other), rtol=1e-6)


# -- optimizers around others


def test_loss_scale_halves_and_doubles():
    w = variable(1.0, 2.0)
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(0.5), initial_scale=4.0, dynamic_growth_steps=2)
    assert optimizer.scale_loss(1.0) == 4.0
    seen = []
    for gradient in (4.0, np.nan, 2.0, 2.0, np.inf, 4.0):
        optimizer.apply([np.full(2, gradient, "float32")], [w])
        seen.append((float(values(w)[0]), float(optimizer.dynamic_scale), int(optimizer.iterations)))
    # rate 0.5, scales 4, 4, 2, 2, 4, 2
    assert seen == [(0.5, 4, 1), (0.5, 2, 1), (0.0, 2, 2), (-0.5, 4, 3), (-0.5, 2, 3), (-1.5, 2, 4)]
    assert float(optimizer.scale_loss(ops.convert_to_tensor(3.0))) == 6.0


def test_loss_scale_leaves_everything_as_it_is_where_a_gradient_is_not_finite():
    w = Variable(np.ones((2, 2), "float32"), name="w")
    w.constraint = ckeras.constraints.UnitNorm()
    inner = optimizers.Adam(0.1, use_ema=True, weight_decay=0.1, ema_overwrite_frequency=1)
    optimizer = optimizers.LossScaleOptimizer(inner)
    optimizer.build([w])
    before = [values(v) for v in [w, *inner.variables]]
    bad = np.ones((2, 2), "float32")
    bad[1, 0] = -np.inf
    for run in (optimizer.apply, function(lambda g, v: optimizer.apply(g, [w]))):
        run([bad], [w] if run == optimizer.apply else 0)
        for old, new in zip(before, [w, *inner.variables], strict=True):
            np.testing.assert_array_equal(old, values(new))
    assert float(optimizer.dynamic_scale) == 2.0**13


def test_loss_scale_speaks_for_its_inner_optimizer():
    inner = optimizers.SGD(0.5, loss_scale_factor=3.0, use_ema=True)
    optimizer = optimizers.LossScaleOptimizer(inner)
    assert inner.loss_scale_factor is None
    optimizer.learning_rate = 0.25
    assert float(optimizer.lr) == float(inner.learning_rate) == 0.25
    w = variable(1.0)
    optimizer.apply([np.full(1, 2.0**15, "float32")], [w])
    optimizer.apply([np.full(1, 2.0**15, "float32")], [w])
    optimizer.finalize_variable_values([w])
    assert values(w)[0] == pytest.approx(0.99 * 0.75 + 0.01 * 0.5)
    assert [v.name for v in optimizer.variables[:4]] == ["iteration", "learning_rate", "step_counter", "dynamic_scale"]
    assert len(optimizer.variables) == 4 + len(inner.variables)
    decaying = optimizers.LossScaleOptimizer(optimizers.SGD(1.0, weight_decay=0.5))
    decaying.exclude_from_weight_decay(var_names=["bias"])
    bias = variable(1.0, name="bias")
    decaying.apply([np.zeros(1, "float32")], [bias])
    assert values(bias)[0] == 1.0


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("adam",), {}, "inner_optimizer to be an Optimizer, got 'adam'"),
        ((optimizers.SGD(), 0.0), {}, "initial_scale"),
        ((optimizers.SGD(),), {"dynamic_growth_steps": 0}, "dynamic_growth_steps"),
        ((optimizers.SGD(),), {"dynamic": False}, "dynamic"),
        ((optimizers.SGD(),), {"clipnorm": 1.0}, "does not take clipnorm"),
        ((optimizers.SGD(),), {"use_ema": True}, "does not take use_ema"),
        ((optimizers.SGD(),), {"speed": 1.0}, "unknown arguments: 'speed'"),
    ],
)
def test_bad_loss_scale(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        optimizers.LossScaleOptimizer(*arguments, **options)
    optimizers.LossScaleOptimizer(optimizers.SGD(), clipnorm=None, use_ema=False)


def test_gradients_that_do_not_fit_change_nothing():
    for optimizer in (optimizers.LossScaleOptimizer(optimizers.SGD()), several()):
        w = variable(1.0, 2.0)
        before = len(optimizer.variables)
        with pytest.raises(ValueError, match="shape"):
            optimizer.apply([np.ones(3, "float32")], [w])
        with pytest.raises(ValueError, match="before the optimizer is built"):
            optimizer.apply([np.ones(2, "float32")])
        optimizer.apply([], [])
        assert len(optimizer.variables) == before
        assert int(optimizer.iterations) == 0


def test_each_variable_has_its_optimizer():
    sgd, adagrad = optimizers.SGD(0.5), optimizers.Adagrad(0.5)
    optimizer = optimizers.MultiOptimizer(optimizers.OptimizerMap(sgd, {"bi.*": adagrad}), loss_scale_factor=2.0)
    assert optimizer.optimizers == [adagrad, sgd]
    assert sgd.loss_scale_factor == adagrad.loss_scale_factor == 2.0
    optimizer.loss_scale_factor = 4.0
    assert sgd.loss_scale_factor == adagrad.loss_scale_factor == optimizer.loss_scale_factor == 4.0
    assert optimizer.scale_loss(1.0) == 4.0
    kernel, bias = variable(1.0, name="kernel"), variable(1.0, name="bias")
    optimizer.apply([np.full(1, 4.0, "float32")] * 2, [kernel, bias])
    assert values(kernel)[0] == 0.5
    assert values(bias)[0] == pytest.approx(1 - 0.5 / np.sqrt(1.1))
    assert [int(o.iterations) for o in (optimizer, sgd, adagrad)] == [1, 1, 1]
    assert len(optimizer.variables) == 2 + len(sgd.variables) + len(adagrad.variables)
    weights = [values(v) for v in optimizer.variables]
    weights[0] = np.array(7)
    optimizer.set_weights(weights)
    assert int(optimizer.iterations) == 7
    with pytest.raises(AttributeError, match="no learning rate"):
        _ = optimizer.learning_rate
    with pytest.raises(AttributeError, match="no learning rate"):
        optimizer.learning_rate = 0.5
    with pytest.raises(ValueError, match="new optimizer"):
        optimizer.apply([np.ones(1, "float32")], [variable(1.0)])


def test_a_function_may_choose_the_optimizer():
    small, large = optimizers.SGD(0.5, use_ema=True), optimizers.SGD(1.0, weight_decay=0.5)
    optimizer = optimizers.MultiOptimizer(lambda v: large if len(v.shape) > 1 else small)
    bias, kernel = variable(1.0), Variable(np.ones((1, 1), "float32"))
    optimizer.exclude_from_weight_decay(var_names=["variable"])
    optimizer.build([bias, kernel])
    for _ in range(2):
        optimizer.apply([np.ones(1, "float32"), np.ones((1, 1), "float32")])
    assert values(bias)[0] == 0.0
    assert values(kernel)[0, 0] == -1.0  # without decay
    optimizer.finalize_variable_values([bias, kernel])
    assert values(bias)[0] == pytest.approx(0.495)


def test_optimizer_map():
    sgd, adam, lion = optimizers.SGD(), optimizers.Adam(), optimizers.Lion()
    mapped = optimizers.OptimizerMap(sgd, {"a/.*": adam})
    mapped[".*/b"] = lion
    assert mapped["a/c"] is adam
    assert mapped["d/b"] is lion
    assert mapped["e"] is mapped.default_optimizer is sgd
    assert len(mapped) == 2
    assert list(mapped) == ["a/.*", ".*/b"]
    with pytest.raises(ValueError, match="one optimizer for variable 'a/b'"):
        mapped["a/b"]
    with pytest.raises(ValueError, match="already"):
        mapped["a/.*"] = sgd
    del mapped["a/.*"]
    assert mapped["a/b"] is lion
    twin = optimizers.OptimizerMap.from_config(mapped.get_config())
    assert twin.get_config() == mapped.get_config()
    for key, value, words in (
        (3, sgd, "key to be a regular expression, got 3"),
        ("x", "adam", "to be an Optimizer"),
        ("x", optimizers.LossScaleOptimizer(sgd), "other than LossScaleOptimizer"),
        ("x", optimizers.MultiOptimizer(mapped), "other than LossScaleOptimizer and MultiOptimizer"),
    ):
        with pytest.raises(ValueError, match=words):
            mapped[key] = value
    assert len(mapped) == 1
    with pytest.raises(TypeError, match="default_optimizer"):
        optimizers.OptimizerMap("adam")
    with pytest.raises(TypeError, match="optimizer_map"):
        optimizers.OptimizerMap(sgd, [adam])
    with pytest.raises(ValueError, match="optimizer_map to be an OptimizerMap or a function"):
        optimizers.MultiOptimizer({"a": adam})
    with pytest.raises(ValueError, match="result of optimizer_map"):
        optimizers.MultiOptimizer(lambda v: "adam").build([variable(1.0)])
