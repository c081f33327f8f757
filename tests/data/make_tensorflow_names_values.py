"""Results of TensorFlow's functions for the calls below: signals, sparse and ragged tensors, tables, pipelines, images.

`python tests/data/make_tensorflow_names_values.py`, with TensorFlow, writes `tensorflow_names_values.npz` next to this
file.
"""

import os
import pathlib
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from make_tensorflow_values import arrays

VALUES = pathlib.Path(__file__).with_name("tensorflow_names_values.npz")


def signals(tf):
    wave = np.sin(np.arange(300) / 5).astype("float32")
    table = np.float32([[1, 2, 3, 4], [0, -1, 0.5, 2]])
    numbers = tf.complex(table, table[::-1])
    signal = tf.signal
    return {
        "transforms": lambda: [
            signal.fft(numbers), signal.ifft(numbers), signal.fft2d(numbers), signal.ifft2d(numbers),
            signal.rfft(table), signal.rfft(table, [6]), signal.irfft(signal.rfft(table)), signal.rfft2d(table),
            signal.irfft(signal.rfft(table), [6]),
        ],
        "shifts": lambda: [signal.fftshift(tf.range(5)), signal.ifftshift(tf.range(5)), signal.fftshift(table, axes=1)],
        "windows": lambda: [
            f(n, periodic=p) for f in (signal.hann_window, signal.hamming_window) for n in (1, 4, 5)
            for p in (True, False)
        ] + [signal.kaiser_window(5, 3.0), signal.vorbis_window(6)],
        "frames": lambda: [
            signal.frame(tf.range(10), 4, 3), signal.frame(tf.range(10), 4, 3, pad_end=True, pad_value=-1),
            signal.frame(tf.reshape(tf.range(12), (2, 6)), 2, 2, axis=1), signal.overlap_and_add(table, 2),
        ],
        "stft": lambda: [
            signal.stft(wave, 64, 32), signal.stft(wave, 50, 20, fft_length=64, pad_end=True),
            signal.stft(wave, 32, 16, window_fn=None),
            signal.inverse_stft(signal.stft(wave, 64, 16), 64, 16, window_fn=signal.inverse_stft_window_fn(16)),
            signal.inverse_stft(signal.stft(wave, 50, 20), 50, 20), signal.inverse_stft_window_fn(20)(50, tf.float32),
        ],
        "cosines": lambda: [
            f(table, type=kind, norm=norm) for f in (signal.dct, signal.idct) for kind in (2, 3, 4)
            for norm in (None, "ortho")
        ] + [signal.dct(table, type=1), signal.dct(table, n=3), signal.dct(table, n=6)],
        "mel": lambda: [
            signal.linear_to_mel_weight_matrix(8, 33, 8000), signal.mfccs_from_log_mel_spectrograms(table),
        ],
        "wav": lambda: [
            *tf.audio.decode_wav(tf.audio.encode_wav(wave[:20, None], 8000)),
            tf.audio.decode_wav(tf.audio.encode_wav(wave[:6].reshape(3, 2), 8000), 1, 5)[0],
        ],
    }  # fmt: skip


def parts(x):
    """What a sparse tensor is made of."""
    return [x.indices, x.values, x.dense_shape]


