"""Cases of `make_saving_behaviour.py`: models, weights and their files."""

import copy
import io
import json
import pathlib
import pickle
import zipfile

import numpy as np
from saving_cases_objects import custom

CASES = {}
X = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)


def case(function):
    """Decorator of a case, which gets the module of Keras or ckeras."""
    CASES[function.__name__] = function
    return function


def cases(name, function, values):
    """Add a case for each of some values, which a function gets besides the module."""
    for label, value in values.items():
        CASES[f"{name} {label}"] = lambda k, value=value: function(k, value)


def model(k, units=2, name="m"):
    return k.Sequential(
        [k.layers.Input((3,), name="i"), k.layers.Dense(4, "relu", name="a"), k.layers.Dense(units, name="b")],
        name=name,
    )


def trained(k, **options):
    made = model(k)
    made.compile(**{"optimizer": k.optimizers.Adam(0.01), "loss": "mse", **options})
    made.train_on_batch(X, X[:, :2])
    return made


def same(a, b):
    return [np.array_equal(p, q) for p, q in zip(a.get_weights(), b.get_weights(), strict=True)]


def state(made):
    return [len(made.optimizer.variables), int(made.optimizer.iterations)]


def files():
    return sorted(str(path) for path in pathlib.Path().rglob("*"))


# -- whole models

cases(
    "save to",
    lambda k, path: [model(k).save(path), files()],
    {
        "keras": "m.keras",
        "h5": "m.h5",
        "hdf5": "m.hdf5",
        "path": pathlib.Path("m.keras"),
        "no ending": "m",
        "other ending": "m.txt",
        "weights": "m.weights.h5",
        "a folder that is not there": "no/m.keras",
        "number": 3,
        "tf": "m.tf",
    },
)
cases(
    "save with",
    lambda k, given: [model(k).save(given.pop("path", "m.keras"), **given), files()],
    {
        "zipped": {"zipped": True},
        "folder": {"zipped": False, "path": "m"},
        "folder of a file's name": {"zipped": False},
        "unknown": {"nothing": 1},
        "save_format keras": {"save_format": "keras"},
        "save_format h5": {"save_format": "h5"},
        "save_format tf": {"save_format": "tf", "path": "m"},
        "include_optimizer": {"include_optimizer": False},
        "include_optimizer h5": {"include_optimizer": False, "path": "m.h5"},
        "overwrite": {"overwrite": True},
        "zipped h5": {"zipped": True, "path": "m.h5"},
    },
)
cases(
    "load",
    lambda k, path: k.models.load_model(path),
    {"nothing": "m.keras", "no h5": "m.h5", "no ending": "m", "other ending": "m.txt", "none": None},
)


@case
def members_of_a_file(k):
    trained(k).save("m.keras")
    with zipfile.ZipFile("m.keras") as archive:
        return [sorted(archive.namelist()), sorted(json.loads(archive.read("config.json")))]


@case
def a_file_that_is_no_archive(k):
    pathlib.Path("m.keras").write_text("nothing")
    return k.models.load_model("m.keras")


@case
def a_file_that_is_no_hdf5(k):
    pathlib.Path("m.h5").write_text("nothing")
    return k.models.load_model("m.h5")


cases(
    "load again",
    lambda k, path: (lambda a: (a.save(path), b := k.models.load_model(path), same(a, b), state(b), b.compiled)[2:])(
        trained(k)
    ),
    {"keras": "m.keras", "h5": "m.h5"},
)
cases(
    "load with",
    lambda k, given: (trained(k).save("m.keras"), b := k.models.load_model("m.keras", **given), b.compiled, b.name)[2:],
    {
        "compile": {"compile": False},
        "unsafe": {"safe_mode": False},
        "custom objects": {"custom_objects": {}},
        "unknown": {"nothing": 1},
    },
)


@case
def from_a_folder(k):
    made = trained(k)
    made.save("m", zipped=False)
    return [files(), same(made, k.models.load_model("m"))]


@case
def to_a_binary_file(k):
    made, file = trained(k), io.BytesIO()
    k.saving.save_model(made, file)
    file.seek(0)
    return same(made, k.models.load_model(file))


