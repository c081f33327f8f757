"""Checkpoints of the package Orbax, in the layout of Keras 3: a folder for each step, with arrays and a config.

Orbax, and JAX with it, are imported on first use.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import warnings
from typing import Any

import numpy as np

from ckeras.saving import folder
from ckeras.saving.serialization import deserialize_keras_object, serialize_keras_object
from ckeras.saving.state import saveables
from ckeras.tensor.stored import VariableLimit

_METADATA = "_CHECKPOINT_METADATA"
_SEEDS = "seed_generator_state"
_WEIGHTS = ("trainable_variables", "non_trainable_variables")


def orbax() -> Any:
    """The interface of Orbax.

    Raises:
        ImportError: if it is not installed.
    """
    try:
        from orbax.checkpoint import v1 as checkpoint
    except ImportError as error:
        raise ImportError(
            "checkpoints of Orbax need the package orbax-checkpoint: pip install 'ckeras[orbax]' installs it"
        ) from error
    return checkpoint


def checkpointer(directory: str, max_to_keep: int | None = None) -> Any:
    """An object of Orbax that saves every step it is given, and keeps the latest, or all."""
    training = orbax().training
    keep = None if max_to_keep is None else training.preservation_policies.LatestN(max_to_keep)
    return training.Checkpointer(
        directory=os.path.abspath(directory),
        preservation_policy=keep,
        save_decision_policy=training.save_decision_policies.FixedIntervalPolicy(1),
    )


def contents(model: Any, weights_only: bool) -> dict[str, Any]:
    """What a checkpoint of a model holds: values by the paths of variables, and unless it has weights only the config
    and the files of layers."""
    state = _without_scalars(model.get_state_tree("numpy_array"))
    if weights_only:
        return {"pytree": {kind: state[kind] for kind in _WEIGHTS}}
    found = {"pytree": state, "model_config": {"config": json.dumps(serialize_keras_object(model))}}
    assets = _assets_of(model)
    return {**found, "assets": assets} if assets else found


def is_checkpoint(path: Any) -> bool:
    """Whether a path is that of a checkpoint, or of a folder of checkpoints."""
    return _is_step(path) or bool(_steps(path))


def load_model(path: str, custom_objects: dict[str, Any] | None, compile: bool, safe_mode: bool) -> Any:
    """Load a model from a checkpoint, or from the latest one in a folder.

    Raises:
        ValueError: if it holds no config, or something unknown or refused.
    """
    found = _loaded(path)
    if "model_config" not in found:
        raise ValueError(f"the checkpoint {path!r} has weights alone: make the model, and call its load_weights()")
    config = json.loads(found["model_config"]["config"])
    if not compile:
        config["compile_config"] = None
    size = sum(value.nbytes for value in _leaves(found["pytree"]).values())
    with VariableLimit(size if safe_mode else None):
        model = deserialize_keras_object(config, custom_objects, safe_mode=safe_mode)
    _assign(model, found)
    if "assets" in found:
        _load_assets(model, found["assets"])
    return model


def load_weights(model: Any, path: str) -> None:
    """Load the variables of a model from a checkpoint, or from the latest one in a folder.

    Raises:
        ValueError: if a variable is not that of the model; nothing has changed then.
    """
    _assign(model, _loaded(path))


def _assign(model: Any, found: dict[str, Any]) -> None:
    """Assign values to the variables of a model, or none if one has no value or another shape. Metrics, which begin
    anew in training, and an optimizer that the model has not are left out."""
    optimizer = model.optimizer if model.optimizer is not None and model.optimizer.built else None
    kinds = {
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": model.non_trainable_variables,
        "optimizer_variables": [] if optimizer is None else optimizer.variables,
    }
    pairs = []
    for kind, variables in kinds.items():
        if variables and kind in found["pytree"]:
            pairs += _pairs(kind, variables, _leaves(found["pytree"][kind]))
    for variable, value in pairs:
        if tuple(variable.shape) != value.shape:
            raise ValueError(f"variable {variable.path!r} has shape {variable.shape}, the checkpoint has {value.shape}")
    for variable, value in pairs:
        variable.assign(value)


def _pairs(kind: str, variables: list[Any], values: dict[str, np.ndarray]) -> list[tuple[Any, np.ndarray]]:
    """Variables with their values: those of their path, or of the only one that ends alike.

    The variables of a model that was made of its config may lack the names of what is around their layers, and their
    random generators are numbered otherwise: these are taken in their order.
    """
    pairs = [(v, values[v.path]) for v in variables if v.path in values]
    names = {v.path for v in variables}
    left = {_ending(kind, path): value for path, value in sorted(values.items(), key=_number) if path not in names}
    for variable in sorted((v for v in variables if v.path not in values), key=lambda v: _number((v.path, None))):
        ending = _ending(kind, variable.path)
        alike = [e for e in left if f"_{e}".endswith(f"_{ending}") or f"_{ending}".endswith(f"_{e}")]
        if ending.endswith(_SEEDS):
            alike = [e for e in left if e.endswith(_SEEDS)][:1]
        if len(alike) != 1:
            raise ValueError(f"the checkpoint has {len(alike)} values for {variable.path!r} among {list(values)}")
        pairs.append((variable, left.pop(alike[0])))
    return pairs


def _ending(kind: str, path: str) -> str:
    """A path in which a variable of an optimizer and that of its model's look alike."""
    return (path.partition("/")[2] if kind == "optimizer_variables" else path).replace("/", "_")


