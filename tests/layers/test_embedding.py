"""Embedding: what a training step touches, masks, initial tables; and low-rank updates of tables and kernels."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

RNG = np.random.default_rng(0)
ROWS = 20_000
X = RNG.integers(0, ROWS, (256, 6)).astype("int32")
Y = RNG.standard_normal((256, 1)).astype("float32")


def model_of(*middle, **options):
    table = layers.Embedding(ROWS, 4, embeddings_initializer="ones", **options)
    model = ckeras.Sequential([ckeras.Input((6,), dtype="int32"), table, *middle, layers.Dense(1)])
    model.compile(ckeras.optimizers.SGD(0.1), "mse")
    return model, table


@pytest.mark.parametrize("options", [{}, {"mask_zero": True}])
def test_a_step_of_gradient_descent_touches_the_rows_of_the_batch(options):
    model, table = model_of(layers.GlobalAveragePooling1D(), **options)
    kernels = str(model.profile(X[:32], Y[:32], repeats=1))
    assert "scatter_sub_rows" in kernels and "scatter_add_rows" not in kernels
    model.fit(X, Y, batch_size=32, verbose=0)
    touched = np.zeros(ROWS, bool)
    touched[X] = True
    if options:
        touched[0] = False
    changed = (table.embeddings.numpy() != 1).any(-1)
    assert np.array_equal(changed, touched)


def test_training_agrees_with_a_product_of_one_hot_vectors():
    model, table = model_of(layers.Flatten())
    dense = model.layers[-1]
    kernel, bias = dense.get_weights()
    expected = np.ones((ROWS, 4))
    k, b = kernel.astype("float64"), bias.astype("float64")
    for x, y in zip(X.reshape(8, 32, 6), Y.reshape(8, 32, 1), strict=True):
        h = expected[x].reshape(32, 24)
        error = 2 * (h @ k + b - y) / 32
        gradient = (error @ k.T).reshape(32, 6, 4)
        np.subtract.at(expected, x, 0.1 * gradient)
        k, b = k - 0.1 * h.T @ error, b - 0.1 * error.sum(0)
    model.fit(X, Y, batch_size=32, shuffle=False, verbose=0)
    np.testing.assert_allclose(table.embeddings, expected, 1e-3, 1e-4)


def test_masks():
    layer = layers.Embedding(5, 2, mask_zero=True)
    assert layer(np.array([[1, 0, 2]]))._keras_mask.tolist() == [[True, False, True]]
    assert layers.Embedding(5, 2).compute_mask(ops.array([[1]])) is None
    symbolic = layer(ckeras.Input((None,), dtype="int32"))
    assert symbolic.shape == (None, None, 2) and symbolic._keras_mask.shape == (None, None)


@pytest.mark.parametrize("wrap", [lambda table: [table], lambda table: table, ops.convert_to_tensor])
def test_an_initial_table(wrap):
    table = RNG.standard_normal((5, 2)).astype("float32")
    layer = layers.Embedding(5, 2, weights=wrap(table))
    np.testing.assert_array_equal(layer(np.array([3, 1])), table[[3, 1]])


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "float32", "bool"])
def test_indices_of_any_dtype(dtype):
    layer = layers.Embedding(5, 2)
    x = np.array([[0, 1]])
    np.testing.assert_array_equal(layer(x.astype(dtype)), layer(x))


def test_the_length_that_keras_2_asked_for():
    model = ckeras.Sequential([layers.Embedding(5, 2, input_length=3), layers.Flatten(), layers.Dense(1)])
    assert model.built and model.output_shape == (None, 1)


def test_reverse_of_an_embedding():
    layer = layers.ReversibleEmbedding(5, 3, reverse_dtype="float64")
    h = layer(np.array([1, 2]))
    logits = layer(h, reverse=True)
    assert logits.dtype == "float64"
    np.testing.assert_allclose(logits, h.numpy() @ layer.embeddings.numpy().T, 1e-6)


LORA = [
    (layers.Embedding(7, 4), X[:4] % 7, "embeddings", "_embeddings"),
    (layers.Conv1D(3, 2), RNG.standard_normal((2, 5, 4)).astype("float32"), "kernel", "_kernel"),
    (layers.Conv2D(4, 3, groups=2), RNG.standard_normal((2, 5, 4, 2)).astype("float32"), "kernel", "_kernel"),
    (layers.EinsumDense("ab,bcd->acd", (2, 3)), RNG.standard_normal((5, 4)).astype("float32"), "kernel", "_kernel"),
]


@pytest.mark.parametrize("layer, x, name, attribute", LORA)
def test_low_rank_updates(layer, x, name, attribute):
    with pytest.raises(ValueError, match="must be built before enable_lora"):
        layer.enable_lora(2)
    with pytest.raises(AttributeError, match=f"has no {name} before it is built"):
        getattr(layer, name)
    before = layer(x).numpy()
    layer.enable_lora(2, lora_alpha=3.0, b_initializer="ones")
    frozen = getattr(layer, attribute)
    a, b = getattr(layer, f"lora_{name}_a"), getattr(layer, f"lora_{name}_b")
    assert a.shape == (*frozen.shape[:-1], 2) and b.shape == (2, frozen.shape[-1])
    whole = frozen.numpy() + 1.5 * a.numpy() @ b.numpy()
    np.testing.assert_allclose(getattr(layer, name), whole, 1e-5, 1e-6)
    found = layer(x).numpy()
    assert not np.allclose(found, before)
    assert all(v is not frozen for v in layer.trainable_weights) and layer.get_config()["lora_alpha"] == 3.0
    with ckeras.GradientTape() as tape:
        total = ops.sum(layer(x))
    assert all(np.any(g) for g in tape.gradient(total, [a, b]))
    a.assign(0 * a.numpy())
    frozen.assign(whole)
    np.testing.assert_allclose(layer(x), found, 1e-4, 1e-5)
    with pytest.raises(ValueError, match="update already"):
        layer.enable_lora(2)


def test_a_convnet_learns():
    x = RNG.standard_normal((64, 8, 8, 1)).astype("float32")
    y = (x[:, :4].sum((1, 2, 3)) > x[:, 4:].sum((1, 2, 3))).astype("float32")
    ckeras.utils.set_random_seed(1)
    model = ckeras.Sequential([
        ckeras.Input((8, 8, 1)), layers.Conv2D(8, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(),
        layers.MaxPooling2D(), layers.SeparableConv2D(8, 2), layers.Flatten(), layers.Dense(1, "sigmoid"),
    ])  # fmt: skip
    model.compile(ckeras.optimizers.Adam(0.02), "binary_crossentropy")
    history = model.fit(x, y, epochs=12, batch_size=16, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]
