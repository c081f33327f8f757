"""Whole models in `.h5` files: those of Keras 1, Keras 2 and tf.keras, and the older format of Keras 3.

The attribute "model_config" holds the architecture in JSON, "training_config" what `compile` got; the group
"model_weights" holds the weights as in `legacy_weights`, "optimizer_weights" the state of the optimizer.
"""

from __future__ import annotations

import inspect
import json
from contextlib import ExitStack
from typing import Any

from ckeras import registry
from ckeras.saving import archive
from ckeras.saving.atomic import replacing
from ckeras.saving.hdf5 import array_at, check_heaps, group_at, h5py, shape_at, stored_size, text_of
from ckeras.saving.legacy_configs import legacy
from ckeras.saving.legacy_weights import has_names_of, listed, load_group, version_of, write_group, write_named
from ckeras.saving.older_configs import renewed
from ckeras.saving.serialization import SafeModeScope, serialize_keras_object
from ckeras.tensor.stored import VariableLimit
from ckeras.utils.naming import to_snake_case
from ckeras.utils.tracebacks import warn

_BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")  # names that stand for what fits the shapes of the outputs
_OF_KERAS_2 = ("Adadelta", "Adagrad", "Adam", "Adamax", "RMSprop", "SGD")  # optimizers whose state it reads
_FIRST = "/iter:0"  # ends the name of the step count where all values of one kind follow together
_COMPILED = ("loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile")


def save_legacy_model(model: Any, filepath: Any, include_optimizer: bool, version: str) -> None:
    """Save a model to an `.h5` file, which replaces one of that name once it is complete.

    Keras 3 and Keras 2 open it, the latter as far as it has the layers and the optimizer; its ``hard_sigmoid`` is
    another one. Keras 3.15 restores no optimizer from these files, its own included: compile the model there before
    training.

    Args:
        model: The model.
        filepath: Path of the file.
        include_optimizer: Whether to save what the model was compiled with, and the state of its optimizer.
        version: The version of Keras that is noted.
    """
    config = legacy(serialize_keras_object(model))
    compiled = config.pop("compile_config", None) or {}
    texts = {"keras_version": version, "backend": "ckeras", "model_config": json.dumps(config)}
    optimizer = model.optimizer if include_optimizer else None
    if optimizer is not None:
        for key, table in (
            ("loss", registry.losses),
            ("metrics", registry.metrics),
            ("weighted_metrics", registry.metrics),
        ):
            compiled[key] = _as_objects(table, compiled[key])
        training = {"optimizer_config": compiled["optimizer"], **{key: compiled[key] for key in _COMPILED}}
        texts["training_config"] = json.dumps(training)
    with replacing(filepath) as opened, h5py().File(opened, "w") as file:
        for name, text in texts.items():
            file.attrs[name] = text.encode()
        group = file.create_group("model_weights")
        write_group(model, group, version)
        if optimizer is not None:
            write_named(file.create_group("optimizer_weights"), _state_of(optimizer, training["optimizer_config"]))


def load_legacy_model(filepath: str, custom_objects: dict[str, Any] | None, compile: bool, safe_mode: bool) -> Any:
    """Load a model from an `.h5` file.

    Args:
        filepath: Path of the file.
        custom_objects: Names to classes and functions, looked at before all others.
        compile: Whether to compile the model as it was compiled when it was saved.
        safe_mode: Whether to refuse lambdas.

    Raises:
        ValueError: if the file is damaged, or holds something unknown or refused.
        OSError: if it is no HDF5 file.
    """
    with ExitStack() as files:
        files.enter_context(archive.errors_of(filepath))
        opened = files.enter_context(open(filepath, "rb"))
        check_heaps(opened)
        file = files.enter_context(h5py().File(opened, "r"))
        files.enter_context(registry.CustomObjectScope(custom_objects))
        files.enter_context(SafeModeScope(safe_mode))
        config = _dict_in(file, "model_config")
        if config is None:
            raise ValueError("Expected a model, but the file has no attribute 'model_config'.")
        files.enter_context(VariableLimit(stored_size(file) if safe_mode else None))
        model = registry.layers.deserialize(renewed(config, version_of(file)))
        archive.check_model(model)
        root = group_at(file, "model_weights")
        load_group(model, root, by_name=has_names_of(model, root))
        training = renewed(_dict_in(file, "training_config"), version_of(file))
        if compile and training is not None:
            _compile(model, training, file)
    return model


