"""How times grow with a size: tables of processor time, with exponents, and pictures."""

import math
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np

from ckeras import _kernels

DOUBLING = 2.3  # the most that a doubling of the size should cost where growth is linear


def seconds(call: Callable[[], object], least: float = 0.01) -> float:
    """Processor time of a call with one thread, from as many as take ``least`` seconds."""
    _kernels.level.set_threads(1)
    call()
    begin, count = time.process_time(), 0
    while time.process_time() - begin < least:
        call()
        count += 1
    return (time.process_time() - begin) / count


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The slope of the line through the points on logarithmic axes: 1 is linear growth, 2 quadratic."""
    x, y = np.log(sizes), np.log(seconds)
    return float(np.polyfit(x, y, 1)[0])


def table(
    name: str, sizes: Sequence[int], measure: Callable[[int], float], rounds: int = 3, power: int = 1
) -> list[float]:
    """Print seconds by size, and exponents of growth: from the size before, and of the line through the larger half.

    Steps that cost more than `DOUBLING` for a doubling of size ** ``power`` are marked. Returns the seconds.
    """
    print(name)
    seconds: list[float] = []
    for n, size in enumerate(sizes):
        seconds.append(statistics.median(measure(size) for _ in range(rounds)))
        growth = math.log(seconds[n] / seconds[n - 1], size / sizes[n - 1]) if n else float("nan")
        mark = "  steep" if growth > power * math.log2(DOUBLING) else ""
        print(f"  {size:6d} {seconds[n]:12.7f} s {growth:8.2f}{mark}", flush=True)
    half = len(sizes) // 2 - 1
    print(f"  exponent from {sizes[half]} to {sizes[-1]}: {exponent(sizes[half:], seconds[half:]):.2f}")
    return seconds


def picture(path: str, curves: dict[str, tuple[Sequence[int], Sequence[float]]], size: str) -> None:
    """Draw seconds by size on logarithmic axes, a line for each name; needs matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.add_subplot(xscale="log", yscale="log", xlabel=size, ylabel="seconds")
    for name, (sizes, times) in curves.items():
        axes.plot(sizes, times, marker=".", label=name)
    axes.legend(fontsize="small")
    figure.savefig(path)
