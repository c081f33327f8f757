"""Predictions compared with the runtimes that models are deployed with: ONNX Runtime and OpenVINO, in float32.

    python -m bench.inference --rounds 3 --models mlp,cnn,lstm,gru --peer onnxruntime=PYTHON --peer openvino=PYTHON

Each side predicts one sample and 32 in a process of its own, in turn. The Pythons of the peers have keras, torch, onnx
and onnxscript, which make their files, and onnxruntime or openvino; one that is not named is looked for in this
Python's environment, and shown as absent if it is not there.
"""

import argparse
import platform
import sys
from collections.abc import Sequence

from bench import machine
from bench.compare import HERE, Peer, measure, report
from bench.workloads_inference import MODELS, THREADS

# What ckeras must be faster by than the better of the peers, for one sample and for 32.
_REQUIRED = {
    "mlp": (3, 2),
    "cnn": (1.5, 1.5),
    "lstm": (3, 2),
    "gru": (2, 2),
    "mobilenet": (1.2, 1.5),
    "resnet50": (1.5, 1.5),
}
REQUIRED = {f"{name}, {batch}": of for name, both in _REQUIRED.items() for batch, of in zip((1, 32), both, strict=True)}
_NAMES = {
    "mlp": "MLP 64-128-128-10",
    "cnn": "MNIST convnet",
    "lstm": "LSTM 64, T 80",
    "gru": "GRU 64, T 80",
    "mobilenet": "MobileNetV2 224",
    "resnet50": "ResNet50 224",
}
TITLES = {key: f"{_NAMES[key.split(',')[0]]}, batch {key.split()[1]}" for key in REQUIRED}


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print the tables, and return 1 if something failed to run."""
    parser = argparse.ArgumentParser(prog="python -m bench.inference", description="Predictions compared with peers.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs each model (3)")
    parser.add_argument("--models", default=",".join(MODELS), help="which, with commas between")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON", help="the Python of one side")
    options = parser.parse_args(arguments)
    pythons = dict(pair.partition("=")[::2] for pair in options.peer)
    script = str(HERE / "workloads_inference.py")
    exporter = ("keras", "torch", "onnx", "onnxscript")
    sides = [
        Peer(name, pythons.get(name, sys.executable), needs, (script, name), {})
        for name, needs in (
            ("ckeras", ("ckeras",)), ("onnxruntime", (*exporter, "onnxruntime")), ("openvino", (*exporter, "openvino")),
        )
    ]  # fmt: skip
    absent = [side.name for side in sides if not side.is_present()]
    present = [side for side in sides if side.name not in absent]
    samples, failures = measure(present, options.models.split(","), options.rounds)
    print(
        f"{platform.machine()}, {machine.cores()} processors, {THREADS} threads; medians over {options.rounds} rounds"
    )
    report(samples, absent, [side.name for side in sides], TITLES, REQUIRED)
    for where, said in failures.items():
        print(f"failed: {where}: {said}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
