"""Losses: their values, their reductions, and what they say of input that does not fit."""

import numpy as np
import pytest

from ckeras import activations, losses, ops
from ckeras.tensor import Variable

KIND = "loss/"


def test_value_is_that_of_keras(keras_case, agrees):
    assert keras_case.dtype == ("float64" if "float64" in keras_case.name else "float32")
    agrees(atol=2e-6, rtol64=3e-7, atol64=1e-7)  # Keras takes means in float32 whatever the dtype


def _log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def test_float64_is_computed_in_float64():
    rng = np.random.default_rng(0)
    y, p = rng.standard_normal((2, 6, 4))
    numbers = rng.integers(0, 4, 6)
    one_hot = np.eye(4)[numbers]
    smooth = 0.9 * one_hot + 0.025
    softmax = np.exp(_log_softmax(p))
    sigmoid = 1 / (1 + np.exp(-p))
    binary = -(one_hot * np.log(sigmoid) + (1 - one_hot) * np.log(1 - sigmoid)).mean(-1)
    expected = [
        (losses.mean_squared_error(y, p), ((y - p) ** 2).mean(-1)),
        (losses.mean_absolute_error(y, p), np.abs(y - p).mean(-1)),
        (losses.binary_crossentropy(one_hot, p, from_logits=True), binary),
        (losses.binary_crossentropy(one_hot, sigmoid), binary),
        (losses.categorical_crossentropy(one_hot, p, from_logits=True), -(one_hot * _log_softmax(p)).sum(-1)),
        (losses.categorical_crossentropy(smooth, softmax), -(smooth * _log_softmax(p)).sum(-1)),
        (
            losses.categorical_crossentropy(one_hot, p, from_logits=True, label_smoothing=0.1),
            -(smooth * _log_softmax(p)).sum(-1),
        ),
        (losses.sparse_categorical_crossentropy(numbers, p, from_logits=True), -(one_hot * _log_softmax(p)).sum(-1)),
        (losses.sparse_categorical_crossentropy(numbers, softmax), -(one_hot * _log_softmax(p)).sum(-1)),
    ]
    for result, reference in expected:
        assert result.dtype == "float64"
        np.testing.assert_allclose(np.asarray(result), reference, rtol=1e-12)
    total = losses.MeanSquaredError(dtype="float64")(y, p, np.arange(6.0))
    assert float(total) == pytest.approx((((y - p) ** 2).mean(-1) * np.arange(6)).mean(), rel=1e-12)


def test_sharp_probabilities_use_the_logits():
    logits = np.array([[0.0, 200.0]], "float32")
    assert float(losses.CategoricalCrossentropy()(np.array([[1.0, 0.0]]), activations.softmax(logits))) == 200.0
    assert float(losses.SparseCategoricalCrossentropy()(np.array([0]), activations.softmax(logits))) == 200.0
    far = activations.sigmoid(np.array([[-200.0]], "float32"))
    assert float(losses.BinaryCrossentropy()(np.array([[1.0]]), far)) == 200.0
    assert float(losses.BinaryCrossentropy()(np.array([1.0]), far)) == 200.0


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("mse", losses.mean_squared_error),
        ("MSE", losses.mean_squared_error),
        ("mean_squared_error", losses.mean_squared_error),
        ("mae", losses.mean_absolute_error),
        ("bce", losses.binary_crossentropy),
        ("cce", losses.categorical_crossentropy),
        ("sparse_categorical_crossentropy", losses.sparse_categorical_crossentropy),
    ],
)
def test_function_by_name(name, function):
    assert losses.get(name) is function


@pytest.mark.parametrize("name", ["MeanSquaredError", "BinaryCrossentropy", "SparseCategoricalCrossentropy"])
def test_class_by_name_gives_an_object(name):
    assert type(losses.get(name)) is getattr(losses, name)
    assert type(losses.get(getattr(losses, name))) is getattr(losses, name)


def test_get_passes_none_and_callables_through():
    def distance(y_true, y_pred):
        return y_true - y_pred

    assert losses.get(None) is None
    assert losses.get(distance) is distance


@pytest.mark.parametrize("identifier", [3, 2.5, ["mse"]])
def test_get_of_anything_else(identifier):
    with pytest.raises(ValueError, match="Expected a loss"):
        losses.get(identifier)


@pytest.mark.parametrize(
    "loss",
    [
        losses.MeanSquaredError(reduction="sum", name="mine"),
        losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1, axis=0),
        losses.CategoricalCrossentropy(label_smoothing=0.2),
        losses.SparseCategoricalCrossentropy(ignore_class=3),
        losses.SparseCategoricalCrossentropy(axis=1),
    ],
)
def test_config_round_trip(loss):
    config = losses.serialize(loss)
    assert config["module"] == "keras.losses"
    assert config["registered_name"] is None
    twin = losses.deserialize(config)
    assert type(twin) is type(loss)
    assert twin.get_config() == loss.get_config()


