"""`ExportArchive`: functions of models and layers, exported together."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from ckeras.compiler.function import Function
from ckeras.export.by_keras import write_by_keras
from ckeras.export.endpoint import Endpoint, arguments_of
from ckeras.export.onnx_model import onnx_model, onnx_package
from ckeras.layers.layer import Layer
from ckeras.models.functional import Functional
from ckeras.saving.atomic import check_folder, replacing
from ckeras.tensor import Variable
from ckeras.tensor.structure import flatten
from ckeras.utils.interactive import print_message

_FORMATS = ("saved_model", "onnx")


class ExportArchive:
    """Collects functions, the endpoints, and writes them as one artifact for inference.

    A SavedModel is written by Keras and TensorFlow, which have to be installed: each endpoint is handed over as a
    functional model, so it has to consist of layers and operations that Keras has too. In ONNX there is a file for each
    endpoint, which may compute anything that ONNX expresses.

    Args:
        format: ``"saved_model"``, or ``"onnx"``, for a folder of `.onnx` files.

    Raises:
        ValueError: for another format, or options, which these formats do not have.

    >>> import ckeras, os
    >>> model = ckeras.Sequential([ckeras.layers.Input((3,)), ckeras.layers.Dense(2)])
    >>> archive = ExportArchive("onnx")
    >>> archive.track(model)
    >>> scores = archive.add_endpoint(
    ...     "scores", lambda x: ckeras.ops.softmax(model(x)), [ckeras.InputSpec(shape=(None, 3), dtype="float32")]
    ... )
    >>> archive.write_out("exported", verbose=False)
    >>> os.listdir("exported")
    ['scores.onnx']
    """

    def __init__(self, format: str = "saved_model", **kwargs: Any):
        if kwargs:
            raise ValueError(f"ExportArchive expects no options {sorted(kwargs)} for the format {format!r}")
        if format not in _FORMATS:
            names = " or ".join(map(repr, _FORMATS))
            raise ValueError(f"ExportArchive expects {names} as format, got {format!r}")
        self.format = format
        self._tracked: list[Layer] = []
        self._endpoints: dict[str, Endpoint] = {}
        self._collections: dict[str, list[Variable]] = {}

    @property
    def variables(self) -> list[Variable]:
        """The variables of the tracked layers and models."""
        return list({id(v): v for layer in self._tracked for v in layer.variables}.values())

    def track(self, resource: Layer) -> None:
        """Track a layer or model, whose variables the endpoints use.

        Raises:
            ValueError: if it is not a layer, or not built.
        """
        if not isinstance(resource, Layer):
            raise ValueError(f"ExportArchive.track expects a layer or a model, got {resource!r:.200}")
        if not resource.built:
            raise ValueError(f"ExportArchive.track expects a layer that is built, and {resource.name!r} is not")
        self._tracked.append(resource)

    def add_endpoint(self, name: str, fn: Callable[..., Any], input_signature: Any = None) -> Callable[..., Any]:
        """Add a function of tensors.

        Args:
            name: Name of the endpoint.
            fn: The function, such as `model.call`.
            input_signature: A list with an entry for each argument: an `InputSpec`, a symbolic tensor or a tensor, or a
                structure of them.

        Returns:
            The function, compiled.

        Raises:
            ValueError: if the name is taken, or there is no signature.
            TypeError: if `fn` cannot be called, or an entry is none of these.
        """
        if name in self._endpoints:
            raise ValueError(f"ExportArchive has an endpoint {name!r} already")
        if not callable(fn):
            raise TypeError(f"ExportArchive.add_endpoint expects a function as fn, got {fn!r:.200}")
        if input_signature is None:
            raise ValueError(
                "ExportArchive.add_endpoint expects input_signature, a list with an InputSpec of shape and dtype for "
                "each argument of fn"
            )
        self._endpoints[name] = Endpoint(fn, arguments_of(input_signature), name, f"endpoint {name!r}")
        return fn if isinstance(fn, Function) else Function(fn)

    def track_and_add_endpoint(self, name: str, resource: Layer, input_signature: Any) -> Callable[..., Any]:
        """Track a layer or model, and add its call as an endpoint; see `track` and `add_endpoint`."""
        self.track(resource)
        return self.add_endpoint(name, resource.__call__, input_signature)

    def add_variable_collection(self, name: str, variables: Sequence[Variable] | set[Variable]) -> None:
        """Store a list of variables, such as those of an optimizer, as an attribute of the SavedModel.

        Raises:
            ValueError: if it is no list, tuple or set of variables, or the format is "onnx", which has none.
        """
        if self.format == "onnx":
            raise ValueError("ExportArchive.add_variable_collection expects the format 'saved_model', got 'onnx'")
        if not isinstance(variables, (list, tuple, set)) or not all(isinstance(v, Variable) for v in variables):
            raise ValueError(
                "ExportArchive.add_variable_collection expects a list, tuple or set of variables, got "
                f"{variables!r:.200}"
            )
        self._collections[name] = list(variables)

    def write_out(self, filepath: str | os.PathLike, options: None = None, verbose: bool = True) -> None:
        """Write all endpoints.

        The first endpoint is also the SavedModel's signature ``serving_default``.

        Args:
            filepath: Path of the folder.
            options: `None`: objects of TensorFlow cannot be handed over.
            verbose: Whether to print the endpoints.

        Raises:
            ValueError: if there are no endpoints, there are options, or the format does not express an endpoint.
            ImportError: if a package is not installed.
            RuntimeError: if Keras cannot export an endpoint, with its error.
            OSError: if the folder cannot be written.
        """
        if not self._endpoints:
            raise ValueError("ExportArchive.write_out expects endpoints: call add_endpoint() first")
        if options is not None:
            raise ValueError(f"ExportArchive.write_out expects options=None, got {options!r:.200}")
        endpoints = list(self._endpoints.items())
        if self.format == "onnx":
            self._write_onnx(filepath)
        else:
            collections = list(self._collections.items())
            write_by_keras("tf_saved_model", filepath, endpoints, Functional, {}, collections)
        if verbose:
            lines = [f"  {name}: {', '.join(map(_shown, flatten(e.arguments)))}" for name, e in endpoints]
            print_message("\n".join([f"Endpoints exported to {str(filepath)!r}:", *lines]))

    def _write_onnx(self, folder: str | os.PathLike) -> None:
        onnx = onnx_package()
        made = {name: onnx_model(onnx, endpoint) for name, endpoint in self._endpoints.items()}
        check_folder(folder, "ExportArchive")
        for name, model in made.items():
            with replacing(os.path.join(folder, f"{name}.onnx")) as file:
                file.write(model.SerializeToString())


def _shown(x: Any) -> str:
    """An argument in a line of text."""
    return f"{x.name or 'argument'} {x.dtype}{list(x.shape)}"
