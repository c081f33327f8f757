"""The machine's own limits, against which the speed of a kernel or a training step is judged.

    python -m bench.machine

`peak.c` is compiled when first needed, with the compiler that ``CC`` names (``cc`` unless set).
"""

import ctypes
import functools
import os
import platform
import shlex
import subprocess
import tempfile
from pathlib import Path

X86_LEVELS = {
    "amx": ["-march=x86-64-v4", "-mprefer-vector-width=512", "-mamx-tile", "-mamx-bf16"],
    "v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"],
    "v3": ["-march=x86-64-v3", "-mprefer-vector-width=256"],
    "v2": ["-march=x86-64-v2", "-mprefer-vector-width=128"],
}
CACHE, DRAM = 512 << 10, 512 << 20  # bytes in total: inside the second-level cache, and outside of every cache


def levels() -> list[str]:
    """The instruction levels that this processor runs, best first."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return ["native"]
    flags = set()
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        flags = set(next((line for line in lines if line.startswith("flags")), "").split())
    v3 = {"avx2", "fma", "bmi2"}
    v4 = v3 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
    needed = {"amx": v4 | {"amx_tile", "amx_bf16"}, "v4": v4, "v3": v3}
    return [name for name in X86_LEVELS if needed.get(name, set()) <= flags]


def cores() -> int:
    """How many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _library(level: str) -> ctypes.CDLL:
    flags = X86_LEVELS.get(level, ["-mcpu=native" if platform.machine() in ("aarch64", "arm64") else "-march=native"])
    compiler = shlex.split(os.environ.get("CC", "cc"))
    with tempfile.TemporaryDirectory() as folder:
        built = os.path.join(folder, "peak.so")
        source = Path(__file__).with_name("peak.c")
        subprocess.run([*compiler, "-O3", "-fopenmp", "-shared", "-fPIC", *flags, source, "-o", built], check=True)
        library = ctypes.CDLL(built)  # stays mapped when the file is gone
    for name, kinds in {
        "peak_float32": [ctypes.c_int],
        "peak_float64": [ctypes.c_int],
        "bandwidth": [ctypes.c_int, ctypes.c_long],
        "region": [ctypes.c_int],
    }.items():
        function = getattr(library, name)
        function.argtypes, function.restype = kinds, ctypes.c_double
    return library


@functools.cache
def peak_gflops(dtype: str = "float32", threads: int = 1, level: str | None = None) -> float:
    """Billions of additions and multiplications a second from registers alone.

    Args:
        dtype: ``"float32"`` or ``"float64"``.
        threads: how many threads compute.
        level: ``"amx"`` (six products of bfloat16 for one of float32), ``"v4"``, ``"v3"`` or ``"v2"``; by default
            the best that the processor runs.
    """
    return getattr(_library(level or levels()[0]), f"peak_{dtype}")(threads)


@functools.cache
def bandwidth_gbs(threads: int = 1, total: int = DRAM) -> float:
    """Billions of bytes a second, read and written, of ``y += x / 2`` over ``total`` bytes: from memory by default."""
    return _library(levels()[0]).bandwidth(threads, total)


@functools.cache
def region_us(threads: int = 2) -> float:
    """Microseconds that opening and closing one parallel region takes."""
    return _library(levels()[0]).region(threads)


def main() -> None:
    """Print the limits for one thread and for all."""
    for threads in sorted({1, cores()}):
        print(f"{threads} thread{'s' * (threads > 1)}")
        for level in levels():
            speeds = ", ".join(f"{d} {peak_gflops(d, threads, level):.0f} GF/s" for d in ("float32", "float64"))
            print(f"  multiply-adds at {level:<7} {speeds}")
        print(f"  second-level cache       {bandwidth_gbs(threads, CACHE * threads):.0f} GB/s")
        print(f"  memory                   {bandwidth_gbs(threads):.0f} GB/s")
        if threads > 1:
            print(f"  a parallel region        {region_us(threads):.2f} us")


if __name__ == "__main__":
    main()
