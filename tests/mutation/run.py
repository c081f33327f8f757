"""Mutation testing on demand: changes the package a little, and names the changes that no test notices.

    python tests/mutation/run.py --sample 60 --seed 1 [--list] [path ...]

Each mutant is one small change of one file of the compiler, the gradient tape or the trainer (or of the files given): a
flipped comparison, a dropped condition, an integer off by one, a tuple without one of its elements, `and` for `or`, a
statement removed, `return None`. The tests of that part run on a copy of the package with the change, up to a time
limit; a mutant whose tests pass survives. A survivor is either equivalent to the original, or a missing test.
"""

import argparse
import ast
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Folder or file -> the tests that cover it, those that find most first.
TESTS = {
    "ckeras/compiler": [
        "tests/compiler", "tests/autograd", "tests/ops/test_control_flow.py", "tests/trainer/test_fit.py",
        "tests/trainer/test_fit_values.py", "tests/trainer/test_compiled.py", "tests/trainer/test_trainer_values.py",
        "tests/trainer/test_bad_input.py",
    ],
    "ckeras/autograd/tape.py": ["tests/autograd", "tests/compiler", "tests/ops/test_control_flow.py"],
    "ckeras/trainer": ["tests/trainer", "tests/callbacks", "tests/models", "tests/layers"],
}  # fmt: skip
SLOW = ["tests/trainer/test_processes.py", "tests/trainer/test_determinism.py"]  # and no nearer to a fault than others
FLIPPED = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change: the bytes ``start`` to ``end`` of a file become ``text``."""

    path: str
    line: int
    start: int
    end: int
    text: str
    before: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {' '.join(self.before.split())[:90]}  ->  {' '.join(self.text.split())[:90]}"

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.text.encode() + source[self.end :]


def changes(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Nodes within ``node``, and the text that a mutant has in place of each."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            yield node, f"({ast.unparse(left)} {FLIPPED[type(op)]} {ast.unparse(right)})"
        case ast.BoolOp(op=op, values=values):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield node, f"({ast.unparse(ast.BoolOp(other, values))})"
            for i in range(len(values)):
                kept = values[:i] + values[i + 1 :]
                yield node, f"({ast.unparse(ast.BoolOp(op, kept) if len(kept) > 1 else kept[0])})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield node, f"({ast.unparse(operand)})"
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            if not isinstance(node, ast.While):
                yield test, "True"
            yield test, "False"
        case ast.Constant(value=value) if type(value) is int:
            yield node, str(value + 1)
        case ast.Tuple(elts=elements, ctx=ast.Load()) if not any(isinstance(e, ast.Slice) for e in elements):
            for i in range(len(elements)) if len(elements) > 1 else ():
                yield node, ast.unparse(ast.Tuple(elements[:i] + elements[i + 1 :], ast.Load()))
        case ast.Return(value=value) if value is not None and ast.unparse(value) != "None":
            yield node, "return None"
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break():
            yield node, "pass"


def statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes that run: without annotations, and without what only builds the sentence of an error or a warning."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns") or (name == "exc" and isinstance(node, ast.Raise)):
                continue
            waiting += [
                child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST)
            ]


def mutants(path: str) -> list[Mutant]:
    """All mutants of a file."""
    source = (ROOT / path).read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for node in statements(ast.parse(source)):
        for changed, text in changes(node):
            start = starts[changed.lineno - 1] + changed.col_offset
            end = starts[changed.end_lineno - 1] + changed.end_col_offset
            found.append(Mutant(path, changed.lineno, start, end, text, source[start:end].decode()))
    return sorted(set(found), key=lambda m: (m.path, m.start, m.text))


def tests_of(path: str) -> list[str]:
    """The tests that cover a file."""
    return next(tests for part, tests in TESTS.items() if path.startswith(part))


def outcome(folder: Path, tests: list[str], limit: float) -> str:
    """What tests of the copy of the package in ``folder`` do: "survived", "killed", or "too slow" after ``limit`` s."""
    options = ["-x", "-q", "-p", "no:cacheprovider", *(f"--ignore={ROOT / test}" for test in SLOW)]
    command = [sys.executable, "-m", "pytest", *options, *(str(ROOT / test) for test in tests)]
    settings = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=folder, env=os.environ | settings, start_new_session=True, **silent)
    try:
        return "killed" if process.wait(limit) else "survived"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return "too slow"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", default=list(TESTS), help="files or folders, relative to the repository")
    parser.add_argument("--sample", type=int, help="number of mutants, sampled at random; all unless given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=300, help="seconds that the tests of one mutant may take")
    parser.add_argument("--list", action="store_true", help="print the mutants, and run nothing")
    options = parser.parse_args()
    files = [file for path in options.paths for file in ([path] if path.endswith(".py") else folder_files(path))]
    chosen = [mutant for file in files for mutant in mutants(file)]
    print(f"{len(chosen)} mutants in {len(files)} files", flush=True)
    if options.sample is not None and options.sample < len(chosen):
        chosen = random.Random(options.seed).sample(chosen, options.sample)
    if options.list:
        print(*chosen, sep="\n")
        return
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "ckeras", folder / "ckeras", ignore=shutil.ignore_patterns("__pycache__", "src"))
        for tests in {tuple(tests_of(mutant.path)) for mutant in chosen}:
            if outcome(folder, list(tests), options.limit) != "survived":
                raise SystemExit(f"{' '.join(tests)}: these fail, or take over {options.limit} s, without a change")
        for number, mutant in enumerate(chosen, 1):
            source = (ROOT / mutant.path).read_bytes()
            (folder / mutant.path).write_bytes(mutant.applied(source))
            found = outcome(folder, tests_of(mutant.path), options.limit)
            (folder / mutant.path).write_bytes(source)
            outcomes[found] += 1
            print(f"{number:4} {found:8} {mutant}", flush=True)
    print(", ".join(f"{count} {found}" for found, count in outcomes.items()))


def folder_files(folder: str) -> list[str]:
    """The Python files of a folder, or of the one file that it names."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*.py"))


if __name__ == "__main__":
    main()
