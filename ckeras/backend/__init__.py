"""`keras.backend`: settings, dtypes, and the legacy functions that preceded `keras.ops`.

Each is a thin wrapper of `ckeras.ops`, differentiable and compiled like it. Every name loads on first use.
"""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.backend.activations import elu as elu, hard_sigmoid as hard_sigmoid, relu as relu, softmax as softmax
    from ckeras.backend.arithmetic import (
        batch_dot as batch_dot,
        batch_normalization as batch_normalization,
        bias_add as bias_add,
        clip as clip,
        cumprod as cumprod,
        cumsum as cumsum,
        dot as dot,
        equal as equal,
        greater as greater,
        greater_equal as greater_equal,
        in_top_k as in_top_k,
        l2_normalize as l2_normalize,
        less as less,
        less_equal as less_equal,
        maximum as maximum,
        minimum as minimum,
        not_equal as not_equal,
        pow as pow,
        sqrt as sqrt,
    )
    from ckeras.backend.crossentropy import (
        binary_crossentropy as binary_crossentropy,
        binary_focal_crossentropy as binary_focal_crossentropy,
        categorical_crossentropy as categorical_crossentropy,
        categorical_focal_crossentropy as categorical_focal_crossentropy,
        sparse_categorical_crossentropy as sparse_categorical_crossentropy,
    )
    from ckeras.backend.ctc import ctc_batch_cost as ctc_batch_cost, ctc_decode as ctc_decode
    from ckeras.backend.dtypes import (
        is_float_dtype as is_float_dtype,
        is_int_dtype as is_int_dtype,
        result_type as result_type,
        standardize_dtype as standardize_dtype,
    )
    from ckeras.backend.graphs import (
        function as function,
        gradients as gradients,
        image_dim_ordering as image_dim_ordering,
        placeholder as placeholder,
        set_image_dim_ordering as set_image_dim_ordering,
    )
    from ckeras.backend.images import (
        conv1d as conv1d,
        conv2d as conv2d,
        conv2d_transpose as conv2d_transpose,
        conv3d as conv3d,
        depthwise_conv2d as depthwise_conv2d,
        pool2d as pool2d,
        pool3d as pool3d,
        resize_images as resize_images,
        resize_volumes as resize_volumes,
        separable_conv2d as separable_conv2d,
        spatial_2d_padding as spatial_2d_padding,
        spatial_3d_padding as spatial_3d_padding,
        temporal_padding as temporal_padding,
    )
    from ckeras.backend.layout import (
        arange as arange,
        argmax as argmax,
        argmin as argmin,
        batch_flatten as batch_flatten,
        concatenate as concatenate,
        expand_dims as expand_dims,
        flatten as flatten,
        gather as gather,
        one_hot as one_hot,
        permute_dimensions as permute_dimensions,
        repeat as repeat,
        repeat_elements as repeat_elements,
        reshape as reshape,
        reverse as reverse,
        tile as tile,
        transpose as transpose,
    )
    from ckeras.backend.loops import foldl as foldl, foldr as foldr, map_fn as map_fn, rnn as rnn, switch as switch
    from ckeras.backend.phases import (
        in_test_phase as in_test_phase,
        in_train_phase as in_train_phase,
        learning_phase as learning_phase,
        name_scope as name_scope,
        set_learning_phase as set_learning_phase,
    )
    from ckeras.backend.randomness import (
        dropout as dropout,
        random_bernoulli as random_bernoulli,
        random_normal as random_normal,
        random_normal_variable as random_normal_variable,
        random_uniform as random_uniform,
        random_uniform_variable as random_uniform_variable,
        truncated_normal as truncated_normal,
    )
    from ckeras.backend.sessions import get_session as get_session, set_session as set_session
    from ckeras.backend.values import (
        batch_get_value as batch_get_value,
        batch_set_value as batch_set_value,
        cast_to_floatx as cast_to_floatx,
        constant as constant,
        count_params as count_params,
        eval as eval,
        eye as eye,
        get_value as get_value,
        int_shape as int_shape,
        is_sparse as is_sparse,
        moving_average_update as moving_average_update,
        ones as ones,
        ones_like as ones_like,
        set_value as set_value,
        stop_gradient as stop_gradient,
        to_dense as to_dense,
        update as update,
        update_add as update_add,
        update_sub as update_sub,
        variable as variable,
        zeros as zeros,
        zeros_like as zeros_like,
    )
    from ckeras.config import (
        backend as backend,
        epsilon as epsilon,
        floatx as floatx,
        image_data_format as image_data_format,
        set_epsilon as set_epsilon,
        set_floatx as set_floatx,
        set_image_data_format as set_image_data_format,
    )
    from ckeras.ops import (
        abs as abs,
        all as all,
        any as any,
        cast as cast,
        cos as cos,
        dtype as dtype,
        exp as exp,
        log as log,
        max as max,
        mean as mean,
        min as min,
        ndim as ndim,
        prod as prod,
        round as round,
        shape as shape,
        sigmoid as sigmoid,
        sign as sign,
        sin as sin,
        softplus as softplus,
        softsign as softsign,
        square as square,
        squeeze as squeeze,
        stack as stack,
        std as std,
        sum as sum,
        tanh as tanh,
        var as var,
    )
    from ckeras.utils.naming import get_uid as get_uid
    from ckeras.utils.session import clear_session as clear_session
    from ckeras.utils.symbols import is_keras_tensor as is_keras_tensor

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
    "graphs": ("function", "gradients", "image_dim_ordering", "placeholder", "set_image_dim_ordering"),
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
    "sessions": ("get_session", "set_session"),
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

attach(
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
