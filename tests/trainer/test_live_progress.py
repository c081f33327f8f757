"""What the progress bar hears of an epoch that no callback watches, what a stream of batches is, parts of a batch."""

import numpy as np
import pytest

import ckeras as keras
from ckeras.trainer import epoch
from ckeras.trainer.arguments import is_stream
from ckeras.utils.progbar import Progbar


@pytest.mark.parametrize("rows", [40, 38])
def test_the_bar_counts_the_batches_that_are_done(monkeypatch, rows):
    counts = []
    update = Progbar.update

    def counting(self, current, *args, **kwargs):
        counts.append(current)
        return update(self, current, *args, **kwargs)

    monkeypatch.setattr(epoch, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(Progbar, "update", counting)
    monkeypatch.setattr(keras.callbacks.ProgbarLogger, "live", True)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((rows, 2)), np.ones((rows, 1)), batch_size=4, verbose=1)
    assert counts[-1] == 10
    assert counts == sorted(counts) and counts[0] >= 1
    assert counts[:9] == list(range(1, 10))


class Stored:
    """Rows that are read when they are asked for, as those of a file."""

    shape, dtype = (8, 2), np.dtype("float32")

    def __len__(self):
        return 8

    def __getitem__(self, rows):
        return np.ones((8, 2), "float32")[rows]

    def __iter__(self):
        return iter(np.ones((8, 2), "float32"))


def test_what_has_a_shape_and_a_dtype_is_an_array_though_it_can_be_iterated():
    assert not is_stream(Stored())
    assert is_stream(iter(Stored()))
    assert is_stream(map(np.asarray, [[1.0]]))


def test_parts_of_a_batch_are_packed_and_unpacked():
    pack, unpack = keras.utils.pack_x_y_sample_weight, keras.utils.unpack_x_y_sample_weight
    assert pack(1) == 1 and pack(1, 2) == (1, 2) and pack(1, 2, 3) == (1, 2, 3)
    assert unpack(pack(1)) == (1, None, None)
    assert unpack(pack(1, 2)) == (1, 2, None)
