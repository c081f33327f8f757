"""Objects to configs and back: every kind of value, bad configs, lambdas, custom objects."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

import ckeras as keras
from ckeras import registry
from ckeras.saving import deserialize_keras_object, serialize_keras_object


class Point:
    def __init__(self, x, y=None):
        self.x, self.y = x, y

    def get_config(self):
        return {"x": self.x, "y": self.y}

    @classmethod
    def from_config(cls, config):
        return cls(**{key: deserialize_keras_object(value) for key, value in config.items()})


class Dense(keras.layers.Layer):
    """A layer of a user's that is called like one of Keras."""


def triple(x):
    return 3 * x


# Values


@pytest.mark.parametrize("value", [None, True, 0, -3, 2.5, float("inf"), "", "text", b"", b"bytes", slice(None), ...])
def test_plain_values_come_back(value):
    again = deserialize_keras_object(serialize_keras_object(value))
    assert again == value and type(again) is type(value)


@pytest.mark.parametrize("value", [slice(1, None, 2), slice(np.int64(3), 4), slice("a", (1, 2))])
def test_slices_come_back(value):
    again = deserialize_keras_object(serialize_keras_object(value))
    assert (again.start, again.step) == (value.start, value.step)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "int64", "uint8", "bool", "complex64"])
@pytest.mark.parametrize("shape", [(0,), (1,), (2, 3), (2, 0, 1)])
def test_arrays_come_back(dtype, shape):
    array = (np.random.default_rng(0).random(shape) * 3).astype(dtype)
    again = deserialize_keras_object(serialize_keras_object(array))
    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again.reshape(shape), array)


def test_nan_and_inf_come_back():
    array = np.array([np.nan, np.inf, -np.inf, -0.0], "float32")
    again = deserialize_keras_object(serialize_keras_object(array))
    np.testing.assert_array_equal(np.signbit(again), np.signbit(array))
    np.testing.assert_array_equal(again, array)


def test_scalars_of_numpy_become_numbers():
    assert serialize_keras_object([np.float64(1.5), np.int8(3), np.bool_(True), np.array(2.0), np.str_("a")]) == [
        1.5, 3, True, 2.0, "a"
    ]  # fmt: skip
    assert type(serialize_keras_object(np.float64(1.5))) is float


@pytest.mark.parametrize("dtype", [np.float32, np.dtype("float32"), np.array(0, "float32").dtype])
def test_dtypes_become_names(dtype):
    assert serialize_keras_object(dtype) == "float32"


def test_tensors_come_back():
    tensor = keras.ops.convert_to_tensor([[1.0, 2.0]], dtype="float64")
    again = deserialize_keras_object(serialize_keras_object(tensor))
    assert isinstance(again, keras.Tensor) and (again.shape, again.dtype) == ((1, 2), "float64")
    symbolic = deserialize_keras_object(serialize_keras_object(keras.Input((3,), dtype="int32")))
    assert isinstance(symbolic, keras.KerasTensor) and (symbolic.shape, symbolic.dtype) == ((None, 3), "int32")


def test_structures_are_followed():
    value = {"a": [1, (2, np.ones(2))], "b": {"c": keras.regularizers.L2(0.5), "d": [keras.activations.relu]}}
    config = serialize_keras_object(value)
    assert isinstance(config["a"][1], tuple)
    again = deserialize_keras_object(config)
    assert again["a"][1][0] == 2 and again["b"]["c"].l2 == 0.5 and again["b"]["d"] == [keras.activations.relu]


@pytest.mark.parametrize(
    "value", [{1}, 1j, object(), range(3), np.tanh, keras.layers.Dense, Point, [object()], "".join, keras.ops]
)
def test_what_has_no_config_is_refused(value):
    with pytest.raises(TypeError, match=r"Cannot serialize .*: expected a plain value or an object with"):
        serialize_keras_object(value)


def test_a_variable_is_refused():
    with pytest.raises(TypeError, match="Variable"):
        serialize_keras_object(keras.Variable(1.0))