def sparse(tf):
    x = tf.sparse.from_dense(np.float32([[0, 3, 1], [4, 0, 0]]))
    words = tf.SparseTensor([[0, 0], [1, 1]], ["a", "b"], [3, 2])
    s = tf.sparse
    return {
        "sparse_concat": lambda: [*parts(s.concat(0, [x, x])), *parts(s.concat(1, [x, x])),
                                  *parts(s.concat(-1, [words, words]))],
        "sparse_shapes": lambda: [
            *parts(s.reshape(x, [3, -1])), *parts(s.expand_dims(x, 0)), *parts(s.expand_dims(x)),
            *parts(s.slice(x, [0, 1], [2, 5])), *parts(s.retain(x, [True, False, True])), *parts(s.eye(2, 3)),
            *parts(s.reset_shape(s.SparseTensor([[0, 1]], [1], [4, 5]))), *parts(s.reset_shape(x, [4, 4])),
            *[p for y in s.split(x, 2, axis=1) for p in parts(y)],
        ],
        "sparse_values": lambda: [
            *parts(s.softmax(x)), *parts(s.map_values(tf.add, x, 10.0)),
            s.to_indicator(s.from_dense([[0, 3], [1, 0]]), 5),
            *parts(s.fill_empty_rows(words, "-")[0]), s.fill_empty_rows(words, "-")[1], s.reduce_max(x, axis=1),
            *parts(s.maximum(x, s.from_dense(np.float32([[5, 1, 0], [0, 0, -2]])))),
            *parts(s.minimum(x, s.from_dense(np.float32([[5, 1, 0], [0, 0, -2]])))), *parts(x * 2.0),
            *parts(x / np.float32([[2.0], [4.0]])),
        ],
        "sparse_segments": lambda: [
            f(np.float32([[1, 2], [3, 4], [5, 7]]), [0, 2, 1], [0, 0, 1])
            for f in (s.segment_sum, s.segment_mean, s.segment_sqrt_n)
        ],
        "sparse_bincount": lambda: [
            *parts(s.bincount([1, 3, 1])), *parts(s.bincount([[1, 3, 1], [0, 0, 2]], axis=-1, minlength=6)),
            *parts(s.bincount([[1, 3], [1, 1]], axis=-1, binary_output=True, maxlength=3)),
            *parts(s.bincount([1, 1], weights=[0.5, 2.0])),
        ],
        "sets": lambda: [
            p for f in (tf.sets.union, tf.sets.intersection, tf.sets.difference)
            for p in parts(f(tf.constant([[2, 3, 5], [7, 9, 0]]), tf.constant([[4, 5, 3], [9, 10, 0]])))
        ] + [tf.sets.size(tf.sets.union(tf.constant([[1, 1]]), tf.constant([[1, 2]])))],
    }  # fmt: skip


def ragged(tf):
    x, y = tf.ragged.constant([[3, 1, 4], [], [5, 9]]), tf.ragged.constant([[1, 2, 3], [], [4, 5]])
    real = tf.cast(x, tf.float32)
    deep, words = tf.ragged.constant([[[1], [2, 3]], [], [[4]]]), tf.ragged.constant([["So", "Long"], ["Fish"]])

    def listed(*values):
        return [tf.constant(str(v.to_list())) for v in values]

    return {
        "ragged_elementwise": lambda: listed(
            x + 3, 2 * x, x * y, -x, x > 2, x == y, tf.add(x, y), tf.square(real), tf.cast(x, tf.int64), deep * 2,
            tf.maximum(x, 3), tf.clip_by_value(x, 2, 4), tf.math.abs(-x), x + np.int32([[10], [20], [30]]),
            tf.strings.lower(words), tf.strings.substr(words, 0, 1),
        ) + [tf.strings.length(words).values],
        "ragged_reductions": lambda: [
            f(real[:1], axis=1) for f in (tf.reduce_max, tf.reduce_min, tf.reduce_prod)
        ] + [tf.reduce_sum(x, axis=1), tf.reduce_sum(x, axis=0), tf.reduce_sum(x), tf.reduce_mean(real[:1], axis=1),
             tf.reduce_any(x > 4, axis=1), tf.reduce_all(x > 2, axis=1),
             *listed(tf.reduce_sum(deep, axis=2))],
        "ragged_joined": lambda: listed(
            tf.concat([x, y], axis=0), tf.concat([x, y], axis=1), tf.tile(x, [2, 1]), tf.tile(x, [1, 2]),
            tf.expand_dims(x, 0), tf.expand_dims(x, 1), tf.expand_dims(x, 2), tf.gather(x, [2, 0]),
            tf.gather(tf.constant([5, 6, 7]), tf.ragged.constant([[0], [2, 1]])), x[:, :1], x[:, -2:], words[:, 1:],
            deep.merge_dims(1, 2), tf.map_fn(lambda row: row * 2, x), tf.one_hot(y, 6),
        ) + [deep.merge_dims(0, 1).flat_values, x.merge_dims(0, 1), tf.size(x)],
        "ragged_made_of": lambda: [
            *listed(
                tf.RaggedTensor.from_row_limits([1, 2, 3], [1, 1, 3]),
                tf.RaggedTensor.from_row_starts([1, 2, 3], [0, 2]),
                tf.RaggedTensor.from_uniform_row_length([1, 2, 3, 4], 2),
                tf.RaggedTensor.from_nested_row_splits([1, 2, 3], [[0, 2], [0, 1, 3]]),
                tf.RaggedTensor.from_nested_row_lengths([1, 2, 3], [[2], [1, 2]]),
                tf.RaggedTensor.from_sparse(tf.SparseTensor([[0, 0], [2, 0], [2, 1]], ["a", "b", "c"], [3, 3])),
            ), *parts(words.to_sparse()), *deep.nested_row_splits, *deep.nested_row_lengths(), x.row_limits(),
        ],
    }  # fmt: skip


