"""What does not fit: one sentence that says what was expected and what came, and nothing has changed."""

import re

import numpy as np
import pytest

import ckeras
from ckeras import layers, losses, ops, optimizers


class Trained:
    """A compiled model that was trained a little, and data that fits it."""

    def __init__(self, kind, run_eagerly):
        rng = np.random.default_rng(0)
        self.x = rng.standard_normal((20, 4)).astype("float32")
        self.y, units, activation, loss = {
            "numbers": (self.x[:, :2], 2, None, "mse"),
            "classes": (np.arange(20) % 3, 3, "softmax", "sparse_categorical_crossentropy"),
            "one-hot": (np.eye(3)[np.arange(20) % 3], 3, "softmax", "categorical_crossentropy"),
            "binary": (np.arange(20) % 2, 1, "sigmoid", "binary_crossentropy"),
        }[kind]
        self.model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(5, "tanh"), layers.Dense(units, activation)])
        metrics = ["mae"] if kind == "numbers" else ["accuracy"]
        self.model.compile("adam", loss, metrics=metrics, run_eagerly=run_eagerly)
        self.model.fit(self.x, self.y, verbose=0)

    def state(self):
        model = self.model
        variables = [*model.variables, *model.optimizer.variables, *(v for m in model.metrics for v in m.variables)]
        return [v.numpy().tobytes() for v in variables] + [model.optimizer, model.loss, model.compiled, model.history]

    def refuses(self, call, error, *words):
        """Check that ``call`` raises, in one sentence with all of these words, and leaves everything as it was."""
        before = self.state()
        with pytest.raises(error) as caught:
            call()
        assert self.state() == before
        text = str(caught.value)
        assert "\n" not in text and len(text) < 300
        for word in words:
            assert re.search(word, text), (word, text)
        self.model.fit(self.x, self.y, verbose=0)  # it can still be used


@pytest.fixture(params=[False, True], ids=["compiled", "eager"])
def trained(request):
    """A function that gives a trained model for targets of a kind."""
    return lambda kind="numbers": Trained(kind, request.param)


def calls(t, x, y=None):
    """Every way to hand x and y to the model, with the name that the message gives to it."""
    m = t.model
    found = [
        ("predict", lambda: m.predict(x, verbose=0)),
        ("predict", lambda: m.predict_on_batch(x)),
    ]
    if y is not None:
        found += [
            ("fit", lambda: m.fit(x, y, verbose=0)),
            ("evaluate", lambda: m.evaluate(x, y, verbose=0)),
            ("train_on_batch", lambda: m.train_on_batch(x, y)),
            ("test_on_batch", lambda: m.test_on_batch(x, y)),
            (r"fit\(validation_data\)", lambda: m.fit(t.x, t.y, validation_data=(x, y), verbose=0)),
        ]
    return found


# -- x


@pytest.mark.parametrize(
    "shape, came",
    [((20, 3), r"\(None, 3\)"), ((20, 5), r"\(None, 5\)"), ((20, 2, 4), r"\(None, 2, 4\)"), ((20,), r"\(20,\)")],
)
def test_x_of_a_wrong_shape_or_rank(trained, shape, came):
    t = trained()
    for where, call in calls(t, np.zeros(shape, "float32"), t.y):
        t.refuses(call, ValueError, where, "x of shape", r"\(None, 4\)", came)
    t.refuses(lambda: t.model(np.zeros(shape, "float32")), ValueError, "sequential", r"\(None, 4\)")


@pytest.mark.parametrize(
    "x, came",
    [
        (np.array([["a", "b", "c", "d"]] * 20), "<U1"),
        (np.array([[None, 1, 2, 3]] * 20), "object"),
        (np.array([[{}, 1, 2, 3]] * 20, dtype=object), "object"),
        (np.zeros((20, 4), "complex64"), "complex64"),
        (np.zeros((20, 4), "datetime64[s]"), "datetime64"),
        (np.array([b"abcd"] * 20), "S4"),
        (np.zeros(20, [("a", "f4"), ("b", "f4")]), "'a'"),
        ([["a"] * 4] * 20, "<U1"),
        ("text", "<U4"),
        (object(), "object"),
    ],
)
def test_x_that_is_no_array_of_numbers(trained, x, came):
    t = trained()
    for where, call in calls(t, x, t.y)[0:1] + calls(t, x, t.y)[2:]:
        t.refuses(call, TypeError, where, "expects x", "numbers", came)


