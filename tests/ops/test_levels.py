"""Every instruction level that was built and that this processor has computes the same, within rounding."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ckeras
from ckeras import _kernels

# Prints, by name, what ops, their gradients and a short training run give at the level that the environment names.
PROGRAM = """
import json
import numpy as np
import ckeras
from ckeras import GradientTape, layers, ops, random
from ckeras import _kernels

rng = np.random.default_rng(0)
found = {"level": _kernels.level_name}
UNARY = "abs ceil cos erf exp exp2 expm1 floor gelu log_sigmoid logsumexp max mean min negative prod relu round "
UNARY += "rsqrt log log1p log2 log10 sigmoid "
UNARY += "sign silu sin softmax log_softmax softplus sqrt square std sum tan tanh trunc var norm"
for dtype in ("float32", "float64"):
    x = rng.uniform(0.2, 1.4, (3, 37)).astype(dtype)
    y, w, wide = rng.uniform(0.2, 1.4, (37,)).astype(dtype), rng.standard_normal((37, 29)).astype(dtype), x[:, None] * x
    for name in UNARY.split():
        found[f"{name} {dtype}"] = getattr(ops, name)(x)
    for name in "add subtract multiply divide power maximum minimum mod floor_divide".split():
        found[f"{name} {dtype}"] = getattr(ops, name)(x, y)
    for axis in (0, 1, 2):
        found[f"sum {axis} {dtype}"], found[f"max {axis} {dtype}"] = ops.sum(wide, axis), ops.max(wide, axis)
    found[f"transpose {dtype}"], found[f"argmax {dtype}"] = ops.transpose(wide), ops.argmax(wide, 2)
    found[f"take {dtype}"], found[f"less {dtype}"] = ops.take(wide, [2, 0, -1], 1), ops.cast(ops.less(x, y), "int32")
    t, labels = ops.convert_to_tensor(x), np.array([1, 28, 4])
    with GradientTape() as tape:
        tape.watch(t)
        logits = ops.matmul(ops.tanh(t), w)
        loss = ops.mean(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True))
    found[f"matmul {dtype}"], found[f"loss {dtype}"], found[f"gradient {dtype}"] = logits, loss, tape.gradient(loss, t)
for kind in ("uniform", "normal", "truncated_normal"):
    found[kind] = getattr(random, kind)((67,), seed=3)
found["randint"] = random.randint((67,), 0, 1000, seed=3)

ckeras.utils.set_random_seed(1)
model = ckeras.Sequential([layers.Dense(19, activation="relu"), layers.Dense(7), layers.Dense(3, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
inputs, targets = rng.standard_normal((96, 11)).astype("float32"), rng.integers(0, 3, 96)
found["losses"] = model.fit(inputs, targets, batch_size=20, epochs=4, verbose=0).history["loss"]
found["predictions"] = model.predict(inputs, verbose=0)
print(json.dumps({name: np.asarray(value).tolist() if name != "level" else value for name, value in found.items()}))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What each level gives, each in a process of its own."""
    found = {}
    root = str(Path(ckeras.__file__).parents[1])
    for level in _kernels.usable_levels():
        environment = {**os.environ, "CKERAS_LEVEL": level, "PYTHONPATH": root}
        process = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=tmp_path_factory.mktemp("level"),  # not the clone, whose tree may not be built
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
        )
        assert process.returncode == 0, process.stderr
        found[level] = json.loads(process.stdout)
    return found


def test_each_level_was_run(results):
    assert results
    assert {level: found["level"] for level, found in results.items()} == {level: level for level in results}


def test_levels_agree(results):
    best = next(iter(results.values()))
    assert len(best) > 100
    for level, found in results.items():
        assert found.keys() == best.keys()
        for name in best.keys() - {"level"}:
            tolerance = 1e-12 if name.endswith("float64") else 2e-3 if name in ("losses", "predictions") else 1e-5
            np.testing.assert_allclose(found[name], best[name], tolerance, tolerance, err_msg=f"{name} at {level}")


def test_values_are_those_of_numpy(results):
    """So that levels which agree are not all wrong."""
    x = np.random.default_rng(0).uniform(0.2, 1.4, (3, 37)).astype("float32").astype("float64")
    for level, found in results.items():
        for name in ("exp", "log", "tanh", "sin", "sqrt"):
            np.testing.assert_allclose(found[f"{name} float32"], getattr(np, name)(x), 1e-5, 1e-6, err_msg=level)
        assert found["losses"][-1] < found["losses"][0]
