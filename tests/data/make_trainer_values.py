"""What every option of training gives, from fixed weights on fixed data, computed with Keras or with ckeras.

`KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/data/make_trainer_values.py` runs every case below with Keras 3.15 and
writes histories, results and weights next to this file. The tests run the same cases with ckeras and compare.
"""

import itertools
import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("trainer_values.npz")
ROWS = 24


def normal(name, *shape):
    """Normal numbers that depend on `name` and `shape` alone."""
    return np.random.default_rng([*name.encode(), *shape]).standard_normal(shape).astype("float32")


X = normal("x", ROWS, 4)
Y1, Y2, Y3 = X[:, :1] - 0.3, X[:, 1:3] * 0.5, X[:, 3:] + X[:, :1]
CLASSES = np.abs(X @ normal("teacher", 4, 3)).argmax(-1)
ONE_HOT = np.eye(3, dtype="float32")[CLASSES]
BINARY = (X[:, :1] > 0).astype("float32")
WEIGHT = np.linspace(0, 2, ROWS).astype("float32")
STEPS_X, STEPS_Y = normal("steps", ROWS, 5, 4), normal("steps' targets", ROWS, 5, 2)
STEPS_WEIGHT = np.abs(normal("steps' weights", ROWS, 5))

FORMS = {
    "list": (lambda a, b, c: [a, b], [Y1, Y2]),
    "tuple": (lambda a, b, c: (a, b), (Y1, Y2)),
    "dict": (lambda a, b, c: {"p": a, "o": b}, {"p": Y1, "o": Y2}),
    "nested": (lambda a, b, c: {"p": [a, b], "o": c}, {"p": [Y1, Y2], "o": Y3}),
    "deep": (lambda a, b, c: [a, (b, c)], [Y1, (Y2, Y3)]),
    "one": (lambda a, b, c: [a], [Y1]),
    "one named": (lambda a, b, c: {"p": a}, {"p": Y1}),
}
MSE_MAE = {"loss": ["mse", "mae"]}
P_O = {"loss": {"p": "mse", "o": "mae"}}
# name: form of the outputs, options of compile, options of fit
OUTPUTS = {
    "list": ("list", MSE_MAE, {}),
    "list, weights": ("list", {**MSE_MAE, "loss_weights": [2, 0.5]}, {}),
    "list, a metric each": ("list", {**MSE_MAE, "metrics": ["mae", "mse"]}, {}),
    "list, lists of metrics": ("list", {**MSE_MAE, "metrics": [["mae"], ["mse", "mae"]]}, {}),
    "list, None": ("list", {"loss": ["mse", None], "metrics": [["mae"], None]}, {}),
    "list, a target less": ("list", {"loss": ["mse", None]}, {"y": [Y1]}),
    "list, weighted": (
        "list",
        {**MSE_MAE, "metrics": [["mae"], ["mse", "mae"]], "weighted_metrics": [["mae"], ["mse", "mae"]]},
        {"sample_weight": WEIGHT},
    ),
    "list, weights each": (
        "list",
        {**MSE_MAE, "weighted_metrics": [["mae"], []]},
        {"sample_weight": [WEIGHT, WEIGHT[::-1]]},
    ),
    "tuple": ("tuple", {"loss": ("mse", "mae"), "loss_weights": (1, 2)}, {}),
    "dict": ("dict", P_O, {}),
    "dict, one loss for all": ("dict", {"loss": "mse"}, {}),
    "dict, list of losses": ("dict", MSE_MAE, {}),
    "dict, list of targets": ("dict", P_O, {"y": [Y2, Y1]}),
    "dict, list of metrics": ("dict", {**P_O, "metrics": ["mae", "mse"]}, {}),
    "dict, everything": (
        "dict",
        {
            **P_O,
            "loss_weights": {"p": 2.0, "o": 3.0},
            "metrics": {"p": "mae", "o": ["mse", "mae"]},
            "weighted_metrics": {"o": ["mae"], "p": ["mse"]},
        },
        {"sample_weight": {"p": WEIGHT, "o": WEIGHT[::-1].copy()}},
    ),
    "dict, part": ("dict", {"loss": {"p": "mse"}, "metrics": {"p": ["mae"]}}, {}),
    "nested": (
        "nested",
        {
            "loss": {"p": ["mse", "mae"], "o": "mse"},
            "loss_weights": {"p": [1, 2], "o": 3.0},
            "metrics": {"p": [["mae"], ["mse"]], "o": ["mae"]},
        },
        {},
    ),
    "deep": ("deep", {"loss": ["mse", ("mse", "mae")], "metrics": ["mae", ("mse", "mae")]}, {}),
    "deep, flat losses": ("deep", {"loss": ["mse", "mse", "mae"]}, {}),
    "one": ("one", {"loss": ["mse"], "metrics": ["mae"]}, {}),
    "one named": ("one named", {"loss": {"p": "mse"}, "metrics": {"p": ["mae"]}}, {}),
}

