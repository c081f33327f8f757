"""Data sets of files and of arrays, with the values of Keras 3.15 on TensorFlow."""

import pathlib
import wave

import numpy as np
import pytest
import reference

import ckeras
from ckeras import utils
from ckeras.preprocessing.wave_files import read_wave, resampled

cases = reference.script("make_dataset_values")


@pytest.fixture(scope="module")
def found():
    return {name: np.asarray(value) for name, value in cases.values(utils).items()}


@pytest.fixture(scope="module")
def expected():
    with np.load(cases.VALUES) as file:
        return dict(file)


def test_all_cases_are_there(found, expected):
    assert found.keys() == expected.keys() and len(found) > 400


def test_values_of_keras(found, expected):
    wrong = []
    for case, value in expected.items():
        mine = found[case]
        same = mine.shape == value.shape and mine.dtype == value.dtype
        if same and value.dtype.kind == "f":
            same = np.allclose(mine, value, atol=0.2 if "bicubic" in case else 1e-3, rtol=1e-5)
        elif same:
            same = np.array_equal(mine, value)
        if not same:
            wrong.append(f"{case}: {mine.shape} {mine.dtype}, {value.shape} {value.dtype}")
    assert wrong == []


def test_a_shuffled_data_set_gives_each_file_once_in_orders_that_the_seed_repeats(tmp_path):
    for number in range(30):
        (tmp_path / f"{number:02}.txt").write_text(str(number))

    def orders(seed):
        options = {"labels": None, "verbose": False, "batch_size": 8}
        dataset = utils.text_dataset_from_directory(tmp_path, seed=seed, **options)
        assert len(dataset) == 4
        return [[int(text.numpy()) for batch in dataset for text in batch] for _ in range(2)]

    first, second = orders(1)
    assert sorted(first) == sorted(second) == list(range(30)) and first != second
    assert orders(1) == [first, second] != orders(2)
    ckeras.utils.set_random_seed(3)
    by_global = orders(None)
    ckeras.utils.set_random_seed(3)
    assert orders(None) == by_global