def test_a_config_that_is_no_dict_is_refused():
    with pytest.raises(TypeError, match=r"Expected get_config\(\) of .* to give a dict, got \[1\]"):
        serialize_keras_object(SimpleNamespace(get_config=lambda: [1]))


# Classes and functions


def test_an_object_of_a_user_is_found_among_custom_objects(custom):
    config = serialize_keras_object(Point(keras.regularizers.L1(0.5), np.arange(2)))
    assert (config["module"], config["class_name"], config["registered_name"]) == (__name__, "Point", "Point")
    assert config["config"]["y"]["class_name"] == "__numpy__"
    with pytest.raises(TypeError, match=rf"class 'Point' of module '{__name__}': register it"):
        deserialize_keras_object(config)
    for again in (
        deserialize_keras_object(config, custom_objects={"Point": Point}),
        deserialize_keras_object(config, module_objects={"Point": Point}),
    ):
        assert again.x.l1 == 0.5 and again.y.tolist() == [0, 1]
    with keras.saving.custom_object_scope({"Point": Point}):
        assert type(deserialize_keras_object([config])[0]) is Point
    keras.saving.register_keras_serializable("mine")(Point)
    config = serialize_keras_object(Point(1))
    assert config["registered_name"] == "mine>Point"
    assert type(deserialize_keras_object(config)) is Point


def test_custom_objects_reach_what_a_config_holds(custom):
    config = serialize_keras_object(Point(Point(triple)))
    again = deserialize_keras_object(config, custom_objects={"Point": Point, "triple": triple})
    assert again.x.x is triple


def test_a_class_of_a_user_is_not_taken_for_one_of_keras():
    config = serialize_keras_object(Dense(name="d"))
    assert config["module"] == __name__
    for read in (deserialize_keras_object, keras.layers.deserialize):
        with pytest.raises((TypeError, ValueError), match="Dense"):
            read(config)
    assert type(keras.layers.deserialize(config, custom_objects={"Dense": Dense})) is Dense


def test_a_class_registered_in_a_table_is_found(custom):
    registry.layers("my_dense")(Dense)
    try:
        config = serialize_keras_object(Dense(name="d"))
        assert config["registered_name"] == "my_dense"
        assert type(deserialize_keras_object(config)) is Dense
        assert type(keras.layers.deserialize(config)) is Dense
    finally:
        registry.layers.unregister("my_dense")


def test_a_name_is_read_as_text_unless_it_is_known():
    assert deserialize_keras_object("relu") == "relu"
    assert deserialize_keras_object("triple", custom_objects={"triple": triple}) is triple
    assert deserialize_keras_object("triple", module_objects={"triple": triple}) is triple


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "function", "config": "relu", "module": "builtins", "registered_name": "function"},
        {"class_name": "function", "config": "relu", "module": "builtins"},
        {"class_name": "function", "config": "relu", "module": "keras.activations", "registered_name": "relu"},
        {"class_name": "function", "config": "relu"},
    ],
)
def test_functions_of_keras(config):
    assert deserialize_keras_object(config) is keras.activations.relu
    assert keras.activations.deserialize(config) is keras.activations.relu


def test_a_function_that_lost_its_package_is_found(custom):
    keras.saving.register_keras_serializable("mine")(triple)
    config = {"class_name": "function", "config": "triple", "module": "builtins", "registered_name": "function"}
    assert deserialize_keras_object(config) is triple


@pytest.mark.parametrize(
    "module", ["keras.layers", "keras.src.layers.core.dense", "ckeras.layers", "keras.src.layers", "keras.layers.core"]
)
def test_modules_of_keras(module):
    config = {"class_name": "Dense", "config": {"units": 3}, "module": module}
    assert type(deserialize_keras_object(config)) is keras.layers.Dense


