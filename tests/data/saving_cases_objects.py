"""Cases of `make_saving_behaviour.py`: objects to configs and back, names, registration, scopes."""

import threading

import numpy as np

CASES = {}


def case(function):
    """Decorator of a case, which gets the module of Keras or ckeras."""
    CASES[function.__name__] = function
    return function


def cases(name, function, values):
    """Add a case for each of some values, which a function gets besides the module."""
    for label, value in values.items() if isinstance(values, dict) else ((str(value), value) for value in values):
        CASES[f"{name} {label}"] = lambda k, value=value: function(k, value)


def evaluated(k, value):
    """A value, or what a function of the module gives."""
    return value(k) if callable(value) and getattr(value, "__name__", "") == "<lambda>" else value


def custom(k, name="Mine", package=None, **members):
    """A layer class of a user, registered if there is a package."""

    class Made(k.layers.Layer):
        def __init__(self, factor=2.0, inner=None, **kwargs):
            super().__init__(**kwargs)
            self.factor, self.inner = factor, inner

        def call(self, x):
            return x * self.factor

        def get_config(self):
            return {**super().get_config(), "factor": self.factor, "inner": self.inner}

    Made.__name__ = Made.__qualname__ = name
    return k.saving.register_keras_serializable(package, name)(Made) if package else Made


def named(x):
    """A function of a user."""
    return x


class Plain:
    """A class without get_config."""


class WithConfig:
    """A class with get_config and from_config."""

    def __init__(self, a=1):
        self.a = a

    def get_config(self):
        return {"a": self.a}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def tagged(kind, **config):
    return {"class_name": f"__{kind}__", "config": config}


def config_of(module, name, registered=None, /, **config):
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


# -- to configs

cases(
    "serialize",
    lambda k, value: k.saving.serialize_keras_object(evaluated(k, value)),
    {
        "none": None,
        "true": True,
        "int": 3,
        "float": 2.5,
        "infinity": float("inf"),
        "text": "relu",
        "empty": "",
        "bytes": b"abc",
        "list": [1, [2, None]],
        "tuple": (1, (2, 3)),
        "dict": {"a": {"b": 1}},
        "dict of int": {1: "a"},
        "slice": slice(1, None, 2),
        "slice of slices": slice(None),
        "ellipsis": ...,
        "float32": np.float32(0.5),
        "int64": np.int64(3),
        "bool of numpy": np.bool_(True),
        "array": np.arange(3, dtype="int16"),
        "scalar array": np.array(2.5),
        "empty array": np.zeros((0, 2)),
        "dtype": np.dtype("float32"),
        "type of numpy": np.float32,
        "tensor": lambda k: k.ops.convert_to_tensor([1.0, 2.0]),
        "function": named,
        "activation": lambda k: k.activations.relu,
        "loss function": lambda k: k.losses.mean_squared_error,
        "metric function": lambda k: k.metrics.binary_accuracy,
        "regularizer": lambda k: k.regularizers.L1L2(0.1, 0.2),
        "policy": lambda k: k.dtype_policies.DTypePolicy("mixed_float16"),
        "quantized policy": lambda k: k.dtype_policies.QuantizedDTypePolicy("int8", "float32"),
        "schedule": lambda k: k.optimizers.schedules.CosineDecay(0.1, 10),
        "optimizer of schedule": lambda k: k.optimizers.SGD(
            k.optimizers.schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2, 0.3]), name="s"
        ),
        "scaled optimizer": lambda k: k.optimizers.LossScaleOptimizer(k.optimizers.SGD(name="i"), name="o"),
        "object with config": WithConfig(3),
        "object without": Plain(),
        "class": Plain,
        "class with config": WithConfig,
        "set": {1, 2},
        "complex": 1j,
        "generator": (i for i in range(2)),
        "object": object(),
        "module": np,
        "layer class": lambda k: k.layers.Dense,
        "list of a set": [{1}],
        "custom layer": lambda k: custom(k)(3.0, name="m", dtype="float32"),
        "registered layer": lambda k: custom(k, package="pkg")(3.0, name="m", dtype="float32"),
        "layer in a layer": lambda k: custom(k, package="pkg")(
            inner=k.layers.Dense(2, name="d", dtype="float32"), name="m", dtype="float32"
        ),
        "layer of a policy": lambda k: k.layers.Flatten(name="f", dtype="mixed_bfloat16"),
        "registered function": lambda k: k.saving.register_keras_serializable("pkg", "fn")(lambda x: x),
        "wrapper": lambda k: k.layers.TimeDistributed(k.layers.Flatten(name="f"), name="t"),
        "bytes not text": b"\xff",
    },
)


