"""Cases of `make_saving_behaviour.py`: weights, their files, and the editor of files."""

import json
import os
import pathlib

import numpy as np
from saving_cases_files import files, model, same, trained

CASES = {}


def case(function):
    """Decorator of a case, which gets the module of Keras or ckeras."""
    CASES[function.__name__] = function
    return function


def cases(name, function, values):
    """Add a case for each of some values, which a function gets besides the module."""
    for label, value in values.items():
        CASES[f"{name} {label}"] = lambda k, value=value: function(k, value)


# -- weights

cases(
    "save weights to",
    lambda k, path: [model(k).save_weights(path), files()],
    {
        "weights.h5": "w.weights.h5",
        "h5": "w.h5",
        "no ending": "w",
        "keras": "w.keras",
        "path": pathlib.Path("w.weights.h5"),
        "none": None,
        "no folder": "no/w.weights.h5",
        "checkpoint": "w.ckpt",
    },
)
cases(
    "save weights with",
    lambda k, given: [model(k).save_weights(given.pop("path", "w.weights.h5"), **given), files()],
    {
        "shards": {"path": "w.weights.json", "max_shard_size": 1e-7},
        "one shard": {"path": "w.weights.json", "max_shard_size": 1},
        "shards h5": {"max_shard_size": 1},
        "unknown": {"nothing": 1},
        "save_format": {"save_format": "h5"},
        "shards of nothing": {"path": "w.weights.json", "max_shard_size": 0},
        "json alone": {"path": "w.weights.json"},
        "overwrite": {"overwrite": True},
    },
)
cases(
    "load weights of",
    lambda k, path: (lambda a, b: (a.save_weights(path), b.load_weights(path), same(a, b))[2])(model(k), model(k)),
    {"weights.h5": "w.weights.h5", "h5": "w.h5", "path": pathlib.Path("w.weights.h5")},
)


def loaded(k, given):
    """Which weights are those of the file, after loading into another model."""
    source, target = model(k), given.get("target", model)(k)
    path = given.get("path", "w.weights.h5")
    (source.save if path.endswith(".keras") else source.save_weights)(path)
    target.load_weights(path, **given.get("with", {}))
    return [
        a.shape == b.shape and np.array_equal(a, b)
        for a, b in zip(source.get_weights(), target.get_weights(), strict=False)
    ]


def renamed(k):
    return k.Sequential([k.layers.Input((3,)), k.layers.Dense(4, name="x"), k.layers.Dense(2, name="b")])


def deeper(k):
    return k.Sequential([*model(k).layers, k.layers.Dense(2, name="c")])


cases(
    "load weights",
    loaded,
    {
        "of a model": {"path": "w.keras"},
        "renamed": {"target": renamed},
        "wider": {"target": lambda k: model(k, 3)},
        "wider skipped": {"target": lambda k: model(k, 3), "with": {"skip_mismatch": True}},
        "deeper": {"target": deeper},
        "deeper skipped": {"target": deeper, "with": {"skip_mismatch": True}},
        "unknown": {"with": {"nothing": 1}},
        "by_name": {"with": {"by_name": True}},
        "h5 renamed": {"target": renamed, "path": "w.h5"},
        "h5 renamed by name": {"target": renamed, "path": "w.h5", "with": {"by_name": True}},
        "h5 wider": {"target": lambda k: model(k, 3), "path": "w.h5"},
        "h5 deeper": {"target": deeper, "path": "w.h5"},
        "h5 wider skipped": {"target": lambda k: model(k, 3), "path": "w.h5", "with": {"skip_mismatch": True}},
        "h5 wider by name": {"target": lambda k: model(k, 3), "path": "w.h5", "with": {"by_name": True}},
        "h5 wider by name skipped": {
            "target": lambda k: model(k, 3),
            "path": "w.h5",
            "with": {"by_name": True, "skip_mismatch": True},
        },
        "h5 deeper by name": {"target": deeper, "path": "w.h5", "with": {"by_name": True}},
        "objects to skip": {"with": {"objects_to_skip": []}},
        "unbuilt": {"target": lambda k: k.Sequential([k.layers.Dense(2)])},
    },
)
cases(
    "load weights from",
    lambda k, path: model(k).load_weights(path),
    {
        "nothing": "w.weights.h5",
        "no h5": "w.h5",
        "no ending": "w",
        "checkpoint": "w.ckpt",
        "text": "w.txt",
        "npz": "w.npz",
    },
)
cases(
    "set_weights",
    lambda k, make: (lambda m: (m.set_weights(make(m)), [w.sum() for w in m.get_weights()])[1])(model(k)),
    {
        "all": lambda m: [np.ones(w.shape) for w in m.get_weights()],
        "fewer": lambda m: m.get_weights()[:2],
        "more": lambda m: [*m.get_weights(), 1],
        "other shapes": lambda m: m.get_weights()[::-1],
        "lists": lambda m: [w.tolist() for w in m.get_weights()],
        "nothing": lambda m: [],
        "none": lambda m: None,
        "integers": lambda m: [np.ones(w.shape, int) for w in m.get_weights()],
    },
)
cases(
    "layer.set_weights",
    lambda k, make: (lambda d: (d.set_weights(make(d)), [w.sum() for w in d.get_weights()])[1])(model(k).layers[1]),
    {
        "all": lambda d: [np.ones(w.shape) for w in d.get_weights()],
        "fewer": lambda d: d.get_weights()[:1],
        "other shapes": lambda d: d.get_weights()[::-1],
        "bias broadcast": lambda d: [d.get_weights()[0] * 0, np.ones(1)],
    },
)


