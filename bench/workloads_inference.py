"""Predictions of the models that people deploy, with one side's Python:

    python workloads_inference.py SIDE mlp,cnn,lstm,gru,mobilenet,resnet50

SIDE is ``ckeras``, or ``onnxruntime`` or ``openvino``: these run the same models, which Keras on PyTorch exports to
ONNX, so that their environments need keras, torch, onnx and onnxscript too. Two threads, unless OMP_NUM_THREADS says
otherwise.
"""

import contextlib
import importlib
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
THREADS = int(os.environ.setdefault("OMP_NUM_THREADS", "2"))
BATCHES = (1, 32)
SECONDS = 2.0  # for each model and batch size


def mlp(keras: Any) -> Any:
    """64-128-128-10."""
    dense = keras.layers.Dense
    layers = [dense(128, activation="relu"), dense(128, activation="relu"), dense(10, activation="softmax")]
    return keras.Sequential([keras.Input((64,)), *layers])


def cnn(keras: Any) -> Any:
    """Two convolutions with pooling, on images of 28 x 28."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def _recurrent(keras: Any, name: str) -> Any:
    layers = keras.layers
    inside = [getattr(layers, name)(64), layers.Dense(1, activation="sigmoid")]
    return keras.Sequential([keras.Input((80, 32)), *inside])


MODELS: dict[str, Callable[[Any], Any]] = {
    "mlp": mlp,
    "cnn": cnn,
    "lstm": lambda keras: _recurrent(keras, "LSTM"),
    "gru": lambda keras: _recurrent(keras, "GRU"),
    "mobilenet": lambda keras: keras.applications.MobileNetV2(weights=None),
    "resnet50": lambda keras: keras.applications.ResNet50(weights=None),
}


def ckeras_runner(keras: Any, model: Any, x: Any) -> Callable[[], Any]:
    """`predict` on one batch."""
    return lambda: model.predict(x, batch_size=len(x), verbose=0)


def _exported(keras: Any, model: Any, x: Any) -> str:
    path = os.path.join(tempfile.mkdtemp(), "model.onnx")
    spec = keras.InputSpec(shape=x.shape, dtype="float32")
    with contextlib.redirect_stdout(io.StringIO()):
        model.export(path, format="onnx", verbose=False, input_signature=[spec])
    return path


def onnxruntime_runner(keras: Any, model: Any, x: Any) -> Callable[[], Any]:
    """ONNX Runtime's session on one batch."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(_exported(keras, model, x), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: x})[0]


def openvino_runner(keras: Any, model: Any, x: Any) -> Callable[[], Any]:
    """OpenVINO's request on one batch, for latency, in float32."""
    import openvino

    how = {"INFERENCE_NUM_THREADS": THREADS, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(_exported(keras, model, x), "CPU", how).create_infer_request()
    return lambda: request.infer({0: x})[0]


RUNNERS = {"ckeras": ckeras_runner, "onnxruntime": onnxruntime_runner, "openvino": openvino_runner}


def timed(run: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the first call, and the median of the others."""
    start = time.perf_counter()
    run()
    first = time.perf_counter() - start
    for _ in range(3):
        run()
    times: list[float] = []
    end = time.perf_counter() + SECONDS
    while len(times) < 5 or (time.perf_counter() < end and len(times) < 5000):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return first, statistics.median(times)


def table(side: str) -> dict[str, Callable[[Any, Any], Iterator[dict[str, Any]]]]:
    """The workloads of one side, as `workloads.run` takes them."""

    def workload(name: str) -> Callable[[Any, Any], Iterator[dict[str, Any]]]:
        def results(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
            from workloads import result

            keras.utils.set_random_seed(1)
            model = MODELS[name](keras)
            for batch in BATCHES:
                x = np.random.default_rng(0).random((batch, *model.input_shape[1:]), dtype="float32")
                yield result(f"{name}, {batch}", *timed(RUNNERS[side](keras, model, x)))

        return results

    return {name: workload(name) for name in MODELS}


if __name__ == "__main__":
    from workloads import run

    side = sys.argv[1]
    if side != "ckeras":
        os.environ["KERAS_BACKEND"] = "torch"
    run(lambda: importlib.import_module("ckeras" if side == "ckeras" else "keras"), table(side), sys.argv[2].split(","))
