"""The memory that a thread packs into: an error where there is none, and none left behind by threads that end."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from ckeras import _kernels

SHORT_OF_MEMORY = """
import resource, threading
import numpy as np
from ckeras._kernels import level

a, c, seen, go = np.ones((200, 200), "float32"), np.empty((200, 200), "float32"), [], threading.Event()

def run():
    go.wait()
    for _ in range(2):
        try:
            level.call("gemm", [c], [a, a], [0, 1, 200, 200, 200, 0, 0, 0, 0, 0, 0, 0])
            seen.append(c[0, 0])
        except MemoryError as error:
            seen.append(error)
        resource.setrlimit(resource.RLIMIT_AS, (-1, -1))

thread = threading.Thread(target=run)
thread.start()
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (1 << 18), -1))
go.set()
thread.join()
print(*seen, sep="|")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are kept by Linux alone")
def test_a_thread_without_memory_raises_and_can_go_on():
    env = os.environ | {"MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}  # no reserve of memory for each thread
    run = subprocess.run([sys.executable, "-c", SHORT_OF_MEMORY], env=env, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "gemm: no memory for its workspace|200.0"


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc")
def test_threads_that_end_leave_nothing():
    a, c = np.ones((200, 200), "float32"), np.empty((200, 200), "float32")
    p = [0, 1, 200, 200, 200, 0, 0, 0, 0, 0, 0, 0]

    def threads(n):
        for _ in range(n):
            thread = threading.Thread(target=_kernels.level.call, args=("gemm", [c], [a, a], p))
            thread.start()
            thread.join()
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = threads(20)
    assert threads(200) - before < 20 << 20  # of 200 workspaces of more than a megabyte each, not even 20 stay