@case
def an_optimizer_continues(k):
    made = trained(k)
    made.save("m.keras")
    return [k.models.load_model("m.keras").train_on_batch(X, X[:, :2]) == made.train_on_batch(X, X[:, :2])]


COMPILED = {
    "name": {"loss": "mean_squared_error"},
    "function": {"loss": lambda k: k.losses.mean_absolute_error},
    "object": {"loss": lambda k: k.losses.Huber(0.5, name="h")},
    "metrics": {"metrics": ["mae", "mse"]},
    "metric objects": {"metrics": lambda k: [k.metrics.MeanSquaredError(name="e"), k.metrics.cosine_similarity]},
    "weighted": {"weighted_metrics": ["mae"]},
    "list": {"loss": ["mse"]},
    "weights": {"loss_weights": [0.5], "loss": ["mse"]},
    "optimizer name": {"optimizer": "rmsprop"},
    "schedule": {"optimizer": lambda k: k.optimizers.SGD(k.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5))},
    "steps": {"steps_per_execution": 2},
    "eager": {"run_eagerly": True},
    "jit": {"jit_compile": False},
}


def compiled(k, given):
    """Loss and metrics after loading, and the compile config."""
    made = trained(k, **{key: value(k) if callable(value) else value for key, value in given.items()})
    made.save("m.keras")
    loaded = k.models.load_model("m.keras")
    config = loaded.get_compile_config()
    results = [one.evaluate(X, X[:, :2], verbose=0, return_dict=True) for one in (made, loaded)]
    return [results[0] == results[1], sorted(results[1]), config == made.get_compile_config(), sorted(config)]


cases("compiled by", compiled, COMPILED)
cases(
    "compile config of",
    lambda k, given: {
        key: value
        for key, value in trained(k, **{n: v(k) if callable(v) else v for n, v in given.items()})
        .get_compile_config()
        .items()
        if key != "optimizer"
    },
    COMPILED,
)


def of_layer(k, **options):
    made = k.Sequential([k.layers.Input((3,), name="i"), custom(k, **options)(3.0, name="c")], name="m")
    made.save("m.keras")
    return made


@case
def a_custom_layer_that_is_registered(k):
    made = of_layer(k, package="pkg")
    return np.array_equal(k.models.load_model("m.keras").predict(X, verbose=0), made.predict(X, verbose=0))


@case
def a_custom_layer_that_is_not(k):
    of_layer(k)
    return k.models.load_model("m.keras")


@case
def a_custom_layer_by_custom_objects(k):
    of_layer(k)
    return k.models.load_model("m.keras", custom_objects={"Mine": custom(k)}).layers[0].factor


@case
def a_custom_layer_in_a_scope(k):
    of_layer(k)
    with k.saving.custom_object_scope({"Mine": custom(k)}):
        return k.models.load_model("m.keras").layers[0].factor


@case
def a_custom_loss_that_is_not_known(k):
    trained(k, loss=lambda a, b: k.ops.mean((a - b) ** 2)).save("m.keras")
    return k.models.load_model("m.keras")


def distance(y_true, y_pred):
    return abs(y_true - y_pred)


@case
def a_custom_loss_function(k):
    trained(k, loss=distance).save("m.keras")
    return k.models.load_model("m.keras", custom_objects={"distance": distance}).loss is distance


@case
def a_custom_loss_function_that_is_not_known(k):
    trained(k, loss=distance).save("m.keras")
    return k.models.load_model("m.keras")


@case
def a_custom_metric_class(k):
    @k.saving.register_keras_serializable("pkg")
    class Count(k.metrics.Mean):
        pass

    trained(k, metrics=[Count(name="n")]).save("m.keras")
    return k.models.load_model("m.keras").get_compile_config()["metrics"]


@case
def a_lambda_layer_in_safe_mode(k):
    made = k.Sequential([k.layers.Input((3,)), k.layers.Lambda(lambda x: x * 2)])
    made.save("m.keras")
    return k.models.load_model("m.keras")


@case
def a_lambda_layer_when_it_is_unsafe(k):
    made = k.Sequential([k.layers.Input((3,)), k.layers.Lambda(lambda x: x * 2)])
    made.save("m.keras")
    return k.models.load_model("m.keras", safe_mode=False).predict(X, verbose=0)