@case
def serialize_a_lambda(k):
    config = k.saving.serialize_keras_object(lambda x: x)
    return [config["class_name"], sorted(config["config"])]


@case
def serialize_a_symbolic_tensor(k):
    config = k.saving.serialize_keras_object(k.Input((3,), name="x", dtype="int32"))
    return [config["class_name"], sorted(config["config"]), config["config"]["shape"], config["config"]["dtype"]]


# -- and back

READ = {
    "none": None,
    "int": 3,
    "text": "relu",
    "list": [1, "a"],
    "tuple": (1, 2),
    "dict": {"a": [1]},
    "set": {1},
    "object": object(),
    "bytes": tagged("bytes", value="abc"),
    "slice": tagged("slice", start=1, stop=None, step=2),
    "ellipsis": {"class_name": "__ellipsis__", "config": {}},
    "numpy": tagged("numpy", value=[1, 2], dtype="int8"),
    "tensor": tagged("tensor", value=[1.0], dtype="float32"),
    "numpy of nothing": tagged("numpy"),
    "no class": {"config": {}},
    "no config": {"class_name": "Dense"},
    "class that is no text": {"class_name": 3, "config": {}},
    "unknown class": config_of("keras.layers", "Nothing"),
    "unknown module": config_of("nowhere", "Thing"),
    "module os": config_of("os", "system", command="true"),
    "own module": config_of("__main__", "Thing"),
    "no such argument": config_of("keras.layers", "Flatten", nothing=1),
    "argument of a wrong type": config_of("keras.layers", "Dense", units="many"),
    "config that is a list": {"module": "keras.layers", "class_name": "Dense", "config": [1], "registered_name": None},
    "config that is none": {"module": "keras.layers", "class_name": "Flatten", "config": None, "registered_name": None},
    "activation": config_of("builtins", "function", "function") | {"config": "relu"},
    "unknown function": config_of("builtins", "function", "function") | {"config": "nothing"},
    "regularizer": config_of("keras.regularizers", "L2", l2=0.5),
    "registered unknown": config_of(None, "Mine", "pkg>Mine"),
    "layer": config_of("keras.layers", "Flatten", name="f"),
    "old layer": {"class_name": "Flatten", "config": {"name": "f"}},
    "layer of another module": config_of("keras.losses", "Flatten", name="f"),
    "policy": config_of("keras", "DTypePolicy", name="mixed_float16"),
    "unknown policy": config_of("keras", "DTypePolicy", name="float1"),
    "file function": config_of("keras.utils", "get_file", fname="a", origin="http://localhost/a"),
    "unsafe switch": config_of("keras.config", "enable_unsafe_deserialization"),
    "load_model": config_of("keras.models", "load_model", filepath="a.keras"),
    "nested": {"a": [config_of("keras.regularizers", "L1", l1=0.5), {"b": tagged("bytes", value="x")}]},
    "build config": config_of("keras.layers", "Dense", units=2, name="d")
    | {"build_config": {"input_shape": [None, 3]}},
    "lambda": tagged("lambda", code="AAAA", defaults=None, closure=None),
    "module with a path": config_of("keras.src.layers.reshaping.flatten", "Flatten", name="f"),
    "shared object": config_of("keras.layers", "Flatten", name="f") | {"shared_object_id": 3},
}
cases("deserialize", lambda k, config: k.saving.deserialize_keras_object(config), READ)
cases(
    "deserialize unsafe",
    lambda k, config: k.saving.deserialize_keras_object(config, safe_mode=False),
    {"lambda of nothing": tagged("lambda", code="AAAA", defaults=None, closure=None), "layer": READ["layer"]},
)
cases(
    "deserialize with custom objects",
    lambda k, config: k.saving.deserialize_keras_object(config, custom_objects={"Mine": WithConfig, "fn": named}),
    {
        "class": config_of(None, "Mine", "Mine", a=5),
        "class of a package": config_of(None, "Mine", "pkg>Mine", a=5),
        "name": "Mine",
        "function": config_of("builtins", "function", "function") | {"config": "fn"},
        "other": "other",
        "nested": [config_of(None, "Mine", "Mine", a=5)],
        "wrong": config_of(None, "Mine", "Mine", b=5),
    },
)
cases(
    "round trip",
    lambda k, make: k.saving.serialize_keras_object(
        k.saving.deserialize_keras_object(k.saving.serialize_keras_object(make(k)))
    ),
    {
        "policy": lambda k: k.dtype_policies.DTypePolicy("float64"),
        "map of policies": lambda k: k.dtype_policies.DTypePolicyMap(
            k.dtype_policies.DTypePolicy("float32"), {"a": k.dtype_policies.DTypePolicy("float16")}
        ),
        "schedule": lambda k: k.optimizers.schedules.ExponentialDecay(0.5, 3, 0.25, staircase=True, name="e"),
        "loss": lambda k: k.losses.Huber(2.0, reduction="sum", name="h"),
        "metric": lambda k: k.metrics.TopKCategoricalAccuracy(3, name="t"),
        "initializer": lambda k: k.initializers.VarianceScaling(2.0, "fan_avg", seed=3),
        "constraint": lambda k: k.constraints.MinMaxNorm(0.1, 0.9),
        "optimizer": lambda k: k.optimizers.AdamW(0.1, weight_decay=0.2, clipvalue=0.5, name="a"),
        "layer": lambda k: k.layers.Conv2D(2, (3, 2), dilation_rate=2, activation="gelu", name="c", dtype="float32"),
        "bidirectional": lambda k: k.layers.Bidirectional(
            k.layers.LSTM(2, name="l", dtype="float32"), merge_mode="ave", name="b", dtype="float32"
        ),
        "rnn": lambda k: k.layers.RNN(
            [k.layers.GRUCell(2, name="g", dtype="float32"), k.layers.LSTMCell(1, name="l", dtype="float32")],
            name="r",
            dtype="float32",
        ),
        "seeds": lambda k: k.random.SeedGenerator(7, name="s"),
        "bytes": lambda k: b"ab",
        "slice": lambda k: slice(1, 3, None),
        "array": lambda k: np.eye(2, dtype="float16"),
    },
)


