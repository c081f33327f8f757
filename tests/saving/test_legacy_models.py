"""Whole models in `.h5` files: those of Keras, and written ones read again."""

import json
import pathlib

import h5py
import numpy as np
import pytest
from reference import DATA, script

import ckeras
from ckeras import Model, Sequential, layers, losses, metrics, models
from ckeras.saving import KerasFileEditor

files = script("make_model_files")
X, Y = files.X, files.Y


def state(model):
    return [v.numpy() for v in (*model.variables, *model.optimizer.variables)]


def same(a, b):
    return len(a) == len(b) and all(np.array_equal(p, q) for p, q in zip(a, b, strict=True))


def graph():
    x = layers.Input((4,), name="x")
    shared = layers.Dense(4, activation="tanh", name="shared")
    y = shared(shared(x))
    inner = Sequential([layers.Input((4,)), layers.Dense(3, name="deep")], name="inner")
    model = Model(x, [layers.Dense(2, name="o")(y), inner(y)], name="graph")
    model.compile("adam", ["mse", losses.MeanAbsoluteError()], metrics=[["mae"], [metrics.MeanSquaredError(name="e")]])
    model.fit(X, [Y, X[:, :3]], verbose=0)
    return model


def chain():
    model = Sequential([layers.Input((4,)), layers.Dense(3, kernel_regularizer="l2"), layers.Dense(2)])
    model.compile("sgd", ckeras.losses.mean_squared_error, metrics=["mae"])
    model.fit(X, Y, verbose=0)
    return model


def classes():
    model = Sequential([layers.Input((4,)), layers.Dense(3, "softmax")])
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy", "acc", "ce"])
    return model


def test_names_that_depend_on_shapes_stay_names():
    model, labels = classes(), np.arange(6) % 3
    model.fit(X, labels, verbose=0)
    model.save("m.h5")
    loaded = models.load_model("m.h5")
    results = [one.evaluate(X, labels, verbose=0, return_dict=True) for one in (model, loaded)]
    assert results[0] == results[1] and results[0]["accuracy"] == results[0]["acc"]


@pytest.mark.parametrize("make", [graph, chain])
def test_training_continues_with_the_same_bits(make):
    model = make()
    model.save("m.h5")
    loaded = models.load_model("m.h5")
    assert same(state(loaded), state(model))
    targets = [Y, X[:, :3]] if make is graph else Y
    results = [one.fit(X, targets, shuffle=False, verbose=0).history for one in (model, loaded)]
    assert results[0] == results[1] and same(state(loaded), state(model))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Adam", {}),
        ("Adam", {"amsgrad": True}),
        ("RMSprop", {"centered": True, "momentum": 0.9}),
        ("Adagrad", {}),
        ("SGD", {}),
        ("SGD", {"momentum": 0.9}),
        ("Adadelta", {}),
        ("Adamax", {}),
        ("Nadam", {}),
        ("AdamW", {}),
        ("Adam", {"use_ema": True}),
        ("Ftrl", {}),
        ("Adam", {"learning_rate": ckeras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)}),
    ],
)
def test_the_state_of_optimizers(name, options):
    model = chain()
    model.compile(getattr(ckeras.optimizers, name)(**options), "mse")
    model.fit(X, Y, verbose=0)
    model.save("m.h5")
    loaded = models.load_model("m.h5")
    assert same(state(loaded), state(model))
    assert loaded.optimizer.get_config() == model.optimizer.get_config()


def test_the_state_of_adam_in_the_order_of_keras_2():
    model = chain()
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    model.save("m.h5")
    values = {variable.path: variable.numpy() for variable in model.optimizer.variables}
    moments = [[values[path] for path in values if path.endswith(kind)] for kind in ("momentum", "velocity")]
    with h5py.File("m.h5") as file:
        group = file["optimizer_weights"]
        stored = [group[name][()] for name in group.attrs["weight_names"]]
    assert same(stored, [model.optimizer.iterations.numpy(), *moments[0], *moments[1]])


def test_a_model_within_a_model_called_twice():
    half = Model(x := layers.Input((3,)), layers.Dense(3)(Sequential([layers.Dense(3)])(x)), name="half")
    a = layers.Input((3,))
    model = Model(a, [half(half(a))])
    model.save("m.h5")
    loaded = models.load_model("m.h5")
    data = X[:, :3]
    assert same(loaded.predict(data, verbose=0), model.predict(data, verbose=0))
    with h5py.File("m.h5") as file:
        config = json.loads(file.attrs["model_config"])["config"]
    calls = config["layers"][1]["inbound_nodes"]
    assert [call[0][1] for call in calls] == [0, 0, 1, 1] and config["output_layers"] == [["half", 3, 0]]


def test_a_model_of_keras():
    model = models.load_model(DATA / "keras_legacy.h5")
    assert [layer.name for layer in model.layers] == ["a", "dropout", "inner"]
    assert sorted(float(np.ravel(w)[0]) for w in model.get_weights()) == [1, 2, 3, 4, 5, 6]
    assert not model.layers[2].layers[0].trainable and not model.compiled


