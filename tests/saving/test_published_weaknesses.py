"""A file built for each published weakness of Keras's loaders: it is refused, and nothing that it names is touched."""

import base64
import json
import marshal
import os
import pathlib
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest

import ckeras
from ckeras import Sequential, layers, models, saving

API = json.loads((pathlib.Path(__file__).parent.parent / "data" / "keras_api.json").read_text())["symbols"]


@pytest.fixture(params=["keras", "folder", "h5", "json"])
def load(request):
    """A function that saves a model, changes its config and loads it, in each format that holds a config."""

    def changed(model, change, **options):
        if request.param == "json":
            config = json.loads(model.to_json())
            change(config["config"]["layers"])
            return models.model_from_json(json.dumps(config))
        if request.param == "h5":
            model.save("m.h5")
            with h5py.File("m.h5", "a") as file:
                config = json.loads(file.attrs["model_config"])
                change(config["config"]["layers"])
                file.attrs["model_config"] = json.dumps(config)
            return models.load_model("m.h5", **options)
        model.save("m", zipped=False)
        path = pathlib.Path("m/config.json")
        config = json.loads(path.read_text())
        change(config["config"]["layers"])
        path.write_text(json.dumps(config))
        if request.param == "folder":
            return models.load_model("m", **options)
        with zipfile.ZipFile("m.keras", "w") as archive:
            for name in ("metadata.json", "config.json", "model.weights.h5"):
                archive.write(f"m/{name}", name)
        return models.load_model("m.keras", **options)

    return changed


def dense():
    return Sequential([layers.Input((2,)), layers.Dense(2, name="d")], name="sequential")


def shell(path):
    """Base64 of the byte code of a function that creates a file."""
    namespace = {}
    exec(f"f = lambda x: (open({path!r}, 'w').close(), x)[1]", namespace)
    return base64.encodebytes(marshal.dumps(namespace["f"].__code__)).decode()


