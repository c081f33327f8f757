"""What the classic functions of `keras.backend` give, computed with Keras on TensorFlow or with ckeras.

`python tests/data/make_backend_values.py` computes every case below with Keras 3.15 (TensorFlow backend, which
alone has these functions) and writes the values next to this file.
"""

import os
import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("backend_values.npz")


def data(*shape, seed=0, dtype="float32"):
    """Numbers between -2 and 2."""
    return np.random.default_rng([seed, *shape]).uniform(-2, 2, shape).astype(dtype)


X, Y = data(3, 4), data(3, 4, seed=1)
BITS = np.array([[1, 0, 1, 1], [0, 0, 1, 0], [1, 1, 0, 0]], "float32")
SHARES = np.abs(data(3, 4, seed=2)) / 2
SHARES[0, :2] = 0, 1
DISTRIBUTIONS = SHARES / SHARES.sum(-1, keepdims=True)
ONE_HOT = np.eye(4, dtype="float32")[[2, 0, 3]]
STEPS = data(2, 5, 3, seed=3)
IMAGES, VOLUMES = data(2, 5, 6, 3, seed=4), data(1, 3, 4, 4, 2, seed=5)
KERNEL1, KERNEL2, KERNEL3 = data(3, 3, 4, seed=6), data(3, 2, 3, 4, seed=7), data(2, 2, 2, 2, 3, seed=8)
SEQUENCES = np.exp(data(2, 6, 4, seed=9))
SEQUENCES /= SEQUENCES.sum(-1, keepdims=True)
WEIGHTS = data(3, 3, seed=10)


