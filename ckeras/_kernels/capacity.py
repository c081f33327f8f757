"""Available memory, checked before large allocations.

Systems that overcommit grant more memory than they have and kill the process when it is used. So an allocation of
`LARGE` bytes or more is compared with the available memory first, and refused with a MemoryError if it does not fit.
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
    """Raise MemoryError if ``nbytes``, needed for ``what``, exceed the available memory."""
    if nbytes >= LARGE and nbytes > (left := available()):
        raise MemoryError(f"{what} needs {nbytes:,} bytes, and {left:,} are available")


def available() -> int:
    """Bytes that this process can still use: the minimum over the limits of machine, container and process."""
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
        except (OSError, ValueError):  # the file does not exist or holds "max"
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
