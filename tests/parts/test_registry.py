"""The registry: registering, looking up, nearest names, custom objects, and what it loads."""

import subprocess
import sys
import threading

import pytest

from ckeras import (
    activations,
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    registry,
    regularizers,
    saving,
)


@pytest.fixture
def table():
    """The table of losses, and what it was afterwards."""
    before = dict(registry.losses._registered), dict(registry.losses._name_of)
    yield registry.losses
    registry.losses._registered, registry.losses._name_of = before


def distance(y_true, y_pred):
    return y_true - y_pred


class Distance(losses.Loss):
    def __init__(self, power=1, name=None, reduction="sum_over_batch_size"):
        super().__init__(name=name, reduction=reduction)
        self.power = power

    def call(self, y_true, y_pred):
        return abs(y_true - y_pred) ** self.power

    def get_config(self):
        return {**super().get_config(), "power": self.power}


def test_register_under_its_own_name(table):
    assert table.register(distance) is distance
    assert table.resolve("distance") is distance
    assert losses.get("distance") is distance
    assert "distance" in table
    assert "distance" in table.names()


def test_decorator_with_and_without_names(table):
    assert table("far", "very_far")(distance) is distance
    assert table.resolve("far") is table.resolve("very_far") is distance
    assert "distance" not in table

    @table
    def nearby(y_true, y_pred):
        return y_true

    assert table.resolve("nearby") is nearby


def test_a_shipped_name_is_not_replaced_silently(table):
    with pytest.raises(ValueError) as error:
        table.register(distance, "own", "mse")
    assert "test_registry.distance" in str(error.value)
    assert "ckeras.losses.regression.mean_squared_error" in str(error.value)
    assert table.resolve("mse") is losses.mean_squared_error
    assert "own" not in table
    table.register(distance, "mse", override=True)
    assert losses.get("mse") is distance
    table.unregister("mse")
    assert losses.get("mse") is losses.mean_squared_error


def test_a_registered_name_is_not_replaced_silently(table):
    table.register(distance, "far")
    table.register(distance, "far")
    with pytest.raises(ValueError, match=r"Distance as loss 'far': the name belongs to .*distance"):
        table.register(Distance, "far")


@pytest.mark.parametrize(("obj", "names"), [(3, ("three",)), (distance, (3,)), (distance, ("",))])
def test_what_cannot_be_registered(table, obj, names):
    with pytest.raises(TypeError):
        table.register(obj, *names)


def test_a_config_holds_a_name_that_is_still_there(table):
    table("far", "very_far")(distance)
    assert losses.serialize(distance)["config"] == "far"
    table.unregister("far")
    assert losses.serialize(distance)["config"] == "very_far"
    table("very_far", override=True)(Distance)
    assert losses.serialize(distance)["config"] == "distance"
    assert losses.serialize(Distance())["registered_name"] == "very_far"


def test_unknown_name_lists_the_nearest():
    with pytest.raises(ValueError) as error:
        registry.losses.resolve("meen_squared_error")
    assert str(error.value).startswith("Unknown loss 'meen_squared_error'; the nearest names are 'mean_squared_error'")
    assert registry.losses.nearest("MSE")[0] in ("mse", "MSE")
    with pytest.raises(ValueError, match=r"registry.losses.names\(\)"):
        registry.losses.resolve("§§§")


def test_nearest_names_each_part_once():
    names = registry.activations.nearest("hard_swsh")
    parts = [registry.activations.resolve(name) for name in names]
    assert len(parts) == len(set(parts))


def test_own_class_round_trip(table):
    table("distance_loss")(Distance)
    config = losses.serialize(Distance(power=2, name="d"))
    assert config["class_name"] == "Distance"
    assert config["registered_name"] == "distance_loss"
    twin = losses.deserialize(config)
    assert type(twin) is Distance
    assert twin.power == 2
    assert type(losses.get("distance_loss")) is Distance


class OwnLayer(layers.Layer):
    pass


class OwnMetric(metrics.Mean):
    pass


class OwnOptimizer(optimizers.SGD):
    pass


class OwnSchedule(optimizers.schedules.LearningRateSchedule):
    def get_config(self):
        return {}


class OwnInitializer(initializers.Ones):
    pass


class OwnRegularizer(regularizers.L2):
    pass


class OwnConstraint(constraints.NonNeg):
    pass


class OwnActivation:
    def __call__(self, x):
        return x

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


OWN = {
    "layers": OwnLayer,
    "activations": OwnActivation,
    "losses": Distance,
    "metrics": OwnMetric,
    "optimizers": OwnOptimizer,
    "schedules": OwnSchedule,
    "initializers": OwnInitializer,
    "regularizers": OwnRegularizer,
    "constraints": OwnConstraint,
}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("way", ["table", "serializable"])
def test_each_table_round_trip(custom, name, way):
    table, cls = registry.TABLES[name], OWN[name]
    if way == "table":
        assert table("own_part")(cls) is cls
        known = "own_part"
    else:
        registry.register_keras_serializable("mine")(cls)
        known = f"mine>{cls.__name__}"
    try:
        assert table.resolve(known) is cls
        for config in (table.serialize(cls()), saving.serialize_keras_object(cls())):
            assert config["registered_name"] == known
            assert type(table.deserialize(config)) is type(saving.deserialize_keras_object(config)) is cls
        assert type(table.deserialize(known)) is cls
    finally:
        table.unregister("own_part")


