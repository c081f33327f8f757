"""BatchNormalization."""

from __future__ import annotations

from typing import Any

from ckeras import config, ops, registry
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.normalization.arguments import check_axis, check_epsilon
from ckeras.layers.weight_options import add_weight, keep_options, options_config
from ckeras.ops.nn.column_normalization import NATIVE, normalize_batch
from ckeras.tensor import arguments

_CLIPPING = ("rmax", "rmin", "dmax")


@registry.layers.ship()
class BatchNormalization(Layer):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, for each index along an axis (Ioffe and Szegedy, 2015).

    While training, mean and variance are those of the batch, and update moving averages:
    moving = momentum * moving + (1 - momentum) * batch. At other times, and if the layer is not trainable, the moving
    averages are used.

    Args:
        axis: the axis of the features, or channels.
        momentum: of the moving averages, in [0, 1].
        epsilon: added to the variance.
        center, scale: whether there are a beta and a gamma.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: of the weights.
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: of the trained weights.
        renorm: whether the batch is normalized, while training, by corrections towards moving averages that do not
            depend on it: x' * r + d (Ioffe, Batch Renormalization, 2017).
        renorm_clipping: dict of the bounds "rmin" and "rmax" of r and "dmax" of \\|d\\|, each optional.
        renorm_momentum: of the moving averages behind r and d.
        synchronized: accepted; there are no replicas on one CPU.

    Call arguments:
        inputs: tensor of any rank.
        training: whether to use the moments of the batch.
        mask: booleans, (batch, ...) of one axis less than ``inputs``; elements where it is false do not count.

    >>> import ckeras
    >>> x = ckeras.ops.array([[1.0], [3.0]])
    >>> BatchNormalization(epsilon=0.0)(x, training=True).tolist()
    [[-1.0], [1.0]]
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.axis = arguments.integer(axis, "BatchNormalization", "axis")
        self.momentum = _momentum(momentum, "momentum")
        self.epsilon = check_epsilon(self, epsilon)
        self.center = center
        self.scale = scale
        keep_options(
            self,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        strange = [key for key in renorm_clipping or () if key not in _CLIPPING]
        if strange:
            raise ValueError(f"BatchNormalization expects renorm_clipping to have keys of {_CLIPPING}, got {strange}")
        self.renorm = renorm
        self.renorm_clipping = {} if renorm and renorm_clipping is None else renorm_clipping
        self.renorm_momentum = _momentum(renorm_momentum, "renorm_momentum")
        self.synchronized = synchronized
        self.gamma = None
        self.beta = None
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        axis = check_axis(self, self.axis, input_shape)
        shape = (input_shape[axis],)
        if self.scale:
            self.gamma = add_weight(self, "gamma", shape)
        if self.center:
            self.beta = add_weight(self, "beta", shape)
        self.moving_mean = add_weight(self, "moving_mean", shape, trainable=False)
        self.moving_variance = add_weight(self, "moving_variance", shape, trainable=False)
        if self.renorm:
            root = ops.sqrt(self.moving_variance_initializer(shape, dtype=self.variable_dtype))
            first = lambda shape, dtype=None: root  # noqa: E731
            self.moving_stddev = self.add_weight(shape, first, trainable=False, name="moving_stddev")
            self.renorm_mean = add_weight(self, "renorm_mean", shape, "moving_mean", trainable=False)
            self.renorm_stddev = self.add_weight(shape, first, trainable=False, name="renorm_stddev")
        self.input_spec = InputSpec(ndim=rank, axes={axis: input_shape[axis]})

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        rank = len(inputs.shape)
        if mask is not None and len(mask.shape) != rank - 1:
            raise ValueError(
                f"layer {self.name!r} expects a mask with one axis less than its input, got shapes {tuple(mask.shape)} "
                f"and {tuple(inputs.shape)}"
            )
        axis = self.axis % rank
        if not training or not self.trainable or 0 in inputs.shape:
            return self._normalized(inputs, axis, self.moving_mean, self.moving_variance)
        if mask is None and not self.renorm and inputs.dtype in NATIVE:
            y, mean, variance = normalize_batch(inputs, axis, self.gamma, self.beta, self.epsilon)
        else:
            mean, variance = self._moments(inputs, [i for i in range(rank) if i != axis], mask)
            if self.renorm:
                return self._renormalized(inputs, axis, mean, variance)
            y = self._normalized(inputs, axis, mean, variance)
        _move(self.moving_mean, mean, self.momentum)
        _move(self.moving_variance, variance, self.momentum)
        return y

    def _normalized(self, x: Any, axis: int, mean: Any, variance: Any) -> Any:
        return ops.batch_normalization(x, mean, variance, axis, self.beta, self.gamma, self.epsilon)

    def _moments(self, x: Any, axes: list[int], mask: Any) -> tuple[Any, Any]:
        """Mean and variance over all axes but that of the features, of the elements that a mask selects."""
        if mask is None:
            return ops.moments(x, axes)
        weights = ops.broadcast_to(ops.expand_dims(ops.cast(mask, x.dtype), -1), x.shape)
        count = ops.sum(weights, axes) + config.epsilon()
        mean = ops.sum(weights * x, axes) / count
        shape = [1 if i in axes else d for i, d in enumerate(x.shape)]
        centered = x - ops.reshape(mean, shape)
        return mean, ops.sum(weights * ops.square(centered), axes) / count

    def _renormalized(self, x: Any, axis: int, mean: Any, variance: Any) -> Any:
        """x' * r + d, with r and d, taken as constants, from the moving averages before this batch."""
        stddev = ops.sqrt(variance + self.epsilon)
        clip = {"rmin": 0.0, "rmax": float("inf"), "dmax": float("inf"), **(self.renorm_clipping or {})}
        r = ops.clip(ops.stop_gradient(stddev / self.renorm_stddev), clip["rmin"], clip["rmax"])
        d = ops.clip(ops.stop_gradient((mean - self.renorm_mean) / self.renorm_stddev), -clip["dmax"], clip["dmax"])
        gamma = r if self.gamma is None else r * self.gamma
        beta = d if self.gamma is None else d * self.gamma
        beta = beta if self.beta is None else beta + self.beta
        y = ops.batch_normalization(x, mean, variance, axis, beta, gamma, self.epsilon)
        _move(self.renorm_mean, mean, self.renorm_momentum)
        _move(self.renorm_stddev, stddev, self.renorm_momentum)
        _move(self.moving_mean, mean, self.momentum)
        _move(self.moving_stddev, stddev, self.momentum)
        self.moving_variance.assign(ops.relu(ops.square(self.moving_stddev) - self.epsilon))
        return y

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axis(self, self.axis, input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **options_config(self, "beta", "gamma", "moving_mean", "moving_variance"),
            "synchronized": self.synchronized,
            "renorm": self.renorm,
            "renorm_clipping": self.renorm_clipping,
            "renorm_momentum": self.renorm_momentum,
        }


def _move(variable: Any, value: Any, momentum: float) -> None:
    """Update a moving average."""
    value = ops.stop_gradient(ops.cast(value, variable.dtype))
    variable.assign(variable * momentum + value * (1.0 - momentum))


def _momentum(value: Any, name: str) -> float:
    if not 0 <= arguments.number(value, "BatchNormalization", name) <= 1:
        raise ValueError(f"BatchNormalization expects {name} in [0, 1], got {value!r}")
    return value