def cases(K, array):
    """Name -> a function that computes; ``array`` makes a tensor."""
    x, y, flags = array(X), array(Y), array(X > 0)
    found = {}
    for name in (
        "abs",
        "cos",
        "exp",
        "round",
        "sigmoid",
        "sign",
        "sin",
        "softplus",
        "softsign",
        "square",
        "tanh",
        "sqrt",
    ):
        found[name] = lambda name=name: getattr(K, name)(x)
    found["log"] = lambda: K.log(K.abs(x))
    for name in ("sum", "mean", "prod", "max", "min", "std", "var"):
        f = getattr(K, name)
        found |= {
            name: lambda f=f: f(x),
            f"{name} of an axis": lambda f=f: f(x, axis=-1),
            f"{name} kept": lambda f=f: f(x, axis=[0, 1], keepdims=True),
        }
    for name in ("mean", "std", "var", "all", "any"):
        found[f"{name} of flags"] = lambda name=name: getattr(K, name)(flags, axis=0)
    for name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum"):
        found[name] = lambda name=name: getattr(K, name)(x, y)
    found |= {
        "pow": lambda: K.pow(K.abs(x), 1.5),
        "clip": lambda: K.clip(x, -1, 1),
        "clip without bounds": lambda: K.clip(x, None, 0.5),
        "clip in the wrong order": lambda: K.clip(x, 1, -1),
        "l2_normalize": lambda: K.l2_normalize(x, axis=1),
        "l2_normalize of all": lambda: K.l2_normalize(x),
        "l2_normalize of zeros": lambda: K.l2_normalize(x * 0.0, axis=0),
        "dot": lambda: K.dot(x, K.transpose(y)),
        "dot of more axes": lambda: K.dot(array(STEPS), array(data(4, 3, 2))),
        "bias_add": lambda: K.bias_add(array(STEPS), array(X[0, :3])),
        "bias_add of all axes": lambda: K.bias_add(array(STEPS), array(STEPS[0])),
        "batch_normalization": lambda: K.batch_normalization(x, y[0], K.abs(y[1]), y[2], x[0]),
        "batch_normalization alone": lambda: K.batch_normalization(x, y[0], K.abs(y[1]), None, None, epsilon=0.1),
        # activations
        "relu": lambda: K.relu(x),
        "relu leaky": lambda: K.relu(x, alpha=0.2),
        "relu bounded": lambda: K.relu(x, max_value=1.0),
        "relu from a threshold": lambda: K.relu(x, threshold=0.5),
        "relu of all": lambda: K.relu(x, alpha=0.1, max_value=1.5, threshold=0.5),
        "relu six": lambda: K.relu(5 * x, max_value=6),
        "elu": lambda: K.elu(x, 0.5),
        "hard_sigmoid": lambda: K.hard_sigmoid(2 * x),
        "softmax": lambda: K.softmax(x),
        "softmax of an axis": lambda: K.softmax(array(STEPS), axis=1),
        # layout
        "arange": lambda: K.arange(1, 7, 2),
        "arange of floats": lambda: K.arange(3, dtype="float32"),
        "argmax": lambda: K.argmax(x),
        "argmin": lambda: K.argmin(x, axis=0),
        "batch_flatten": lambda: K.batch_flatten(array(IMAGES)),
        "cast": lambda: K.cast(x, "int32"),
        "concatenate": lambda: K.concatenate([x, y]),
        "expand_dims": lambda: K.expand_dims(x),
        "flatten": lambda: K.flatten(x),
        "gather": lambda: K.gather(x, array(np.array([2, 0, 2]))),
        "one_hot": lambda: K.one_hot(array(np.array([[0, 3], [2, 1]])), 4),
        "permute_dimensions": lambda: K.permute_dimensions(array(STEPS), (2, 0, 1)),
        "repeat": lambda: K.repeat(x, 2),
        "repeat_elements": lambda: K.repeat_elements(x, 2, axis=1),
        "reshape": lambda: K.reshape(x, (-1, 2)),
        "reverse": lambda: K.reverse(x, [0, 1]),
        "squeeze": lambda: K.squeeze(K.expand_dims(x, 1), 1),
        "stack": lambda: K.stack([x, y], axis=1),
        "tile": lambda: K.tile(x, [2, 1]),
        "transpose": lambda: K.transpose(x),
        "temporal_padding": lambda: K.temporal_padding(array(STEPS), (2, 1)),
        "spatial_2d_padding": lambda: K.spatial_2d_padding(array(IMAGES), ((1, 0), (2, 1))),
        "spatial_2d_padding first": lambda: K.spatial_2d_padding(array(IMAGES), data_format="channels_first"),
        "spatial_3d_padding": lambda: K.spatial_3d_padding(array(VOLUMES), ((0, 1), (1, 0), (1, 1))),
        "resize_images": lambda: K.resize_images(array(IMAGES), 2, 3, "channels_last"),
        "resize_volumes": lambda: K.resize_volumes(array(VOLUMES), 2, 1, 2, "channels_last"),
        # values
        "zeros": lambda: K.zeros((2, 3)),
        "ones": lambda: K.ones((2,), "int32"),
        "eye": lambda: K.eye(3),
        "constant": lambda: K.constant([1, 2, 3]),
        "constant of a shape": lambda: K.constant(2, shape=(2, 2)),
        "variable": lambda: K.variable([[1, 2]]),
        "zeros_like": lambda: K.zeros_like(x, "int32"),
        "ones_like": lambda: K.ones_like(x),
        "moving_average_update": lambda: K.moving_average_update(K.variable(X), Y, 0.9),
        "update_add": lambda: K.update_add(K.variable(X), Y),
        "update_sub": lambda: K.update_sub(K.variable(X), Y),
        "update": lambda: K.update(K.variable(X), Y),
        # losses
        "binary_crossentropy": lambda: K.binary_crossentropy(array(BITS), array(SHARES)),
        "binary_crossentropy of logits": lambda: K.binary_crossentropy(array(BITS), 30 * x, from_logits=True),
        "binary_focal_crossentropy": lambda: K.binary_focal_crossentropy(array(BITS), array(SHARES)),
        "binary_focal_crossentropy balanced": lambda: K.binary_focal_crossentropy(array(BITS), x, True, 0.3, 1.0, True),
        "categorical_crossentropy": lambda: K.categorical_crossentropy(array(ONE_HOT), array(SHARES)),
        "categorical_crossentropy of logits": lambda: K.categorical_crossentropy(array(ONE_HOT), x, from_logits=True),
        "categorical_crossentropy of an axis": lambda: K.categorical_crossentropy(
            array(ONE_HOT), array(SHARES), axis=0
        ),
        "categorical_focal_crossentropy": lambda: K.categorical_focal_crossentropy(array(ONE_HOT), array(SHARES)),
        "categorical_focal_crossentropy of logits": lambda: K.categorical_focal_crossentropy(
            array(ONE_HOT), x, 0.5, 1.0, from_logits=True
        ),
        "sparse_categorical_crossentropy": lambda: K.sparse_categorical_crossentropy(
            array(np.array([2, 0, 3])), array(DISTRIBUTIONS)
        ),
        "sparse_categorical_crossentropy of logits": lambda: K.sparse_categorical_crossentropy(
            array(np.array([[2], [0], [3]])), x, from_logits=True
        ),
        "sparse_categorical_crossentropy without a class": lambda: K.sparse_categorical_crossentropy(
            array(np.array([2, -1, 3])), x, from_logits=True, ignore_class=-1
        ),
        "sparse_categorical_crossentropy of steps": lambda: K.sparse_categorical_crossentropy(
            array(np.array([[0, 1, 2, 0, 1], [2, 2, 1, 0, 0]])), array(STEPS), from_logits=True
        ),
        # loops
        "map_fn": lambda: K.map_fn(lambda row: K.sum(row) * row, x),
        "foldl": lambda: K.foldl(lambda total, row: 2 * total + row, x),
        "foldr": lambda: K.foldr(lambda total, row: 2 * total + row, x, initializer=y[0]),
        "switch of rows": lambda: K.switch(array(np.array([[True], [False], [True]])), x, y),
        "switch of elements": lambda: K.switch(flags, x, lambda: y),
    }
    shapes = {
        "": ((3, 4, 5), (3, 5, 2)),
        " of matrices": ((3, 4), (3, 4)),
        " of a matrix and more": ((3, 4), (3, 4, 2)),
        " of more and a matrix": ((3, 2, 4), (3, 4)),
        " of many axes": ((2, 3, 4, 5), (2, 6, 5, 2)),
    }
    for name, (first, second) in shapes.items():
        found[f"batch_dot{name}"] = lambda a=first, b=second: K.batch_dot(array(data(*a)), array(data(*b)))
    found["batch_dot of axes"] = lambda: K.batch_dot(array(data(3, 4, 5)), array(data(3, 2, 4)), axes=(1, 2))
    found["batch_dot of one axis"] = lambda: K.batch_dot(array(data(3, 4, 5)), array(data(3, 4, 2)), axes=1)
    return found | _recurrent(K, array) | later(K, array)