def texts(tf):
    words = tf.constant([["b", "a"], ["c", "b"]])
    keys = tf.constant(["b", "zz", "a", "xyz"])
    lookup = tf.lookup
    pairs = lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([0, 1], tf.int64))
    return {
        "moved_strings": lambda: [
            tf.expand_dims(words, 0), tf.reshape(words, [-1]), tf.squeeze(words[:1]),
            tf.concat([words, [["x", "y"]]], 0), tf.stack([words[0], words[1]], axis=1), tf.gather(words, [1, 0]),
            tf.transpose(words), tf.tile(words, [1, 2]),
            tf.boolean_mask(words, [True, False]), tf.where([[True, False]], words, "-"), tf.repeat(words[0], 2),
            *tf.split(words, 2, axis=1), *tf.unstack(words), tf.reverse(words, [1]), tf.equal(words, "b"),
            tf.not_equal(words, words[::-1]), tf.shape(words), tf.size(words), tf.fill([2], "q"),
            *tf.unique(tf.reshape(words, [-1])), tf.convert_to_tensor(["u"]), tf.identity(words), tf.rank(words),
        ],
        "offsets": lambda: [
            *tf.strings.unicode_split_with_offsets("añb", "UTF-8"),
            tf.strings.unicode_decode_with_offsets(["añb", "", "x"], "UTF-8")[1].flat_values,
            tf.strings.unsorted_segment_join(["a", "b", "c"], [1, 0, 1], 3, separator="-"),
            tf.strings.reduce_join(tf.ragged.constant([["a", "b"], ["c"]]), axis=1, separator="+"),
        ],
        "tables": lambda: [
            lookup.StaticHashTable(pairs, -1).lookup(keys), lookup.StaticHashTable(pairs, -1).size(),
            lookup.StaticVocabularyTable(pairs, 3).lookup(keys), lookup.StaticVocabularyTable(pairs, 3).size(),
            lookup.StaticHashTable(lookup.KeyValueTensorInitializer([1, 2], ["x", "y"]), "?").lookup(
                tf.constant([[2, 7]])
            ),
        ],
    }  # fmt: skip


