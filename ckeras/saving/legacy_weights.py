"""Weights in the `.h5` files of Keras 1 and 2, tf.keras, and the older format of Keras 3.

A file lists its layers in the attribute "layer_names", and each layer's group its weights in "weight_names"; long lists
are cut into "layer_names0", "layer_names1", ... In a file of a whole model that is the group "model_weights". Layers
belong to those of a model by order, or by name. The weights of a layer are the trainable ones, then the others, with
those of the layers in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ckeras.saving import older_weights
from ckeras.saving.atomic import replacing
from ckeras.saving.hdf5 import array_at, check_heaps, group_at, h5py, shape_at, text_of
from ckeras.utils.tracebacks import warn

TOP = "top_level_model_weights"


class _Stored(NamedTuple):
    """A weight in the file, which is read when it is needed."""

    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]


class _Pair(NamedTuple):
    """A layer of the model and the weights in the file that belong to it."""

    name: str
    variables: list[Any]
    stored: list[_Stored]


def load_legacy_weights(model: Any, filepath: str, by_name: bool = False, skip_mismatch: bool = False) -> None:
    """Load the weights of a model from an `.h5` file.

    Args:
        model: A model that is built.
        filepath: Path of the file.
        by_name: Whether a layer gets the weights of the saved layer of its name, if there is one, instead of those of
            the one at its place.
        skip_mismatch: Whether weights of another shape, and with ``by_name`` layers with another number of weights,
            are left as they are, with a warning.

    Raises:
        ValueError: if layers or weights do not fit; nothing has changed then.
        OSError: if it is no HDF5 file.
    """
    with ExitStack() as files:
        opened = files.enter_context(open(filepath, "rb"))
        check_heaps(opened)
        file = root = files.enter_context(h5py().File(opened, "r"))
        if not listed(file, "layer_names") and "model_weights" in file:
            root = group_at(file, "model_weights")
        load_group(model, root, by_name, skip_mismatch)


def load_group(model: Any, root: Any, by_name: bool = False, skip_mismatch: bool = False) -> None:
    """Load the weights of a model from the group that lists its layers; the rest is as for `load_legacy_weights`."""
    loads, mismatches = [], []
    for pair in list((_pairs_by_name if by_name else _pairs_by_order)(model, root)):
        misfit = _misfit_of_count(pair)
        if misfit is not None:
            mismatches.append((misfit, by_name))
            continue
        for variable, stored in zip(pair.variables, pair.stored, strict=True):
            if stored.shape == tuple(variable.shape):
                loads.append((variable, stored))
            else:
                where = f"weight {variable.path!r} of layer {pair.name!r}"
                mismatches.append((f"{where} has shape {variable.shape}, and {stored.shape} was saved", True))
    for message, may_be_skipped in mismatches:
        if not (skip_mismatch and may_be_skipped):
            raise ValueError(message)
        warn(f"load_weights leaves out: {message}")
    for variable, stored in loads:
        variable.assign(stored.read())


def _pairs_by_order(model: Any, root: Any) -> Iterator[_Pair]:
    layers = [layer for layer in model.layers if layer.weights]
    saved = [(name, group_at(root, name)) for name in listed(root, "layer_names")]
    saved = [(name, group) for name, group in saved if listed(group, "weight_names")]
    if len(layers) != len(saved):
        raise ValueError(f"the model has {len(layers)} layers with weights, and {len(saved)} were saved")
    origin = _origin(root)
    for layer, (_, group) in zip(layers, saved, strict=True):
        yield _pair(layer, group, origin)
    yield from _top(model, root)


def _pairs_by_name(model: Any, root: Any) -> Iterator[_Pair]:
    for name in listed(root, "layer_names"):
        for layer in model.layers:
            if layer.name == name:
                yield _pair(layer, group_at(root, name), _origin(root))
    yield from _top(model, root)


def _top(model: Any, root: Any) -> Iterator[_Pair]:
    """The weights that the model itself holds."""
    if TOP in root:
        yield _Pair(model.name, model._saved_variables(), _stored(group_at(root, TOP)))


def version_of(group: Any) -> tuple[int, ...]:
    """Version of the Keras that wrote a group or its file, (1, 0) if none is noted, as before version 1.2.

    That of tf.keras in TensorFlow 1.13 to 2.0, "2.2.4-tf", is (2, 2, 4).
    """
    parts = (_noted(group, "keras_version") or "1.0").partition("-")[0].split(".")
    return tuple(int(part) if part.isdigit() else 0 for part in parts[:3])


def _origin(group: Any) -> older_weights.Origin:
    return older_weights.Origin(version_of(group), _noted(group, "backend"))


def _noted(group: Any, name: str) -> str | None:
    """An attribute of a group, or else of its file."""
    owners = (owner for owner in (group, group.file) if name in owner.attrs)
    return next((str(text_of(owner, name)) for owner in owners), None)


def _stored(group: Any) -> list[_Stored]:
    names = listed(group, "weight_names")
    return [_Stored(shape_at(group, one), partial(array_at, group, one)) for one in names]


def _pair(layer: Any, group: Any, origin: older_weights.Origin) -> _Pair:
    variables, stored = weights_of(layer), _stored(group)
    fits = [one.shape for one in stored] == [tuple(variable.shape) for variable in variables]
    if origin.version < (2,) or (origin.version < (3,) and (origin.backend == "theano" or not fits)):
        arrays = older_weights.rearranged(layer, [one.read() for one in stored], origin)
        stored = [_Stored(array.shape, lambda array=array: array) for array in arrays]
    return _Pair(layer.name, variables, stored)


def has_names_of(model: Any, root: Any) -> bool:
    """Whether the layers with weights in a file have the names of those of a model."""
    saved = (name for name in listed(root, "layer_names") if listed(group_at(root, name), "weight_names"))
    return set(saved) == {layer.name for layer in model.layers if layer.weights}


_LIMIT = 64_512  # bytes of an attribute


def weights_of(layer: Any) -> list[Any]:
    """The weights of a layer in the order of files."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _misfit_of_count(pair: _Pair) -> str | None:
    if len(pair.variables) == len(pair.stored):
        return None
    return f"layer {pair.name!r} has {len(pair.variables)} weights, and {len(pair.stored)} were saved"