# name: units and last activation, targets, options of compile, options of fit
SINGLE = {
    "metrics twice": (
        (1, None),
        Y1,
        {"loss": "mse", "metrics": ["mae", "mae", ["mse"]], "weighted_metrics": ["mae", "mse"]},
        {"sample_weight": WEIGHT},
    ),
    "metrics in a dict": ((1, None), Y1, {"loss": ["mse"], "metrics": {"a": "mae"}}, {}),
    "loss weight": ((1, None), Y1, {"loss": "mse", "loss_weights": 2.0}, {}),
    "loss weight in a list": ((1, None), Y1, {"loss": "mae", "loss_weights": [0.5]}, {}),
    "crossentropy, binary": ((1, "sigmoid"), BINARY, {"loss": "crossentropy", "metrics": ["accuracy"]}, {}),
    "crossentropy, classes": ((3, "softmax"), CLASSES, {"loss": "ce", "metrics": ["acc"]}, {}),
    "crossentropy, one-hot": ((3, "softmax"), ONE_HOT, {"loss": "crossentropy", "metrics": ["Accuracy"]}, {}),
    "classes, columns": ((3, "softmax"), CLASSES[:, None], {"loss": "ce", "metrics": ["accuracy"]}, {}),
    "class_weight, classes": (
        (3, "softmax"),
        CLASSES,
        {"loss": "ce", "weighted_metrics": ["acc"]},
        {"class_weight": {0: 3.0, 2: 0.5}},
    ),
    "class_weight, one-hot": (
        (3, "softmax"),
        ONE_HOT,
        {"loss": "ce", "metrics": ["acc"]},
        {"class_weight": {0: 3.0, 2: 0.5}},
    ),
    "class_weight, binary": (
        (1, "sigmoid"),
        BINARY,
        {"loss": "ce", "metrics": ["acc"]},
        {"class_weight": {0: 3.0, 1: 0.5}},
    ),
    "validation_split, weights": (
        (1, None),
        Y1,
        {"loss": "mse", "weighted_metrics": ["mae"]},
        {"validation_split": 0.25, "sample_weight": WEIGHT},
    ),
    "validation_data, weights": (
        (1, None),
        Y1,
        {"loss": "mse", "weighted_metrics": ["mae"]},
        {"validation_data": (X[:9], Y1[:9], WEIGHT[:9])},
    ),
    "validation_freq": ((1, None), Y1, {"loss": "mse"}, {"validation_data": (X[:9], Y1[:9]), "validation_freq": 2}),
    "validation_freq in a list": (
        (1, None),
        Y1,
        {"loss": "mse"},
        {"validation_data": (X[:9], Y1[:9]), "validation_freq": [1, 3]},
    ),
    "validation_steps": (
        (1, None),
        Y1,
        {"loss": "mse"},
        {"validation_data": (X, Y1), "validation_batch_size": 5, "validation_steps": 2},
    ),
    "initial_epoch": ((1, None), Y1, {"loss": "mse"}, {"initial_epoch": 2}),
    "steps_per_epoch": ((1, None), Y1, {"loss": "mse"}, {"steps_per_epoch": 2}),
    "steps_per_epoch, no batch_size": ((1, None), Y1, {"loss": "mse"}, {"steps_per_epoch": 5, "batch_size": None}),
    "steps_per_execution": ((1, None), Y1, {"loss": "mse", "metrics": ["mae"], "steps_per_execution": 3}, {}),
    "run_eagerly": ((1, None), Y1, {"loss": "mse", "metrics": ["mae"], "run_eagerly": True}, {}),
    "column of weights": (
        (1, None),
        Y1,
        {"loss": "mse", "weighted_metrics": ["mae"]},
        {"sample_weight": WEIGHT[:, None]},
    ),
    "vector of targets": ((1, None), Y1[:, 0], {"loss": "mse", "metrics": ["mae"]}, {}),
    "integers": ((1, None), (Y1 * 5).astype("int64"), {"loss": "mse", "metrics": ["mae"]}, {}),
    "booleans": ((1, "sigmoid"), BINARY.astype(bool), {"loss": "ce", "metrics": ["acc"]}, {}),
}
OTHERS = [
    "timesteps", "timesteps, classes", "generator", "generator, weights", "generator, steps", "py dataset",
    "py dataset, class_weight", "generator, validation", "py dataset, validation", "on batches", "objects",
    "compute_loss", "compute_metrics", "several inputs", "steps of evaluate",
]  # fmt: skip
CASES = [*(f"outputs/{name}" for name in OUTPUTS), *(f"single/{name}" for name in SINGLE), *OTHERS]
CASES += [f"float64/{name}" for name in ("adam", "sgd", "rmsprop", "classes", "outputs")]


