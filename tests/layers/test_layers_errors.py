"""What layers refuse: one line for each wrong option or input, with the error that names the layer and the argument."""

import re

import numpy as np
import pytest

from ckeras import layers

X = np.ones((2, 3, 4), "float32")
V = np.ones((2, 4), "float32")

OPTIONS = [
    ("Reshape", {"target_shape": (-1, -1)}, "at most one -1 in target_shape"),
    ("Reshape", {"target_shape": ("a", 4)}, "Reshape expects an integer as target_shape, got 'a'"),
    ("Reshape", {"target_shape": (-2,)}, "target_shape"),
    ("Permute", {"dims": (1, 3)}, "Permute expects dims to be a permutation of 1 to 2"),
    ("Permute", {"dims": (0, 1)}, "permutation of 1 to 2"),
    ("RepeatVector", {"n": 2.0}, "RepeatVector expects an integer as n, got 2.0"),
    ("RepeatVector", {"n": 0}, "n, got 0"),
    ("Flatten", {"data_format": "first"}, "data_format"),
    ("Lambda", {"function": 3}, "Lambda expects function to be callable"),
    ("Lambda", {"function": abs, "output_shape": 3}, "output_shape to be a shape or a function"),
    ("Wrapper", {"layer": 3}, "Wrapper expects layer to be a layer, got 3"),
    ("Pipeline", {"layers": [3]}, "Pipeline expects layers to be a list of layers, got 3"),
    ("ReLU", {"max_value": -1}, "ReLU expects max_value to be a number of 0 or more, got -1"),
    ("ReLU", {"negative_slope": None}, "ReLU expects negative_slope to be a number of 0 or more, got None"),
    ("ReLU", {"threshold": float("nan")}, "threshold"),
    ("ThresholdedReLU", {"theta": -1}, "theta"),
    ("LeakyReLU", {"negative_slope": -0.5}, "LeakyReLU expects negative_slope"),
    ("ELU", {"alpha": "a"}, "ELU expects a number as alpha"),
    ("PReLU", {"shared_axes": "a"}, "PReLU expects an integer, or a sequence of integers, as shared_axes"),
    ("Softmax", {"axis": "a"}, "axis"),
    ("GaussianNoise", {"stddev": -1}, r"GaussianNoise expects stddev to be a number in \[0, 1\], got -1"),
    ("GaussianDropout", {"rate": 1.0}, r"GaussianDropout expects rate to be a number in \[0, 1\), got 1.0"),
    ("AlphaDropout", {"rate": 2}, "AlphaDropout expects rate"),
    ("AlphaDropout", {"rate": 0.5, "noise_shape": (0,)}, "noise_shape"),
    ("SpatialDropout2D", {"rate": True}, "SpatialDropout2D expects rate"),
    ("SpatialDropout3D", {"rate": 0.5, "data_format": 3}, "SpatialDropout3D expects one of 'channels_last', 'ch"),
    ("Concatenate", {"axis": "a"}, "Concatenate expects an integer as axis"),
    ("Dot", {"axes": "a"}, "Dot expects an integer, or a sequence of integers, as axes"),
    ("Dot", {"axes": (1, 2, 3)}, "Dot expects axes to be one integer or two"),
    ("UnitNormalization", {"axis": "a"}, "axis"),
    ("Dense", {"units": 3, "quantization_config": {}}, "Dense expects quantization_config to be None or a"),
    ("Dense", {"units": 3, "lora_rank": -1}, "lora_rank"),
    ("EinsumDense", {"equation": "a...b,bc->a...c", "output_shape": 3}, "expects equation to be of the form"),
    ("EinsumDense", {"equation": 3, "output_shape": 3}, "EinsumDense expects a string as equation"),
    (
        "EinsumDense",
        {"equation": "ab,bc->ac", "output_shape": 3, "gptq_unpacked_column_size": 0},
        "integer of 1 or more",
    ),
    ("BatchNormalization", {"axis": "a"}, "BatchNormalization expects an integer as axis"),
    ("BatchNormalization", {"momentum": 2.0}, r"momentum in \[0, 1\], got 2.0"),
    ("BatchNormalization", {"epsilon": -1.0}, "BatchNormalization expects epsilon to be 0 or more"),
    ("BatchNormalization", {"renorm": True, "renorm_clipping": {"a": 1}}, "renorm_clipping to have keys of"),
    ("LayerNormalization", {"axis": "a"}, "axis"),
    ("RMSNormalization", {"epsilon": None}, "RMSNormalization expects a number as epsilon"),
    ("GroupNormalization", {"groups": 0}, "positive integer, or -1, as groups, got 0"),
    ("GroupNormalization", {"groups": -2}, "groups, got -2"),
    ("SpectralNormalization", {"layer": 3}, "SpectralNormalization expects layer to be a layer"),
    ("Rescaling", {"scale": "a"}, "Rescaling expects scale to be numbers, got 'a'"),
    ("Normalization", {"mean": 1.0}, "mean and variance together"),
    ("Normalization", {"mean": 1.0, "variance": [1.0, 2.0]}, r"of one shape, got \(\) and \(2,\)"),
    ("Normalization", {"mean": 1.0, "variance": -1.0}, "variance to be 0 or more"),
    ("Normalization", {"mean": "a", "variance": "b"}, "mean to be numbers, got 'a'"),
    ("CategoryEncoding", {}, "CategoryEncoding expects num_tokens"),
    ("CategoryEncoding", {"num_tokens": 0}, "num_tokens, got 0"),
    ("CategoryEncoding", {"num_tokens": 3, "sparse": True}, "expected sparse=False"),
    ("CategoryEncoding", {"num_tokens": 3, "output_mode": "int"}, "as output_mode, got 'int'"),
    ("MaxPooling2D", {"pool_size": 0}, "pool_size, got 0"),
    ("MaxPooling2D", {"strides": 0}, "strides, got 0"),
    ("MaxPooling2D", {"padding": "causal"}, "MaxPooling2D expects one of 'valid', 'same' as padding"),
    ("AveragePooling1D", {"pool_size": (2, 2)}, "AveragePooling1D expects"),
    ("AdaptiveMaxPooling2D", {"output_size": 0}, "output_size, got 0"),
    ("AdaptiveMaxPooling2D", {"output_size": (2, 3, 4)}, "output_size to be an integer or 2 integers"),
    ("GlobalMaxPooling1D", {"data_format": "last"}, "data_format"),
    ("ZeroPadding2D", {"padding": -1}, "padding, got -1"),
    ("ZeroPadding2D", {"padding": (1, 2, 3)}, "padding to be an integer, or 2 integers or pairs"),
    ("ZeroPadding1D", {"padding": "a"}, "padding"),
    ("Cropping3D", {"cropping": ((1, 2, 3), 1, 1)}, "cropping"),
    ("UpSampling1D", {"size": 2.0}, "UpSampling1D expects an integer as size, got 2.0"),
    ("UpSampling2D", {"size": 0}, "size, got 0"),
    ("UpSampling2D", {"interpolation": "x"}, "UpSampling2D expects one of 'bilinear', .* as interpolation, got 'x'"),
    ("Embedding", {"input_dim": 0, "output_dim": 2}, "input_dim, got 0"),
    ("Embedding", {"input_dim": 3, "output_dim": 2.5}, "Embedding expects an integer as output_dim, got 2.5"),
    (
        "Embedding",
        {"input_dim": 3, "output_dim": 2, "weights": np.ones((4, 2))},
        r"weights of shape \(3, 2\), got shape",
    ),
    ("Embedding", {"input_dim": 3, "output_dim": 2, "quantization_config": {}}, "quantization_config to be None or a"),
    ("ReversibleEmbedding", {"input_dim": 3, "output_dim": 2, "logit_soft_cap": 0}, "positive logit_soft_cap, got 0"),
    ("Conv2D", {"filters": 0, "kernel_size": 3}, "Conv2D expects an integer of 1 or more as filters, got 0"),
    ("Conv2D", {"filters": 2.5, "kernel_size": 3}, "filters, got 2.5"),
    ("Conv2D", {"filters": 2, "kernel_size": (1, 2, 3)}, "kernel_size to be an integer or 2 integers"),
    ("Conv2D", {"filters": 2, "kernel_size": 0}, "kernel_size, got 0"),
    (
        "Conv2D",
        {"filters": 2, "kernel_size": 3, "padding": "causal"},
        "Conv2D expects one of 'valid', 'same' as padding",
    ),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "groups": 2}, "groups to divide filters, got groups=2 and filters=3"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, "strides or dilation_rate to be 1"),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "strides": 0}, "strides, got 0"),
    ("Conv1DTranspose", {"filters": 2, "kernel_size": 3, "output_padding": 1}, "output_padding below strides"),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 0}, "depth_multiplier, got 0"),
    ("SeparableConv1D", {"filters": 2, "kernel_size": 3, "padding": "causal"}, "as padding, got 'causal'"),
    ("Attention", {"score_mode": "sum"}, "Attention expects one of 'dot', 'concat' as score_mode, got 'sum'"),
    ("Attention", {"dropout": 1.5}, r"Attention expects dropout to be a number in \[0, 1\], got 1.5"),
    ("Attention", {"use_scale": "yes"}, "Attention expects a boolean as use_scale"),
    ("AdditiveAttention", {"dropout": -1}, "AdditiveAttention expects dropout"),
    ("AdditiveAttention", {"score_mode": "dot"}, "score_mode"),
    ("MultiHeadAttention", {"num_heads": 0, "key_dim": 2}, "MultiHeadAttention expects .* as num_heads, got 0"),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2.5}, "key_dim, got 2.5"),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "value_dim": 0}, "value_dim, got 0"),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "dropout": 2}, "MultiHeadAttention expects dropout"),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "output_shape": "a"}, "as output_shape, got 'a'"),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "attention_axes": "a"}, "as attention_axes, got 'a'"),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "sliding_window": 0}, "sliding_window, got 0"),
    (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 2, "flash_attention": True, "dropout": 0.5},
        "dropout to be 0 with flash_attention, got 0.5",
    ),
    ("GroupQueryAttention", {"head_dim": 2, "num_query_heads": 3, "num_key_value_heads": 2}, "divide num_query_heads"),
    ("GroupQueryAttention", {"head_dim": 0, "num_query_heads": 2, "num_key_value_heads": 2}, "head_dim, got 0"),
    ("Masking", {"wrong": 1}, "Masking got unknown arguments: 'wrong'"),
]

