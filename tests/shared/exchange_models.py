"""Small models of every family of layers, written for Keras and ckeras alike: what files are exchanged of.

`MODELS` maps names to functions of the module ``keras`` or ``ckeras`` that return a model. Data for a model follow from
its input shapes alone (`data`). `further` trains a loaded model on, and `CASES_OF_TF_KERAS` names those that exist in
Keras 2 too.
"""

import numpy as np

BATCH = 4


def sequential(*shape, dtype=None):
    """Decorator: the function returns the layers of a Sequential model."""

    def decorate(function):
        def build(k):
            return k.Sequential([k.layers.Input(shape, dtype=dtype), *function(k.layers, k)], name=function.__name__)

        MODELS[function.__name__] = build
        return function

    return decorate


def functional(function):
    """Decorator: the function returns inputs and outputs of a functional model."""
    MODELS[function.__name__] = lambda k: k.Model(*function(k.layers, k), name=function.__name__)
    return function


MODELS = {}


@sequential(5)
def dense(L, k):
    return [L.Dense(4, "tanh", kernel_regularizer=k.regularizers.L2(0.01)), L.Dense(3, use_bias=False), L.Dense(2)]


@sequential(5)
def constrained(L, k):
    return [L.Dense(4, kernel_constraint=k.constraints.MaxNorm(0.8), activity_regularizer="l1"), L.Dense(2, "softmax")]


@sequential(5)
def activation_layers(L, k):
    slopes = [L.PReLU(), L.LeakyReLU(0.2), L.ELU(0.7), L.ReLU(6.0, negative_slope=0.1, threshold=0.1)]
    return [*slopes, L.Softmax(), L.Activation("softplus"), L.Dense(2)]


@sequential(5)
def activation_names(L, k):
    names = ["elu", "gelu", "selu", "silu", "mish", "softsign", "hard_sigmoid", "exponential", "log_softmax", "sigmoid"]
    return [L.Dense(3, name) for name in names]


@sequential(3, 4)
def einsum_dense(L, k):
    return [L.EinsumDense("abc,cd->abd", output_shape=(3, 3), bias_axes="d", activation="relu"), L.Flatten()]


@sequential(5, dtype="int32")
def embedding(L, k):
    return [L.Embedding(7, 3), L.GlobalAveragePooling1D(), L.Dense(2)]


@sequential(5, dtype="int32")
def masked_embedding(L, k):
    return [L.Embedding(7, 3, mask_zero=True), L.LSTM(3), L.Dense(2)]


@sequential(4, 3)
def masking(L, k):
    return [L.Masking(0.0), L.SimpleRNN(3), L.Dense(2)]


@sequential(8, 3)
def conv1d(L, k):
    return [L.Conv1D(4, 3, padding="causal", dilation_rate=2), L.MaxPooling1D(), L.Conv1D(2, 2), L.Flatten()]


@sequential(8, 8, 2)
def conv2d(L, k):
    return [
        L.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
        L.AveragePooling2D(2),
        L.Flatten(),
        L.Dense(2),
    ]


@sequential(4, 4, 4, 2)
def conv3d(L, k):
    return [L.Conv3D(2, 2), L.MaxPooling3D(), L.GlobalAveragePooling3D()]


@sequential(4, 4, 4)
def grouped_conv(L, k):
    return [L.Conv2D(4, 3, groups=2), L.GlobalMaxPooling2D(), L.Dense(2)]


@sequential(5, 3)
def conv1d_transpose(L, k):
    return [L.Conv1DTranspose(2, 3, strides=2), L.GlobalMaxPooling1D()]


@sequential(4, 4, 3)
def conv2d_transpose(L, k):
    return [L.Conv2DTranspose(2, 3, strides=2, padding="same"), L.GlobalAveragePooling2D()]


@sequential(3, 3, 3, 2)
def conv3d_transpose(L, k):
    return [L.Conv3DTranspose(2, 2), L.GlobalMaxPooling3D()]


@sequential(6, 6, 3)
def depthwise_conv(L, k):
    return [L.DepthwiseConv2D(3, depth_multiplier=2), L.Flatten(), L.Dense(2)]


@sequential(6, 6, 3)
def separable_conv(L, k):
    return [L.SeparableConv2D(4, 3, activation="relu"), L.Flatten(), L.Dense(2)]