def set_weights(model):
    """Give a built model fixed weights."""
    model.set_weights([0.4 * normal(f"weight {i}", *w.shape) for i, w in enumerate(model.get_weights())])
    return model


def single(k, units, activation, shape=(4,)):
    """A chain of layers with fixed weights."""
    layers = [k.Input(shape), k.layers.Dense(6, activation="tanh"), k.layers.Dense(units, activation=activation)]
    return set_weights(k.Sequential(layers))


def several(k, form):
    """A model of three layers side by side, whose outputs a function puts together."""

    class Several(k.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = k.layers.Dense(1), k.layers.Dense(2), k.layers.Dense(1)

        def call(self, x):
            return form(self.a(x), self.b(x), self.c(x))

    model = Several()
    model(X[:2])
    return set_weights(model)


def results(model, history=None, **others):
    """What came of training, as a dict of arrays."""
    found = {f"history/{key}": np.array(value) for key, value in (history.history if history else {}).items()}
    found |= {name: np.array(value) for name, value in others.items()}
    return {**found, **{f"weight/{i}": np.array(w) for i, w in enumerate(model.get_weights())}}


def run(k, case):
    """The results of a case."""
    kind, _, name = case.partition("/")
    if kind == "outputs":
        form, options, fit = OUTPUTS[name]
        return outputs(k, form, options, dict(fit))
    if kind == "single":
        (units, activation), y, options, fit = SINGLE[name]
        model = single(k, units, activation)
        model.compile(k.optimizers.SGD(0.1, momentum=0.9), **options)
        fit = {"batch_size": 7, "epochs": 4, "shuffle": False, "verbose": 0, **fit}
        history = model.fit(X, y, **fit)
        return results(model, history, **evaluated(model, X, y))
    if kind == "float64":
        before = k.config.floatx()
        k.config.set_floatx("float64")
        try:
            return double(k, name)
        finally:
            k.config.set_floatx(before)
    return OTHER[case](k)


def outputs(k, form, options, fit):
    """Train a model with several outputs."""
    function, y = FORMS[form]
    model = several(k, function)
    model.compile(k.optimizers.SGD(0.1), **options)
    y = fit.pop("y", y)
    history = model.fit(X, y, batch_size=7, epochs=2, shuffle=False, verbose=0, **fit)
    return results(model, history, **evaluated(model, X, y))


def evaluated(model, x, y):
    """The results of an evaluation, by name."""
    found = model.evaluate(x, y, batch_size=10, verbose=0, return_dict=True)
    return {f"evaluated/{key}": value for key, value in sorted(found.items())}


def double(k, name):
    """Training in float64."""
    x = X.astype("float64") + 1e-9
    if name == "outputs":
        model = several(k, FORMS["dict"][0])
        model.compile(k.optimizers.Adam(0.01), **OUTPUTS["dict, everything"][1])
        history = model.fit(x, FORMS["dict"][1], batch_size=7, epochs=2, shuffle=False, verbose=0)
        return results(model, history)
    model = single(k, *((3, "softmax") if name == "classes" else (1, None)))
    optimizer = {"sgd": k.optimizers.SGD(0.1, momentum=0.9), "rmsprop": k.optimizers.RMSprop(0.01)}
    model.compile(optimizer.get(name, k.optimizers.Adam(0.01)), "ce" if name == "classes" else "mse")
    y = CLASSES if name == "classes" else Y1.astype("float64")
    history = model.fit(x, y, batch_size=7, epochs=3, shuffle=False, verbose=0, sample_weight=WEIGHT)
    return results(model, history, predicted=model.predict(x, verbose=0))


def regression(k, **options):
    """A compiled model of one output."""
    model = single(k, 1, None)
    model.compile(k.optimizers.SGD(0.1, momentum=0.9), "mse", **options)
    return model


def batches(parts, endless=False):
    """A generator of batches of 7 rows of each part."""
    for i in itertools.count() if endless else range(4):
        begin = i % 4 * 7
        yield tuple(part[begin : begin + 7] for part in parts)


def dataset(k, parts, **options):
    """A `PyDataset` of batches of 7 rows of each part."""

    class Rows(k.utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, i):
            return tuple(part[7 * i : 7 * i + 7] for part in parts)

    return Rows(**options)


def timesteps(k):
    model = single(k, 2, None, (5, 4))
    model.compile(k.optimizers.SGD(0.1), "mse", weighted_metrics=["mae"], metrics=["mae"])
    fit = {"sample_weight": STEPS_WEIGHT, "batch_size": 7, "epochs": 3, "shuffle": False, "verbose": 0}
    return results(model, model.fit(STEPS_X, STEPS_Y, **fit))


def timesteps_of_classes(k):
    model = single(k, 3, "softmax", (5, 4))
    model.compile(k.optimizers.SGD(0.1), "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
    y = (STEPS_Y[..., 0] > 0).astype("int32") + (STEPS_Y[..., 1] > 0)
    fit = {"sample_weight": STEPS_WEIGHT, "batch_size": 7, "epochs": 3, "shuffle": False, "verbose": 0}
    return results(model, model.fit(STEPS_X, y, **fit))


def generator(k):
    model = regression(k, metrics=["mae"])
    return results(model, model.fit(batches([X, Y1]), verbose=0))


def generator_with_weights(k):
    model = regression(k, weighted_metrics=["mae"])
    fit = {"steps_per_epoch": 4, "epochs": 3, "verbose": 0}
    return results(model, model.fit(batches([X, Y1, WEIGHT], endless=True), **fit))


def generator_in_steps(k):
    model = regression(k, metrics=["mae"])
    fit = {"steps_per_epoch": 3, "epochs": 5, "verbose": 0}
    history = model.fit(batches([X, Y1], endless=True), **fit)
    predicted = model.predict(batches([X], endless=True), steps=2, verbose=0)
    return results(model, history, predicted=predicted)


def py_dataset(k):
    model = regression(k, weighted_metrics=["mae"])
    return results(model, model.fit(dataset(k, [X, Y1, WEIGHT]), epochs=3, shuffle=False, verbose=0))


def py_dataset_with_class_weight(k):
    model = single(k, 3, "softmax")
    model.compile(k.optimizers.SGD(0.1), "ce", weighted_metrics=["acc"])
    fit = {"epochs": 3, "shuffle": False, "verbose": 0, "class_weight": {0: 2.0, 1: 0.25}}
    return results(model, model.fit(dataset(k, [X, CLASSES]), **fit))


def generator_to_validate(k):
    model = regression(k, metrics=["mae"])
    validation = {"validation_data": batches([X, Y1], endless=True), "validation_steps": 3}
    return results(model, model.fit(X, Y1, batch_size=7, shuffle=False, verbose=0, **validation))


def py_dataset_to_validate(k):
    model = regression(k)
    history = model.fit(X, Y1, batch_size=7, epochs=3, verbose=0, shuffle=False, validation_data=dataset(k, [X, Y1]))
    return results(model, history, evaluated=model.evaluate(dataset(k, [X, Y1]), verbose=0))


def on_batches(k):
    model = regression(k, metrics=["mae"], weighted_metrics=["mse"])
    found = {}
    for i in range(3):
        found[f"trained/{i}"] = model.train_on_batch(X[7 * i : 7 * i + 7], Y1[7 * i : 7 * i + 7], WEIGHT[:7])
        found[f"tested/{i}"] = model.test_on_batch(X, Y1)
    named = model.train_on_batch(X, Y1, return_dict=True) | {
        f"test_{n}": v for n, v in model.test_on_batch(X, Y1, WEIGHT, return_dict=True).items()
    }
    found |= {f"named/{n}": v for n, v in sorted(named.items())}
    return results(model, None, predicted=model.predict_on_batch(X[:3]), **found)


def objects(k):
    def size(y_true, y_pred):
        return k.ops.mean(k.ops.abs(y_pred), axis=-1)

    model = single(k, 1, None)
    metrics = [
        k.metrics.MeanSquaredError(), k.metrics.MeanSquaredError(name="zz"), k.losses.mean_absolute_error,
        "MeanAbsoluteError", size, k.losses.MeanAbsoluteError(name="l"),
    ]  # fmt: skip
    model.compile(k.optimizers.SGD(0.1), k.losses.MeanSquaredError(reduction="sum", name="foo"), metrics=metrics)
    return results(model, model.fit(X, Y1, batch_size=8, epochs=2, shuffle=False, verbose=0))


def _overriding(k, **methods):
    base = type("Overriding", (k.Model,), methods)
    model = base()
    model.dense = k.layers.Dense(1)
    model.dense.build((None, 4))
    model.built = True
    return set_weights(model)


def compute_loss(k):
    def loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return k.ops.mean(k.ops.square(y - y_pred)) + 0.1 * k.ops.mean(k.ops.abs(y_pred))

    model = _overriding(k, call=lambda self, x: self.dense(x), compute_loss=loss)
    model.compile(k.optimizers.SGD(0.1), metrics=["mae"])
    fit = {"batch_size": 7, "epochs": 2, "shuffle": False, "verbose": 0, "validation_data": (X[:9], Y1[:9])}
    return results(model, model.fit(X, Y1, **fit))


def compute_metrics(k):
    def metrics(self, x, y, y_pred, sample_weight=None):
        return {**k.Model.compute_metrics(self, x, y, y_pred, sample_weight), "largest": k.ops.max(y_pred)}

    model = _overriding(k, call=lambda self, x: self.dense(x), compute_metrics=metrics)
    model.compile(k.optimizers.SGD(0.1), "mse", metrics=["mae"])
    return results(model, model.fit(X, Y1, batch_size=7, epochs=2, shuffle=False, verbose=0))


def several_inputs(k):
    def call(self, inputs):
        return self.dense(inputs["p"] * inputs["q"][0] + inputs["q"][1])

    model = _overriding(k, call=call)
    model.compile(k.optimizers.SGD(0.1), "mse")
    x = {"p": X, "q": [X[:, 1:2], X[::-1].copy()]}
    history = model.fit(x, Y1, batch_size=7, epochs=2, shuffle=False, verbose=0)
    return results(model, history, predicted=model.predict(x, verbose=0))


def steps_of_evaluate(k):
    model = regression(k, metrics=["mae"])
    found = {"evaluated": model.evaluate(X, Y1, batch_size=7, steps=2, verbose=0)}
    found["halves"] = model.evaluate(X, Y1, steps=2, verbose=0)
    found["predicted"] = model.predict(X, batch_size=7, steps=2, verbose=0)
    return results(model, None, **found)


OTHER = dict(
    zip(
        OTHERS,
        [
            timesteps, timesteps_of_classes, generator, generator_with_weights, generator_in_steps, py_dataset,
            py_dataset_with_class_weight, generator_to_validate, py_dataset_to_validate, on_batches, objects,
            compute_loss, compute_metrics, several_inputs, steps_of_evaluate,
        ],
        strict=True,
    )
)  # fmt: skip


def main():
    """Run every case with Keras and write what came."""
    import keras

    values = {}
    for case in CASES:
        try:
            values |= {f"{case}//{key}": value for key, value in run(keras, case).items()}
        except Exception as error:
            raise RuntimeError(f"case {case!r}") from error
    np.savez_compressed(VALUES, **values)


if __name__ == "__main__":
    main()