def test_function_round_trip():
    config = losses.serialize(losses.mean_squared_error)
    assert config == {
        "module": "builtins",
        "class_name": "function",
        "config": "mean_squared_error",
        "registered_name": "function",
    }
    assert losses.deserialize(config) is losses.mean_squared_error


def test_config_of_keras_has_the_same_keys():
    assert losses.MeanSquaredError().get_config() == {
        "name": "mean_squared_error",
        "reduction": "sum_over_batch_size",
    }
    assert list(losses.CategoricalCrossentropy().get_config()) == [
        "name",
        "reduction",
        "from_logits",
        "label_smoothing",
        "axis",
    ]


def test_unknown_reduction():
    with pytest.raises(ValueError, match=r"expects reduction to be one of .* got 'average'"):
        losses.MeanSquaredError(reduction="average")


@pytest.mark.parametrize(
    ("function", "true_shape", "pred_shape"),
    [
        (losses.mean_squared_error, (3, 2), (3, 4)),
        (losses.mean_absolute_error, (3,), (3, 4)),
        (losses.binary_crossentropy, (3, 2), (3, 4)),
        (losses.binary_crossentropy, (3,), (3, 2)),
        (losses.categorical_crossentropy, (3,), (3, 4)),
        (losses.categorical_crossentropy, (3, 2), (3, 4)),
        (losses.sparse_categorical_crossentropy, (3, 4), (3, 4)),
        (losses.sparse_categorical_crossentropy, (2,), (3, 4)),
    ],
)
def test_shapes_that_do_not_fit(function, true_shape, pred_shape):
    with pytest.raises(ValueError) as error:
        function(np.zeros(true_shape), np.ones(pred_shape))
    message = str(error.value)
    assert message.startswith(function.__name__)
    assert f"y_true of shape {true_shape}" in message
    assert f"y_pred of shape {pred_shape}" in message


def test_weights_that_do_not_fit():
    with pytest.raises(ValueError, match=r"mean_squared_error: expected sample_weight .* \(3,\), got \(4,\)"):
        losses.MeanSquaredError()(np.zeros((3, 2)), np.zeros((3, 2)), sample_weight=np.ones(4))


def test_axis_that_is_none_of_the_predictions():
    with pytest.raises(ValueError, match="axis"):
        losses.categorical_crossentropy(np.ones((3, 4)), np.ones((3, 4)), axis=5)


def test_one_class_warns():
    with pytest.warns(SyntaxWarning, match="binary_crossentropy"):
        losses.categorical_crossentropy(np.ones((3, 1)), np.ones((3, 1)))


def test_lists_and_integers():
    assert float(losses.MeanSquaredError()([[1, 2], [3, 4]], [[1, 2], [3, 5]])) == 0.25


def test_nan_flows():
    assert np.isnan(float(losses.MeanSquaredError()(np.zeros((2, 1)), np.array([[np.nan], [0.0]]))))


def test_no_samples_is_zero():
    assert float(losses.MeanSquaredError()(np.zeros((0, 2)), np.zeros((0, 2)))) == 0.0


def test_all_weights_zero():
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    assert float(loss(np.zeros((2, 1)), np.ones((2, 1)), np.zeros(2))) == 0.0


def test_integer_labels_keep_all_their_digits():
    number = 2**24 + 1  # not a float32
    loss = losses.SparseCategoricalCrossentropy(ignore_class=number, reduction="sum")
    values = loss(np.array([number, 0]), np.full((2, 2), 0.5, "float32"))
    assert float(values) == pytest.approx(np.log(2.0), rel=1e-5)


def test_mask_leaves_samples_out():
    predictions = ops.convert_to_tensor(np.array([[1.0], [2.0], [30.0]], "float32"))
    predictions._keras_mask = ops.convert_to_tensor(np.array([True, True, False]))
    assert float(losses.MeanSquaredError()(np.zeros((3, 1)), predictions)) == pytest.approx(2.5)
    assert float(losses.MeanSquaredError(reduction="sum")(np.zeros((3, 1)), predictions)) == pytest.approx(5.0)


def test_own_loss_with_a_dict():
    class Both(losses.Loss):
        def call(self, y_true, y_pred):
            return ops.abs(y_true["a"] - y_pred["a"]) + ops.abs(y_true["b"] - y_pred["b"])

    arrays = {"a": np.array([1.0, 2.0]), "b": np.array([0.0, 1.0])}
    assert float(Both()(arrays, {"a": np.zeros(2), "b": np.zeros(2)})) == 2.0
    assert Both().name.startswith("both")


def test_base_class_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="call"):
        losses.Loss()(np.zeros(2), np.zeros(2))


def test_variables_are_taken():
    assert float(losses.MeanSquaredError()(Variable(np.zeros((2, 1))), Variable(np.ones((2, 1))))) == 1.0
