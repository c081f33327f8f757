"""Dynamic loss scaling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import initializers, ops, registry
from ckeras.optimizers.accumulation import is_overwritten, only_if
from ckeras.optimizers.arguments import above_0
from ckeras.optimizers.gradients import checked_pairs, converted
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable

# Options of the inner optimizer, with the values that mean "not given".
_INNER = {
    **dict.fromkeys(("weight_decay", "clipnorm", "global_clipnorm", "clipvalue", "ema_overwrite_frequency")),
    **dict.fromkeys(("loss_scale_factor", "gradient_accumulation_steps")),
    "use_ema": False,
    "ema_momentum": 0.99,
}


@registry.optimizers.ship()
class LossScaleOptimizer(Optimizer):
    """Wraps an optimizer with dynamic loss scaling, which keeps 16-bit gradients from underflowing.

    A step with non-finite gradients is skipped and halves the scale; after `dynamic_growth_steps` consecutive finite
    steps the scale is doubled (Micikevicius et al., 2017).

    Args:
        inner_optimizer: Optimizer that updates the variables. Its `loss_scale_factor` is set to None.
        initial_scale: Initial factor of the loss, above 0.
        dynamic_growth_steps: Number of consecutive finite steps after which the scale is doubled.
        name: Name; generated from the class name when None.
        kwargs: `dynamic`, which must be True. Pass other options to `inner_optimizer`.

    Raises:
        ValueError: if `inner_optimizer` is not an optimizer, an argument is out of range, or an option belongs
            to the inner optimizer.
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ):
        owner = type(self).__name__
        if not kwargs.pop("dynamic", True):
            raise ValueError(f"{owner} expects dynamic to be True; for a fixed scale set loss_scale_factor.")
        for key, nothing in _INNER.items():
            if kwargs.pop(key, nothing) != nothing:
                raise ValueError(f"{owner} does not take {key}; pass it to inner_optimizer.")
        if not isinstance(inner_optimizer, Optimizer):
            raise ValueError(f"{owner} expects inner_optimizer to be an Optimizer, got {inner_optimizer!r}.")
        above_0(self, "initial_scale", initial_scale)
        above_0(self, "dynamic_growth_steps", dynamic_growth_steps)
        super().__init__(learning_rate=0.0, name=name, **kwargs)
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        inner_optimizer.loss_scale_factor = None

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the scale and the counter of finite steps, and build the inner optimizer."""
        if self.built:
            return
        self.step_counter = self.add_variable((), "zeros", dtype="int32", name="step_counter")
        self.dynamic_scale = self.add_variable(
            (), initializers.Constant(self.initial_scale), dtype="float32", name="dynamic_scale"
        )
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self) -> list[Variable]:
        """The variables of the loss scale and of the inner optimizer."""
        return [*self._variables, *self.inner_optimizer.variables]

    @property
    def iterations(self) -> Any:
        """Number of updates of the inner optimizer."""
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the inner optimizer."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        self.inner_optimizer.learning_rate = learning_rate

    lr = learning_rate

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Update variables with the inner optimizer from gradients of the scaled loss, if all are finite.

        Args:
            grads: Gradients, one per variable and of its shape, or None.
            trainable_variables: Variables to update; those of `build` when None. The first call builds the optimizer.

        Raises:
            ValueError: if the gradients do not match the variables. Nothing is changed in this case.
        """
        grads = list(grads)
        if not grads:
            return
        pairs = checked_pairs(self, grads, trainable_variables)
        if not self.built:
            self.build(list(trainable_variables))
        finite, variables = self.check_finite(grads), [variable for _, variable in pairs]
        scale, steps = self.dynamic_scale, self.step_counter
        with only_if(finite, [*self.inner_optimizer.variables, *self._trainable_variables]):
            inverse = 1.0 / scale
            scaled = [g if is_overwritten(v) else converted(g, v.dtype) * ops.cast(inverse, v.dtype) for g, v in pairs]
            self.inner_optimizer.apply(scaled, variables)
        grows = ops.logical_and(finite, ops.equal(steps + 1, self.dynamic_growth_steps))
        steps.assign(ops.where(ops.logical_and(finite, ops.logical_not(grows)), steps + 1, 0))
        scale.assign(scale * ops.where(grows, 2.0, ops.where(finite, 1.0, 0.5)))

    def check_finite(self, grads: Sequence[Any]) -> Any:
        """Whether all gradients are finite, as a scalar tensor; None entries are ignored."""
        finite = [ops.all(ops.isfinite(g)) for g in grads if g is not None]
        return ops.all(ops.stack(finite))

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss multiplied by the current scale."""
        return loss * (self.dynamic_scale if self.built else self.initial_scale)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Exclude variables from weight decay; see `Optimizer.exclude_from_weight_decay`."""
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Assign the inner optimizer's final values to the variables of the model."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inner_optimizer": registry.optimizers.serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> LossScaleOptimizer:
        """Create an optimizer from the arguments in `config`."""
        inner = registry.optimizers.deserialize(config["inner_optimizer"], custom_objects)
        return cls(**{**config, "inner_optimizer": inner})
