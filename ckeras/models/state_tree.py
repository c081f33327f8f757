"""The state of a model as nested dicts, by the paths of its variables."""

from __future__ import annotations

from typing import Any

from ckeras.tensor import Variable

FORMATS = ("backend_tensor", "numpy_array")


def _kinds(model: Any) -> dict[str, list[Variable]]:
    optimizer = model.optimizer
    return {
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": model.non_trainable_variables,
        "optimizer_variables": [] if optimizer is None else optimizer.variables,
        "metrics_variables": model.metrics_variables,
    }


def get_state_tree(model: Any, value_format: str) -> dict[str, Any]:
    """The values of all variables of a model, nested by the parts of their paths."""
    if value_format not in FORMATS:
        raise ValueError(f"get_state_tree expects value_format to be one of {FORMATS}, got {value_format!r}")
    tree: dict[str, Any] = {}
    for kind, variables in _kinds(model).items():
        inner = tree[kind] = {}
        for variable in variables:
            *folders, name = variable.path.split("/")
            folder = inner
            for one in folders:
                folder = folder.setdefault(one, {})
            if name in folder:
                raise ValueError(f"get_state_tree expects variables of different paths, got a second {variable.path!r}")
            folder[name] = variable.value if value_format == "backend_tensor" else variable.numpy()
    return tree


def set_state_tree(model: Any, state_tree: dict[str, Any]) -> None:
    """Assign the values of a tree, or of a part of one, to the variables of a model; nothing if a path is unknown."""
    kinds = _kinds(model)
    pairs = []
    for kind, tree in state_tree.items():
        if kind not in kinds:
            raise ValueError(f"set_state_tree expects the keys {list(kinds)}, got {kind!r}")
        known = {variable.path: variable for variable in kinds[kind]}
        for path, value in _leaves(tree):
            if path not in known:
                raise ValueError(f"set_state_tree: {kind} has no variable {path!r}; there are {list(known)}")
            shape = getattr(value, "shape", ())
            if tuple(shape) != tuple(known[path].shape):
                raise ValueError(f"set_state_tree: {path!r} has shape {known[path].shape}, got {tuple(shape)}")
            pairs.append((known[path], value))
    for variable, value in pairs:
        variable.assign(value)


def _leaves(tree: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found = []
    for key, value in tree.items():
        found += _leaves(value, f"{above}{key}/") if isinstance(value, dict) else [(f"{above}{key}", value)]
    return found
