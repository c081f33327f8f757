"""How the time of a training step grows with the batch, the size of the images, steps and units, layer by layer.

    python -m bench.test_growth                               # tables of all sections
    python -m bench.test_growth convolution --picture c.png   # of one, and a picture (needs matplotlib)
    pytest bench/test_growth.py --benchmark-only              # the largest size of each case

A step of a layer is its forward pass in training and the gradients of its input and weights. Processor time on one
thread; "steep" marks growth of more than 2.3 times for a doubling. To add a case, add a row to `SECTIONS`.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

import ckeras
from bench import growth
from ckeras import _kernels, layers, models

BATCHES, SIDES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512), (16, 28, 56, 112, 224)
STEPS, UNITS = (10, 20, 40, 80, 160, 320, 640, 1280), (16, 32, 64, 128, 256, 512, 1024)


class Case(NamedTuple):
    """``make(size)`` returns the call to time; its time should grow like size ** ``power``."""

    name: str
    size: str
    sizes: Sequence[int]
    make: Callable[[int], Callable[[], Any]]
    power: int = 1


def step(layer: Callable[[], Any], *shape: int) -> Callable[[], Any]:
    """The forward and backward pass of a new layer for inputs of a shape; no call allocates large results."""
    rng = np.random.default_rng(0)
    made, x = layer(), ckeras.ops.convert_to_tensor(rng.standard_normal(shape, "float32"))
    y = made(x)
    g = ckeras.ops.convert_to_tensor(rng.standard_normal(y.shape, "float32"))
    dx = ckeras.Variable(np.zeros(shape, "float32"))

    @ckeras.function
    def gradients(x: Any, g: Any) -> Any:
        with ckeras.GradientTape() as tape:
            tape.watch(x)
            y = made(x, training=True)
        found, *others = tape.gradient(y, [x, *made.trainable_variables], output_gradients=g)
        dx.assign(found)
        return others

    return lambda: gradients(x, g)


def of_images(name: str, layer: Callable[[], Any], channels: int) -> list[Case]:
    """A layer of images by batch, and by side."""
    return [
        Case(name, "batch of 28 x 28", BATCHES, lambda n: step(layer, n, 28, 28, channels)),
        Case(name, "side, batch 4", SIDES, lambda n: step(layer, 4, n, n, channels), 2),
    ]


def of_sequences(name: str, layer: Callable[[int], Any]) -> list[Case]:
    """A recurrent layer by steps, by batch, and by units, of which there are as many as inputs."""
    return [
        Case(name, "steps, batch 32", STEPS, lambda n: step(lambda: layer(64), 32, n, 64)),
        Case(name, "batch of 40 steps", BATCHES, lambda n: step(lambda: layer(64), n, 40, 64)),
        Case(name, "units, batch 8, 20 steps", UNITS, lambda n: step(lambda: layer(n), 8, 20, n), 2),
    ]


SECTIONS: dict[str, list[Case]] = {
    "recurrent": [
        *of_sequences("SimpleRNN", layers.SimpleRNN),
        *of_sequences("LSTM", layers.LSTM),
        *of_sequences("GRU", layers.GRU),
        *of_sequences("LSTM, masked", lambda units: models.Sequential([layers.Masking(), layers.LSTM(units)])),
    ],
    "convolution": [
        *of_images("3 x 3, 32 to 32 channels", lambda: layers.Conv2D(32, 3, padding="same"), 32),
        *of_images("3 x 3, 3 to 32 channels", lambda: layers.Conv2D(32, 3, padding="same"), 3),
        *of_images("5 x 5, stride 2, 16 to 32 channels", lambda: layers.Conv2D(32, 5, 2, padding="same"), 16),
        *of_images("1 x 1, 32 to 64 channels", lambda: layers.Conv2D(64, 1), 32),
        *of_images("3 x 3, depthwise, 32 channels", lambda: layers.DepthwiseConv2D(3, padding="same"), 32),
        *of_images("3 x 3, transposed, 32 to 3", lambda: layers.Conv2DTranspose(3, 3, 2, padding="same"), 32),
    ],
    "pooling": [
        *of_images("maxima of 2 x 2, 32 channels", lambda: layers.MaxPooling2D(2), 32),
        *of_images("maxima of 3 x 3, stride 2, 32 channels", lambda: layers.MaxPooling2D(3, 2, padding="same"), 32),
        *of_images("means of 2 x 2, 32 channels", lambda: layers.AveragePooling2D(2), 32),
        *of_images("means of 3 x 3, stride 2, 32 channels", lambda: layers.AveragePooling2D(3, 2, padding="same"), 32),
        *of_images("means of all pixels, 32 channels", layers.GlobalAveragePooling2D, 32),
    ],
    "normalization": [
        *of_images("batch, 32 channels", layers.BatchNormalization, 32),
        *of_images("layer, 32 channels", layers.LayerNormalization, 32),
        *of_images("groups of 4, 32 channels", lambda: layers.GroupNormalization(8), 32),
    ],
}
CASES = [case for cases in SECTIONS.values() for case in cases]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}, by {case.size}")
def test_largest(benchmark, case):
    call = case.make(case.sizes[-1])
    _kernels.level.set_threads(1)
    benchmark(call)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="all by default")
    parser.add_argument("--picture", help="file of a picture, for one section")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    options = parser.parse_args()
    curves = {}
    for section in options.sections or SECTIONS:
        for case in SECTIONS[section]:
            name = f"{section}: {case.name}, by {case.size}"
            measured = growth.table(
                name, case.sizes, lambda n, c=case: growth.seconds(c.make(n)), options.rounds, case.power
            )
            curves[name] = (case.sizes, measured)
    if options.picture:
        growth.picture(options.picture, curves, "size")


if __name__ == "__main__":
    main()
