"""Functions for images, and batches of images, with the values of Keras 2."""

import io
import pickle
import sys

import numpy as np
import pytest
import reference

import ckeras
from ckeras.preprocessing import image

cases = reference.script("make_image_data_values")


@pytest.fixture(scope="module")
def found():
    with pytest.warns(UserWarning, match="2 of 7 paths"):
        return cases.values(image)


@pytest.fixture(scope="module")
def expected():
    with np.load(cases.VALUES) as file:
        return dict(file)


def test_all_cases_are_there(found, expected):
    assert found.keys() == expected.keys() and len(found) > 200


def tolerance(case):
    """Whitening goes by singular values in float32."""
    return 2e-3 if case.startswith("whitening") else 2e-4


def test_values_of_keras(found, expected):
    wrong = []
    for case, value in expected.items():
        mine = found[case]
        same = mine.shape == value.shape and mine.dtype == value.dtype
        if same and value.dtype.kind in "fc":
            same = np.allclose(mine, value, atol=tolerance(case) * max(1, np.abs(value).max()), rtol=0)
        elif same and value.dtype == "uint8":  # releases of Pillow differ by one in what they resize
            same = np.abs(mine.astype(int) - value).max(initial=0) <= 1
        elif same:
            same = np.array_equal(mine, value)
        if not same:
            wrong.append(f"{case}: {mine.shape} {mine.dtype}, {value.shape} {value.dtype}")
    assert wrong == []


def test_transformations_keep_the_center_of_images_that_are_not_square():
    x = np.arange(24.0).reshape(4, 6, 1)
    axes = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
    np.testing.assert_allclose(image.apply_affine_transform(x, theta=180, **axes), x[::-1, ::-1], atol=1e-9)
    assert image.apply_affine_transform(x, tx=1, **axes)[:, 0, 0].tolist() == x[:, 1, 0].tolist()
    assert image.apply_affine_transform(x, ty=1, **axes)[0, :, 0].tolist() == x[1, :, 0].tolist()
    middle = image.apply_affine_transform(x, zx=3, zy=3, fill_mode="constant", cval=-1, **axes)[:, :, 0]
    assert (middle[1:3, 2:4] >= 0).all() and (middle[0] == -1).all() and (middle[:, :2] == -1).all()
    assert image.ImageDataGenerator(height_shift_range=[1]).get_random_transform(x.shape)["tx"] == 0
    assert abs(image.ImageDataGenerator(height_shift_range=[1]).get_random_transform(x.shape)["ty"]) == 1
    assert image.ImageDataGenerator(width_shift_range=0.5).get_random_transform(x.shape)["ty"] == 0


@pytest.mark.parametrize("steps", [None, 2])
def test_a_model_is_fitted_on_an_iterator(steps):
    ckeras.utils.set_random_seed(0)
    x = np.random.default_rng(0).random((20, 4, 4, 1))
    y = 3 + x.mean((1, 2, 3))[:, None]
    model = ckeras.Sequential([ckeras.layers.Flatten(), ckeras.layers.Dense(1)])
    model.compile(ckeras.optimizers.Adam(0.05), "mse")
    generator = image.ImageDataGenerator(horizontal_flip=True, validation_split=0.2)
    batches = generator.flow(x, y, batch_size=4, subset="training", ignore_class_split=True)
    held_out = generator.flow(x, y, batch_size=4, subset="validation", ignore_class_split=True)
    history = model.fit(batches, validation_data=held_out, epochs=60, steps_per_epoch=steps, verbose=0)
    assert batches.total_batches_seen >= 60 * (steps or 4)
    assert history.history["val_loss"][-1] < history.history["val_loss"][0] / 4
    assert model.predict(held_out, verbose=0).shape == (4, 1)


def test_transformed_images_are_written(tmp_path):
    batches = image.ImageDataGenerator().flow(
        np.zeros((3, 2, 2, 3)), save_to_dir=tmp_path, save_prefix="x", shuffle=False
    )
    next(batches)
    assert sorted(p.name.rpartition("_")[0] for p in tmp_path.iterdir()) == ["x_0", "x_1", "x_2"]
    assert image.load_img(next(tmp_path.iterdir())).size == (2, 2)


