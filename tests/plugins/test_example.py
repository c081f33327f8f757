"""`examples/plugin`, installed by pip, is found by name in a process that has not imported it."""

import json
import shutil
from pathlib import Path

import pytest

MODEL = """
import json, sys
import numpy as np
import ckeras as keras

keras.utils.set_random_seed(1)
x = np.linspace(-1, 1, 128, dtype="float32")[:, None]
y = np.sin(6 * x)
"""

TRAIN = f"""{MODEL}
assert "ckeras_waves" not in sys.modules
model = keras.Sequential([
    keras.Input((1,)),
    keras.layers.deserialize({{"class_name": "fourier_features", "config": {{"units": 8, "seed": 1}}}}),
    keras.layers.Dense(16, activation="snake", kernel_initializer="siren_uniform"),
    keras.layers.Activation("snake"),
    keras.layers.Dense(1, kernel_initializer=keras.initializers.get("siren_uniform")),
])
model.compile(optimizer="qhm", loss="charbonnier")
losses = model.fit(x, y, epochs=30, verbose=0).history["loss"]
assert losses[-1] < 0.2 * losses[0], losses
assert type(model.optimizer) is keras.registry.optimizers.resolve("qhm") is type(keras.optimizers.get("QHM"))
assert type(keras.losses.get("charbonnier")) is keras.registry.losses.resolve("charbonnier")
np.savez("weights.npz", *model.get_weights(), predicted=model.predict(x, verbose=0))
print(json.dumps({{
    "layer": keras.layers.serialize(model.layers[0]),
    "model": keras.saving.serialize_keras_object(model),
    "optimizer": keras.optimizers.serialize(model.optimizer),
    "loss": keras.losses.serialize(keras.losses.get("charbonnier")),
}}))
"""

READ = f"""{MODEL}
configs = json.load(open("configs.json"))
layer = keras.layers.deserialize(configs["layer"])
assert (type(layer).__name__, layer.units) == ("FourierFeatures", 8)
assert "ckeras_waves.optimizers" not in sys.modules
assert keras.optimizers.deserialize(configs["optimizer"]).nu == 0.7
assert keras.losses.deserialize(configs["loss"]).width == 0.1
model = keras.saving.deserialize_keras_object(configs["model"])
saved = np.load("weights.npz")
model.set_weights([saved[name] for name in saved.files if name != "predicted"])
np.testing.assert_array_equal(model.predict(x, verbose=0), saved["predicted"])
"""


def test_a_model_of_its_parts_trains_and_is_read_in_another_process(example, python, tmp_path):
    printed = python("-c", TRAIN, path=[example])
    configs = json.loads(printed)
    assert configs["layer"]["registered_name"] == "fourier_features"
    assert configs["model"]["config"]["layers"][2]["config"]["activation"]["config"] == "snake"
    (tmp_path / "configs.json").write_text(printed)
    python("-c", READ, path=[example])


def test_plugins_lists_its_parts(example, python):
    lines = python("-m", "ckeras", "plugins", path=[example]).splitlines()
    assert [line.split() for line in lines if "ckeras-waves" in line] == [
        ["activations", "snake", "ckeras_waves.activations.snake", "ckeras-waves", "0.1.0"],
        ["initializers", "siren_uniform", "ckeras_waves.initializers.SirenUniform", "ckeras-waves", "0.1.0"],
        ["layers", "fourier_features", "ckeras_waves.layers.FourierFeatures", "ckeras-waves", "0.1.0"],
        ["losses", "charbonnier", "ckeras_waves.losses.Charbonnier", "ckeras-waves", "0.1.0"],
        ["optimizers", "qhm", "ckeras_waves.optimizers.QHM", "ckeras-waves", "0.1.0"],
    ]


def test_its_own_tests_pass(example, python, tmp_path):
    shutil.copytree(Path(__file__).parents[2] / "examples" / "plugin" / "tests", tmp_path / "own")
    assert " passed" in python("-m", "pytest", "-q", "-p", "no:cacheprovider", "own", path=[example])


@pytest.mark.parametrize("code", ["keras.activations.get('snake')", "keras.layers.Dense(1, activation='snake')"])
def test_without_it_the_name_is_unknown(python, code):
    code = f"import ckeras as keras\ntry:\n    {code}\nexcept ValueError as error:\n    print(error)"
    assert python("-c", code).startswith("Unknown activation 'snake'; ")
