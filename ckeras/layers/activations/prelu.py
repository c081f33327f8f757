"""PReLU."""

from typing import Any

from ckeras import activations, registry
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.weight_options import add_weight, keep_options, options_config
from ckeras.tensor import arguments


@registry.layers.ship()
class PReLU(Layer):
    """Parametric rectified linear unit: x if x >= 0, else alpha * x, with a trained alpha (He et al., 2015).

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: of the slopes, of the shape of a sample.
        shared_axes: axes, from 1, along which the slopes are the same: (1, 2) shares them over the pixels of
            channels-last images.

    >>> import ckeras
    >>> layer = PReLU("ones", shared_axes=[1])
    >>> layer(ckeras.ops.ones((2, 3, 4))).shape, layer.alpha.shape
    ((2, 3, 4), (1, 4))
    """

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        keep_options(
            self,
            alpha_initializer=alpha_initializer,
            alpha_regularizer=alpha_regularizer,
            alpha_constraint=alpha_constraint,
        )
        if shared_axes is not None:
            shared_axes = list(arguments.integers(shared_axes, "PReLU", "shared_axes"))
        self.shared_axes = shared_axes
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        sizes = list(input_shape[1:])
        shared = {arguments.axis(a, len(sizes) + 1, "PReLU", "shared_axes") for a in self.shared_axes or ()}
        if 0 in shared:
            raise ValueError(f"layer {self.name!r} expects shared_axes from 1, without the batch: {self.shared_axes}")
        shape = tuple(1 if i in shared else size for i, size in enumerate(sizes, 1))
        if None in shape:
            raise ValueError(
                f"layer {self.name!r} needs to know all axes of its input that are not in shared_axes, got shape "
                f"{input_shape}"
            )
        self.alpha = add_weight(self, "alpha", shape)
        axes = {i: size for i, size in enumerate(sizes, 1) if i not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)

    def call(self, inputs: Any) -> Any:
        return activations.relu(inputs) - self.alpha * activations.relu(-inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **options_config(self, "alpha"), "shared_axes": self.shared_axes}