@case
def a_lambda_layer_of_a_function(k):
    @k.saving.register_keras_serializable("pkg")
    def mine(x):
        return 2 * x

    k.Sequential([k.layers.Input((3,)), k.layers.Lambda(mine, output_shape=(3,))]).save("m.keras")
    return k.models.load_model("m.keras").predict(X, verbose=0)


@case
def a_subclassed_model(k):
    @k.saving.register_keras_serializable("pkg")
    class Net(k.Model):
        def __init__(self, units=2, **kwargs):
            super().__init__(**kwargs)
            self.units, self.dense = units, k.layers.Dense(units)

        def call(self, x):
            return self.dense(x)

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    made = Net(3, name="n")
    expected = made.predict(X, verbose=0)
    made.save("m.keras")
    return np.array_equal(k.models.load_model("m.keras").predict(X, verbose=0), expected)


@case
def a_subclassed_model_that_is_not_known(k):
    class Net(k.Model):
        def call(self, x):
            return x

    made = Net()
    made(X)
    made.save("m.keras")
    return k.models.load_model("m.keras")


@case
def a_model_that_is_not_built(k):
    k.Sequential([k.layers.Dense(2)]).save("m.keras")
    return k.models.load_model("m.keras").built


@case
def states_of_a_layer(k):
    @k.saving.register_keras_serializable("pkg")
    class Stateful(k.layers.Layer):
        def build(self, shape):
            self.seen = 0

        def call(self, x):
            return x

        def save_own_variables(self, store):
            store["seen"] = np.array(self.seen)

        def load_own_variables(self, store):
            self.seen = int(store["seen"][()])

        def save_assets(self, folder):
            pathlib.Path(folder, "a.txt").write_text("kept")

        def load_assets(self, folder):
            self.text = pathlib.Path(folder, "a.txt").read_text()

    made = k.Sequential([k.layers.Input((3,)), Stateful(name="s")])
    made.layers[0].seen = 7
    made.save("m.keras")
    found = k.models.load_model("m.keras").layers[0]
    return [found.seen, found.text]


@case
def a_config_with_another_class(k):
    model(k).save("m.keras")
    with zipfile.ZipFile("m.keras") as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(kept["config.json"])
    config["config"]["layers"][1]["class_name"] = "Nothing"
    with zipfile.ZipFile("m.keras", "w") as archive:
        for name, data in {**kept, "config.json": json.dumps(config).encode()}.items():
            archive.writestr(name, data)
    return k.models.load_model("m.keras")


# -- configs of models

cases(
    "model by",
    lambda k, make: (lambda a, b: [type(b).__name__, b.name, b.compiled, [w.shape for w in b.get_weights()]])(
        m := trained(k), make(k, m)
    ),
    {
        "from_config": lambda k, m: k.Sequential.from_config(m.get_config()),
        "json": lambda k, m: k.models.model_from_json(m.to_json()),
        "clone": lambda k, m: k.models.clone_model(m),
        "clone of tensors": lambda k, m: k.models.clone_model(m, input_tensors=k.Input((3,))),
        "clone by function": lambda k, m: k.models.clone_model(
            m, clone_function=lambda x: type(x).from_config(x.get_config())
        ),
        "copy": lambda k, m: copy.copy(m),
        "deepcopy": lambda k, m: copy.deepcopy(m),
        "pickle": lambda k, m: pickle.loads(pickle.dumps(m)),
    },
)
cases(
    "json of",
    lambda k, text: k.models.model_from_json(text),
    {
        "nothing": "",
        "no model": "{}",
        "a layer": '{"class_name": "Dense", "config": {"units": 2}}',
        "list": "[]",
        "none": None,
    },
)
cases(
    "config of",
    lambda k, make: make(k).get_config(),
    {
        "sequential": lambda k: model(k),
        "empty": lambda k: k.Sequential(name="e"),
        "functional": lambda k: k.Model(x := k.Input((2,), name="x"), k.layers.Flatten(name="f")(x), name="g"),
        "several": lambda k: k.Model(
            {"p": (x := k.Input((2,), name="p")), "q": (y := k.Input((2,), name="q"))},
            [k.layers.Add(name="s")([x, y]), k.ops.exp(x)],
            name="g",
        ),
        "frozen": lambda k: k.layers.Dense(2, trainable=False, name="d"),
    },
)