@sequential(6, 3)
def separable_conv1d(L, k):
    return [L.SeparableConv1D(4, 3), L.DepthwiseConv1D(2), L.AveragePooling1D(2), L.Flatten()]


@sequential(6, 6, 2)
def adaptive_pooling(L, k):
    return [L.AdaptiveAveragePooling2D((3, 2)), L.AdaptiveMaxPooling2D(2), L.Flatten(), L.Dense(2)]


@sequential(4, 4, 2)
def average_pooling_3d(L, k):
    return [L.Reshape((4, 2, 2, 2)), L.AveragePooling3D((2, 1, 1)), L.Flatten(), L.Dense(2)]


@sequential(6, 4)
def batch_normalization(L, k):
    return [L.Dense(4), L.BatchNormalization(), L.BatchNormalization(center=False, scale=False), L.Dense(2)]


@sequential(6)
def layer_normalization(L, k):
    return [L.Dense(4), L.LayerNormalization(), L.UnitNormalization(), L.Dense(2)]


@sequential(4, 6)
def group_normalization(L, k):
    return [L.GroupNormalization(3), L.Flatten(), L.Dense(2)]


@sequential(6)
def rms_normalization(L, k):
    return [L.RMSNormalization(), L.Dense(2)]


@sequential(6)
def spectral_normalization(L, k):
    return [L.SpectralNormalization(L.Dense(3)), L.Dense(2)]


@sequential(4, 3)
def simple_rnn(L, k):
    return [L.SimpleRNN(3, return_sequences=True), L.SimpleRNN(2, go_backwards=True)]


@sequential(4, 3)
def gru(L, k):
    return [L.GRU(3, return_sequences=True), L.GRU(2, reset_after=False)]


@sequential(4, 3)
def lstm(L, k):
    return [L.LSTM(3, return_sequences=True, unit_forget_bias=False), L.LSTM(2, use_bias=False)]


@sequential(4, 3)
def bidirectional(L, k):
    return [L.Bidirectional(L.GRU(2, return_sequences=True)), L.Bidirectional(L.LSTM(2), merge_mode="sum"), L.Dense(2)]


@sequential(4, 3)
def stacked_cells(L, k):
    return [L.RNN(L.StackedRNNCells([L.LSTMCell(3), L.GRUCell(2)])), L.Dense(2)]


@sequential(4, 3)
def rnn_of_cell(L, k):
    return [L.RNN(L.SimpleRNNCell(3), return_sequences=True), L.TimeDistributed(L.Dense(2))]


@sequential(6)
def dropout(L, k):
    return [L.Dropout(0.0), L.GaussianNoise(0.0), L.GaussianDropout(0.0), L.AlphaDropout(0.0), L.Dense(2)]


@sequential(4, 6)
def spatial_dropout(L, k):
    return [L.SpatialDropout1D(0.0), L.ActivityRegularization(l2=0.01), L.GlobalAveragePooling1D(), L.Dense(2)]


@sequential(4, 6)
def reshaping(L, k):
    return [L.Permute((2, 1)), L.Reshape((3, 8)), L.Cropping1D(1), L.ZeroPadding1D(1), L.UpSampling1D(2), L.Flatten()]


@sequential(4, 4, 2)
def reshaping_2d(L, k):
    layers = [L.ZeroPadding2D((1, 2)), L.Cropping2D(((1, 0), (0, 1))), L.UpSampling2D(2), L.Conv2D(2, 3)]
    return [*layers, L.GlobalAveragePooling2D(), L.RepeatVector(2)]


@sequential(4, 4, 2)
def bilinear_up_sampling(L, k):
    return [L.UpSampling2D(2, interpolation="bilinear"), L.Conv2D(2, 3), L.GlobalAveragePooling2D()]


@sequential(6)
def rescaling(L, k):
    return [L.Rescaling(0.5, offset=1.0), L.Normalization(mean=0.3, variance=2.0), L.Dense(2)]


@sequential(4)
def category_encoding(L, k):
    return [L.Discretization(bin_boundaries=[-0.5, 0.0, 0.5], output_mode="multi_hot"), L.Dense(2)]


@functional
def merging(L, k):
    a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
    x, y = L.Dense(3)(a), L.Dense(3)(b)
    merged = [L.Add()([x, y]), L.Subtract()([x, y]), L.Multiply()([x, y]), L.Average()([x, y]), L.Maximum()([x, y])]
    return [a, b], L.Dense(2)(L.Concatenate()([*merged, L.Minimum()([x, y]), L.Dot(1)([x, y])]))


