"""ckeras compared with its peers: the same work, each side in a process and an environment of its own, in turn.

    python -m bench.compare --rounds 5 --workloads xor,bin,mlp,convnet,vgg,ticket,predict --json figures.json

The peers are Keras on JAX, on TensorFlow and on PyTorch, and PyTorch alone. Their Pythons are named by ``--peer
keras+jax=PYTHON`` or the environment variables CKERAS_BENCH_JAX, CKERAS_BENCH_TF and CKERAS_BENCH_TORCH; one that is
not named is looked for in this Python's environment, and shown as absent if it is not there.
"""

import argparse
import collections
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench import machine

HERE = Path(__file__).resolve().parent
Samples = dict[str, dict[str, list[float]]]  # peer -> result -> values, one a round

# What ckeras must be faster by than the best of the peers.
REQUIRED = {"xor": 40, "bin": 15, "mlp": 2, "convnet": 2.5, "vgg": 1.3, "ticket": 2, "predict": 30, "call": 3}
REQUIRED |= {"simplernn": 5, "lstm": 2, "gru": 4, "embedding": 50}
TITLES = {
    "xor": "XOR, batch 1",
    "bin": "100-32-1, batch 32",
    "mlp": "784-512-512-10, batch 128, Adam",
    "convnet": "MNIST convnet, batch 128",
    "vgg": "VGG-like with batch norm, 32 x 32, batch 64",
    "ticket": "ticket model, 20,100 inputs, batch 32",
    "simplernn": "Embedding + SimpleRNN(32), 200 steps, batch 32",
    "lstm": "Embedding + LSTM(128), 80 steps, batch 32",
    "gru": "Embedding + GRU(128), 80 steps, batch 32",
    "embedding": "Embedding of 1,000,000 rows, SGD, batch 128",
    "predict": "predict on one sample",
    "call": "model(x) on one sample",
}
DEFAULT = "xor,bin,mlp,convnet,vgg,ticket,predict"
# Of one step: each layer's product, its weights' gradient, and but for the first its input's gradient.
_MLP = (784 * 512, 512 * 512, 512 * 10)
FLOPS = {
    "mlp": 2 * 128 * (3 * sum(_MLP) - _MLP[0]),
    # forward, and as much for the gradients of either factor: the kernels of the inputs and of the state, all steps
    **{name: 3 * 2 * 32 * 80 * 2 * 128 * gates * 128 for name, gates in (("lstm", 4), ("gru", 3))},
}


class Peer(NamedTuple):
    """One side of the comparison: its Python, what that must be able to import, and how its workloads are run."""

    name: str
    python: str
    needs: tuple[str, ...]
    command: tuple[str, ...]
    environment: dict[str, str]

    def is_present(self) -> bool:
        """Whether the modules that it needs are installed; they are not imported."""
        look = "import importlib.util as u, sys; sys.exit(not all(u.find_spec(name) for name in sys.argv[1:]))"
        try:
            done = subprocess.run([self.python, "-c", look, *self.needs], cwd=HERE, capture_output=True)
        except OSError:
            return False
        return done.returncode == 0

    def run(self, workload: str) -> list[dict[str, Any]]:
        """The results of one workload in a new process; raises RuntimeError with what it said if it fails."""
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [self.python, *self.command, workload],
                cwd=folder,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **self.environment},
                capture_output=True,
                text=True,
            )
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1])
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def peers(pythons: dict[str, str]) -> list[Peer]:
    """All sides, ckeras first; ``pythons`` overrides the environment variables."""

    def python(name: str, variable: str) -> str:
        return pythons.get(name) or os.environ.get(variable) or sys.executable

    keras, torch = str(HERE / "workloads.py"), str(HERE / "workloads_torch.py")
    return [
        Peer("ckeras", pythons.get("ckeras", sys.executable), ("ckeras",), (keras, "ckeras"), {}),
        *(
            Peer(
                f"keras+{short}",
                python(f"keras+{short}", f"CKERAS_BENCH_{short.upper()}"),
                ("keras", module),
                (keras, "keras"),
                {"KERAS_BACKEND": module},
            )
            for short, module in (("jax", "jax"), ("tf", "tensorflow"), ("torch", "torch"))
        ),
        Peer("torch", python("torch", "CKERAS_BENCH_TORCH"), ("torch",), (torch,), {}),
    ]


def measure(sides: Sequence[Peer], workloads: Sequence[str], rounds: int) -> tuple[dict[str, Samples], dict[str, str]]:
    """Run every workload on every side in turn, ``rounds`` times over.

    Returns:
        The samples of microseconds a step ("us"), of seconds to the first step ("first_s"), of seconds to import
        ("import_s") and of megabytes of memory ("peak_mb"); and what each side that failed said.
    """
    samples: dict[str, Samples] = collections.defaultdict(lambda: collections.defaultdict(dict))
    failures: dict[str, str] = {}
    for count in range(1, rounds + 1):
        for workload in workloads:
            for side in sides:
                print(f"\rround {count} of {rounds}: {workload}, {side.name:<20}", end="", file=sys.stderr, flush=True)
                try:
                    results = side.run(workload)
                except RuntimeError as error:
                    failures[f"{side.name}, {workload}"] = str(error)
                    continue
                for result in results:
                    name = result["name"]
                    kinds = {"import_s": "s"} if name == "import" else {k: k for k in ("us", "first_s", "peak_mb")}
                    for kind, key in kinds.items():
                        samples[kind][side.name].setdefault(name, []).append(result[key])
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    return samples, failures


