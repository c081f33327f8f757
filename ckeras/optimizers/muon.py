"""Muon: orthogonalized momentum for the matrices of a model."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.optimizers import moments
from ckeras.optimizers.accumulation import is_overwritten
from ckeras.optimizers.arguments import at_least_0, share
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable, table


@registry.optimizers.ship()
class Muon(Optimizer):
    """Muon, momentum orthogonalized by Newton-Schulz iteration (Jordan et al., 2024; Liu et al., 2025).

    For a matrix, `m = momentum * m + g`; the step is the matrix with orthonormal rows or columns that is
    nearest to `g + momentum * m` (with Nesterov momentum, else to `m`), times
    `learning_rate * rms_rate * sqrt(max(rows, columns))`. Other variables, embeddings, and variables whose path
    matches one of `exclude_layers` are updated by `Adam` with decoupled weight decay.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        adam_beta_1: Adam's `beta_1`.
        adam_beta_2: Adam's `beta_2`.
        adam_weight_decay: Weight decay of the variables updated by Adam, or None.
        epsilon: Small constant added to Adam's square root.
        weight_decay: Weight decay of the matrices, or None.
        exclude_layers: Regular expressions; variables whose path contains a match are updated by Adam.
        exclude_embeddings: Whether Adam updates variables with "embedding" in their path.
        muon_a: Coefficient of `x` in an iteration, `a * x + (b * (x @ x.T) + c * (x @ x.T)**2) @ x`.
        muon_b: Coefficient of the cubic term.
        muon_c: Coefficient of the quintic term.
        adam_lr_ratio: Factor of the learning rate for Adam.
        momentum: Momentum, from 0 to 1.
        ns_steps: Number of iterations, at least 0.
        nesterov: Whether to use Nesterov momentum.
        rms_rate: Root mean square of a step at a learning rate of 1, or None to not scale steps.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if an argument is out of range.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ):
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.adam_beta_1 = share(self, "adam_beta_1", adam_beta_1)
        self.adam_beta_2 = share(self, "adam_beta_2", adam_beta_2)
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = list(exclude_layers or ())
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = share(self, "momentum", momentum)
        self.ns_steps = at_least_0(self, "ns_steps", ns_steps)
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the momentum of each variable, and the moving average of squares of those updated by Adam."""
        if self.built:
            return
        super().build(variables)
        self.momentums, self.adam_velocities = [], []
        for variable in self._trainable_variables:
            adam = self._should_use_adamw(variable)
            for states, name, wanted in ((self.momentums, "momentum", True), (self.adam_velocities, "velocity", adam)):
                wanted = wanted and not is_overwritten(variable)
                states.append(self.add_variable_from_reference(variable, name) if wanted else None)

    def _should_use_adamw(self, variable: Variable) -> bool:
        """Whether Adam updates a variable."""
        if len(variable.shape) != 2 or (self.exclude_embeddings and "embedding" in variable.path.lower()):
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        i = self._get_variable_index(variable)
        momentum, square = self.momentums[i], self.adam_velocities[i]
        dtype = variable.dtype
        if square is not None:
            betas = self.adam_beta_1, self.adam_beta_2
            mean, square = moments.update(self, gradient, momentum, square, *betas)
            alpha = self.once_a_step(
                ("alpha", dtype),
                lambda: moments.adam_rate(self, learning_rate * self.adam_lr_ratio, *betas, dtype),
            )
            self.assign_sub(variable, mean * alpha / (ops.sqrt(square) + self.epsilon))
            return
        sum_ = self.momentum * momentum + gradient
        self.assign(momentum, sum_)
        direction = self.momentum * sum_ + gradient if self.nesterov else sum_
        step = self.zeropower_via_newtonschulz5(direction, self.ns_steps)
        self.assign_sub(variable, self.lr_adjust(step * self.scalar(learning_rate, dtype)))

    def transpose_last_axis(self, X: Any) -> Any:
        """Return `X` with its last two axes exchanged."""
        return ops.swapaxes(X, -2, -1)

    def lr_adjust(self, x: Any) -> Any:
        """Scale a step so that its root mean square does not depend on the shape of the matrix."""
        if self.rms_rate is None:
            return x
        return x * (math.sqrt(max(x.shape[0], x.shape[1])) * self.rms_rate)

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Approximate the orthogonal matrix nearest to `x` by Newton-Schulz iteration.

        Args:
            x: Tensor of shape (..., rows, columns).
            steps: Number of iterations. Five bring the singular values to between 0.7 and 1.2.

        Raises:
            ValueError: if `x` has fewer than two axes.
        """
        x = ops.convert_to_tensor(x)
        if len(x.shape) < 2:
            raise ValueError(f"{self.name} expects a matrix to orthogonalize, got shape {tuple(x.shape)}.")
        # Multiply the polynomial from the side of the shorter axis, where its matrix is smaller.
        tall = x.shape[-2] > x.shape[-1]
        x = x / (ops.sqrt(ops.sum(ops.square(x), axis=(-2, -1), keepdims=True)) + 1e-7)
        for _ in range(steps):
            gram = table["matmul"](x, x, transpose_a=tall, transpose_b=not tall)
            polynomial = self.muon_b * gram + self.muon_c * ops.matmul(gram, gram)
            x = self.muon_a * x + (ops.matmul(x, polynomial) if tall else ops.matmul(polynomial, x))
        return x

    def _decay_of(self, variable: Variable) -> float | None:
        if not self._use_weight_decay(variable):
            return None
        return self.adam_weight_decay if self._should_use_adamw(variable) else self.weight_decay

    def get_config(self) -> dict[str, Any]:
        names = (
            "adam_beta_1", "adam_beta_2", "epsilon", "exclude_layers", "muon_a", "muon_b", "muon_c", "adam_lr_ratio",
            "momentum", "ns_steps", "nesterov", "exclude_embeddings", "adam_weight_decay", "rms_rate",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