def test_x_that_is_missing_or_a_single_number(trained):
    t = trained()
    for where, call in calls(t, 3.0, t.y)[2:]:
        t.refuses(call, ValueError, where, "x", "axis of samples")
    t.refuses(lambda: t.model.fit(None, t.y, verbose=0), TypeError, "fit expects x", "got None")
    t.refuses(lambda: t.model.fit(y=t.y, verbose=0), TypeError, "fit expects x", "got None")


def test_rows_of_different_lengths(trained):
    t = trained()
    ragged = [[1.0, 2.0, 3.0, 4.0]] * 19 + [[1.0]]
    for where, call in calls(t, ragged, t.y)[2:]:
        t.refuses(call, ValueError, where, "x", "differ in length")


def test_x_that_is_a_list_of_arrays_where_one_is_expected(trained):
    t = trained()
    t.refuses(lambda: t.model.predict([t.x, t.x], verbose=0), ValueError, "one tensor", "list")
    t.refuses(lambda: t.model.fit({"a": t.x, "b": t.x}, t.y, verbose=0), ValueError, "one tensor", "dict")


def test_empty_arrays(trained):
    t = trained()
    for where, call in calls(t, t.x[:0], t.y[:0]):
        t.refuses(call, ValueError, where, "at least one sample", r"\(0, 4\)")
    t.refuses(lambda: t.model.fit([], [], verbose=0), ValueError, "at least one sample")
    assert t.model(t.x[:0]).shape == (0, 2)


def test_lengths_that_differ(trained):
    t = trained()
    for where, call in calls(t, t.x[:19], t.y)[2:]:
        t.refuses(call, ValueError, where, "x has 19", "y has 20")
    weight = np.ones(7)
    for name in ("fit", "evaluate"):
        method = getattr(t.model, name)
        t.refuses(
            lambda method=method: method(t.x, t.y, sample_weight=weight, verbose=0),
            ValueError,
            name,
            "sample_weight has 7",
        )


# -- y


@pytest.mark.parametrize("y", [np.array(["a"] * 20), np.array([None] * 20), "text"])
def test_y_that_is_no_array_of_numbers(trained, y):
    t = trained("classes")
    for where, call in calls(t, t.x, y)[2:]:
        t.refuses(call, TypeError, where, "y", "numbers")


@pytest.mark.parametrize("bad", [-1, 3, 100, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("dtype", ["int32", "int64", "float32"])
def test_integer_labels_out_of_range(trained, bad, dtype):
    t = trained("classes")
    y = t.y.astype(dtype)
    y[13] = bad
    for where, call in calls(t, t.x, y)[2:]:
        t.refuses(call, (IndexError, ValueError), "0 to 2|between 0 and 2|outside", str(bad)[:5])
        if dtype != "float32":
            t.refuses(call, IndexError, where, "expects y", "0 to 2", f"got {bad} in row 13")


def test_integer_labels_of_small_dtypes_are_checked_too(trained):
    t = trained("classes")
    for dtype, bad in (("uint8", 255), ("int8", -128), ("uint16", 65535), ("uint32", 2**32 - 1), ("uint64", 2**63)):
        y = t.y.astype(dtype)
        y[4] = bad
        t.refuses(lambda y=y: t.model.fit(t.x, y, verbose=0), IndexError, "fit expects y", str(bad)[:4])


@pytest.mark.parametrize(
    "kind, y",
    [
        ("numbers", np.zeros((20, 3))),
        ("numbers", np.zeros((20, 2, 2))),
        ("classes", np.zeros((20, 3), int)),
        ("classes", np.zeros((20, 2), int)),
        ("one-hot", np.zeros((20, 4))),
        ("one-hot", np.zeros(20, int)),
        ("binary", np.zeros((20, 3))),
    ],
)
def test_a_loss_that_does_not_fit_the_output(trained, kind, y):
    t = trained(kind)
    for _, call in calls(t, t.x, y)[2:]:
        t.refuses(call, ValueError, "shape|classes")


def test_a_loss_that_does_not_fit_on_the_first_fit():
    for loss, y in [
        ("mse", np.zeros((20, 5))),
        ("categorical_crossentropy", np.zeros(20)),
        ("sparse_categorical_crossentropy", np.zeros((20, 3), int)),
    ]:
        model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(3)])
        model.compile("adam", loss, metrics=["accuracy"])
        before = model.get_weights()
        with pytest.raises(ValueError):
            model.fit(np.zeros((20, 4)), y, verbose=0)
        assert all(map(np.array_equal, before, model.get_weights()))
        assert int(model.optimizer.iterations) == 0