INPUTS = [
    ("Reshape", {"target_shape": (5,)}, X, r"samples of shape \(3, 4\), 12 elements, to target_shape \(5,\)"),
    ("Reshape", {"target_shape": (-1, 5)}, X, "12 elements"),
    ("Permute", {"dims": (1,)}, X, "expected 2 axes, got 3"),
    ("RepeatVector", {"n": 2}, X, "expected 2 axes, got 3"),
    ("PReLU", {"shared_axes": [3]}, X, "shared_axes 3 is out of range"),
    ("PReLU", {"shared_axes": [0]}, X, "shared_axes from 1, without the batch"),
    ("Softmax", {"axis": 7}, X, "axis 7 is out of range for 3 axes"),
    ("UnitNormalization", {"axis": 3}, X, "axis 3 is out of range for 3 axes"),
    ("SpatialDropout1D", {"rate": 0.5}, V, "expected 3 axes, got 2"),
    ("Add", {}, X, "expects a list of 1 or more inputs"),
    ("Add", {}, [X, X[:1]], "inputs of one batch size"),
    ("Add", {}, [X, X[:, :2]], r"cannot broadcast inputs of shapes \[\(2, 3, 4\), \(2, 2, 4\)\]"),
    ("Subtract", {}, [X, X, X], "expects exactly 2 inputs, got 3"),
    ("Subtract", {}, [X], "expects exactly 2 inputs, got 1"),
    ("Maximum", {}, [], "inputs"),
    ("Concatenate", {}, X, "expects a list of 1 or more inputs"),
    ("Concatenate", {}, [X, X[:, :2]], "shapes agree but for axis 2"),
    ("Concatenate", {}, [X, V], "shapes agree but for axis 2"),
    ("Concatenate", {"axis": 4}, [X, X], "axis 4 is out of range for 3 axes"),
    ("Dot", {"axes": 1}, [X], "expects exactly 2 inputs, got 1"),
    ("Dot", {"axes": 1}, X, "expects exactly 2 inputs"),
    ("Dot", {"axes": 0}, [X, X], "axes cannot be 0, the batch"),
    ("Dot", {"axes": (1, 2)}, [X, X], "axes of one size, got 3 at axis 1"),
    ("Dot", {"axes": 2}, [X, V], "axes 2 is out of range for 2 axes"),
    ("BatchNormalization", {"axis": 5}, X, "axis 5 is out of range for 3 axes"),
    ("LayerNormalization", {"axis": 7}, X, "axis 7 is out of range for 3 axes"),
    ("LayerNormalization", {"axis": (1, -2)}, X, "expects each axis once"),
    ("RMSNormalization", {"axis": 7}, X, "axis 7 is out of range for 3 axes"),
    ("GroupNormalization", {"groups": 3}, X, "groups to divide the channels, axis 2 of its input, got groups=3"),
    ("GroupNormalization", {"groups": 2, "axis": 0}, X, "groups to divide the channels"),
    ("Normalization", {"mean": [1.0, 2.0], "variance": [1.0, 2.0]}, X, r"mean of shape \(4,\), got shape \(2,\)"),
    ("CategoryEncoding", {"num_tokens": 3}, np.ones((2, 3, 4), "int32"), "inputs of at most 2 axes"),
    ("MaxPooling2D", {}, X, "expected 4 axes, got 3"),
    ("MaxPooling1D", {"pool_size": 4}, X, r"no window of pool_size \(4,\) fits into inputs of shape \(2, 3, 4\)"),
    ("GlobalMaxPooling1D", {}, X[:, :0], "inputs with elements"),
    ("AdaptiveAveragePooling1D", {"output_size": 2}, X[:, :0], "inputs with elements"),
    ("GlobalAveragePooling2D", {}, X, "expected 4 axes, got 3"),
    ("ZeroPadding3D", {}, X, "expected 5 axes, got 3"),
    ("Cropping1D", {"cropping": (1, 2)}, X, r"cropping \(1, 2\) leaves nothing of inputs of shape \(2, 3, 4\)"),
    ("UpSampling2D", {}, X, "expected 4 axes, got 3"),
    (
        "Conv1D",
        {"filters": 2, "kernel_size": 3, "groups": 2},
        X[:, :, :3],
        "groups to divide the channels, got groups=2",
    ),
    (
        "Conv1D",
        {"filters": 2, "kernel_size": 4},
        X,
        r"no window of kernel_size \(4,\) .* into inputs of shape \(2, 3, 4\)",
    ),
    ("Conv1D", {"filters": 2, "kernel_size": 2, "dilation_rate": 3}, X, r"dilation_rate \(3,\) fits into inputs"),
    ("Conv1D", {"filters": 2, "kernel_size": 2}, X[:, :, :0], "the channels of its input, 1 or more"),
    ("Conv2D", {"filters": 2, "kernel_size": 2}, X, "expected 4 axes, got 3"),
    ("DepthwiseConv1D", {"kernel_size": 4}, X, "no window of kernel_size"),
    ("SeparableConv1D", {"filters": 2, "kernel_size": 4}, X, "no window of kernel_size"),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (7, 4)}, X, "'b' has size 3 in the input and 7"),
    ("EinsumDense", {"equation": "abc,cd->abz", "output_shape": (3, 4)}, X, "'z' is in no operand"),
    ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": (3, 4)}, V, "output_shape with 1 sizes"),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (3, 4)}, V, "does not fit the equation"),
    ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 4, "bias_axes": "z"}, V, "bias_axes from 'ac'"),
    ("Attention", {}, X, "a list of two or three inputs"),
    ("Attention", {}, [X], "a list of two or three inputs"),
    ("Attention", {}, [X, X[:, :, :2]], r"key \(batch, sources, n\), got shapes \(2, 3, 4\), \(2, 3, 2\)"),
    ("Attention", {}, [X, X, X[:, :2]], r"key \(batch, sources, n\), got shapes"),
    ("AdditiveAttention", {}, [X, X[:1]], r"value \(batch, sources, m\)"),
    ("AdditiveAttention", {}, [V, V], r"query \(batch, targets, n\)"),
]

