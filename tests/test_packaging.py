"""The build and the source archive: the message where no compiler is found, and the contents of the archive."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ckeras

ROOT = Path(__file__).parents[1]


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | variables
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("statement", ["import ckeras; ckeras.Sequential", "import ckeras; ckeras.config.floatx()"])
def test_a_source_tree_without_kernels_says_in_one_line_what_to_do(tmp_path, statement):
    ignored = shutil.ignore_patterns("*.so", "src", "__pycache__")
    shutil.copytree(Path(ckeras.__file__).parent, tmp_path / "ckeras", ignore=ignored)
    message = run(tmp_path, "-c", statement).stderr
    last = message.splitlines()[-1]
    assert last.startswith(f"ImportError: the kernels of ckeras in {tmp_path}") and "`pip install .`" in last
    assert len(re.findall("  File ", message)) == 2 and "During handling" not in message


def test_a_module_that_kernels_need_is_named_when_it_is_missing(tmp_path):
    shutil.copytree(Path(ckeras.__file__).parent, tmp_path / "ckeras", ignore=shutil.ignore_patterns("src"))
    code = "import sys; sys.modules['numpy'] = None; import ckeras; ckeras.Sequential"
    last = run(tmp_path, "-c", code).stderr.splitlines()[-1]
    assert "numpy" in last and "not built" not in last


@pytest.mark.parametrize(
    ("compiler", "sentence"),
    [
        ("/nonexistent", "ckeras needs a C compiler to build its kernels, and '/nonexistent' is none that can be run"),
        (shutil.which("false"), "ckeras cannot build its kernels"),
    ],
)
def test_a_build_without_a_compiler_says_so_in_one_sentence(tmp_path, compiler, sentence):
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "ckeras" / "_kernels" / "src", tmp_path / "ckeras" / "_kernels" / "src")
    (tmp_path / "ckeras" / "_version.py").write_text("number = '0'\n")
    (tmp_path / "Cython").mkdir()  # the compiler is looked for after Cython has run, which takes long
    (tmp_path / "Cython" / "__init__.py").write_text("__version__ = '0'\n")
    (tmp_path / "Cython" / "Build.py").write_text("def cythonize(extensions, **options): return extensions\n")
    done = run(tmp_path, "setup.py", "-q", "build_ext", CC=compiler, CKERAS_BUILD="native")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(sentence)
    assert "Traceback" not in done.stderr


def in_archive(path: str, lines: list[str]) -> bool:
    """Whether the commands of a MANIFEST.in put a file into the source archive."""
    found = False
    for command, *patterns in map(str.split, lines):
        if command == "include":
            found |= path in patterns
        elif command == "graft":
            found |= path.split("/")[0] in patterns
        elif command == "global-exclude":
            found &= not any(fnmatch.fnmatch(path, p) for p in patterns)
    return found


def files_of_the_repository() -> list[str]:
    """What git tracks; the files that are there if this is an unpacked source archive."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
        return listed.stdout.splitlines()
    folders = ("bench", "ckeras", "examples", "tests")
    return [str(path.relative_to(ROOT)) for name in folders for path in (ROOT / name).rglob("*.py")]


def test_the_source_archive_holds_every_file_of_the_repository():
    lines = [line for line in (ROOT / "MANIFEST.in").read_text().splitlines() if line]
    assert [path for path in files_of_the_repository() if not in_archive(path, lines)] == []


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "bench/README.md", "examples/plugin/README.md"])
def test_links_lead_to_files(document):
    path = ROOT / document
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []
