"""Kills processes at events spread over a save, and fills their disk; the file or folder is the old or the new one.

    python tests/shared/interrupted_saves.py --kills 50

prints, for each format, how many of the kills left the old file and how many the new one, and what a file size limit
and a small tmpfs (where one can be mounted) did. Events are the writes to files, syncs and renames of a save.
"""

import argparse
import collections
import contextlib
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile

FORMATS = ("m.keras", "m.h5", "m.weights.h5", "w.h5", "folder", "w.weights.json")
MODELS = {"m.keras": {}, "m.h5": {}, "folder": {"zipped": False}}  # arguments of save; the others are weights
UNITS = 512  # of two layers, which is 2 MB


def model(value):
    """A model of about 2 MB, all of whose weights have one value."""
    import numpy as np

    from ckeras import Sequential, layers

    made = Sequential([layers.Input((UNITS,)), layers.Dense(UNITS), layers.Dense(UNITS)])
    made.set_weights([np.full(w.shape, value, "float32") for w in made.get_weights()])
    return made


def save(value, path):
    """Save the model of a value in the format of a path."""
    save_made(model(value), path)


def save_made(made, path):
    name = os.path.basename(path)
    if name in MODELS:
        made.save(path, **MODELS[name])
    else:
        made.save_weights(path, max_shard_size=1.5 * 2**-10 if name.endswith(".json") else None)


def value_in(path):
    """The one value of all weights in a file, which has to be whole."""
    import numpy as np

    from ckeras import models

    if os.path.basename(path) in MODELS:
        loaded = models.load_model(path)
    else:
        loaded = model(0)
        loaded.load_weights(path)
    values = np.unique(np.concatenate([w.ravel() for w in loaded.get_weights()]))
    if len(values) != 1:
        raise ValueError(f"{path!r} mixes the values {values}")
    return int(values[0])


def child(path, value, kill_at):
    """Save in this process, which kills itself before an event; prints the number of events."""
    from ckeras.saving import atomic

    count = 0

    def event():
        nonlocal count
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    class Counted:
        def __init__(self, file):
            self._file = file

        def __getattr__(self, name):
            return getattr(self._file, name)

        def write(self, data):
            event()
            half = len(data) // 2
            self._file.write(data[:half])
            self._file.flush()
            event()
            return half + self._file.write(data[half:])

    @contextlib.contextmanager
    def opened(*args):
        with open(*args) as file:
            event()
            yield Counted(file)

    def counted(function):
        def call(*args, **kwargs):
            event()
            return function(*args, **kwargs)

        return call

    atomic.open = opened
    os.fsync, os.replace, os.rename, os.remove = map(counted, (os.fsync, os.replace, os.rename, os.remove))
    atomic.exchange, atomic.shutil.rmtree = counted(atomic.exchange), counted(atomic.shutil.rmtree)
    save(value, path)
    event()
    print(count)


def limited(path, value, limit):
    """Save in this process, which cannot write files beyond a size; prints the error."""
    made = model(value)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        save_made(made, path)
    except OSError as error:
        print(type(error).__name__, error)


def run(kind, path, value, number):
    """Run `child` or `limited` in a process; (exit status, what it printed)."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", kind, path, str(value), str(number)], stdout=subprocess.PIPE, check=False
    )
    return done.returncode, done.stdout.decode().strip()


def kills(path, n_kills):
    """Save over an existing file n times, killed at events spread over the save; how often which value is found."""
    save(1, path)
    status, printed = run("child", path, 1, -1)
    if status:
        raise RuntimeError(f"the save that is not killed ended with {status}")
    events, found = int(printed), collections.Counter()
    for i in range(n_kills):
        before = value_in(path)
        status, _ = run("child", path, i + 2, (events - 1) * i // max(n_kills - 1, 1))
        if status != -signal.SIGKILL:
            raise RuntimeError(f"expected a process that was killed, got status {status}")
        after = value_in(path)
        if after not in (before, i + 2):
            raise ValueError(f"{path!r} has {after}, neither the old {before} nor the new {i + 2}")
        found["new" if after == i + 2 else "old"] += 1
    return events, found


def full(path, limits):
    """Save over an existing file with no place for more than some bytes; messages of the errors."""
    save(1, path)
    names, messages = os.listdir(os.path.dirname(path)), []
    for limit in limits:
        status, printed = run("limited", path, 2, limit)
        if status or not printed or value_in(path) != 1 or os.listdir(os.path.dirname(path)) != names:
            raise ValueError(f"with {limit} bytes: status {status}, {printed!r}, file of {value_in(path)}")
        messages.append(printed)
    return messages


def on_small_disk(name):
    """Save over an existing file on a disk with no place for a second one; the error's message."""
    with tempfile.TemporaryDirectory() as folder:
        size = 5000 if name.endswith(".keras") else 3500  # KiB; an archive is written with a second copy of the weights
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", folder]
        if subprocess.run(mount, stderr=subprocess.DEVNULL, check=False).returncode:
            return "no tmpfs can be mounted"
        try:
            return full(os.path.join(folder, name), [resource.RLIM_INFINITY])[0]
        finally:
            subprocess.run(["umount", folder], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        kind, path, value, number = given.child
        return {"child": child, "limited": limited}[kind](path, int(value), int(number))
    for name in FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            events, found = kills(os.path.join(folder, name), given.kills)
            print(f"{name}: {given.kills} kills over {events} events left {dict(found)}")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name)
            save(1, path)
            size = max(one.stat().st_size for one in pathlib.Path(folder).rglob("*") if one.is_file())
            messages = full(path, [size * i // 10 for i in range(10)])
            print(f"{name}: 10 limits up to {size} bytes left the old file: {collections.Counter(messages)}")
        print(f"{name}: small disk: {on_small_disk(name)}")
    return None


if __name__ == "__main__":
    main()
