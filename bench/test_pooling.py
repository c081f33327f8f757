"""Pooling and its gradients, compared with a copy of the images; how the time grows with the batch and the image.

pytest bench/test_pooling.py --benchmark-only --benchmark-group-by=param:case
python -m bench.test_pooling      # tables by size, with exponents of growth
"""

import numpy as np
import pytest

from bench import growth
from bench.op_calls import OpCall, run
from ckeras.ops.nn.pooling import Span

# name -> batch, side, channels, window, stride, padding
CASES = {
    "2 x 2": (32, 56, 64, 2, 2, "valid"),
    "3 x 3, stride 2": (32, 56, 64, 3, 2, "same"),
    "3 x 3, stride 1": (8, 28, 192, 3, 1, "same"),
    "few channels": (32, 64, 3, 2, 2, "valid"),
}
KINDS = ["max", "max gradient", "mean", "mean gradient", "copy"]
BATCHES, SIDES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], [16, 28, 56, 112, 224]


def pooling(kind: str, batch: int, side: int, channels: int, window: int, stride: int, padding: str) -> OpCall:
    """The call of one kind."""
    count = -(-side // stride) if padding == "same" else (side - window) // stride + 1
    spans = (Span.sliding(side, count, window, stride, padding),) * 2
    x = np.random.default_rng(0).standard_normal((batch, side, side, channels), "float32")
    if kind == "copy":
        return OpCall("broadcast_to", x, shape=x.shape)
    if kind.startswith("mean"):
        mean = OpCall("pool_mean", x, spans=spans)
        return OpCall("pool_mean_spread", *mean.outputs, spans=spans) if kind == "mean gradient" else mean
    attrs = {"spans": spans, "order": (1, 2)}
    most = OpCall("pool_max", x, **attrs)
    if kind == "max":
        return most
    most()
    return OpCall("pool_max_route", *most.outputs, **attrs)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_pooling(benchmark, case, kind, threads):
    run(benchmark, pooling(kind, *CASES[case]), threads)


def main() -> None:
    """Print tables of seconds by batch and by side of the images."""
    for kind in KINDS[:4]:
        for window in (2, 3):
            name = f"{kind} of {window} x {window} windows, stride 2, 32 channels"
            growth.table(f"{name}, by batch of 28 x 28", BATCHES, lambda n, k=kind, w=window: _seconds(k, n, 28, w))
            growth.table(f"{name}, by side, batch 4", SIDES, lambda n, k=kind, w=window: _seconds(k, 4, n, w))


def _seconds(kind: str, batch: int, side: int, window: int) -> float:
    return pooling(kind, batch, side, 32, window, 2, "same").seconds()


if __name__ == "__main__":
    main()
