"""The estimators of Keras 1 and 2: they take a function that makes a model, and its arguments and those of `fit`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.models.model import Model
from ckeras.older_spellings import current
from ckeras.utils.numerical import to_categorical

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
except ImportError as error:
    raise ImportError("keras.wrappers.scikit_learn needs scikit-learn: pip install 'ckeras[sklearn]'") from error

_OF_MODEL = ("fit", "evaluate", "predict")


class _Wrapper(BaseEstimator):
    """What both estimators have in common.

    Args:
        build_fn: function that returns a compiled model. A subclass may define ``__call__`` instead.
        sk_params: arguments of ``build_fn``, and of the model's `fit`, `evaluate` and `predict`.

    Raises:
        ValueError: if an argument is of none of these.
    """

    def __init__(self, build_fn: Callable[..., Model] | None = None, **sk_params: Any):
        self.build_fn = build_fn
        self.sk_params = sk_params
        known = {"nb_epoch", *_names(self._builder())}.union(*(_names(getattr(Model, name)) for name in _OF_MODEL))
        for name in sk_params:
            if name not in known:
                raise ValueError(f"{type(self).__name__} got {name!r}, which is no argument of the model or of fit")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the arguments of the estimator."""
        return {**self.sk_params, "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> Any:
        """Change arguments of the estimator."""
        given = {**self.get_params(), **params}
        self.__init__(given.pop("build_fn"), **given)  # type: ignore[misc]
        return self

    def _builder(self) -> Callable[..., Model]:
        if self.build_fn is not None:
            return self.build_fn
        if not callable(self):
            raise ValueError(f"{type(self).__name__} expects build_fn, a function that returns a model, got None")
        return self.__call__  # type: ignore[attr-defined]

    def _arguments(self, function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
        """The parameters of the estimator that a function accepts, and ``given`` ones."""
        names = _names(function)
        known = {**self.sk_params, **given}
        if "epochs" in names and "batch_size" in names:
            known = current("fit", known)
        return {name: value for name, value in known.items() if name in names}

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Make a model and train it; ``kwargs`` are those of `Model.fit`. Return its `History`."""
        builder = self._builder()
        self.model = builder(**self._arguments(builder, {}))
        if self.model.loss == "categorical_crossentropy" and np.ndim(y) < 2:
            y = to_categorical(y)
        return self.model.fit(x, y, **self._arguments(Model.fit, kwargs))

    def _predicted(self, x: Any, kwargs: dict[str, Any]) -> np.ndarray:
        return self.model.predict(x, **self._arguments(Model.predict, kwargs))

    def _evaluated(self, x: Any, y: Any, kwargs: dict[str, Any]) -> dict[str, float]:
        return self.model.evaluate(x, y, return_dict=True, **self._arguments(Model.evaluate, kwargs))


def _names(function: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(function).parameters) - {"self", "return_dict"}


class KerasClassifier(ClassifierMixin, _Wrapper):
    """A classifier of scikit-learn as Keras 1 and 2 had it. Use `keras.wrappers.SKLearnClassifier`.

    Args:
        build_fn: function that returns a compiled model with an output for each class, or one for two classes.
        sk_params: arguments of ``build_fn``, and of the model's `fit`, `evaluate` and `predict`.

    Attributes:
        classes_: the labels.
        model: the trained model.
    """

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Make a model and train it.

        Args:
            x: samples.
            y: labels of shape (n,), or one-hot rows.
            kwargs: arguments of `Model.fit`.

        Returns:
            History: losses and metrics.
        """
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        else:
            self.classes_, indices = np.unique(y, return_inverse=True)
            y = indices.reshape(y.shape)
        self.n_classes_ = len(self.classes_)
        return super().fit(x, y, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """Return the labels of samples; ``kwargs`` are those of `Model.predict`."""
        outputs = self._predicted(x, kwargs)
        if outputs.shape[-1] > 1:
            return self.classes_[outputs.argmax(axis=-1)]
        return self.classes_[(outputs > 0.5).astype("int32")]

    def predict_proba(self, x: Any, **kwargs: Any) -> np.ndarray:
        """Return the probabilities of the classes, of shape (n, classes)."""
        outputs = self._predicted(x, kwargs)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Return the accuracy.

        Raises:
            ValueError: if the model was compiled without the metric "accuracy".
        """
        y = np.asarray(y)
        if y.ndim < 2 or y.shape[1] == 1:
            y = np.searchsorted(self.classes_, y)
            if self.model.loss == "categorical_crossentropy":
                y = to_categorical(y, self.n_classes_)
        found = self._evaluated(x, y, kwargs)
        for name in ("accuracy", "acc"):
            if name in found:
                return found[name]
        raise ValueError(f"score expects a model compiled with metrics=['accuracy'], got metrics {list(found)}")


class KerasRegressor(RegressorMixin, _Wrapper):
    """A regressor of scikit-learn as Keras 1 and 2 had it. Use `keras.wrappers.SKLearnRegressor`.

    Args:
        build_fn: function that returns a compiled model.
        sk_params: arguments of ``build_fn``, and of the model's `fit`, `evaluate` and `predict`.

    Attributes:
        model: the trained model.
    """

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """Return the outputs of the model, without axes of size 1; ``kwargs`` are those of `Model.predict`."""
        return np.squeeze(self._predicted(x, kwargs), axis=-1)

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Return the negated loss, so that a larger score is better."""
        return -self._evaluated(x, y, kwargs)["loss"]
