"""SavedModels of TensorFlow: a `.keras` file is handed to Keras and TensorFlow in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import Any

_SCRIPT = """\
import sys
import keras
keras.models.load_model(sys.argv[1], compile=False).export(sys.argv[2], format="tf_saved_model", verbose=False)
"""
_MISSING = 3  # exit status if Keras or TensorFlow is not installed
_CHECK = f"""\
import sys
from importlib.util import find_spec
sys.exit(0 if find_spec("keras") and find_spec("tensorflow") else {_MISSING})
"""


def export_saved_model(model: Any, filepath: str | os.PathLike) -> None:
    """Write a model as a SavedModel of TensorFlow, through Keras and TensorFlow, which have to be installed.

    Args:
        model: A model that is built, whose layers Keras has too.
        filepath: Path of the folder.

    Raises:
        ImportError: if Keras or TensorFlow is not installed.
        RuntimeError: if Keras cannot load or export the model, with its error.
    """
    if subprocess.run([sys.executable, "-c", _CHECK], check=False).returncode == _MISSING:
        raise ImportError("export to tf_saved_model needs Keras and TensorFlow: pip install 'ckeras[tensorflow]'")
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        model.save(path)
        command = [sys.executable, "-c", _SCRIPT, path, os.path.abspath(filepath)]
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise RuntimeError(f"Keras cannot export model {model.name!r} to tf_saved_model: {' '.join(last)}")
