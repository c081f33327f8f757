"""Adam with weight decay."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.optimizers.adam import Adam


@registry.optimizers.ship()
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2017): `Adam` with another default of `weight_decay`.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        weight_decay: Decay rate; each step starts with `w -= weight_decay * learning_rate * w`.
        beta_1: Decay rate of the moving average of the gradients, from 0 to 1.
        beta_2: Decay rate of the moving average of the squared gradients, from 0 to 1.
        epsilon: Small constant added to the square root for numerical stability.
        amsgrad: Whether to use AMSGrad.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `weight_decay` is None, or `beta_1` or `beta_2` is not a number from 0 to 1.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        if weight_decay is None:
            raise ValueError(f"{type(self).__name__} expects weight_decay to be a number, got None.")
        super().__init__(
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            amsgrad=amsgrad,
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