@case
def weights_of_layers(k):
    made = model(k)
    return [
        [w.name for w in made.weights],
        [w.shape for w in made.layers[0].get_weights()],
        type(made.get_weights()).__name__,
    ]


@case
def weights_of_an_unbuilt_layer(k):
    return k.layers.Dense(2).get_weights()


@case
def weights_for_an_unbuilt_layer(k):
    return k.layers.Dense(2).set_weights([np.ones((2, 2)), np.ones(2)])


@case
def weights_of_an_unbuilt_model(k):
    return k.Sequential([k.layers.Dense(2)]).get_weights()


@case
def saving_weights_of_an_unbuilt_model(k):
    return k.Sequential([k.layers.Dense(2)]).save_weights("w.weights.h5")


@case
def names_in_a_weights_file(k):
    import h5py

    found = []
    trained(k).save_weights("w.weights.h5")
    with h5py.File("w.weights.h5") as file:
        file.visit(found.append)
    return sorted(found)


@case
def names_in_an_h5_file(k):
    import h5py

    model(k).save_weights("w.h5")
    with h5py.File("w.h5") as file:
        return [
            [n.decode() if isinstance(n, bytes) else n for n in file.attrs["layer_names"]],
            sorted(file["a"].keys()),
        ]


@case
def index_of_shards(k):
    model(k).save_weights("w.weights.json", max_shard_size=1e-7)
    return json.loads(pathlib.Path("w.weights.json").read_text())


@case
def a_shard_is_missing(k):
    made = model(k)
    made.save_weights("w.weights.json", max_shard_size=1e-7)
    os.remove("w_00000.weights.h5")
    return made.load_weights("w.weights.json")


# -- the editor


def edited(k, change):
    """What a change of a file's editor gives, and the paths and shapes after it."""
    trained(k).save("m.keras")
    editor = k.saving.KerasFileEditor("m.keras")
    result = change(k, editor)
    editor.save("new.weights.h5")
    return [result, sorted(k.saving.KerasFileEditor("new.weights.h5").weights_dict)]


cases(
    "editor",
    edited,
    {
        "nothing": lambda k, e: None,
        "summary": lambda k, e: e.summary(),
        "delete_object": lambda k, e: e.delete_object("layers/dense"),
        "delete nothing": lambda k, e: e.delete_object("layers/nothing"),
        "rename_object": lambda k, e: e.rename_object("layers/dense", "other"),
        "rename nothing": lambda k, e: e.rename_object("layers/nothing", "other"),
        "add_object": lambda k, e: e.add_object("layers/new", {"0": np.ones((2, 2))}),
        "add an object that is there": lambda k, e: e.add_object("layers/dense", {"0": np.ones((2, 2))}),
        "add an object of nothing": lambda k, e: e.add_object("layers/new", {}),
        "add no dict": lambda k, e: e.add_object("layers/new", [np.ones(2)]),
        "delete_weight": lambda k, e: e.delete_weight("layers/dense", "1"),
        "delete no weight": lambda k, e: e.delete_weight("layers/dense", "7"),
        "add_weights": lambda k, e: e.add_weights("layers/dense", {"2": np.ones(2)}),
        "add weights to nothing": lambda k, e: e.add_weights("layers/nothing", {"2": np.ones(2)}),
        "compare": lambda k, e: e.compare(model(k)),
        "compare wider": lambda k, e: e.compare(model(k, 3)),
        "save elsewhere": lambda k, e: e.save("new.keras"),
        "save to text": lambda k, e: e.save("new.txt"),
        "resave": lambda k, e: e.resave_weights("new2.weights.h5"),
    },
)
cases(
    "editor of",
    lambda k, path: (pathlib.Path("text.keras").write_text("x"), k.saving.KerasFileEditor(path))[1],
    {"nothing": "m.keras", "text": "text.keras", "other ending": "m.txt", "none": None},
)
