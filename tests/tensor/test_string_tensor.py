"""Arrays of byte strings, alone and in data sets."""

import numpy as np
import pytest

from ckeras.tensor.string_tensor import StringTensor, holds_strings
from ckeras.utils.dataset import Dataset


@pytest.mark.parametrize(
    "value, expected",
    [
        ("ä", "ä".encode()),
        (b"\0", b"\0"),
        (["a", b"b\0"], [b"a", b"b\0"]),
        (np.array([["a"], ["bc"]]), [[b"a"], [b"bc"]]),
        (np.array([b"a", b"bc"]), [b"a", b"bc"]),
        (np.array(["a", b"b"], object), [b"a", b"b"]),
        ([StringTensor("a"), "b"], [b"a", b"b"]),
        ([np.array("a", object), np.array(b"b", object)], [b"a", b"b"]),
        ([StringTensor(["a"]), StringTensor(["b"])], [[b"a"], [b"b"]]),
        ([], []),
    ],
)
def test_elements_are_bytes(value, expected):
    tensor = StringTensor(value)
    assert tensor.tolist() == expected and tensor.shape == np.shape(expected)
    assert tensor.dtype == "string" and tensor.ndim == np.ndim(expected) and tensor.size == np.size(expected)


def test_parts_sums_and_comparisons():
    tensor = StringTensor([["a", "b"], ["c", "d"]])
    assert tensor[0, 1].numpy() == b"b" and tensor[:, 0].tolist() == [b"a", b"c"] and len(tensor) == 2
    assert [row.tolist() for row in tensor] == [[b"a", b"b"], [b"c", b"d"]]
    assert (tensor == "a").tolist() == [[True, False], [False, False]] and (tensor != "a").sum() == 3
    assert ("<" + tensor[0] + ">").tolist() == [b"<a>", b"<b>"]
    assert StringTensor("a") and not StringTensor("")
    tensor.numpy()[:] = b"z"
    assert tensor[0, 0].numpy() == b"a"
    assert StringTensor(b"\xff").decoded().item() == "\ufffd"
    with pytest.raises(TypeError, match="without axes"):
        len(StringTensor("a"))
    with pytest.raises(TypeError, match=r"str or bytes, got 1.5"):
        StringTensor(["a", 1.5])


def test_what_holds_strings():
    assert all(map(holds_strings, ["a", b"", ["a"], np.array(["a"]), np.array([b"a"]), StringTensor([])]))
    assert not any(map(holds_strings, [1, [1], [], np.zeros(2), np.array([], object), np.array([None]), None]))


def test_strings_go_through_data_sets_without_loss():
    dataset = Dataset.from_tensor_slices((["a", "bc", "d\0"], [1, 2, 3]))
    batches = list(dataset.map(lambda text, y: (text + "!", y)).batch(2))
    assert [text.tolist() for text, _ in batches] == [[b"a!", b"bc!"], [b"d\0!"]]
    assert [y.dtype for _, y in batches] == ["int32", "int32"]
    assert [t for t, _ in dataset.as_numpy_iterator()] == [b"a", b"bc", b"d\0"]
    assert [t.tolist() for t, _ in dataset.batch(3).as_numpy_iterator()] == [[b"a", b"bc", b"d\0"]]
