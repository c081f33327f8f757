"""Loads truncated, bit-flipped, spliced, rewritten and random files of models in processes of their own.

    python tests/fuzz/mutated_files.py --files 10000

Each file must give a model or one clean error, a ValueError or OSError with the file's name: no process may end, hang,
or take more memory than `MEMORY`, which is less than twice what the files declare and what Python itself varies by.
Printed are how many files of each kind there were, what came of them, and every violation.
``--only NUMBER`` loads one file in this process and keeps it.
"""

import argparse
import collections
import contextlib
import io
import json
import os
import pathlib
import resource
import sys
import tempfile
import time
import warnings
import zipfile

from processes import fuzz, report

MEMORY = 96 << 20  # bytes that a process may map beyond what it has mapped with all libraries loaded
NUMBERS = [-1, 0, 1, 2, 7, 255, 65535, 2**31 - 1, 2**31, 2**40, 2**63 - 1, 2**64 - 1]
VALUES = [None, True, -1, 0, 3, 1 << 20, 1 << 31, 1 << 62, 10**40, 1.5, -1e308, "", "x", "relu", [], {}, [[]], [None]]
VALUES += [{"class_name": "Dense", "config": {}}, {"class_name": "__numpy__", "config": {"value": 1}}, "keras.layers"]


def originals(folder):
    """Models saved in every format: paths by a name that says which."""
    import h5py
    import numpy as np

    from ckeras import Sequential, layers, models, ops

    def dense():
        model = Sequential([layers.Input((4,)), layers.Dense(3, "relu", kernel_regularizer="l2"), layers.Dense(2)])
        model.compile("adam", "mse", metrics=["mae"])
        model.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
        return model

    def conv():
        inputs = layers.Input((6, 6, 2))
        x = layers.BatchNormalization()(layers.Conv2D(3, 3, activation="relu")(inputs))
        x = layers.Flatten()(layers.MaxPooling2D()(x)) * 2 + ops.ones((12,))
        return models.Model(inputs, [layers.Dense(2)(x), layers.Dropout(0.5, seed=1)(x)])

    def text():
        first = layers.StringLookup(vocabulary=["a", "b"])
        second = layers.TextVectorization(output_sequence_length=4)
        second.adapt(["one two", "two three"])
        inputs = layers.Input((1,), dtype="string")
        outputs = layers.Bidirectional(layers.LSTM(2))(layers.Embedding(9, 3)(second(inputs)))
        return models.Model(inputs, [outputs, first(inputs)])

    made = {}
    for build in (dense, conv, text):
        model, name = build(), build.__name__
        for ending in (".keras", ".h5", ".weights.h5", ".safetensors"):
            if ending == ".keras" or build is not text:
                path = os.path.join(folder, name + ending)
                save = {".weights.h5": model.save_weights, ".safetensors": model.export_weights}
                save.get(ending, model.save)(path)
                made[name + ending] = path
    packed = made["packed.keras"] = os.path.join(folder, "packed.keras")
    with zipfile.ZipFile(made["conv.keras"]) as archive, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for member in archive.namelist():
            target.writestr(member, archive.read(member))
    chunked = made["chunked.weights.h5"] = os.path.join(folder, "chunked.weights.h5")
    with h5py.File(made["dense.weights.h5"]) as file, h5py.File(chunked, "w") as target:

        def copy(name, one):
            if isinstance(one, h5py.Dataset):
                options = {"chunks": True, "compression": "gzip", "shuffle": True, "fletcher32": True}
                target.create_dataset(name, data=one[()], **(options if one.shape else {}))
            else:
                target.require_group(name).attrs.update(one.attrs)

        file.visititems(copy)
    return made


# -- mutations: functions of (random generator, bytes, bytes of another file)


def truncated(rng, data, other):
    return data[: rng.integers(len(data))]


def flipped(rng, data, other):
    array = bytearray(data)
    for at in rng.integers(len(data), size=rng.integers(1, 30)):
        array[at] ^= 1 << int(rng.integers(8))
    return bytes(array)


def renumbered(rng, data, other):
    """Some integers of 1 to 8 bytes, which may be sizes, addresses or counts, are others."""
    array = bytearray(data)
    for _ in range(rng.integers(1, 6)):
        width, at = 1 << int(rng.integers(4)), int(rng.integers(len(data)))
        value = NUMBERS[rng.integers(len(NUMBERS))] % (1 << (8 * width))
        array[at : at + width] = value.to_bytes(width, "little")
    return bytes(array[: len(data)])


def spliced(rng, data, other):
    begin, end = sorted(rng.integers(len(data), size=2))
    first = int(rng.integers(len(other)))
    return data[:begin] + other[first : first + int(rng.integers(1, 2000))] + data[end:]


