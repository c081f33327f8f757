"""Processes that run numbered cases, of which any may end its process or never return."""

import multiprocessing
import time

SLOW = 10.0  # seconds


class Worker:
    """A process that runs the cases of a range, and what it has reported."""

    def __init__(self, work, seed, first, last):
        context = multiprocessing.get_context("spawn")
        self.last = last
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, seed, first, last), daemon=True)
        self.process.start()
        theirs.close()
        self.current, self.since = first, None

    def stop(self):
        self.process.kill()
        self.process.join()


def report(pipe, run, first, last):
    """Run the cases of a range, in a worker; each is announced before and reported after."""
    for number in range(first, last):
        pipe.send((number, None))
        pipe.send((number, run(number)))
    pipe.send((last, "done"))


def fuzz(work, n_cases, seed=0, processes=2, chunk=200, slow=SLOW):
    """Run the cases.

    Args:
        work: Function of (pipe, seed, first, last) that calls `report` in a process of its own.
        n_cases: The number of cases.
        seed: Passed to ``work``.
        processes: The number of processes at a time.
        chunk: The number of cases of a process.
        slow: Seconds after which a case is given up.

    Returns:
        Results by number, and the numbers of cases that ended a process or took too long.
    """
    todo = [(i, min(i + chunk, n_cases)) for i in range(0, n_cases, chunk)][::-1]
    results, deaths, late, workers = {}, [], [], []
    while todo or workers:
        while todo and len(workers) < processes:
            workers.append(Worker(work, seed, *todo.pop()))
        for w in list(workers):
            over = _listen(w, results)
            waited = 0 if w.since is None else time.monotonic() - w.since
            if over == "died" or waited > slow:
                (deaths if over == "died" else late).append(w.current)
            if over or waited > slow:
                w.stop()
                workers.remove(w)
                if over != "done" and w.current + 1 < w.last:
                    todo.append((w.current + 1, w.last))
    return results, deaths, late


def _listen(worker, results):
    """Take in what a worker sends; "done" or "died" when it is over."""
    try:
        while worker.pipe.poll(0.05):
            number, what = worker.pipe.recv()
            if what == "done":
                return "done"
            worker.current, worker.since = number, time.monotonic() if what is None else None
            if what is not None:
                results[number] = what
    except (EOFError, OSError):
        return "died"
    return None
