"""Time and peak memory of saving and loading a large `.keras` file, with ckeras and Keras in processes of their own.

    python -m bench.files --keras KERAS/bin/python --size 500

prints medians of processor time and wall time, and the peak memory of each process beyond that of the model itself.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

UNITS = 2560  # a layer of 25 MiB


def peak():
    """Maximum resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(function):
    """(result, wall seconds, processor seconds)"""
    wall, cpu = time.perf_counter(), time.process_time()
    result = function()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def work(library, task, path, size):
    """Save or load in this process, and print what it took."""
    if library == "ckeras":
        import ckeras as k
    else:
        import keras as k
    if task == "save":
        model = k.Sequential([k.layers.Input((UNITS,)), *(k.layers.Dense(UNITS) for _ in range(size // 25))])
        before = peak()
        _, wall, cpu = timed(lambda: model.save(path))
    else:
        k.Sequential([k.layers.Input((2,)), k.layers.Dense(2)]).save(path + ".small.keras")
        k.models.load_model(path + ".small.keras")  # what is imported and compiled once
        os.remove(path + ".small.keras")
        before = peak()
        _, wall, cpu = timed(lambda: k.models.load_model(path))
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak(), "more": peak() - before}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras", help="the interpreter of an environment with Keras")
    parser.add_argument("--size", type=int, default=500, help="size of the weights in MiB")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        return work(*given.work, given.size)
    pythons = {"ckeras": sys.executable, **({"keras": given.keras} if given.keras else {})}
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for _ in range(given.rounds):
            for task in ("save", "load"):
                for library, python in pythons.items():
                    path = os.path.join(folder, f"{library}.keras")
                    command = [python, __file__, "--work", library, task, path, "--size", str(given.size)]
                    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1]
                    found.setdefault((task, library), []).append(json.loads(printed))
    for (task, library), results in found.items():
        medians = {key: statistics.median(result[key] for result in results) for key in results[0]}
        print(
            f"{task} {library:8} wall {medians['wall']:6.2f} s  processor {medians['cpu']:6.2f} s  "
            f"peak {medians['peak']:6.0f} MiB, {medians['more']:6.0f} MiB more than before"
        )
    return None


if __name__ == "__main__":
    main()