def lambda_of_keras_3(code):
    inner = {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}
    return {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": inner}}


def lambda_of_keras_2(code):
    inner = {"name": "l", "function": [code, None, None], "function_type": "lambda", "module": "__main__"}
    return {"class_name": "Lambda", "config": inner}


@pytest.mark.parametrize("kind", [lambda_of_keras_3, lambda_of_keras_2], ids=lambda kind: kind.__name__)
def test_byte_code_of_lambdas_cve_2024_3660_and_of_h5_cve_2025_9905(kind, load):
    code = shell("run")
    with pytest.raises(ValueError, match="refused"):
        load(dense(), lambda found: found.append(kind(code)))
    assert not os.path.exists("run")


@pytest.mark.parametrize("kind", [lambda_of_keras_3, lambda_of_keras_2], ids=lambda kind: kind.__name__)
def test_byte_code_of_lambdas_runs_where_it_is_trusted(kind):
    model = dense()
    model.save("m", zipped=False)
    config = json.loads(pathlib.Path("m/config.json").read_text())
    config["config"]["layers"].append(kind(shell("run")))
    pathlib.Path("m/config.json").write_text(json.dumps(config))
    x = np.ones((1, 2), "float32")
    loaded = models.load_model("m", safe_mode=False)
    assert np.array_equal(loaded(x), model(x))
    assert os.path.exists("run")


def in_activation(module, name):
    """A change of a config: the activation is a function of a module."""
    function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    return lambda found: found[1]["config"].update(activation=function)


def in_lambda(module, name):
    """A change of a config: a Lambda calls a function of a module with arguments of the config."""
    function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    inner = {"name": "l", "function": function, "arguments": {"origin": "http://localhost:9/x", "fname": "x"}}
    return lambda found: found.append({"module": "keras.layers", "class_name": "Lambda", "config": inner})


def as_layer(module, name):
    """A change of a config: a layer's class is something of a module."""
    config = {"module": module, "class_name": name, "config": {"name": "x"}, "registered_name": name}
    return lambda found: found.append(config)


GADGETS = [
    ("os", "system"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("subprocess", "run"),
    ("numpy", "load"),
    ("pickle", "loads"),
    ("victim", "f"),
    ("keras.utils", "get_file"),
    ("keras.src.utils.file_utils", "get_file"),
    ("ckeras.utils.downloads", "get_file"),
    ("keras.models", "load_model"),
    ("keras.saving", "load_model"),
    ("keras.config", "enable_unsafe_deserialization"),
    ("keras.src.saving.serialization_lib", "enable_unsafe_deserialization"),
    ("keras.utils", "set_random_seed"),
    ("builtins", "load_model"),
    ("builtins", "enable_unsafe_deserialization"),
    (None, "get_file"),
]


@pytest.mark.parametrize(("module", "name"), GADGETS)
@pytest.mark.parametrize("where", [in_activation, in_lambda, as_layer], ids=lambda where: where.__name__)
def test_functions_of_modules_cve_2025_1550_and_gadgets_cve_2025_8747_cve_2025_9906(
    where, module, name, load, monkeypatch
):
    pathlib.Path("victim.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(".")
    with pytest.raises((ValueError, TypeError), match=name):
        load(dense(), where(module, name))
    assert ckeras.config.in_safe_mode()


PARTS = ("activations", "constraints", "dtype_policies", "initializers", "layers", "losses", "metrics")
PARTS += ("mixed_precision", "models", "optimizers", "regularizers", "quantizers", "optimizers.schedules")


@pytest.mark.parametrize("kind", ["class", "function"])
def test_configs_reach_only_what_models_are_made_of(kind):
    reached = []
    for symbol in API:
        module, _, name = symbol.rpartition(".")
        config = {"module": module, "class_name": name, "config": {}, "registered_name": None}
        if kind == "function":
            config |= {"class_name": "function", "config": name}
        try:
            saving.deserialize_keras_object(config)
        except (KeyError, TypeError, ValueError, NotImplementedError) as error:
            if "of which models are made" in str(error) or "Nothing is registered as" in str(error):
                continue
        if module.removeprefix("keras.") not in PARTS:
            reached.append(symbol)
    classes = "DTypePolicy FloatDTypePolicy Function Initializer InputSpec Layer Loss Metric Model Operation Optimizer"
    classes = [f"keras.{name}" for name in f"{classes} Quantizer Regularizer Sequential random.SeedGenerator".split()]
    assert reached == ([*classes, "keras.utils.FeatureSpace"] if kind == "class" else [])


@pytest.mark.parametrize("vocabulary", ["/etc/passwd", "http://localhost:9/vocabulary", "file:///etc/passwd"])
@pytest.mark.parametrize("kind", ["StringLookup", "TextVectorization", "IntegerLookup"])
def test_vocabularies_that_are_paths_or_addresses_cve_2025_12058(kind, vocabulary, load):
    config = {"module": "keras.layers", "class_name": kind, "config": {"name": "v", "vocabulary": vocabulary}}
    with pytest.raises(ValueError, match=r"a config (does not read|reads no) files"):
        load(dense(), lambda found: found.append(config))


def bomb(path, dataset, shape):
    """Replace a dataset of an HDF5 file by one that claims a shape, and of which nothing is stored."""
    with h5py.File(path, "a") as file:
        del file[dataset]
        file.create_dataset(dataset, shape, "f4", chunks=tuple(min(1024, n) for n in shape), compression="gzip")


@pytest.mark.parametrize("shape", [(1 << 40,), (1 << 21, 2)], ids=["4 TiB", "16 MiB"])
def test_shapes_that_are_not_stored_cve_2026_0897(shape, monkeypatch):
    model = dense()
    model.save_weights("m.weights.h5")
    model.save_weights("m.h5")
    bomb("m.weights.h5", "layers/dense/vars/0", shape)
    bomb("m.h5", "d/sequential/d/kernel", shape)
    monkeypatch.setattr(h5py.Dataset, "__getitem__", lambda *_: pytest.fail("values are read before a check"))
    for path in ("m.weights.h5", "m.h5"):
        with pytest.raises(ValueError, match=f"Cannot load '{path}'"):
            model.load_weights(path)


def test_shapes_that_are_not_stored_in_the_editor_cve_2026_0897():
    dense().save_weights("m.weights.h5")
    bomb("m.weights.h5", "layers/dense/vars/0", (1 << 40,))
    with pytest.raises(ValueError, match="it claims 4398046511104 bytes"):
        saving.KerasFileEditor("m.weights.h5")


def test_values_that_unpack_to_far_more_than_the_variable():
    model = dense()
    model.save_weights("m.weights.h5")
    with h5py.File("m.weights.h5", "a") as file:
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", data=np.zeros((1 << 22, 2), "f4"), compression="gzip")
    with pytest.raises(ValueError, match=r"has shape \(2, 2\), saved \(4194304, 2\)"):
        model.load_weights("m.weights.h5")


@pytest.mark.parametrize("load", ["keras", "folder", "h5"], indirect=True)
def test_variables_far_larger_than_the_file(load):
    def widen(found):
        found[1]["config"]["units"] = 1 << 32

    with pytest.raises(ValueError, match=r"Refused to create a variable of shape \(2, 4294967296\)"):
        load(dense(), widen)


def test_a_config_that_unpacks_to_far_more():
    dense().save("m.keras")
    with zipfile.ZipFile("m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = b"[" + b"0," * (1 << 23) + b"0]"
    with zipfile.ZipFile("m.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(ValueError, match=r"Refused to read config.json, which claims 16777219 bytes"):
        models.load_model("m.keras")


@pytest.mark.parametrize("name", ["load", "loads", "Unpickler"])
def test_pickles_are_not_read(name, monkeypatch):
    import pickle

    monkeypatch.setattr(pickle, name, lambda *_: pytest.fail("a pickle is read"))
    data = pickle.dumps(dense().get_config())
    pathlib.Path("p.keras").write_bytes(data)
    pathlib.Path("p.h5").write_bytes(data)
    for path in ("p.keras", "p.h5"):
        with pytest.raises((ValueError, OSError), match=path):
            models.load_model(path)


def test_yaml_is_not_read():
    text = "!!python/object/apply:os.system ['touch run']"
    with pytest.raises(ValueError, match="JSON"):
        models.model_from_json(text)
    assert not hasattr(models, "model_from_yaml")
    assert not os.path.exists("run")


def test_a_config_that_unpacks_to_more_than_it_claims():
    dense().save("m.keras")
    with zipfile.ZipFile("m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    size = len(members["config.json"])
    members["config.json"] += b" " * (64 << 20)
    with zipfile.ZipFile("m.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.getinfo("config.json").file_size = size  # in the directory, which is written now
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"Cannot load 'm.keras'.*CRC"):
            models.load_model("m.keras")
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