@pytest.mark.parametrize(
    "module", ["keras", "keras.models", "keras.src.models.sequential", "keras.src.engine.sequential"]
)
def test_modules_of_models(module):
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": []}, "module": module}
    assert type(deserialize_keras_object(config)) is keras.Sequential


def test_a_registered_name_for_a_class_of_keras_is_refused():
    config = {"class_name": "Dense", "config": {"units": 3}, "module": "keras.layers", "registered_name": "mine>Dense"}
    with pytest.raises(ValueError, match=r"Nothing is registered as 'mine>Dense'"):
        deserialize_keras_object(config)
    assert type(deserialize_keras_object({**config, "registered_name": "Dense"})) is keras.layers.Dense


@pytest.mark.parametrize(
    ("config", "error", "said"),
    [
        (object(), TypeError, "Expected a config of plain values, got"),
        (1j, TypeError, "Expected a config of plain values, got 1j of type complex"),
        ({"class_name": "Dense", "config": 3, "module": "keras.layers"}, TypeError, "to be a dict, got 3 of type int"),
        (
            {"class_name": "Dense", "config": {"unit": 3}, "module": "keras.layers"},
            TypeError,
            "its config, which has unit: ",
        ),
        ({"class_name": "Dense", "config": {}, "module": "keras.layers"}, TypeError, "units"),
        ({"class_name": "Nope", "config": {}, "module": "keras.layers"}, ValueError, "no class 'Nope' in keras.layers"),
        ({"class_name": 3, "config": {}}, TypeError, "Expected 'class_name' of a config to be a string, got 3"),
        ({"class_name": [], "config": {}}, TypeError, "Expected 'class_name'"),
        ({"class_name": "A", "config": {}, "module": 3}, TypeError, "Expected 'module'"),
        ({"class_name": "A", "config": {}, "registered_name": {}}, TypeError, "Expected 'registered_name'"),
        ({"class_name": "Nope", "config": {}}, TypeError, "Cannot find the class 'Nope' of module None"),
        ({"class_name": "function", "config": {}, "module": "builtins"}, TypeError, "function to be its name, got {}"),
        ({"class_name": "function", "config": "nope", "module": "builtins"}, TypeError, "the function 'nope'"),
        ({"class_name": "function", "config": "system", "module": "os"}, TypeError, "of module 'os'"),
        ({"class_name": "Popen", "config": {"args": "x"}, "module": "subprocess"}, TypeError, "of module 'subprocess'"),
        ({"class_name": "function", "config": "set_random_seed", "module": "keras.utils"}, ValueError, "keras.utils"),
        ({"class_name": "Progbar", "config": {"target": 1}, "module": "keras.utils"}, ValueError, "no class 'Progbar'"),
        ({"class_name": "__numpy__", "config": {"value": [1], "dtype": "nope"}}, TypeError, "of '__numpy__'"),
        ({"class_name": "__numpy__", "config": {"value": [[1], 2], "dtype": "int8"}}, TypeError, "of '__numpy__'"),
        ({"class_name": "__tensor__", "config": None}, TypeError, "of '__tensor__'"),
        ({"class_name": "__slice__", "config": {}}, TypeError, "of '__slice__'"),
        ({"class_name": "__bytes__", "config": {"value": 3}}, TypeError, "of '__bytes__'"),
    ],
)
def test_bad_configs(config, error, said):
    with pytest.raises(error) as raised:
        deserialize_keras_object(config)
    assert said in str(raised.value)


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError, match="got unknown arguments: 'printable_module_name'"):
        deserialize_keras_object({}, printable_module_name="layer")


@pytest.mark.parametrize("config", [{"class_name": "x"}, {"config": {}}, {"a": {"class_name": None}}, {}])
def test_other_dicts_come_back_as_they_are(config):
    assert deserialize_keras_object(config) == config


# Built and compiled


def test_a_layer_that_was_built_is_built_again():
    layer = keras.layers.Dense(2)
    assert "build_config" not in serialize_keras_object(layer)
    layer.build((None, 3))
    again = deserialize_keras_object(serialize_keras_object(layer))
    assert again.built and again.kernel.shape == (3, 2)


