"""Losses: names, configs, what they say of bad input, masks, structures, and graphs in which sizes are not known."""

import inspect

import numpy as np
import pytest

from ckeras import GradientTape, Input, losses, ops
from ckeras.compiler.function import function

ALIASES = {
    "bce": "binary_crossentropy",
    "BCE": "binary_crossentropy",
    "kld": "kl_divergence",
    "KLD": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "mae": "mean_absolute_error",
    "MAE": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "MAPE": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "MSE": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
    "MSLE": "mean_squared_logarithmic_error",
    "logcosh": "log_cosh",
    "cosine_proximity": "cosine_similarity",
}
CLASSES = [getattr(losses, n) for n in losses.__all__ if inspect.isclass(getattr(losses, n))]
SHIPPED = [c for c in CLASSES if c not in (losses.Loss, losses.LossFunctionWrapper, losses.Reduction)]
FUNCTIONS = [
    getattr(losses, n)
    for n in losses.__all__
    if inspect.isfunction(getattr(losses, n)) and n not in ("get", "serialize", "deserialize", "ctc")
]
OF_INTEGER_LABELS = (
    losses.sparse_categorical_crossentropy,
    losses.categorical_generalized_cross_entropy,
    losses.circle,
)


@pytest.mark.parametrize("alias", ALIASES)
def test_older_names(alias):
    assert losses.get(alias) is getattr(losses, ALIASES[alias])
    if alias not in ("bce", "BCE", "cosine_proximity"):
        assert getattr(losses, alias) is getattr(losses, ALIASES[alias])


@pytest.mark.parametrize("cls", SHIPPED)
def test_a_class_and_its_function_by_name(cls):
    loss = losses.get(cls.__name__)
    assert type(loss) is cls
    assert losses.get(loss.fn.__name__) is loss.fn
    twin = losses.deserialize(losses.serialize(loss))
    assert type(twin) is cls
    assert twin.get_config() == loss.get_config()
    assert twin.dtype == "float32"


# Parameters of each class that are not its defaults.
SMOOTH = {"from_logits": True, "label_smoothing": 0.2}
CHANGED = {
    "BinaryCrossentropy": {**SMOOTH, "axis": 0},
    "BinaryFocalCrossentropy": {"apply_class_balancing": True, "alpha": 0.5, "gamma": 1.0, **SMOOTH, "axis": 0},
    "CategoricalCrossentropy": {**SMOOTH, "axis": 1},
    "CategoricalFocalCrossentropy": {"alpha": [0.5, 1.0], "gamma": 1.0, **SMOOTH, "axis": 1},
    "CategoricalGeneralizedCrossEntropy": {"q": 0.3},
    "Circle": {"gamma": 8.0, "margin": 0.1, "remove_diagonal": False},
    "CosineSimilarity": {"axis": 1},
    "Dice": {"axis": [1, 2]},
    "Huber": {"delta": 2.0},
    "SparseCategoricalCrossentropy": {"from_logits": True, "ignore_class": 2, "axis": 1},
    "Tversky": {"alpha": 0.2, "beta": 0.9, "axis": [1]},
}


@pytest.mark.parametrize("cls", SHIPPED)
def test_every_parameter_survives_a_round_trip(cls):
    options = CHANGED.get(cls.__name__, {})
    own = set(inspect.signature(cls).parameters) - {"reduction", "name", "dtype"}
    assert own == set(options), "a parameter without a case"
    loss = cls(reduction="sum", name="mine", **options)
    config = loss.get_config()
    assert {**options, "reduction": "sum", "name": "mine"} == config
    assert cls.from_config(config).get_config() == config


