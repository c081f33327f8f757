"""Estimators of scikit-learn that train a model."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.models.cloning import clone_model
from ckeras.models.model import Model

try:
    import sklearn
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
    from sklearn.preprocessing import OneHotEncoder
    from sklearn.utils.metadata_routing import MetadataRequest
    from sklearn.utils.multiclass import type_of_target
    from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data
except ImportError as error:
    raise ImportError("keras.wrappers needs scikit-learn 1.6 or newer: pip install 'ckeras[sklearn]'") from error


class _Estimator(BaseEstimator):
    """What the three estimators have in common: parameters, `fit` and `predict`."""

    _several_outputs = True  # whether the targets of a sample may be several

    def __init__(
        self,
        model: Model | Callable[..., Model],
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ):
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def __sklearn_clone__(self) -> Any:
        parameters = self.get_params(deep=False)
        if isinstance(self.model, Model):
            parameters["model"] = copy.deepcopy(self.model)
        return type(self)(**parameters)

    @property
    def epoch_(self) -> int:
        """The number of epochs of the last call of `fit`; 0 before the first."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    def set_fit_request(self, **kwargs: Any) -> Any:
        """Request metadata in scikit-learn's routing, by ``parameter=alias``."""
        if not sklearn.get_config().get("enable_metadata_routing", False):
            raise RuntimeError(
                "set_fit_request expects scikit-learn's metadata routing to be on: "
                "sklearn.set_config(enable_metadata_routing=True)"
            )
        self._metadata_request = MetadataRequest(owner=type(self).__name__)
        for parameter, alias in kwargs.items():
            self._metadata_request.fit.add_request(param=parameter, alias=alias)
        return self

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Train the model.

        Args:
            X: samples, an array of shape (n, features).
            y: targets, an array of shape (n,) or (n, outputs).
            kwargs: arguments of `Model.fit`, which override ``fit_kwargs``.

        Raises:
            RuntimeError: if the model is not compiled with a loss and an optimizer.
        """
        X, y = validate_data(self, X, y, multi_output=self._several_outputs)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        y = self._encoded(y)
        model = self._made(X, y)
        if not (model.compiled and model.loss and model.optimizer):
            raise RuntimeError(f"{type(self).__name__} expects a model compiled with a loss and an optimizer")
        self.history_ = model.fit(X, y, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the predictions for samples of shape (n, features), in the form of the targets of `fit`."""
        return self._decoded(self._outputs(X))

    def _made(self, X: np.ndarray, y: np.ndarray) -> Any:
        if self.warm_start and hasattr(self, "model_"):
            return self.model_
        if isinstance(self.model, Model):
            return self.model if self.warm_start else _compiled_like(clone_model(self.model), self.model)
        return self.model(X=X, y=y, **(self.model_kwargs or {}))

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False), verbose=0)

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        """The targets that the model is trained on: two-dimensional."""
        if type_of_target(y) == "unknown":
            raise ValueError(f"Unknown label type for data: {y!r}")
        self._target_ndim = y.ndim
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _decoded(self, outputs: np.ndarray) -> np.ndarray:
        return outputs[:, 0] if self._target_ndim == 1 and outputs.ndim == 2 else outputs


def _compiled_like(model: Model, other: Model) -> Model:
    if not other.compiled:
        return model
    config = other.get_compile_config()
    if config is not None:
        model.compile_from_config(config)
    return model


_PARAMETERS = """
    Args:
        model: a compiled model, of which `fit` trains a copy, or a function that returns one for ``X=`` and ``y=``, the
            arrays that it will be trained on.
        warm_start: whether `fit` continues with the weights of the call before, and trains the given model itself.
        model_kwargs: further arguments of ``model`` where it is a function.
        fit_kwargs: arguments of `Model.fit`.

    Attributes:
        model_: the trained model.
        history_: the `History` of its training.
"""


class SKLearnClassifier(ClassifierMixin, _Estimator):
    __doc__ = f"""A classifier of scikit-learn: a model with an output for each class, trained on one-hot targets.
{_PARAMETERS}        classes_: the labels, an array of shape (classes,).

    Raises:
        ValueError: in `fit`, if the labels are neither binary nor multiclass, or all of one class.
    """

    _several_outputs = False

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the outputs of the model, of shape (n, classes)."""
        return self._outputs(X)

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        kind = type_of_target(y, raise_unknown=True)
        if kind not in ("binary", "multiclass"):
            raise ValueError(f"Only binary and multiclass target types are supported. Target type: {kind}")
        column = super()._encoded(y)
        classes = np.unique(y)
        if len(classes) == 1:
            raise ValueError("Classifier can't train when only one class is present.")
        self.classes_ = classes
        self._encoder = OneHotEncoder(sparse_output=False).fit(column)
        return self._encoder.transform(column)

    def _decoded(self, outputs: np.ndarray) -> np.ndarray:
        return super()._decoded(self._encoder.inverse_transform(outputs))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, _Estimator):
    __doc__ = f"""A regressor of scikit-learn.
{_PARAMETERS}    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, _Estimator):
    __doc__ = f"""A transformer of scikit-learn: `transform` returns the outputs of a model, such as an embedding.
{_PARAMETERS}    """

    def transform(self, X: Any) -> np.ndarray:
        """Return the outputs of the model for samples of shape (n, features)."""
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