def pipelines(tf):
    data = tf.data.Dataset
    rows = [([1, 2], "a"), ([3, 4], "b")]

    def specs(dataset):
        return tf.constant(str(dataset.element_spec))

    def generated():
        for i in range(3):
            yield i, np.ones(i + 1)

    signature = (tf.TensorSpec((), tf.int32), tf.TensorSpec((None,), tf.float32))
    made = [
        data.from_generator(generated, output_types=(tf.int32, tf.float32), output_shapes=((), (None,))),
        data.from_generator(generated, output_signature=signature),
    ]

    def listed(dataset):
        return [tf.nest.map_structure(lambda e: np.asarray(e.numpy()), element) for element in dataset]

    def table():
        path = os.path.join(tempfile.mkdtemp(), "a.csv")
        with open(path, "w") as file:
            file.write("a,b,c\n1,0.5,x\n2,1.5,y\n3,,z\n")
        return path

    def columns(dataset):
        return [[batch[0]["a"], batch[0]["c"], batch[1]] for batch in dataset]

    experimental = tf.data.experimental
    return {
        "specs": lambda: [
            specs(data.range(3)), specs(data.range(3).batch(2)), specs(data.range(3).batch(2, drop_remainder=True)),
            specs(data.from_tensor_slices({"a": np.float32([1, 2]), "b": ["x", "y"]}).batch(2).map(lambda e: e["b"])),
            specs(data.zip((data.range(2), data.range(2).batch(2)))), specs(data.range(4).enumerate().shuffle(2)),
            specs(made[0]), specs(made[1].padded_batch(2)), specs(made[0].repeat(2).take(3)),
            specs(data.range(6).batch(4).map(lambda e: tf.cast(e, tf.float32) / 2.0)),
            specs(data.from_tensors(([1, 2], "a"))), specs(data.range(6).window(2).flat_map(lambda w: w.batch(2))),
        ],
        "generated": lambda: [listed(d.map(lambda i, x: (i, x, tf.reduce_sum(x)))) for d in made],
        "ragged_batches": lambda: [
            tf.constant(str(b.to_list())) for d in (
                data.range(3).map(tf.range).ragged_batch(2),
                data.range(3).map(tf.range).apply(experimental.dense_to_ragged_batch(2, drop_remainder=True)),
            ) for b in d
        ] + [listed(data.from_tensor_slices(tf.ragged.constant([[1, 2], [], [3]])))],
        "csv_dataset": lambda: [
            listed(experimental.CsvDataset(table(), [tf.int32, 9.5, tf.string], header=True)),
            listed(experimental.CsvDataset(table(), [0.5], header=True, select_cols=[1])),
            columns(experimental.make_csv_dataset(table(), 2, label_name="b", num_epochs=1, shuffle=False)),
        ],
        "experimental": lambda: [
            listed(experimental.from_list([1, 2])), listed(experimental.Counter(3).take(2)),
            listed(data.range(4).batch(2).apply(experimental.unbatch())),
            listed(data.from_tensor_slices([1, 1, 2]).apply(experimental.unique())),
            data.range(5).apply(experimental.assert_cardinality(5)).cardinality(), iter(data.range(2)).get_next(),
            listed(data.from_tensors(([1, 2], "a")).repeat(2)), len(rows),
        ],
        "zero_padded": lambda: listed(data.from_tensor_slices([1, 2, 3]).padded_batch(2)),
    }  # fmt: skip


