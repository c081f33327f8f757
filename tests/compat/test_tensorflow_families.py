"""Names of TensorFlow whose results are not values to compare: files, modules, strategies, checks, random numbers."""

import logging

import numpy as np
import pytest

import ckeras
from ckeras.compat import tensorflow as tf

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (6, 5, 3)).astype("uint8")


# -- files


def test_png_keeps_pixels():
    tf.io.write_file("folder/a.png", tf.io.encode_png(PIXELS))
    contents = tf.io.read_file(tf.constant("folder/a.png"))
    np.testing.assert_array_equal(tf.io.decode_png(contents), PIXELS)
    np.testing.assert_array_equal(tf.image.decode_image(contents, channels=3), PIXELS)
    assert tf.io.decode_image(contents, channels=1).shape == (6, 5, 1)
    as_floats = tf.io.decode_image(contents, dtype=tf.float32)
    np.testing.assert_allclose(as_floats, PIXELS / 255, rtol=1e-6)


def test_jpeg_is_near():
    smooth = np.broadcast_to(np.linspace(0, 255, 16)[:, None, None], (16, 16, 3)).astype("uint8")
    contents = tf.image.encode_jpeg(smooth, quality=95)
    assert tf.io.is_jpeg(contents) and not tf.io.is_jpeg(tf.io.encode_png(smooth))
    assert np.abs(np.asarray(tf.io.decode_jpeg(contents)).astype(int) - smooth).max() < 8
    assert tf.io.decode_jpeg(contents, ratio=2).shape == (8, 8, 3)


