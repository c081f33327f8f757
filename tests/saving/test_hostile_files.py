"""Files that were built to do harm, or are damaged, give an error that names them, and nothing else happens."""

import io
import json
import pathlib
import sys
import zipfile

import h5py
import numpy as np
import pytest

from ckeras import Sequential, layers, models


def made(activation=None):
    return Sequential([layers.Input((2,)), layers.Dense(1, activation=activation, name="d")])


@pytest.fixture
def model():
    """A model with its files "m.keras" and "m.weights.h5"."""
    model = made()
    model.save("m.keras")
    model.save_weights("m.weights.h5")
    return model


def rewritten(change):
    """The members of "m.keras" after a change of them, in "m.keras"."""
    with zipfile.ZipFile("m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile("m.keras", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def with_config(change):
    def changed(members):
        config = json.loads(members["config.json"])
        change(config)
        members["config.json"] = json.dumps(config).encode()

    rewritten(changed)


# -- HDF5


def external_link(group):
    group["0"] = h5py.ExternalLink("other.h5", "/secret")


def soft_link(group):
    group["0"] = h5py.SoftLink("/layers/dense/vars/1")


def external_data(group):
    group.create_dataset("0", (2, 1), "f4", external=[("secret.bin", 0, 8)])


def virtual_data(group):
    layout = h5py.VirtualLayout((2, 1), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "secret", (2, 1))
    group.create_virtual_dataset("0", layout)


def absurd_shape(group):
    group.create_dataset("0", (1 << 40, 1), "f4", chunks=(1 << 16, 1), compression="gzip")


def references(group):
    group.create_dataset("0", (2, 1), h5py.ref_dtype)


def subgroup(group):
    group.create_group("0")


def nothing(group):
    group.create_dataset("0", data=h5py.Empty("f4"))


@pytest.mark.parametrize(
    "build",
    [external_link, soft_link, external_data, virtual_data, absurd_shape, references, subgroup, nothing],
    ids=lambda build: build.__name__,
)
def test_values_that_are_not_plainly_in_the_file(build, model):
    pathlib.Path("secret.bin").write_bytes(np.ones(2, "f4").tobytes())
    with h5py.File("other.h5", "w") as other:
        other["secret"] = np.ones((2, 1), "f4")
    with h5py.File("m.weights.h5", "a") as file:
        del file["layers/dense/vars/0"]
        build(file["layers/dense/vars"])
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"Cannot load 'm.weights.h5'"):
        model.load_weights("m.weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_group_behind_a_link(model):
    with h5py.File("other.h5", "w") as other:
        other["vars/0"], other["vars/1"] = np.ones((2, 1)), np.ones(1)
    with h5py.File("m.weights.h5", "a") as file:
        del file["layers/dense"]
        file["layers/dense"] = h5py.ExternalLink("other.h5", "/")
    with pytest.raises(ValueError, match="Refused to follow 'dense' in '/layers'"):
        model.load_weights("m.weights.h5")


# -- configs


@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("victim", "Layer"), ("keras.utils", "get_file"), ("keras.models", "load_model")],
)
def test_a_config_imports_and_calls_nothing(module, name, model, monkeypatch):
    pathlib.Path("victim.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(".")

    def change(config):
        config["config"]["layers"][1].update(module=module, class_name=name, registered_name=name)

    with_config(change)
    with pytest.raises(ValueError, match=r"Cannot load 'm.keras'"):
        models.load_model("m.keras")
    assert "victim" not in sys.modules


def test_lambdas_are_refused_in_safe_mode():
    model = made(lambda x: x * 2)
    with pytest.warns(UserWarning, match="A lambda is saved"):
        model.save("m.keras")
    with pytest.raises(ValueError, match="refused"):
        models.load_model("m.keras")
    x = np.ones((1, 2), "float32")
    loaded = models.load_model("m.keras", safe_mode=False)
    assert np.array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_config_that_is_no_model(model):
    with_config(lambda config: (config.clear(), config.update(module="keras.optimizers", class_name="SGD", config={})))
    with pytest.raises(ValueError, match="Expected a model, got an object of type SGD"):
        models.load_model("m.keras")


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"[" * 100_000, b"\xff", b'{"class_name": 3, "config": {}}', b"1"])
def test_a_config_that_is_none(text, model):
    rewritten(lambda members: members.update({"config.json": text}))
    with pytest.raises(ValueError, match=r"Cannot load 'm.keras'"):
        models.load_model("m.keras")