def images(tf):
    rng = np.random.default_rng(3)
    image = tf.constant(rng.random((2, 6, 5, 4)).astype("float32"))
    colors = tf.constant(rng.integers(0, 256, (4, 5, 3)).astype("uint8"))
    large = tf.constant(rng.random((1, 44, 45, 1)).astype("float32"))
    boxes = np.float32([[[[0, 0, 1, 1]], [[0, 0, 0.9, 1]], [[0, 0.5, 0.4, 1.2]]]])
    scores = np.float32([[[0.9, 0.1], [0.8, 0.7], [0.3, 0.6]]])
    logits = rng.standard_normal((5, 2, 4)).astype("float32")
    ids = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], np.int64([1, 3, 0]), [3, 2])
    weights = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], np.float32([2, 0.5, 3]), [3, 2])
    params = rng.standard_normal((4, 2)).astype("float32")
    bands = np.float32([[1, 2, 3], [0, 4, 5]])
    nn = tf.nn

    def labels(decoded):
        return [p for s in decoded for p in parts(s)]

    return {
        "gray_of_integers": lambda: tf.image.rgb_to_grayscale(colors),
        "depth_pool": lambda: [
            nn.max_pool(image, (1, 1, 1, 2), (1, 1, 1, 2), "VALID"), nn.max_pool2d(image, 2, 2, "SAME"),
        ],
        "ssim_multiscale": lambda: [
            tf.image.ssim_multiscale(large, large * 0.9, 1.0, power_factors=(0.5, 0.3, 0.2), filter_size=5),
            tf.image.ssim_multiscale(large[0], large[0] * 0.5, 1.0, power_factors=(0.6, 0.4)),
        ],
        "glimpse": lambda: [
            tf.image.extract_glimpse(image, [3, 3], [[0.0, 0.0], [0.3, -0.4]], noise="zero"),
            tf.image.extract_glimpse(image, [2, 4], [[3.0, 2.0], [2.0, 3.0]], centered=False, normalized=False,
                                     noise="zero"),
        ],
        "combined_suppression": lambda: [
            *tf.image.combined_non_max_suppression(boxes, scores, 2, 4, score_threshold=0.2),
            *tf.image.combined_non_max_suppression(boxes, scores, 1, 5, pad_per_class=True, clip_boxes=False),
            *tf.image.non_max_suppression_padded(boxes[0, :, 0], scores[0, :, 0], 4, pad_to_max_output_size=True)[:1],
        ],
        "argmax_pool": lambda: [
            *nn.max_pool_with_argmax(image, 2, 2, "SAME"), *nn.max_pool_with_argmax(image, [2, 3], [1, 2], "VALID"),
            nn.max_pool_with_argmax(image, 2, 2, "VALID", include_batch_in_index=True)[1],
        ],
        "sparse_lookups": lambda: [
            *(nn.embedding_lookup_sparse(params, ids, w, combiner=c) for w in (None, weights)
              for c in ("sum", "mean", "sqrtn")),
            nn.safe_embedding_lookup_sparse(params, ids), nn.safe_embedding_lookup_sparse(params, ids, default_id=2),
        ],
        "greedy": lambda: [
            *labels(nn.ctc_greedy_decoder(logits, [5, 4])[0]), nn.ctc_greedy_decoder(logits, [5, 4])[1],
            *labels(nn.ctc_greedy_decoder(logits, [5, 5], merge_repeated=False, blank_index=0)[0]),
        ],
        "beams": lambda: labels(nn.ctc_beam_search_decoder(logits, [5, 4], top_paths=2)[0]),
        "collapsed": lambda: nn.collapse_repeated([[1, 1, 2, 2], [3, 3, 3, 1]], [4, 2]),
        "isotonic": lambda: [
            *nn.isotonic_regression(np.float32([[3, 1, 2], [1, 2, 3]])),
            *nn.isotonic_regression(np.float32([3, 1, 2]), decreasing=False),
        ],
        "categorical_dtype": lambda: tf.random.categorical(np.float32([[-100, 0]]), 2),
        "eigh_tridiagonal": lambda: [
            tf.linalg.eigh_tridiagonal(np.float32([1, 2, 3]), np.float32([0.5, -1])),
            tf.linalg.eigh_tridiagonal(np.float32([1, 2, 3]), np.float32([0.5, -1]), select="i", select_range=(1, 2)),
        ],
        "banded": lambda: [
            tf.linalg.banded_triangular_solve(bands, np.float32([[1], [2], [3]])),
            tf.linalg.banded_triangular_solve(bands[::-1, ::-1].copy(), np.float32([[1], [2], [3]]), lower=False),
            tf.linalg.banded_triangular_solve(bands, np.float32([[1], [2], [3]]), adjoint=True),
        ],
    }  # fmt: skip


def candidates(tf):
    rng = np.random.default_rng(4)
    weights, biases = rng.standard_normal((7, 3)).astype("float32"), rng.standard_normal(7).astype("float32")
    inputs = rng.standard_normal((2, 3)).astype("float32")
    one, two = np.int64([[1], [4]]), np.int64([[1, 2], [4, 0]])
    sampled = np.int64([4, 0, 6])

    def values(true):
        p = np.float32([0.4, 0.2, 0.3])
        return tf.constant(sampled), tf.constant(0.1 * (true + 1), tf.float32), tf.constant(p)

    def losses(name, true, count, **options):
        found = getattr(tf.nn, name)(
            weights, biases, true, inputs, 3, 7, num_true=count, sampled_values=values(true), **options
        )
        return found

    sampler = tf.random.log_uniform_candidate_sampler
    return {
        "losses": lambda: [
            losses(name, true, count, remove_accidental_hits=hits)
            for name in ("nce_loss", "sampled_softmax_loss") for true, count in ((one, 1), (two, 2))
            for hits in (False, True)
        ],
        "expected": lambda: [
            sampler(two, 2, 5, False, 9)[1], tf.random.uniform_candidate_sampler(two, 2, 5, False, 9)[1],
            tf.random.uniform_candidate_sampler(two, 2, 5, False, 9)[2],
        ],
        "all_unique": lambda: tf.sort(tf.random.uniform_candidate_sampler(one, 1, 6, True, 6)[0]),
    }  # fmt: skip


