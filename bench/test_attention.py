"""Attention of 8 heads of size 64, forward and its gradients, on one thread and two.

    pytest bench/test_attention.py --benchmark-only --benchmark-group-by=group

`extra_info["gflops"]` is taken from the fastest round, and counts the products of the formula: 2 forward, 5 for the
gradients, and half of them if causal. Where PyTorch is installed, its `scaled_dot_product_attention` runs too.
"""

import numpy as np
import pytest

from ckeras._kernels import level

try:
    import torch
except ImportError:
    torch = None

HEADS, SIZE = 8, 64
LENGTHS = [64, 512, 4096]
SIDES = ["ckeras", "ckeras gradients", *(["torch"] if torch else [])]


def kernels(length, causal):
    """Functions that compute the outputs and the gradients."""
    rng = np.random.default_rng(0)
    q, k, v, g = rng.standard_normal((4, 1, length, HEADS, SIZE), "float32")
    y, norm, gradients = (
        np.empty_like(q),
        np.empty((1, HEADS, length, 2), "float32"),
        np.empty((3, *q.shape), "float32"),
    )
    p = np.array([0, 1, HEADS, HEADS, length, length, SIZE, SIZE, causal, 0, 0, 0, 0], np.int64)

    def forward():
        level.call("attention", [y, norm], [q, k, v], p, [SIZE**-0.5])

    def backward():
        level.call("attention_grad", list(gradients), [q, k, v, y, norm, g], p, [SIZE**-0.5])

    forward()
    return forward, backward


def of_torch(length, causal, threads):
    torch.set_num_threads(threads)
    q, k, v = (torch.randn(1, length, HEADS, SIZE).transpose(1, 2) for _ in range(3))
    attend = torch.nn.functional.scaled_dot_product_attention
    return torch.no_grad()(lambda: attend(q, k, v, is_causal=bool(causal)))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("causal", [0, 1], ids=["all", "causal"])
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("side", SIDES)
def test_attention(benchmark, side, length, causal, threads):
    benchmark.group = f"{length}{' causal' if causal else ''}, {threads} threads"
    run = of_torch(length, causal, threads) if side == "torch" else kernels(length, causal)[side != "ckeras"]
    level.set_threads(threads)
    try:
        benchmark(run)
    finally:
        level.set_threads(1)
    if benchmark.stats:
        products = (5 if side == "ckeras gradients" else 2) / (1 + causal)
        benchmark.extra_info["gflops"] = 2e-9 * products * length**2 * HEADS * SIZE / benchmark.stats.stats.min
