"""Which batches the runs over a data set take, and when its hooks are called."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, utils

X = np.zeros((24, 4), "float32")
Y = np.repeat(np.arange(6.0, dtype="float32"), 4)[:, None]  # batches of 4 rows have the losses 0, 1, ... 5


class Rows(utils.PyDataset):
    """Batches of 4 rows, which note the calls that the data set gets."""

    def __init__(self, **options):
        super().__init__(**options)
        self.calls = []

    def __len__(self):
        return 6

    def __getitem__(self, i):
        self.calls.append(i)
        return X[i * 4 : i * 4 + 4], Y[i * 4 : i * 4 + 4]

    def on_epoch_begin(self):
        self.calls.append("begin")

    def on_epoch_end(self):
        self.calls.append("end")


class Loader:
    """The same batches from a loader of another framework."""

    def __iter__(self):
        return ((X[i : i + 4], Y[i : i + 4]) for i in range(0, 24, 4))


@pytest.fixture
def still():
    """A model that gives 0 and does not learn."""
    model = ckeras.Sequential([layers.Dense(1)])
    model.compile(ckeras.optimizers.SGD(0.0), "mae")
    return model


RUN = ["begin", *range(6), "end"]


@pytest.mark.parametrize("make", [Rows, Loader, lambda: Rows(workers=2)])
def test_each_validation_begins_with_the_first_batch(still, make):
    history = still.fit(X, Y, validation_data=make(), validation_steps=2, epochs=4, verbose=0).history
    np.testing.assert_allclose(history["val_loss"], [0.5] * 4)


@pytest.mark.parametrize("make", [Rows, Loader])
def test_training_goes_on_with_the_batches_that_follow(still, make):
    history = still.fit(make(), steps_per_epoch=2, epochs=4, verbose=0, shuffle=False).history
    np.testing.assert_allclose(history["loss"], [0.5, 2.5, 4.5, 0.5])


def test_an_epoch_begins_before_its_first_item_and_no_item_is_fetched_twice(still):
    rows = Rows()
    still.fit(rows, epochs=2, verbose=0, shuffle=False)
    assert rows.calls == RUN * 2


@pytest.mark.parametrize("run", ["evaluate", "predict"])
def test_hooks_and_items_of_one_run(still, run):
    rows = Rows()
    getattr(still, run)(rows, verbose=0)
    assert rows.calls == RUN


def test_hooks_and_items_of_a_validation(still):
    rows = Rows()
    still.fit(X, Y, validation_data=rows, epochs=2, verbose=0)
    assert rows.calls == RUN * 2


def test_a_shuffled_epoch_fetches_every_item_once(still):
    rows = Rows()
    still.fit(rows, verbose=0)
    assert rows.calls[0] == "begin" and rows.calls[-1] == "end"
    assert sorted(rows.calls[1:-1]) == list(range(6))


def test_a_data_set_may_be_made_when_the_epoch_begins(still):
    class Late(Rows):
        def on_epoch_begin(self):
            self.order = np.arange(24)[::-1]

        def __getitem__(self, i):
            chosen = self.order[i * 4 : i * 4 + 4]
            return X[chosen], Y[chosen]

    assert still.fit(Late(), verbose=0, steps_per_epoch=1, shuffle=False).history["loss"] == [5.0]


@pytest.mark.parametrize("options", [{"workers": 2}, {"workers": 2, "use_multiprocessing": True}])
def test_workers_end_where_the_first_batch_is_wrong(still, options):
    class Wrong(Rows):
        def __getitem__(self, i):
            return (1, 2, 3, 4)

    import threading

    with pytest.raises(ValueError, match="got 4 parts"):
        still.fit(Wrong(**options), verbose=0)
    assert threading.active_count() == 1
