"""Results of TensorFlow's functions for the calls below: special functions, matrices, pools, boxes, records.

`python tests/data/make_tensorflow_families_values.py`, with TensorFlow, writes `tensorflow_families_values.npz` next to
this file.
"""

import os
import pathlib
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from make_tensorflow_values import arrays

VALUES = pathlib.Path(__file__).with_name("tensorflow_families_values.npz")


def special(tf):
    x = np.array([0.1, 0.5, 1.0, 2.5, 7.0, 40.0, -0.4, -3.7], "float32")
    positive, a = x[:6], np.array([0.5, 1.0, 2.0, 3.5, 10.0, 30.0], "float32")
    unit = np.array([0.02, 0.3, 0.5, 0.77, 0.98], "float32")
    table = np.array([[0.5, -1.0, 3.0], [2.0, 0.0, -2.0]], "float32")
    return {
        "lgamma": lambda: tf.math.lgamma(x),
        "digamma": lambda: tf.math.digamma(x),
        "polygamma": lambda: tf.math.polygamma(np.array([1, 2, 3, 1, 2, 1], "float32"), positive),
        "zeta": lambda: tf.math.zeta(np.float32([1.5, 2, 3, 7]), np.float32([0.5, 1, 2.5, 20])),
        "lbeta": lambda: tf.math.lbeta([positive[1:4], a[1:4]]),
        "igamma": lambda: [tf.math.igamma(a, positive), tf.math.igammac(a, positive)],
        "betainc": lambda: tf.math.betainc(a[:5], a[4::-1], unit),
        "ndtri": lambda: [tf.math.ndtri(unit), tf.math.erfcinv(unit)],
        "bessel": lambda: [tf.math.bessel_i1(x), tf.math.bessel_i0e(x), tf.math.bessel_i1e(x)],
        "cumulative_logsumexp": lambda: [
            tf.math.cumulative_logsumexp(table, axis=axis, reverse=reverse, exclusive=exclusive)
            for axis in (0, 1) for reverse in (False, True) for exclusive in (False, True)
        ],
        "reciprocal_no_nan": lambda: tf.math.reciprocal_no_nan(np.float32([2, 0, -4])),
        "sqrt_n": lambda: tf.math.unsorted_segment_sqrt_n(table, [1, 1], 3),
        "truncate": lambda: [tf.truncatediv([-7, 7, 5], [2, -2, 3]), tf.truncatemod([-7, 7, 5], [2, -2, 3])],
    }  # fmt: skip


def matrices(tf):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 3)).astype("float32")
    symmetric = (x @ x.transpose(0, 2, 1) + np.eye(3, dtype="float32")).astype("float32")
    y = tf.constant(rng.standard_normal((2, 3, 2)).astype("float32"))
    diagonals = tf.constant([[1.0, 2.0, 0.0], [4.0, 5.0, 6.0], [0.0, 1.0, 2.0]])
    return {
        "expm": lambda: [tf.linalg.expm(x), tf.linalg.expm(x * 20)],
        "sqrtm": lambda: tf.linalg.sqrtm(symmetric),
        "logm": lambda: tf.linalg.logm(symmetric.astype("complex64")),
        "lu": lambda: tf.linalg.lu(x),
        "lu_solve": lambda: tf.linalg.lu_solve(*tf.linalg.lu(x), y),
        "lu_reconstruct": lambda: tf.linalg.lu_reconstruct(*tf.linalg.lu(x)),
        "lu_inverse": lambda: tf.linalg.lu_matrix_inverse(*tf.linalg.lu(x)),
        "rank": lambda: tf.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]]),
        "tridiagonal": lambda: [
            tf.linalg.tridiagonal_solve(diagonals, y[0]),
            tf.linalg.tridiagonal_matmul(diagonals, y[0]),
            tf.linalg.tridiagonal_solve(diagonals, y[0, :, 0]),
        ],
    }


