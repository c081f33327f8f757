"""Builds the extension modules: the runtime, the entries of functions, and the kernels once per instruction level.

CKERAS_BUILD=native compiles the kernels for this machine alone, so that a rebuild is quick.
"""

import copy
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy
from Cython import __version__ as cython_version
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

SOURCES = "ckeras/_kernels/src"
# Cython modules; those after `intervals` but the last have a .pxd for those that follow.
RUNTIME = ("reads", "intervals", "memory", "levels", "feeds", "versions", "frames", "plans")
# Named one by one: -ffast-math would flush denormals for the whole process that imports the package.
FLAGS = ["-O3", "-std=gnu11", "-fno-math-errno", "-fno-trapping-math", "-fopenmp", "-Wno-psabi", "-g0"]
X86_LEVELS = {
    "v2": ["-march=x86-64-v2", "-mprefer-vector-width=128"],
    "v3": ["-march=x86-64-v3", "-mprefer-vector-width=256"],
    "v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"],
}
if sys.platform == "linux":  # which alone lets a process have the registers of AMX
    X86_LEVELS["amx"] = [*X86_LEVELS["v4"], "-mamx-tile", "-mamx-bf16"]


def levels() -> dict[str, list[str]]:
    """The instruction levels to build, each with its compiler flags."""
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    wanted = os.environ.get("CKERAS_BUILD", "all")
    if wanted == "native":
        return {"native": ["-march=native"] + (["-mprefer-vector-width=512"] if x86 else [])}
    if wanted != "all":
        raise SystemExit(f"CKERAS_BUILD must be 'all' or 'native', not {wanted!r}")
    return X86_LEVELS if x86 else {"generic": []}


def extensions() -> list[Extension]:
    headers = [f"{SOURCES}/{name}" for name in sorted(os.listdir(SOURCES))]
    found = [
        Extension(
            f"ckeras._kernels._level_{name}",
            [f"{SOURCES}/level.c"],
            depends=headers,
            define_macros=[("CK_LEVEL", name)],
            extra_compile_args=FLAGS + flags,
            extra_link_args=["-fopenmp"],
        )
        for name, flags in levels().items()
    ]
    declarations = [f"ckeras/_kernels/{name}.pxd" for name in RUNTIME[2:-1]]
    runtime = [
        Extension(
            f"ckeras._kernels.{name}",
            [f"ckeras/_kernels/{name}.pyx"],
            include_dirs=[SOURCES, numpy.get_include()],
            define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
            depends=[*declarations, f"{SOURCES}/amx.h", f"{SOURCES}/kernels.h"],
            extra_compile_args=["-O2", "-g0"],
        )
        for name in RUNTIME
    ]
    entry = Extension(
        "ckeras._kernels.entry", ["ckeras/_kernels/entry.c"], extra_compile_args=["-O2", "-std=gnu11", "-g0"]
    )
    # What Cython makes of numpy's declarations compiles with that numpy alone.
    made = f"build/cython-{cython_version}-numpy-{numpy.__version__}"
    return [*found, entry] + cythonize(runtime, language_level=3, build_dir=made)


def check_compiler(compiler: Any) -> None:
    """Exit with one sentence unless the compiler exists and compiles a program that uses Python and OpenMP."""
    command = compiler.compiler_so[0]
    if shutil.which(command) is None:
        raise SystemExit(
            f"ckeras needs a C compiler to build its kernels, and {command!r} is none that can be run: install GCC or "
            "Clang, or name the compiler in the environment variable CC"
        )
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program.c")
        program.write_text("#include <Python.h>\n#include <omp.h>\nint main(void) { return omp_get_max_threads(); }\n")
        try:
            compiler.compile([str(program)], output_dir=folder, extra_postargs=["-fopenmp"])
        except CompileError as error:
            raise SystemExit(
                f"ckeras cannot build its kernels, as {command!r} does not compile a program with Python's headers and "
                "OpenMP (its message is above): install the development files of Python, and GCC or Clang with OpenMP"
            ) from error


class BuildLevels(build_ext):
    """Compiles the levels side by side: they share sources, so each has a build directory of its own."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self) -> None:
        check_compiler(self.compiler)
        super().build_extensions()

    def build_extension(self, ext: Extension) -> None:
        worker = copy.copy(self)
        worker.build_temp = os.path.join(self.build_temp, ext.name)
        build_ext.build_extension(worker, ext)


if sys.platform == "win32":
    raise SystemExit("ckeras builds with GCC or Clang on Linux and macOS")

setup(ext_modules=extensions(), cmdclass={"build_ext": BuildLevels})
