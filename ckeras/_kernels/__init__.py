"""Compiled kernels: the lowest layer, the only one that uses pointers.

`level` is the table of kernels for this processor, chosen at import from the built ones:
x86-64-v4 (AVX-512), with or without matrix units (AMX), v3 (AVX2) or v2 (SSE4.2), or plain vector code on other
processors.
The environment variable ``CKERAS_LEVEL`` selects a lower one.
"""

import importlib
import os
import pkgutil

try:
    from ckeras._kernels.levels import Level, cpu_supports
except ModuleNotFoundError as error:
    if not (error.name or "").startswith(__name__):
        raise
    raise ImportError(
        f"the kernels of ckeras in {__path__[0]} are not built: run `pip install .` in the folder of the source, "
        "then start Python in another folder",
        name=__name__,
    ) from None

ORDER = ("amx", "v4", "v3", "v2", "generic")


def built_levels() -> list[str]:
    """Names of the levels compiled into this installation, best first."""
    prefix = "_level_"
    found = {m.name[len(prefix) :] for m in pkgutil.iter_modules(__path__) if m.name.startswith(prefix)}
    return [name for name in ("native", *ORDER) if name in found]


def usable_levels() -> list[str]:
    """Names of the built levels that this processor supports, best first."""
    return [name for name in built_levels() if cpu_supports(name)]


def load_level(name: str) -> Level:
    """Load the table of kernels of one level."""
    return Level(importlib.import_module(f"ckeras._kernels._level_{name}"))


def _choose() -> str:
    forced = os.environ.get("CKERAS_LEVEL")
    if forced:  # probing the others would request the registers of AMX
        if forced not in built_levels() or not cpu_supports(forced):
            raise ImportError(f"CKERAS_LEVEL={forced!r}, but this processor and build can run only {usable_levels()}")
        return forced
    usable = usable_levels()
    if not usable:
        raise ImportError(f"this processor runs none of the instruction levels that were built: {built_levels()}")
    return usable[0]


level_name = _choose()
level = load_level(level_name)
constants: dict[str, int] = importlib.import_module(f"ckeras._kernels._level_{level_name}").constants
MAX_NDIM = constants["MAX_NDIM"]