def test_what_was_compiled_is_compiled_again():
    class Compiled(Point):
        def get_compile_config(self):
            return {"optimizer": keras.optimizers.SGD(0.5)}

        def compile_from_config(self, config):
            self.optimizer = keras.optimizers.get(config["optimizer"])

    again = deserialize_keras_object(serialize_keras_object(Compiled(1)), custom_objects={"Compiled": Compiled})
    assert float(again.optimizer.learning_rate) == 0.5


# Lambdas


@pytest.fixture
def factor_two():
    factor = 2.0
    with pytest.warns(UserWarning, match="A lambda is saved"):
        return serialize_keras_object({"fn": lambda x, shift=1.0: ops.square(x) * factor + shift})  # noqa: F821


def test_lambdas_are_refused_in_safe_mode(factor_two):
    with pytest.raises(ValueError, match=r"pass safe_mode=False or call keras\.config\."):
        deserialize_keras_object(factor_two)
    assert float(deserialize_keras_object(factor_two, safe_mode=False)["fn"](3.0)) == 19.0


def test_a_lambda_with_a_name_in_the_registry_is_saved_by_it():
    double = registry.activations("double_of_tests")(lambda x: 2 * x)
    try:
        config = serialize_keras_object(double)
        assert config["config"] == "double_of_tests"
        assert deserialize_keras_object(config) is double
    finally:
        registry.activations.unregister("double_of_tests")


def test_safe_mode_reaches_what_a_config_holds():
    with pytest.warns(UserWarning, match="A lambda is saved"):
        config = serialize_keras_object(keras.layers.Dense(1, activation=lambda x: x + 1))
    with pytest.raises(ValueError, match="safe_mode=False"):
        deserialize_keras_object(config)
    with pytest.raises(ValueError, match="safe_mode=False"):
        keras.layers.deserialize(config)
    assert deserialize_keras_object(config, safe_mode=False).activation(2) == 3
    with pytest.raises(ValueError, match="safe_mode=False"):  # it was for that call alone
        deserialize_keras_object(config)


def test_unsafe_deserialization_is_for_the_whole_process(factor_two, monkeypatch):
    monkeypatch.setitem(keras.config._settings, "safe_mode", True)
    keras.config.enable_unsafe_deserialization()
    found = []
    thread = threading.Thread(target=lambda: found.append(deserialize_keras_object(factor_two)["fn"](0.0)))
    thread.start()
    thread.join()
    assert [float(value) for value in found] == [1.0]


@pytest.mark.parametrize("value", ["", "!!", ["AAAA", None, None], [3], None, ["4wAA", 3, 3]])
def test_what_is_no_lambda(value):
    with pytest.raises(TypeError, match="Expected a lambda saved by this version of Python"):
        deserialize_keras_object({"class_name": "__lambda__", "config": {"value": value}}, safe_mode=False)


@pytest.mark.filterwarnings("ignore:A lambda is saved")
def test_the_parts_of_a_lambda():
    three = 3.0
    config = serialize_keras_object(lambda x, factor=2.0: factor * x + three)
    parts = config["config"]
    assert (
        parts.keys() == {"code", "defaults", "closure"} and parts["defaults"] == (2.0,) and parts["closure"] == (3.0,)
    )
    older = {"class_name": "__lambda__", "config": {"value": [parts["code"], [2.0], [3.0]]}}
    for each in (config, older):
        assert deserialize_keras_object(each, safe_mode=False)(1.0) == 5.0


# Names


def test_the_names_are_those_of_the_registry():
    files = {"KerasFileEditor", "export_weights", "load_model", "load_weights", "save_model", "save_weights"}
    for name in set(keras.saving.__all__) - files:
        assert getattr(keras.utils, name) is getattr(keras.saving, name)
    assert keras.saving.CustomObjectScope is registry.CustomObjectScope