def test_a_model_is_fitted_on_images_of_a_folder(tmp_path):
    ckeras.utils.set_random_seed(0)
    for name, level in (("bright", 250), ("dark", 5)):
        (tmp_path / name).mkdir()
        for number in range(6):
            utils.save_img(tmp_path / name / f"{number}.png", np.full((4, 4, 3), level - number % 3), scale=False)
    options = {"image_size": (3, 3), "batch_size": 4, "label_mode": "binary", "verbose": False, "seed": 1}
    train, held_out = utils.image_dataset_from_directory(tmp_path, subset="both", validation_split=0.25, **options)
    model = ckeras.Sequential([ckeras.layers.Flatten(), ckeras.layers.Dense(1, activation="sigmoid")])
    model.compile(ckeras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(train.map(lambda x, y: (x / 255 - 0.5, y)), epochs=40, verbose=0)
    assert history.history["accuracy"][-1] == 1.0
    assert model.evaluate(held_out.map(lambda x, y: (x / 255 - 0.5, y)), verbose=0)[1] == 1.0


def test_numbers_of_files_are_reported(tmp_path, capsys):
    for name in ("a/1.txt", "b/2.txt", "b/3.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    utils.text_dataset_from_directory(tmp_path)
    utils.text_dataset_from_directory(tmp_path, labels=None)
    utils.text_dataset_from_directory(tmp_path, validation_split=0.4, subset="both", seed=0)
    utils.text_dataset_from_directory(tmp_path, verbose=False)
    assert capsys.readouterr().out.splitlines() == [
        "Found 3 files belonging to 2 classes.",
        "Found 3 files.",
        "Found 3 files belonging to 2 classes.",
        "Using 2 files for training.",
        "Using 1 files for validation.",
    ]


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_wave_files_of_all_widths(width, tmp_path):
    levels = np.array([-1.0, -0.5, 0.0, 0.25, 0.5])
    scaled = (levels * 2 ** (8 * width - 1)).astype("<i8")
    if width == 1:
        scaled += 128
    data = scaled.view("u1").reshape(-1, 8)[:, :width].tobytes()
    with wave.open("sound.wav", "wb") as file:
        file.setparams((1, width, 4000, 0, "NONE", ""))
        file.writeframes(data)
    found, rate = read_wave("sound.wav")
    assert rate == 4000 and found.dtype == np.float32 and found[:, 0].tolist() == levels.tolist()


@pytest.mark.parametrize("rate", [4000, 11025, 8000, 16000])
def test_resampling_keeps_a_tone(rate, tmp_path):
    def tone(rate):
        return np.sin(2 * np.pi * 440 * np.arange(rate // 4) / rate)[:, None].astype("float32")

    found, inner = resampled(tone(8000), 8000, rate), slice(rate // 50, -rate // 50)
    assert found.shape == tone(rate).shape and found.dtype == np.float32
    np.testing.assert_allclose(found[inner], tone(rate)[inner], atol=2e-3)
    with wave.open(str(tmp_path / "1.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((tone(8000) * 32767).astype("<i2").tobytes())
    dataset = utils.audio_dataset_from_directory(tmp_path, labels=None, sampling_rate=rate, verbose=False)
    np.testing.assert_allclose(
        next(iter(dataset))[0], resampled((tone(8000) * 32767).astype("<i2") / np.float32(32768), 8000, rate), atol=1e-5
    )


def test_resampling_removes_frequencies_above_half_of_the_rate():
    tone = np.sin(2 * np.pi * 3000 * np.arange(4000) / 8000)[:, None].astype("float32")
    assert np.abs(resampled(tone, 8000, 4000)[100:-100]).max() < 0.01


def test_a_data_set_is_split():
    dataset = ckeras.utils.timeseries_dataset_from_array(np.arange(9), None, 2, batch_size=2)
    left, right = utils.split_dataset(dataset, left_size=3)
    assert [x.shape for x in left] == [(2, 2)] * 3 and len(right) == 1
    left, right = utils.split_dataset({"a": np.arange(4), "b": np.arange(4) * 2}, right_size=1)
    assert [{k: int(v) for k, v in x.items()} for x in right] == [{"a": 3, "b": 6}] and len(left) == 3

    class Squares(utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, i):
            return np.arange(2) + i, np.arange(2)

    left, right = utils.split_dataset(Squares(), left_size=0.5, shuffle=True)
    assert sorted(x.tolist() for x, y in [*left, *right]) == [[0, 1], [1, 2], [2, 3], [3, 4]]


FILES = utils.text_dataset_from_directory
SERIES = utils.timeseries_dataset_from_array
DATA = np.arange(12)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: FILES("nowhere"), ValueError, "text_dataset.* directory .* 'nowhere'"),
        (lambda: FILES("full", labels="given"), ValueError, "labels .* got 'given'"),
        (lambda: FILES("full", labels=[1]), ValueError, "directory 'full', 2, got 1"),
        (lambda: FILES("full", labels=[1, -1]), ValueError, "integers of at least 0"),
        (lambda: FILES("full", labels=[0, 3], label_mode="categorical"), ValueError, r"without gaps.*\[0, 3\]"),
        (lambda: FILES("full", labels=None, class_names=["a"]), ValueError, "class_names only"),
        (lambda: FILES("full", class_names=["c"]), ValueError, r"'full.c'"),
        (lambda: FILES("full", label_mode="text"), ValueError, "label_mode .* got 'text'"),
        (lambda: FILES("full", label_mode="binary", class_names=["a"]), ValueError, r"two classes .*\['a'\].*'full'"),
        (lambda: FILES("full", batch_size=0), ValueError, "batch_size .* got 0"),
        (lambda: FILES("full", validation_split=2, subset="both"), ValueError, "validation_split .* got 2"),
        (lambda: FILES("full", validation_split=0.2), ValueError, "both validation_split and subset"),
        (lambda: FILES("full", subset="training"), ValueError, "both validation_split and subset"),
        (lambda: FILES("full", validation_split=0.2, subset="x"), ValueError, "subset .* got 'x'"),
        (lambda: FILES("full", validation_split=0.2, subset="both"), ValueError, "expects a seed"),
        (lambda: FILES("full", validation_split=0.2, subset="both", seed=1), ValueError, "no files for validation"),
        (lambda: FILES("full", format="grain"), ValueError, "format=.* got 'grain'"),
        (lambda: FILES("full", max_length=-1), ValueError, "max_length"),
        (lambda: FILES("empty"), ValueError, r"no files in directory 'empty' .*\.txt"),
        (lambda: utils.image_dataset_from_directory("full"), ValueError, r"\.png, in folders of the classes"),
        (lambda: utils.image_dataset_from_directory("full", color_mode="x"), ValueError, "color_mode"),
        (lambda: utils.image_dataset_from_directory("full", interpolation="area"), ValueError, "interpolation"),
        (lambda: utils.image_dataset_from_directory("full", image_size=(3,)), ValueError, "image_size"),
        (lambda: utils.image_dataset_from_directory("full", data_format="x"), ValueError, "data_format"),
        (
            lambda: utils.image_dataset_from_directory("full", crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
            ValueError,
            "at most one",
        ),
        (lambda: utils.audio_dataset_from_directory("full", sampling_rate=2.5), ValueError, "sampling_rate"),
        (lambda: utils.audio_dataset_from_directory("full", output_sequence_length=0), ValueError, "output_seq"),
        (lambda: utils.audio_dataset_from_directory("full", ragged=True), ValueError, "batch_size=None"),
        (lambda: list(utils.audio_dataset_from_directory("noise")), ValueError, r"1\.wav' is not a WAV"),
        (lambda: SERIES(DATA, None, 0), ValueError, "sequence_length .* got 0"),
        (lambda: SERIES(DATA, None, 2, sampling_rate=0), ValueError, "sampling_rate"),
        (lambda: SERIES(DATA, None, 2, sequence_stride=0.5), ValueError, "sequence_stride"),
        (lambda: SERIES(DATA, None, 2, batch_size=0), ValueError, "batch_size"),
        (lambda: SERIES(DATA, None, 2, start_index=-1), ValueError, "start_index=-1"),
        (lambda: SERIES(DATA, None, 2, start_index=5, end_index=4), ValueError, "end_index=4"),
        (lambda: SERIES(DATA, None, 2, end_index=13), ValueError, "12, the length of data"),
        (lambda: SERIES(DATA, None, 7, sampling_rate=2), ValueError, "needs 13 steps of data, and there are 12"),
        (lambda: SERIES(3.0, None, 7), ValueError, "axis of time"),
        (lambda: SERIES(DATA, None, 2, format="grain"), ValueError, "format"),
        (lambda: utils.split_dataset(DATA), ValueError, "got neither"),
        (lambda: utils.split_dataset(DATA, 1.5), ValueError, "left_size as a share"),
        (lambda: utils.split_dataset(DATA, 12), ValueError, "from 1 to 11 for 12"),
        (lambda: utils.split_dataset(DATA, 0.01), ValueError, "left_size would have none"),
        (lambda: utils.split_dataset(DATA, 0.6, 0.6), ValueError, "at most 1"),
        (lambda: utils.split_dataset(DATA, 8, 8), ValueError, "at most 12 elements"),
        (lambda: utils.split_dataset(DATA, "a"), TypeError, "left_size .* got 'a'"),
        (lambda: utils.split_dataset(3, 0.5), TypeError, "got int"),
        (lambda: utils.split_dataset([1, 2], 0.5), TypeError, "structure of arrays"),
        (lambda: utils.split_dataset((DATA, DATA[:3]), 0.5), ValueError, "one length"),
        (lambda: utils.split_dataset(DATA, 0.5, preferred_backend="jax"), ValueError, "preferred_backend"),
    ],
)
def test_errors(call, error, message):
    for name in ("full/a/1.txt", "full/b/2.txt", "noise/c/1.wav", "empty/none.md"):
        path = pathlib.Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("no sound")
    with pytest.raises(error, match=message):
        call()
