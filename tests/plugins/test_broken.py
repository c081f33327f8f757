"""Errors of a package's declaration name the package, and are raised only where its parts are looked up."""

import warnings

import pytest

import ckeras as keras
from ckeras import plugins, registry
from ckeras.utils.show_plugins import show_plugins

GOOD = "def good(y_true, y_pred):\n    return y_true\n"


def shown(capsys):
    show_plugins()
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "source", "reason"),
    [
        ("absent_module:loss", "", "ModuleNotFoundError: No module named 'absent_module'"),
        ("broken_module", "1 / 0", "ZeroDivisionError: division by zero"),
        ("broken_module:loss", "1 / 0", "ZeroDivisionError: division by zero"),
        ("broken_module:loss", "raise SystemExit(3)", "SystemExit: 3"),
        ("broken_module:loss", "def loss(:", "SyntaxError: "),
        ("broken_module:loss", "", "AttributeError: module 'broken_module' has no attribute 'loss'"),
        (":loss", "", "ValueError: Empty module name"),
    ],
)
def test_what_does_not_load_is_named_when_asked_for(installs, capsys, value, source, reason):
    groups = {"losses": f"broken = {value}\ngood = good_module:good"}
    installs("half-broken", groups, broken_module=source, good_module=GOOD)
    assert registry.losses.resolve("good")(1, 2) == 1
    assert registry.losses.find("another") is None
    assert keras.losses.get("mse") is keras.losses.mean_squared_error
    assert "broken" in registry.losses
    for ask in (registry.losses.resolve, keras.losses.get, keras.losses.deserialize):
        with pytest.raises(ImportError) as error:
            ask("broken")
        said = str(error.value)
        assert said.startswith(f"The loss 'broken' that half-broken 1.0 declares cannot be loaded from {value!r}: ")
        assert reason in said
    with pytest.raises(ImportError, match=r"half-broken 1\.0"):
        keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]).compile(loss="broken")
    listing = shown(capsys)
    assert reason in listing.split("not usable:")[1]
    assert "good" in listing.split("not usable:")[0]


def test_a_repaired_plugin_loads(installs):
    installs("repaired", {"losses": "repaired = repaired_module:good"})
    with pytest.raises(ImportError):
        registry.losses.resolve("repaired")
    (installs.site / "repaired_module.py").write_text(GOOD)
    import importlib

    importlib.invalidate_caches()
    assert registry.losses.resolve("repaired").__name__ == "good"


@pytest.mark.parametrize(
    ("table", "value", "wanted"),
    [
        ("layers", "function", "a subclass of keras.layers.Layer"),
        ("layers", "Loss", "a subclass of keras.layers.Layer"),
        ("layers", "layer", "a subclass of keras.layers.Layer"),
        ("optimizers", "function", "a subclass of keras.optimizers.Optimizer"),
        ("schedules", "Loss", "a subclass of keras.optimizers.schedules.LearningRateSchedule"),
        ("callbacks", "number", "a subclass of keras.callbacks.Callback"),
        ("losses", "number", "a subclass of keras.losses.Loss or a function"),
        ("losses", "Layer", "a subclass of keras.losses.Loss or a function"),
        ("metrics", "Loss", "a subclass of keras.metrics.Metric or a function"),
        ("activations", "Loss", "a function or a class of callable objects"),
        ("activations", "Plain", "a function or a class of callable objects"),
        ("activations", "unhashable", "a function or a class of callable objects"),
        ("initializers", "number", "a subclass of keras.initializers.Initializer or a function"),
        ("regularizers", "Layer", "a subclass of keras.regularizers.Regularizer or a function"),
        ("constraints", "Plain", "a subclass of keras.constraints.Constraint or a function"),
    ],
)
def test_an_object_of_another_kind_is_named_when_asked_for(installs, capsys, table, value, wanted):
    source = (
        "import ckeras\nnumber = 3\ndef function(x): return x\nLayer = ckeras.layers.Layer\nlayer = Layer()\n"
        "class Loss(ckeras.losses.Loss): pass\nclass Plain: pass\n"
        "class Unhashable:\n    __hash__ = None\n    def __call__(self, x): return x\nunhashable = Unhashable()\n"
    )
    installs("odd-kind", {table: f"odd = odd_kinds:{value}"}, odd_kinds=source)
    with pytest.raises(TypeError) as error:
        registry.TABLES[table].resolve("odd")
    assert f"{registry.TABLES[table].kind} 'odd' that odd-kind 1.0 declares must be {wanted}" in str(error.value)
    assert f"odd_kinds:{value}" in str(error.value)
    assert str(error.value) in shown(capsys)