# -- archives


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_member_that_is_missing(name, model):
    rewritten(lambda members: members.pop(name))
    with pytest.raises(ValueError, match=rf"Cannot load 'm.keras': Expected the archive to have a member '{name}'"):
        models.load_model("m.keras")


def test_a_member_that_unpacks_to_far_more(model):
    with zipfile.ZipFile("m.keras") as archive:
        config = archive.read("config.json")
    with zipfile.ZipFile("m.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", config)
        with archive.open("model.weights.h5", "w") as member:
            for _ in range(64):
                member.write(bytes(1 << 20))
    data = pathlib.Path("m.keras").read_bytes()
    directory = data.rindex(b"PK\x01\x02")  # the entry of the weights; byte 24 is the size that it claims
    claimed = data[: directory + 24] + (1 << 31).to_bytes(4, "little") + data[directory + 28 :]
    pathlib.Path("m.keras").write_bytes(claimed)
    with pytest.raises(ValueError, match=r"Refused to read 'model.weights.h5': it claims 2147483648 bytes"):
        models.load_model("m.keras")


@pytest.mark.parametrize("member", ["../../out", "a/../../../out", "..\\out", "/out", "c:out"])
def test_assets_stay_in_their_folder(member):
    class Reader(layers.Layer):
        def call(self, x):
            return x

        def load_assets(self, folder):
            pass

    Sequential([layers.Input((2,)), Reader()]).save("m.keras")
    rewritten(lambda members: members.update({f"assets/layers/reader/{member}": b"x"}))
    with pytest.raises(ValueError, match="does not lie in the folder of its object"):
        models.load_model("m.keras", custom_objects={"Reader": Reader})
    assert not any(path.name == "out" for path in pathlib.Path().resolve().parent.rglob("out"))


def damaged(data, count, seed):
    """Copies of bytes, each cut or with some of its bits flipped."""
    random = np.random.default_rng(seed)
    for number in range(count):
        if number % 4 == 0:
            yield data[: random.integers(len(data))]
        else:
            array = np.frombuffer(data, np.uint8).copy()
            array[random.integers(len(data), size=random.integers(1, 20))] ^= np.uint8(1 << random.integers(8))
            yield array.tobytes()


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
def test_damaged_files_give_a_model_or_one_error(suffix, model):
    data, failed = pathlib.Path(f"m{suffix}").read_bytes(), 0
    for content in damaged(data, 120, seed=len(suffix)):
        pathlib.Path(f"x{suffix}").write_bytes(content)
        try:
            models.load_model("x.keras") if suffix == ".keras" else model.load_weights("x.weights.h5")
        except (OSError, ValueError) as error:
            assert f"x{suffix}" in str(error)
            failed += 1
    assert failed > 30


def test_bits_flipped_in_the_weights_of_an_archive_are_noticed(model):
    with zipfile.ZipFile("m.keras") as archive:
        weights = archive.read("model.weights.h5")
    values = model.get_weights()[0].tobytes()
    data = bytearray(pathlib.Path("m.keras").read_bytes())
    data[data.index(weights) + weights.index(values)] ^= 1
    with pytest.raises(ValueError, match="Bad CRC-32"):
        models.load_model(io.BytesIO(data))


@pytest.mark.parametrize(
    ("size", "options"),
    [(0, {"compression": "gzip"}), (1 << 31, {"compression": "gzip"}), (1, {"fletcher32": True}), (4, {})],
)
def test_a_chunk_of_a_wrong_size(size, options, model):
    with h5py.File("m.weights.h5", "a") as file:
        group = file["layers/dense/vars"]
        del group["0"]
        made = group.create_dataset("0", data=np.ones((2, 1), "f4"), chunks=(2, 1), **options)
        chunk = made.id.get_chunk_info(0)
    data = bytearray(pathlib.Path("m.weights.h5").read_bytes())
    where = chunk.byte_offset.to_bytes(8, "little")
    key = chunk.size.to_bytes(4, "little") + bytes(4)  # of the B-tree: size, filters, offsets, then the address
    at = data.index(key, max(0, data.index(where) - 40))
    data[at : at + 4] = size.to_bytes(4, "little")
    pathlib.Path("m.weights.h5").write_bytes(data)
    with pytest.raises((ValueError, OSError), match=r"Cannot load 'm.weights.h5'.* a chunk of which is damaged"):
        model.load_weights("m.weights.h5")
