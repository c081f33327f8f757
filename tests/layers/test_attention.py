"""Layers of attention: masks that tensors carry, dropout, and what is done without storing scores."""

import h5py
import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

X = np.random.default_rng(0).standard_normal((2, 5, 4)).astype("float32")
TOKENS = np.array([[1, 2, 0, 3, 0], [4, 0, 0, 0, 0]])
MAKERS = [
    lambda **more: layers.MultiHeadAttention(2, 3, **more),
    lambda **more: layers.GroupQueryAttention(3, 4, 2, **more),
]
PROJECTED = pytest.mark.parametrize("make", MAKERS)


def gap(a, b):
    return np.abs(np.asarray(a) - np.asarray(b)).max()


def embedded():
    return layers.Embedding(5, 4, mask_zero=True)(TOKENS)


@PROJECTED
@pytest.mark.parametrize("scores", [False, True])
def test_masks_that_tensors_carry(make, scores):
    x, mask, layer = embedded(), TOKENS != 0, make()
    given = layer(x.numpy(), x.numpy(), query_mask=mask, value_mask=mask, return_attention_scores=scores)
    carried = layer(x, x, return_attention_scores=scores)
    first = carried[0] if scores else carried
    np.testing.assert_array_equal(first, given[0] if scores else given)
    np.testing.assert_array_equal(first._keras_mask, mask)
    np.testing.assert_array_equal(x._keras_mask, mask)
    alone = layer(x.numpy(), x.numpy())
    assert gap(first, alone) > 1e-3
    if scores:
        assert getattr(carried[1], "_keras_mask", None) is None
        weights = carried[1].numpy()
        assert not weights[:, :, ~mask[0]][0].any() and not weights[0][..., ~mask[0]].any()


@pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
def test_masks_of_a_list(name):
    x, mask, layer = embedded(), TOKENS != 0, getattr(layers, name)()
    carried = layer([x, x])
    np.testing.assert_array_equal(carried, layer([x.numpy(), x.numpy()], mask=[mask, mask]))
    np.testing.assert_array_equal(carried._keras_mask, mask)
    assert not carried.numpy()[~mask].any()
    other = layer([x, X])
    np.testing.assert_array_equal(other, layer([x.numpy(), X], mask=[mask, None]))


@PROJECTED
def test_a_functional_model_passes_masks(make):
    layer = make()
    tokens = ckeras.Input((None,), dtype="int32")
    x = layers.Embedding(5, 4, mask_zero=True)(tokens)
    model = ckeras.Model(tokens, layer(x, x, use_causal_mask=True))
    table = model.layers[1]
    x = table(TOKENS)
    np.testing.assert_allclose(model.predict(TOKENS, verbose=0), layer(x, x, use_causal_mask=True), 1e-5, 1e-6)


@PROJECTED
def test_dropout_in_training(make):
    layer = make(dropout=0.5, seed=1)
    y, scores = layer(X, X, return_attention_scores=True, training=True)
    np.testing.assert_allclose(np.sum(scores, -1), 1, 1e-5)  # the weights before they are dropped
    twin = make(dropout=0.5, seed=1)
    twin(X, X)
    twin.set_weights(layer.get_weights())
    np.testing.assert_array_equal(twin(X, X, training=True), y)
    assert gap(twin(X, X, training=True), y) > 1e-3
    plain = make()
    plain(X, X)
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(X, X), plain(X, X), 1e-5, 1e-6)
    many = np.repeat(X[:1], 2000, axis=0)
    np.testing.assert_allclose(np.mean(layer(many, many, training=True), 0), plain(X, X)[0], atol=0.15)


def test_dropout_of_attention():
    layer, twin = (layers.Attention(dropout=0.5, seed=4) for _ in range(2))
    y, weights = layer([X, X], training=True, return_attention_scores=True)
    dropped = np.sum(np.asarray(weights) == 0)
    assert 10 < dropped < 40
    np.testing.assert_allclose(y, weights.numpy() @ X, 1e-5, 1e-6)
    np.testing.assert_array_equal(twin([X, X], training=True), y)


@PROJECTED
def test_flash_attention(make):
    layer, flash = make(), make(flash_attention=True)
    layer(X, X)
    flash(X, X)
    flash.set_weights(layer.get_weights())
    np.testing.assert_array_equal(flash(X, X, use_causal_mask=True), layer(X, X, use_causal_mask=True))
    with pytest.raises(ValueError, match="cannot return attention scores"):
        flash(X, X, return_attention_scores=True)


@PROJECTED
def test_targets_without_sources(make):
    """The mean of all values where scores are not stored, as in `ops.dot_product_attention`, and 0 where they are."""
    layer = make(use_bias=False)
    mask = np.ones((2, 5, 5), bool)
    mask[0, 2] = False
    y = layer(X, X, attention_mask=mask).numpy()
    mean = layer(X, X, attention_mask=np.ones((2, 5, 5), bool) & (np.arange(5) == 0))
    value = ops.einsum("abc,cde->abde", X, layer._value_dense.kernel).numpy().mean(1, keepdims=True)
    value = np.repeat(value, layer.heads.query // layer.heads.shared, axis=2)
    np.testing.assert_allclose(y[0, 2], layer._output_dense(value)[0, 0], 1e-4, 1e-5)
    assert gap(y, mean) > 1e-3
    z, scores = layer(X, X, attention_mask=mask, return_attention_scores=True)
    assert not z[0, 2].numpy().any() and not scores[0, :, 2].numpy().any()
    np.testing.assert_allclose(z[1], y[1], 1e-5, 1e-6)
    dropping = make(use_bias=False, dropout=0.5)
    dropping(X, X)
    dropping.set_weights(layer.get_weights())
    np.testing.assert_allclose(dropping(X, X, attention_mask=mask), z, 1e-5, 1e-6)


def test_several_axes_have_no_order():
    layer = layers.MultiHeadAttention(2, 3)
    images = X.reshape(2, 5, 2, 2)
    assert layer(images, images).shape == images.shape
    with pytest.raises(ValueError, match="attends over several axes"):
        layer(images, images, use_causal_mask=True)


def test_order_along_another_axis():
    layer = layers.MultiHeadAttention(2, 3, attention_axes=2)
    x = np.random.default_rng(1).standard_normal((2, 3, 5, 4)).astype("float32")
    y = layer(x, x, use_causal_mask=True)
    flat = layers.MultiHeadAttention(2, 3)
    flat(x[0], x[0])
    flat.set_weights(layer.get_weights())
    expected = flat(x.reshape(6, 5, 4), x.reshape(6, 5, 4), use_causal_mask=True)
    np.testing.assert_allclose(y, np.reshape(expected, x.shape), 1e-5, 1e-6)


def test_names_of_grouped_attention(tmp_path):
    """In configs it has the public name, in files and as a layer the one that Keras's class has."""
    layer = layers.GroupQueryAttention(3, 4, 2)
    assert layer.name.startswith("grouped_query_attention")
    x = ckeras.Input((5, 4))
    ckeras.Model(x, layer(x, x)).save_weights(tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5") as file:
        assert "layers/grouped_query_attention/_query_dense/vars/0" in file
    config = layers.serialize(layer)
    assert config["class_name"] == "GroupQueryAttention"
    for name in ("GroupQueryAttention", "GroupedQueryAttention"):
        assert type(layers.deserialize({**config, "class_name": name})) is layers.GroupQueryAttention