def test_a_pipeline_of_files():
    for i in range(3):
        tf.io.write_file(f"images/{i}.png", tf.io.encode_png(np.full((2, 2, 3), i, "uint8")))
    paths = tf.data.Dataset.from_tensor_slices(tf.io.matching_files("images/*.png"))
    images = paths.map(tf.io.read_file).map(lambda c: tf.io.decode_png(c, channels=3)).batch(3)
    assert next(iter(images))[:, 0, 0, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: tf.io.decode_png(b"nothing"), ValueError, "the contents are no image that Pillow can read"),
        (lambda: tf.io.decode_image(b"", channels=2), ValueError, "expects channels to be 0, 1, 3 or 4, got 2"),
        (lambda: tf.io.encode_png(np.ones((2, 2))), ValueError, "expected an image of uint8 of shape"),
        (lambda: tf.io.decode_png(["a", "b"]), TypeError, "expected the contents of one file, bytes, got list"),
        (lambda: tf.io.read_file("absent"), FileNotFoundError, "absent"),
    ],
)
def test_wrong_files(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_gfile():
    files = tf.io.gfile
    files.makedirs("a/b")
    with files.GFile("a/b/c.txt", "w") as file:
        file.write("text")
    assert files.exists("a/b/c.txt") and files.isdir("a") and files.listdir("a/b") == ["c.txt"]
    files.copy("a/b/c.txt", "a/d.txt")
    with pytest.raises(FileExistsError, match=r"copy: 'a/d.txt' exists"):
        files.copy("a/b/c.txt", "a/d.txt")
    files.rename("a/d.txt", "a/e.txt", overwrite=True)
    assert files.glob("a/*.txt") == ["a/e.txt"]
    files.remove("a/e.txt")
    files.rmtree("a")
    assert not files.exists("a")


def test_decode_raw():
    assert tf.io.decode_raw(np.array([1, 513], "<i2").tobytes(), tf.int16).tolist() == [1, 513]


# -- modules and shapes


def test_modules_own_variables_of_layers():
    class Both(tf.Module):
        def __init__(self):
            super().__init__()
            self.layer = ckeras.layers.Dense(2)
            self.layer.build((None, 3))
            self.parts = {"a": [tf.Variable(1.0), tf.Variable(2.0, trainable=False)]}
            self.me = self

    module = Both()
    assert module.name.startswith("both")
    assert len(module.variables) == 4 and len(module.trainable_variables) == 3
    assert [v.numpy() for v in module.non_trainable_variables] == [2.0]
    assert module.submodules == (module.layer,)
    with module.name_scope:
        assert tf.Variable(1.0, name="v").name == "v"


def test_shapes_have_methods():
    x = ckeras.Input((3,))
    assert x.shape.as_list() == [None, 3] and x.shape.rank == 2 and not x.shape.is_fully_defined()
    assert x.shape == (None, 3) and x.shape.num_elements() is None and x.shape[1:].as_list() == [3]
    assert tf.Variable([1.0, 2.0]).shape.as_list() == [2]
    assert tf.TensorShape([None, 3]).is_compatible_with((4, 3))
    assert tf.TensorShape([2]).concatenate([3]) == (2, 3)
    with pytest.raises(ValueError, match=r"Shapes \(None, 3\) and \(4,\) are incompatible"):
        x.shape.assert_is_compatible_with((4,))
    model = ckeras.Model(x, ckeras.layers.Dense(2)(x))
    assert '"batch_shape": [null, 3]' in model.to_json()
    assert tf.TensorSpec.from_tensor(tf.zeros((2, 3))) == ((2, 3), "float32", None)


# -- one device


def test_strategies():
    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope() as entered:
        assert entered is strategy and strategy.num_replicas_in_sync == 1
    assert strategy.run(lambda a, b: a + b, args=(1,), kwargs={"b": 2}) == 3
    assert float(strategy.reduce(tf.distribute.ReduceOp.MEAN, tf.constant([1.0, 3.0]), axis=0)) == 2
    assert strategy.reduce("SUM", 3, axis=None) == 3
    assert tf.distribute.OneDeviceStrategy("/cpu:0").experimental_local_results(1) == (1,)
    with pytest.raises(ValueError, match="MirroredStrategy expects one device"):
        tf.distribute.MirroredStrategy(["/gpu:0", "/gpu:1"])
    with pytest.raises(ValueError, match="reduce expects reduce_op to be 'SUM' or 'MEAN', got 'MAX'"):
        strategy.reduce("MAX", [1.0], axis=0)


# -- checks

X = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")


@pytest.mark.parametrize(
    "check",
    [
        lambda d: d.assert_equal(X, X),
        lambda d: d.assert_less(X, 5.0),
        lambda d: d.assert_positive(X),
        lambda d: d.assert_near(X, X + 1e-7),
        lambda d: d.assert_shapes([(X, ("N", "N")), (X[0], ("N",))]),
        lambda d: d.assert_rank(X, 2),
        lambda d: d.assert_type(tf.constant(X), tf.float32),
        lambda d: d.check_numerics(X, "m"),
        lambda d: d.Assert(True, [X]),
    ],
)
def test_checks_that_hold(check):
    check(tf.debugging)


@pytest.mark.parametrize(
    "check, error, message",
    [
        (lambda d: d.assert_equal(X, 1.0, "here"), tf.errors.InvalidArgumentError, "here assert_equal: array"),
        (lambda d: d.assert_none_equal(X, 1.0), ValueError, "assert_none_equal"),
        (lambda d: d.assert_greater(X, 1.0), ValueError, "assert_greater"),
        (lambda d: d.assert_non_positive(X), ValueError, "assert_non_positive"),
        (lambda d: d.assert_near(X, X + 0.1), ValueError, "assert_near"),
        (lambda d: d.assert_shapes([(X, ("N", 3))]), ValueError, r"expected \('N', 3\) with {'N': 2}, got \(2, 2\)"),
        (lambda d: d.assert_rank(X, 3), ValueError, "assert_rank: expected rank 3, got 2"),
        (lambda d: d.assert_rank_at_least(X, 3), ValueError, "assert_rank_at_least: expected rank 3, got 2"),
        (lambda d: d.assert_scalar(X), ValueError, "expected rank 0, got 2"),
        (lambda d: d.assert_type(tf.constant(X), tf.int32), TypeError, "expected dtype int32, got float32"),
        (lambda d: d.check_numerics([np.nan], "loss"), ValueError, "loss : Tensor had Inf or NaN values"),
        (lambda d: d.Assert(False, ["data"]), ValueError, "assertion failed: .'data'"),
        (lambda d: d.enable_check_numerics(), NotImplementedError, "use check_numerics"),
    ],
)
def test_checks_that_fail(check, error, message):
    with pytest.raises(error, match=message):
        check(tf.debugging)


# -- random numbers


def test_stateless_numbers_depend_on_both_seeds():
    draw = tf.random.stateless_uniform
    assert draw((3,), (1, 2)).tolist() == draw((3,), (1, 2)).tolist() != draw((3,), (2, 1)).tolist()
    assert tf.random.stateless_normal((2,), [3, 4]).shape == (2,)
    a, b = tf.random.Generator.from_seed(3), tf.random.Generator.from_seed(3)
    assert a.uniform((4,)).tolist() == b.uniform((4,)).tolist() != a.uniform((4,)).tolist()
    assert abs(float(tf.reduce_mean(tf.random.gamma((4000,), 2.0, beta=4.0, seed=1))) - 0.5) < 0.05


def test_random_images():
    tf.random.set_seed(1)
    assert tf.image.random_crop(PIXELS, (2, 3, 3), seed=1).shape == (2, 3, 3)
    flips = {bool(np.array_equal(tf.image.random_flip_left_right(PIXELS), PIXELS)) for _ in range(20)}
    assert flips == {True, False}
    for change in (
        lambda: tf.image.random_brightness(PIXELS, 0.2),
        lambda: tf.image.random_contrast(PIXELS, 0.5, 1.5),
        lambda: tf.image.random_saturation(PIXELS, 0.5, 1.5),
        lambda: tf.image.random_hue(PIXELS, 0.2),
    ):
        first = np.asarray(change())
        assert first.dtype == np.uint8 and first.shape == PIXELS.shape
        assert any(not np.array_equal(first, change()) for _ in range(3))
    with pytest.raises(ValueError, match=r"random_crop expects a size of at most \(6, 5, 3\), got \(7, 5, 3\)"):
        tf.image.random_crop(PIXELS, (7, 5, 3))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: tf.image.central_crop(PIXELS, 0.0), "central_fraction to be above 0"),
        (lambda: tf.image.crop_to_bounding_box(PIXELS, 0, 0, 7, 2), "expects a part of images of 6 x 5"),
        (lambda: tf.image.pad_to_bounding_box(PIXELS, 0, 0, 5, 9), "expects images of 6 x 5 to fit into"),
        (lambda: tf.image.convert_image_dtype(PIXELS, tf.int16), "expects a float dtype on one side"),
        (lambda: tf.image.adjust_gamma(PIXELS, -1.0), "gamma to be at least 0"),
        (lambda: tf.strings.length("a", unit="WORD"), "unit to be 'BYTE' or 'UTF8_CHAR', got 'WORD'"),
        (lambda: tf.where([True], x=1), "where expects both x and y, or neither"),
        (lambda: tf.ensure_shape(X, (None, 3)), r"ensure_shape expects shape \(None, 3\), got \(2, 2\)"),
        (lambda: tf.data.Dataset.range(3).window(0), "window expects size, shift and stride of at least 1"),
        (lambda: tf.data.Dataset.range(3).shard(2, 2), "shard expects an index from 0 to 1, got 2"),
        (lambda: list(tf.data.Dataset.from_tensors([1, 2]).padded_batch(1, [1])), "elements of at most shape"),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# -- around the computation


