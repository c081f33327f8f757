"""The callback that writes what TensorBoard shows."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from ckeras import registry
from ckeras.callbacks.callback import Callback
from ckeras.callbacks.event_files import EventFile, tensorboard
from ckeras.callbacks.inspection import activations, gradients, weight_image
from ckeras.callbacks.learning_rates import logged_rates
from ckeras.saving.atomic import check_folder, write_text
from ckeras.utils.tracebacks import warn


@registry.callbacks.ship()
class TensorBoard(Callback):
    """Writes logs, the graph of the model, histograms, embeddings and a profile for TensorBoard.

    ``tensorboard --logdir logs`` shows them: the runs "train" and "validation". The package tensorboard is needed
    (``pip install 'ckeras[tensorboard]'``), TensorFlow is not.

    Args:
        log_dir: Folder of the runs, which is created.
        histogram_freq: Number of epochs between two histograms of weights, activations and gradients, the latter two
            for the first batch of the data; 0 for none.
        write_graph: Whether to write the graph of layers of a model with a config.
        write_images: Whether to write weights as images too, where ``histogram_freq`` writes histograms.
        write_steps_per_second: Whether to write how many steps are made in a second.
        update_freq: ``"epoch"`` for the logs of epochs alone; ``"batch"``, or a number of batches, for those of
            batches too, which makes training slower.
        profile_batch: Number of a batch, from 1, or a pair (first, last), at which the instructions of a training
            step are timed, as often as there are batches; the table is a text. 0 for none.
        embeddings_freq: Number of epochs after which the embeddings of `Embedding` layers are written for the
            projector; 0 for none.
        embeddings_metadata: Path of a file with a label for each row of the embeddings, relative to ``log_dir``, or a
            dict of the names of layers to paths.

    Raises:
        ValueError: for another ``update_freq`` or ``profile_batch``; before the first epoch, if
            ``embeddings_metadata`` names a layer that has no embeddings.
        ImportError: before the first epoch, if the package tensorboard is not installed.
        OSError: before the first epoch, if files cannot be written to the folder.

    Example:
        >>> import os
        >>> import numpy as np
        >>> from ckeras import Sequential, layers
        >>> model = Sequential([layers.Input((1,)), layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((4, 1), "float32")
        >>> history = model.fit(x, x, validation_data=(x, x), verbose=0, callbacks=[TensorBoard("logs")])
        >>> sorted(os.listdir("logs"))
        ['train', 'validation']
    """

    _resumed = ("_global_train_batch",)

    def __init__(
        self,
        log_dir: str | os.PathLike = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        update_freq = 1 if update_freq == "batch" else update_freq
        if update_freq != "epoch" and (type(update_freq) is not int or update_freq < 1):
            raise ValueError(
                f"TensorBoard expects update_freq to be 'epoch', 'batch' or a positive integer, got {update_freq!r}"
            )
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._start_batch, self._stop_batch = _profiled_batches(profile_batch)
        self._writers: dict[str, EventFile] = {}
        self._progress: Any = None
        self._global_train_batch = 0
        self._batch_start_time = self._epoch_start_time = 0.0
        self._previous_iterations = 0
        if update_freq == "epoch" and not self._start_batch:
            self._idle_hooks = (TensorBoard.on_train_batch_begin, TensorBoard.on_train_batch_end)

    def set_progress(self, progress: Any) -> None:
        """Take what `fit` knows of the run; called before all hooks."""
        self._progress = progress

    def _writer(self, run: str) -> EventFile:
        if run not in self._writers:
            self._writers[run] = EventFile(os.path.join(self.log_dir, run))
        return self._writers[run]

    @property
    def summary(self) -> EventFile:
        """The event file of the run "train", with methods `scalar`, `histogram`, `image` and `text`."""
        return self._writer("train")

    # -- training

    def on_train_begin(self, logs: dict | None = None) -> None:
        check_folder(self.log_dir, "TensorBoard")
        labels = self._labels() if self.embeddings_freq else {}
        self._global_train_batch = 0
        writer = self._writer("train")
        if self.write_graph:
            self._write_graph(writer)
        if self.embeddings_freq:
            self._configure_projector(labels)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if self.write_steps_per_second:
            self._previous_iterations = self._iterations()
            self._epoch_start_time = time.perf_counter()

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        self._global_train_batch += 1
        if self._global_train_batch == self._start_batch:
            self._write_profile()
        self._batch_start_time = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        step = self._global_train_batch
        if self.update_freq == "epoch" or step % self.update_freq:
            return
        writer = self._writer("train")
        if self.write_steps_per_second:
            writer.scalar("batch_steps_per_second", 1 / (time.perf_counter() - self._batch_start_time), step)
        for name, value in (logs or {}).items():
            writer.scalar(f"batch_{name}", value, step)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logs = logs or {}
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        if logs:
            train |= logged_rates(self.model)
            if self.write_steps_per_second:
                seconds = time.perf_counter() - self._epoch_start_time
                train["steps_per_second"] = (self._iterations() - self._previous_iterations) / seconds
        for name, value in train.items():
            self._writer("train").scalar(f"epoch_{name}", value, epoch)
        for name, value in logs.items():
            if name.startswith("val_"):
                self._writer("validation").scalar(f"epoch_{name[4:]}", value, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_histograms(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            for name, layer in self._embeddings().items():
                np.savetxt(self._embeddings_path(name), layer.embeddings.numpy(), delimiter="\t")
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs: dict | None = None) -> None:
        self._close()

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _iterations(self) -> int:
        return int(np.asarray(self.model.optimizer.iterations))

    # -- evaluation

    def on_test_end(self, logs: dict | None = None) -> None:
        if self.model.optimizer is not None:
            writer = self._writer("validation")
            for name, value in (logs or {}).items():
                writer.scalar(f"evaluation_{name}_vs_iterations", value, self._iterations())
            writer.flush()

    # -- the model

    def _write_graph(self, writer: EventFile) -> None:
        try:
            config = self.model.to_json()
        except (NotImplementedError, TypeError, ValueError) as error:
            warn(f"TensorBoard writes no graph, since the model has no config: {error}")
            return
        writer.keras_model("keras", config, 0)

    def _write_histograms(self, epoch: int) -> None:
        writer = self._writer("train")
        for layer in self.model.layers:
            for weight in layer.weights:
                name, value = weight.path.replace(":", "_"), weight.numpy()
                writer.histogram(f"{name}/histogram", value, epoch)
                image = weight_image(value) if self.write_images else None
                if image is not None:
                    writer.image(f"{name}/image", image, epoch)
        if self._progress is None:
            return
        x, y, sample_weight = self._progress.sample()
        for name, value in activations(self.model, x).items():
            writer.histogram(f"{name}/activation/histogram", value, epoch)
        for name, value in gradients(self.model, x, y, sample_weight).items():
            writer.histogram(f"{name}/gradient/histogram", value, epoch)

    def _write_profile(self) -> None:
        if self._progress is None:
            return
        table = self.model._profiled(*self._progress.sample(), repeats=self._stop_batch - self._start_batch + 1)
        self._writer("train").text(f"batch_{self._stop_batch}", f"```\n{table}\n```", self._stop_batch)

    # -- embeddings

    def _embeddings(self) -> dict[str, Any]:
        """The layers with embeddings by name."""
        return {
            layer.name: layer
            for layer in self.model._flatten_layers()
            if len(getattr(getattr(layer, "embeddings", None), "shape", ())) == 2
        }

    def _labels(self) -> dict[str, str]:
        """The path of the labels of each layer that has some."""
        given, names = self.embeddings_metadata, self._embeddings()
        labels = {} if given is None else dict(given) if isinstance(given, Mapping) else dict.fromkeys(names, given)
        unknown = [name for name in labels if name not in names]
        if unknown:
            raise ValueError(
                f"TensorBoard: embeddings_metadata names {unknown}; the layers with embeddings are {list(names)}"
            )
        return labels

    def _embeddings_path(self, name: str) -> str:
        return os.path.join(self.log_dir, "train", f"embeddings_{name}.tsv")

    def _configure_projector(self, labels: dict[str, str]) -> None:
        config = tensorboard().ProjectorConfig()
        for name, layer in self._embeddings().items():
            path = os.path.relpath(self._embeddings_path(name), self.log_dir)
            entry = config.embeddings.add(tensor_name=layer.embeddings.path, tensor_path=path)
            entry.tensor_shape.extend(layer.embeddings.shape)
            if name in labels:
                entry.metadata_path = labels[name]
            np.savetxt(self._embeddings_path(name), layer.embeddings.numpy(), delimiter="\t")
        write_text(os.path.join(self.log_dir, "projector_config.pbtxt"), str(config))


def _profiled_batches(given: Any) -> tuple[int, int]:
    """The first and the last batch of ``profile_batch``."""
    try:
        parts = [int(part) for part in given.split(",")] if isinstance(given, str) else given
        first, last = (parts, parts) if isinstance(parts, int) else parts * (3 - len(parts))
        if 0 <= first <= last and type(first) is type(last) is int:
            return first, last
    except (TypeError, ValueError):
        pass
    raise ValueError(
        f"TensorBoard expects profile_batch to be an integer, 0 or more, or a pair (first, last), got {given!r}"
    )
