"""`keras.backend`: settings, dtypes, and the functions that Keras had before `keras.ops`, under their older names.

Each of these is a line or two on `ckeras.ops`, and differentiable and compiled like it. Every name loads on first use.
"""

from ckeras.lazy import attach

_CONFIG = (
    "backend",
    "epsilon",
    "floatx",
    "image_data_format",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
)
_AS_IN_OPS = (
    "abs", "all", "any", "cast", "cos", "dtype", "exp", "log", "max", "mean", "min", "ndim", "prod", "round", "shape",
    "sigmoid", "sign", "sin", "softplus", "softsign", "square", "squeeze", "stack", "std", "sum", "tanh", "var",
)  # fmt: skip
_HERE = {
    "activations": ("elu", "hard_sigmoid", "relu", "softmax"),
    "arithmetic": (
        "batch_dot", "batch_normalization", "bias_add", "clip", "cumprod", "cumsum", "dot", "equal",
        "greater", "greater_equal", "in_top_k", "l2_normalize", "less", "less_equal", "maximum", "minimum",
        "not_equal", "pow", "sqrt",
    ),
    "crossentropy": (
        "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy",
        "categorical_focal_crossentropy", "sparse_categorical_crossentropy",
    ),
    "ctc": ("ctc_batch_cost", "ctc_decode"),
    "dtypes": ("is_float_dtype", "is_int_dtype", "result_type", "standardize_dtype"),
    "images": (
        "conv1d", "conv2d", "conv2d_transpose", "conv3d", "depthwise_conv2d", "pool2d", "pool3d", "resize_images",
        "resize_volumes", "separable_conv2d", "spatial_2d_padding", "spatial_3d_padding", "temporal_padding",
    ),
    "layout": (
        "arange", "argmax", "argmin", "batch_flatten", "concatenate", "expand_dims", "flatten", "gather",
        "one_hot",
        "permute_dimensions", "repeat", "repeat_elements", "reshape", "reverse", "tile", "transpose",
    ),
    "loops": ("foldl", "foldr", "map_fn", "rnn", "switch"),
    "phases": ("in_test_phase", "in_train_phase", "learning_phase", "name_scope", "set_learning_phase"),
    "values": (
        "batch_get_value", "batch_set_value", "cast_to_floatx", "constant", "count_params", "eval", "eye", "get_value",
        "int_shape", "is_sparse", "moving_average_update", "ones", "ones_like", "set_value", "stop_gradient",
        "to_dense", "update", "update_add", "update_sub", "variable", "zeros", "zeros_like",
    ),
    "randomness": (
        "dropout", "random_bernoulli", "random_normal", "random_normal_variable", "random_uniform",
        "random_uniform_variable", "truncated_normal",
    ),
}  # fmt: skip

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        **dict.fromkeys(_CONFIG, "ckeras.config"),
        **dict.fromkeys(_AS_IN_OPS, "ckeras.ops"),
        **{name: module for module, names in _HERE.items() for name in names},
        "clear_session": "ckeras.utils.session",
        "get_uid": "ckeras.utils.naming",
        "is_keras_tensor": "ckeras.utils.symbols",
    },
)
