"""Normalizations and their gradients, compared with a copy; how the time grows with the batch, the image and the row.

pytest bench/test_normalization.py --benchmark-only --benchmark-group-by=param:case
python -m bench.test_normalization      # tables by size, with exponents of growth
"""

import numpy as np
import pytest

from bench import growth
from bench.op_calls import OpCall, run
from ckeras.ops.nn import column_normalization, row_normalization  # noqa: F401 - they define the ops

# name -> shape, groups (0: batch normalization; None: layer normalization)
CASES = {
    "batch norm of images": ((16, 56, 56, 64), 0),
    "batch norm of 512 channels": ((16, 14, 14, 512), 0),
    "batch norm of rows": ((128, 256), 0),
    "group norm": ((16, 28, 28, 128), 32),
    "layer norm": ((64, 128, 512), None),
}
KINDS = ["moments", "forward", "gradient", "copy"]
BATCHES, SIDES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], [16, 28, 56, 112, 224]
ROWS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]


def normalization(kind: str, shape: tuple[int, ...], groups: int | None) -> OpCall:
    """The call of one kind; moments and forward are the same call in layer normalization."""
    rng = np.random.default_rng(0)
    x, g = (rng.standard_normal(shape, "float32") for _ in range(2))
    gamma, beta = np.ones(shape[-1], "float32"), np.zeros(shape[-1], "float32")
    if kind == "copy":
        return OpCall("broadcast_to", x, shape=shape)
    if groups is None:
        attrs = {"epsilon": 1e-3, "centered": True}
        forward = OpCall("norm_rows", x, gamma, beta, **attrs)
        forward()
        return OpCall("norm_rows_grad", g, x, forward.outputs[1], gamma, **attrs) if kind == "gradient" else forward
    attrs = {"epsilon": 1e-3, "groups": groups}
    moments = OpCall("norm_moments", x, **attrs)
    moments()
    inputs = (x, moments.outputs[2], gamma, beta)
    if kind == "forward":
        return OpCall("norm_apply", *inputs, **attrs)
    return OpCall("norm_grad", g, *inputs, **attrs) if kind == "gradient" else moments


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_normalization(benchmark, case, kind, threads):
    run(benchmark, normalization(kind, *CASES[case]), threads)


def main() -> None:
    """Print tables of seconds by batch, by side of the images, and by length of the rows."""
    for kind in KINDS[:3]:
        name = f"batch norm, {kind}, 32 channels"
        growth.table(f"{name}, by batch of 28 x 28", BATCHES, lambda n, k=kind: _seconds(k, (n, 28, 28, 32), 0))
        growth.table(f"{name}, by side, batch 4", SIDES, lambda n, k=kind: _seconds(k, (4, n, n, 32), 0))
    for kind in KINDS[1:3]:
        name = f"layer norm, {kind}, by length of 512 rows"
        growth.table(name, ROWS, lambda n, k=kind: _seconds(k, (512, n), None))


def _seconds(kind: str, shape: tuple[int, ...], groups: int | None) -> float:
    return normalization(kind, shape, groups).seconds()


if __name__ == "__main__":
    main()
