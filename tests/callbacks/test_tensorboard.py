"""What `TensorBoard` writes is read back by a TensorBoard server over HTTP."""

import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
import zlib

import numpy as np
import pytest

import ckeras
from ckeras import Model, Sequential, layers, ops
from ckeras.callbacks import CallbackList, TensorBoard

SECONDS = 120  # for the server to start, and to load the runs
X = np.linspace(-1, 1, 48, dtype="float32").reshape(12, 4)
Y = X[:, :2] * 0.5


class Embedding(layers.Layer):
    """Rows of a table, as a layer of embeddings holds them."""

    def build(self, shape):
        self.embeddings = self.add_weight((5, 3), initializer="uniform", name="embeddings")

    def call(self, x):
        return ops.take(self.embeddings, ops.cast(ops.abs(x) * 4, "int32"), axis=0)


def model_of():
    model = Sequential(
        [
            layers.Input((4,)),
            layers.Dense(3, "relu", name="a"),
            layers.Dropout(0.5, name="d"),
            layers.Dense(2, name="b"),
        ]
    )
    model.compile(ckeras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def fit(model, board, **options):
    options = {"batch_size": 3, "epochs": 3, "validation_data": (X, Y), "verbose": 0, **options}
    return model.fit(X, Y, callbacks=[board], **options).history


class Server:
    """A TensorBoard server in a process of its own."""

    def __init__(self, folder):
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--port", "0"]
        command += ["--host", "127.0.0.1", "--load_fast", "false", "--reload_interval", "1"]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
        )
        self.timer = threading.Timer(SECONDS, self.process.kill)
        self.timer.start()
        self.address, output = None, []
        for line in self.process.stderr:
            output.append(line)
            found = re.search(r"http://[\w.]+:\d+", line)
            if found:
                self.address = found[0]
                break
        assert self.address, "".join(output)
        self.reader = threading.Thread(target=self.process.stderr.read)  # so that the server never waits for it
        self.reader.start()

    def data(self, path, **query):
        """The bytes that the server gives for a path."""
        with urllib.request.urlopen(
            f"{self.address}/data/{path}?{urllib.parse.urlencode(query)}", timeout=60
        ) as answer:
            return answer.read()

    def json(self, path, **query):
        return json.loads(self.data(path, **query))

    def close(self):
        self.timer.cancel()
        self.process.kill()
        self.reader.join()
        self.process.wait()
        self.process.stderr.close()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folder with the runs of several trainings, and the histories of these."""
    folder, histories = tmp_path_factory.mktemp("logs"), {}
    histories["epochs"] = fit(model_of(), TensorBoard(folder / "epochs"))
    board = TensorBoard(
        folder / "all",
        histogram_freq=2,
        write_images=True,
        write_steps_per_second=True,
        update_freq=2,
        profile_batch=(2, 4),
    )
    histories["all"] = fit(model_of(), board)
    x = layers.Input((4,), name="x")
    inner = Sequential([layers.Input((3,)), layers.Dense(2, name="deep")], name="inner")
    graph = Model(x, inner(layers.Dense(3, name="wide")(x)), name="graph")
    graph.compile("sgd", "mse")
    histories["graph"] = fit(graph, TensorBoard(folder / "graph"))
    embedded = Sequential([layers.Input((4,)), Embedding(name="table"), layers.Flatten(), layers.Dense(2)])
    embedded.compile("sgd", "mse")
    (folder / "labels.tsv").write_text("a\nb\nc\nd\ne\n")
    fit(embedded, TensorBoard(folder, embeddings_freq=1, embeddings_metadata={"table": "labels.tsv"}))
    histories["table"] = embedded.layers[0].embeddings.numpy()
    return folder, histories


@pytest.fixture(scope="module")
def server(runs):
    """A server that has loaded all runs."""
    made = Server(runs[0])
    try:
        limit, wait = time.monotonic() + SECONDS, threading.Event()
        wanted = {f"{run}{part}" for run in ("epochs/", "all/", "graph/", "") for part in ("train", "validation")}
        while not wanted <= set(made.json("plugin/scalars/tags")):
            assert time.monotonic() < limit, made.json("runs")
            wait.wait(0.1)
        yield made
    finally:
        made.close()


def series(server, run, tag):
    """The steps and values of a scalar."""
    found = server.json("plugin/scalars/scalars", run=run, tag=tag)
    return [step for _, step, _ in found], [value for _, _, value in found]


def test_scalars_of_epochs(server, runs):
    tags = server.json("plugin/scalars/tags")
    assert set(tags["epochs/train"]) == {"epoch_loss", "epoch_mae", "epoch_learning_rate"}
    evaluation = {"evaluation_loss_vs_iterations", "evaluation_mae_vs_iterations"}
    assert set(tags["epochs/validation"]) == {"epoch_loss", "epoch_mae", *evaluation}
    history = runs[1]["epochs"]
    for run, prefix in (("epochs/train", ""), ("epochs/validation", "val_")):
        for name in ("loss", "mae"):
            steps, values = series(server, run, f"epoch_{name}")
            assert steps == [0, 1, 2]
            np.testing.assert_allclose(values, history[prefix + name], rtol=1e-6)
    steps, values = series(server, "epochs/validation", "evaluation_loss_vs_iterations")
    assert steps == [4, 8, 12]
    np.testing.assert_allclose(values, history["val_loss"], rtol=1e-6)
    np.testing.assert_allclose(series(server, "epochs/train", "epoch_learning_rate")[1], [0.01] * 3, rtol=1e-6)


def test_scalars_of_batches(server):
    for tag in ("batch_loss", "batch_mae", "batch_steps_per_second"):
        steps, values = series(server, "all/train", tag)
        assert steps == [2, 4, 6, 8, 10, 12] and all(value > 0 for value in values)
    assert series(server, "all/train", "epoch_steps_per_second")[0] == [0, 1, 2]


def test_histograms_of_weights_activations_and_gradients(server):
    names = {"sequential/a/kernel": 12, "sequential/a/bias": 3, "sequential/b/kernel": 6, "sequential/b/bias": 2}
    expected = {f"{name}/histogram": count for name, count in names.items()}
    expected |= {f"{name}/gradient/histogram": count for name, count in names.items()}
    outputs = {"a": 9, "d": 9, "b": 6}
    expected |= {f"sequential/{name}/activation/histogram": count for name, count in outputs.items()}
    found = {
        re.sub(r"^sequential_\d+", "sequential", tag): tag for tag in server.json("plugin/histograms/tags")["all/train"]
    }
    assert set(found) == set(expected)
    for name, count in expected.items():
        epochs = server.json("plugin/histograms/histograms", run="all/train", tag=found[name])
        assert [step for _, step, _ in epochs] == [0, 2]
        for _, _, buckets in epochs:
            assert sum(number for _, _, number in buckets) == count
            assert all(left < right for left, right, _ in buckets)


def test_images_of_weights(server):
    [tag] = [tag for tag in server.json("plugin/images/tags")["all/train"] if tag.endswith("/a/kernel/image")]
    found = server.json("plugin/images/images", run="all/train", tag=tag, sample=0)
    assert [image["step"] for image in found] == [0, 2]
    data = server.data("plugin/images/individualImage", **dict(urllib.parse.parse_qsl(found[0]["query"])))
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", data[16:24]) == (4, 3)
    begin = data.index(b"IDAT") + 4
    pixels = zlib.decompress(data[begin : begin + struct.unpack(">I", data[begin - 8 : begin - 4])[0]])
    rows = np.frombuffer(pixels, np.uint8).reshape(3, 5)
    assert not rows[:, 0].any() and rows[:, 1:].min() == 0 and rows[:, 1:].max() == 255


def test_the_profile(server):
    [entry] = server.json("plugin/text/text", run="all/train", tag="batch_4")
    assert entry["step"] == 4
    assert re.search(r"kernel +us +share", entry["text"]) and "dense" in entry["text"] and "total" in entry["text"]


def nodes(server, run):
    """The nodes of a graph, each with its inputs."""
    text = server.data("plugin/graphs/graph", run=run, tag="keras", conceptual="true").decode()
    found = {}
    for node in text.split("node {")[1:]:
        found[re.search(r'name: "(.*?)"', node)[1]] = re.findall(r'input: "(.*?)"', node)
    return found


def test_the_graph(server):
    graph = nodes(server, "graph/train")
    assert graph["graph/x"] == [] and graph["graph/wide"] == ["graph/x"]
    [deep] = [inputs for name, inputs in graph.items() if name.startswith("graph/inner/deep")]
    assert len(deep) == 1
    chain = {re.sub(r"^sequential\w*/", "", name): inputs for name, inputs in nodes(server, "epochs/train").items()}
    assert [len(chain[name]) for name in ("a", "d", "b")] == [1, 1, 1]


def test_embeddings(server, runs):
    assert server.json("plugin/projector/runs") == ["."]
    [info] = server.json("plugin/projector/info", run=".")["embeddings"]
    assert info["tensorShape"] == [5, 3] and info["metadataPath"] == "labels.tsv"
    data = server.data("plugin/projector/tensor", run=".", name=info["tensorName"])
    np.testing.assert_allclose(np.frombuffer(data, "f4").reshape(5, 3), runs[1]["table"], rtol=1e-6)
    labels = server.data("plugin/projector/metadata", run=".", name=info["tensorName"])
    assert labels.decode().split() == list("abcde")


def test_training_is_the_same_with_and_without():
    weights = []
    for used in (False, True):
        ckeras.utils.set_random_seed(3)
        model = model_of()
        board = TensorBoard("logs", histogram_freq=1, update_freq=1, profile_batch=2, write_images=True)
        model.fit(X, Y, batch_size=3, epochs=2, verbose=0, callbacks=[board] if used else [])
        weights.append([v.numpy() for v in (*model.variables, *model.optimizer.variables)])
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_epochs_alone_call_no_hook_of_batches():
    assert CallbackList([TensorBoard()]).batch_hooks == frozenset()
    hooks = {"on_train_batch_begin", "on_train_batch_end"}
    assert CallbackList([TensorBoard(update_freq="batch")]).batch_hooks == hooks
    assert CallbackList([TensorBoard(profile_batch=3)]).batch_hooks == hooks


def test_a_model_without_a_config_is_warned_of():
    class Own(Model):
        def __init__(self, size):
            super().__init__()
            self.dense = layers.Dense(size[0])

        def call(self, x):
            return self.dense(x)

    model = Own({0: 2})
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="writes no graph"):
        fit(model, TensorBoard("logs"))
    assert sorted(os.listdir("logs")) == ["train", "validation"]


def test_the_package_is_asked_for():
    program = (
        "import sys, numpy as np, ckeras\n"
        "sys.modules['tensorboard'] = None\n"
        "model = ckeras.Sequential([ckeras.layers.Input((1,)), ckeras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "board, x = ckeras.callbacks.TensorBoard(), np.ones((2, 1))\n"
        "try:\n"
        "    model.fit(x, x, callbacks=[board])\n"
        "except ImportError as error:\n"
        "    print(error)"
    )
    out = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert (
        out == "the callback TensorBoard needs the package tensorboard: pip install 'ckeras[tensorboard]' installs it\n"
    )


def test_folders_and_layers_are_checked_before_training():
    pathlib.Path("file").touch()
    model = model_of()
    before = model.get_weights()
    with pytest.raises(OSError, match="TensorBoard cannot write"):
        fit(model, TensorBoard("file/logs"))
    with pytest.raises(ValueError, match=r"embeddings_metadata names \['nothing'\]"):
        fit(model, TensorBoard("logs", embeddings_freq=1, embeddings_metadata={"nothing": "x"}))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("profile_batch", [-1, (3, 2), "a", "1,2,3", (1, 2, 3), None, 1.5, (1.0, 2.0), ()])
def test_other_batches_to_profile(profile_batch):
    with pytest.raises(ValueError, match="profile_batch to be an integer"):
        TensorBoard(profile_batch=profile_batch)


@pytest.mark.parametrize("given", [2, "2", (2, 2), [2, 2], "2,2"])
def test_batches_to_profile(given):
    board = TensorBoard(profile_batch=given)
    assert (board._start_batch, board._stop_batch) == (2, 2)


@pytest.mark.parametrize("update_freq", [0, -1, "step", None, 1.5, True])
def test_other_frequencies(update_freq):
    with pytest.raises(ValueError, match="update_freq to be 'epoch', 'batch' or a positive integer"):
        TensorBoard(update_freq=update_freq)
