"""Serialization, registration and files in small cases, as Keras has them (`tests/data/make_saving_behaviour.py`)."""

import json

import pytest
from reference import script

import ckeras

made = script("make_saving_behaviour")
KERAS = json.loads(made.VALUES.read_text())

# Both raise; the class is another, as all that is wrong with a file, a name or a JSON is one kind of error here.
OTHER_ERROR = {
    "deserialize numpy of nothing", "deserialize unsafe lambda of nothing", "activations.get unknown dict",
    "optimizers.get empty dict", "optimizers.deserialize nothing", "serialize by kind layer unknown", "load nothing",
    "a_custom_layer_that_is_not", "a_custom_loss_that_is_not_known", "a_custom_loss_function_that_is_not_known",
    "a_subclassed_model_that_is_not_known", "json of a layer", "save weights with unknown",
    "save weights with save_format", "editor of text", "editor of none",
}  # fmt: skip
# ckeras takes what Keras refuses or fails on: plain `.h5` files of weights, binary files, its own `.h5` files with a
# loss by name, names in custom objects without their package, classes without their module.
TAKEN = {
    "serialize dtype", "deserialize with custom objects class of a package", "losses.deserialize mse",
    "optimizers.deserialize adam", "serialize by kind layer from dict", "serialize by kind loss from_config",
    "load again h5", "to_a_binary_file", "a_custom_metric_class", "save weights to h5", "load weights of h5",
    "load weights h5 renamed", "load weights h5 renamed by name", "load weights h5 wider skipped",
    "load weights h5 wider by name skipped", "set_weights lists", "names_in_an_h5_file",
}  # fmt: skip
# Keras writes what it cannot read, returns a name that it does not know, or leaves an argument out of account.
REFUSED = {
    "serialize class", "serialize generator", "serialize module", "activations.deserialize nothing",
    "constraints.deserialize nothing", "initializers.deserialize nothing", "losses.deserialize nothing",
    "metrics.deserialize nothing", "regularizers.deserialize nothing", "save with save_format h5", "json of no model",
    "json of list",
}  # fmt: skip
# Keras loses the delta of Huber, the name of a registered lambda and the outer one of two scopes, and counts some
# weights twice; a lambda's parts have names here; custom objects come before shipped ones.
OTHER_VALUE = {
    "serialize type of numpy", "serialize registered function", "serialize_a_lambda", "round trip loss", "scopes_nest",
    "a_custom_object_shadows_a_shipped_one", "nested_custom_objects", "compiled by object", "compile config of object",
    "editor compare", "editor compare wider",
}  # fmt: skip


@pytest.mark.parametrize("name", made.CASES)
def test_a_case(name):
    ckeras.utils.clear_session(free_memory=False)  # numbers default names from the start, whatever ran before
    expected, found = KERAS[name], json.loads(json.dumps(made.outcome(ckeras, made.CASES[name])))
    kinds = ("error" in expected, "error" in found)
    if name in OTHER_ERROR:
        assert kinds == (True, True)
        assert found["error"] in ("ValueError", "TypeError", "OSError", "FileNotFoundError")
    elif name in TAKEN:
        assert kinds == (True, False), found
    elif name in REFUSED:
        assert kinds == (False, True)
        assert found["error"] in ("ValueError", "TypeError")
    elif name in OTHER_VALUE:
        assert kinds == (False, False)
        assert found != expected
    else:
        assert found == expected


def test_all_cases_are_there():
    assert set(KERAS) == set(made.CASES) and len(KERAS) >= 400
    assert set(made.CASES) >= OTHER_ERROR | TAKEN | REFUSED | OTHER_VALUE
