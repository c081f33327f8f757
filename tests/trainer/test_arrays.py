"""Arrays of every kind: in memory, in files larger than memory, in frames."""

import subprocess
import sys

import h5py
import numpy as np
import pytest

import ckeras
from ckeras import config, layers, utils
from ckeras.trainer import arrays, sources
from ckeras.trainer.data import data_set


class Frame:
    """Has what makes a pandas frame or series one, over a numpy array."""

    def __init__(self, array, dtypes=None):
        self._array, self.iloc, self.shape = array, None, array.shape
        if array.ndim == 1:
            self.dtype = self.dtypes = array.dtype
        else:
            self.dtypes = [array.dtype] * array.shape[1] if dtypes is None else dtypes

    def to_numpy(self, dtype=None, na_value=None):
        return self._array if dtype is None else self._array.astype(dtype)


# -- frames


def test_frames_and_series(mlp, data):
    x, y, _ = data
    histories = []
    for a, b in ((x, y), (Frame(x), Frame(y[:, 0])), (Frame(x.astype("float64")), Frame(y))):
        model = mlp()
        model.compile("sgd", "mse", metrics=["mae"])
        histories.append(model.fit(a, b, shuffle=False, verbose=0, validation_split=0.25).history)
        histories[-1]["predicted"] = model.predict(a, verbose=0).tolist()
    assert histories[0] == histories[1] == histories[2]


def test_a_series_is_a_column_and_an_array_is_not():
    assert data_set(Frame(np.ones(3))).arrays[0].shape == (3, 1)
    assert data_set(np.ones(3)).arrays[0].shape == (3,)


def test_columns_of_numbers_and_booleans_meet_in_floats():
    mixed = np.array([[1, True, 0.5], [2, False, np.nan]], object)
    found = data_set(Frame(mixed, [np.dtype("int64"), np.dtype(bool), np.dtype("float64")]))
    np.testing.assert_array_equal(found.arrays[0], np.array([[1, 1, 0.5], [2, 0, np.nan]], "float32"))
    with pytest.raises(TypeError, match="fit expects x to be an array of numbers, got Frame of dtype object"):
        data_set(Frame(mixed, [np.dtype("int64"), np.dtype(object), np.dtype("float64")]))


def test_arrays_of_other_frameworks():
    class Torch:
        def detach(self):
            return self

        def cpu(self):
            return np.arange(4.0)

    class Sparse:
        def tocsr(self):
            return self

        def toarray(self):
            return np.eye(2)

    class Array:
        def __array__(self, dtype=None, copy=None):
            return np.arange(3)

    assert data_set(Torch()).arrays[0].tolist() == [0, 1, 2, 3]
    assert data_set(Sparse()).arrays[0].tolist() == [[1, 0], [0, 1]]
    assert data_set(Array()).arrays[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "dtype", ["float16", "float64", "int8", "int16", "uint16", "uint32", "uint64", ">f4", ">i2", "longdouble"]
)
def test_dtypes(mlp, data, dtype):
    x = np.round(np.abs(data[0]) * 4).astype(dtype)
    expected = mlp().predict(x.astype("float32"), verbose=0)
    np.testing.assert_allclose(mlp().predict(x, verbose=0), expected, rtol=1e-6)
    np.testing.assert_allclose(mlp().predict_on_batch(x), expected, rtol=1e-6)


# -- files


@pytest.fixture(params=["memmap", "copied memmap", "part of a memmap", "h5py", "h5py in chunks"])
def in_file(request, tmp_path):
    """A function that puts an array into a file, and gives it as it is stored there."""

    def put(array, name):
        path = str(tmp_path / name)
        if "memmap" in request.param:
            grown = np.concatenate([array[:3], array]) if "part" in request.param else array
            grown.tofile(path)
            found = np.memmap(path, array.dtype, "c" if "copied" in request.param else "r", shape=grown.shape)
            return found[3:] if "part" in request.param else found
        chunks = (7, *array.shape[1:]) if "chunks" in request.param else None
        return h5py.File(path, "w").create_dataset("x", data=array, chunks=chunks)

    return put


