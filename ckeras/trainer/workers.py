"""Batches of a `PyDataset`, prepared beforehand by threads or processes, and given in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_shared: Any = None  # in a worker process, its copy of the data set


def prepared(dataset: Any, numbers: Iterable[int]) -> Iterator[Any]:
    """The batches of these numbers, in order.

    What goes wrong in a worker is raised here. When the iteration ends, or is closed, the workers are gone.
    """
    pool, get = _pool(dataset)
    pending: deque[Future] = deque()
    ahead = max(1, dataset.max_queue_size)
    try:
        for number in numbers:
            pending.append(pool.submit(get, number))
            if len(pending) > ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _pool(dataset: Any) -> tuple[Executor, Any]:
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor  # which take long to import

    if dataset.use_multiprocessing:
        return ProcessPoolExecutor(dataset.workers, initializer=_share, initargs=(dataset,)), _get
    return ThreadPoolExecutor(dataset.workers, thread_name_prefix="PyDataset"), dataset.__getitem__


def _share(dataset: Any) -> None:
    global _shared
    _shared = dataset


def _get(number: int) -> Any:
    return _shared[number]
