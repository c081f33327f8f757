"""Learning rates that follow the number of steps taken."""

from __future__ import annotations

from typing import Any

from ckeras import registry


class LearningRateSchedule:
    """A function from the number of steps taken to the learning rate.

    A subclass defines `__call__(step)`, in ops on an integer tensor, and `get_config()`.
    """

    def __call__(self, step: Any) -> Any:
        """The learning rate of step `step`, which is 0 at the first."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(step) method.")

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes an equal schedule."""
        raise NotImplementedError(f"{type(self).__name__} has no get_config() method, so it cannot be saved.")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        """The schedule with the arguments of `config`."""
        return cls(**config)


def serialize(learning_rate_schedule: Any) -> Any:
    """The config of a schedule, from which `deserialize` makes an equal one."""
    return registry.schedules.serialize(learning_rate_schedule)


def deserialize(config: Any, custom_objects: dict | None = None) -> Any:
    """The schedule that a config of `serialize` describes."""
    return registry.schedules.deserialize(config, custom_objects)
