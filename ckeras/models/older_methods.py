"""Methods that models had before Keras 3."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ckeras.utils.tracebacks import warn


class OlderMethods:
    """Methods of models that older Keras had: each calls the one that does its work today, and warns."""

    def fit_generator(
        self,
        generator: Any,
        steps_per_epoch: int | None = None,
        epochs: int = 1,
        verbose: Any = 1,
        callbacks: Any = None,
        validation_data: Any = None,
        validation_steps: int | None = None,
        validation_freq: Any = 1,
        class_weight: dict[int, float] | None = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        shuffle: bool = True,
        initial_epoch: int = 0,
        **older: Any,
    ) -> Any:
        """Train on the batches of a generator. Use `fit`.

        Args:
            generator: yields (x, y) or (x, y, sample_weight), or is a `PyDataset`.
            steps_per_epoch, epochs, verbose, callbacks, validation_data, validation_steps, validation_freq,
                class_weight, shuffle, initial_epoch: as for `fit`.
            max_queue_size, workers, use_multiprocessing: no effect: batches are made in this thread.
            older: ``samples_per_epoch``, ``nb_epoch`` and ``nb_val_samples`` of Keras 1, in samples, and
                ``nb_worker``, ``max_q_size`` and ``pickle_safe``.
        """
        _warn("fit_generator", "fit")
        older = {name: value for name, value in older.items() if name not in _QUEUE}
        epochs = older.pop("nb_epoch", epochs)
        if "samples_per_epoch" in older:
            generator, steps_per_epoch = _steps(generator, older.pop("samples_per_epoch"))
        if "nb_val_samples" in older:
            validation_data, validation_steps = _steps(validation_data, older.pop("nb_val_samples"))
        if older:
            raise TypeError(f"fit_generator() got an unexpected keyword argument {next(iter(older))!r}")
        return self.fit(  # type: ignore[attr-defined]
            generator,
            steps_per_epoch=steps_per_epoch,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            validation_steps=validation_steps,
            validation_freq=validation_freq,
            class_weight=class_weight,
            shuffle=shuffle,
            initial_epoch=initial_epoch,
        )

    def evaluate_generator(
        self,
        generator: Any,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: Any = 0,
    ) -> Any:
        """Return the loss and metrics on the batches of a generator. Use `evaluate`."""
        _warn("evaluate_generator", "evaluate")
        return self.evaluate(generator, steps=steps, callbacks=callbacks, verbose=verbose)  # type: ignore[attr-defined]

    def predict_generator(
        self,
        generator: Any,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: Any = 0,
    ) -> Any:
        """Return the outputs for the batches of a generator. Use `predict`."""
        _warn("predict_generator", "predict")
        return self.predict(generator, steps=steps, callbacks=callbacks, verbose=verbose)  # type: ignore[attr-defined]

    def reset_states(self) -> None:
        """Set the states of all stateful layers to zeros."""
        for layer in self._flatten_layers(include_self=False):  # type: ignore[attr-defined]
            if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
                layer.reset_state()

    def predict_proba(self, x: Any, batch_size: int = 32, verbose: Any = 0) -> np.ndarray:
        """Return the outputs, which are the probabilities of a classifier. Use `predict`."""
        _warn("predict_proba", "predict")
        return self.predict(x, batch_size=batch_size, verbose=verbose)  # type: ignore[attr-defined]

    def predict_classes(self, x: Any, batch_size: int = 32, verbose: Any = 0) -> np.ndarray:
        """Return integer class labels: the index of the largest output, or whether a single output exceeds 0.5.

        Use `predict`, and ``argmax`` or a comparison.
        """
        _warn("predict_classes", "predict, and argmax(axis=-1) or > 0.5,")
        outputs = self.predict(x, batch_size=batch_size, verbose=verbose)  # type: ignore[attr-defined]
        return outputs.argmax(axis=-1) if outputs.shape[-1] > 1 else (outputs > 0.5).astype("int32")


_QUEUE = ("nb_worker", "max_q_size", "pickle_safe")


def _warn(older: str, today: str) -> None:
    warn(f"{older} is a method of older Keras; use {today} instead")


def _steps(generator: Any, samples: int) -> tuple[Any, int | None]:
    """A generator, and the number of its batches that hold a number of samples; other data is returned unchanged."""
    if not hasattr(generator, "__next__"):
        size = getattr(generator, "batch_size", None)
        return generator, None if size is None else -(-samples // size)
    first = next(generator)
    x = first[0] if isinstance(first, tuple) else first
    size = len(next(iter(x.values())) if isinstance(x, dict) else x[0] if isinstance(x, (list, tuple)) else x)
    return itertools.chain([first], generator), -(-samples // size)