def objects(tf):
    def array():
        found = tf.TensorArray(tf.float32, size=2, dynamic_size=True, clear_after_read=False)
        return found.write(0, [1.0, 2.0]).write(3, [3.0, 4.0])

    def variable(change):
        v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        change(v)
        return v

    def rows(name):
        return variable(lambda v: getattr(v, name)(tf.IndexedSlices([[10.0, 0.5]], [2])))

    v1 = tf.compat.v1
    x = np.float32([[1, -2, 3], [4, 5, -6]])
    return {
        "tensor_array": lambda: [
            array().stack(), array().read(3), array().size(), array().gather([3, 0]), array().concat(),
            tf.TensorArray(tf.float32, 2).unstack([[1.0], [2.0]]).stack(),
            tf.TensorArray(tf.float32, 2, infer_shape=False).split([[1.0], [2.0], [3.0]], [1, 2]).concat(),
            tf.TensorArray(tf.float32, 3, element_shape=(1,)).scatter([2, 0], [[1.0], [2.0]]).stack(),
        ],
        "scatter_variable": lambda: [
            variable(lambda v: v.scatter_nd_update([[0, 1], [2, 0]], [9.0, 8.0])),
            variable(lambda v: v.scatter_nd_add([[0]], [[9.0, 8.0]])),
            variable(lambda v: v.scatter_nd_sub([[1, 1]], [1.0])),
            *(rows(f"scatter_{name}") for name in ("update", "add", "sub", "max", "min", "mul")),
            variable(lambda v: None).gather_nd([[0, 1]]), variable(lambda v: None).sparse_read([1]),
        ],
        "of_tensorflow_1": lambda: [
            v1.reduce_sum(x, reduction_indices=[1]), v1.reduce_mean(x, axis=0, keep_dims=True), v1.log([1.0, 2.0]),
            v1.argmax(x, dimension=1), v1.div([7, -7], [2, 2]), v1.div([1.0], [4.0]), v1.to_float([1]),
            v1.to_int32([1.7]), v1.count_nonzero(x, axis=1), v1.matrix_band_part(x, 0, 1), v1.lin_space(0.0, 1.0, 3),
            v1.squared_difference(x, 1.0), v1.string_to_number(["1.5"]), v1.diag([1.0, 2.0]), v1.cumprod(x, axis=1),
        ],
        "straight_through": lambda: gradient(tf),
        "shapes": lambda: [
            tf.TensorShape([None, 3]).merge_with([2, None]).as_list(), tf.TensorShape([2, 3]).with_rank(2).as_list(),
        ],
        "example_as_text": lambda: tf.constant(str(tf.train.Example(features=tf.train.Features(feature={
            "name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b'zo\xc3\xab "q"', b"b"])),
        })))),
        "feature_as_text": lambda: [
            tf.constant(str(tf.train.Feature(int64_list=tf.train.Int64List(value=[3, -1])))),
            tf.constant(str(tf.train.Feature(float_list=tf.train.FloatList(value=[0.1, 2.0])))),
        ],
        "sizes": lambda: [tf.rank(x), tf.size(x), tf.size(x, tf.int64), tf.range(0, limit=3), tf.range(2)],
    }  # fmt: skip


def gradient(tf):
    x, v = tf.constant([0.4, 1.6]), tf.Variable([2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.grad_pass_through(tf.round)(x) * 3.0
    return [y, tape.gradient(y, x), tape.gradient(v, v)]


def cases(tf):
    """Name -> a function of TensorFlow's names that gives a tensor, a number, or a structure of them."""
    found = {}
    for group in (signals, sparse, ragged, texts, pipelines, images, candidates, objects):
        found.update({f"{group.__name__}_{name}": case for name, case in group(tf).items()})
    return found


if __name__ == "__main__":
    import tensorflow

    found = {f"{name}/{i}": a for name, case in cases(tensorflow).items() for i, a in enumerate(arrays(case()))}
    np.savez_compressed(VALUES, **found)