def shifted(rng, data, other):
    """A part is left out, repeated or zero."""
    begin = int(rng.integers(len(data)))
    end = begin + int(rng.integers(1, 600))
    return data[:begin] + [b"", data[begin:end] * 2, bytes(end - begin)][rng.integers(3)] + data[end:]


def random(rng, data, other):
    head = data[: [0, 8, 64][rng.integers(3)]]
    return head + rng.integers(0, 256, rng.integers(0, 4000)).astype("uint8").tobytes()


def reconfigured(rng, data, other):
    """A `.keras` or `.h5` file in whose config some values are others."""
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["config.json"] = with_other_values(rng, members["config.json"])
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return target.getvalue()
    begin = data.find(b'{"class_name"')
    end = data.find(b"\0", begin)
    return data if begin < 0 else data[:begin] + with_other_values(rng, data[begin:end])[: end - begin] + data[end:]


def with_other_values(rng, text):
    try:
        config = json.loads(text)
    except ValueError:
        return text
    for _ in range(rng.integers(1, 4)):
        found = list(slots(config))
        holder, key = found[rng.integers(len(found))]
        if rng.integers(4):
            holder[key] = VALUES[rng.integers(len(VALUES))]
        else:
            source, other = found[rng.integers(len(found))]
            holder[key] = json.loads(json.dumps(source[other]))
    return json.dumps(config).encode()


def slots(config):
    """(holder, key) of each value in nested dicts and lists."""
    for key in list(config) if isinstance(config, dict) else range(len(config)):
        yield config, key
        if isinstance(config[key], dict | list):
            yield from slots(config[key])


MUTATIONS = [truncated, flipped, flipped, renumbered, renumbered, spliced, shifted, random, reconfigured, reconfigured]


class Case:
    """One mutated file: a function of seed and number."""

    def __init__(self, folder, seed):
        import numpy as np

        self._folder, self._seed, self._np = folder, seed, np
        self._made = originals(folder)
        self._models = {}

    def __call__(self, number):
        """(kind of file, mutation, what came of it, the error's text)"""
        rng = self._np.random.default_rng([self._seed, number])
        names = list(self._made)
        name, mutate = names[number % len(names)], MUTATIONS[rng.integers(len(MUTATIONS))]
        data, other = (pathlib.Path(self._made[n]).read_bytes() for n in (name, names[rng.integers(len(names))]))
        ending = name[name.index(".") :]
        path = os.path.join(self._folder, f"case{number}{ending}")
        pathlib.Path(path).write_bytes(mutate(rng, data, other))
        try:
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                outcomes = [self._outcome(use, path) for use in self._uses(name, ending)]
        finally:
            os.remove(path)
        return ending, mutate.__name__, *max(outcomes, key=lambda outcome: outcome[0] not in ("model", "error"))

    def _uses(self, name, ending):
        """What is done with a file."""
        from ckeras import models, saving

        if ending in (".keras", ".h5"):
            yield models.load_model
        if ending != ".keras":
            model = self._models.get(name)
            if model is None:
                source = name.replace("chunked", "dense").replace(ending, ".keras")
                model = self._models[name] = models.load_model(self._made[source])
            yield model.load_weights
        if ending in (".keras", ".weights.h5"):
            yield saving.KerasFileEditor

    def _outcome(self, use, path):
        try:
            use(path)
        except (ValueError, OSError) as error:
            text = str(error)
            return ("error" if os.path.basename(path) in text else "unnamed"), f"{type(error).__name__}: {text[:300]}"
        except BaseException as error:
            return type(error).__name__, str(error)[:300]
        return "model", ""


def work(pipe, seed, first, last):
    """Run cases in a process of its own, with limits."""
    os.environ.update(OMP_NUM_THREADS="1", MALLOC_ARENA_MAX="1")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as folder:
        case = Case(folder, seed)
        pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MEMORY, MEMORY))
        report(pipe, case, first, last)


def is_violation(result):
    """Whether a file gave neither a model nor a clean error."""
    return result[2] not in ("model", "error")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int, help="load this one file, in this process")
    given = parser.parse_args()
    if given.only is not None:
        with tempfile.TemporaryDirectory() as folder:
            print(Case(folder, given.seed)(given.only))
        return 0
    begin = time.monotonic()
    results, deaths, late = fuzz(work, given.files, given.seed, given.processes, chunk=500)
    print(f"{given.files} files in {time.monotonic() - begin:.0f} s; processes that ended {deaths}, hung {late}")
    for title, key in (("files", 0), ("mutations", 1), ("results", 2)):
        counts = collections.Counter(result[key] for result in results.values())
        print(f"{title}: " + ", ".join(f"{kind} {count}" for kind, count in counts.most_common()))
    violations = {number: result for number, result in results.items() if is_violation(result)}
    for number, result in sorted(violations.items()):
        print(number, *result)
    return bool(deaths or late or violations)


if __name__ == "__main__":
    sys.exit(main())
