"""Calls public functions with extreme shapes, counts and sizes in processes of their own; none may die or take long.

    python tests/fuzz/extreme_shapes.py --calls 20000

prints how many calls there were, what came of them, and every call after which a process was gone or that took more
than 10 seconds. ``--show AttributeError`` prints the calls that ended in an error of that kind.
"""

import argparse
import collections
import os
import resource
import sys
import time

from processes import fuzz, report

MEMORY = 2 << 30  # bytes that a process may map: what does not fit is refused, what fits is quick


def work(pipe, seed, first, last):
    """Make calls; each is announced before and reported after."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import calls

    functions = calls.functions()
    report(pipe, lambda number: calls.call(functions, seed, number), first, last)


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
    results, deaths, late = fuzz(work, given.calls, given.seed, given.processes)
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
