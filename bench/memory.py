"""Memory of a training step compared with what must be alive at once.

    python -m bench.memory

The arena of a plan against a lower bound. At each instruction these must be in memory: the batch, what was computed
before and is read later (activations and gradients), and what the instruction reads and writes; some instructions,
such as elementwise ones, may write over what they read last. The bound is the maximum over the instructions; scratch
buffers are not part of it. Parameters and the optimizer's variables are not in the arena.
"""

from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import numpy as np

import ckeras
from bench import workloads
from ckeras.compiler import plan
from ckeras.compiler.builder import Builder
from ckeras.compiler.cost import nbytes
from ckeras.compiler.fuse import Unit

MIB = 2**20


class Recorder(Builder):
    """A builder that computes the lower bound of the arena, too."""

    found: list[tuple[int, int]]  # (arena, bound) of each plan

    def _allocate(
        self, units: Sequence[Unit], position: dict[int, int], last: dict[int, int], inner: set[int]
    ) -> dict[Any, int]:
        batch = self.arena_bytes
        values = [y for u in units for node in u.nodes for y in node.outputs]
        values = [y for y in values if id(y) not in self._slot and id(y) not in inner]
        offsets = super()._allocate(units, position, last, inner)
        stays, ends, begins = (np.zeros(len(units) + 1, np.int64) for _ in range(3))
        for y in values:
            size, first = nbytes([y]), position[id(y)]
            end = last.get(id(y), first)
            begins[first] += size
            if end > first:
                stays[first + 1 : end] += size
                ends[end] += size
        overwrites = np.array([u.fused or bool(u.nodes[0].op.donates) for u in units] + [True])
        bound = stays + np.where(overwrites, np.maximum(ends, begins), ends + begins)
        self.found.append((self.arena_bytes, batch + int(bound.max())))
        return offsets


def measure(model: Any, batch: int, classes: int) -> tuple[int, int]:
    """(arena, lower bound) in bytes of a training step of a compiled classifier."""
    x = np.zeros((batch, *model.input_shape[1:]), "float32")
    with mock.patch.object(plan, "Builder", type("Recording", (Recorder,), {"found": []})) as recorder:
        model.train_on_batch(x, np.arange(batch) % classes)
    return max(recorder.found)


def resnet50() -> Any:
    """ResNet50 for images of 128 x 128."""
    model = ckeras.applications.ResNet50(weights=None, input_shape=(128, 128, 3), classes=10)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


MODELS: dict[str, tuple[Callable[[], Any], int]] = {
    "MNIST convnet, batch 128": (lambda: workloads.convnet_model(ckeras), 128),
    "VGG-like, batch 64": (lambda: workloads.vgg_model(ckeras), 64),
    "ResNet50, 128 x 128, batch 16": (resnet50, 16),
}


def main() -> None:
    """Print the table."""
    print(f"{'MiB':32}{'arena':>10}{'bound':>10}{'ratio':>8}")
    for name, (build, batch) in MODELS.items():
        arena, bound = measure(build(), batch, 10)
        print(f"{name:32}{arena / MIB:10.1f}{bound / MIB:10.1f}{arena / bound:8.3f}", flush=True)


if __name__ == "__main__":
    main()
