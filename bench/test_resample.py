"""Resizing and warping of images and their gradients, compared with a copy of the images; how the time grows.

pytest bench/test_resample.py --benchmark-only --benchmark-group-by=param:case
python -m bench.test_resample      # tables by size, with exponents of growth
"""

import numpy as np
import pytest

from bench import growth
from bench.op_calls import OpCall, run
from ckeras.ops.image.resizing import table_of

# name -> batch, side, channels
CASES = {"photos": (8, 224, 3), "small": (32, 32, 3), "features": (8, 56, 64)}
KINDS = ["half", "half gradient", "bicubic", "warp", "warp gradient", "copy"]
BATCHES, SIDES = [1, 2, 4, 8, 16, 32, 64], [16, 32, 64, 128, 256, 512]


def resampling(kind: str, batch: int, side: int, channels: int) -> OpCall:
    """The call of one kind: along the rows of images to half of their height, or at turned coordinates."""
    x = np.random.default_rng(0).standard_normal((batch, side, side, channels), "float32")
    if kind == "copy":
        return OpCall("broadcast_to", x, shape=x.shape)
    if kind.startswith("warp"):
        rows, columns = np.indices((side, side), "float32").reshape(2, -1)
        turned = np.stack([0.9 * rows + 0.3 * columns, 0.9 * columns - 0.3 * rows])[:, None]
        at = np.ascontiguousarray(np.broadcast_to(turned, (2, batch, side * side)))
        if kind == "warp":
            return OpCall("interpolate_at", x, at, order=1, mode="reflect", value=0.0)
        g = x.reshape(batch, side * side, channels)
        return OpCall("spread_at", g, at, sizes=(side, side), order=1, mode="reflect")
    table = table_of(side, side // 2, "bicubic" if kind == "bicubic" else "bilinear", False, "float32")
    if kind == "half gradient":
        table, x = table.transposed, np.ascontiguousarray(x[:, : side // 2])
    return OpCall("weighted_rows", x, table.start, table.source, table.weight, axis=1, table=table)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_resampling(benchmark, case, kind, threads):
    run(benchmark, resampling(kind, *CASES[case]), threads)


def main() -> None:
    """Print tables of seconds by batch and by side of the images."""
    for kind in KINDS[:-1]:
        growth.table(f"{kind}, by batch of 64 x 64", BATCHES, lambda n, k=kind: resampling(k, n, 64, 3).seconds())
        growth.table(f"{kind}, by side, batch 4", SIDES, lambda n, k=kind: resampling(k, 4, n, 3).seconds())


if __name__ == "__main__":
    main()
