"""SpatialDropout1D, SpatialDropout2D, SpatialDropout3D."""

from typing import Any

from ckeras import random, registry
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.regularization.dropout import Dropout
from ckeras.layers.spatial import standard_data_format


class _SpatialDropout(Dropout):
    """Dropout of whole feature maps (Tompson et al., 2014)."""

    _rank: int

    def __init__(
        self, rate: float, data_format: str | None, seed: int | None, name: str | None, dtype: Any, **kwargs: Any
    ):
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **kwargs)
        self.data_format = standard_data_format(data_format, type(self).__name__)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        ones = (1,) * self._rank
        noise = (None, *ones, None) if self.data_format == "channels_last" else (None, None, *ones)
        return random.dropout(inputs, self.rate, noise, self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        return {
            "rate": self.rate,
            "seed": self.seed,
            "name": self.name,
            "dtype": self.dtype_policy.name,
            "data_format": self.data_format,
        }


@registry.layers.ship()
class SpatialDropout1D(_SpatialDropout):
    """While training, sets whole channels of sequences to 0 with probability ``rate``, and scales the others.

    At other times, the input itself (Tompson et al., 2014).

    Args:
        rate: in [0, 1].
        seed: an integer, to repeat the masks.
        name, dtype: of the layer.

    Shapes: (batch, steps, channels) -> the same.

    >>> import ckeras
    >>> SpatialDropout1D(0.5)(ckeras.ops.ones((1, 2, 1))).tolist()
    [[[1.0], [1.0]]]
    """

    _rank = 1

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(rate, "channels_last", seed, name, dtype, **kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["data_format"]
        return config


@registry.layers.ship()
class SpatialDropout2D(_SpatialDropout):
    """While training, sets whole channels of images to 0 with probability ``rate``, and scales the others.

    At other times, the input itself (Tompson et al., 2014).

    Args:
        rate: in [0, 1].
        data_format: "channels_last" or "channels_first"; the configured one by default.
        seed: an integer, to repeat the masks.
        name, dtype: of the layer.

    Shapes: (batch, height, width, channels), or (batch, channels, height, width) -> the same.

    >>> import ckeras
    >>> SpatialDropout2D(0.5)(ckeras.ops.ones((1, 2, 2, 1))).shape
    (1, 2, 2, 1)
    """

    _rank = 2

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(rate, data_format, seed, name, dtype, **kwargs)


@registry.layers.ship()
class SpatialDropout3D(_SpatialDropout):
    """While training, sets whole channels of volumes to 0 with probability ``rate``, and scales the others.

    At other times, the input itself (Tompson et al., 2014).

    Args:
        rate: in [0, 1].
        data_format: "channels_last" or "channels_first"; the configured one by default.
        seed: an integer, to repeat the masks.
        name, dtype: of the layer.

    Shapes: (batch, depth, height, width, channels), or channels first -> the same.

    >>> import ckeras
    >>> SpatialDropout3D(0.5)(ckeras.ops.ones((1, 2, 2, 2, 1))).shape
    (1, 2, 2, 2, 1)
    """

    _rank = 3

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(rate, data_format, seed, name, dtype, **kwargs)