@pytest.mark.parametrize(("table", "wrong"), [("layers", abs), ("losses", keras.layers.Layer), ("optimizers", abs)])
def test_an_object_of_another_kind_cannot_be_registered(table, wrong):
    with pytest.raises(TypeError, match=f"registry.{table} registers a subclass of keras.{table}"):
        registry.TABLES[table].register(wrong, "wrong")
    assert "wrong" not in registry.TABLES[table]


def test_two_packages_that_claim_a_name_are_named_when_it_is_asked_for(installs, capsys):
    installs("claim-b", {"losses": "claimed = claims:good\nown_b = claims:good"}, claims=GOOD)
    installs("claim-a", {"losses": "claimed = claims:good"}, version="2.1")
    assert registry.losses.resolve("own_b").__name__ == "good"
    with pytest.raises(ValueError) as error:
        keras.losses.get("claimed")
    assert "claim-a 2.1 (claims:good) and claim-b 1.0 (claims:good)" in str(error.value)
    assert str(error.value) in shown(capsys)
    config = keras.losses.serialize(registry.losses.resolve("own_b"))
    assert config["config"] == "own_b"


def test_one_package_that_declares_a_name_twice(installs):
    installs(
        "twofold", {"losses": "name = twofold:a\nname = twofold:b\nsame = folds:good\nsame = folds:good"}, folds=GOOD
    )
    with pytest.raises(ValueError, match=r"twofold 1\.0 \(twofold:a\) and twofold 1\.0 \(twofold:b\)"):
        registry.losses.resolve("name")
    assert registry.losses.resolve("same").__name__ == "good"


@pytest.mark.parametrize(("table", "name"), [("losses", "mse"), ("layers", "dense"), ("optimizers", "ADAM")])
def test_a_shipped_name_stays_and_the_clash_is_reported(installs, capsys, table, name):
    installs("taker", {table: f"{name} = taken:good"}, taken=GOOD)
    table = registry.TABLES[table]
    with warnings.catch_warnings():  # nobody has read the groups yet
        warnings.simplefilter("error")
        shipped = table.resolve(name)
    assert shipped.__module__.startswith("ckeras.")
    table.find("nobody_has_this")
    with pytest.warns(UserWarning, match=rf"{name!r} is ckeras\..*; taker 1\.0 declares another"):
        assert table.resolve(name) is shipped
    with warnings.catch_warnings():  # reported once
        warnings.simplefilter("error")
        assert table.resolve(name) is shipped
    assert f"{name!r} that taker 1.0 declares is {registry.source(shipped)} already" in shown(capsys)


def test_damaged_metadata_and_lines(installs, capsys):
    groups = {"losses": "good = damaged_module:good\nno equals sign\n; comment\n# comment\n\n", "losess": "x = y:z"}
    installs("damaged", groups, metadata=False, damaged_module=GOOD)
    assert registry.losses.resolve("good").__name__ == "good"
    listing = shown(capsys)
    assert "damaged_module.good  damaged 1.0" in listing
    assert "damaged 1.0: the line 'no equals sign' of its group 'ckeras.losses' is not `name = value`" in listing
    assert "damaged 1.0 declares 'x' in the group 'ckeras.losess'" in listing


def test_a_distribution_that_cannot_be_read_disturbs_nobody(installs):
    installs("readable", {"losses": "good = readable_module:good"}, readable_module=GOOD)
    info = installs.site / "garbled-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_bytes(b"[ckeras.losses]\n\xff\xfe = x:y\n")
    (installs.site / "empty-1.0.dist-info").mkdir()
    plugins.forget()
    assert registry.losses.resolve("good").__name__ == "good"


def test_a_config_that_names_what_does_not_load(installs):
    installs("gone", {"layers": "gone = gone_module:Gone"})
    config = {"module": "gone_module", "class_name": "Gone", "config": {}, "registered_name": "gone"}
    for read in (keras.layers.deserialize, keras.saving.deserialize_keras_object):
        with pytest.raises(ImportError, match=r"The layer 'gone' that gone 1\.0 declares cannot be loaded"):
            read(config)


def test_what_modules_register_themselves_is_listed(installs, capsys):
    source = f"import ckeras\n{GOOD}\n@ckeras.registry.metrics('by_hand')\ndef by_hand(a, b): return a\n"
    installs("by-hand", {"losses": "good = by_hand_module:good"}, by_hand_module=source)
    assert [line.split() for line in shown(capsys).splitlines() if "by-hand" in line] == [
        ["losses", "good", "by_hand_module.good", "by-hand", "1.0"],
        ["metrics", "by_hand", "by_hand_module.by_hand", "by-hand", "1.0"],
    ]


def test_nothing_installed(installs, capsys):
    plugins.names_in("losses")
    plugins.declared, plugins.malformed = {}, []
    assert shown(capsys).startswith("no installed package adds anything to ckeras")