def _recurrent(K, array):
    weights = array(WEIGHTS)
    mask = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], bool)

    def step(x, states):
        h = K.tanh(x + K.dot(states[0], weights))
        return 2 * h, [h]

    def run(number, **options):
        return lambda: K.rnn(step, array(STEPS), [array(np.zeros((2, 3), "float32"))], **options)[number]

    found = {}
    for name, options in {
        "": {},
        " backwards": {"go_backwards": True},
        " with a mask": {"mask": array(mask)},
        " with a mask unrolled": {"mask": array(mask), "unroll": True},
        " with a mask backwards": {"mask": array(mask), "go_backwards": True},
        " with zeros for the mask": {"mask": array(mask), "zero_output_for_mask": True},
        " last output": {"return_all_outputs": False},
    }.items():
        found[f"rnn{name}: last"] = run(0, **options)
        found[f"rnn{name}: all"] = run(1, **options)
        found[f"rnn{name}: state"] = lambda options=options: run(2, **options)()[0]
    return found


def later(K, array):
    """The cases of functions whose ops do more than work element by element."""
    images, steps = array(IMAGES), array(STEPS)
    lengths = array(np.array([[6], [5]])), array(np.array([[3], [2]]))
    return {
        "cumsum": lambda: K.cumsum(array(X)),
        "cumprod": lambda: K.cumprod(array(X), axis=1),
        "in_top_k": lambda: K.in_top_k(array(X), array(np.array([2, 0, 3])), 2),
        "conv1d": lambda: K.conv1d(steps, array(KERNEL1)),
        "conv1d causal": lambda: K.conv1d(steps, array(KERNEL1), padding="causal", dilation_rate=2),
        "conv2d": lambda: K.conv2d(images, array(KERNEL2), (2, 1), "same"),
        "conv2d dilated": lambda: K.conv2d(images, array(KERNEL2), dilation_rate=(2, 2)),
        "conv3d": lambda: K.conv3d(array(VOLUMES), array(KERNEL3)),
        "conv2d_transpose": lambda: K.conv2d_transpose(
            images, array(KERNEL2.transpose(0, 1, 3, 2)), (2, 11, 12, 4), (2, 2)
        ),
        "conv2d_transpose same": lambda: K.conv2d_transpose(
            images, array(KERNEL2.transpose(0, 1, 3, 2)), (2, 10, 12, 4), (2, 2), "same"
        ),
        "depthwise_conv2d": lambda: K.depthwise_conv2d(images, array(KERNEL2)),
        "separable_conv2d": lambda: K.separable_conv2d(
            images, array(KERNEL2), array(data(1, 1, 12, 2)), padding="same"
        ),
        "pool2d": lambda: K.pool2d(images, (2, 2), (2, 2), "same"),
        "pool2d mean": lambda: K.pool2d(images, (3, 2), pool_mode="avg"),
        "pool3d": lambda: K.pool3d(array(VOLUMES), (2, 2, 2), (1, 2, 2)),
        "resize_images bilinear": lambda: K.resize_images(images, 2, 2, "channels_last", "bilinear"),
        "ctc_batch_cost": lambda: K.ctc_batch_cost(array(np.array([[0, 1, 2], [1, 1, 0]])), array(SEQUENCES), *lengths),
        "ctc_decode": lambda: K.ctc_decode(array(SEQUENCES), array(np.array([6, 5])))[0][0],
        "switch": lambda: K.switch(array(np.array(1)), lambda: array(X), lambda: array(Y)),
        "switch of tensors": lambda: K.switch(array(np.array(False)), array(X), array(Y)),
    }


def main():
    """Compute with Keras, and keep what it gives."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import tensorflow as tf
    from keras._tf_keras.keras import backend

    assert keras.__version__.startswith("3.15"), keras.__version__
    np.savez_compressed(VALUES, **{k: np.asarray(f()) for k, f in cases(backend, tf.convert_to_tensor).items()})
    print(f"{VALUES.stat().st_size} bytes")


if __name__ == "__main__":
    main()
