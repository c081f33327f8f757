"""Inspection and change of the weights in a file, without the model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np

from ckeras.random import SeedGenerator
from ckeras.saving import archive
from ckeras.saving.atomic import replacing
from ckeras.saving.hdf5 import WeightsReader, WeightsWriter, check_heaps
from ckeras.saving.state import saveables
from ckeras.utils.interactive import print_message

Weights = dict[str, Any]  # names of objects to such dicts, names of weights to arrays


class KerasFileEditor:
    """Shows, compares and changes the weights in a `.keras` or `.weights.h5` file, and saves them to another.

    An object, such as a layer, is called by its path, ``"layers/dense"``, or by the last name of it if no other object
    has that name. Its weights are called ``"0"``, ``"1"``, ...

    Args:
        filepath: Path of the file.

    Attributes:
        weights_dict: nested dicts of names of objects to their weights and the objects in them.
        config: the config of the model, or `None` for a file of weights.
        metadata: when and by which version the file was written, or `None` for a file of weights.

    Raises:
        ValueError: for another ending, or a file that is damaged.
        OSError: if the file cannot be read.

    >>> from ckeras import Sequential, layers
    >>> model = Sequential([layers.Input((2,)), layers.Dense(3, name="a"), layers.Dense(1, name="b")])
    >>> model.save_weights("old.weights.h5")
    >>> editor = KerasFileEditor("old.weights.h5")
    Keras model file 'old.weights.h5'
    >>> editor.rename_object("dense_1", "last")
    >>> editor.summary()
    Weights structure
      └─ layers
          ├─ dense ('a')
          │   ├─ 0: shape=(2, 3), dtype=float32
          │   └─ 1: shape=(3,), dtype=float32
          └─ last ('b')
              ├─ 0: shape=(3, 1), dtype=float32
              └─ 1: shape=(1,), dtype=float32
    >>> editor.save("new.weights.h5")
    """

    def __init__(self, filepath: str | os.PathLike):
        self.filepath = str(filepath)
        self.config: dict[str, Any] | None = None
        self.metadata: dict[str, Any] | None = None
        self.weights_dict: Weights = {}
        self._names: dict[int, str] = {}  # of objects, by the identity of their dicts
        with ExitStack() as files:
            if self.filepath.endswith(".keras"):
                opened = files.enter_context(archive.opened(filepath))
                check_heaps(opened.file)
                self.config, self.metadata = opened.config(), opened.metadata()
                reader = files.enter_context(opened.weights())
            elif self.filepath.endswith(".weights.h5"):
                files.enter_context(archive.errors_of(filepath))
                file = files.enter_context(open(filepath, "rb"))
                check_heaps(file)
                reader = files.enter_context(WeightsReader(file))
            else:
                raise ValueError(
                    f"KerasFileEditor expects a path that ends with .keras or .weights.h5, got {self.filepath!r}"
                )
            for path, name, weights in reader.objects():
                self._take(path, name, dict(weights))
        print_message(f"Keras model file {self.filepath!r}")
        if self.metadata is not None:
            print_message(f"Saved with Keras {self.metadata['keras_version']} - date: {self.metadata['date_saved']}")

    def _take(self, path: str, name: str | None, weights: Weights) -> None:
        """Take in the weights of an object."""
        if not weights:
            return
        inner = self.weights_dict
        for part in filter(None, path.split("/")):
            inner = inner.setdefault(part, {})
        inner.update(weights)
        if name is not None:
            self._names[id(inner)] = name

    def summary(self) -> None:
        """Print all objects and their weights, with shapes and dtypes."""
        print_message("\n".join(["Weights structure", *self._lines(self.weights_dict, "  ")]))

    def _lines(self, weights: Weights, indent: str) -> Iterator[str]:
        for number, (key, value) in enumerate(weights.items(), 1):
            is_last = number == len(weights)
            begin = f"{indent}{'└─' if is_last else '├─'} {key}"
            if isinstance(value, dict):
                name = self._names.get(id(value))
                yield begin if name is None else f"{begin} ({name!r})"
                yield from self._lines(value, indent + ("    " if is_last else "│   "))
            else:
                yield f"{begin}: shape={value.shape}, dtype={value.dtype}"

    def compare(self, reference_model: Any) -> dict[str, Any]:
        """Print where the file and a model differ in objects, weights and shapes.

        Args:
            reference_model: A model that is built.

        Returns:
            Dict with ``"status"``, ``"success"`` or ``"error"``, ``"error_count"``, and ``"match_count"``, the number
            of weights that are in both with the same shape.
        """
        wanted: Weights = {}
        found = _copied(self.weights_dict)
        for path, one in saveables(reference_model):
            if isinstance(one, SeedGenerator):  # which not every file has
                _removed(found, path.split("/"))
            elif hasattr(one, "save_own_variables"):
                _stored(wanted, path, one)
        matches, errors = _compared(wanted, found, "")
        for error in errors:
            print_message(f"...{error}")
        if errors:
            print_message(f"Found {_counted(len(errors), 'error')}: the file does not fit the model")
        else:
            print_message(f"Comparison successful: the file fits the model in {_counted(matches, 'weight')}")
        return {"status": "error" if errors else "success", "error_count": len(errors), "match_count": matches}

    # -- changes

    def _edit(self, name: str, edit: Callable[[Weights, str], Any]) -> None:
        """Apply a change to an object: a function of the dict that it is in and of its key."""
        parts = name.split("/")
        if len(parts) == 1:
            holders = [weights for weights in _all(self.weights_dict) if isinstance(weights.get(name), dict)]
            if len(holders) > 1:
                raise ValueError(f"{name!r} is the name of {len(holders)} objects; expected the whole path of one")
            holder = holders[0] if holders else None
        else:
            holder = _at(self.weights_dict, parts[:-1])
        if holder is None or not isinstance(holder.get(parts[-1]), dict):
            raise ValueError(f"{self.filepath!r} has no object {name!r}; summary() shows those it has")
        edit(holder, parts[-1])

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Give an object another name, which has no slash."""
        if "/" in new_name:
            raise ValueError(f"rename_object expects new_name to be a name without slash, got {new_name!r}")

        def rename(holder: Weights, key: str) -> None:
            if new_name in holder:
                raise ValueError(f"rename_object: there is a {new_name!r} next to {object_name!r} already")
            items = [(new_name if one == key else one, value) for one, value in holder.items()]
            holder.clear()
            holder.update(items)

        self._edit(object_name, rename)

    def delete_object(self, object_name: str) -> None:
        """Remove an object, with its weights and the objects in it."""
        self._edit(object_name, lambda holder, key: holder.pop(key))

    def add_object(self, object_path: str, weights: dict[str, Any]) -> None:
        """Add an object with its weights at a path whose last name is new."""
        *above, key = object_path.split("/")
        holder = _at(self.weights_dict, above)
        if holder is None:
            raise ValueError(f"add_object: {self.filepath!r} has no object {'/'.join(above)!r}")
        holder[key] = _checked(weights, "add_object")

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Remove a weight of an object."""

        def delete(holder: Weights, key: str) -> None:
            if weight_name not in holder[key]:
                raise ValueError(f"{object_name!r} has no weight {weight_name!r}; it has {list(holder[key])}")
            del holder[key][weight_name]

        self._edit(object_name, delete)

    def add_weights(self, object_name: str, weights: dict[str, Any]) -> None:
        """Add weights to an object, or replace those of the same name."""
        checked = _checked(weights, "add_weights")
        self._edit(object_name, lambda holder, key: holder[key].update(checked))

    def save(self, filepath: str | os.PathLike) -> None:
        """Save all weights to a `.weights.h5` file, which replaces one of that name once it is complete."""
        if not str(filepath).endswith(".weights.h5"):
            raise ValueError(f"save expects a path that ends with .weights.h5, got {str(filepath)!r}")
        with replacing(filepath) as file, WeightsWriter(file) as writer:
            self._write(self.weights_dict, "", writer)

    def resave_weights(self, filepath: str | os.PathLike) -> None:
        """Alias of `save`."""
        self.save(filepath)

    def _write(self, weights: Weights, path: str, writer: WeightsWriter) -> None:
        name, own = self._names.get(id(weights)), {k: v for k, v in weights.items() if not isinstance(v, dict)}
        if own or name is not None:
            group = writer.make(path, name)
            for key, value in own.items():
                group[key] = value
        for key, value in weights.items():
            if isinstance(value, dict):
                self._write(value, f"{path}/{key}" if path else key, writer)


def _all(weights: Weights) -> Iterator[Weights]:
    """A dict of weights and all dicts in it."""
    yield weights
    for value in weights.values():
        if isinstance(value, dict):
            yield from _all(value)


def _at(weights: Weights, parts: list[str]) -> Weights | None:
    """The dict at a path, or `None`."""
    for part in parts:
        inner = weights.get(part)
        if not isinstance(inner, dict):
            return None
        weights = inner
    return weights


def _copied(weights: Weights) -> Weights:
    return {key: _copied(value) if isinstance(value, dict) else value for key, value in weights.items()}


def _removed(weights: Weights, parts: list[str]) -> None:
    """Remove what is at a path, and the dicts that are empty then."""
    holder = _at(weights, parts[:-1])
    if holder is not None and holder.pop(parts[-1], None) is not None and not holder and parts[:-1]:
        _removed(weights, parts[:-1])


def _stored(weights: Weights, path: str, one: Any) -> None:
    """Put what an object saves at its path."""
    store: Weights = {}
    one.save_own_variables(store)
    if store:
        for part in filter(None, path.split("/")):
            weights = weights.setdefault(part, {})
        weights.update({key: np.asarray(value) for key, value in store.items()})


def _checked(weights: Any, where: str) -> Weights:
    if not isinstance(weights, dict):
        raise ValueError(f"{where} expects weights to be a dict of names to arrays, got {type(weights).__name__}")
    return {key: np.asarray(value) for key, value in weights.items()}


def _compared(wanted: Weights, found: Weights, path: str) -> tuple[int, list[str]]:
    """The number of weights that are in both with the same shape, and the differences, a line each."""
    matches, errors = 0, []
    for key in dict.fromkeys([*wanted, *found]):
        here = f"{path}/{key}"
        mine, other = wanted.get(key), found.get(key)
        kind = "object" if isinstance(other if mine is None else mine, dict) else "weight"
        if mine is None or other is None or isinstance(mine, dict) != isinstance(other, dict):
            errors.append(f"{kind} {here} is missing from the {'model' if mine is None else 'file'}")
        elif isinstance(mine, dict):
            inner = _compared(mine, other, here)
            matches, errors = matches + inner[0], errors + inner[1]
        elif mine.shape != other.shape:
            errors.append(f"weight {here} has shape {mine.shape} in the model and {other.shape} in the file")
        else:
            matches += 1
    return matches, errors


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