def medians(samples: dict[str, Samples], kind: str) -> dict[str, dict[str, float]]:
    """The median of each side's samples of one kind."""
    return {side: {name: statistics.median(v) for name, v in of.items()} for side, of in samples[kind].items()}


def ratios(us: dict[str, dict[str, float]], required: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """For each result that ckeras and a peer have: the best peer, and how many times as long it takes."""
    found = {}
    for name, ours in us.get("ckeras", {}).items():
        others = {side: of[name] for side, of in us.items() if side != "ckeras" and name in of}
        if others:
            best = min(others, key=others.__getitem__)
            found[name] = {"best": best, "ratio": others[best] / ours, "required": required.get(name)}
    return found


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: with rich in a terminal, otherwise as columns of plain text."""
    if sys.stdout.isatty() and importlib.util.find_spec("rich"):
        from rich.console import Console
        from rich.table import Table

        table = Table(title=title, title_justify="left")
        for i, name in enumerate(head):
            table.add_column(name, justify="right" if i else "left")
        for row in rows:
            table.add_row(*row)
        return Console().print(table)
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    print(f"\n{title}")
    for row in [head, *rows]:
        print("  ".join(v.rjust(w) if i else v.ljust(w) for i, (v, w) in enumerate(zip(row, widths, strict=True))))
    return None


def number(value: float | None) -> str:
    """A figure with about three digits, or a dash."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def report(
    samples: dict[str, Samples],
    absent: Sequence[str],
    names: Sequence[str],
    titles: Mapping[str, str] = TITLES,
    required: Mapping[str, float] = REQUIRED,
) -> None:
    """Print the tables: results by their titles, and what ratio to the best peer is required."""
    us, first, memory = (medians(samples, kind) for kind in ("us", "first_s", "peak_mb"))
    results = list(dict.fromkeys(name for of in us.values() for name in of))
    results.sort(key=lambda name: list(titles).index(name) if name in titles else len(titles))
    found = ratios(us, required)

    def cells(of: dict[str, dict[str, float]], name: str) -> list[str]:
        return ["absent" if side in absent else number(of.get(side, {}).get(name)) for side in names]

    rows = []
    for name in results:
        best = found.get(name, {})
        wanted = required.get(name)
        verdict = "" if not best or wanted is None else "  yes" if best["ratio"] >= wanted else "  NO"
        rows.append(
            [
                titles.get(name, name),
                *cells(us, name),
                best.get("best", "-"),
                number(best.get("ratio")),
                ("-" if wanted is None else f"{wanted}x") + verdict,
            ]
        )
    show("Microseconds a step or a call", ["", *names, "best peer", "ratio", "required"], rows)
    rows = [[titles.get(name, name), *cells(first, name)] for name in results]
    imports = {side: {"import": value["import"]} for side, value in medians(samples, "import_s").items()}
    show(
        "Seconds to the first step, after the import",
        ["", *names],
        [["import alone", *cells(imports, "import")], *rows],
    )
    show("Peak memory, MB", ["", *names], [[titles.get(name, name), *cells(memory, name)] for name in results])

    for name, flops in FLOPS.items():
        if name in us.get("ckeras", {}):
            threads = machine.cores()
            peak = machine.peak_gflops("float32", threads)
            limit = flops / peak / 1e3
            print(
                f"\n{titles[name]}: {flops / 1e6:.0f} million operations a step; at {peak:.0f} GF/s, this machine's "
                f"limit with {threads} threads, they take {limit:,.0f} us: ckeras reaches "
                f"{limit / us['ckeras'][name]:.0%} of it"
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print the tables, and return 1 if something failed to run."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description="ckeras compared with its peers.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side runs each workload (5)")
    parser.add_argument("--workloads", default=DEFAULT, help="which, with commas between")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON", help="the Python of one side")
    parser.add_argument("--json", metavar="FILE", help="write every sample, the medians and the ratios here")
    options = parser.parse_args(arguments)
    pythons = dict(pair.partition("=")[::2] for pair in options.peer)
    sides = peers(pythons)
    if unknown := set(pythons) - {side.name for side in sides}:
        parser.error(f"--peer knows {', '.join(side.name for side in sides)}, not {', '.join(sorted(unknown))}")
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, not {options.rounds}")

    absent = [side.name for side in sides if not side.is_present()]
    present = [side for side in sides if side.name not in absent]
    samples, failures = measure(present, options.workloads.split(","), options.rounds)
    print(f"{platform.machine()}, {machine.cores()} processors; medians over rounds: {options.rounds}")
    report(samples, absent, [side.name for side in sides])
    for where, said in failures.items():
        print(f"failed: {where}: {said}", file=sys.stderr)
    if options.json:
        kinds = {kind: {"samples": of, "medians": medians(samples, kind)} for kind, of in samples.items()}
        figures = {**kinds, "ratios": ratios(medians(samples, "us"), REQUIRED), "absent": absent, "failures": failures}
        Path(options.json).write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
