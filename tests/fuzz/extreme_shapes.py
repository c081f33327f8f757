"""Calls public functions with extreme shapes, counts and sizes in processes of their own; none may die or take long.

    python tests/fuzz/extreme_shapes.py --calls 20000

prints how many calls there were, what came of them, and every call after which a process was gone or that took more
than 10 seconds. ``--show AttributeError`` prints the calls that ended in an error of that kind.
"""

import argparse
import collections
import multiprocessing
import os
import resource
import sys
import time

SLOW = 10.0  # seconds
MEMORY = 2 << 30  # bytes that a process may map: what does not fit is refused, what fits is quick


class Worker:
    """A process that makes the calls of a range, and what it has reported."""

    def __init__(self, seed, first, last):
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


def work(pipe, seed, first, last):
    """Make calls; each is announced before and reported after."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import calls

    functions = calls.functions()
    for number in range(first, last):
        pipe.send((number, None))
        pipe.send((number, calls.call(functions, seed, number)))
    pipe.send((last, "done"))


def fuzz(n_calls, seed=0, processes=2, chunk=200, slow=SLOW):
    """Make the calls; returns results by number, and the numbers of calls that ended a process or took too long."""
    todo = [(i, min(i + chunk, n_calls)) for i in range(0, n_calls, chunk)][::-1]
    results, deaths, late, workers = {}, [], [], []
    while todo or workers:
        while todo and len(workers) < processes:
            workers.append(Worker(seed, *todo.pop()))
        for w in list(workers):
            over = listen(w, results)
            waited = 0 if w.since is None else time.monotonic() - w.since
            if over == "died" or waited > slow:
                (deaths if over == "died" else late).append(w.current)
            if over or waited > slow:
                w.stop()
                workers.remove(w)
                if over != "done" and w.current + 1 < w.last:
                    todo.append((w.current + 1, w.last))
    return results, deaths, late


def listen(worker, results):
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int, help="make this one call, in this process")
    parser.add_argument("--show", default="", help="kinds of errors, separated by commas")
    given = parser.parse_args()
    if given.only is not None:
        import calls

        print(calls.call(calls.functions(), given.seed, given.only))
        return 0
    begin = time.monotonic()
    results, deaths, late = fuzz(given.calls, given.seed, given.processes)
    kinds = collections.Counter(kind for _, kind, _, _ in results.values())
    print(
        f"{given.calls} calls of {len({r[0] for r in results.values()})} functions in {time.monotonic() - begin:.0f} s"
    )
    print(f"deaths {len(deaths)} {deaths}  slow {len(late)} {late}")
    print(", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    seen = set()
    for number, (name, kind, message, values) in sorted(results.items()):
        if kind in given.show.split(",") and (name, message) not in seen:
            seen.add((name, message))
            print(f"{number}: {name}({values})\n    {kind}: {message}")
    return bool(deaths or late)


if __name__ == "__main__":
    sys.exit(main())