# -- names: get, deserialize, serialize of each kind

KINDS = {
    "activations": ("relu", "relu6", "Nothing"),
    "constraints": ("non_neg", "NonNeg", "nothing"),
    "initializers": ("he_normal", "zeros", "Orthogonal", "nothing"),
    "losses": ("mse", "MeanSquaredError", "nothing"),
    "metrics": ("mae", "AUC", "nothing"),
    "optimizers": ("adam", "SGD", "nothing"),
    "regularizers": ("l2", "L1", "nothing"),
}
for kind, names in KINDS.items():
    cases(f"{kind}.get", lambda k, value, kind=kind: getattr(k, kind).get(value), [*names, None])
    cases(
        f"{kind}.get",
        lambda k, value, kind=kind: getattr(k, kind).get(value),
        {
            "number": 3,
            "list": ["relu"],
            "function": named,
            "empty dict": {},
            "unknown dict": {"class_name": "Nothing", "config": {}},
        },
    )
    cases(f"{kind}.deserialize", lambda k, value, kind=kind: getattr(k, kind).deserialize(value), [names[0], "nothing"])
cases(
    "serialize by kind",
    lambda k, make: make(k),
    {
        "activation": lambda k: k.activations.serialize(k.activations.get("tanh")),
        "function": lambda k: k.activations.serialize(named),
        "initializer": lambda k: k.initializers.serialize(k.initializers.Ones()),
        "loss": lambda k: k.losses.serialize(k.losses.mean_squared_error),
        "metric": lambda k: k.metrics.serialize(k.metrics.MeanAbsoluteError(name="m")),
        "regularizer": lambda k: k.regularizers.serialize(k.regularizers.L2(0.5)),
        "layer": lambda k: k.layers.serialize(k.layers.Flatten(name="f", dtype="float32")),
        "optimizer": lambda k: sorted(k.optimizers.serialize(k.optimizers.SGD())),
        "layer from dict": lambda k: k.layers.deserialize({"class_name": "Dense", "config": {"units": 2}}),
        "layer unknown": lambda k: k.layers.deserialize({"class_name": "Nothing", "config": {}}),
        "layer none": lambda k: k.layers.deserialize(None),
        "layer number": lambda k: k.layers.deserialize(3),
        "initializer class": lambda k: k.initializers.get(k.initializers.Zeros),
        "layer from_config": lambda k: k.layers.Dense.from_config({"units": 3, "nothing": 1}),
        "loss from_config": lambda k: k.losses.Huber.from_config({"delta": 2.0}).get_config()["delta"],
    },
)


# -- registration


@case
def register_by_default(k):
    @k.saving.register_keras_serializable()
    class Thing(WithConfig):
        pass

    return [
        k.saving.get_registered_name(Thing),
        sorted(k.saving.get_custom_objects()),
        k.saving.get_registered_object("Custom>Thing"),
    ]


@case
def register_with_a_name(k):
    made = k.saving.register_keras_serializable(package="p", name="n")(type("Thing", (WithConfig,), {}))
    return [
        k.saving.get_registered_name(made),
        k.saving.get_registered_object("p>n"),
        k.saving.get_registered_object("n"),
    ]


@case
def register_a_class_without_config(k):
    return k.saving.register_keras_serializable("p")(Plain)