@pytest.mark.parametrize("block", [16 << 20, 700], ids=["one block", "blocks"])
@pytest.mark.parametrize(
    "options",
    [
        {"shuffle": False},
        {"shuffle": True},
        {"shuffle": "batch"},
        {"validation_split": 0.3},
        {"steps_per_epoch": 7},
        {"steps_per_epoch": 3, "batch_size": None},
        {"sample_weight": np.linspace(0, 1, 100)},
        {"run_eagerly": True},
    ],
    ids=str,
)
def test_a_file_trains_as_an_array_does(mlp, in_file, monkeypatch, block, options):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((100, 4)).astype("float32")
    y = (x[:, :1] * 2).astype("float64")
    histories = []
    for threshold in (1 << 40, 1):
        monkeypatch.setattr(arrays, "LARGE", threshold)
        monkeypatch.setattr(sources, "BLOCK", block)
        utils.set_random_seed(0)
        model = mlp()
        model.compile("adam", "mse", weighted_metrics=["mae"], run_eagerly="run_eagerly" in options)
        fit = {"batch_size": 9, "epochs": 3, "verbose": 0, **{k: v for k, v in options.items() if k != "run_eagerly"}}
        given = (x, y) if threshold > 1 else (in_file(x, "x"), in_file(y, "y"))
        histories.append(model.fit(*given, **fit).history)
        if threshold == 1:
            assert not data_set(*given).in_memory
    assert list(histories[0]) == list(histories[1])
    for name, expected in histories[0].items():
        np.testing.assert_allclose(histories[1][name], expected, rtol=1e-6)


def test_prediction_and_evaluation_from_a_file(mlp, in_file, monkeypatch, data):
    monkeypatch.setattr(arrays, "LARGE", 1)
    monkeypatch.setattr(sources, "BLOCK", 200)
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    a = in_file(x, "x")
    for options in ({}, {"batch_size": 7}, {"batch_size": 7, "steps": 2}, {"steps": 3}):
        np.testing.assert_allclose(model.predict(a, verbose=0, **options), model.predict(x, verbose=0, **options))
        expected = model.evaluate(x, y, verbose=0, **options)
        assert model.evaluate(a, y, verbose=0, **options) == pytest.approx(expected, rel=1e-6)
    assert model.train_on_batch(a, y) > 0
    assert model.predict_on_batch(a).shape == (20, 1)


def test_what_is_written_to_a_memmap_is_kept(tmp_path, monkeypatch, mlp):
    monkeypatch.setattr(arrays, "LARGE", 1)
    np.zeros((30, 4), "float32").tofile(tmp_path / "x")
    for mode in ("r+", "c"):
        x = np.memmap(tmp_path / "x", "float32", mode, shape=(30, 4))
        x[:] = 3
        mlp().predict(x, verbose=0)
        assert (np.asarray(x) == 3).all()


def test_integer_labels_in_a_file_are_checked_as_they_are_read(mlp, in_file, monkeypatch, data):
    monkeypatch.setattr(arrays, "LARGE", 1)
    x, _, y = data
    y = y.copy()
    y[17] = 3
    for run_eagerly in (False, True):
        model = mlp(3, "softmax")
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=run_eagerly)
        before = model.get_weights()
        with pytest.raises(IndexError, match=r"fit expects y to hold numbers from 0 to 2.* got 3"):
            model.fit(x, in_file(y, f"y{run_eagerly}"), verbose=0, shuffle=False)
        assert all(map(np.array_equal, before, model.get_weights()))


def test_strings_in_a_file(tmp_path, mlp):
    file = h5py.File(tmp_path / "x", "w")
    file["x"] = np.array([b"a", b"b"])
    with pytest.raises(TypeError, match="predict expects x to be an array of numbers, got Dataset"):
        mlp().predict(file["x"], verbose=0)


_LARGER_THAN_MEMORY = """
import resource, sys
import numpy as np
import ckeras
from ckeras import layers

with open(sys.argv[1], "wb") as file:
    file.truncate(2 << 30)
x = np.memmap(sys.argv[1], "float32", "r", shape=(1 << 18, 2048))
y = np.zeros((1 << 18, 1), "float32")
model = ckeras.Sequential([ckeras.Input((2048,)), layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((600, 2048)), y[:600], batch_size=256, verbose=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model.fit(x, y, batch_size=256, verbose=0)
model.evaluate(x, y, batch_size=256, steps=100, verbose=0)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""


def test_two_gigabytes_in_a_file_take_little_memory(tmp_path):
    script = [sys.executable, "-c", _LARGER_THAN_MEMORY, str(tmp_path / "x")]
    done = subprocess.run(script, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 200  # megabytes, at the most at any time


# -- float types


def test_arrays_follow_the_float_type(data):
    x, y, _ = data
    config.set_floatx("float64")
    try:
        model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(1)])
        model.compile("adam", "mse", metrics=["mae"])
        model.fit(x, y, verbose=0, validation_split=0.2)
        assert model.predict(x, verbose=0).dtype == np.float64
        assert {v.dtype for v in (*model.weights, *model.optimizer.variables[1:])} == {"float64"}
        assert {v.dtype for m in model.metrics for v in m.variables} == {"float64"}
    finally:
        config.set_floatx("float32")