def test_callbacks_are_registered_too():
    @registry.callbacks("own_callback")
    class Own(callbacks.Callback):
        pass

    assert type(registry.callbacks.get("own_callback")) is Own
    assert {"History", "lambda_callback"} <= set(registry.callbacks.names())
    registry.callbacks.unregister("own_callback")


def test_own_function_round_trip(table):
    table("far")(distance)
    assert losses.deserialize(losses.serialize(distance)) is distance


def test_custom_objects_come_first():
    config = losses.serialize(Distance(power=3))
    with pytest.raises(ValueError, match="Unknown loss 'Distance'"):
        losses.deserialize(config)
    assert losses.deserialize(config, custom_objects={"Distance": Distance}).power == 3
    with registry.custom_object_scope({"Distance": Distance, "mse": distance}):
        assert losses.deserialize(config).power == 3
        assert losses.get("mse") is distance
    assert losses.get("mse") is losses.mean_squared_error


def test_scopes_nest_and_belong_to_a_thread():
    seen = []
    with registry.CustomObjectScope({"mse": distance}):
        with registry.CustomObjectScope({"mse": Distance}):
            assert registry.losses.resolve("mse") is Distance
        assert registry.losses.resolve("mse") is distance
        thread = threading.Thread(target=lambda: seen.append(registry.losses.resolve("mse")))
        thread.start()
        thread.join()
    assert seen == [losses.mean_squared_error]


def test_scope_ends_with_an_error():
    with pytest.raises(RuntimeError), registry.CustomObjectScope({"mse": distance}):
        raise RuntimeError
    assert registry.losses.resolve("mse") is losses.mean_squared_error


def test_register_keras_serializable(custom):
    registered = registry.register_keras_serializable("my_package", "Far")(Distance)
    assert registered is Distance
    assert registry.get_registered_name(Distance) == "my_package>Far"
    assert registry.get_registered_object("my_package>Far") is Distance
    config = losses.serialize(Distance(power=4))
    assert config["registered_name"] == "my_package>Far"
    assert losses.deserialize(config).power == 4


def test_registered_function_round_trip(custom):
    registry.register_keras_serializable()(distance)
    config = losses.serialize(distance)
    assert config["config"] == "Custom>distance"
    assert losses.deserialize(config) is distance


def test_registering_a_class_without_get_config(custom):
    class Plain:
        pass

    with pytest.raises(ValueError, match="get_config"):
        registry.register_keras_serializable()(Plain)


def test_get_registered_object_searches_its_arguments():
    assert registry.get_registered_object("a") is None
    assert registry.get_registered_object("a", custom_objects={"a": 1}, module_objects={"a": 2}) == 1
    assert registry.get_registered_object("a", module_objects={"a": 2}) == 2
    assert registry.get_registered_name(distance) == "distance"


def test_get_custom_objects(custom):
    registry.get_custom_objects()["far"] = distance
    assert losses.get("far") is distance
    assert activations.get("far") is distance


@pytest.mark.parametrize("config", [{}, {"config": {}}, 3])
def test_configs_without_a_class_name(config):
    with pytest.raises(ValueError, match="class_name"):
        losses.deserialize(config)


@pytest.mark.parametrize(
    ("module", "table"),
    [
        ("keras.losses", registry.losses),
        ("keras.src.losses.losses", registry.losses),
        ("ckeras.metrics", registry.metrics),
        ("keras.optimizers.schedules", registry.schedules),
        ("keras.optimizers", registry.optimizers),
        ("builtins", None),
        ("losses", None),
        (None, None),
    ],
)
def test_table_of_a_module(module, table):
    assert registry.table_of(module) is table


def test_a_config_says_which_table_it_is_for():
    config = {"module": "keras.metrics", "class_name": "MeanSquaredError", "config": {}, "registered_name": None}
    assert type(losses.deserialize(config)) is metrics.MeanSquaredError


def test_importing_the_registry_imports_no_parts():
    code = (
        "import sys; from ckeras import registry; "
        "parts = [m for m in sys.modules if m.split('.')[1:2] in (['losses'], ['optimizers'], ['layers'])]; "
        "assert not parts, parts; "
        "registry.losses.resolve('mse'); assert 'ckeras.losses' in sys.modules; "
        "assert 'ckeras.optimizers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_class_is_serialized_as_an_object_of_it():
    assert registry.losses.serialize(losses.Huber) == registry.losses.serialize(losses.Huber())


def test_layers_deserialize_refuses_what_is_no_layer():
    config = {"module": "keras.losses", "class_name": "MeanSquaredError", "config": {}, "registered_name": None}
    with pytest.raises(ValueError, match=r"the config of a layer, got that of ckeras.*MeanSquaredError"):
        layers.deserialize(config)


def test_a_layer_s_name_loads_that_layer_alone():
    code = (
        "import sys; from ckeras import registry\n"
        "assert registry.layers.resolve('Dense').__name__ == 'Dense'\n"
        "assert 'ckeras.layers.convolutional.conv' not in sys.modules\n"
        "assert registry.layers.resolve('max_pooling2d').__name__ == 'MaxPooling2D'\n"
        "assert registry.layers.resolve('Convolution2D').__name__ == 'Conv2D'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
