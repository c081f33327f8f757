"""Base class of optimizers: everything but the update rule of one variable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ckeras import config as _config, ops
from ckeras.autograd import GradientTape
from ckeras.optimizers import accumulation, arguments, clipping, gradients, schedules
from ckeras.optimizers.accumulation import is_overwritten, only_if
from ckeras.optimizers.schedules import LearningRateSchedule
from ckeras.optimizers.state import OptimizerState
from ckeras.saving.state import holds_state
from ckeras.tensor import Variable
from ckeras.tensor.stateless_scope import StatelessScope
from ckeras.utils.naming import auto_name


@holds_state(["variables"], learning_rate=1.0, name="optimizer")
class Optimizer(OptimizerState):
    """Base class of optimizers, which update variables from the gradients of a loss.

    A subclass defines `update_step(gradient, variable, learning_rate)`, which computes with ops and changes variables
    with `self.assign`, `self.assign_add` and `self.assign_sub`; `build(variables)`, if it has state variables,
    created with `add_optimizer_variables`; and `get_config()`, if it has parameters.

    A step divides the gradients by the loss scale, accumulates and clips them, applies weight decay, calls
    `update_step` for each variable, updates the moving averages, applies constraints and increments `iterations`.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        weight_decay: Factor `d` of decoupled weight decay: each step starts with `w -= d * learning_rate * w`
            (Loshchilov and Hutter, 2017), or None.
        clipnorm: Maximum Euclidean norm of each variable's gradient, or None.
        clipvalue: Maximum absolute value of the elements of a gradient, or None.
        global_clipnorm: Maximum Euclidean norm of all gradients together, or None.
        use_ema: Whether to maintain an exponential moving average of each variable (Polyak and Juditsky, 1992).
        ema_momentum: The average is `ema_momentum * average + (1 - ema_momentum) * variable`.
        ema_overwrite_frequency: Number of iterations after which the averages are assigned to the variables; when None,
            only `finalize_variable_values` assigns them, which `fit` calls at its end.
        loss_scale_factor: Factor by which the loss is multiplied (`scale_loss`) and gradients are divided, or None.
        gradient_accumulation_steps: Number of steps, 2 or more, whose mean gradient is used for one update, or None.
        name: Name; generated from the class name when None.
        kwargs: `lr`, an alias of `learning_rate`, and `decay`, which divides a constant learning rate by
            `1 + decay * iterations`.

    Raises:
        ValueError: if an argument is unknown or out of range, or more than one kind of clipping is given.

    >>> import numpy as np
    >>> class SignDescent(Optimizer):
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         self.assign_sub(variable, learning_rate * ops.sign(gradient))
    >>> weight = Variable(np.array([1.0, 2.0], "float32"))
    >>> SignDescent(learning_rate=0.5).apply([np.array([3.0, -0.1], "float32")], [weight])
    >>> weight.numpy().tolist()
    [0.5, 2.5]
    """

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__()
        owner = type(self).__name__
        learning_rate = kwargs.pop("lr", learning_rate)
        decay = kwargs.pop("decay", None)
        if kwargs:
            raise ValueError(f"{owner} got unknown arguments: {', '.join(map(repr, kwargs))}.")
        arguments.clips(self, clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        arguments.at_least_0(self, "decay", decay or 0)
        if weight_decay is not None:
            arguments.number(self, "weight_decay", weight_decay)
        if loss_scale_factor is not None:
            arguments.above_0(self, "loss_scale_factor", loss_scale_factor)
        if use_ema:
            arguments.share(self, "ema_momentum", ema_momentum)
            arguments.count(self, "ema_overwrite_frequency", ema_overwrite_frequency, 1)
        arguments.count(self, "gradient_accumulation_steps", gradient_accumulation_steps, 2)
        self.name = name or auto_name(owner)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.decay = decay
        self.built = False
        self._trainable_variables: list[Variable] = []
        self._indices: dict[int, int] = {}
        self._undecayed: list[Variable] = []
        self._undecayed_names: re.Pattern | None = None
        self._scalars: dict | None = None  # the results of `once_a_step` in this step

        rate = schedules.checked_rate(self, learning_rate)
        self._iterations = self._add("iteration", 0, "int32")
        self._learning_rate = rate if callable(rate) else self._add("learning_rate", rate, _config.floatx())

    # Variables

    @property
    def iterations(self) -> Any:
        """Number of updates: steps divided by `gradient_accumulation_steps`, if that is set."""
        steps = self.gradient_accumulation_steps
        return self._iterations // steps if steps else self._iterations

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the optimizer's variables for the model's trainable `variables`."""
        variables = list(variables)
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulators = [self.add_variable_from_reference(v, "gradient_accumulator") for v in variables]
        self._trainable_variables = variables
        self._indices = {}
        self.built = True

    def _get_variable_index(self, variable: Variable) -> int:
        """Return the index of a variable among those the optimizer was built for."""
        if not self._indices:
            self._indices = {id(v): i for i, v in enumerate(self._trainable_variables)}
        if id(variable) not in self._indices:
            raise ValueError(
                f"{self.name} was not built for variable {variable.path!r} of shape {tuple(variable.shape)}; "
                "create a new optimizer for new variables."
            )
        return self._indices[id(variable)]

    # Learning rate

    @property
    def learning_rate(self) -> Any:
        """The learning rate: a variable if it was given as a number, else its value at this iteration.

        Assign a number to change it; TypeError if it follows a schedule.
        """
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate(self._iterations)
        return rate if isinstance(rate, Variable) else rate()

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        if isinstance(learning_rate, Variable):
            learning_rate = learning_rate.value
        rate = learning_rate if hasattr(learning_rate, "dtype") else schedules.checked_rate(self, learning_rate)
        current = self._learning_rate
        if callable(rate):
            self._learning_rate = rate
            self._variables = [v for v in self._variables if v is not current]
        elif isinstance(current, LearningRateSchedule):
            raise TypeError(
                f"The learning rate of {self.name} follows {type(current).__name__} and cannot be set; "
                "pass a number as learning_rate to set it later."
            )
        elif isinstance(current, Variable):
            current.assign(rate)
        else:
            self._learning_rate = self._add("learning_rate", rate, _config.floatx())
            self._variables.insert(1, self._variables.pop())

    lr = learning_rate

    def _rate_now(self) -> Any:
        rate = self.learning_rate
        if self.decay and isinstance(self._learning_rate, Variable):
            rate = rate / (1.0 + self.decay * ops.cast(self.iterations, rate.dtype))
        return rate

    # A step

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Variable:
        """Update variables from (gradient, variable) pairs; return `iterations`."""
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Update variables from their gradients.

        Args:
            grads: Gradients, one per variable and of its shape, or None.
            trainable_variables: Variables to update; those of `build` when None. The first call builds the optimizer.

        Raises:
            ValueError: if all gradients are None, the numbers of gradients and variables differ, a shape does not
                match, or the optimizer was not built for a variable. Nothing is changed in this case.
        """
        grads = list(grads)
        if not grads:
            return
        pairs = gradients.checked_pairs(self, grads, trainable_variables)
        if not self.built:
            self.build(list(trainable_variables))
        pairs = [(gradients.converted(gradient, variable.dtype), variable) for gradient, variable in pairs]
        for gradient, variable in pairs:
            if is_overwritten(variable):
                self._overwrite(gradient, variable)
        pairs = [pair for pair in pairs if not is_overwritten(pair[1])]
        grads, variables = [gradient for gradient, _ in pairs], [variable for _, variable in pairs]
        if self.loss_scale_factor is not None:
            grads = [g * (1.0 / self.loss_scale_factor) for g in grads]
        self._scalars = {}
        try:
            if self.gradient_accumulation_steps:
                grads, due = self._accumulate(grads, variables)
                with only_if(due, [*self._variables, *variables]):
                    self._update_and_average(grads, variables)
            else:
                self._update_and_average(grads, variables)
        finally:
            self._scalars = None
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        self._iterations.assign_add(1)

    def stateless_apply(
        self, optimizer_variables: Sequence[Any], grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Return the values of all variables after a step, given those before it, without assigning them.

        Args:
            optimizer_variables: Values of `variables`.
            grads: Gradients, one per variable of the model.
            trainable_variables: Values of the variables the optimizer was built for.

        Returns:
            Tuple (values of the model's variables, values of the optimizer's variables).

        Raises:
            ValueError: if the optimizer is not built, or a number of values does not match.
        """
        if not self.built:
            raise ValueError(f"{self.name}.stateless_apply expects a built optimizer; call build(variables) first.")
        model, own = self._trainable_variables, self.variables
        for mine, given, what in (
            (model, trainable_variables, "trainable_variables"),
            (own, optimizer_variables, "optimizer_variables"),
        ):
            if len(mine) != len(given):
                raise ValueError(
                    f"{self.name}.stateless_apply expects {len(mine)} values in {what}, one per variable, "
                    f"got {len(given)}."
                )
        pairs = [*zip(model, trainable_variables, strict=True), *zip(own, optimizer_variables, strict=True)]
        with StatelessScope(pairs) as scope:
            self.apply(grads)
        return [scope.get_current_value(v) for v in model], [scope.get_current_value(v) for v in own]

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient; defined by a subclass."""
        raise NotImplementedError(
            f"{type(self).__name__} has no update_step(gradient, variable, learning_rate) method."
        )

    def assign(self, variable: Variable, value: Any) -> None:
        """Assign a value to a variable."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """Add a value to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """Subtract a value from a variable."""
        variable.assign_sub(value)

    def once_a_step(self, key: Any, compute: Callable[[], Any]) -> Any:
        """Return `compute()`, evaluated for the first variable of a step and reused for the others."""
        if self._scalars is None:
            return compute()
        if key not in self._scalars:
            self._scalars[key] = compute()
        return self._scalars[key]

    def scalar(self, value: Any, dtype: str) -> Any:
        """Return a scalar of this step, such as the learning rate, in a variable's dtype."""
        return self.once_a_step((id(value), dtype), lambda: ops.cast(value, dtype))

    def minimize(self, loss: Any, var_list: Any, tape: GradientTape | None = None) -> Variable:
        """Compute gradients and apply them.

        Args:
            loss: Function without arguments that returns the loss, or a tensor recorded on `tape`.
            var_list: The variables, or a function without arguments that returns them.
            tape: The tape that recorded `loss`, if `loss` is a tensor.

        Raises:
            ValueError: if `loss` is a tensor and `tape` is None.
        """
        if callable(loss):
            with tape or GradientTape() as tape:
                value = loss()
                variables = list(var_list() if callable(var_list) else var_list)
                value = self.scale_loss(value)
        elif tape is None:
            raise ValueError(f"{self.name}.minimize expects loss to be a function, or a tensor and tape, got no tape.")
        else:
            variables = list(var_list() if callable(var_list) else var_list)
            value = loss
            if self.loss_scale_factor is not None:
                with tape:
                    value = self.scale_loss(loss)
        self.apply(tape.gradient(value, variables), variables)
        return self._iterations

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss multiplied by `loss_scale_factor`, if set; `apply` expects the gradients of this value."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def _accumulate(self, grads: list[Any], variables: list[Variable]) -> tuple[list[Any], Any]:
        """Return the mean gradients, and whether this step updates the variables."""
        due, accumulators = self._is_update(), [self._accumulators[self._get_variable_index(v)] for v in variables]
        return accumulation.accumulate(grads, accumulators, self.gradient_accumulation_steps, due), due

    def _is_update(self) -> Any:
        return ops.equal((self._iterations + 1) % self.gradient_accumulation_steps, 0)

    def _overwrite(self, gradient: Any, variable: Variable) -> None:
        """Assign the gradient, or with accumulation the maximum of the gradients, to a variable."""
        if not self.gradient_accumulation_steps:
            variable.assign(gradient)
        else:
            accumulator = self._accumulators[self._get_variable_index(variable)]
            accumulation.overwrite(variable, gradient, accumulator, self._is_update())

    def _clip(self, grads: list[Any]) -> list[Any]:
        if self.clipnorm:
            return [clipping.by_norm(g, self.clipnorm) for g in grads]
        if self.global_clipnorm:
            return clipping.by_global_norm(grads, self.global_clipnorm)
        if self.clipvalue:
            return [clipping.by_value(g, self.clipvalue) for g in grads]
        return grads

    def _update_and_average(self, grads: list[Any], variables: list[Variable]) -> None:
        """Update the variables once, and then their moving averages."""
        if grads:
            self._update(self._clip(grads), variables)
        if self.use_ema:
            self._average()

    def _update(self, grads: list[Any], variables: list[Variable]) -> None:
        rate = self._rate_now()
        for variable in variables:
            decay = self._decay_of(variable)
            if decay is not None:
                shrink = self.once_a_step(
                    ("weight decay", decay, variable.dtype), lambda v=variable, d=decay: d * ops.cast(rate, v.dtype)
                )
                self.assign(variable, variable - variable * shrink)
        for gradient, variable in zip(grads, variables, strict=True):
            self.update_step(gradient, variable, rate)

    # Weight decay

    def exclude_from_weight_decay(
        self, var_list: Sequence[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Exclude variables from weight decay. Call it before the first step.

        Args:
            var_list: The variables.
            var_names: Regular expressions, such as ["bias"]; variables whose name contains a match are excluded.
        """
        self._undecayed = list(var_list or ())
        self._undecayed_names = re.compile("|".join(var_names)) if var_names else None

    def _use_weight_decay(self, variable: Variable) -> bool:
        if any(variable is one for one in self._undecayed):
            return False
        return self._undecayed_names is None or self._undecayed_names.search(variable.name) is None

    def _decay_of(self, variable: Variable) -> float | None:
        """Return the factor of a variable's weight decay, or None."""
        return self.weight_decay if self._use_weight_decay(variable) else None

    # Moving averages

    def _average(self) -> None:
        for variable, average in self._averaged(self._trainable_variables):
            momentum = self.once_a_step(
                ("ema", variable.dtype),
                lambda v=variable: self.ema_momentum * ops.cast(ops.not_equal(self.iterations, 0), v.dtype),
            )
            average.assign(momentum * average + (1.0 - momentum) * variable)
        if self.ema_overwrite_frequency:
            due = ops.equal((self.iterations + 1) % self.ema_overwrite_frequency, 0)
            for variable, average in self._averaged(self._trainable_variables):
                variable.assign(ops.where(due, average, variable))

    def _averaged(self, variables: Sequence[Variable]) -> list[tuple[Variable, Variable]]:
        """Yield pairs of a variable and its moving average."""
        pairs = [(variable, self._averages[self._get_variable_index(variable)]) for variable in variables]
        return [(variable, average) for variable, average in pairs if average is not None]

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Assign the final values to the variables of the model: the moving averages if `use_ema` is set."""
        if self.use_ema:
            for variable, average in self._averaged(var_list):
                variable.assign(average)

    # Config

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal optimizer, without its state."""
        rate = self._learning_rate
        config = {
            "name": self.name,
            "learning_rate": float(rate.numpy()) if isinstance(rate, Variable) else schedules.serialize(rate),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }
        if self.decay:
            config["decay"] = self.decay
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Optimizer:
        """Create an optimizer from the arguments in `config`."""
        rate = config.get("learning_rate")
        if isinstance(rate, dict):
            config = {**config, "learning_rate": schedules.deserialize(rate, custom_objects)}
        return cls(**config)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_indices": {}, "_scalars": None}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
