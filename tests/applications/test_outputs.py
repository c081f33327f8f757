"""What applications compute, with weights that a rule gives: what Keras computes."""

import json

import numpy as np
import pytest
from reference import script

import ckeras

module = script("make_applications_values")
EXPECTED = json.loads(module.VALUES.read_text())["outputs"]


@pytest.mark.parametrize("name", module.COMPUTED)
def test_outputs(name):
    application, options, *rest = module.COMPUTED[name]
    found = module.outputs(module.built(ckeras, application, options), *rest)
    expected = np.array(EXPECTED[name])
    assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()


def test_outputs_depend_on_the_image():
    """The comparison itself: of one value for all images little would follow."""
    application, options, (low, high), gain = module.COMPUTED["MobileNetV2"]
    model = module.built(ckeras, application, options)
    first = module.outputs(model, (low, high), gain)
    second = module.outputs(model, (low, high / 2), gain)
    assert np.abs(first - second).max() > 1e-2 * np.abs(first).max()


def test_training_changes_a_model():
    model = ckeras.applications.MobileNet(weights=None, alpha=0.25, input_shape=(32, 32, 3), classes=2)
    model.compile("adam", "sparse_categorical_crossentropy")
    before = model.get_layer("conv1").get_weights()[0]
    x = module.numbers(0, (4, 32, 32, 3))
    loss = model.fit(x, np.array([0, 1, 0, 1]), verbose=0).history["loss"][0]
    assert np.isfinite(loss) and not np.array_equal(before, model.get_layer("conv1").get_weights()[0])


def test_a_model_is_saved_and_loaded():
    options = {"input_shape": (32, 32, 3), "include_top": False, "pooling": "avg"}
    model = ckeras.applications.ConvNeXtTiny(weights=None, **options)
    model.save("m.keras")
    x = module.numbers(0, (1, 32, 32, 3))
    assert np.array_equal(ckeras.models.load_model("m.keras").predict(x, verbose=0), model.predict(x, verbose=0))


def test_features_of_a_part_of_a_model():
    model = ckeras.applications.MobileNetV2(weights=None, alpha=0.35, input_shape=(32, 32, 3))
    part = ckeras.Model(model.inputs, model.get_layer("block_3_expand_relu").output)
    assert part.predict(module.numbers(0, (2, 32, 32, 3)), verbose=0).shape == (2, 8, 8, 48)


def test_images_may_be_computed_from_other_inputs():
    x = ckeras.Input((40, 40, 1), name="gray")
    y = ckeras.layers.Concatenate()([x, x, x])
    model = ckeras.applications.MobileNet(weights=None, alpha=0.25, input_tensor=y, include_top=False, pooling="avg")
    assert [layer.name for layer in model.layers][:3] == ["gray", "concatenate", "conv1"]
    assert model.predict(module.numbers(0, (1, 40, 40, 1)), verbose=0).shape == (1, 256)
