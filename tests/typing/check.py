"""Runs pyright and mypy on the two scripts of this folder, against the package that is installed.

`user_script.py` must pass; every line of `nonsense_script.py` that says "nonsense" must be an error. The scripts are
copied to an empty folder first, since both tools prefer the package of the current folder to the installed one.

    python tests/typing/check.py
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CHECKERS = {
    "pyright": ["-m", "pyright", "--pythonpath", sys.executable],
    "mypy": ["-m", "mypy", "--cache-dir", "cache", "--check-untyped-defs"],
}


def errors(checker: str, script: str) -> tuple[set[int], str]:
    """Numbers of the lines of a script in which a type checker finds errors, and all that it printed."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HERE / script, folder)
        command = [sys.executable, *CHECKERS[checker], script]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    output = ran.stdout + ran.stderr
    lines = {int(number) for number in re.findall(rf"{script}:(\d+):.*\berror\b", output)}
    if bool(ran.returncode) != bool(lines):
        raise SystemExit(f"{checker} ended with code {ran.returncode}:\n{output}")
    return lines, output


def main() -> None:
    source = (HERE / "nonsense_script.py").read_text().splitlines()
    wanted = {number for number, line in enumerate(source, 1) if re.search(r"\.nonsense|nonsense=", line)}
    for checker in CHECKERS:
        for script, lines in (("user_script.py", set()), ("nonsense_script.py", wanted)):
            found, output = errors(checker, script)
            if found != lines:
                raise SystemExit(f"{checker} on {script}: errors in {sorted(found)}, not in {sorted(lines)}\n{output}")
            print(f"{checker} on {script}: {len(found)} errors, as expected")


if __name__ == "__main__":
    main()
