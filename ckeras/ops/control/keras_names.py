"""How Keras 3 names the operations that its functions record, and which arguments belong to their configuration.

Configurations of functional models contain these names, so they are data of a file format.
"""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

# Class names that are not the function's name in camel case.
_CLASSES = {
    "abs": "Absolute",
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "cdist": "CDist",
    "conj": "Conjugate",
    "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss",
    "extract_patches_3d": "ExtractPatches",
    "fft": "FFT",
    "fft2": "FFT2",
    "getitem": "GetItem",
    "hard_swish": "HardSilu",
    "hsv_to_rgb": "HSVToRGB",
    "ifft2": "IFFT2",
    "irfft": "IRFFT",
    "isin": "IsIn",
    "istft": "ISTFT",
    "jvp": "JVP",
    "layer_normalization": "LayerNorm",
    "psnr": "PSNR",
    "rfft": "RFFT",
    "rgb_to_grayscale": "RGBToGrayscale",
    "rgb_to_hsv": "RGBToHSV",
    "rms_normalization": "RMSNorm",
    "searchsorted": "SearchSorted",
    "ssim": "SSIM",
    "stft": "STFT",
    "svd": "SVD",
    "swish": "Silu",
}

# Modules under keras.src.ops of the functions that are not in `numpy`.
_MODULES = {
    "core": (
        "associative_scan cast cond convert_to_tensor fori_loop map saturate_cast scan scatter "
        "scatter_update slice slice_update stop_gradient switch unstack vectorized_map while_loop"
    ),
    "einops": "rearrange",
    "image": (
        "affine_transform crop_images elastic_transform extract_patches extract_patches_3d gaussian_blur "
        "hsv_to_rgb map_coordinates pad_images perspective_transform resize rgb_to_grayscale rgb_to_hsv "
        "scale_and_translate sobel_edges ssim"
    ),
    "linalg": (
        "cholesky cholesky_inverse det eig eigh inv jvp lstsq lu_factor matrix_rank norm pinv qr solve "
        "solve_triangular svd"
    ),
    "math": (
        "cdist erf erfc erfinv extract_sequences fft fft2 ifft2 in_top_k irfft istft logdet logsumexp rfft "
        "rsqrt segment_max segment_min segment_prod segment_sum stft top_k view_as_complex view_as_real"
    ),
    "nn": (
        "adaptive_average_pool adaptive_max_pool average_pool batch_normalization binary_crossentropy "
        "categorical_crossentropy celu conv conv_transpose ctc_decode ctc_loss depth_to_space depthwise_conv "
        "dot_product_attention elu fold gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh "
        "layer_normalization leaky_relu log_sigmoid log_softmax max_pool moments multi_hot normalize one_hot "
        "polar psnr relu relu6 rms_normalization selu separable_conv sigmoid silu soft_shrink softmax "
        "softplus softsign space_to_depth sparse_categorical_crossentropy sparse_plus sparse_sigmoid "
        "sparsemax squareplus swish tanh_shrink threshold unfold"
    ),
}

# Parameters that are arguments of the call. The others are the operation's configuration.
_OPERANDS = (
    "a abs_ angle array beta bias branches choicelist condition condlist constant_values coordinates data "
    "default depthwise_kernel elements elems end_points f false_fn fun gamma image1 image2 images index "
    "indices init init_val inputs kernel key loop_vars mask mean output output_length output_shape pattern "
    "pointwise_kernel pred predictions primals q query scale segment_ids sequence_lengths sorted_sequence "
    "start start_indices start_points step stop tangents target target_length targets tensor transform "
    "translation true_fn updates value values variable variance volumes x x1 x2 xs y"
)
_ALSO = {  # where a name is an argument of these functions alone
    "batch_normalization": ("offset",),
    "digitize": ("bins",),
    "full": ("fill_value",),
    "full_like": ("fill_value",),
    "isclose": ("atol", "rtol"),
    "lstsq": ("b",),
    "solve": ("b",),
    "solve_triangular": ("b",),
}
_NOT = {"trapezoid": {"x"}}
_IGNORED = {"einsum": {"optimize"}}  # arguments that do not change the result
_BY_NAME = {  # arguments that the call receives by name
    "arange": ("step",),
    "average": ("weights",),
    "dot_product_attention": ("bias", "mask", "scale"),
    "pad": ("constant_values",),
    "rms_normalization": ("scale",),
}


class Record(NamedTuple):
    """How calls of a function are recorded: class name, module, and kinds of parameters.

    Positional ``options`` precede keyword-only ones; ``leading`` is the number of the former. ``ignored`` parameters
    are not recorded.
    """

    class_name: str
    module: str
    operands: tuple[str, ...]
    options: tuple[str, ...]
    leading: int
    variadic: str | None
    ignored: tuple[str, ...]


@cache
def record_of(name: str, function: Callable[..., Any]) -> Record:
    """How calls of a function of `ckeras.ops` are recorded, by its public name.

    >>> from ckeras import ops
    >>> record_of("mean", ops.mean)[:3]
    ('Mean', 'keras.src.ops.numpy', ('x',))
    """
    class_name = _CLASSES.get(name) or "".join(word[:1].upper() + word[1:] for word in name.split("_"))
    module = next((m for m, names in _MODULES.items() if name in names.split()), "numpy")
    operand_names = {*_OPERANDS.split(), *_ALSO.get(name, ())} - _NOT.get(name, set())
    ignored = tuple(_IGNORED.get(name, ()))
    skipped = {*_BY_NAME.get(name, ()), *ignored}
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name not in skipped]
    plain = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    options = [p for p in plain if p.name not in operand_names]
    return Record(
        class_name,
        f"keras.src.ops.{module}",
        tuple(p.name for p in plain if p.name in operand_names),
        tuple(p.name for p in options),
        sum(p.kind is not p.KEYWORD_ONLY for p in options),
        next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None),
        ignored,
    )
