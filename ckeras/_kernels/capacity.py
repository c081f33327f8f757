"""How much memory is left, asked before a large allocation.

Systems that overcommit give more memory than there is and end the process when it is used. So what is as large as
`LARGE` is compared with what is left first, and refused with a MemoryError where it does not fit.
"""

import os
from functools import cache
from pathlib import Path

try:
    import resource
except ImportError:  # not a POSIX system
    resource = None

LARGE = 1 << 30
_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def require(nbytes: int, what: str) -> None:
    """Raise MemoryError if ``nbytes``, which are for ``what``, are more than is left."""
    if nbytes >= LARGE and nbytes > (left := available()):
        raise MemoryError(f"{what} needs {nbytes:,} bytes, and {left:,} are available")


def available() -> int:
    """Bytes that this process can still use: the least of what the machine, a container and the process have left."""
    return max(0, min(_machine_left(), *_container_left(), _process_left()))


@cache
def total() -> int:
    """Bytes of memory of the machine."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 1 << 62


def _machine_left() -> int:
    try:
        with open("/proc/meminfo") as lines:
            found = {name: int(rest.split()[0]) << 10 for name, _, rest in (line.partition(":") for line in lines)}
        return found["MemAvailable"] + found["SwapFree"]
    except (OSError, KeyError, ValueError, IndexError):
        return total()


def _container_left() -> list[int]:
    for limit, used in _CGROUPS:
        try:
            return [int(Path(limit).read_text()) - int(Path(used).read_text())]
        except (OSError, ValueError):  # not there, or "max"
            continue
    return []


def _process_left() -> int:
    if resource is None:
        return 1 << 62
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return 1 << 62
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return limit
    return limit - pages * os.sysconf("SC_PAGE_SIZE")
