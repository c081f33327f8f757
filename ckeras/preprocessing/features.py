"""Features of tables and their crosses, as `FeatureSpace` takes them."""

from __future__ import annotations

from typing import Any

from ckeras import layers, registry
from ckeras.tensor import arguments

OUTPUT_MODES = ("int", "one_hot", "float")


class Feature:
    """A column of a table: how it is preprocessed and encoded.

    Args:
        dtype: of its values: ``"float32"``, ``"int32"`` or ``"string"``, or another dtype of numbers.
        preprocessor: layer, or function, of the values in the shape (batch, 1).
        output_mode: ``"float"`` and ``"int"`` for what the preprocessor gives, or ``"one_hot"`` for vectors of its
            integers.

    Raises:
        ValueError: for another ``output_mode``.
    """

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str):
        self.dtype = dtype
        self.output_mode = arguments.choice(output_mode, "Feature", "output_mode", OUTPUT_MODES)
        self.preprocessor = _layer(preprocessor)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, with the config of the preprocessor."""
        preprocessor = registry.layers.serialize(self.preprocessor)
        return {"dtype": self.dtype, "preprocessor": preprocessor, "output_mode": self.output_mode}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Feature:
        """Create a feature from its configuration, of ckeras or Keras."""
        return cls(**config)


class Cross:
    """A combination of features, as their layers give them, hashed to ``crossing_dim`` values.

    Args:
        feature_names: names of two or more features of strings or integers.
        crossing_dim: number of values.
        output_mode: ``"int"`` or ``"one_hot"``.

    Raises:
        ValueError: if an argument is not one of these.
    """

    def __init__(self, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot"):
        if isinstance(feature_names, str) or len(feature_names) < 2:
            raise ValueError(f"Cross expects feature_names to be two names or more, got {feature_names!r}")
        self.feature_names = tuple(feature_names)
        self.crossing_dim = arguments.integer(crossing_dim, "Cross", "crossing_dim", minimum=1)
        self.output_mode = arguments.choice(output_mode, "Cross", "output_mode", ("int", "one_hot"))

    @property
    def name(self) -> str:
        """The names of its features, joined by "_X_"."""
        return "_X_".join(self.feature_names)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        names = list(self.feature_names)
        return {"feature_names": names, "crossing_dim": self.crossing_dim, "output_mode": self.output_mode}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Cross:
        """Create a cross from its configuration."""
        return cls(**config)


def _layer(preprocessor: Any) -> Any:
    """A preprocessor as a layer."""
    if isinstance(preprocessor, dict):
        if preprocessor.get("class_name") == "TFDIdentity":  # the name in files of Keras
            return layers.Identity(name=preprocessor["config"]["name"])
        return registry.layers.deserialize(preprocessor)
    if isinstance(preprocessor, layers.Layer):
        return preprocessor
    if callable(preprocessor):
        return layers.Lambda(preprocessor)
    raise TypeError(f"Feature expects preprocessor to be a layer or a function, got {arguments.shown(preprocessor)}")


def _named(name: str | None, default: str) -> str | None:
    return f"{name or default}_preprocessor"


class FeatureKinds:
    """The kinds of features, as methods of `FeatureSpace`; ``name`` names the preprocessing layer."""

    @classmethod
    def cross(cls, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """Combine features of strings or integers, and hash the combinations to ``crossing_dim`` values."""
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """Make a feature with a preprocessing layer or function of one's own; see `Feature`."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """Take floats as they are."""
        return Feature("float32", layers.Identity(name=_named(name, "float")), "float")

    @classmethod
    def float_rescaled(cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None) -> Feature:
        """Multiply floats by ``scale`` and add ``offset``."""
        layer = layers.Rescaling(scale, offset, name=_named(name, "float_rescaled"))
        return Feature("float32", layer, "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """Normalize floats to the mean 0 and the variance 1 in the data of `adapt`."""
        return Feature("float32", layers.Normalization(axis=-1, name=_named(name, "float_normalized")), "float")

    @classmethod
    def float_discretized(
        cls, num_bins: int | None, bin_boundaries: Any = None, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Put floats into bins: of given boundaries, or ``num_bins`` of equal frequency in the data of `adapt`."""
        count = None if bin_boundaries is not None else num_bins
        layer = layers.Discretization(bin_boundaries, count, name=_named(name, "float_discretized"))
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Look up integers in the vocabulary of `adapt`."""
        layer = layers.IntegerLookup(max_tokens, num_oov_indices, name=_named(name, "integer_categorical"))
        return Feature("int32", layer, output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Look up strings in the vocabulary of `adapt`."""
        layer = layers.StringLookup(max_tokens, num_oov_indices, name=_named(name, "string_categorical"))
        return Feature("string", layer, output_mode)

    @classmethod
    def string_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Hash strings to ``num_bins`` values."""
        return Feature("string", layers.Hashing(num_bins, name=_named(name, "string_hashed")), output_mode)

    @classmethod
    def integer_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Hash integers to ``num_bins`` values."""
        return Feature("int32", layers.Hashing(num_bins, name=_named(name, "integer_hashed")), output_mode)
