"""Signals, forks, threads and memory."""

import itertools
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.tensor import eager

pytestmark = pytest.mark.usefixtures("interruptible")


def _model(units=64, features=40, classes=10, dropout=0.0):
    ckeras.utils.set_random_seed(5)
    model = ckeras.Sequential(
        [
            ckeras.Input((features,)),
            layers.Dense(units, "relu"),
            layers.Dropout(dropout),
            layers.Dense(units, "relu"),
            layers.Dense(classes, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def _data(rows=256, features=40, classes=10):
    rng = np.random.default_rng(0)
    return rng.standard_normal((rows, features)).astype("float32"), rng.integers(0, classes, rows)


# -- Ctrl-C


class Interrupt(ckeras.callbacks.Callback):
    """Sends SIGINT to this process from another thread, once training is under way."""

    def __init__(self, then):
        super().__init__()
        self.then = then

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            threading.Thread(target=self.then).start()


def _send():
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("verbose", [0, 1])
def test_ctrl_c_stops_fit_and_leaves_a_model_that_can_be_used(run_eagerly, verbose):
    x, y = _data()
    model = _model()
    model.run_eagerly = run_eagerly
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=16, epochs=10**6, verbose=verbose, callbacks=[Interrupt(_send)])
    done = int(model.optimizer.iterations)
    assert 16 <= done < 16 * 10**6
    assert all(np.isfinite(w).all() for w in model.get_weights())
    # It goes on as a model would that was stopped there in any other way.
    twin = _model()
    twin.set_weights(model.get_weights())
    twin.optimizer.build(twin.trainable_variables)
    twin.optimizer.set_weights([v.numpy() for v in model.optimizer.variables])
    expected = twin.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"]
    got = model.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(got, expected, rtol=1e-4)
    assert model.predict(x[:1], verbose=0).shape == (1, 10)
    assert model(x[:1]).shape == (1, 10)


class Once(ckeras.callbacks.Callback):
    """Sends one SIGINT from another thread, in the hook that begins the work."""

    def __init__(self):
        super().__init__()
        self.thread = None

    def send(self, *args, logs=None):
        if self.thread is None:
            self.thread = threading.Thread(target=_send)
            self.thread.start()

    on_epoch_begin = on_test_begin = on_predict_begin = send


@pytest.mark.parametrize("watched", [False, True])
def test_ctrl_c_does_not_wait_for_the_end_of_an_epoch(watched):
    steps = 20000
    x, y = _data(8 * steps, 8)
    model = _model(64, 8)
    others = [ckeras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)] if watched else []
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=8, verbose=0, callbacks=[Once(), *others])
    assert int(model.optimizer.iterations) < steps


def test_ctrl_c_stops_evaluate_and_predict():
    x, y = _data(64 * 1000, 8)
    model = _model(512, 8)
    expected = model.predict(x[:64], verbose=0)
    for work in (
        lambda once: model.evaluate(x, y, verbose=0, callbacks=once),
        lambda once: model.predict(x, 32, 0, None, once),
    ):
        once = [Once()]
        with pytest.raises(KeyboardInterrupt):
            while True:
                work(once)
        once[0].thread.join()
    assert np.array_equal(model.predict(x[:64], verbose=0), expected)


def test_ctrl_c_from_another_process():
    program = """
import sys
import numpy as np
import ckeras
from ckeras import layers
x = np.random.default_rng(0).standard_normal((2000, 784)).astype("float32")
y = np.arange(2000) % 10
model = ckeras.Sequential([ckeras.Input((784,)), layers.Dense(2048, "relu"), layers.Dense(2048), layers.Dense(10)])
model.compile("adam", ckeras.losses.SparseCategoricalCrossentropy(from_logits=True))

class Begun(ckeras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        print("begun", flush=True)

try:
    model.fit(x, y, batch_size=500, epochs=10**6, verbose=0, callbacks=[Begun()])
except KeyboardInterrupt:
    model.fit(x[:500], y[:500], batch_size=500, verbose=0)
    print("stopped", model.predict(x[:3], verbose=0).shape, flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as p:
        assert p.stdout.readline() == "begun\n"
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=60)
    assert (out, err, p.returncode) == ("stopped (3, 10)\n", "", 0)


# -- fork


def _in_child(work):
    """What ``work()`` returns (bytes) in a forked child."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(read)
            with os.fdopen(write, "wb") as out:
                out.write(work())
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as source:
        found = source.read()
    assert os.waitpid(child, 0)[1] == 0
    return found


