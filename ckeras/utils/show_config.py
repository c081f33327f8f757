"""Report of the installation and the machine."""

import os
import platform
import sys

_LEVELS = {
    "amx": "x86-64-v4 with matrix units: AVX-512 and AMX",
    "v4": "x86-64-v4: AVX-512",
    "v3": "x86-64-v3: AVX2",
    "v2": "x86-64-v2: SSE4.2",
    "generic": "plain vector code",
    "native": "built for this machine",
}


def show_config() -> None:
    """Print the version, the instruction level in use, the levels that were built, the threads, numpy and Python.

    The environment variable ``CKERAS_LEVEL`` forces a lower instruction level, ``OMP_NUM_THREADS`` or
    `ckeras.config.set_threads` sets the threads.

    Example:
        >>> from ckeras.utils.show_config import show_config
        >>> show_config()  # doctest: +ELLIPSIS
        ckeras ...
          instruction level  ...
          levels built       ...
          threads            ...
          numpy              ...
          python             ...
    """
    import numpy

    from ckeras import _kernels, config
    from ckeras._version import version

    forced = ", forced by CKERAS_LEVEL" if os.environ.get("CKERAS_LEVEL") else ""
    rows = {
        "instruction level": f"{_kernels.level_name} ({_LEVELS[_kernels.level_name]}{forced})",
        "levels built": ", ".join(_kernels.built_levels()),
        "threads": config.get_threads(),
        "numpy": numpy.__version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()}, {sys.platform})",
    }
    print(f"ckeras {version()}")
    for name, value in rows.items():
        print(f"  {name:<18} {value}")
