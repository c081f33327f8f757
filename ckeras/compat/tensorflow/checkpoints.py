"""``tf.train.Checkpoint`` and its manager: the variables of objects in files of ckeras's own, one per checkpoint.

A file is an archive of NumPy arrays (``.npz``) whose names are paths through the objects: attributes of a checkpoint or
module, numbers of layers. TensorFlow does not read these files, and its own are not read here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ckeras.compat.tensorflow import errors
from ckeras.compat.tensorflow.modules import Module
from ckeras.compat.tensorflow.records import plain_bytes
from ckeras.layers.tracking import Tracker
from ckeras.metrics.metric import Metric
from ckeras.optimizers import Optimizer
from ckeras.saving.atomic import replacing
from ckeras.tensor import Variable
from ckeras.tensor.variable import outside_trace

_SUFFIX = ".npz"
_STATE = "checkpoint"  # the file in a folder that names its checkpoints


def _text(path: Any) -> str:
    return os.fspath(path) if hasattr(path, "__fspath__") else plain_bytes(path).decode()


def _own(x: Any) -> list[Variable]:
    """The variables of an object that are not those of an object in it."""
    if isinstance(x, Variable):
        return [x]
    if isinstance(x, (Metric, Optimizer)):
        return list(x.variables)
    return x._saved_variables() if isinstance(x, Tracker) else []


def _parts(x: Any) -> dict[str, Any]:
    """The objects in an object, by name."""
    if isinstance(x, (Module, Checkpoint)):
        return {k: v for k, v in vars(x).items() if not k.startswith("_") and _holds_variables(v)}
    if isinstance(x, dict):
        return {str(k): v for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return {str(i): v for i, v in enumerate(x)}
    return {str(i): v for i, v in enumerate(x._sublayers())} if isinstance(x, Tracker) else {}


def _holds_variables(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(map(_holds_variables, x))
    if isinstance(x, dict):
        return any(map(_holds_variables, x.values()))
    return isinstance(x, (Variable, Metric, Optimizer, Tracker, Module, Checkpoint))


def _walk(x: Any, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """Each object, once, and its path."""
    seen = set() if seen is None else seen
    if id(x) in seen:
        return
    seen.add(id(x))
    yield path, x
    for name, part in _parts(x).items():
        yield from _walk(part, f"{path}/{name}" if path else name, seen)


class Checkpoint:
    """The variables of objects, which can be written to a file and restored from it.

    Args:
        root: object whose parts are tracked too; rarely used.
        kwargs: variables, layers, models, optimizers, metrics, modules, checkpoints, and lists and dicts of them.

    Raises:
        ValueError: if an object is none of these.

    >>> from ckeras.compat.tensorflow import Variable
    >>> step = Variable(3)
    >>> path = Checkpoint(step=step).save("ckpt")
    >>> _ = step.assign(0)
    >>> _ = Checkpoint(step=step).restore(path)
    >>> path, int(step)
    ('ckpt-1', 3)
    """

    def __init__(self, root: Any = None, **kwargs: Any):
        for name, value in {"root": root, **kwargs}.items():
            if value is not None and not _holds_variables(value) and value not in ([], {}, ()):
                raise ValueError(f"Checkpoint expects objects that hold variables, got {name}={value!r:.80}")
        if root is not None:
            self.root = root
        vars(self).update(kwargs)
        self.save_counter = Variable(0, dtype="int64", trainable=False, name="save_counter")

    def write(self, file_prefix: Any, options: Any = None) -> str:
        """Write the variables; return the path, which `read` takes."""
        path = _text(file_prefix)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        arrays = {}
        for at, x in _walk(self):
            arrays.update({f"{at}.{i}": _plain(v.numpy()) for i, v in enumerate(_own(x))})
            if isinstance(x, Optimizer) and x.built:
                places = {id(v): f"{a}.{i}" for a, y in _walk(self) for i, v in enumerate(_own(y))}
                trained = [places.get(id(v), "") for v in x._trainable_variables]
                arrays[f"{at}:variables"] = np.array(trained, "U")
        with replacing(path + _SUFFIX) as file:
            np.savez(file, **arrays)
        return path

    def save(self, file_prefix: Any, options: Any = None) -> str:
        """Write the variables, with the next number after the prefix; return the path, which `restore` takes."""
        self.save_counter.assign_add(1)
        path = self.write(f"{_text(file_prefix)}-{int(self.save_counter)}")
        folder = os.path.dirname(path)
        _note(folder, path, [*(_state_of(folder) or _State("", [])).all_model_checkpoint_paths, path])
        return path

    def read(self, save_path: Any, options: Any = None) -> Status:
        """Assign the variables of a file to those of the objects; see `restore`."""
        path = _text(save_path).removesuffix(_SUFFIX)
        if not os.path.exists(path + _SUFFIX):
            raise errors.NotFoundError(f"there is no checkpoint of ckeras at {path!r}")
        with np.load(path + _SUFFIX, allow_pickle=False) as file:
            restoring = _Restoring(self, dict(file))
        restoring.apply()
        return Status(restoring)

    def restore(self, save_path: Any, options: Any = None) -> Status:
        """Assign the variables of a file to those of the objects, to those of unbuilt layers once they are built.

        Args:
            save_path: what `save` returned; None changes nothing.
            options: no effect.

        Raises:
            NotFoundError: if there is no such file.
            ValueError: if a shape differs; nothing is assigned then.
        """
        return Status(None) if save_path is None else self.read(save_path)

    def sync(self) -> None:
        """Do nothing: files are complete when `save` returns."""


def _plain(array: np.ndarray) -> np.ndarray:
    return array.astype("float32") if array.dtype.kind == "V" or str(array.dtype) == "bfloat16" else array


class _Restoring:
    """The arrays of a file on their way into objects."""

    def __init__(self, root: Any, arrays: dict[str, np.ndarray]):
        self.root, self.arrays = root, arrays
        self.used: set[str] = set()
        self.unmatched: list[str] = []

    def apply(self) -> None:
        ready, waiting = [], []
        for path, x in _walk(self.root):
            names, own = self._names(path), _own(x)
            if len(own) != len(names) and getattr(x, "built", True) is False:
                waiting.append((path, x))
            elif len(own) != len(names):
                self.unmatched.append(path)
            else:
                ready += zip(own, names, strict=True)
        self._assign(ready)
        for path, x in waiting:
            self._when_built(path, x)

    def _names(self, path: str) -> list[str]:
        found = (f"{path}.{i}" for i in range(len(self.arrays)))
        return list(_while_in(found, self.arrays))

    def _assign(self, pairs: list[tuple[Variable, str]]) -> None:
        for variable, name in pairs:
            if tuple(variable.shape) != self.arrays[name].shape:
                raise ValueError(
                    f"the checkpoint has {name!r} of shape {self.arrays[name].shape}, and the variable "
                    f"{variable.path!r} has shape {tuple(variable.shape)}"
                )
        with outside_trace():  # a layer may be built while a function is compiled
            for variable, name in pairs:
                variable.assign(self.arrays[name])
                self.used.add(name)

    def _when_built(self, path: str, x: Any) -> None:
        if isinstance(x, Optimizer) and self._build(path, x):
            self._assign(list(zip(_own(x), self._names(path), strict=True)))
            return

        def build(*args: Any, **kwargs: Any) -> None:
            x.__dict__.pop("build", None)
            x.build(*args, **kwargs)
            for at, part in _walk(x, path):
                own, names = _own(part), self._names(at)
                if len(own) == len(names):
                    self._assign(list(zip(own, names, strict=True)))
                elif part is not x and getattr(part, "built", True) is False:
                    self._when_built(at, part)

        x.__dict__["build"] = build

    def _build(self, path: str, optimizer: Any) -> bool:
        """Build an optimizer for the variables that it was built for, if they exist; return whether they do."""
        known = {f"{at}.{i}": v for at, y in _walk(self.root) for i, v in enumerate(_own(y))}
        names = self.arrays.get(f"{path}:variables", np.zeros(0, "U")).tolist()
        if not names or any(name not in known for name in names):
            return False
        optimizer.build([known[name] for name in names])
        return True


def _while_in(names: Iterator[str], known: dict[str, Any]) -> Iterator[str]:
    for name in names:
        if name not in known:
            return
        yield name


class Status:
    """What `Checkpoint.restore` returns: checks of what was restored."""

    def __init__(self, restoring: _Restoring | None):
        self._restoring = restoring

    def _checked(self, all_of_the_file: bool) -> Status:
        if self._restoring is None:
            raise AssertionError("there was no checkpoint to restore")
        unmatched, arrays = self._restoring.unmatched, self._restoring.arrays
        left = [n for n in arrays if ":" not in n and n not in self._restoring.used] if all_of_the_file else []
        if unmatched or left:
            raise AssertionError(f"objects that were not restored: {unmatched}; values that were not used: {left}")
        return self

    def assert_consumed(self) -> Status:
        """Raise AssertionError unless all values of the file were assigned."""
        return self._checked(True)

    def assert_existing_objects_matched(self) -> Status:
        """Raise AssertionError unless all existing objects were restored."""
        return self._checked(False)

    assert_nontrivial_match = assert_existing_objects_matched

    def expect_partial(self) -> Status:
        """Return itself: values that were not used raise no warnings."""
        return self

    def initialize_or_restore(self, session: Any = None) -> None:
        """Do nothing: the variables were restored already."""

    run_restore_ops = initialize_or_restore


class _State(NamedTuple):
    """The checkpoints of a folder: the path of the latest, and those of all."""

    model_checkpoint_path: str
    all_model_checkpoint_paths: list[str]


def _note(folder: str, latest: str, paths: list[str]) -> None:
    """Write the state of a folder, with names that are relative to it."""
    names = [os.path.relpath(p, folder or ".") for p in (latest, *dict.fromkeys(paths))]
    lines = [f'model_checkpoint_path: "{names[0]}"', *(f'all_model_checkpoint_paths: "{n}"' for n in names[1:])]
    with replacing(os.path.join(folder, _STATE)) as file:
        file.write("\n".join([*lines, ""]).encode())


def _state_of(folder: str, name: str | None = None) -> _State | None:
    path = os.path.join(folder, name or _STATE)
    if not os.path.exists(path):
        return None
    with open(path) as file:
        pairs = re.findall(r'^(\w+): "(.*)"$', file.read(), re.MULTILINE)
    paths = [os.path.join(folder, value) for key, value in pairs if key == "all_model_checkpoint_paths"]
    latest = next((os.path.join(folder, value) for key, value in pairs if key == "model_checkpoint_path"), "")
    return _State(latest, [p for p in paths if os.path.exists(p + _SUFFIX)])


def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> _State | None:
    """Return the paths of the checkpoints in a folder; None if there are none."""
    return _state_of(_text(checkpoint_dir), latest_filename)


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """Return the path of the latest checkpoint in a folder; None if there is none."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    found = state is not None and os.path.exists(state.model_checkpoint_path + _SUFFIX)
    return state.model_checkpoint_path if state is not None and found else None


