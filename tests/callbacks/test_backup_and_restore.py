"""A run that is interrupted and continued from its backup ends with the bits of one that never was."""

import json
import os
import pathlib

import backup_runs
import h5py
import numpy as np
import pytest

from ckeras import Sequential, layers, metrics
from ckeras.callbacks import BackupAndRestore, Callback, LambdaCallback, TensorBoard

X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)


def model_of(units=1, optimizer="adam"):
    model = Sequential([layers.Input((2,)), layers.Dense(units, kernel_initializer="ones")])
    model.compile(optimizer, "mse", metrics=[metrics.MeanAbsoluteError()])
    return model


def fit(model, backup, *others, epochs=4):
    return model.fit(X, X[:, :1], batch_size=3, epochs=epochs, verbose=0, callbacks=[backup, *others]).epoch


def interrupted(model, backup, *others, epoch=2, batch=1):
    class Interrupt(Callback):
        def on_epoch_begin(self, number, logs=None):
            self.epoch = number

        def on_train_batch_end(self, number, logs=None):
            if (self.epoch, number) == (epoch, batch):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model, backup, *others, Interrupt())
    return model


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ("arrays", [4, 12, 20]), ("batches of arrays", [10]), ("steps", [9, 17]), ("dataset", [9, 16]),
        ("file", [10, 18]), ("workers", [12]),
        ("generator", [12]), ("executions", [10, 19]), ("epochs", [9, 23]), ("unshuffled", [13]),
    ],
)  # fmt: skip
def test_a_killed_process_continues_to_the_same_bits(kind, steps, tmp_path):
    expected = backup_runs.ended(backup_runs.started(kind, tmp_path / "reference"))
    assert backup_runs.killed_at(kind, steps, tmp_path / "backup") == expected
    assert not (tmp_path / "backup").exists()


def test_epochs_that_were_made_are_not_repeated():
    interrupted(model_of(), BackupAndRestore("backup"))
    assert fit(model_of(), BackupAndRestore("backup")) == [2, 3]
    assert not os.path.exists("backup")


def test_batches_of_tensorboard_are_counted_on():
    interrupted(model_of(), BackupAndRestore("backup", save_freq=1), TensorBoard("logs", update_freq=1))
    board = TensorBoard("logs", update_freq=1)
    fit(model_of(), BackupAndRestore("backup", save_freq=1), board)
    assert board._global_train_batch == 16


def test_a_backup_is_kept_if_asked_for():
    fit(model_of(), BackupAndRestore("backup", delete_checkpoint=False))
    assert sorted(os.listdir("backup")) == ["latest.weights.h5", "training_metadata.json"]
    assert json.loads(pathlib.Path("backup/training_metadata.json").read_text()) == {"epoch": 4, "batch": 0}
    assert fit(model_of(), BackupAndRestore("backup", delete_checkpoint=False)) == []


def test_other_files_in_the_folder_stay():
    os.mkdir("backup")
    pathlib.Path("backup/mine").touch()
    fit(model_of(), BackupAndRestore("backup", double_checkpoint=True))
    assert os.listdir("backup") == ["mine"]


@pytest.mark.parametrize(
    ("save_freq", "expected"),
    [
        ("epoch", [(1, 0), (2, 0), (3, 0), (4, 0)]),
        (2, [(epoch, batch) for epoch in range(4) for batch in (2, 4)]),
        (3, [(0, 3), (1, 2), (2, 1), (2, 4), (3, 3)]),
        (100, []),
    ],
)
def test_how_often_it_saves(save_freq, expected):
    path = pathlib.Path("backup/training_metadata.json")
    seen = []

    def look(*args):
        found = tuple(json.loads(path.read_text()).values()) if path.exists() else None
        if found is not None and found not in seen:
            seen.append(found)

    backup = BackupAndRestore("backup", save_freq=save_freq, delete_checkpoint=False)
    fit(model_of(), backup, LambdaCallback(on_train_batch_begin=look, on_epoch_begin=look, on_train_end=look))
    assert seen == expected


def test_without_a_frequency_nothing_is_saved():
    fit(model_of(), BackupAndRestore("backup", save_freq=False, delete_checkpoint=False))
    assert os.listdir("backup") == []


def test_a_damaged_backup_is_replaced_by_the_one_before():
    interrupted(model_of(), BackupAndRestore("backup", double_checkpoint=True), epoch=3)
    data = pathlib.Path("backup/latest.weights.h5").read_bytes()
    pathlib.Path("backup/latest.weights.h5").write_bytes(data[:500])
    with pytest.warns(UserWarning, match="uses the backup before the last one"):
        assert fit(model_of(), BackupAndRestore("backup", double_checkpoint=True)) == [2, 3]


def test_a_damaged_backup_alone_is_an_error():
    interrupted(model_of(), BackupAndRestore("backup"))
    pathlib.Path("backup/latest.weights.h5").write_bytes(b"x" * 500)
    model = model_of()
    before = model.get_weights()
    with pytest.raises(OSError, match="signature"):
        fit(model, BackupAndRestore("backup"))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("other", [{"units": 2}, {"optimizer": "sgd"}])
def test_a_backup_of_another_model_is_an_error(other):
    interrupted(model_of(), BackupAndRestore("backup"))
    model = model_of(**other)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"do not fit the file|of another optimizer"):
        fit(model, BackupAndRestore("backup"))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_backup_of_keras_gives_weights_and_epoch():
    interrupted(model_of(), BackupAndRestore("backup"))
    with h5py.File("backup/latest.weights.h5", "a") as file:
        del file["training"]
        kernel = file["layers/dense/vars/0"][()]
    seen = []
    look = LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(look.model.get_weights()[0]))
    assert fit(model_of(), BackupAndRestore("backup"), look) == [2, 3]
    assert np.array_equal(seen[0], kernel)


@pytest.mark.parametrize("save_freq", [0, -1, "batch", 1.5, None, True])
def test_other_frequencies(save_freq):
    with pytest.raises(ValueError, match="save_freq to be 'epoch' or a positive integer"):
        BackupAndRestore("backup", save_freq=save_freq)


def test_folders_that_cannot_be_written():
    pathlib.Path("file").touch()
    with pytest.raises(ValueError, match="path of a folder"):
        BackupAndRestore("")
    model = model_of()
    before = model.get_weights()
    with pytest.raises(OSError, match="BackupAndRestore cannot write"):
        fit(model, BackupAndRestore("file/backup"))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