def test_wrapper_round_trip():
    loss = losses.LossFunctionWrapper(losses.huber, reduction="sum", name="robust", delta=2.0)
    twin = losses.deserialize(losses.serialize(loss))
    assert twin.fn is losses.huber
    assert twin.get_config() == loss.get_config()
    assert float(twin(np.zeros((1, 1)), np.full((1, 1), 3.0))) == 4.0


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_shapes_are_inferred(function):
    options = {"q": 0.5} if function is losses.categorical_generalized_cross_entropy else {}
    if function is losses.circle:  # whose result is a value for each pair of samples
        y_true, y_pred = Input((), batch_size=6, dtype="int32"), Input((4,), batch_size=6)
        assert function(y_true, y_pred).shape == (6,)
        return
    y_true = Input((), dtype="int32") if function in OF_INTEGER_LABELS else Input((4,))
    result = function(y_true, Input((4,)), **options)
    assert result.shape == (() if function in (losses.dice, losses.tversky) else (None,))
    assert result.dtype == "float32"


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_dtype_is_that_of_predictions(function):
    options = {"q": 0.5} if function is losses.categorical_generalized_cross_entropy else {}
    y_true = np.array([0, 1, 0]) if function in OF_INTEGER_LABELS else np.eye(3)
    for dtype in ("float16", "float32", "float64"):
        predicted = (np.eye(3) * 0.4 + 0.2).astype(dtype)
        result = function(y_true, predicted, **options)
        assert result.dtype == dtype
        # A float16 cannot hold the exponents of the one, nor an error of a target of 0 in percent.
        if function not in (losses.circle, losses.mean_absolute_percentage_error):
            wide = function(y_true, predicted.astype("float64"), **options)
            tolerance = 1e-2 if dtype == "float16" else 1e-5
            np.testing.assert_allclose(np.asarray(result, "float64"), wide, rtol=tolerance, atol=tolerance / 10)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_shapes_that_do_not_fit_are_named(function):
    options = {"q": 0.5} if function is losses.categorical_generalized_cross_entropy else {}
    with pytest.raises(ValueError, match=r"y_true .*\(3, 2\).* \(3, 4\)") as error:
        function(np.zeros((3, 2)), np.ones((3, 4)), **options)
    assert str(error.value).startswith(function.__name__)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=0), "q between 0 and 1, got 0"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1.0), "q between 0 and 1, got 1.0"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=float("nan")), "q between 0 and 1"),
        (lambda: losses.BinaryCrossentropy(label_smoothing=1.5), "label_smoothing to be a number from 0 to 1, got 1.5"),
        (lambda: losses.CategoricalCrossentropy(label_smoothing=-0.1), "label_smoothing"),
        (lambda: losses.BinaryFocalCrossentropy(label_smoothing="a"), "label_smoothing"),
        (lambda: losses.BinaryFocalCrossentropy(alpha=2), "alpha"),
        (lambda: losses.CategoricalFocalCrossentropy(label_smoothing=2), "label_smoothing"),
        (lambda: losses.binary_crossentropy(np.ones((2, 2)), np.ones((2, 2)), label_smoothing=2), "label_smoothing"),
        (lambda: losses.Huber(reduction="average"), "reduction to be one of"),
        (lambda: losses.categorical_crossentropy(np.eye(2), np.eye(2), axis=True), "axis"),
        (lambda: losses.categorical_focal_crossentropy(np.eye(2), np.eye(2), axis=2), "axis"),
        (lambda: losses.circle(np.zeros((3, 2)), np.zeros((3, 4))), "y_true of shape"),
        (lambda: losses.circle(np.zeros(3), np.zeros((3, 4)), np.zeros(2), np.zeros((3, 4))), "ref_labels of shape"),
        (lambda: losses.circle(np.zeros(3), np.zeros(3)), "y_pred of shape"),
        (lambda: losses.get("hube"), "Unknown loss 'hube'; the nearest names are .*'huber'"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("number", [-1, 3])
def test_integer_labels_out_of_range(number):
    with pytest.raises(IndexError):
        losses.CategoricalGeneralizedCrossEntropy()(np.array([0, number]), np.full((2, 3), 1 / 3, "float32"))


def test_integer_labels_in_a_column():
    p = np.array([[0.25, 0.75], [0.5, 0.5]], "float32")
    expected = (1 - np.sqrt([0.75, 0.5])) / 0.5
    loss = losses.CategoricalGeneralizedCrossEntropy(reduction="none")
    np.testing.assert_allclose(loss(np.array([[1], [0]]), p), expected, rtol=1e-6)
    np.testing.assert_allclose(loss(np.array([1, 0]), p), expected, rtol=1e-6)


def test_circle_compares_large_integer_labels_by_all_their_digits():
    x = np.eye(2, dtype="float32")
    with GradientTape() as tape:
        tensor = ops.convert_to_tensor(x)
        tape.watch(tensor)
        loss = losses.Circle(reduction="sum")(np.array([2**24, 2**24 + 1]), tensor)
    assert float(loss) == 0.0  # no two of one class
    assert tape.gradient(loss, tensor).numpy().tolist() == np.zeros((2, 2)).tolist()


def test_circle_leaves_out_samples_without_a_partner():
    x = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], "float32")
    values = losses.circle(np.array([0, 0, 1]), x)
    assert values[2] == 0.0
    mean = losses.Circle()(np.array([0, 0, 1]), x)
    assert float(mean) == pytest.approx(float(ops.sum(values)) / 2, rel=1e-6)


