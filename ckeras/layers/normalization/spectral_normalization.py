"""SpectralNormalization."""

from __future__ import annotations

from typing import Any

from ckeras import initializers, ops, registry
from ckeras.layers.core.wrapper import Wrapper
from ckeras.layers.layer import Layer
from ckeras.tensor import arguments


@registry.layers.ship()
class SpectralNormalization(Wrapper):
    """Divide the kernel of a layer by its spectral norm, its largest singular value, whenever it trains.

    The norm is estimated by power iteration, from the vector that the last call left (Miyato et al., 2018). The kernel
    is taken as a matrix whose columns are its last axis.

    Args:
        layer: a layer with a ``kernel`` or ``embeddings``.
        power_iterations: iterations per call, 1 or more.

    >>> import ckeras
    >>> SpectralNormalization(ckeras.layers.Dense(3))(ckeras.ops.ones((2, 4)), training=True).shape
    (2, 3)
    """

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Any):
        super().__init__(layer, **kwargs)
        self.power_iterations = arguments.integer(
            power_iterations, "SpectralNormalization", "power_iterations", minimum=1
        )

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        found = [getattr(self.layer, name, None) for name in ("_kernel", "kernel", "_embeddings")]
        kernel = next((v for v in found if v is not None), None)
        if kernel is None:
            raise ValueError(
                f"layer {self.name!r} expects a layer with a kernel or embeddings, got {type(self.layer).__name__}"
            )
        self.kernel = kernel
        self.vector_u = self.add_weight(
            (1, kernel.shape[-1]), initializers.TruncatedNormal(stddev=0.02), trainable=False, name="vector_u"
        )

    def call(self, inputs: Any, training: Any = False) -> Any:
        if training:
            u, kernel = self.normalized_weights()
            self.vector_u.assign(u)
            self.kernel.assign(kernel)
        return self.layer(inputs)

    def normalized_weights(self) -> tuple[Any, Any]:
        """The next vector u, and the kernel divided by its norm; both as they are if the kernel is 0."""
        kernel = ops.convert_to_tensor(self.kernel)
        matrix, u = ops.reshape(kernel, (-1, kernel.shape[-1])), ops.convert_to_tensor(self.vector_u)
        first = u
        for _ in range(self.power_iterations):
            v = ops.normalize(ops.matmul(u, ops.transpose(matrix)), axis=None)
            u = ops.normalize(ops.matmul(v, matrix), axis=None)
        u, v = ops.stop_gradient(u), ops.stop_gradient(v)
        norm = ops.reshape(ops.matmul(ops.matmul(v, matrix), ops.transpose(u)), ())
        zero = ops.all(ops.equal(matrix, 0))
        divisor = ops.where(zero, ops.ones_like(norm), norm)
        return ops.where(zero, first, u), kernel / divisor

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power_iterations": self.power_iterations}
