"""Event files, which TensorBoard reads, written with the package tensorboard alone: without TensorFlow.

A record of an event file is an `Event` message with a summary, which has a tag, a step and a tensor; the plugin named
in its metadata shows it.
"""

from __future__ import annotations

import os
import secrets
import socket
import struct
import time
import zlib
from types import SimpleNamespace
from typing import Any

import numpy as np

_STRING, _FLOAT, _DOUBLE = 7, 1, 2  # of the enumeration DataType of TensorFlow
_SCALAR, _TENSOR, _BLOB_SEQUENCE = 1, 2, 3  # of the enumeration DataClass of TensorBoard
_BUCKETS = 30
_FLUSH_SECONDS = 2.0


def tensorboard() -> SimpleNamespace:
    """What is used of the package tensorboard, imported on first use.

    Raises:
        ImportError: if the package is not installed; the message says how to install it.
    """
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
        from tensorboard.plugins.histogram import metadata as histogram
        from tensorboard.plugins.image import metadata as image
        from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
        from tensorboard.plugins.scalar import metadata as scalar
        from tensorboard.plugins.text import metadata as text
        from tensorboard.summary.writer.record_writer import RecordWriter
    except ImportError as error:
        raise ImportError(
            "the callback TensorBoard needs the package tensorboard: pip install 'ckeras[tensorboard]' installs it"
        ) from error
    return SimpleNamespace(
        Event=Event, ProjectorConfig=ProjectorConfig, RecordWriter=RecordWriter, Summary=Summary,
        SummaryMetadata=SummaryMetadata, histogram=histogram, image=image, scalar=scalar, text=text,
    )  # fmt: skip


class EventFile:
    """A new event file in a folder, which is created.

    Args:
        folder: The folder: the run.

    Raises:
        OSError: if the file cannot be written.
        ImportError: if the package tensorboard is not installed.
    """

    def __init__(self, folder: str):
        self._package = tensorboard()
        os.makedirs(folder, exist_ok=True)
        name = (
            f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{secrets.token_hex(4)}"
        )
        self._records = self._package.RecordWriter(
            open(os.path.join(folder, name), "xb")  # noqa: SIM115
        )
        self._flushed = 0.0
        self._write(file_version="brain.Event:2")

    def _write(self, **fields: Any) -> None:
        event = self._package.Event(wall_time=time.time(), **fields)
        self._records.write(event.SerializeToString())
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self.flush()

    def _summarize(self, plugin: Any, tag: str, step: int, tensor: dict[str, Any], data_class: int) -> None:
        """Write a summary that a plugin of TensorBoard shows."""
        self._add(plugin.create_summary_metadata("", ""), tag, step, tensor, data_class)

    def _add(self, metadata: Any, tag: str, step: int, tensor: dict[str, Any], data_class: int) -> None:
        metadata.data_class = data_class
        shape = {"dim": [{"size": size} for size in tensor.pop("shape")]}
        value = {"tag": tag, "metadata": metadata, "tensor": {"tensor_shape": shape, **tensor}}
        self._write(step=int(step), summary=self._package.Summary(value=[value]))

    def scalar(self, name: str, value: Any, step: int) -> None:
        """Write a number."""
        tensor = {"dtype": _FLOAT, "shape": (), "float_val": [float(value)]}
        self._summarize(self._package.scalar, name, step, tensor, _SCALAR)

    def histogram(self, name: str, values: Any, step: int) -> None:
        """Write the distribution of the finite elements of an array, in 30 buckets of equal width."""
        buckets = _buckets(np.asarray(values, "float64").ravel())
        tensor = {"dtype": _DOUBLE, "shape": buckets.shape, "tensor_content": buckets.tobytes()}
        self._summarize(self._package.histogram, name, step, tensor, _TENSOR)

    def image(self, name: str, images: np.ndarray, step: int) -> None:
        """Write images of shape (count, height, width, channels), of 1, 3 or 4 channels, with values from 0 to 1."""
        _, height, width, _ = images.shape
        strings = [str(width).encode(), str(height).encode(), *map(_png, images)]
        tensor = {"dtype": _STRING, "shape": (len(strings),), "string_val": strings}
        self._summarize(self._package.image, name, step, tensor, _BLOB_SEQUENCE)

    def text(self, name: str, text: str, step: int) -> None:
        """Write a text in Markdown."""
        tensor = {"dtype": _STRING, "shape": (), "string_val": [text.encode()]}
        self._summarize(self._package.text, name, step, tensor, _TENSOR)

    def keras_model(self, name: str, config: str, step: int) -> None:
        """Write the config of a model in JSON, whose layers TensorBoard shows as a graph."""
        metadata = self._package.SummaryMetadata()
        metadata.plugin_data.plugin_name, metadata.plugin_data.content = "graph_keras_model", b"1"
        tensor = {"dtype": _STRING, "shape": (1,), "string_val": [config.encode()]}
        self._add(metadata, name, step, tensor, _BLOB_SEQUENCE)

    def flush(self) -> None:
        """Let readers see what was written."""
        self._flushed = time.monotonic()
        self._records.flush()

    def close(self) -> None:
        """Complete the file."""
        self._records.close()


def _buckets(values: np.ndarray) -> np.ndarray:
    """Rows (left edge, right edge, number of values), of which only the last includes its right edge."""
    values = values[np.isfinite(values)]
    if not values.size:
        return np.zeros((0, 3))
    low, high = values.min(), values.max()
    if low == high:
        return np.array([[low - 0.5, high + 0.5, values.size]])
    counts, edges = np.histogram(values, _BUCKETS, (low, high))
    return np.stack([edges[:-1], edges[1:], counts], 1)


def _png(image: np.ndarray) -> bytes:
    """An image of shape (height, width, channels) with values from 0 to 1 as a PNG file (ISO/IEC 15948)."""
    height, width, channels = image.shape
    pixels = (np.clip(np.nan_to_num(image), 0, 1) * 255 + 0.5).astype(np.uint8).reshape(height, width * channels)
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels], 1)  # each begins with its filter, none

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    colour = {1: 0, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes())) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data
