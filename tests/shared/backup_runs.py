"""Training runs in processes of their own that are killed at given steps, and continue from a backup.

`python tests/shared/backup_runs.py --kills 20` kills runs of every kind of data at random steps, and from outside at
random times, and compares what they end with to what a run that is never killed ends with.
"""

import argparse
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

EPOCHS, STEPS, BATCH = 4, 7, 3
KINDS = (
    "arrays", "batches of arrays", "steps", "file", "dataset", "workers", "generator", "executions", "epochs",
    "unshuffled",
)  # fmt: skip


def data(kind):
    """The arguments of `fit` for a kind of data, of which an epoch has `STEPS` batches."""
    from ckeras.utils import PyDataset

    rng = np.random.default_rng(3)
    rows = BATCH * (STEPS + 3 if kind == "steps" else STEPS) - 1
    x = rng.standard_normal((rows, 5)).astype("float32")
    y = (x[:, :2] * x[:, 2:4]).astype("float32")

    class Batches(PyDataset):
        @property
        def num_batches(self):
            return STEPS

        def __getitem__(self, index):
            rows = slice(index * BATCH, (index + 1) * BATCH)
            return x[rows], y[rows]

    def in_file():
        from ckeras.trainer import arrays, sources

        arrays.LARGE, sources.BLOCK = 1, 64  # so that it is read in parts of a few batches
        file = tempfile.NamedTemporaryFile()  # noqa: SIM115
        stored = np.memmap(file, "float32", "w+", shape=x.shape)
        stored[:] = x
        return stored

    def generator():
        while True:
            for begin in range(0, rows - 1, 2):
                yield x[begin : begin + 2], y[begin : begin + 2]

    return {
        "dataset": lambda: {"x": Batches(), "shuffle": True},
        "workers": lambda: {"x": Batches(workers=2), "shuffle": True},
        "file": lambda: {"x": in_file(), "y": y, "batch_size": BATCH},
        "generator": lambda: {"x": generator(), "steps_per_epoch": STEPS},
        "steps": lambda: {"x": x, "y": y, "batch_size": BATCH, "steps_per_epoch": STEPS},
        "unshuffled": lambda: {"x": x, "y": y, "batch_size": BATCH, "shuffle": False},
        "batches of arrays": lambda: {"x": x, "y": y, "batch_size": BATCH, "shuffle": "batch"},
    }.get(kind, lambda: {"x": x, "y": y, "batch_size": BATCH})()


def train(kind, folder, kill_at, seed):
    """Train a model; returns what it ends with. The process kills itself before step ``kill_at`` is reported."""
    import ckeras
    from ckeras import callbacks, layers, optimizers

    ckeras.utils.set_random_seed(seed)
    model = ckeras.Sequential(
        [layers.Input((5,)), layers.Dense(8, "relu"), layers.Dropout(0.5), layers.Dense(6), layers.Dense(2)]
    )
    optimizer = optimizers.Adam(0.05, use_ema=True, ema_overwrite_frequency=5)
    model.compile(optimizer, "mse", metrics=["mae"], steps_per_execution=2 if kind == "executions" else 1)
    logs_of_epochs = {}

    class Kill(callbacks.Callback):
        """Uses the generators of Python and numpy too, as callbacks may."""

        def on_train_batch_end(self, batch, logs=None):
            import random

            self.model.layers[2].bias.assign_add(np.full(6, 1e-3 * (random.random() + np.random.rand())))
            if self.epoch * STEPS + batch == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_epoch_end(self, epoch, logs=None):
            logs_of_epochs[epoch] = dict(sorted(logs.items()))

    hooks = [
        callbacks.BackupAndRestore(folder, save_freq="epoch" if kind == "epochs" else 2),
        callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        callbacks.ReduceLROnPlateau("val_loss", patience=1, factor=0.5),
        callbacks.EarlyStopping("val_loss", patience=EPOCHS - 1, restore_best_weights=True),
        Kill(),
    ]
    x = np.linspace(-1, 1, 20, dtype="float32").reshape(4, 5)
    model.fit(**data(kind), validation_data=(x, x[:, :2]), epochs=EPOCHS, verbose=0, callbacks=hooks)
    values = [v.numpy() for v in (*model.variables, *optimizer.variables, ckeras.random.global_generator().state)]
    digest = hashlib.sha256(b"".join(value.tobytes() for value in values)).hexdigest()
    return {"digest": digest, "logs": logs_of_epochs[max(logs_of_epochs)], "random": float(np.random.rand())}


def started(kind, folder, kill_at=-1, seed=1):
    """A process that trains, and prints what it ends with."""
    command = [sys.executable, __file__, "--run", kind, str(folder), str(kill_at), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def ended(process):
    """What a process ended with; `None` if it was killed."""
    out, _ = process.communicate(timeout=120)
    if process.returncode == -signal.SIGKILL:
        return None
    assert process.returncode == 0, process.returncode
    return json.loads(out)


def killed_at(kind, steps, folder):
    """What a run ends with that is killed at each of these steps, and each time begun with another seed."""
    for number, step in enumerate(steps):
        assert ended(started(kind, folder, step, _seed(folder, number))) is None
    return ended(started(kind, folder, seed=_seed(folder, len(steps))))


def _seed(folder, number):
    """The seed of a run: another one each time that there is a backup, which has to make up for it."""
    return 100 + number if (folder / "latest.weights.h5").exists() else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", nargs=4)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.run:
        kind, folder, kill_at, seed = options.run
        print(json.dumps(train(kind, folder, int(kill_at), int(seed))))
        return
    rng, expected, kills, wrong, attempt = np.random.default_rng(options.seed), {}, 0, 0, 0
    while kills < options.kills:
        kind, attempt = KINDS[attempt % len(KINDS)], attempt + 1
        with tempfile.TemporaryDirectory() as parent:
            folder = pathlib.Path(parent, "backup")
            if kind not in expected:
                expected[kind] = ended(started(kind, pathlib.Path(parent, "reference")))
            when = _killed_inside(kind, folder, rng) if attempt % 3 else _killed_outside(kind, folder, rng)
            if when is None:  # it ended before
                continue
            kills += 1
            same = ended(started(kind, folder, seed=_seed(folder, 0))) == expected[kind]
        wrong += not same
        print(f"{kills}: {kind}, killed at {when}: {'the same bits' if same else 'DIFFERENT'}")
    print(f"{kills} kills, {wrong} with other results")
    sys.exit(wrong > 0)


def _killed_inside(kind, folder, rng):
    """Kill a run at a random step; says at which."""
    step = int(rng.integers(EPOCHS * STEPS))
    if kind == "executions" and step % STEPS != STEPS - 1:  # hooks are called every second step
        step = step // STEPS * STEPS + (step % STEPS | 1)
    return f"step {step}" if ended(started(kind, folder, step)) is None else None


def _killed_outside(kind, folder, rng):
    """Kill a run a random time after its first backup; says when, or `None` if it ended before."""
    process, backup, limit = started(kind, folder), folder / "latest.weights.h5", time.monotonic() + 60
    while process.poll() is None and not backup.exists() and time.monotonic() < limit:
        time.sleep(1e-3)
    delay = float(rng.uniform(0, 0.3))
    time.sleep(delay)
    process.kill()
    return f"{delay:.3f} s after its first backup" if ended(process) is None else None


if __name__ == "__main__":
    main()
