"""A loss scale that finds its own size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import initializers, ops, registry
from ckeras.optimizers.arguments import above_0
from ckeras.optimizers.optimizer import Optimizer, is_overwritten, only_if
from ckeras.tensor import Variable

# What belongs to the inner optimizer, and the value that says nothing about it.
_INNER = {
    **dict.fromkeys(("weight_decay", "clipnorm", "global_clipnorm", "clipvalue", "ema_overwrite_frequency")),
    **dict.fromkeys(("loss_scale_factor", "gradient_accumulation_steps")),
    "use_ema": False,
    "ema_momentum": 0.99,
}


@registry.optimizers.ship()
class LossScaleOptimizer(Optimizer):
    """Lets another optimizer update, on gradients of a loss that is scaled up so that they do not vanish in 16 bits.

    A step whose gradients are not all finite changes nothing but the scale, which is halved; after
    `dynamic_growth_steps` finite steps in a row it is doubled (Micikevicius et al., 2017).

    Args:
        inner_optimizer: The optimizer that updates. Its `loss_scale_factor` becomes None.
        initial_scale: The factor of the loss at first, above 0.
        dynamic_growth_steps: After how many finite steps the scale is doubled.
        name: Name, made from the class's when None.
        kwargs: `dynamic`, which must be True; options of optimizers belong to `inner_optimizer`.

    Raises:
        ValueError: if `inner_optimizer` is not an optimizer, an argument is out of range, or an option was meant for
            the inner optimizer.
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
            raise ValueError(f"{owner} expects dynamic to be True; a fixed scale is loss_scale_factor of an optimizer.")
        for key, nothing in _INNER.items():
            if kwargs.pop(key, nothing) != nothing:
                raise ValueError(f"{owner} has no {key} of its own; give it to inner_optimizer.")
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
        """Make the scale and the number of finite steps, and build the inner optimizer."""
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
        """Its own variables, and those of the inner optimizer."""
        return [*self._variables, *self.inner_optimizer.variables]

    @property
    def iterations(self) -> Any:
        """How many updates the inner optimizer has made."""
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
        """Let the inner optimizer update variables from gradients of the scaled loss, if all are finite.

        Args:
            grads: A gradient, or None, for each variable, of its shape.
            trainable_variables: The variables; those of `build` when None. The first call builds the optimizer.

        Raises:
            ValueError: if gradients do not fit the variables. Nothing has changed then.
        """
        grads = list(grads)
        if not grads:
            return
        pairs = self._checked_pairs(grads, trainable_variables)
        if not self.built:
            self.build(list(trainable_variables))
        finite, variables = self.check_finite(grads), [variable for _, variable in pairs]
        scale, steps = self.dynamic_scale, self.step_counter
        with only_if(finite, [*self.inner_optimizer.variables, *self._trainable_variables]):
            inverse = 1.0 / scale
            scaled = [g if is_overwritten(v) else self._cast(g, v.dtype) * ops.cast(inverse, v.dtype) for g, v in pairs]
            self.inner_optimizer.apply(scaled, variables)
        grows = ops.logical_and(finite, ops.equal(steps + 1, self.dynamic_growth_steps))
        steps.assign(ops.where(ops.logical_and(finite, ops.logical_not(grows)), steps + 1, 0))
        scale.assign(scale * ops.where(grows, 2.0, ops.where(finite, 1.0, 0.5)))

    def check_finite(self, grads: Sequence[Any]) -> Any:
        """Whether every number in these gradients is finite, as a scalar tensor; None is no gradient."""
        finite = [ops.all(ops.isfinite(g)) for g in grads if g is not None]
        return ops.all(ops.stack(finite))

    def scale_loss(self, loss: Any) -> Any:
        """The loss multiplied by the present scale."""
        return loss * (self.dynamic_scale if self.built else self.initial_scale)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Keep variables from decaying, as `Optimizer.exclude_from_weight_decay` of the inner optimizer."""
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Give the model's variables the final values that the inner optimizer has for them."""
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
        """The optimizer with the arguments of `config`."""
        inner = registry.optimizers.deserialize(config["inner_optimizer"], custom_objects)
        return cls(**{**config, "inner_optimizer": inner})
