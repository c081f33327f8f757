"""Names that installed packages declare are found, late, in every table, and in configs."""

import sys
import threading
from importlib import metadata

import pytest

import ckeras as keras
from ckeras import plugins, registry

PARTS = """
import ckeras as keras

class Part_layers(keras.layers.Layer):
    def call(self, x):
        return x

def part_activations(x):
    return x

def part_losses(y_true, y_pred):
    return y_true - y_pred

class Part_metrics(keras.metrics.Mean):
    pass

class Part_optimizers(keras.optimizers.SGD):
    pass

class Part_schedules(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1
    def get_config(self):
        return {}

class Part_initializers(keras.initializers.Ones):
    pass

class Part_regularizers:
    def __call__(self, x):
        return 0.0
    def get_config(self):
        return {}
    @classmethod
    def from_config(cls, config):
        return cls(**config)

class Part_constraints(keras.constraints.Constraint):
    def __call__(self, w):
        return w

class Part_callbacks(keras.callbacks.Callback):
    pass
"""


def part(table):
    return f"part_{table}" if table in ("activations", "losses") else f"Part_{table}"


@pytest.fixture
def parts(installs):
    """A package with an entry named "own_part" in each table."""
    installs(
        "all-parts", {table: f"own_part = parts_of_all:{part(table)}" for table in registry.TABLES}, parts_of_all=PARTS
    )
    assert "parts_of_all" not in sys.modules


@pytest.mark.parametrize("name", registry.TABLES)
def test_each_table_finds_what_a_package_declares(parts, name):
    table = registry.TABLES[name]
    assert table.resolve("own_part").__name__ == part(name)
    assert table.find("own_part") is table.resolve("own_part") is getattr(sys.modules["parts_of_all"], part(name))


@pytest.mark.parametrize("name", registry.TABLES)
def test_each_table_reads_its_configs_again(parts, name):
    table = registry.TABLES[name]
    made = table.get("own_part") if name != "layers" else table.deserialize("own_part")
    if name == "callbacks":  # which have no config
        assert type(made).__name__ == "Part_callbacks"
        return
    config = table.serialize(made)
    assert config["config" if config["class_name"] == "function" else "registered_name"] == "own_part"
    twin = table.deserialize(config)
    assert twin is made or type(twin) is type(made)
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(made))
    assert twin is made or type(twin) is type(made)


def test_everything_that_takes_a_name_finds_it(parts):
    layer = keras.layers.Dense(
        1,
        activation="own_part",
        kernel_initializer="own_part",
        kernel_regularizer="own_part",
        kernel_constraint="own_part",
        activity_regularizer="own_part",
    )
    model = keras.Sequential([keras.Input((2,)), layer, keras.layers.Activation("own_part")])
    model.compile(optimizer="own_part", loss="own_part", metrics=["own_part"])
    assert type(model.optimizer).__name__ == "Part_optimizers"
    assert layer.activation.__name__ == "part_activations"
    assert type(layer.kernel_regularizer).__name__ == "Part_regularizers"
    assert layer.kernel.numpy().tolist() == [[1.0], [1.0]]
    twin = keras.Sequential.from_config(model.get_config())
    assert twin.get_config() == model.get_config()
    assert type(keras.callbacks.CallbackList(["own_part"]).callbacks[0]).__name__ == "Part_callbacks"
    config = {"class_name": "own_part", "config": {}}
    assert type(keras.optimizers.SGD(keras.optimizers.schedules.deserialize(config))._learning_rate).__name__ == (
        "Part_schedules"
    )


def test_a_loss_is_found_as_a_metric_too(installs):
    source = "def half(y_true, y_pred): return 0.5 * (y_true - y_pred)\n"
    installs("half-loss", {"losses": "half = half_loss:half"}, half_loss=source)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["half"])
    assert "half" in model.evaluate([[1.0]], [[1.0]], return_dict=True, verbose=0)


def test_one_scan_serves_all_tables(parts, monkeypatch):
    scans = []
    distributions = metadata.distributions
    monkeypatch.setattr(metadata, "distributions", lambda *args: scans.append(1) or distributions(*args))
    for table in registry.TABLES.values():
        assert table.find("nobody_has_this") is None
        table.resolve("own_part")
    assert scans == [1]


def test_hits_do_not_scan(monkeypatch, python):
    code = (
        "import sys, ckeras as keras\n"
        "model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation='relu')])\n"
        "model.compile('adam', 'mse')\n"
        "keras.Sequential.from_config(model.get_config())\n"
        "from ckeras import plugins\n"
        "assert plugins._path is None and plugins.declared == {}\n"
        "assert 'importlib.metadata' not in sys.modules\n"
    )
    python("-c", code)


def test_a_module_is_imported_when_its_name_is_asked_for(installs):
    installs("lazy", {"losses": "one = lazy_one:one\ntwo = lazy_two:two"}, lazy_one="def one(a, b): return a\n")
    assert "one" in registry.losses
    assert "two" in registry.losses
    assert {"one", "two"} < set(registry.losses.names())
    assert registry.losses.nearest("onee") == ["one"]
    assert registry.losses.find("three") is None
    assert "lazy_one" not in sys.modules
    registry.losses.resolve("one")
    assert "lazy_one" in sys.modules and "lazy_two" not in sys.modules


