"""Learning rate schedules: saved, compiled, refusing bad arguments."""

import copy

import numpy as np
import pytest

from ckeras import optimizers, registry
from ckeras.compiler.function import function
from ckeras.optimizers import schedules
from ckeras.tensor import Variable

MADE = {
    "ExponentialDecay": lambda: schedules.ExponentialDecay(0.5, 10, 0.7, staircase=True),
    "InverseTimeDecay": lambda: schedules.InverseTimeDecay(0.5, 10, 0.7),
    "PiecewiseConstantDecay": lambda: schedules.PiecewiseConstantDecay([3, 5], [1.0, 0.5, 0.25]),
    "PolynomialDecay": lambda: schedules.PolynomialDecay(0.5, 10, 0.1, 2.0, cycle=True),
    "CosineDecay": lambda: schedules.CosineDecay(0.1, 10, 0.1, warmup_target=0.5, warmup_steps=3),
    "CosineDecayRestarts": lambda: schedules.CosineDecayRestarts(0.5, 4, 1.5, 0.9, 0.1),
}


@pytest.mark.parametrize("name", MADE)
def test_config_round_trip(name):
    schedule = MADE[name]()
    config = schedules.serialize(schedule)
    assert config["module"] == "keras.optimizers.schedules"
    assert config["class_name"] == name
    assert config["config"]["name"] == schedule.name
    twin = schedules.deserialize(copy.deepcopy(config))
    assert type(twin) is type(schedule) is getattr(schedules, name) is registry.schedules.resolve(name)
    assert twin.get_config() == schedule.get_config()
    optimizer = optimizers.deserialize(optimizers.serialize(optimizers.SGD(schedule)))
    assert [float(optimizer._learning_rate(t)) for t in range(9)] == [float(schedule(t)) for t in range(9)]


@pytest.mark.parametrize("name", MADE)
def test_an_optimizer_follows_it_eagerly_and_compiled(name):
    schedule = MADE[name]()
    for compiled in (False, True):
        w = Variable(np.zeros(1, "float32"))
        optimizer = optimizers.SGD(schedule)
        optimizer.build([w])
        step = function(lambda g, o=optimizer, w=w: o.apply([g], [w]))
        run = step if compiled else step.python_function
        total = 0.0
        for i in range(12):
            rate = float(schedule(i))
            assert float(optimizer.learning_rate) == rate
            run(np.ones(1, "float32"))
            total += rate
            assert w.numpy()[0] == pytest.approx(-total, rel=1e-5)
        with pytest.raises(TypeError, match=f"follows {name} and cannot be set"):
            optimizer.learning_rate = 0.1
        if compiled:
            ((plan, *_),) = step.plans.values()
            assert plan.python_instructions == 0, str(plan)


def test_rates_are_floats_whatever_is_given():
    assert schedules.ExponentialDecay(1, 10, 1)(3).dtype == "float32"
    assert schedules.PiecewiseConstantDecay([1], [3, 2])(0).dtype == "float32"
    assert float(schedules.PiecewiseConstantDecay([], [0.5])(100)) == 0.5
    assert float(schedules.PiecewiseConstantDecay([2.5], [1.0, 0.5])(2.25)) == 1.0
    assert float(schedules.CosineDecay(0.5, 10)(np.int64(5))) == pytest.approx(0.25)
    assert float(schedules.PolynomialDecay(1.0, 10, 0.5)(Variable(5, dtype="int32"))) == 0.75


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: schedules.ExponentialDecay(0.1, 0, 0.5),
            "ExponentialDecay expects decay_steps .* above 0",
        ),
        (lambda: schedules.ExponentialDecay("fast", 5, 0.5), "initial_learning_rate to be a number, got 'fast'"),
        (lambda: schedules.InverseTimeDecay(0.1, -3, 0.5), "InverseTimeDecay expects decay_steps .* got -3"),
        (lambda: schedules.InverseTimeDecay(0.1, 3, None), "decay_rate to be a number, got None"),
        (lambda: schedules.PolynomialDecay(0.1, -1), "PolynomialDecay expects decay_steps"),
        (lambda: schedules.PolynomialDecay(0.1, 1, power="2"), "power to be a number"),
        (lambda: schedules.CosineDecay(0.1, 0), "CosineDecay expects decay_steps"),
        (
            lambda: schedules.CosineDecay(0.1, 5, warmup_target=1.0, warmup_steps=-1),
            "warmup_steps .* got -1",
        ),
        (lambda: schedules.CosineDecay(0.1, 5, warmup_target="high"), "warmup_target"),
        (lambda: schedules.CosineDecayRestarts(0.1, 0), "first_decay_steps"),
        (lambda: schedules.CosineDecayRestarts(0.1, 5, t_mul=0.5), "t_mul to be at least 1, got 0.5"),
        (lambda: schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2]), "got 2 values and 2 boundaries"),
        (lambda: schedules.PiecewiseConstantDecay([3, 2], [0.1, 0.2, 0.3]), "boundaries in ascending order"),
        (lambda: schedules.PiecewiseConstantDecay(["a"], [0.1, 0.2]), r"boundaries\[0\] to be a number, got 'a'"),
        (lambda: schedules.PiecewiseConstantDecay([1], [0.1, None]), r"values\[1\] to be a number, got None"),
    ],
)
def test_bad_arguments(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_base_class_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="get_config"):
        schedules.serialize(schedules.LearningRateSchedule())
