"""The base of layers that apply image layers chosen at random."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.layers.preprocessing.image.auto_contrast import AutoContrast
from ckeras.layers.preprocessing.image.base import BaseImagePreprocessingLayer, Sizes
from ckeras.layers.preprocessing.image.equalization import Equalization
from ckeras.layers.preprocessing.image.options import INTERPOLATIONS, factor_range, one_of, value_range_of
from ckeras.layers.preprocessing.image.random_brightness import RandomBrightness
from ckeras.layers.preprocessing.image.random_color_degeneration import RandomColorDegeneration
from ckeras.layers.preprocessing.image.random_contrast import RandomContrast
from ckeras.layers.preprocessing.image.random_posterization import RandomPosterization
from ckeras.layers.preprocessing.image.random_rotation import RandomRotation
from ckeras.layers.preprocessing.image.random_sharpness import RandomSharpness
from ckeras.layers.preprocessing.image.random_shear import RandomShear
from ckeras.layers.preprocessing.image.random_translation import RandomTranslation
from ckeras.layers.preprocessing.image.solarization import Solarization

# Name -> the layer, and its arguments, given the strength (low, high).
_LAYERS = {
    "random_shear": (RandomShear, lambda f: {"x_factor": f, "y_factor": f}),
    "random_translation": (RandomTranslation, lambda f: {"height_factor": f, "width_factor": f}),
    "random_rotation": (RandomRotation, lambda f: {"factor": f}),
    "random_brightness": (RandomBrightness, lambda f: {"factor": f}),
    "random_color_degeneration": (RandomColorDegeneration, lambda f: {"factor": f}),
    "random_contrast": (RandomContrast, lambda f: {"factor": f}),
    "random_sharpness": (RandomSharpness, lambda f: {"factor": f}),
    "random_posterization": (RandomPosterization, lambda f: {"factor": max(1, int(8 * f[1]))}),
    "solarization": (Solarization, lambda f: {"addition_factor": f, "threshold_factor": f}),
    "auto_contrast": (AutoContrast, lambda f: {}),
    "equalization": (Equalization, lambda f: {}),
}
_WARPS = ("random_shear", "random_translation", "random_rotation")
_WITHOUT_SEED = ("auto_contrast", "equalization")


class AugmentingLayer(BaseImagePreprocessingLayer):
    """Base of layers that apply layers of a list, each an attribute of its name.

    Args:
        names: the list.
        value_range: minimum and maximum of the values of images.
        factor: strength of the layers.
        interpolation: of those that move elements.
        seed: of the layers.
        data_format: of the layers.
        **kwargs: those of `BaseImagePreprocessingLayer`.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        value_range: Any,
        factor: Any,
        interpolation: str,
        seed: int | None,
        data_format: str | None,
        **kwargs: Any,
    ):
        super().__init__(data_format=data_format, **kwargs)
        kind = type(self).__name__
        self.value_range = value_range_of(value_range, kind)
        self.factor = factor_range(factor, kind, bounds=(0, 1))
        self.interpolation = one_of(interpolation, INTERPOLATIONS, kind, "interpolation")
        self._seed(seed)
        self._names = tuple(names)
        shared = {
            "bounding_box_format": self.bounding_box_format, "data_format": self.data_format, "dtype": self.dtype_policy
        }  # fmt: skip
        for name in names:
            layer, options = _LAYERS[name]
            own = {"interpolation": interpolation} if name in _WARPS else {"value_range": value_range}
            own |= {} if name in _WITHOUT_SEED else {"seed": seed}
            setattr(self, name, layer(**options(self.factor), **own, **shared))

    def _sampled(self, sizes: Sizes, seed: Any) -> dict[str, Any]:
        """A transformation for each of the layers."""
        return {name: getattr(self, name)._sample(sizes, seed) for name in self._names}

    def _one_of(self, method: str, x: Any, index: Any, transformations: dict[str, Any]) -> Any:
        """Apply a method of the layer of an index; `x` for the index after the last one."""

        def branch(name: str) -> Any:
            return lambda x: self._like(x, getattr(getattr(self, name), method)(x, transformations[name]))

        return ops.switch(index, [*map(branch, self._names), lambda x: x], x)

    @staticmethod
    def _like(x: Any, found: Any) -> Any:
        """What a layer gives, in the dtypes of what it was given."""
        if isinstance(x, dict):
            return {k: ops.cast(found[k], v.dtype) if hasattr(v, "dtype") else v for k, v in x.items()}
        return ops.cast(found, x.dtype)
