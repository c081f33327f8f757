"""Tables to tensors: the features of a table preprocessed, crossed, encoded and joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ckeras import layers, ops
from ckeras.layers.preprocessing.encoding import encode
from ckeras.layers.preprocessing.host_layer import HostLayer, as_tensor
from ckeras.layers.preprocessing.index_lookup import IndexLookup
from ckeras.preprocessing.features import Cross, Feature, FeatureKinds
from ckeras.saving import save_model
from ckeras.tensor import KerasTensor, Tensor, arguments
from ckeras.tensor.string_tensor import StringTensor
from ckeras.utils.dataset import Dataset

# Attributes of layers that have `adapt`, which hold what the layer was given instead.
_GIVEN = ("given_vocabulary", "input_mean", "input_bin_boundaries")
# Name of a kind of feature -> its argument, and the attribute of the space with the value.
_KINDS = {
    "float": None,
    "float_rescaled": None,
    "float_normalized": None,
    "float_discretized": "num_discretization_bins",
    "integer_categorical": None,
    "string_categorical": None,
    "integer_hashed": "hashing_dim",
    "string_hashed": "hashing_dim",
}


class FeatureSpace(HostLayer, FeatureKinds):
    """Preprocess, cross and encode the features of tables.

    It is called on dicts of columns of the shape (batch,) or (batch, 1), or of single values. What depends on data is
    computed by `adapt`. The features are taken in the order of their sorted names, then the crosses.

    Args:
        features: dict name -> `FeatureSpace.float()` or another kind of feature, or the name of the kind.
        output_mode: ``"concat"`` for one float tensor, ``"dict"`` for a dict of tensors.
        crosses: list of `FeatureSpace.cross(...)`, or of tuples of names of features.
        crossing_dim, hashing_dim, num_discretization_bins: numbers of values for crosses and kinds given by name.
        name: of the layer.

    Raises:
        ValueError: if an argument is not one of these, or `adapt` has not been called where it is needed.

    >>> space = FeatureSpace({"color": "string_categorical", "size": "float_rescaled"})
    >>> space.adapt({"color": ["red", "blue", "red"], "size": [1.0, 2.0, 3.0]})
    >>> space({"color": ["blue", "green"], "size": [4.0, 5.0]}).tolist()
    [[0.0, 0.0, 1.0, 4.0], [1.0, 0.0, 0.0, 5.0]]
    """

    keras_module = "keras.utils"

    def __init__(
        self,
        features: Mapping[str, Any],
        output_mode: str = "concat",
        crosses: Any = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ):
        super().__init__(name=name)
        if not features or not isinstance(features, Mapping):
            raise ValueError(f"FeatureSpace expects features to be a dict that is not empty, got {features!r:.80}")
        self.output_mode = arguments.choice(output_mode, "FeatureSpace", "output_mode", ("concat", "dict"))
        self.crossing_dim, self.hashing_dim = crossing_dim, hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.features = {key: self._feature(key, value) for key, value in features.items()}
        self.crosses = [self._cross(given) for given in crosses or ()]
        self.preprocessors = {key: feature.preprocessor for key, feature in self.features.items()}
        self.crossers = {c.name: layers.HashedCrossing(c.crossing_dim, name=c.name) for c in self.crosses}
        self._is_adapted = not self._to_adapt()
        self._inputs: dict[str, Any] | None = None
        self._encoded: Any = None

    def _feature(self, name: str, given: Any) -> Feature:
        if isinstance(given, Feature):
            return given
        if isinstance(given, dict) and "config" in given:
            return Feature.from_config(given["config"])
        if not isinstance(given, str) or given not in _KINDS:
            raise ValueError(
                f"FeatureSpace expects feature {name!r} to be one of {', '.join(_KINDS)}, got {given!r:.80}"
            )
        argument = _KINDS[given]
        return getattr(self, given)(*([getattr(self, argument)] if argument else []), name=name)

    def _cross(self, given: Any) -> Cross:
        if isinstance(given, dict) and "config" in given:
            given = Cross.from_config(given["config"])
        elif not isinstance(given, Cross):
            given = Cross(given, self.crossing_dim)
        unknown = [name for name in given.feature_names if name not in self.features]
        if unknown:
            raise ValueError(f"FeatureSpace expects crosses of its features {list(self.features)}, got {unknown}")
        return given

    def _to_adapt(self) -> list[str]:
        """The names of the features whose layer `adapt` adapts."""
        return [
            name
            for name, layer in self.preprocessors.items()
            if hasattr(layer, "adapt") and all(getattr(layer, attribute, None) is None for attribute in _GIVEN)
        ]

    # -- adapting

    def adapt(self, dataset: Any) -> None:
        """Compute what the layers of features need of data: vocabularies, means, boundaries.

        Args:
            dataset: data set of dicts, or dict of arrays or lists.

        Raises:
            ValueError: if it is neither, or a feature is missing.
        """
        if isinstance(dataset, Mapping):
            dataset = Dataset.from_tensors({name: np.asarray(values) for name, values in dataset.items()})
        first = next(iter(dataset), None) if hasattr(dataset, "__iter__") else None
        if not isinstance(first, Mapping):
            raise ValueError(f"layer {self.name!r}: adapt expects a data set of dicts, got {arguments.shown(dataset)}")
        names = self._to_adapt()
        self._check_names(first)
        if names and not np.shape(first[names[0]]):
            dataset = dataset.batch(1024)
        for name in names:
            self.preprocessors[name].adapt(self._columns(dataset, name))
        self._is_adapted, self._encoded = True, None

    def _columns(self, dataset: Any, name: str) -> Iterator[Any]:
        for element in dataset:
            yield self._column(name, element[name])

    def _check_names(self, data: Mapping[str, Any]) -> None:
        missing = [name for name in self.features if name not in data]
        if missing:
            raise ValueError(f"layer {self.name!r} expects the features {list(self.features)}, {missing} are missing")

    def _column(self, name: str, value: Any) -> Any:
        """A feature's values in the shape (batch, 1) and its dtype."""
        if isinstance(value, KerasTensor):
            return value
        dtype, value = self.features[name].dtype, as_tensor(value)
        if isinstance(value, StringTensor):
            if dtype != "string":
                raise TypeError(f"layer {self.name!r} expects the feature {name!r} to be {dtype}, got strings")
            array = np.asarray(value)
        elif dtype == "string":
            raise TypeError(f"layer {self.name!r} expects the feature {name!r} to be strings, got {value!r:.80}")
        else:
            value = value if isinstance(value, Tensor) else ops.convert_to_tensor(value)
            array = value if value.dtype == dtype else ops.cast(value, dtype)
        if len(array.shape) < 2:
            array = array.reshape((-1, 1))
        return StringTensor(array) if dtype == "string" else array

    # -- the call

    def _converted(self, inputs: Any) -> Any:
        if not isinstance(inputs, Mapping):
            raise ValueError(f"layer {self.name!r} expects a dict of features, got {arguments.shown(inputs)}")
        self._check_names(inputs)
        if not self._is_adapted:
            raise ValueError(f"layer {self.name!r} needs a call of adapt(dataset) first, for {self._to_adapt()}")
        unknown = [name for name in inputs if name not in self.features]
        if unknown:
            raise ValueError(f"layer {self.name!r} has the features {list(self.features)}, and got {unknown} too")
        return {name: as_tensor(value) for name, value in inputs.items()}

    def call(self, inputs: Any) -> Any:
        single = not len(np.shape(inputs[next(iter(self.features))]))
        columns = {name: self._column(name, inputs[name]) for name in self.features}
        found = self._encodings(columns)
        if single:
            found = {name: ops.squeeze(value, 0) for name, value in found.items()}
        if self.output_mode == "dict":
            return found
        self._check_encoded(found)
        return ops.concatenate([ops.cast(value, "float32") for value in found.values()], axis=-1)

    def _encodings(self, columns: dict[str, Any]) -> dict[str, Any]:
        """The features and crosses, each encoded."""
        values = {name: self.preprocessors[name](columns[name]) for name in sorted(self.features)}
        found = {}
        for name, value in values.items():
            one_hot = self.features[name].output_mode == "one_hot"
            found[name] = self._one_hot(value, name) if one_hot else value
        for cross in sorted(self.crosses, key=lambda cross: cross.name):
            value = self.crossers[cross.name]([values[name] for name in cross.feature_names])
            one_hot = cross.output_mode == "one_hot"
            found[cross.name] = encode(value, "one_hot", cross.crossing_dim, "float32") if one_hot else value
        return found

    def _one_hot(self, value: Any, name: str) -> Any:
        if not value.dtype.startswith(("int", "uint")):
            raise ValueError(f"layer {self.name!r} expects integers of feature {name!r} for one_hot, got {value.dtype}")
        return encode(value, "one_hot", self._cardinality(name), "float32")

    def _cardinality(self, name: str) -> int:
        """The number of integers that a feature's layer gives."""
        layer = self.preprocessors[name]
        if isinstance(layer, layers.Discretization):
            return layer.num_bins or len(layer.input_bin_boundaries or ()) + 1
        if isinstance(layer, IndexLookup):
            return layer.vocabulary_size()
        if isinstance(layer, layers.Hashing):
            return layer.num_bins
        raise ValueError(f"layer {self.name!r} cannot tell how many integers feature {name!r} has, for one_hot")

    def _check_encoded(self, found: dict[str, Any]) -> None:
        for name, value in found.items():
            if not value.dtype.startswith(("float", "bfloat")):
                raise ValueError(
                    f"layer {self.name!r} cannot concatenate {name!r} of dtype {value.dtype}: encode it with "
                    "output_mode='one_hot', or give the space output_mode='dict'"
                )

    def compute_output_spec(self, inputs: Any) -> Any:
        shapes: dict[str, Any] = {}
        batch = inputs[next(iter(self.features))].shape[0]
        for name in sorted(self.features):
            feature = self.features[name]
            if feature.output_mode == "one_hot":
                shapes[name] = KerasTensor((batch, self._cardinality(name)), "float32")
            else:
                shapes[name] = self.preprocessors[name](KerasTensor((batch, 1), feature.dtype))
        for cross in sorted(self.crosses, key=lambda cross: cross.name):
            width, dtype = (cross.crossing_dim, "float32") if cross.output_mode == "one_hot" else (1, "int64")
            shapes[cross.name] = KerasTensor((batch, width), dtype)
        if self.output_mode == "dict":
            return shapes
        self._check_encoded(shapes)
        return KerasTensor((batch, sum(value.shape[1] for value in shapes.values())), "float32")

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch = input_shape[next(iter(self.features))][0]
        spec = self.compute_output_spec({name: KerasTensor((batch, 1), "float32") for name in self.features})
        return {k: v.shape for k, v in spec.items()} if self.output_mode == "dict" else spec.shape

    # -- symbolic tensors

    def get_inputs(self) -> dict[str, Any]:
        """Return the symbolic tensors of the columns, by name, for a model that takes tables."""
        if self._inputs is None:
            self._inputs = {
                name: layers.Input((1,), dtype=feature.dtype, name=name) for name, feature in self.features.items()
            }
        return self._inputs

    def get_encoded_features(self) -> Any:
        """Return the symbolic output for `get_inputs`, for a model that takes encoded features.

        Raises:
            ValueError: before `adapt`, if that is needed.
        """
        if self._encoded is None:
            self._encoded = self(self.get_inputs())
        return self._encoded

    # -- saving

    def get_config(self) -> dict[str, Any]:
        def tagged(part: Any) -> dict[str, Any]:
            return {"class_name": type(part).__name__, "config": part.get_config()}

        return {
            "features": {name: tagged(feature) for name, feature in self.features.items()},
            "output_mode": self.output_mode,
            "crosses": [tagged(cross) for cross in self.crosses],
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> FeatureSpace:
        return cls(**config)

    def save(self, filepath: Any) -> None:
        """Save the space, with what `adapt` computed, to a ``.keras`` file for `ckeras.saving.load_model`.

        Raises:
            ValueError: before `adapt`, if that is needed, or for another ending.
        """
        if not self._is_adapted:
            raise ValueError(f"layer {self.name!r} needs a call of adapt(dataset) before it is saved")
        if not hasattr(filepath, "write") and not str(filepath).endswith(".keras"):
            raise ValueError(f"layer {self.name!r}: save expects a path that ends with .keras, got {filepath!r}")
        save_model(self, filepath)

    def save_own_variables(self, store: Any) -> None:
        """Write nothing: the layers of the features have their own files."""

    def load_own_variables(self, store: Any) -> None:
        """Read nothing; what was saved had been adapted."""
        self._is_adapted = True