def test_circle_with_references():
    rng = np.random.default_rng(0)
    x, r = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (rng.standard_normal((n, 3)) for n in (2, 4)))
    labels, others, gamma, margin = np.array([0, 1]), np.array([0, 1, 1, 0]), 3.0, 0.3
    expected = []
    for label, row in zip(labels, 1 - x @ r.T, strict=True):
        near, far = row[others == label], row[others != label]
        p = np.exp(-gamma * (margin + near) * (margin - near)).sum()
        n = np.exp(gamma * np.maximum(1 + margin - far, 0) * (1 - margin - far)).sum()
        expected.append(np.log1p(p * n))
    found = losses.circle(labels, x, others, r, remove_diagonal=False, gamma=gamma, margin=margin)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("cls", [c for c in SHIPPED if c.__name__ not in ("Dice", "Tversky", "Circle", "CTC")])
def test_masked_samples_do_not_count(cls):
    """A mean over some of the samples is that of these samples alone."""
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(3), 5).astype("float32")
    t = rng.integers(0, 3, 5)
    t = t if cls().fn in OF_INTEGER_LABELS else np.eye(3, dtype="float32")[t]
    mask = np.array([True, False, True, True, False])
    predicted = ops.convert_to_tensor(p)
    predicted._keras_mask = ops.convert_to_tensor(mask)
    assert float(cls()(t, predicted)) == pytest.approx(float(cls()(t[mask], p[mask])), rel=1e-5)
    weight = np.arange(5, dtype="float32")
    loss = cls(reduction="sum")
    assert float(loss(t, predicted, weight)) == pytest.approx(float(loss(t[mask], p[mask], weight[mask])), rel=1e-5)


def test_dicts_and_lists_of_outputs():
    def distance(y_true, y_pred):
        return ops.abs(y_true["a"] - y_pred["a"]) + ops.abs(y_true["b"][0] - y_pred["b"][0])

    loss = losses.LossFunctionWrapper(distance)
    y_true = {"a": np.ones(2), "b": [np.zeros((2, 1))]}
    y_pred = {"a": np.zeros((2, 1)), "b": [np.full((2, 1), 2.0)]}
    assert float(loss(y_true, y_pred)) == 3.0


def test_empty_batches():
    for cls in SHIPPED:
        if cls in (losses.CTC,):
            continue
        numbers = cls().fn in OF_INTEGER_LABELS
        t = np.zeros(0, "int32") if numbers else np.zeros((0, 3), "float32")
        if cls is not losses.Circle:
            value = float(cls()(t, np.zeros((0, 3), "float32")))
            assert value == (1.0 if cls in (losses.Dice, losses.Tversky) else 0.0), cls


def test_zero_weights():
    for cls in SHIPPED:
        if cls not in (losses.CTC, losses.Dice, losses.Tversky):
            t = np.zeros(3, "int32") if cls().fn in OF_INTEGER_LABELS else np.eye(3, dtype="float32")
            assert float(cls()(t, np.full((3, 3), 0.5, "float32"), np.zeros(3))) == 0.0, cls


def test_saturated_logits_stay_finite():
    far = np.array([[1e4, -1e4], [-1e4, 1e4]], "float32")
    wrong = np.array([[0.0, 1.0], [1.0, 0.0]], "float32")
    for loss in (
        losses.BinaryFocalCrossentropy(from_logits=True),
        losses.CategoricalFocalCrossentropy(from_logits=True),
        losses.BinaryCrossentropy(from_logits=True),
        losses.CategoricalCrossentropy(from_logits=True),
        losses.LogCosh(),
        losses.CosineSimilarity(),
    ):
        assert np.isfinite(float(loss(wrong, far))), loss


def test_rows_of_zeros_have_a_gradient():
    """Where Keras gives NaN: the length of a row of zeros has no derivative."""
    x = ops.zeros((2, 3))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(losses.cosine_similarity(np.eye(2, 3, dtype="float32"), x))
    assert np.isfinite(tape.gradient(y, x).numpy()).all()


@pytest.mark.parametrize("cls", [c for c in SHIPPED if c is not losses.CTC])
def test_compiled_is_eager(cls):
    rng = np.random.default_rng(2)
    p = rng.dirichlet(np.ones(3), 6).astype("float32")
    t = rng.integers(0, 3, 6)
    t = t if cls().fn in OF_INTEGER_LABELS else np.eye(3, dtype="float32")[t]
    loss = cls()
    compiled = function(lambda t, p: loss(t, p))
    assert float(compiled(t, p)) == pytest.approx(float(loss(t, p)), rel=1e-5)
    (entry,) = compiled.plans.values()
    assert entry[0].python_instructions == 0, str(entry[0])


def test_older_names_of_reductions():
    for name in ("AUTO", "NONE", "SUM", "SUM_OVER_BATCH_SIZE"):
        reduction = getattr(losses.Reduction, name)
        assert losses.MeanSquaredError(reduction=reduction).reduction == reduction
