"""The public API compared with Keras 3.15's: the share of each namespace and differences. `-rP` prints the table."""

import api
import pytest

import ckeras

# Namespace -> the minimum share of its names, with those of the namespaces below it.
COMPLETE = {
    **dict.fromkeys(
        [
            "keras.activations", "keras.applications", "keras.config", "keras.constraints", "keras.datasets",
            "keras.initializers",
            "keras.losses", "keras.metrics", "keras.models", "keras.optimizers", "keras.random", "keras.regularizers",
            "keras.saving", "keras.tree", "keras.wrappers", "keras.utils", "keras.visualization", "keras.wrappers",
        ],
        1.0,
    ),
    "keras.backend": 0.95,
    "keras.callbacks": 1.0,
    "keras.export": 1.0,
    "keras.ops": 0.95,
    "keras.preprocessing": 1.0,
    "keras.quantizers": 1.0,
}  # fmt: skip


@pytest.mark.parametrize("namespace", COMPLETE)
def test_names_parameters_and_defaults(namespace):
    names = api.names(namespace, below=True)
    of_layers = api.differences("keras.layers.Layer")  # what it has not yet counts there
    found = {
        name: [line for line in api.differences(name) if line not in of_layers or not _is_layer(name)] for name in names
    }
    absent = [name for name, lines in found.items() if lines == ["absent"]]
    print(f"{namespace}: {len(names) - len(absent)} of {len(names)}, absent: {', '.join(absent) or 'none'}")
    assert len(names) - len(absent) >= COMPLETE[namespace] * len(names)
    assert {name: lines for name, lines in found.items() if lines and name not in absent} == {}


def test_names_of_the_package():
    found = {name: api.differences(name) for name in api.names("keras")}
    assert len(found) == 24 and {name: lines for name, lines in found.items() if lines} == {}


def _is_layer(name):
    value = api.found(name)
    return isinstance(value, type) and issubclass(value, ckeras.layers.Layer)


def _is_layer_of_images(name):
    return _is_layer(name) and api.found(name).__module__.startswith("ckeras.layers.preprocessing.image.")


# Layers of Keras that ckeras has not: those that wrap models of other libraries.
ABSENT_LAYERS = 4
LAYERS = {
    name: [f"no method {method}" for method in methods]  # helpers of Keras's preprocessing layers
    for name, methods in {
        "keras.layers.CategoryEncoding": ["convert_weight"],
        "keras.layers.Discretization": ["convert_weight"],
        "keras.layers.Normalization": ["convert_weight", "finalize_state"],
        "keras.layers.Rescaling": ["convert_weight"],
        "keras.layers.MelSpectrogram": ["convert_weight"],
        "keras.layers.RandomElasticTransform": ["convert_weight", "get_elastic_transform_params"],
        "keras.layers.RandomShear": ["convert_weight", "get_shifted_bbox", "get_transformed_x_y"],
        "keras.layers.RandomTranslation": ["convert_weight", "get_shifted_bbox", "get_transformed_x_y"],
        "keras.layers.RandomZoom": ["convert_weight", "get_clipped_bbox", "get_transformed_x_y"],
    }.items()
}  # fmt: skip


def test_layers():
    """Parameters and defaults of layers; what `Layer` itself has not yet counts once, not for each of them."""
    of_all = set(api.differences("keras.layers.Layer"))
    found = {name: api.differences(name) for name in api.names("keras.layers")}
    absent = [name for name, lines in found.items() if lines == ["absent"]]
    print(f"keras.layers: {len(found) - len(absent)} of {len(found)}, absent: {', '.join(absent)}")
    assert len(absent) <= ABSENT_LAYERS
    own = {name: [line for line in lines if line not in of_all] for name, lines in found.items() if name not in absent}
    of_images = {name: ["no method convert_weight"] for name in own if _is_layer_of_images(name)}
    assert {name: lines for name, lines in own.items() if lines} == of_images | LAYERS


def test_a_difference_is_seen():
    """The comparison itself: what is absent, of another kind, or has other parameters is reported."""
    known = api.SYMBOLS["keras.optimizers.SGD"]
    assert api.differences("keras.optimizers.SGD") == []
    other = {**known, "methods": [*known["methods"], "fly"], "signature": [dict(p) for p in known["signature"]]}
    other["signature"][0]["default"] = "0.5"
    other["signature"].append({"name": "wings", "kind": "KEYWORD_ONLY", "default": "2"})
    api.SYMBOLS["keras.optimizers.SGD"] = other
    try:
        lines = api.differences("keras.optimizers.SGD")
    finally:
        api.SYMBOLS["keras.optimizers.SGD"] = known
    assert lines == ["no method fly", "the default of learning_rate is 0.01, not 0.5", "no parameter wings"]
