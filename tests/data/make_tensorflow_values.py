"""Results of TensorFlow's functions for the calls below.

`python tests/data/make_tensorflow_values.py`, with TensorFlow, writes `tensorflow_values.npz` next to this file.
"""

import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("tensorflow_values.npz")


def cases(tf):
    """Name -> a function of TensorFlow's names that gives a tensor, a number, or a structure of them."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 4)).astype("float32")
    p = np.abs(x) + 0.1
    ints = np.array([4, 1, 4, 2, 1, 4], "int32")
    image = tf.constant(rng.random((2, 6, 5, 3)).astype("float32"))
    pixels = rng.integers(0, 256, (6, 5, 3)).astype("uint8")
    text = ["The Cat", " sat  on ", "a mat, är"]
    data = tf.data.Dataset

    def listed(dataset):
        return [tf.nest.map_structure(lambda e: np.asarray(e.numpy()), element) for element in dataset]

    def dynamic(n):
        return data.range(n).map(lambda i: tf.fill([tf.cast(i, "int32") + 1], i))

    return {
        # arrays
        "unique": lambda: tf.unique(ints),
        "unique_with_counts": lambda: tf.unique_with_counts(ints),
        "gather_batch": lambda: tf.gather(x, [[1, 0], [2, 2], [3, 3]], batch_dims=1),
        "gather_batch_axis": lambda: tf.gather(image, [[1, 0], [2, 2]], axis=2, batch_dims=1),
        "gather_last": lambda: tf.gather(x, [3, 0], axis=-1),
        "strided_slice": lambda: tf.strided_slice(x, [0, 1], [3, 4], [2, 2]),
        "dynamic_partition": lambda: tf.dynamic_partition(x, [1, 0, 1], 2),
        "dynamic_stitch": lambda: tf.dynamic_stitch([[2, 0], [1]], [x[:2], x[2:]]),
        "reverse_sequence": lambda: tf.reverse_sequence(x, [1, 3, 4], seq_axis=1),
        "reverse_sequence_0": lambda: tf.reverse_sequence(x, [1, 3, 2, 0], seq_axis=0, batch_axis=1),
        "scan": lambda: tf.scan(lambda a, e: a * 0.5 + e, x),
        "scan_initial": lambda: tf.scan(lambda a, e: a + e, x, initializer=np.ones(4, "float32")),
        "scan_reverse": lambda: tf.scan(lambda a, e: a * 0.5 + e, x, reverse=True),
        "foldl": lambda: tf.foldl(lambda a, e: a * 0.5 + e, x),
        "foldr": lambda: tf.foldr(lambda a, e: a * 0.5 + e, x),
        "histogram": lambda: tf.histogram_fixed_width([-1.0, 0.1, 0.3, 2.5, 9.0], [0.0, 3.0], nbins=5),
        "case": lambda: tf.case([(tf.constant(False), lambda: x), (tf.constant(True), lambda: x * 2)], lambda: x * 3),
        "case_default": lambda: tf.case([(tf.constant(False), lambda: x)], default=lambda: x * 3),
        "bitcast": lambda: tf.bitcast(x, "int32"),
        "where_indices": lambda: tf.where(x > 0),
        "numpy_function": lambda: tf.numpy_function(lambda a: np.sort(a), [x], tf.float32),
        "as_list": lambda: tf.constant(x).shape.as_list(),
        "shape_slice": lambda: tf.constant(image).shape[1:3].as_list(),
        "num_elements": lambda: tf.constant(x).shape.num_elements(),
        # math
        "xdivy": lambda: tf.math.xdivy(np.array([0.0, 1.0], "float32"), np.array([0.0, 4.0], "float32")),
        "xlog1py": lambda: tf.math.xlog1py(np.array([0.0, 2.0], "float32"), np.array([-1.0, 4.0], "float32")),
        "polyval": lambda: tf.math.polyval([1.0, -2.0, 0.5], x),
        "segment_mean": lambda: tf.math.segment_mean(x, [0, 0, 2]),
        "unsorted_segment_mean": lambda: tf.math.unsorted_segment_mean(x, [3, 0, 3], num_segments=4),
        "bincount": lambda: tf.math.bincount(ints),
        "bincount_lengths": lambda: tf.math.bincount(ints, minlength=7, maxlength=3),
        "bincount_weights": lambda: tf.math.bincount(ints, weights=np.arange(6, dtype="float32")),
        "confusion": lambda: tf.math.confusion_matrix([0, 2, 1, 2], [0, 1, 1, 2]),
        "confusion_weights": lambda: tf.math.confusion_matrix([0, 1], [1, 1], 3, [0.5, 2.0], dtype=tf.float32),
        "invert_permutation": lambda: tf.math.invert_permutation([2, 0, 1, 3]),
        "increasing": lambda: [tf.math.is_strictly_increasing([1, 2, 2]), tf.math.is_non_decreasing([1, 2, 2])],
        "bessel_i0": lambda: tf.math.bessel_i0(x),
        "reduce_std": lambda: tf.math.reduce_std(x, axis=1),
        "realdiv": lambda: tf.realdiv(x, p),
        # nn
        "crelu": lambda: tf.nn.crelu(x),
        "log_poisson_loss": lambda: tf.nn.log_poisson_loss(3 * p, x),
        "log_poisson_loss_full": lambda: tf.nn.log_poisson_loss(3 * p, x, compute_full_loss=True),
        "lrn": lambda: tf.nn.local_response_normalization(image, depth_radius=1, bias=1.5, alpha=0.3, beta=0.7),
        "normalize_moments": lambda: tf.nn.normalize_moments(4.0, x[0], p[0] * 9, None),
        "depthwise": lambda: tf.nn.depthwise_conv2d(image, np.full((2, 2, 3, 2), 0.5, "float32"), [1, 1, 1, 1], "SAME"),
        "conv1d": lambda: tf.nn.conv1d(image[:, :, 0], np.full((3, 3, 2), 0.25, "float32"), 2, "SAME"),
        "conv2d_transpose": lambda: tf.nn.conv2d_transpose(
            image, np.full((3, 3, 4, 3), 0.25, "float32"), [2, 12, 10, 4], [1, 2, 2, 1]
        ),
        # images
        "resize": lambda: tf.image.resize(image, [4, 7]),
        "resize_uint8": lambda: tf.image.resize(pixels, [3, 4]),
        "resize_nearest": lambda: tf.image.resize(pixels, [12, 10], method="nearest"),
        "resize_aspect": lambda: tf.image.resize(image, [12, 20], preserve_aspect_ratio=True),
        "resize_with_pad": lambda: tf.image.resize_with_pad(image, 8, 12),
        "resize_with_crop_or_pad": lambda: tf.image.resize_with_crop_or_pad(image, 4, 8),
        "central_crop": lambda: tf.image.central_crop(image, 0.5),
        "crop": lambda: tf.image.crop_to_bounding_box(image, 1, 2, 3, 2),
        "pad": lambda: tf.image.pad_to_bounding_box(image, 1, 2, 9, 8),
        "rot90": lambda: tf.image.rot90(image),
        "rot90_3": lambda: tf.image.rot90(image[0], k=3),
        "transpose": lambda: tf.image.transpose(image),
        "to_float": lambda: tf.image.convert_image_dtype(pixels, tf.float32),
        "to_uint8": lambda: tf.image.convert_image_dtype(image, tf.uint8),
        "to_uint8_saturated": lambda: tf.image.convert_image_dtype(image * 2 - 0.5, tf.uint8, saturate=True),
        "grayscale_to_rgb": lambda: tf.image.grayscale_to_rgb(image[..., :1]),
        "rgb_to_hsv": lambda: tf.image.rgb_to_hsv(image),
        "standardization": lambda: tf.image.per_image_standardization(image),
        "total_variation": lambda: tf.image.total_variation(image),
        "image_gradients": lambda: tf.image.image_gradients(image),
        "psnr": lambda: tf.image.psnr(image, image[::-1], 1.0),
        "brightness": lambda: tf.image.adjust_brightness(image, 0.2),
        "brightness_uint8": lambda: tf.image.adjust_brightness(pixels, 0.2),
        "contrast": lambda: tf.image.adjust_contrast(image, 1.5),
        "gamma": lambda: tf.image.adjust_gamma(image, 2.0, 0.5),
        "saturation": lambda: tf.image.adjust_saturation(image, 1.5),
        "hue": lambda: tf.image.adjust_hue(image, 0.3),
        "hue_down": lambda: tf.image.adjust_hue(image, -0.3),
        # text
        "lower": lambda: tf.strings.lower(text),
        "upper": lambda: tf.strings.upper(text),
        "upper_utf8": lambda: tf.strings.upper(text, encoding="utf-8"),
        "strip": lambda: tf.strings.strip(text),
        "length": lambda: tf.strings.length(text),
        "length_characters": lambda: tf.strings.length(text, unit="UTF8_CHAR"),
        "substr": lambda: tf.strings.substr(text, 1, 3),
        "substr_end": lambda: tf.strings.substr(text, -3, 2),
        "substr_last": lambda: tf.strings.substr(text, -3, 3),
        "regex_replace": lambda: tf.strings.regex_replace(text, "[^a-z ]", "_"),
        "regex_groups": lambda: tf.strings.regex_replace(text, r"(\w)at", r"<\1>", replace_global=False),
        "regex_full_match": lambda: tf.strings.regex_full_match(text, "[A-Za-z ]+"),
        "split": lambda: tf.strings.split("  The cat sat "),
        "split_separator": lambda: tf.strings.split("a,b,,c", ","),
        "split_once": lambda: tf.strings.split("a,b,,c", ",", maxsplit=1),
        "bytes_split": lambda: tf.strings.bytes_split("abc"),
        "unicode_split": lambda: tf.strings.unicode_split("aäc", "UTF-8"),
        "join": lambda: tf.strings.join([["a", "b"], "-", ["c", "d"]], separator="+"),
        "reduce_join": lambda: tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=1, separator=" "),
        "reduce_join_all": lambda: tf.strings.reduce_join([["a", "b"], ["c", "d"]]),
        "reduce_join_keep": lambda: tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=0, keepdims=True),
        "to_number": lambda: tf.strings.to_number(["1.5", "-2"]),
        "to_number_int": lambda: tf.strings.to_number(["15", "-2"], tf.int32),
        "as_string": lambda: tf.strings.as_string([1.5, -2.25]),
        "as_string_precision": lambda: tf.strings.as_string([1.5, -2.25], precision=1),
        "as_string_int": lambda: tf.strings.as_string([[1], [20]]),
        # pipelines
        "window": lambda: listed(data.range(7).window(3, shift=2).flat_map(lambda w: w.batch(3))),
        "window_stride": lambda: listed(
            data.range(10).window(3, shift=4, stride=2, drop_remainder=True).flat_map(lambda w: w.batch(3))
        ),
        "window_tumbling": lambda: listed(data.range(5).window(2).flat_map(lambda w: w.batch(2))),
        "window_apart": lambda: listed(data.range(9).window(2, shift=4).flat_map(lambda w: w.batch(2))),
        "window_pairs": lambda: listed(
            data.zip((data.range(4), data.range(4))).window(2).flat_map(lambda a, b: data.zip((a.batch(2), b.batch(2))))
        ),
        "interleave": lambda: listed(
            data.range(1, 6).interleave(
                lambda i: data.from_tensors(i).repeat(6), cycle_length=2, block_length=4, num_parallel_calls=1
            )
        ),
        "interleave_blocks": lambda: listed(
            data.range(4).interleave(lambda i: data.range(i, i + 3), cycle_length=3, block_length=1)
        ),
        "padded_batch": lambda: listed(dynamic(5).padded_batch(2)),
        "padded_batch_shape": lambda: listed(
            dynamic(3).padded_batch(2, padded_shapes=[4], padding_values=np.int64(-1), drop_remainder=True)
        ),
        "shard": lambda: listed(data.range(10).shard(3, 1)),
        "reduce": lambda: data.range(5).reduce(np.int64(2), lambda a, e: a + e),
        "apply": lambda: listed(data.range(3).apply(lambda d: d.map(lambda e: e * 3))),
        "cardinality": lambda: [
            tf.data.experimental.cardinality(d)
            for d in (data.range(7).batch(2), data.range(3).repeat(), data.range(3).filter(lambda e: e > 1))
        ],
        "enumerate": lambda: listed(data.range(5, 8).enumerate(start=2)),
        "take_while": lambda: listed(data.range(9).take_while(lambda e: e < 3)),
        "single": lambda: data.range(3).batch(3).get_single_element(),
        # matrices
        "adjoint": lambda: tf.linalg.adjoint(tf.complex(x, p)),
        "eigvalsh": lambda: tf.linalg.eigvalsh(x @ x.T),
        "normalize": lambda: tf.linalg.normalize(x, axis=1),
        "normalize_1": lambda: tf.linalg.normalize(x, ord=1, axis=0),
        "set_diag": lambda: tf.linalg.set_diag(x, [7.0, 8.0, 9.0]),
        "tensor_diag": lambda: tf.linalg.tensor_diag(x[:2, :2]),
        "tensor_diag_part": lambda: tf.linalg.tensor_diag_part(np.arange(16.0).reshape(2, 2, 2, 2)),
        "cholesky_solve": lambda: tf.linalg.cholesky_solve(np.linalg.cholesky(x @ x.T), x),
        # further functions of nn and image
        "conv3d": lambda: tf.nn.conv3d(image[:, None], np.full((1, 2, 2, 3, 2), 0.5, "float32"), [1] * 5, "VALID"),
        "separable": lambda: tf.nn.separable_conv2d(
            image, np.full((2, 2, 3, 1), 0.5, "float32"), np.full((1, 1, 3, 4), 0.25, "float32"), [1] * 4, "SAME"
        ),
        "max_pool1d": lambda: tf.nn.max_pool1d(image[:, :, 0], 2, 2, "VALID"),
        "avg_pool1d": lambda: tf.nn.avg_pool1d(image[:, :, 0], 3, 1, "SAME"),
        "average_loss": lambda: tf.nn.compute_average_loss(x[0], sample_weight=p[0], global_batch_size=8),
        "regularization": lambda: tf.nn.scale_regularization_loss(x[0]),
        "sobel": lambda: tf.image.sobel_edges(image),
        "ssim": lambda: tf.image.ssim(image, image * 0.9, 1.0, filter_size=3),
        "patches": lambda: tf.image.extract_patches(image, [1, 2, 3, 1], [1, 2, 1, 1], [1, 1, 1, 1], "VALID"),
        "bitwise": lambda: [
            tf.bitwise.bitwise_and(ints, 5),
            tf.bitwise.bitwise_xor(ints, 7),
            tf.bitwise.invert(ints),
            tf.bitwise.left_shift(ints, 2),
        ],
        "scatter_max": lambda: tf.tensor_scatter_nd_max(x[0], [[1], [2]], [5.0, -5.0]),
        "scatter_min": lambda: tf.tensor_scatter_nd_min(x[0], [[1], [2]], [5.0, -5.0]),
        # structures
        "flatten": lambda: tf.nest.flatten({"b": x, "a": [p, (x, p)]}),
        "pack": lambda: tf.nest.flatten(tf.nest.pack_sequence_as([1, (2, 3)], [x, p, x])),
    }


def arrays(found):
    """The arrays of a result, in order; text as bytes."""
    leaves = []

    def collect(value):
        if isinstance(value, dict):
            value = [value[key] for key in sorted(value)]
        if isinstance(value, (list, tuple)) and not hasattr(value, "as_list"):
            for inner in value:
                collect(inner)
            return
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        leaves.append(array.astype("S") if array.dtype == object else array)

    collect(found)
    return leaves


if __name__ == "__main__":
    import tensorflow

    found = {f"{name}/{i}": a for name, case in cases(tensorflow).items() for i, a in enumerate(arrays(case()))}
    np.savez_compressed(VALUES, **found)