def test_logging_and_contexts():
    logger = tf.get_logger()
    before = logger.level
    try:
        tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
        assert logger.level == logging.ERROR
    finally:
        logger.setLevel(before)
    with tf.control_dependencies([tf.no_op()]), tf.init_scope():
        assert tf.group(1, 2) is None
    assert tf.compat.as_text(b"a") == "a" and tf.compat.as_bytes("a") == b"a"
    assert tf.py_function(lambda v: v * 2, [tf.constant(3)], tf.float32).dtype == "float32"


def test_what_to_use_instead():
    for name, instead in (("saved_model", "use model.save"), ("Graph", "at once"), ("nonsense", "keras.ops")):
        with pytest.raises(AttributeError, match=f"tensorflow.{name} is not .*{instead}"):
            getattr(tf, name)
    with pytest.raises(AttributeError, match=r"train.Coordinator is not .* computes in one process"):
        tf.train.Coordinator  # noqa: B018


@pytest.mark.parametrize(
    "module",
    [
        tf.config,
        tf.data,
        tf.strings,
        tf.io,
        tf.debugging,
        tf.distribute,
        tf.errors,
        tf.test,
        tf.compat,
        tf.nest,
        tf.image,
        tf.train,
        tf.summary,
        tf.ragged,
        tf.sparse,
    ],
    ids=lambda module: module.__name__,
)
def test_absent_names_of_modules(module):
    name = module.__name__.removeprefix("ckeras.compat.")
    with pytest.raises(
        AttributeError, match=rf"{name}\.absent is not one of the TensorFlow names that ckeras provides"
    ):
        module.absent  # noqa: B018
    assert not hasattr(module, "absent")