@functional
def shared_layers(L, k):
    a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
    shared = L.Dense(3, "tanh", name="shared")
    return [a, b], L.Dense(2)(L.concatenate([shared(a), shared(b)]))


@functional
def several_outputs(L, k):
    a = L.Input((4,), name="a")
    x = L.Dense(3, "relu")(a)
    return a, [L.Dense(2, name="one")(x), L.Dense(1, name="two")(x)]


@functional
def nested(L, k):
    inner = k.Sequential([L.Input((3,)), L.Dense(3, "tanh"), L.Dense(3)], name="inner")
    x = L.Input((3,), name="x")
    half = k.Model(x, L.Dense(3)(inner(x)), name="half")
    a = L.Input((3,), name="a")
    return a, L.Dense(2)(half(half(a)))


@functional
def residual(L, k):
    a = L.Input((6, 6, 2), name="a")
    x = L.BatchNormalization()(L.Conv2D(2, 3, padding="same", use_bias=False)(a))
    x = L.Activation("relu")(L.Add()([a, x]))
    return a, L.Dense(2)(L.GlobalAveragePooling2D()(x))


@functional
def operations(L, k):
    a = L.Input((4,), name="a")
    x = L.Dense(3)(a)
    y = k.ops.exp(x) + 2 * x - k.ops.mean(x, axis=1, keepdims=True)
    return a, L.Dense(2)(k.ops.concatenate([y[:, :2], k.ops.maximum(x, 0.5)], axis=1))


@functional
def frozen(L, k):
    a = L.Input((4,), name="a")
    still = L.Dense(3, trainable=False, name="still")
    return a, L.Dense(2)(L.BatchNormalization(trainable=False)(still(a)))


@functional
def attention(L, k):
    a, b = L.Input((5, 4), name="a"), L.Input((3, 4), name="b")
    x = L.MultiHeadAttention(2, 3)(a, b)
    x = L.Attention(use_scale=True)([x, b]) + L.AdditiveAttention()([x, b])
    return [a, b], L.Dense(2)(x)


@sequential(3, 5, 5, 2)
def conv_lstm(L, k):
    return [L.ConvLSTM2D(2, 3), L.GlobalAveragePooling2D()]


# In Keras 2 these layers or options do not exist, or are called otherwise; that of ConvLSTM2D has another hard sigmoid.
NOT_IN_KERAS_2 = {
    "adaptive_pooling", "rms_normalization", "operations", "activation_layers", "group_normalization",
    "spectral_normalization", "activation_names", "conv_lstm",
}  # fmt: skip
# Keras on JAX loses what a layer assigns to its trainable variables in a call, so that it trains on otherwise.
TRAINED_OTHERWISE = {"spectral_normalization"}


def names(k):
    """The models that a library has all layers for."""
    two = not hasattr(k, "ops")
    lacking = {"attention": "MultiHeadAttention", "conv_lstm": "ConvLSTM2D"}
    return [
        name
        for name in MODELS
        if not (two and name in NOT_IN_KERAS_2) and (name not in lacking or hasattr(k.layers, lacking[name]))
    ]


def data(model):
    """Inputs and targets for a model, in lists."""
    rng = np.random.default_rng(7)

    def values(tensor):
        shape = (BATCH, *tensor.shape[1:])
        if "int" in str(tensor.dtype):
            return rng.integers(0, 7, shape).astype("int32")
        return rng.uniform(-1, 1, shape).astype("float32")

    return [values(x) for x in model.inputs], [values(y) for y in model.outputs]


def single(values):
    """The one element of a list, or the list."""
    return values[0] if len(values) == 1 else values


def compiled(k, name):
    """A model after one step of Adam, so that there is a state of the optimizer to save."""
    k.utils.set_random_seed(len(name))
    model = MODELS[name](k)
    model.compile(k.optimizers.Adam(0.01), "mse")
    further(model, 1)
    return model


def further(model, steps=3):
    """The losses of further steps."""
    x, y = data(model)
    losses = (model.train_on_batch(single(x), single(y)) for _ in range(steps))
    return [float(np.ravel(loss)[0]) for loss in losses]


def predictions(model):
    """What a model predicts, in a list of arrays."""
    x, _ = data(model)
    found = model.predict(single(x), verbose=0)
    return [np.asarray(y) for y in (found if isinstance(found, list) else [found])]