class CheckpointManager:
    """The checkpoints of a folder, of which only the latest are kept.

    Args:
        checkpoint: the `Checkpoint`.
        directory: the folder, which is made if it does not exist.
        max_to_keep: how many files are kept; None for all.
        keep_checkpoint_every_n_hours: must be None.
        checkpoint_name: prefix of the files.
        step_counter, checkpoint_interval: variable and interval of its values at which `save` saves.
        init_fn: called by `restore_or_initialize` if there is no checkpoint.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: Any = None,
        checkpoint_name: str = "ckpt",
        step_counter: Any = None,
        checkpoint_interval: int | None = None,
        init_fn: Callable[[], Any] | None = None,
    ):
        if keep_checkpoint_every_n_hours is not None:
            raise ValueError("CheckpointManager expects keep_checkpoint_every_n_hours=None")
        if max_to_keep is not None and max_to_keep < 1:
            raise ValueError(f"CheckpointManager expects max_to_keep to be at least 1, got {max_to_keep}")
        self.checkpoint, self.directory, self._name = checkpoint, _text(directory), checkpoint_name
        self._kept, self._step, self._interval, self._init = max_to_keep, step_counter, checkpoint_interval, init_fn
        self.checkpoint_interval = checkpoint_interval
        os.makedirs(self.directory, exist_ok=True)
        self._last: int | None = None

    @property
    def checkpoints(self) -> list[str]:
        """The paths of the kept checkpoints, the oldest first."""
        state = _state_of(self.directory)
        return [] if state is None else state.all_model_checkpoint_paths

    @property
    def latest_checkpoint(self) -> str | None:
        """The path of the latest checkpoint; None if there is none."""
        return latest_checkpoint(self.directory)

    def save(self, checkpoint_number: Any = None, check_interval: bool = True, options: Any = None) -> str | None:
        """Save a checkpoint and delete the oldest beyond ``max_to_keep``; return its path, None if it is not due."""
        if self._interval is not None and check_interval and self._step is not None:
            if self._last is not None and int(self._step) - self._last < self._interval:
                return None
            self._last = int(self._step)
        prefix = os.path.join(self.directory, self._name)
        if checkpoint_number is None:
            path = self.checkpoint.save(prefix)
        else:
            self.checkpoint.save_counter.assign_add(1)
            path = self.checkpoint.write(f"{prefix}-{int(checkpoint_number)}")
        paths = [*(p for p in self.checkpoints if p != path), path]
        kept = paths if self._kept is None else paths[-self._kept :]
        _note(self.directory, path, kept)
        for old in paths[: len(paths) - len(kept)]:
            os.remove(old + _SUFFIX)
        return path

    def restore_or_initialize(self) -> str | None:
        """Restore the latest checkpoint and return its path; without one, call ``init_fn`` and return None."""
        path = self.latest_checkpoint
        if path is not None:
            self.checkpoint.restore(path)
        elif self._init is not None:
            self._init()
        return path


class _Reader:
    """The values in a checkpoint."""

    def __init__(self, path: str):
        with np.load(path + _SUFFIX, allow_pickle=False) as file:
            self._arrays = {k: v for k, v in file.items() if ":" not in k}

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Return the shape of each value."""
        return {k: list(v.shape) for k, v in self._arrays.items()}

    def has_tensor(self, name: str) -> bool:
        """Whether there is a value of this name."""
        return name in self._arrays

    def get_tensor(self, name: str) -> np.ndarray:
        """Return a value."""
        return self._arrays[name]


def load_checkpoint(ckpt_dir_or_file: Any) -> _Reader:
    """Return a reader of the values of a checkpoint, or of the latest of a folder."""
    path = _text(ckpt_dir_or_file)
    found = latest_checkpoint(path) if os.path.isdir(path) else path
    if found is None or not os.path.exists(found + _SUFFIX):
        raise errors.NotFoundError(f"there is no checkpoint of ckeras at {path!r}")
    return _Reader(found)


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """Return the name and shape of each value of a checkpoint."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def load_variable(ckpt_dir_or_file: Any, name: str) -> np.ndarray:
    """Return a value of a checkpoint by its name."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name)