def test_y_that_is_missing(trained):
    t = trained()
    t.refuses(lambda: t.model.fit(t.x, verbose=0), ValueError, "expects y")
    t.refuses(lambda: t.model.evaluate(t.x, verbose=0), ValueError, "expects y")
    t.refuses(lambda: t.model.train_on_batch(t.x), ValueError, "expects y")
    t.refuses(lambda: t.model.fit(t.x, sample_weight=np.ones(20), verbose=0), ValueError, "fit expects y")
    t.refuses(lambda: t.model.fit(t.x, t.y, validation_data=t.x, verbose=0), ValueError, "expects y")


def test_y_of_another_structure(trained):
    t = trained()
    t.refuses(lambda: t.model.fit(t.x, [t.y, t.y], verbose=0), ValueError, "1 outputs", "2 parts")
    t.refuses(lambda: t.model.fit(t.x, {"a": t.y}, verbose=0), ValueError, "y has no entry")


# -- weights of samples and classes


def test_weights_that_do_not_fit(trained):
    t = trained("classes")
    m = t.model
    for weight in (np.ones((20, 7)), np.ones((20, 2, 2))):
        t.refuses(lambda w=weight: m.fit(t.x, t.y, sample_weight=w, verbose=0), ValueError, "sample_weight", r"\(20, ")
    t.refuses(lambda: m.fit(t.x, t.y, sample_weight=["a"] * 20, verbose=0), TypeError, "sample_weight", "numbers")
    both = {"sample_weight": np.ones(20), "class_weight": {0: 1.0}}
    t.refuses(lambda: m.fit(t.x, t.y, verbose=0, **both), ValueError, "class_weight", "sample_weight")
    t.refuses(lambda: m.train_on_batch(t.x, t.y, **both), ValueError, "class_weight", "sample_weight")
    for weight in ([1.0, 2.0], "balanced", {"a": 1.0}, {0: "b"}, 3):
        t.refuses(lambda w=weight: m.fit(t.x, t.y, class_weight=w, verbose=0), ValueError, "class_weight", "dict")
    t.refuses(lambda: m.fit(t.x, [t.y, t.y], class_weight={0: 1.0}, verbose=0), ValueError, "class_weight", "y")
    t.refuses(lambda: m.fit(t.x, class_weight={0: 1.0}, verbose=0), ValueError, "class_weight", "y")


# -- numbers and flags


@pytest.mark.parametrize("size", [0, -1, 1.0, 2.5, True, False, "32", [32], np.float32(8)])
def test_batch_size(trained, size):
    t = trained()
    for name, call in [
        ("fit", lambda: t.model.fit(t.x, t.y, batch_size=size, verbose=0)),
        ("evaluate", lambda: t.model.evaluate(t.x, t.y, batch_size=size, verbose=0)),
        ("predict", lambda: t.model.predict(t.x, batch_size=size, verbose=0)),
    ]:
        t.refuses(call, ValueError, name, "batch_size", "positive integer", re.escape(repr(size)))
    t.refuses(
        lambda: t.model.fit(t.x, t.y, validation_data=(t.x, t.y), validation_batch_size=size, verbose=0),
        ValueError,
        "validation_batch_size",
        re.escape(repr(size)),
    )


def test_batch_size_is_refused_after_a_call_that_was_remembered(trained):
    t = trained()
    t.model.predict(t.x[:1], batch_size=1, verbose=0)
    for size in (True, 1.0):
        t.refuses(lambda s=size: t.model.predict(t.x[:1], batch_size=s, verbose=0), ValueError, "batch_size")


@pytest.mark.parametrize("verbose", [[1], np.array([0, 1]), {}])
def test_verbose(trained, verbose):
    t = trained()
    for name, call in [
        ("fit", lambda: t.model.fit(t.x, t.y, verbose=verbose)),
        ("evaluate", lambda: t.model.evaluate(t.x, t.y, verbose=verbose)),
        ("predict", lambda: t.model.predict(t.x, verbose=verbose)),
    ]:
        t.refuses(call, ValueError, name, "verbose", "0, 1, 2 or 'auto'", re.escape(repr(verbose)))


@pytest.mark.parametrize("argument", ["epochs", "initial_epoch"])
@pytest.mark.parametrize("value", [-1, 1.0, True, "1", None])
def test_epochs(trained, argument, value):
    t = trained()
    t.refuses(
        lambda: t.model.fit(t.x, t.y, verbose=0, **{argument: value}), ValueError, argument, re.escape(repr(value))
    )