@pytest.mark.parametrize("count", [1, 2])
def test_after_a_fork_parent_and_child_train_on_and_agree(count):
    before = ckeras.config.get_threads()
    ckeras.config.set_threads(count)
    try:
        x, y = _data(600, 300)
        model = _model(512, 300, dropout=0.2)
        model.fit(x, y, batch_size=200, verbose=0)  # threads have been at work

        def go_on():
            model.fit(x, y, batch_size=200, epochs=2, verbose=0)
            found = [*model.get_weights(), model.predict(x, verbose=0), model(x[:3]).numpy()]
            return b"".join(w.tobytes() for w in found)

        child = _in_child(go_on)
        assert child == go_on()
        assert len(child) > 10**6
        fresh = _in_child(lambda: str(int(_trained_anew())).encode())
        assert fresh == b"2"
    finally:
        ckeras.config.set_threads(before)


def _trained_anew():
    x, y = _data(600, 300)
    model = _model(512, 300)
    model.fit(x, y, batch_size=300, verbose=0)
    return model.optimizer.iterations


_POOLED = {}


def _predict_part(rows):
    return _POOLED["model"].predict(rows, verbose=0)


def test_a_pool_of_forked_processes_predicts():
    import multiprocessing

    x, y = _data(600, 300)
    model = _POOLED["model"] = _model(512, 300)
    model.fit(x, y, batch_size=200, verbose=0)
    expected = model.predict(x, batch_size=100, verbose=0)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        parts = pool.map(_predict_part, np.split(x, 6))
    np.testing.assert_allclose(np.concatenate(parts), expected, rtol=1e-5, atol=1e-7)


def test_a_model_can_be_sent_to_a_spawned_process():
    program = """
import pickle, sys
import numpy as np
model, x = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(model.predict(x, verbose=0).tobytes())
model.fit(x, np.arange(len(x)) % 10, verbose=0)
"""
    import pickle

    x, y = _data()
    model = _model()
    model.fit(x, y, verbose=0)
    done = subprocess.run([sys.executable, "-c", program], input=pickle.dumps((model, x)), capture_output=True)
    assert (done.stderr, done.returncode) == (b"", 0)
    assert done.stdout == model.predict(x, verbose=0).tobytes()


# -- threads


def _at_once(work, count=8):
    """The results of ``work(i)`` in threads that start together."""
    barrier = threading.Barrier(count)
    results, errors = [None] * count, []

    def run(i):
        barrier.wait()
        try:
            results[i] = work(i)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    return results


@pytest.mark.parametrize("units", [16, 512])
def test_predicting_from_eight_threads_gives_what_one_gives(units):
    x, y = _data(400, 40)
    model = _model(units)
    model.fit(x, y, verbose=0)
    parts = [x[50 * i : 50 * (i + 1)] for i in range(8)]
    sizes = [part[: 1 + 7 * i] for i, part in enumerate(parts)]
    expected = [[model.predict(p, verbose=0), model(p).numpy()] for p in parts + sizes]

    def work(i):
        found = []
        for _ in range(20):
            found.append([[model.predict(p, verbose=0), model(p).numpy()] for p in (parts[i], sizes[i])])
        return found

    for i, repeats in enumerate(_at_once(work)):
        for whole, part in repeats:
            assert all(map(np.array_equal, whole, expected[i]))
            assert all(map(np.array_equal, part, expected[8 + i]))


def test_the_first_prediction_may_come_from_eight_threads():
    """The plan is not there yet: each thread may make it."""
    x, _ = _data(64, 40)
    model = _model()
    expected = _model().predict(x, batch_size=64, verbose=0)
    found = _at_once(lambda i: (model.predict(x, batch_size=64, verbose=0), model(x).numpy()))
    for predicted, called in found:
        assert np.array_equal(predicted, expected)
        np.testing.assert_allclose(called, expected, rtol=1e-6, atol=1e-7)