def test_without_optimizer():
    model = chain()
    model.save("m.hdf5", include_optimizer=False)
    assert not models.load_model("m.hdf5").compiled
    model.save("m.h5")
    assert not models.load_model("m.h5", compile=False).compiled
    with h5py.File("m.hdf5") as file:
        assert list(file) == ["model_weights"] and "training_config" not in file.attrs


@pytest.mark.filterwarnings("error")
def test_an_optimizer_that_was_saved_before_training():
    model = Sequential([layers.Input((4,)), layers.Dense(2)])
    model.compile("adam", "mse")
    model.save("m.h5", save_format="h5")
    assert models.load_model("m.h5").compiled


def test_what_is_compiled_with_something_unknown_is_left_uncompiled():
    def mine(y_true, y_pred):
        return y_true - y_pred

    model = chain()
    model.compile("sgd", mine)
    model.save("m.h5")
    with pytest.warns(UserWarning, match="as it is before compile"):
        loaded = models.load_model("m.h5")
    assert not loaded.compiled and same(loaded.get_weights(), model.get_weights())
    assert models.load_model("m.h5", custom_objects={"mine": mine}).compiled


def test_long_lists_of_names():
    names = [f"{'long' * 60}{i}" for i in range(400)]
    model = Sequential([layers.Input((1,)), *(layers.Dense(1, name=name) for name in names)])
    model.save("m.h5")
    with h5py.File("m.h5") as file:
        assert "layer_names1" in file["model_weights"].attrs and "layer_names" not in file["model_weights"].attrs
    assert same(models.load_model("m.h5").get_weights(), model.get_weights())


def changed(change):
    chain().save("m.h5")
    with h5py.File("m.h5", "a") as file:
        config = json.loads(file.attrs["model_config"])
        change(file, config)
        file.attrs["model_config"] = json.dumps(config)


def test_the_shape_of_the_input_as_keras_3_writes_it():
    def older(file, config):
        first = config["config"]["layers"][0]["config"]
        first["batch_shape"] = first.pop("batch_input_shape")

    changed(older)
    assert models.load_model("m.h5").input_shape == (None, 4)


@pytest.mark.parametrize(
    "entry",
    [
        {"class_name": "system", "config": {"command": "touch hacked"}},
        {"module": "os", "class_name": "system", "config": {"command": "touch hacked"}, "registered_name": None},
        {"class_name": "get_file", "config": {"origin": "http://localhost"}},
        {"class_name": "Activation", "config": {"activation": {"class_name": "__lambda__", "config": {"value": "x"}}}},
    ],
)
def test_configs_that_name_something_else_are_refused(entry):
    changed(lambda file, config: config["config"]["layers"].append(entry))
    with pytest.raises(ValueError, match=r"Cannot load 'm.h5'"):
        models.load_model("m.h5")
    assert [path.name for path in pathlib.Path().iterdir()] == ["m.h5"]


def test_lambdas_are_refused_in_safe_mode():
    model = Sequential([layers.Input((4,)), layers.Dense(2, activation=lambda x: x * 2)])
    with pytest.warns(UserWarning, match="A lambda is saved"):
        model.save("m.h5")
    with pytest.raises(ValueError, match="refused"):
        models.load_model("m.h5")
    loaded = models.load_model("m.h5", safe_mode=False)
    assert np.array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "1", '{"class_name": "Dense"}', '{"class_name": "Flatten", "config": {}}']
)
def test_files_that_hold_no_model(text):
    chain().save("m.h5")
    with h5py.File("m.h5", "a") as file:
        file.attrs["model_config"] = text
    with pytest.raises(ValueError, match=r"Cannot load 'm.h5'"):
        models.load_model("m.h5")
    with h5py.File("m.h5", "a") as file:
        del file.attrs["model_config"]
    with pytest.raises(ValueError, match="no attribute 'model_config'"):
        models.load_model("m.h5")


@pytest.mark.parametrize(
    ("index", "size"), [(0, 0), (0, 8), (0, 1 << 40), (0, (1 << 64) - 16), (1, 1 << 40), (1, (1 << 64) - 16)]
)
def test_text_in_a_damaged_heap_is_not_looked_for(index, size):
    model = chain()
    for name, save in (("m.h5", model.save), ("m.weights.h5", model.save_weights), ("m.keras", model.save)):
        save(name)
        data = bytearray(pathlib.Path(name).read_bytes())
        at = data.index(b"GCOL") + 16
        data[at : at + 2], data[at + 8 : at + 16] = index.to_bytes(2, "little"), size.to_bytes(8, "little")
        pathlib.Path(name).write_bytes(data)
    for load, name in (
        (models.load_model, "m.h5"), (model.load_weights, "m.h5"), (KerasFileEditor, "m.weights.h5"),
        (KerasFileEditor, "m.keras"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=rf"Cannot load '{name}': Refused to read a heap"):
            load(name)