@pytest.mark.parametrize("share", [1.0, 1.5, -0.1, "a", 1, 2, True, [0.2], float("nan"), 0.99])
def test_validation_split(trained, share):
    t = trained()
    t.refuses(
        lambda: t.model.fit(t.x, t.y, validation_split=share, verbose=0),
        ValueError,
        "validation_split",
        re.escape(str(share)),
    )


@pytest.mark.parametrize("frequency", [0, -1, "a", 1.5, None, True])
def test_validation_frequency(trained, frequency):
    t = trained()
    t.refuses(
        lambda: t.model.fit(t.x, t.y, validation_data=(t.x, t.y), validation_freq=frequency, verbose=0),
        ValueError,
        "validation_freq",
        re.escape(repr(frequency)),
    )


@pytest.mark.parametrize("steps", [0, -1, 1.0, "a", True])
def test_steps(trained, steps):
    t = trained()
    m, word = t.model, re.escape(repr(steps))
    t.refuses(lambda: m.fit(t.x, t.y, steps_per_epoch=steps, verbose=0), ValueError, "fit", "steps_per_epoch", word)
    validation = {"validation_data": (t.x, t.y), "validation_steps": steps}
    t.refuses(lambda: m.fit(t.x, t.y, verbose=0, **validation), ValueError, "validation_steps", word)
    t.refuses(lambda: m.evaluate(t.x, t.y, steps=steps, verbose=0), ValueError, "evaluate", "steps", word)
    t.refuses(lambda: m.predict(t.x, steps=steps, verbose=0), ValueError, "predict", "steps", word)


@pytest.mark.parametrize("given", [[3], [ckeras.callbacks.Callback], lambda: 1, {"a": 1}, [[object()]]])
def test_callbacks_that_are_none(trained, given):
    t = trained()
    t.refuses(lambda: t.model.fit(t.x, t.y, callbacks=given, verbose=0), TypeError, "callbacks")
    t.refuses(lambda: t.model.evaluate(t.x, t.y, callbacks=given, verbose=0), TypeError, "callbacks")
    t.refuses(lambda: t.model.predict(t.x, callbacks=given, verbose=0), TypeError, "callbacks")


@pytest.mark.parametrize("given", ["x", ["x"]])
def test_callbacks_of_an_unknown_name(trained, given):
    t = trained()
    t.refuses(lambda: t.model.fit(t.x, t.y, callbacks=given, verbose=0), ValueError, "Unknown callback 'x'")
    t.refuses(lambda: t.model.evaluate(t.x, t.y, callbacks=given, verbose=0), ValueError, "Unknown callback 'x'")
    t.refuses(lambda: t.model.predict(t.x, callbacks=given, verbose=0), ValueError, "Unknown callback 'x'")


def test_shuffle(trained):
    t = trained()
    for value in ("x", 3, [True]):
        t.refuses(
            lambda v=value: t.model.fit(t.x, t.y, shuffle=v, verbose=0), ValueError, "shuffle", re.escape(repr(value))
        )


def test_unknown_arguments(trained):
    t = trained()
    t.refuses(lambda: t.model.fit(t.x, t.y, epoch=3), TypeError, "epoch")
    t.refuses(lambda: t.model.evaluate(t.x, t.y, workers=3), ValueError, "evaluate", "workers")


# -- compile


@pytest.mark.parametrize(
    "options, words",
    [
        ({"optimizer": "adm"}, ["optimizer 'adm'", "'adam'"]),
        ({"optimizer": 3}, ["optimizer", "3"]),
        ({"optimizer": object}, ["optimizer", "object"]),
        ({"loss": "mean_square_error"}, ["loss 'mean_square_error'", "'mean_squared_error'"]),
        ({"loss": ["mse", "nope"]}, ["loss 'nope'"]),
        ({"loss": {"a": "nope"}}, ["loss 'nope'"]),
        ({"loss": 3}, ["loss", "3"]),
        ({"loss": "mse", "metrics": ["acuracy"]}, ["metric 'acuracy'", "'accuracy'"]),
        ({"loss": "mse", "metrics": [3]}, ["metric", "3"]),
        ({"loss": "mse", "weighted_metrics": ["nope"]}, ["metric 'nope'"]),
        ({"loss": "mse", "loss_weights": ["a"]}, ["loss_weights", "a"]),
        ({"loss": "mse", "steps_per_execution": 0}, ["steps_per_execution", "0"]),
        ({"loss": "mse", "steps_per_execution": 1.5}, ["steps_per_execution", "1.5"]),
        ({"loss": "mse", "jit_compile": "xla"}, ["jit_compile", "xla"]),
    ],
)
def test_compile(trained, options, words):
    t = trained()
    t.refuses(lambda: t.model.compile(**options), ValueError, *words)