def neural(tf):
    rng = np.random.default_rng(1)
    volume = tf.constant(rng.random((1, 4, 5, 4, 2)).astype("float32"))
    image = tf.constant(rng.random((2, 5, 6, 3)).astype("float32"))
    kernel = rng.random((2, 2, 3)).astype("float32")
    logits = rng.standard_normal((6, 2, 4)).astype("float32")
    return {
        "max_pool3d": lambda: tf.nn.max_pool3d(volume, [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "VALID"),
        "avg_pool3d": lambda: tf.nn.avg_pool3d(volume, 2, 1, "SAME"),
        "pool": lambda: [
            tf.nn.pool(image, [2, 3], "MAX", padding="SAME"), tf.nn.pool(image[:, 0], [2], "AVG", strides=[2]),
        ],
        "convolution": lambda: [
            tf.nn.convolution(image, rng.random((2, 2, 3, 4)).astype("float32") * 0 + 0.5, padding="SAME"),
            tf.nn.convolution(image[:, 0], np.full((2, 3, 4), 0.5, "float32"), strides=2, padding="VALID"),
            tf.nn.atrous_conv2d(image, np.full((2, 2, 3, 1), 0.25, "float32"), 2, "VALID"),
        ],
        "conv_transpose": lambda: [
            tf.nn.conv1d_transpose(image[:, 0], np.full((3, 4, 3), 0.5, "float32"), [2, 12, 4], 2),
            tf.nn.conv_transpose(image, np.full((2, 2, 1, 3), 0.5, "float32"), [2, 10, 12, 1], 2),
        ],
        "dilation": lambda: [
            getattr(tf.nn, name)(image, kernel, [1, 1, 2, 1], padding, "NHWC", [1, 1, 1, 1])
            for name in ("dilation2d", "erosion2d") for padding in ("SAME", "VALID")
        ],
        "ctc_loss": lambda: [
            tf.nn.ctc_loss([[1, 2, 1], [3, 0, 0]], logits, [3, 1], [6, 5]),
            tf.nn.ctc_loss([[1, 2, 1], [0, 2, 0]], logits, [3, 2], [6, 6], blank_index=-1),
        ],
        "weighted_moments": lambda: tf.nn.weighted_moments(image, [0, 1], tf.cast(image > 0.5, "float32")),
        "sufficient": lambda: tf.nn.sufficient_statistics(image, [0, 1])[:3],
    }  # fmt: skip


def images(tf):
    rng = np.random.default_rng(2)
    image = tf.constant(rng.random((2, 6, 5, 3)).astype("float32"))
    boxes = np.float32([[0, 0, 1, 1], [0.2, 0.6, 0.8, -0.2], [-0.5, 0.1, 0.7, 1.4]])
    found = np.float32([[0, 0, 2, 2], [0, 0.1, 2, 2.1], [5, 5, 7, 7], [1, 1, 3, 3], [7, 7, 5, 5]])
    scores = np.float32([0.5, 0.9, 0.3, 0.8, 0.25])
    return {
        "crop_and_resize": lambda: [
            tf.image.crop_and_resize(image, boxes, [0, 1, 0], (4, 3), method=method, extrapolation_value=-1.0)
            for method in ("bilinear", "nearest")
        ],
        "crop_to_one": lambda: tf.image.crop_and_resize(image, boxes[:1], [1], (1, 2)),
        "suppression": lambda: [
            tf.image.non_max_suppression(found, scores, 5), tf.image.non_max_suppression(found, scores, 2, 0.1),
            tf.image.non_max_suppression(found, scores, 5, score_threshold=0.4),
        ],
        "soft_suppression": lambda: list(
            tf.image.non_max_suppression_with_scores(found, scores, 5, soft_nms_sigma=0.5, score_threshold=0.1)
        ),
        "colors": lambda: [
            f(image) for f in (tf.image.rgb_to_yiq, tf.image.yiq_to_rgb, tf.image.rgb_to_yuv, tf.image.yuv_to_rgb)
        ],
        "draw": lambda: tf.image.draw_bounding_boxes(
            image, np.float32([[[0.2, 0.2, 0.8, 0.9]], [[0, 0, 0.5, 0.5]]]), np.float32([[1, 0, 0], [0, 1, 0]])
        ),
        "space": lambda: [
            tf.space_to_batch(image[:, :4, :4], [2, 2], [[0, 0], [2, 0]]),
            tf.batch_to_space(tf.reshape(image[:, :4, :4, :1], (8, 2, 2, 1)), [2, 2], [[0, 1], [1, 0]]),
        ],
    }  # fmt: skip


def ragged(tf):
    rows = tf.ragged.constant([[1, 2, 3], [], [4]])
    deep = tf.ragged.constant([[[1], [2, 3]], [], [[4, 5, 6]]])
    words = tf.strings.split(["the cat  sat", "", "on a mat"])
    sparse = tf.SparseTensor([[1, 1], [0, 2]], np.float32([5, 6]), [2, 3])
    dense = np.arange(6, dtype="float32").reshape(3, 2)

    def listed(value):
        return tf.constant(str(value.to_list()))

    return {
        "ragged_list": lambda: [listed(rows), listed(deep), listed(words), listed(words[1:]), listed(deep[:2])],
        "ragged_padded": lambda: [
            rows.to_tensor(), rows.to_tensor(-1, shape=[None, 2]), deep.to_tensor(), words.to_tensor(),
            words.to_tensor("-", shape=[3, 4]),
        ],
        "ragged_parts": lambda: [
            rows.row_lengths(), rows.row_splits, rows.value_rowids(), rows.flat_values, rows.nrows(), rows[0],
            rows.bounding_shape(), deep.flat_values, rows.row_starts(), deep[2, 0],
        ],
        "ragged_made": lambda: [
            listed(tf.RaggedTensor.from_row_lengths([1, 2, 3], [2, 0, 1])),
            listed(tf.RaggedTensor.from_value_rowids([1, 2, 3], [0, 0, 2], nrows=4)),
            listed(tf.RaggedTensor.from_tensor([[1, 0, 2, 0], [3, 0, 0, 0]], padding=0)),
            listed(tf.RaggedTensor.from_tensor([[1, 5], [3, 4]], lengths=[1, 2])),
            listed(tf.ragged.stack([[1, 2], [3]])), listed(tf.ragged.range([3, 0, 2])),
            listed(tf.ragged.map_flat_values(lambda v: v * 10, rows)),
            listed(tf.ragged.boolean_mask([[1, 2], [3, 4]], [[True, False], [True, True]])),
        ],
        "text": lambda: [
            listed(tf.strings.unicode_split(["añ", "b"], "UTF-8")), listed(tf.strings.bytes_split(["ab", ""])),
            listed(tf.strings.unicode_decode(["añ", ""], "UTF-8")), tf.strings.unicode_decode("añ", "UTF-8"),
            tf.strings.unicode_encode([[97, 241], [98, 99]], "UTF-8"), listed(tf.strings.ngrams(words, [1, 2])),
            tf.strings.ngrams(["a", "b", "c"], 2, separator="|"),
            tf.strings.unicode_transcode("a", "UTF-8", "UTF-16-BE"), tf.strings.to_hash_bucket_fast(["a", "bc"], 100),
            tf.strings.to_hash_bucket_strong(["a", "bc"], 100, [3, 4]),
        ],
        "sparse": lambda: [
            tf.sparse.to_dense(tf.sparse.reorder(sparse)), tf.sparse.reorder(sparse).indices,
            tf.sparse.sparse_dense_matmul(sparse, dense),
            tf.sparse.sparse_dense_matmul(sparse, np.ones((2, 2), "float32"), adjoint_a=True),
            tf.sparse.from_dense([[0, 3], [4, 0]]).values, tf.sparse.reduce_sum(tf.sparse.reorder(sparse), axis=1),
            tf.sparse.to_dense(tf.sparse.transpose(sparse)),
        ],
        "edit_distance": lambda: [
            tf.edit_distance(
                tf.sparse.from_dense([[1, 2, 3], [4, 0, 0]]), tf.sparse.from_dense([[1, 3, 0], [4, 5, 6]]), normalize=n
            ) for n in (True, False)
        ],
    }  # fmt: skip


def records(tf):
    data, train = tf.data.Dataset, tf.train

    def feature(kind, value):
        return train.Feature(**{kind: {"bytes_list": train.BytesList, "float_list": train.FloatList,
                                       "int64_list": train.Int64List}[kind](value=value)})  # fmt: skip

    def example(*ids):
        return train.Example(features=train.Features(feature={
            "id": feature("int64_list", ids), "name": feature("bytes_list", [b"zo\xc3\xab"]),
            "x": feature("float_list", [0.5, -1.5]), "none": train.Feature(),
        }))  # fmt: skip

    def one(*ids):
        return train.Example(features=train.Features(feature={"id": feature("int64_list", ids)}))

    specs = {
        "x": tf.io.FixedLenFeature([2], tf.float32), "name": tf.io.FixedLenFeature([], tf.string),
        "missing": tf.io.FixedLenFeature([], tf.int64, default_value=7),
        "id": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
    }  # fmt: skip

    def written(kind):
        path = os.path.join(tempfile.mkdtemp(), "a.tfrecord")
        with tf.io.TFRecordWriter(path, kind) as writer:
            for ids in ((1, -2, 2**40), ()):
                writer.write(one(*ids).SerializeToString())
        return path

    def listed(dataset):
        return [tf.nest.map_structure(lambda e: np.asarray(e.numpy()), element) for element in dataset]

    def lines():
        path = os.path.join(tempfile.mkdtemp(), "a.txt")
        with open(path, "wb") as file:
            file.write(b"one\r\ntwo\n\nthree")
        return path

    def lengths(dataset, **options):
        return dataset.bucket_by_sequence_length(lambda e: tf.shape(e)[0], [2, 4], [2, 2, 3], **options)

    two = [data.range(3), data.range(10, 12)]
    return {
        "example": lambda: [
            tf.constant(one(3, -1).SerializeToString()), tf.constant(one(2**40).SerializeToString()),
            tf.constant(train.Example().SerializeToString() + b"."),
            tf.constant(train.Example.FromString(one(5).SerializeToString()).features.feature["id"].int64_list.value),
        ],
        "parsed": lambda: tf.io.parse_single_example(example(4, 5).SerializeToString(), specs),
        "parsed_batch": lambda: tf.io.parse_example(
            [example(4, 5).SerializeToString(), example(6).SerializeToString()], specs
        ),
        "variable": lambda: [
            tf.sparse.to_dense(v) for v in tf.io.parse_example(
                [one(4, 5).SerializeToString(), one().SerializeToString()], {"id": tf.io.VarLenFeature(tf.int64)}
            ).values()
        ],
        "records": lambda: [
            listed(data_class(written(kind), kind)) for kind in ("", "GZIP", "ZLIB")
            for data_class in [tf.data.TFRecordDataset]
        ],
        "file": lambda: tf.io.read_file(written(None)),
        "lines": lambda: listed(tf.data.TextLineDataset(lines())),
        "fixed": lambda: listed(tf.data.FixedLengthRecordDataset(lines(), 4, header_bytes=3)),
        "listed_files": lambda: [
            os.path.basename(e.numpy().decode()).encode()
            for e in data.list_files(os.path.dirname(lines()) + "/*", shuffle=False)
        ],
        "tensors": lambda: [
            tf.io.serialize_tensor(np.float32([[1, 2]])), tf.io.serialize_tensor(tf.constant(["a", "bc"])),
            tf.io.serialize_tensor(np.int64(3)),
            tf.io.parse_tensor(tf.io.serialize_tensor(np.float32([[1, 2], [3, 4]])), tf.float32),
            tf.io.parse_tensor(tf.io.serialize_tensor(tf.constant(["a", "bc"])), tf.string),
        ],
        "csv": lambda: [
            tf.io.decode_csv(["1,2.5,a", '3,,"b,c"'], [0, 9.5, ""]), tf.io.decode_csv("7;8", [[0], [1]], ";"),
        ],
        "base64": lambda: [
            tf.io.encode_base64(["ab?>", ""]), tf.io.encode_base64("ab?>", pad=True), tf.io.decode_base64("YWI_Pg"),
        ],
        "buckets": lambda: [
            sorted(map(repr, (e.tolist() for e in listed(lengths(
                data.from_tensor_slices([3, 1, 5, 2, 3, 1, 4]).map(lambda n: tf.range(n))
            ))))) == sorted(map(repr, [
                [[0, 1, 2], [0, 1, 0]], [[0], [0]], [[0, 1, 2]], [[0, 1, 2, 3, 4], [0, 1, 2, 3, 0]]
            ])),
        ],
        "choose": lambda: [
            listed(data.choose_from_datasets(two, data.from_tensor_slices(np.int64([0, 1, 1, 1, 0, 0])), stop))
            for stop in (True, False)
        ],
        "sample": lambda: listed(data.sample_from_datasets(two, weights=[1.0, 0.0], stop_on_empty_dataset=True)),
        "groups": lambda: listed(
            data.range(7).group_by_window(lambda e: e % 2, lambda key, w: w.batch(2), window_size=2)
        ),
        "unique_elements": lambda: listed(data.from_tensor_slices([3, 1, 3, 1, 2]).unique()),
        "scan_elements": lambda: listed(data.range(4).scan(np.int64(1), lambda s, e: (s + e, s * e))),
        "rebatched": lambda: listed(data.range(7).batch(3).rebatch(2)),
        "counted": lambda: listed(data.counter(5, 2).take(3)),
        "dtypes": lambda: [
            tf.float32.is_floating, tf.int8.max, tf.uint8.limits, tf.int32 == "int32",
            tf.int64.size, tf.as_dtype("float64").as_numpy_dtype(2), tf.complex64.real_dtype == tf.float32,
            tf.bool.is_bool, tf.float16.is_compatible_with(tf.float16), tf.int32.is_unsigned,
        ],
    }  # fmt: skip


def cases(tf):
    """Name -> a function of TensorFlow's names that gives a tensor, a number, or a structure of them."""
    found = {}
    for family in (special, matrices, neural, images, ragged, records):
        found.update(family(tf))
    return found


if __name__ == "__main__":
    import tensorflow

    found = {f"{name}/{i}": a for name, case in cases(tensorflow).items() for i, a in enumerate(arrays(case()))}
    np.savez_compressed(VALUES, **found)
