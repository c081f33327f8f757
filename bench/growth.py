"""How times grow with a size: tables of processor time, with exponents."""

import math
import statistics
from collections.abc import Callable, Sequence

import numpy as np


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The slope of the line through the points on logarithmic axes: 1 is linear growth, 2 quadratic."""
    x, y = np.log(sizes), np.log(seconds)
    return float(np.polyfit(x, y, 1)[0])


def table(name: str, sizes: Sequence[int], measure: Callable[[int], float], rounds: int = 3) -> None:
    """Print seconds by size, and exponents of growth: from the size before, and of the line through the larger half."""
    print(name)
    seconds: list[float] = []
    for n, size in enumerate(sizes):
        seconds.append(statistics.median(measure(size) for _ in range(rounds)))
        growth = math.log(seconds[n] / seconds[n - 1], size / sizes[n - 1]) if n else float("nan")
        print(f"  {size:6d} {seconds[n]:12.7f} s {growth:8.2f}", flush=True)
    half = len(sizes) // 2 - 1
    print(f"  exponent from {sizes[half]} to {sizes[-1]}: {exponent(sizes[half:], seconds[half:]):.2f}")