def _compile(model: Any, training: dict[str, Any], file: Any) -> None:
    """Compile a model as it was, and restore the state of its optimizer; what cannot be restored is warned of."""
    found = {key: training[key] for key in _COMPILED if key in training}
    try:
        model.compile_from_config({"optimizer": training.get("optimizer_config"), **found})
    except (TypeError, ValueError) as error:
        warn(f"load_model leaves model {model.name!r} as it is before compile(): {error}")
        return
    if "optimizer_weights" not in file or model.optimizer is None:
        return
    group = group_at(file, "optimizer_weights")
    names = _by_variable(listed(group, "weight_names"), file)
    shapes = [shape_at(group, name) for name in names]
    variables = model.optimizer.stored_variables(len(names))
    if shapes == [tuple(variable.shape) for variable in variables]:
        for variable, name in zip(variables, names, strict=True):
            variable.assign(array_at(group, name))
    elif any(shapes):  # otherwise it was not built
        warn(
            f"load_model leaves the state of {model.optimizer.name!r} as it is: the saved optimizer has other variables"
        )


def _state_of(optimizer: Any, config: dict[str, Any]) -> list[tuple[str, Any]]:
    """(name, variable) for each variable of an optimizer, of those that Keras 2 had kind by kind, as it wrote them."""
    slots = optimizer.stored_variables()[1:]
    n_kinds = len(slots) // max(len(optimizer._trainable_variables), 1)
    if config["class_name"] not in _OF_KERAS_2 or optimizer.use_ema or not optimizer.built:
        return [(variable.path, variable) for variable in optimizer.variables]
    by_kind = [(f"{one.path}/{kind}:0", one) for kind in range(n_kinds) for one in slots[kind::n_kinds]]
    return [(f"{optimizer.name}{_FIRST}", optimizer.iterations), *by_kind]


def _by_variable(names: list[str], file: Any) -> list[str]:
    """Names of the values of an optimizer, those of each variable together, as Keras has them since version 2.11.

    Before, all of one kind came first, such as all momentums; which are the variables follows from the names. So it is
    in files of ckeras with an optimizer that Keras 2 has.
    """
    if version_of(file) >= (2, 11) and not (names and names[0].endswith(_FIRST)):
        return names
    kinds = dict.fromkeys(name.rpartition("/")[2] for name in names[1:])
    by_kind = [[name for name in names[1:] if name.rpartition("/")[2] == kind] for kind in kinds]
    if len({len(group) for group in by_kind}) != 1:
        return names
    return [*names[:1], *(name for group in zip(*by_kind, strict=True) for name in group)]


def _as_objects(table: registry.Table, given: Any) -> Any:
    """Losses or metrics with configs in place of names, which Keras does not find again in these files."""
    if isinstance(given, list | tuple):
        return [_as_objects(table, one) for one in given]
    if isinstance(given, dict) and "class_name" not in given:
        return {key: _as_objects(table, one) for key, one in given.items()}
    cls = _class_of(table, given) if isinstance(given, str) else None
    if cls is None:
        return given
    config = cls().get_config()
    return {
        "class_name": cls.__name__,
        "config": legacy(config) | ({"name": given} if table is registry.metrics else {}),
    }


def _class_of(table: registry.Table, name: str) -> type | None:
    """The shipped class of a name, or of the function of a name; `None` for a name that depends on shapes."""
    found = None if name.lower() in _BY_SHAPE else table.shipped(name)
    if found is None or inspect.isclass(found):
        return found
    classes = (table.shipped(one) for one in table.names())
    return next((c for c in classes if inspect.isclass(c) and to_snake_case(c.__name__) == found.__name__), None)


def _dict_in(file: Any, name: str) -> dict[str, Any] | None:
    """The dict in an attribute of a file, which holds JSON."""
    return archive.dict_of(text_of(file, name), name) if name in file.attrs else None
