"""Pickles from the network give numbers, text and containers, and run nothing."""

import io
import os
import pickle
import pickletools
import zipfile

import numpy as np
import pytest

from ckeras.datasets.restricted_pickle import loads, read_npz

VALUES = {
    "numbers": {"a": [1, 2.5, True, None, 1 << 70], "b": ("text", b"bytes")},
    "bytes": np.arange(6, dtype=np.uint8).reshape(2, 3),
    "floats": np.linspace(0, 1, 5),
    "big endian": np.arange(4, dtype=">i4"),
    "fortran": np.asfortranarray(np.arange(6, dtype="i2").reshape(2, 3)),
    "lists": np.array([[1, 2], [3], []], dtype=object),
    "arrays in lists": [np.arange(3), {"x": np.array([True, False])}],
    "empty": np.zeros((0, 3), np.float32),
}


def same(a, b):
    if isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b)
    if isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in b)
    if isinstance(b, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("protocol", range(5))
@pytest.mark.parametrize("name", VALUES)
def test_numbers_and_arrays(name, protocol):
    assert same(loads(pickle.dumps(VALUES[name], protocol)), VALUES[name])


def test_the_names_of_older_numpy():
    data = pickle.dumps(np.arange(3), 2)
    older = data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert same(loads(older), np.arange(3))


def test_text_of_python_2():
    data = b"\x80\x02}U\x04dataU\x03\x01\x02\xffs."  # {"data": "\x01\x02\xff"}
    assert loads(data, encoding="bytes") == {b"data": b"\x01\x02\xff"}


class Calls:
    """Pickles a call."""

    def __init__(self, function, *args, state=None):
        self.call = function, args, state

    def __reduce__(self):
        return self.call if self.call[2] is not None else self.call[:2]


def system():
    return pickle.dumps(Calls(os.system, "touch hacked"))


def opcodes(*parts):
    return b"".join([b"\x80\x02", *parts, b"."])


def of(module, name):
    return f"c{module}\n{name}\n".encode()


@pytest.mark.parametrize(
    "data",
    [
        system(),
        pickle.dumps(Calls(eval, "open('hacked', 'w')")),
        pickle.dumps(Calls(np.load, "x")),
        pickle.dumps(Calls(np.dtype, [("x", "i4")])),
        pickle.dumps(Calls(np.dtype, "V8")),
        pickle.dumps(np.array(["text"])),
        pickle.dumps(np.zeros(2, [("x", "i4")])),
        pickle.dumps(np.zeros(2, complex)),
        pickle.dumps({1, 2}),
        pickle.dumps(range(3)),
        pickle.dumps(np.random.RandomState(0)),
        opcodes(of("numpy", "ndarray"), b"(I1099511627776\ntR"),  # ndarray(1 << 40)
        opcodes(of("numpy", "ndarray")),
        opcodes(of("numpy", "dtype")),
        opcodes(of("numpy", "dtype"), b"}b"),  # state for a function
        opcodes(of("numpy._core.multiarray", "_reconstruct"), b"(ttR"),
        opcodes(of("numpy._core.multiarray", "_reconstruct"), of("numpy", "ndarray"), b"(I0\ntU\x01b\x87R"),
        opcodes(of("numpy._core.multiarray", "_reconstruct"), of("numpy", "ndarray"), b"(I0\ntU\x01b\x87R}b"),
        opcodes(of("_codecs", "encode"), b"X\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R"),
        b"",
        b"\x80",
        pickle.dumps([1, 2])[:-1],
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(ValueError, match="cannot unpickle"):
        loads(data)
    assert os.listdir() == []


def test_damaged_pickles_give_a_value_or_one_error():
    data, rng, failed = pickletools.optimize(pickle.dumps(VALUES, 2)), np.random.default_rng(0), 0
    for _ in range(400):
        changed = bytearray(data)
        for at in rng.integers(len(data), size=3):
            changed[at] = rng.integers(256)
        try:
            loads(bytes(changed))
        except ValueError:
            failed += 1
    assert 0 < failed < 400


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_files_of_arrays():
    with open("a.npz", "wb") as file:
        file.write(npz(**{name: VALUES[name] for name in ("bytes", "lists", "floats")}))
    found = read_npz("a.npz")
    assert list(found) == ["bytes", "lists", "floats"] and all(same(found[name], VALUES[name]) for name in found)


def test_a_file_whose_header_and_pickle_differ():
    whole = io.BytesIO()
    np.lib.format.write_array_header_1_0(whole, {"descr": "|O", "fortran_order": False, "shape": (4,)})
    whole.write(pickle.dumps(np.array([None, None], object)))
    with zipfile.ZipFile("a.npz", "w") as archive:
        archive.writestr("x.npy", whole.getvalue())
    with pytest.raises(ValueError, match=r"expected an array of shape \(4,\)"):
        read_npz("a.npz")