def test_models_are_made_and_trained_in_several_threads():
    x, y = _data(100, 40)
    start = _model().get_weights()

    def work(i):
        model = ckeras.Sequential([ckeras.Input((40,)), layers.Dense(64, "relu"), layers.Dense(64, "relu")])
        model.add(layers.Dense(10, "softmax"))
        model.set_weights(start)
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=10, epochs=3, shuffle=False, verbose=0)
        return model.get_weights()

    alone = work(0)
    for weights in _at_once(work, 4):
        assert all(map(np.array_equal, weights, alone))


def test_predicting_while_weights_are_set_is_not_torn_down():
    x, _ = _data(8, 40)
    model = _model()
    weights = model.get_weights()

    def work(i):
        for _ in range(50):
            if i == 0:
                model.set_weights(weights)
            else:
                assert np.isfinite(model.predict(x, verbose=0)).all()
        return True

    assert all(_at_once(work, 4))


# -- memory


def _resident():
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _growth(call, warm, count):
    for _ in range(warm):
        call()
    before = _resident()
    for _ in range(count):
        call()
    return _resident() - before


@pytest.mark.parametrize("kind", ["predict", "predict with a bar", "call", "predict_on_batch", "numpy call"])
def test_calls_on_one_sample_leave_memory_flat(kind, capsys):
    x, _ = _data(1, 40)
    model = _model()
    tensor = ckeras.ops.convert_to_tensor(x)
    call, count = {
        "predict": (lambda: model.predict(x, verbose=0), 20000),
        "predict with a bar": (lambda: model.predict(x, verbose=2), 500),
        "call": (lambda: model(tensor), 20000),
        "numpy call": (lambda: model(x), 20000),
        "predict_on_batch": (lambda: model.predict_on_batch(x), 5000),
    }[kind]
    assert _growth(call, count // 10, count) < 1 << 20


def test_training_and_evaluating_again_and_again_leaves_memory_flat():
    x, y = _data(32, 40)
    model = _model()

    def call():
        model.fit(x, y, verbose=0)
        model.evaluate(x, y, verbose=0)
        model.train_on_batch(x, y)

    assert _growth(call, 100, 1000) < 2 << 20


@pytest.mark.parametrize("kind", ["arrays", "generator", "data set", "threads"])
def test_a_thousand_fits_leave_memory_flat(kind):
    class Rows(ckeras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, i):
            return x[16 * i : 16 * i + 16], y[16 * i : 16 * i + 16]

    x, y = _data(32, 40)
    model = _model()
    call = {
        "arrays": lambda: model.fit(x, y, validation_split=0.5, verbose=0),
        "generator": lambda: model.fit(((x[i::2], y[i::2]) for i in range(2)), validation_data=(x, y), verbose=0),
        "data set": lambda: model.fit(Rows(), validation_data=Rows(), verbose=0),
        "threads": lambda: model.fit(Rows(workers=2), verbose=0),
    }[kind]
    assert _growth(call, 100, 1000) < 2 << 20


def test_clear_session_frees():
    import gc
    import weakref

    gc.disable()
    try:
        model = _model()
        model.fit(*_data(32, 40), verbose=0)
        model.itself = model  # what only a collection finds
        found = weakref.ref(model.layers[0].kernel)
        del model
        ckeras.ops.exp(np.ones((3, 5, 7), "float32"))
        ckeras.utils.clear_session()
        assert found() is None
    finally:
        gc.enable()
    assert len(eager._prepared.values()) < 50
    assert ckeras.layers.Dense(1).name == "dense"


def test_varying_batch_sizes_leave_memory_flat():
    x, _ = _data(100, 40)
    model = _model()
    sizes = itertools.cycle(range(1, 101))  # more than the plan cache holds

    def call():
        n = next(sizes)
        model.predict(x[:n], batch_size=100, verbose=0)
        model(x[:n])

    assert _growth(call, 150, 300) < 4 << 20


def test_compiling_again_and_again_leaves_memory_flat():
    x, y = _data(32, 40)
    model = _model()

    def call():
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, verbose=0)

    assert _growth(call, 30, 200) < 8 << 20


def test_models_that_are_dropped_are_freed():
    import gc
    import weakref

    x, y = _data(32, 40)
    model = _model()
    model.fit(x, y, verbose=0)
    model(x)
    found = [weakref.ref(model), weakref.ref(model.layers[0]), weakref.ref(model.layers[0].kernel)]
    del model
    gc.collect()
    assert [ref() for ref in found] == [None, None, None]