def test_iterators_can_be_pickled_and_begin_again():
    batches = image.ImageDataGenerator().flow(np.arange(12.0).reshape(3, 2, 2, 1), batch_size=2, shuffle=False)
    first = next(batches)
    again = pickle.loads(pickle.dumps(batches))
    assert np.array_equal(next(again), next(batches)) and np.array_equal(next(batches), first)
    next(batches)
    batches.reset()
    assert np.array_equal(batches.next(), first)
    with pytest.raises(IndexError, match="2 batches"):
        batches[2]


@pytest.mark.parametrize("name", ["image.PNG", "image.jpg", "image.bmp"])
def test_images_are_saved_and_loaded(name):
    x = np.zeros((3, 5, 3))
    x[1, 2] = 255
    image.save_img(name, x, scale=False, file_format=None)
    found = image.img_to_array(image.load_img(name))
    assert found.shape == x.shape and np.abs(found - x).max() < (130 if "jpg" in name else 1)


def test_an_alpha_channel_is_left_out_of_jpeg_files():
    with pytest.warns(UserWarning, match="no alpha"):
        image.save_img("image.jpg", np.zeros((2, 2, 4)))
    with io.BytesIO() as file:
        image.save_img(file, np.full((2, 3, 1), 7.0), file_format="png", scale=False)
        with pytest.warns(UserWarning, match="color_mode='grayscale'"):
            assert np.array_equal(np.asarray(image.load_img(file, grayscale=True)), np.full((2, 3), 7))