HEADS = {"num_heads": 2, "key_dim": 3}
GROUPS = {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1}
SHORT, FLAT = np.ones((2, 2, 4), "float32"), np.ones((2, 3, 3), bool)
CALLS = [
    ("Attention", {}, ([X, X],), {"mask": FLAT}, "mask to be a list of the masks of query and value"),
    ("Attention", {}, ([X, X],), {"mask": [FLAT]}, "got 1 masks"),
    ("Attention", {}, ([X, SHORT],), {"mask": [None, FLAT[0]]}, r"mask of value to have shape \(2, 2\), got \(3, 3\)"),
    ("MultiHeadAttention", HEADS, (X, V), {}, "differ in the last axis alone"),
    ("MultiHeadAttention", HEADS, (V, V), {}, r"query \(batch, targets, features\)"),
    ("MultiHeadAttention", HEADS, (X, SHORT, X), {}, "differ in the last axis alone"),
    ("MultiHeadAttention", HEADS, (X, X[:1]), {}, "got shapes"),
    ("MultiHeadAttention", {**HEADS, "attention_axes": 2}, (X, X), {}, "axes between the batch and the features"),
    ("MultiHeadAttention", {**HEADS, "attention_axes": (1, 1)}, (X, X), {}, "expects attention_axes to be different"),
    ("MultiHeadAttention", HEADS, (X, SHORT), {"attention_mask": FLAT}, "mask that broadcasts to"),
    (
        "MultiHeadAttention",
        {**HEADS, "flash_attention": True},
        (X, X),
        {"return_attention_scores": True},
        "cannot return attention scores with flash_attention",
    ),
    ("GroupQueryAttention", GROUPS, (X, X[:, :, :2]), {}, "one number of features"),
    ("GroupQueryAttention", GROUPS, (X[None], X[None]), {}, "of rank 3"),
]