def test_an_optimizer_of_other_weights(trained):
    t = trained()
    other = Trained("numbers", False)
    t.model.compile(other.model.optimizer, "mse")
    before = [t.model.get_weights(), other.model.get_weights()]
    with pytest.raises(ValueError, match="not built for variable"):
        t.model.fit(t.x, t.y, verbose=0)
    assert all(map(np.array_equal, before[0], t.model.get_weights()))
    assert all(map(np.array_equal, before[1], other.model.get_weights()))


@pytest.mark.parametrize("name", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_before_compile(name):
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(1)], name="fresh")
    before = model.get_weights()
    with pytest.raises(ValueError, match=f"{name} expects a compiled model: call compile.. on 'fresh' first"):
        getattr(model, name)(np.zeros((2, 4)), np.zeros((2, 1)))
    assert all(map(np.array_equal, before, model.get_weights()))
    assert model.predict(np.zeros((2, 4)), verbose=0).shape == (2, 1)


def test_a_model_with_neither_loss_nor_optimizer(trained):
    t = trained()
    t.model.compile("sgd")
    t.model.loss = None
    with pytest.raises(ValueError, match="has no loss"):
        t.model.fit(t.x, t.y, verbose=0)
    t.model.compile(None, "mse")
    assert t.model.evaluate(t.x, t.y, verbose=0) > 0
    with pytest.raises(ValueError, match="fit expects a model that was compiled with an optimizer"):
        t.model.fit(t.x, t.y, verbose=0)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: layers.Dense(3, "rel"), ["activation 'rel'", "'relu'"]),
        (
            lambda: layers.Dense(3, kernel_initializer="glorot_unifrm"),
            ["initializer 'glorot_unifrm'", "glorot_uniform"],
        ),
        (lambda: layers.Dense(3, kernel_regularizer="l3"), ["regularizer 'l3'", "'l2'"]),
        (lambda: layers.Dense(3, kernel_constraint="nope"), ["constraint 'nope'"]),
        (lambda: layers.Activation("sofmax"), ["activation 'sofmax'", "'softmax'"]),
    ],
)
def test_unknown_names_of_parts(make, words):
    with pytest.raises(ValueError) as caught:
        make()
    for word in words:
        assert word in str(caught.value)


# -- models that fail on the way


def test_a_custom_step_that_fails_leaves_everything(data, state_of, same):
    class Failing(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)
            self.fails = False

        def call(self, x):
            return self.dense(x)

        def train_step(self, batch):
            logs = super().train_step(batch)
            if self.fails:
                raise ValueError("as asked")
            return logs

    x, y, _ = data
    model = Failing()
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    before = state_of(model)
    model.fails = True
    with pytest.raises(ValueError, match="as asked"):
        model.fit(x, y, verbose=0)
    same(state_of(model), before)
    model.fails = False
    model.fit(x, y, verbose=0)
    assert not hasattr(ckeras.config.scope, "trace") or ckeras.config.scope.trace is None
    assert not ckeras.config.scope.in_call