@case
def register_a_function(k):
    def mine(x):
        return x

    made = k.saving.register_keras_serializable("p")(mine)
    return [made is mine, k.saving.get_registered_name(mine), k.saving.serialize_keras_object(mine)]


@case
def register_the_same_name_twice(k):
    for _ in range(2):
        made = k.saving.register_keras_serializable("p", "n")(type("Thing", (WithConfig,), {}))
    return k.saving.get_registered_object("p>n") is made


@case
def registered_name_of_what_is_not(k):
    return [
        k.saving.get_registered_name(Plain),
        k.saving.get_registered_name(named),
        k.saving.get_registered_object("x"),
    ]


@case
def registered_object_of_custom_objects(k):
    return k.saving.get_registered_object("x", custom_objects={"x": Plain}, module_objects={"x": named})


@case
def registered_object_of_module_objects(k):
    return k.saving.get_registered_object("x", module_objects={"x": named})


@case
def custom_objects_are_one_dict(k):
    k.saving.get_custom_objects()["x"] = WithConfig
    found = k.saving.deserialize_keras_object(config_of(None, "x", "x", a=3))
    return [found.a, k.saving.get_registered_object("x")]


@case
def custom_object_scope(k):
    config = config_of(None, "x", "x", a=3)
    with k.saving.custom_object_scope({"x": WithConfig}):
        inner = k.saving.deserialize_keras_object(config)
    try:
        return k.saving.deserialize_keras_object(config)
    except (TypeError, ValueError):
        return inner.a


@case
def scopes_nest(k):
    a, b = (type(name, (WithConfig,), {}) for name in "AB")
    with k.saving.custom_object_scope({"x": a, "y": a}), k.saving.custom_object_scope({"x": b}):
        return [k.saving.get_registered_object(name) for name in "xy"]


@case
def scope_is_left_after_an_error(k):
    try:
        with k.saving.custom_object_scope({"x": WithConfig}):
            raise KeyError
    except KeyError:
        return k.saving.get_registered_object("x")


@case
def scope_of_another_thread(k):
    found = []
    with k.saving.CustomObjectScope({"x": WithConfig}):
        thread = threading.Thread(target=lambda: found.append(k.saving.get_registered_object("x")))
        thread.start()
        thread.join()
    return found


@case
def scope_of_none(k):
    with k.saving.custom_object_scope(None):
        return 1


@case
def activation_in_a_scope(k):
    def mine(x):
        return x

    with k.saving.custom_object_scope({"mine": mine}):
        layer = k.layers.Dense(2, activation=mine, name="d")
        config = layer.get_config()
        return [config["activation"], k.layers.Dense.from_config(config).activation is mine]


@case
def a_registered_activation(k):
    @k.saving.register_keras_serializable("p", "act")
    def mine(x):
        return x

    layer = k.layers.Dense(2, activation=mine, name="d")
    config = layer.get_config()
    return [config["activation"], k.layers.Dense.from_config(config).activation is mine]


@case
def a_custom_object_shadows_a_shipped_one(k):
    with k.saving.custom_object_scope({"relu": named}):
        return [k.activations.get("relu") is named, k.layers.Dense(2, "relu").activation is named]


@case
def nested_custom_objects(k):
    outer = custom(k, "Outer", "p")
    inner = custom(k, "Inner", "p")
    config = k.saving.serialize_keras_object(outer(inner=[inner(5.0, name="i"), {"x": inner(6.0, name="j")}], name="o"))
    made = k.saving.deserialize_keras_object(config)
    return [type(made.inner).__name__, k.saving.deserialize_keras_object(config["config"]["inner"])[0].factor]


@case
def a_shared_object_becomes_two(k):
    layer = k.layers.Flatten(name="f")
    made = k.saving.deserialize_keras_object(k.saving.serialize_keras_object([layer, layer]))
    return made[0] is made[1]


@case
def a_lambda_when_it_is_unsafe(k):
    return k.saving.deserialize_keras_object(k.saving.serialize_keras_object(lambda x, y=2: x + y), safe_mode=False)(1)


@case
def automatic_config_of_a_layer(k):
    class Auto(k.layers.Layer):
        def __init__(self, units, rate=0.5, **kwargs):
            super().__init__(**kwargs)

    return Auto(3, name="a", dtype="float32").get_config()


@case
def automatic_config_that_cannot_be(k):
    class Auto(k.layers.Layer):
        def __init__(self, thing, **kwargs):
            super().__init__(**kwargs)

    return Auto(Plain()).get_config()


@case
def automatic_config_of_a_layer_in_a_layer(k):
    class Auto(k.layers.Layer):
        def __init__(self, inner, **kwargs):
            super().__init__(**kwargs)

    return sorted(Auto(k.layers.Flatten(name="f")).get_config())
