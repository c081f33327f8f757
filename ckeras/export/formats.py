"""The formats that models are exported to."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any

from ckeras.export.by_keras import FRAMEWORKS, write_by_keras
from ckeras.export.endpoint import Endpoint
from ckeras.export.onnx_model import export_onnx
from ckeras.utils.interactive import print_message

FORMATS = ("tf_saved_model", "onnx", "openvino", "litert", "torch")
_ENDPOINT = "serve"
_ONNX_OPTIONS = frozenset(("opset_version",))


def export_model(
    model: Any,
    graph_class: Callable[..., Any],
    filepath: str | os.PathLike,
    format: str,
    verbose: bool | None,
    input_signature: Any,
    options: dict[str, Any],
) -> None:
    """Write a model for inference in another format: what `Model.export` documents.

    Args:
        model: A model that is built.
        graph_class: Makes a functional model of inputs and outputs.
        filepath, format, verbose, input_signature, options: The arguments of `Model.export`.

    Raises:
        ValueError, ImportError, RuntimeError, OSError: as `Model.export` says.
    """
    if format not in FORMATS:
        raise ValueError(f"export expects format to be one of {', '.join(map(repr, FORMATS))}, got {format!r}")
    if format in FRAMEWORKS:
        if format == "tf_saved_model" and options:
            raise ValueError(f"export to tf_saved_model expects no further options, got {sorted(options)}")
        endpoint = Endpoint.of_model(model, input_signature)
        write_by_keras(format, filepath, [(_ENDPOINT, endpoint)], graph_class, options)
    else:
        unknown = sorted(options.keys() - (_ONNX_OPTIONS if format == "onnx" else set()))
        if unknown:
            raise ValueError(f"export to {format} expects no options {unknown}")
        {"onnx": export_onnx, "openvino": export_openvino}[format](model, filepath, input_signature, **options)
    if verbose or verbose is None:
        print_message(f"Model {model.name!r} is exported to {str(filepath)!r}")


def export_openvino(model: Any, filepath: str | os.PathLike, input_signature: Any = None) -> None:
    """Write a model as an `.xml` file of OpenVINO, with a `.bin` file of its weights, by way of ONNX.

    Args:
        model: A model that is built.
        filepath: Path of the `.xml` file.
        input_signature: As for `export_onnx`.

    Raises:
        ImportError: if the package openvino, or onnx, is not installed.
        ValueError: if the path does not end in `.xml`, or ONNX does not express the model.
    """
    if not os.fspath(filepath).endswith(".xml"):
        raise ValueError(f"export to openvino expects a path that ends in '.xml', got {os.fspath(filepath)!r}")
    try:
        import openvino
    except ImportError as error:
        raise ImportError("export to openvino needs the package openvino: pip install 'ckeras[openvino]'") from error
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        export_onnx(model, path, input_signature)
        openvino.save_model(openvino.convert_model(path), os.fspath(filepath), compress_to_fp16=False)