def test_a_callback_that_fails_leaves_a_model_that_can_be_used(mlp, data):
    class Failing(ckeras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                raise RuntimeError("as asked")

    x, y, _ = data
    model = mlp()
    model.compile("adam", "mse")
    with pytest.raises(RuntimeError, match="as asked"):
        model.fit(x, y, batch_size=4, verbose=0, callbacks=[Failing()])
    assert int(model.optimizer.iterations) == 2
    model.fit(x, y, batch_size=4, verbose=0)
    assert int(model.optimizer.iterations) == 7


def test_a_step_that_returns_no_dict(data):
    class Bare(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def train_step(self, batch):
            return ops.mean(self.dense(batch[0]))

        def call(self, x):
            return self.dense(x)

    model = Bare()
    model.compile("sgd")
    with pytest.raises(TypeError, match=r"Bare\.train_step must return a dict"):
        model.fit(*data[:2], verbose=0)


def test_a_model_without_outputs_for_each_row_cannot_predict(data):
    class Total(ckeras.Model):
        def call(self, x):
            return ops.sum(x)

    with pytest.raises(ValueError, match=r"row for each sample, got shape \(\)"):
        Total().predict(data[0], verbose=0)


def test_indices_in_x_are_checked_before_anything_runs(state_of, same):
    class Lookup(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.table = self.add_weight((10, 3), "glorot_uniform", name="table")
            self.steps = self.add_weight((), "zeros", dtype="int32", trainable=False)

        def call(self, x, training=None):
            if training:
                self.steps.assign_add(1)
            return ops.sum(ops.take(self.table, x, axis=0), axis=1)

    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 10, (30, 4)), rng.standard_normal((30, 3)).astype("float32")
    model = Lookup()
    model.compile("adam", "mse")
    model.fit(x, y, batch_size=8, verbose=0)
    before = state_of(model)
    for bad in (10, 1000, -11, 2**31 - 1):
        wrong = x.copy()
        wrong[29, 3] = bad
        for call in (
            lambda w=wrong: model.fit(w, y, batch_size=8, verbose=0),
            lambda w=wrong: model.evaluate(w, y, batch_size=8, verbose=0),
            lambda w=wrong: model.train_on_batch(w, y),
            lambda w=wrong: model.predict(w, verbose=0),
        ):
            with pytest.raises(IndexError, match=str(bad)):
                call()
            same(state_of(model), before)


# -- what is data


def test_nan_and_infinity_flow(mlp, data):
    x, y, classes = data
    for bad in (np.nan, np.inf, -np.inf):
        for where in ("x", "y"):
            wrong_x, wrong_y = x.copy(), y.copy()
            (wrong_x if where == "x" else wrong_y)[3, 0] = bad
            model = mlp()
            model.compile("adam", "mse", metrics=["mae"])
            loss, mae = model.evaluate(wrong_x, wrong_y, verbose=0)
            if where == "y" or np.isnan(bad):
                assert not np.isfinite(loss) and not np.isfinite(mae)
                history = model.fit(wrong_x, wrong_y, batch_size=8, epochs=2, verbose=0).history
                assert not np.isfinite(history["loss"][-1])
                assert np.isnan(model.get_weights()[2]).any()
            else:
                assert np.isfinite(loss)  # tanh is at its end
            rows = mlp().predict(wrong_x, verbose=0)
            assert np.isfinite(rows[np.arange(20) != 3]).all()
    model = mlp(3, "softmax")
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    wrong = x.copy()
    wrong[0] = np.nan
    history = model.fit(wrong, classes, batch_size=8, epochs=2, verbose=0).history
    assert np.isnan(history["loss"]).all() and np.isfinite(history["accuracy"]).all()


def test_huge_and_tiny_numbers(mlp, data):
    x, y, _ = data
    for scale in (1e30, 1e-30, 1e-42):
        model = mlp()
        model.compile("adam", "mse")
        loss = model.evaluate(x * np.float32(scale), y, verbose=0)
        assert np.isfinite(loss)
        model.fit(x * np.float32(scale), y, epochs=2, verbose=0)


def test_one_sample_and_batches_larger_than_the_data(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("adam", "mse")
    model.fit(x[:1], y[:1], verbose=0)
    model.fit(x, y, batch_size=10**9, verbose=0)
    assert model.predict(x[:1], verbose=0).shape == (1, 1)


def test_arrays_that_are_strided_reversed_or_read_only(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    expected = model.evaluate(x, y, verbose=0)
    wide = np.repeat(x, 3, axis=1)[:, ::3]
    frozen = x.copy()
    frozen.flags.writeable = False
    for given in (wide, x[::-1][::-1], np.asfortranarray(x), frozen, x.astype(">f4"), x.view(np.ndarray)):
        assert model.evaluate(given, y, verbose=0) == pytest.approx(expected, rel=1e-6)


def test_fit_leaves_the_arrays_it_was_given(mlp, data):
    x, y, _ = data
    kept = x.copy(), y.copy()
    model = mlp()
    model.compile("adam", losses.MeanSquaredError())
    model.fit(x, y, batch_size=3, epochs=2, verbose=0, validation_split=0.2)
    assert np.array_equal(x, kept[0]) and np.array_equal(y, kept[1])


def test_a_large_learning_rate_diverges_without_an_error(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile(optimizers.SGD(1e20), "mse")
    history = model.fit(x, y, batch_size=2, epochs=3, verbose=0).history
    assert not np.isfinite(history["loss"][-1])