@pytest.mark.parametrize("name, options, inputs, call, words", CALLS)
def test_calls(name, options, inputs, call, words):
    layer = getattr(layers, name)(**options, name="mine")
    with pytest.raises(ValueError, match=words) as caught:
        layer(*inputs, **call)
    assert "layer 'mine'" in "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])


@pytest.mark.parametrize("name, options, words", OPTIONS)
def test_options(name, options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        getattr(layers, name)(**options)


@pytest.mark.parametrize("name, options, inputs, words", INPUTS)
def test_inputs(name, options, inputs, words):
    layer = getattr(layers, name)(**options, name="mine")
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        layer(inputs)
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert re.search("layer 'mine'", text)
    assert not layer.weights


def test_masks_of_merging_layers():
    mask = np.ones((2, 3), bool)
    for layer in (layers.Add(), layers.Concatenate()):
        for inputs, masks, words in (
            ([X, X], mask, "mask to be a list"),
            (X, [mask], "inputs to be a list"),
            ([X, X], [mask], "2 inputs and 1 masks"),
        ):
            with pytest.raises(ValueError, match=words):
                layer.compute_mask(inputs, masks)
        assert layer.compute_mask([X, X], [None, None]) is None


def test_a_mask_of_another_rank():
    with pytest.raises(ValueError, match="layer 'mine' expects a mask with one axis less than its input"):
        layers.BatchNormalization(name="mine")(X, training=True, mask=np.ones((2, 3, 4), bool))


@pytest.mark.parametrize("shape", [(2, 4), (1, 3), (2, 3, 4)])
def test_a_mask_of_other_steps(shape):
    with pytest.raises(ValueError, match=r"expects a mask of shape \(batch, steps\)"):
        layers.GlobalAveragePooling1D()(X, mask=np.ones(shape, bool))


def test_count_weights_with_another_mode():
    with pytest.raises(ValueError, match="count_weights with output_mode 'count' alone"):
        layers.CategoryEncoding(3)(np.ones((2, 3), "int32"), count_weights=np.ones((2, 3)))


def test_a_layer_without_a_kernel_has_no_spectral_norm():
    with pytest.raises(ValueError, match="a layer with a kernel or embeddings, got Activation"):
        layers.SpectralNormalization(layers.Activation("relu"))(X)


def test_indices_out_of_range():
    layer = layers.Embedding(3, 2, name="mine")
    for index in (3, -4):
        with pytest.raises(IndexError, match=f"index {index} at position 1 is outside") as caught:
            layer(np.array([[0, index]]))
        assert "layer 'mine'" in "".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert np.array_equal(layer(np.array([-1])), layer.embeddings.numpy()[2:])


def test_another_number_of_channels():
    layer = layers.Conv1D(2, 2, name="mine")
    layer.build((None, 3, 4))
    with pytest.raises(ValueError, match="layer 'mine': wrong input: expected axis -1 of input shape to have value 4"):
        layer(X[:, :, :3])


def test_unknown_sizes():
    from ckeras import Input

    with pytest.raises(ValueError, match=r"needs to know all axes .* got shape \(None, None, 4\)"):
        layers.PReLU()(Input((None, 4)))
    assert layers.PReLU(shared_axes=[1])(Input((None, 4))).shape == (None, None, 4)
    with pytest.raises(ValueError, match="needs to know the size of axis 'c'"):
        layers.EinsumDense("abc,cd->abd", (None, 4))(Input((3, None)))
    for layer in (layers.BatchNormalization(), layers.LayerNormalization(), layers.Normalization()):
        with pytest.raises(ValueError, match="needs to know axis 1 of its input"):
            layer(Input((None,)))
    with pytest.raises(ValueError, match="needs to know the channels"):
        layers.Conv1D(2, 2)(Input((3, None)))
    assert layers.Conv2DTranspose(2, 3, strides=2)(Input((None, 4, 3))).shape == (None, None, 9, 2)
    assert layers.Conv1D(2, 2)(Input((None, 4))).shape == (None, None, 2)
    assert layers.MaxPooling1D(2)(Input((None, 4))).shape == (None, None, 4)
    assert layers.Cropping2D(1)(Input((None, 4, 3))).shape == (None, None, 2, 3)
    assert layers.UpSampling2D(2, interpolation="bilinear")(Input((None, 4, 3))).shape == (None, None, 8, 3)
    with pytest.raises(ValueError, match="no window of pool_size"):
        layers.MaxPooling1D(2)(Input((1, 4)))
    assert layers.GroupNormalization(2)(Input((None, 4))).shape == (None, None, 4)
    assert layers.Reshape((2, -1))(Input((None, 4))).shape == (None, 2, None)
    assert layers.Add()([Input((3, 4)), Input((None, 1))]).shape == (None, 3, 4)
    assert layers.Concatenate(1)([Input((3, 4)), Input((None, 4))]).shape == (None, None, 4)


@pytest.mark.parametrize(
    "options, inputs, call, words",
    [
        ({"kernel_size": 2, "filters": 0}, (2, 3, 5, 2), {}, "filters|units"),
        ({"kernel_size": (2, 2), "filters": 2}, (2, 3, 5, 2), {}, "kernel_size to be an integer or 1 integers"),
        ({"kernel_size": 2, "filters": 2, "padding": "causal"}, (2, 3, 5, 2), {}, "as padding, got 'causal'"),
        (
            {"kernel_size": 2, "filters": 2, "strides": 2, "dilation_rate": 2},
            (2, 3, 5, 2),
            {},
            "strides or dilation_rate",
        ),
        ({"kernel_size": 6, "filters": 2}, (2, 3, 5, 2), {}, "no window of kernel_size"),
        ({"kernel_size": 2, "filters": 2}, (2, 3, 5), {}, "expected 4 axes, got 3"),
        ({"kernel_size": 2, "filters": 2}, (2, 0, 5, 2), {}, "at least one step"),
        (
            {"kernel_size": 2, "filters": 2},
            (2, 3, 5, 2),
            {"initial_state": [np.ones((2, 5, 2))] * 2},
            "shape .2, 4, 2.",
        ),
        ({"kernel_size": 2, "filters": 2}, (2, 3, 5, 2), {"mask": np.ones((2, 4), bool)}, "mask to have shape"),
    ],
)
def test_sequences_of_signals(options, inputs, call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        layers.ConvLSTM1D(**options)(np.ones(inputs, "float32"), **call)
