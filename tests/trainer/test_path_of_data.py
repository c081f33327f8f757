"""The way of `x` through the trainer: few files, each once, whatever gives the batches."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.tensor import Tensor
from ckeras.utils import PyDataset

FOLDER = Path(ckeras.__file__).parent / "trainer"
MAXIMUM = 8
BATCHES, ROWS = 3, 4


def holds(value: Any, x: Any, seen: set[int]) -> bool:
    """Whether ``x``, or its memory, can be reached from ``value`` through containers and objects of the trainer."""
    if value is x:
        return True
    if type(value) is Tensor:
        value = value._array
    if isinstance(value, np.ndarray):
        return isinstance(x, np.ndarray) and np.may_share_memory(value, x)
    if id(value) in seen:
        return False
    seen.add(id(value))
    if isinstance(value, dict):
        return any(holds(part, x, seen) for part in value.values())
    if isinstance(value, (list, tuple)):
        return any(holds(part, x, seen) for part in value)
    if hasattr(value, "__self__"):  # a bound method
        return holds(value.__self__, x, seen)
    if not type(value).__module__.startswith("ckeras.trainer."):
        return False
    slots = [getattr(value, name, None) for name in getattr(type(value), "__slots__", ())]
    return holds([*slots, *getattr(value, "__dict__", {}).values()], x, seen)


class Recorder:
    """Records, while active, the files of the trainer in whose functions an argument holds one of some values.

    A method is not handed the object that it is called on: that got its data before. A file counts again when another
    was entered in between.
    """

    def __init__(self, *values: Any):
        self._values = values
        self._frames: set[Any] = set()  # those entered, as generators are entered again and again
        self.files: list[list[str]] = [[] for _ in values]

    def __enter__(self) -> "Recorder":
        sys.setprofile(self._called)
        return self

    def __exit__(self, *exc: Any) -> None:
        sys.setprofile(None)

    def _called(self, frame: Any, event: str, argument: Any) -> None:
        file = Path(frame.f_code.co_filename)
        if event != "call" or file.parent != FOLDER or frame in self._frames:
            return
        self._frames.add(frame)
        arguments = inspect.getargvalues(frame)
        names = [*arguments.args, arguments.varargs, arguments.keywords]
        given = [arguments.locals[name] for name in names if name not in ("self", None) and name in arguments.locals]
        for value, files in zip(self._values, self.files, strict=True):
            if (not files or files[-1] != file.name) and any(holds(part, value, set()) for part in given):
                files.append(file.name)


class Batches(PyDataset):
    """Batches, one after another."""

    def __init__(self, batches: list[Any], **options: Any):
        super().__init__(**options)
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Any:
        return self.batches[index]


class Loader:
    """What can be iterated again and again, as a `tf.data.Dataset` can."""

    def __init__(self, batches: list[Any]):
        self.batches = batches

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches)


def model_and_batches() -> tuple[Any, list[Any]]:
    model = ckeras.Sequential([layers.Input((5,)), layers.Dense(3, activation="tanh"), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    rng = np.random.default_rng(0)
    return model, [(rng.random((ROWS, 5), "float32"), rng.random((ROWS, 1), "float32")) for _ in range(BATCHES)]


STREAMS = {
    "generator": iter,
    "PyDataset": Batches,
    "PyDataset with workers": lambda batches: Batches(batches, workers=2),
    "tf.data.Dataset": Loader,
}


def check(files: list[str]) -> None:
    assert files[-1] == "epoch.py"  # which runs the steps
    assert len(files) == len(set(files)) <= MAXIMUM, f"x passes through {files}"


@pytest.mark.parametrize("options", [{}, {"validation_split": 0.25}, {"shuffle": "batch"}], ids=str)
def test_arrays_pass_through_each_file_once(options):
    model, batches = model_and_batches()
    x, y = (np.concatenate(part) for part in zip(*batches, strict=True))
    with Recorder(x) as path:
        model.fit(x, y, batch_size=5, epochs=2, verbose=0, **options)
    assert path.files[0][0] == "trainer.py"
    check(path.files[0])


@pytest.mark.parametrize("kind", STREAMS)
def test_batches_pass_through_each_file_once(kind):
    model, batches = model_and_batches()
    given = STREAMS[kind](batches)
    with Recorder(given, *(x for x, _ in batches)) as path:
        model.fit(given, epochs=1, verbose=0)
    stream, *arrays = path.files
    for files in arrays:
        check(files)
    check(stream)
    first = max(arrays, key=len)  # with which the model was prepared
    assert stream[0] == "trainer.py" and "building.py" in first and first[0] in stream
    check([*(name for name in stream[:-1] if name not in first), *first])


def test_a_return_to_a_file_is_noticed():
    model, batches = model_and_batches()
    x, y = batches[0]

    class Twice(type(model)):
        def fit(self, x, *args, **options):
            ckeras.trainer.data.data_set(x)
            return super().fit(x, *args, **options)

    model.__class__ = Twice
    with Recorder(x) as path:
        model.fit(x, y, verbose=0)
    with pytest.raises(AssertionError, match="passes through"):
        check(path.files[0])