def test_damaged_files_are_named():
    image.save_img("whole.png", np.random.default_rng(0).random((50, 50, 3)))
    with open("whole.png", "rb") as file:
        data = file.read()
    for name, part in (("cut.png", data[: len(data) // 2]), ("text.png", b"no image")):
        with open(name, "wb") as file:
            file.write(part)
        with pytest.raises(OSError, match=name):
            image.load_img(name)


def test_without_pillow_errors_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"load_img needs Pillow.*pip install 'ckeras\[image\]'"):
        image.load_img("a.png")


X = np.zeros((4, 5, 5, 3))


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda g: image.load_img("a.png", "cmyk"), ValueError, "color_mode .* got 'cmyk'"),
        (lambda g: image.load_img("a.png", interpolation="best"), ValueError, "interpolation"),
        (lambda g: image.load_img("a.png", target_size=(0, 3)), ValueError, "target_size"),
        (lambda g: image.load_img("a.png"), FileNotFoundError, "a.png"),
        (lambda g: image.img_to_array(np.zeros(3)), ValueError, r"2 or 3 axes, got the shape \(3,\)"),
        (lambda g: image.img_to_array(X[0], "last"), ValueError, "data_format .* got 'last'"),
        (lambda g: image.array_to_img(np.zeros((2, 2))), ValueError, "3 axes"),
        (lambda g: image.array_to_img(np.zeros((2, 2, 2))), ValueError, "1, 3 or 4 channels, got 2"),
        (lambda g: image.smart_resize(X, (2,)), ValueError, "size"),
        (lambda g: image.smart_resize(X[0, 0], (2, 2)), ValueError, "3 or 4 axes"),
        (lambda g: image.smart_resize(X, (2, 2), method=3), TypeError, "'method'"),
        (lambda g: image.apply_affine_transform(X), ValueError, "3 axes"),
        (lambda g: image.apply_affine_transform(X[0], fill_mode="mirror"), ValueError, "fill_mode .* got 'mirror'"),
        (lambda g: image.apply_affine_transform(X[0], order=3), ValueError, "order to be 0 or 1, got 3"),
        (lambda g: image.apply_affine_transform(X[0], row_axis=0), ValueError, "three different axes"),
        (lambda g: image.random_zoom(X[0], (1, 2, 3)), ValueError, "zoom_range"),
        (lambda g: image.random_brightness(X[0], (1,)), ValueError, "brightness_range"),
        (lambda g: image.ImageDataGenerator(zoom_range=(1, 2, 3)), ValueError, "zoom_range"),
        (lambda g: image.ImageDataGenerator(brightness_range=3), ValueError, "brightness_range"),
        (lambda g: image.ImageDataGenerator(validation_split=2), ValueError, "validation_split"),
        (lambda g: image.ImageDataGenerator(fill_mode="no"), ValueError, "fill_mode"),
        (lambda g: image.ImageDataGenerator(interpolation_order=2), ValueError, "interpolation_order"),
        (lambda g: image.ImageDataGenerator(data_format="x"), ValueError, "data_format"),
        (lambda g: g.fit(X[0]), ValueError, "4 axes"),
        (lambda g: g.fit(X[:0]), ValueError, r"\(0, 5, 5, 3\)"),
        (lambda g: g.flow(X[0]), ValueError, "4 axes"),
        (lambda g: g.flow(X, [1]), ValueError, "y of length 4, got 1"),
        (lambda g: g.flow(X, [1] * 4, sample_weight=[1]), ValueError, "sample_weight of length 4"),
        (lambda g: g.flow(X, subset="test"), ValueError, "subset .* got 'test'"),
        (lambda g: image.ImageDataGenerator().flow(X, subset="training"), ValueError, "with validation_split"),
        (lambda g: g.flow(X, [0, 1, 1, 1], subset="training"), ValueError, "different classes"),
        (lambda g: g.flow(X, batch_size=0), ValueError, "batch_size"),
        (lambda g: g.flow_from_directory("nowhere"), ValueError, "DirectoryIterator .* 'nowhere'"),
        (lambda g: g.flow_from_directory(".", class_mode="raw"), ValueError, "class_mode .* got 'raw'"),
        (lambda g: g.flow_from_directory(".", color_mode="x"), ValueError, "color_mode"),
        (lambda g: g.flow_from_directory(".", interpolation="x"), ValueError, "interpolation"),
        (lambda g: g.flow_from_directory(".", classes=["dogs"]), ValueError, "dogs"),
        (lambda g: g.flow_from_dataframe({"filename": ["a"]}), ValueError, r"a column 'class'.*\['filename'\]"),
        (lambda g: g.flow_from_dataframe({"filename": [1], "class": ["a"]}), TypeError, "'filename' to hold str"),
        (
            lambda g: g.flow_from_dataframe({"filename": ["a"], "class": [1]}, validate_filenames=False),
            TypeError,
            "'class' to hold str or lists of them",
        ),
        (
            lambda g: g.flow_from_dataframe(
                {"filename": ["a"], "class": ["b"]}, class_mode="binary", validate_filenames=False
            ),
            ValueError,
            r"two classes .* got \['b'\]",
        ),
        (
            lambda g: g.flow_from_dataframe(
                {"filename": ["a"], "w": ["b"]}, class_mode=None, weight_col="w", validate_filenames=False
            ),
            TypeError,
            "'w' to hold numbers",
        ),
        (lambda g: g.flow_from_dataframe({"a": []}, class_mode="multi_output"), ValueError, "y_col to be a list"),
        (lambda g: g.flow_from_dataframe({"a": []}, y_col=["b", "c"]), ValueError, "one column"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(image.ImageDataGenerator(validation_split=0.5))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"zca_whitening": True}, "needs featurewise_center"),
        ({"featurewise_center": True, "zca_whitening": True, "featurewise_std_normalization": True}, "turned off"),
        ({"featurewise_std_normalization": True}, "needs featurewise_center"),
        ({"samplewise_std_normalization": True}, "needs samplewise_center"),
    ],
)
def test_warnings_of_arguments_that_need_others(options, message):
    with pytest.warns(UserWarning, match=message):
        image.ImageDataGenerator(**options)


def test_warnings_of_images():
    with pytest.warns(UserWarning, match=r"featurewise_center .* before fit"):
        image.ImageDataGenerator(featurewise_center=True).standardize(X[0].copy())
    with pytest.warns(UserWarning, match="have 7 channels"):
        image.ImageDataGenerator().flow(np.zeros((2, 3, 3, 7)))