def listed(group: Any, name: str) -> list[str]:
    """The list of names in an attribute, or in several."""
    attributes = [name] if name in group.attrs else []
    while f"{name}{len(attributes)}" in group.attrs:
        attributes.append(f"{name}{len(attributes)}")
    texts = [text for attribute in attributes for text in text_of(group, attribute, 1)]
    return [text.decode() if isinstance(text, bytes) else str(text) for text in texts]


def save_legacy_weights(model: Any, filepath: Any, version: str) -> None:
    """Save the weights of a model to an `.h5` file, which replaces one of that name once it is complete."""
    with replacing(filepath) as opened, h5py().File(opened, "w") as file:
        write_group(model, file, version)


def write_group(model: Any, root: Any, version: str) -> None:
    """Write the weights of each layer to a group of its name, and those of the model itself to another."""
    root.attrs["keras_version"], root.attrs["backend"] = version.encode(), b"ckeras"
    _write_list(root, "layer_names", [layer.name for layer in model.layers])
    for layer in model.layers:
        _write_arrays(root.create_group(layer.name), weights_of(layer))
    _write_arrays(root.create_group(TOP), model._saved_variables())


def _write_arrays(group: Any, variables: Iterable[Any]) -> None:
    write_named(group, [(variable.path, variable) for variable in variables])


def write_named(group: Any, variables: Iterable[tuple[str, Any]]) -> None:
    """Write the values of (name, variable), and the names in order."""
    names: dict[str, Any] = {}
    for name, variable in variables:
        name = name if name not in names else f"{name}_{len(names)}"
        names[name] = group[name] = variable.numpy()
    _write_list(group, "weight_names", list(names))


def _write_list(group: Any, name: str, texts: list[str]) -> None:
    """Write a list of names to an attribute, or to several."""
    data, parts = np.array([text.encode() for text in texts], "S" if texts else "S1"), 1
    while any(chunk.nbytes > _LIMIT for chunk in np.array_split(data, parts)):
        parts += 1
    for part, chunk in enumerate(np.array_split(data, parts)):
        group.attrs[name if parts == 1 else f"{name}{part}"] = chunk
