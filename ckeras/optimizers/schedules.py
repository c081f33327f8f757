"""Learning rate schedules."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from ckeras import config as _config, ops, registry
from ckeras.optimizers.arguments import above_0, at_least_0, is_number, number

ship = registry.schedules.ship


class LearningRateSchedule:
    """Base class of learning rate schedules, functions from the step number to the learning rate.

    A subclass defines `__call__(step)`, which applies ops to an integer tensor, and `get_config()`.
    """

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of step `step`, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(step) method.")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal schedule."""
        raise NotImplementedError(f"{type(self).__name__} has no get_config() method, so it cannot be saved.")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        """Create a schedule from the arguments in `config`."""
        return cls(**config)


def _float(step: Any) -> Any:
    return ops.cast(step, _config.floatx())


class _Decay(LearningRateSchedule):
    """Base class of schedules of `step / decay_steps` with a decay rate."""

    def __init__(self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool, name: str):
        self.initial_learning_rate = number(self, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = above_0(self, "decay_steps", decay_steps)
        self.decay_rate = number(self, "decay_rate", decay_rate)
        self.staircase = staircase
        self.name = name

    def _passed(self, step: Any) -> Any:
        passed = _float(step) / self.decay_steps
        return ops.floor(passed) if self.staircase else passed

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


@ship()
class ExponentialDecay(_Decay):
    """`initial_learning_rate * decay_rate**(step / decay_steps)`.

    Args:
        initial_learning_rate: Learning rate of the first step.
        decay_steps: Number of steps after which the rate is multiplied by `decay_rate`, above 0.
        decay_rate: Factor.
        staircase: Whether to round the exponent down, so that the rate decays at discrete intervals.
        name: Name.

    Raises:
        ValueError: if `decay_steps` is not above 0, or an argument is not a number.

    >>> float(ExponentialDecay(0.5, decay_steps=10, decay_rate=0.25)(5))
    0.25
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ):
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def __call__(self, step: Any) -> Any:
        return self.initial_learning_rate * ops.power(self.decay_rate, self._passed(step))


@ship()
class InverseTimeDecay(_Decay):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: Learning rate of the first step.
        decay_steps: Number of steps after which `decay_rate` is added to the divisor, above 0.
        decay_rate: Summand of the divisor.
        staircase: Whether to round `step / decay_steps` down, so that the rate decays at discrete intervals.
        name: Name.

    Raises:
        ValueError: if `decay_steps` is not above 0, or an argument is not a number.

    >>> float(InverseTimeDecay(1.0, decay_steps=10, decay_rate=3.0)(10))
    0.25
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ):
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def __call__(self, step: Any) -> Any:
        return self.initial_learning_rate / (1.0 + self.decay_rate * self._passed(step))


@ship()
class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[i]` up to and including step `boundaries[i]`, and the last value after that.

    Args:
        boundaries: Step numbers in ascending order.
        values: Learning rates, one more than `boundaries`.
        name: Name.

    Raises:
        ValueError: if `values` is not one longer than `boundaries`, or `boundaries` is not ascending.

    >>> schedule = PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.25])
    >>> [float(schedule(step)) for step in (10, 11, 21)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                f"PiecewiseConstantDecay expects one more value than boundaries, got {len(values)} values and "
                f"{len(boundaries)} boundaries."
            )
        for key, given in (("boundaries", boundaries), ("values", values)):
            for i, value in enumerate(given):
                number(self, f"{key}[{i}]", value)
        if any(a > b for a, b in itertools.pairwise(boundaries)):
            raise ValueError(f"PiecewiseConstantDecay expects boundaries in ascending order, got {boundaries!r}.")
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: Any) -> Any:
        step = ops.convert_to_tensor(step)
        rate = ops.cast(self.values[0], _config.floatx())
        for boundary, value in zip(self.boundaries, self.values[1:], strict=True):
            rate = ops.where(step > ops.cast(boundary, step.dtype), value, rate)
        return rate

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}


@ship()
class PolynomialDecay(LearningRateSchedule):
    """`(initial_learning_rate - end_learning_rate) * (1 - step / decay_steps)**power + end_learning_rate`.

    Args:
        initial_learning_rate: Learning rate of the first step.
        decay_steps: Number of steps until the rate is `end_learning_rate`, above 0.
        end_learning_rate: Final learning rate.
        power: Exponent; 1 gives linear decay.
        cycle: Whether to restart after `decay_steps`, with the next multiple of it as the duration; otherwise the
            rate stays at `end_learning_rate`.
        name: Name.

    Raises:
        ValueError: if `decay_steps` is not above 0, or an argument is not a number.

    >>> schedule = PolynomialDecay(1.0, decay_steps=10, end_learning_rate=0.5)
    >>> [float(schedule(step)) for step in (0, 5, 10, 15)]
    [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ):
        self.initial_learning_rate = number(self, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = above_0(self, "decay_steps", decay_steps)
        self.end_learning_rate = number(self, "end_learning_rate", end_learning_rate)
        self.power = number(self, "power", power)
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Any:
        step = _float(step)
        if self.cycle:
            steps = self.decay_steps * ops.maximum(ops.ceil(step / self.decay_steps), 1.0)
        else:
            steps = self.decay_steps
            step = ops.minimum(step, steps)
        span = self.initial_learning_rate - self.end_learning_rate
        return span * ops.power(1.0 - step / steps, self.power) + self.end_learning_rate

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }


def _half_cosine(fraction: Any) -> Any:
    """Return `(1 + cos(pi * fraction)) / 2`, which falls from 1 to 0 as `fraction` goes from 0 to 1."""
    return 0.5 * (1.0 + ops.cos(math.pi * fraction))


@ship()
class CosineDecay(LearningRateSchedule):
    """Cosine decay (Loshchilov and Hutter, 2016) with optional linear warmup.

    `rate * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)`, where `rate` is `initial_learning_rate`.
    With a warmup, the rate goes from `initial_learning_rate` to `warmup_target` in `warmup_steps` steps, and then
    `rate` is `warmup_target`.

    Args:
        initial_learning_rate: Learning rate of the first step.
        decay_steps: Number of steps of the decay, above 0.
        alpha: Final learning rate as a fraction of `rate`.
        name: Name.
        warmup_target: Learning rate after the warmup, or None for no warmup.
        warmup_steps: Number of steps of the warmup, at least 0.

    Raises:
        ValueError: if `decay_steps` is not above 0, `warmup_steps` is negative, or an argument is not a number.

    >>> schedule = CosineDecay(0.0, decay_steps=10, warmup_target=1.0, warmup_steps=4)
    >>> [round(float(schedule(step)), 4) for step in (0, 1, 4, 9, 14, 20)]
    [0.0, 0.25, 1.0, 0.5, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ):
        self.initial_learning_rate = number(self, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = above_0(self, "decay_steps", decay_steps)
        self.alpha = number(self, "alpha", alpha)
        self.name = name
        self.warmup_target = warmup_target if warmup_target is None else number(self, "warmup_target", warmup_target)
        self.warmup_steps = at_least_0(self, "warmup_steps", warmup_steps)

    def __call__(self, step: Any) -> Any:
        step = _float(step)
        if self.warmup_target is None:
            return self._fall(self.initial_learning_rate, step)
        fall = self._fall(self.warmup_target, step - self.warmup_steps)
        if not self.warmup_steps:
            return fall
        slope = (self.warmup_target - self.initial_learning_rate) / self.warmup_steps
        return ops.where(step < self.warmup_steps, self.initial_learning_rate + slope * step, fall)

    def _fall(self, rate: float, step: Any) -> Any:
        share = (1.0 - self.alpha) * _half_cosine(ops.minimum(step, self.decay_steps) / self.decay_steps) + self.alpha
        return rate * share

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }


@ship()
class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decay with warm restarts and growing periods (Loshchilov and Hutter, 2016).

    Args:
        initial_learning_rate: Learning rate of the first step.
        first_decay_steps: Number of steps of the first period, above 0.
        t_mul: Ratio of the lengths of consecutive periods, at least 1.
        m_mul: Factor of the learning rate at each restart.
        alpha: Learning rate at the end of a period as a fraction of that at its start.
        name: Name.

    Raises:
        ValueError: if `first_decay_steps` is not above 0, `t_mul` is below 1, or an argument is not a number.

    >>> schedule = CosineDecayRestarts(1.0, first_decay_steps=10)
    >>> [round(float(schedule(step)), 4) for step in (0, 5, 20, 29, 30)]
    [1.0, 0.5, 0.5, 0.0062, 1.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ):
        self.initial_learning_rate = number(self, "initial_learning_rate", initial_learning_rate)
        self.first_decay_steps = above_0(self, "first_decay_steps", first_decay_steps)
        if not number(self, "t_mul", t_mul) >= 1:
            raise ValueError(f"CosineDecayRestarts expects t_mul to be at least 1, got {t_mul!r}.")
        self.t_mul = t_mul
        self.m_mul = number(self, "m_mul", m_mul)
        self.alpha = number(self, "alpha", alpha)
        self.name = name

    def __call__(self, step: Any) -> Any:
        passed = _float(step) / self.first_decay_steps
        if self.t_mul == 1:
            restarts = ops.floor(passed)
            fraction = passed - restarts
        else:
            # The lengths of the periods form a geometric series: n periods take (t_mul**n - 1) / (t_mul - 1).
            growth = self.t_mul - 1.0
            restarts = ops.floor(ops.log(1.0 + passed * growth) / math.log(self.t_mul))
            length = ops.power(self.t_mul, restarts)
            fraction = (passed - (length - 1.0) / growth) / length
        share = (1.0 - self.alpha) * ops.power(self.m_mul, restarts) * _half_cosine(fraction) + self.alpha
        return self.initial_learning_rate * share

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self.t_mul,
            "m_mul": self.m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }


def serialize(learning_rate_schedule: Any) -> Any:
    """Return the config of a schedule, from which `deserialize` creates an equal one."""
    return registry.schedules.serialize(learning_rate_schedule)


def deserialize(config: Any, custom_objects: dict | None = None) -> Any:
    """Create a schedule from a config that `serialize` returned."""
    return registry.schedules.deserialize(config, custom_objects)


__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
__dir__ = __all__.copy


def checked_rate(owner: Any, rate: Any) -> Any:
    """Return a learning rate as a float or a function; raise a ValueError if it is neither a number nor callable."""
    if isinstance(rate, dict):
        rate = deserialize(rate)
    if not (is_number(rate) or callable(rate)) or isinstance(rate, type):
        raise ValueError(
            f"{type(owner).__name__} expects learning_rate to be a number, a LearningRateSchedule or a function "
            f"without arguments, got {rate!r}."
        )
    return float(rate) if is_number(rate) else rate
