"""Files of models and weights: those of Keras are read, written ones are read again, training continues bit for bit."""

import io
import json
import pathlib
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest
from reference import script

import ckeras
from ckeras import Model, Sequential, layers, models, saving

files = script("make_model_files")
VALUES = np.load(files.VALUES)
X, Y = files.X, files.Y


def paths(file):
    found = {}
    with h5py.File(file) as opened:
        opened.visititems(lambda name, one: found.update({name: getattr(one, "shape", None)}))
    return found


def state(model):
    return [v.numpy() for v in (*model.variables, *model.optimizer.variables)]


def same(a, b):
    return len(a) == len(b) and all(np.array_equal(p, q) for p, q in zip(a, b, strict=True))


def dropped():
    model = Sequential([layers.Input((4,)), layers.Dense(8, "relu"), layers.Dropout(0.5), layers.Dense(2)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


# -- files of Keras


def test_a_model_of_keras_predicts_and_trains_on_as_in_keras():
    model = models.load_model(files.SEQUENTIAL)
    np.testing.assert_allclose(model.predict(X, verbose=0), VALUES["sequential predictions"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(files.further(model), VALUES["sequential losses"], rtol=1e-4)


def test_weights_of_keras_are_found_through_attributes_and_containers():
    model = files.nested(ckeras)
    model.fit(X, Y, verbose=0)  # builds the optimizer
    model.load_weights(files.NESTED)
    np.testing.assert_allclose(model.predict(X, verbose=0), VALUES["nested predictions"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(files.further(model), VALUES["nested losses"], rtol=1e-4)


def test_weights_are_where_keras_writes_them():
    model = files.nested(ckeras)
    model.fit(X, Y, verbose=0)
    model.save_weights("nested.weights.h5")
    written = {name: shape for name, shape in paths("nested.weights.h5").items() if "seed_generator" not in name}
    assert written == paths(files.NESTED)


def test_weights_are_read_from_an_archive():
    model = files.sequential(ckeras)
    model.optimizer.build(model.trainable_variables)
    model.load_weights(files.SEQUENTIAL)
    np.testing.assert_allclose(model.predict(X, verbose=0), VALUES["sequential predictions"], rtol=1e-5, atol=1e-6)


# -- written and read again


def test_training_continues_with_the_same_bits():
    model = dropped()
    model.fit(X, Y, batch_size=2, verbose=0)
    model.save("model.keras")
    loaded = models.load_model("model.keras")
    assert same(state(loaded), state(model))
    histories = []
    for one in (model, loaded):
        ckeras.utils.set_random_seed(5)
        histories.append(one.fit(X, Y, batch_size=2, epochs=2, verbose=0).history)
    assert histories[0] == histories[1] and same(state(loaded), state(model))


def test_training_continues_with_the_same_bits_from_weights():
    model, other = dropped(), dropped()
    model.fit(X, Y, batch_size=2, verbose=0)
    other.optimizer.build(other.trainable_variables)
    model.save_weights("model.weights.h5")
    other.load_weights("model.weights.h5")
    for one in (model, other):
        one.fit(X, Y, batch_size=2, shuffle=False, verbose=0)
    assert same(state(other), state(model))


def test_layers_of_a_graph_come_before_other_attributes():
    class Graph(Model):
        def __init__(self):
            inputs = layers.Input((4,), name="x")
            super().__init__(inputs, layers.Dense(2, name="a")(inputs))
            self.also = layers.Dense(1)
            self.also.build((None, 2))

    model = Graph()
    model.save_weights("m.weights.h5")
    found = {name for name in paths("m.weights.h5") if name.endswith("vars")}
    assert found == {"vars", "also/vars", "layers/dense/vars", "layers/input_layer/vars"}


def test_shared_and_nested_layers_of_a_graph():
    x = layers.Input((4,), name="x")
    shared, inner = layers.Dense(4, name="shared"), Sequential([layers.Input((4,)), layers.Dense(3)], name="inner")
    y = inner(shared(shared(x)))
    model = Model(x, [y, Model(y, layers.Dense(2)(y), name="other")(y)], name="graph")
    model.compile("adam", ["mse", "mae"])
    model.fit(X, [X[:, :3], Y], verbose=0)
    model.save("m.keras")
    loaded = models.load_model("m.keras")
    assert same(state(loaded), state(model))
    assert same(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


def test_the_archive():
    model = dropped()
    model.save(pathlib.Path("model.keras"))
    with zipfile.ZipFile("model.keras") as archive:
        assert archive.namelist()[:2] == ["metadata.json", "config.json"] and "model.weights.h5" in archive.namelist()
        assert json.loads(archive.read("metadata.json"))["keras_version"].startswith("3.15")
        assert json.loads(archive.read("config.json"))["compile_config"]["loss"] == "mse"
        weights = paths(io.BytesIO(archive.read("model.weights.h5")))
    model.save_weights("model.weights.h5")
    assert paths("model.weights.h5") == weights
    assert sorted(p.name for p in pathlib.Path().iterdir()) == ["model.keras", "model.weights.h5"]


def test_file_objects():
    file, model = io.BytesIO(), dropped()
    saving.save_model(model, file)
    assert same(saving.load_model(file).get_weights(), model.get_weights())


@pytest.mark.filterwarnings("error")
def test_an_optimizer_that_was_saved_before_training():
    model = dropped()
    model.save("model.keras")
    loaded = models.load_model("model.keras")
    for one in (model, loaded):
        one.fit(X, Y, shuffle=False, verbose=0)
    assert same(state(loaded), state(model))


def test_without_compilation():
    dropped().save("model.keras")
    assert not models.load_model("model.keras", compile=False).compiled


def test_custom_objects():
    class Twice(layers.Dense):
        def call(self, x):
            return 2 * super().call(x)

    model = Sequential([layers.Input((4,)), Twice(2)])
    model.save("model.keras")
    loaded = models.load_model("model.keras", custom_objects={"Twice": Twice})
    assert np.array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    with pytest.raises(ValueError, match=r"Cannot load 'model.keras': .*Twice"):
        models.load_model("model.keras")


def test_bfloat16():
    model = Sequential([layers.Input((4,)), layers.Dense(2, dtype="bfloat16")])
    model.save("model.keras")
    assert same(models.load_model("model.keras").get_weights(), model.get_weights())


class Vocabulary(layers.Layer):
    def __init__(self, words=(), **kwargs):
        super().__init__(**kwargs)
        self.words = list(words)

    def call(self, x):
        return x

    def get_config(self):
        return {"name": self.name}

    def save_assets(self, folder):
        pathlib.Path(folder, "words").mkdir(exist_ok=True)
        pathlib.Path(folder, "words", "all.txt").write_text("\n".join(self.words))

    def load_assets(self, folder):
        self.words = pathlib.Path(folder, "words", "all.txt").read_text().split("\n")


def spoken():
    return Sequential([layers.Input((4,)), Vocabulary(["a", "b"]), Vocabulary(["c"]), layers.Dense(2)])


def check_spoken(loaded, model):
    assert [layer.words for layer in loaded.layers[:2]] == [["a", "b"], ["c"]]
    assert same(loaded.get_weights(), model.get_weights())


def test_assets():
    model = spoken()
    model.save("model.keras")
    check_spoken(models.load_model("model.keras", custom_objects={"Vocabulary": Vocabulary}), model)
    with zipfile.ZipFile("model.keras") as archive:
        assert "assets/layers/vocabulary_1/words/all.txt" in archive.namelist()


def test_a_folder():
    model = spoken()
    for _ in range(2):  # the second replaces the files of the first
        model.save(pathlib.Path("model"), zipped=False)
    check_spoken(models.load_model(pathlib.Path("model"), custom_objects={"Vocabulary": Vocabulary}), model)
    found = sorted(str(path.relative_to("model")) for path in pathlib.Path("model").rglob("*.*"))
    assets = [f"assets/layers/vocabulary{n}/words/all.txt" for n in ("", "_1")]
    assert found == sorted([*assets, "config.json", "metadata.json", "model.weights.h5"])


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_folder_with_a_damaged_file(name):
    dropped().save("model", zipped=False)
    pathlib.Path("model", name).write_text("[]")
    with pytest.raises((ValueError, OSError), match="model"):
        models.load_model("model")


def test_own_hooks_of_a_layer():
    class Table(layers.Layer):
        def build(self, shape):
            self.rows = self.add_weight((3,))

        def call(self, x):
            return x + self.rows[0]

        def save_own_variables(self, store):
            store["rows"] = self.rows
            store["text"] = np.array([b"x", b"yz"])

        def load_own_variables(self, store):
            assert store["text"].tolist() == [b"x", b"yz"]
            self.rows.assign(store["rows"] + 1)

    model = Sequential([layers.Input((4,)), Table()])
    before = model.get_weights()[0]
    model.save_weights("w.weights.h5")
    model.load_weights("w.weights.h5")
    assert np.array_equal(model.get_weights()[0], before + 1)


def test_skipped_objects():
    model = dropped()
    before, last = model.get_weights(), model.layers[-1]
    model.save_weights("w.weights.h5", objects_to_skip=[last])
    assert not any(name.startswith("layers/dense_1") for name in paths("w.weights.h5"))
    model.set_weights([w + 1 for w in before])
    model.load_weights("w.weights.h5", objects_to_skip=[last])
    assert same(model.get_weights(), [*before[:2], *(w + 1 for w in before[2:])])


def test_an_existing_file_is_asked_about(monkeypatch):
    model = dropped()
    for name, save in (("m.keras", model.save), ("m.weights.h5", model.save_weights)):
        pathlib.Path(name).write_text("old")
        monkeypatch.setattr("builtins.input", lambda prompt: "n")
        save(name, overwrite=False)
        assert pathlib.Path(name).read_text() == "old"
        answers = iter(["what", "Y"])
        monkeypatch.setattr("builtins.input", lambda prompt, answers=answers: next(answers))
        save(name, overwrite=False)
        assert pathlib.Path(name).read_bytes() != b"old"


def test_h5py_is_imported_by_the_first_file():
    program = (
        "import sys, ckeras\n"
        "model = ckeras.Sequential([ckeras.layers.Input((2,)), ckeras.layers.Dense(1)])\n"
        "assert 'h5py' not in sys.modules\n"
        "model.save('m.keras')\n"
        "assert 'h5py' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# -- what does not fit


def test_weights_that_do_not_fit_change_nothing():
    model = dropped()
    model.save_weights("w.weights.h5")
    other = Sequential([layers.Input((4,)), layers.Dense(8), layers.Dense(3)])
    other.build()
    before = other.get_weights()
    with pytest.raises(ValueError, match=r"Cannot load 'w.weights.h5': 1 of the objects .*'layers/dense_1'.*\(8, 3\)"):
        other.load_weights("w.weights.h5")
    assert same(other.get_weights(), before)
    with pytest.warns(UserWarning, match=r"1 of the objects"):
        other.load_weights("w.weights.h5", skip_mismatch=True)
    assert same(other.get_weights()[:2], model.get_weights()[:2]) and same(other.get_weights()[2:], before[2:])


def test_a_layer_without_weights_in_the_file():
    dropped().save_weights("w.weights.h5")
    other = Sequential([layers.Input((4,)), layers.Dense(8), layers.Dense(2), layers.Dense(2)])
    with pytest.raises(ValueError, match="has 2 variables, and 0 were saved"):
        other.load_weights("w.weights.h5")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.save("m"), "ends with .keras, got 'm'"),
        (lambda m: m.save("m.keras", zipped=False), "zipped=False expects a path that does not end with .keras"),
        (
            lambda m: m.save("m.keras", save_format="tf"),
            "save_format='keras' and include_optimizer, got another format",
        ),
        (lambda m: m.save("m.h5", save_format="keras"), "save_format='h5' and include_optimizer, got another format"),
        (lambda m: m.save("m.keras", colour=1), "and include_optimizer, got 'colour'"),
        (lambda m: m.save_weights("m.txt"), r"ends with .weights.h5, got 'm.txt'"),
        (lambda m: m.save_weights("m.json", max_shard_size=1), r"max_shard_size=1 expects .* .weights.json, got"),
        (lambda m: m.save_weights("m.weights.json"), r"ends with .weights.h5, got 'm.weights.json'"),
        (lambda m: m.save_weights("m.weights.json", max_shard_size=0), "max_shard_size to be positive"),
        (lambda m: m.save_weights("m.weights.json", max_shard_size=1e-9), r"more than max_shard_size allows, 1 bytes"),
        (lambda m: m.save_weights("m.weights.h5", colour=1), "unknown arguments: 'colour'"),
        (lambda m: m.load_weights("m.txt"), "ends with .weights.h5, .weights.json, .keras, .h5 or .safetensors, got"),
        (lambda m: m.load_weights("m.weights.h5", colour=1), "unknown arguments: 'colour'"),
        (lambda m: models.load_model("m.txt"), "ends with .keras or .h5, or a folder with config.json, got 'm.txt'"),
    ],
)
def test_other_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call(dropped())
    assert list(pathlib.Path().iterdir()) == []


def test_models_that_are_not_built():
    class Empty(Model):
        def call(self, x):
            return x

    model = Sequential([layers.Dense(1)])
    for call in (model.save_weights, model.load_weights):
        with pytest.raises(ValueError, match="is not: call it on data"):
            call("m.weights.h5")
    with pytest.warns(UserWarning, match="is not built"):
        model.save("m.keras")
    assert not models.load_model("m.keras").built


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5"])
def test_a_file_that_is_not_there(name):
    with pytest.raises(FileNotFoundError, match=name):
        dropped().load_weights(name)


@saving.register_keras_serializable("test_model_files")
class Called(Model):
    """A model that is defined by its call, with one input or two."""

    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first, self.second = layers.Dense(units), layers.Dense(units)

    def call(self, x, other=None):
        return self.first(x) if other is None else self.first(x) + self.second(other)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


CALLS = {
    "keyword": lambda model, x: model(x, other=x).numpy(),
    "position": lambda model, x: model(x, 2 * x).numpy(),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_model_that_is_called_with_two_tensors(call):
    model, x = Called(3), np.ones((2, 4), "float32")
    expected = CALLS[call](model, x)
    model.save("m.keras")
    np.testing.assert_array_equal(CALLS[call](models.load_model("m.keras"), x), expected)


def test_a_model_that_cannot_be_built_by_a_call_is_named():
    model = Called(3, name="n")
    with pytest.warns(UserWarning, match=r"'n' cannot be built for the saved shapes .*build_from_config"):
        model.build_from_config({"input_shape": [None]})
    assert not model.built
    model.build_from_config({})
    assert not model.built


def test_a_file_without_the_optimizer():
    model = dropped()
    model.fit(X, Y, verbose=0)
    for name, options in (("m.keras", {}), ("m", {"zipped": False})):
        model.save(name, include_optimizer=False, **options)
        loaded = models.load_model(name)
        assert not loaded.compiled and same(loaded.get_weights(), model.get_weights())
    assert not any("optimizer" in path for path in paths("m/model.weights.h5"))