def _number(item: tuple[str, Any]) -> list[Any]:
    """A key that sorts paths by the numbers in them."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", item[0])]


def _loaded(path: str) -> dict[str, Any]:
    """Everything in a checkpoint, with arrays of numpy."""
    steps = _steps(path)
    if not _is_step(path):
        path = os.path.join(path, str(max(steps)))
    checkpoint = orbax()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sharding info not provided")
        names = checkpoint.checkpointables_metadata(os.path.abspath(path)).metadata
        found = checkpoint.load_checkpointables(os.path.abspath(path), dict.fromkeys(names))
    return {name: _mapped(value) for name, value in found.items() if value is not None}


def _steps(path: Any) -> list[int]:
    if not os.path.isdir(path):
        return []
    return [int(name) for name in os.listdir(path) if name.isdigit() and _is_step(os.path.join(path, name))]


def _is_step(path: Any) -> bool:
    return os.path.isfile(os.path.join(path, _METADATA))


def _mapped(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _mapped(value) for key, value in tree.items()}
    return tree if isinstance(tree, str) else np.asarray(tree)


def _leaves(tree: dict[str, Any], above: str = "") -> dict[str, np.ndarray]:
    """The arrays of nested dicts, by their paths."""
    found: dict[str, np.ndarray] = {}
    for key, value in tree.items():
        found |= _leaves(value, f"{above}{key}/") if isinstance(value, dict) else {f"{above}{key}": value}
    return found


def _without_scalars(tree: Any) -> Any:
    """A tree whose arrays without axes, which Orbax does not take, are numbers."""
    if isinstance(tree, dict):
        return {key: _without_scalars(value) for key, value in tree.items()}
    return tree if tree.ndim else tree.item()


def _assets_of(model: Any) -> dict[str, Any]:
    """The files of layers, such as vocabularies, as arrays of bytes in nested dicts."""
    tree: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as root:
        for path, one in saveables(model):
            if hasattr(one, "save_assets"):
                one.save_assets(folder.Assets(root).make(path))
        for parent, _, names in os.walk(root):
            for name in names:
                node = tree
                for part in os.path.relpath(parent, root).split(os.sep)[1:]:
                    node = node.setdefault(part, {})
                node[name] = np.fromfile(os.path.join(parent, name), np.uint8)
    return tree


def _load_assets(model: Any, tree: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as root:
        assets = folder.Assets(root)
        _write(tree, assets.get(""))
        for path, one in saveables(model):
            if hasattr(one, "load_assets"):
                one.load_assets(assets.get(path))


def _write(tree: dict[str, Any], path: str) -> None:
    """Write files; a name is that of a file or folder in ``path``, and no path itself."""
    os.makedirs(path, exist_ok=True)
    for name, value in tree.items():
        if name in ("", ".", "..") or os.path.basename(name) != name:
            raise ValueError(f"a checkpoint holds a file with the name {name!r}, which is no name")
        if isinstance(value, dict):
            _write(value, os.path.join(path, name))
        else:
            value.astype(np.uint8).tofile(os.path.join(path, name))