def test_an_unknown_name_lists_declared_ones(installs):
    installs("zebra", {"losses": "zebra_loss = zebra:loss"})
    with pytest.raises(ValueError, match=r"Unknown loss 'zebra_los'; the nearest names are 'zebra_loss'"):
        keras.losses.get("zebra_los")


def test_what_the_user_registered_comes_first(installs):
    installs("own-first", {"losses": "first = own_first:first"}, own_first="def first(a, b): return a\n")

    def mine(y_true, y_pred):
        return y_pred

    registry.losses("first")(mine)
    assert registry.losses.resolve("first") is mine
    with registry.custom_object_scope({"first": max}):
        assert registry.losses.resolve("first") is max
    registry.losses.unregister("first")
    assert registry.losses.resolve("first").__module__ == "own_first"


def test_optimizers_are_found_in_any_case(installs):
    source = "from ckeras.optimizers import SGD\nclass Walker(SGD):\n    pass\n"
    installs("walker", {"optimizers": "Walker = walker_sgd:Walker"}, walker_sgd=source)
    assert type(keras.optimizers.get("walker")).__name__ == "Walker"
    assert type(keras.optimizers.get("WALKER")).__name__ == "Walker"


def test_a_callable_object_may_be_declared(installs):
    source = "class Times:\n    def __call__(self, x):\n        return 2 * x\ntwice = Times()\n"
    installs("times", {"activations": "twice = times_object:twice"}, times_object=source)
    twice = keras.activations.get("twice")
    assert twice(4) == 8
    assert keras.activations.deserialize(keras.activations.serialize(twice)) is twice


def test_nested_objects_and_extras(installs):
    source = "class Box:\n    @staticmethod\n    def half(a, b):\n        return a\n"
    installs("boxes", {"losses": "boxed = boxes_in:Box.half [extra]"}, boxes_in=source)
    assert registry.losses.resolve("boxed").__name__ == "half"


def test_the_config_of_a_directly_imported_class_holds_its_name(installs):
    source = "import ckeras\nclass Plain(ckeras.layers.Layer):\n    def call(self, x):\n        return x\n"
    installs("plain", {"layers": "plain_layer = plain_layers:Plain"}, plain_layers=source)
    from plain_layers import Plain

    config = keras.layers.serialize(Plain(name="p"))
    assert (config["module"], config["class_name"], config["registered_name"]) == (
        "plain_layers", "Plain", "plain_layer"
    )  # fmt: skip


def test_a_package_name_is_found_when_its_module_registers_it(installs):
    source = (
        "import ckeras\n"
        "@ckeras.saving.register_keras_serializable('mine')\n"
        "class Both(ckeras.layers.Layer):\n    pass\n"
        "@ckeras.saving.register_keras_serializable('mine')\n"
        "def both(x):\n    return x\n"
    )
    groups = {"layers": "both = both_ways:Both\nlost = lost_module:Lost", "activations": "both = both_ways:both"}
    installs("both", groups, both_ways=source)
    config = {"module": "both_ways", "class_name": "Both", "config": {"name": "b"}, "registered_name": "mine>Both"}
    assert type(keras.layers.deserialize(config)).__name__ == "Both"
    assert keras.activations.get("mine>both").__name__ == "both"
    with pytest.raises(ImportError, match=r"The layer 'lost' that both 1\.0 declares"):
        registry.layers.find("mine>Lost")


def test_same_name_in_two_tables_is_distinguished_by_the_class(installs):
    source = (
        "import ckeras\n"
        "class SoftLoss(ckeras.losses.Loss):\n    pass\n"
        "class SoftMetric(ckeras.metrics.Mean):\n    pass\n"
    )
    installs("soft", {"losses": "soft = softs:SoftLoss", "metrics": "soft = softs:SoftMetric"}, softs=source)
    for table in (registry.losses, registry.metrics):
        made = table.get("soft")
        config = keras.saving.serialize_keras_object(made)
        assert type(keras.saving.deserialize_keras_object(config)) is type(made)


def test_only_the_first_of_one_distribution_on_the_path_counts(installs, tmp_path, monkeypatch):
    installs(
        "Twice-Here", {"losses": "newer = twice_here:newer"}, version="2.0", twice_here="def newer(a, b): return a\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "early"))
    (tmp_path / "early").mkdir()
    installs("twice.here", {"losses": "newest = twice_here:newer"}, version="3.0", folder=tmp_path / "early")
    assert "newest" in registry.losses
    assert "newer" not in registry.losses


def test_a_changed_path_is_scanned_again(installs, tmp_path, monkeypatch):
    assert registry.losses.find("late") is None
    later = tmp_path / "later"
    later.mkdir()
    installs("late", {"losses": "late = late_loss:late"}, folder=later, late_loss="def late(a, b): return a\n")
    assert registry.losses.find("late") is None
    monkeypatch.syspath_prepend(str(later))
    assert registry.losses.resolve("late").__module__ == "late_loss"


def test_threads_find_the_same(parts):
    found, start = [], threading.Barrier(8)

    def look():
        start.wait()
        found.append(registry.losses.resolve("own_part"))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1


def test_declarations_can_be_listed(installs):
    installs("listed", {"losses": "b = listed_b:b"})
    assert plugins.names_in("losses")["b"] == [plugins.Declaration("losses", "b", "listed_b:b", "listed 1.0")]
    assert plugins.names_in("metrics") == {}
