"""Runs an unmodified Keras script on ckeras: ``python -m ckeras script.py ...``; commands for plugins and files.

In that process ``keras`` and ``tensorflow`` are ckeras (see `ckeras.compat.imports`); everything else is as when
Python itself runs the script: ``sys.argv``, ``sys.path[0]``, ``__main__``, ``__file__``, the exit status, and
tracebacks of the script's frames only.
"""

import importlib
import importlib.util
import io
import os
import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from types import ModuleType, TracebackType

USAGE = """\
usage: python -m ckeras script.py [argument ...]
       python -m ckeras -c code [argument ...]
       python -m ckeras -m module [argument ...]
       python -m ckeras plugins
       python -m ckeras inspect FILE
       python -m ckeras convert FROM TO

Runs a Keras script on ckeras: keras and tensorflow are ckeras in that process.
Without a script, prints the configuration. A script named - is read from standard input.
plugins lists the layers, losses, ... that installed packages add, and which of them do not load and why.
inspect shows what is in a file of a model or of weights, and whether that is safe to load, without loading it.
convert writes a model or its weights in another format, which the ending tells: .keras, .h5, .weights.h5,
.safetensors, or none for a folder. Scripts of these names are run as ./plugins, ./inspect and ./convert.
"""


def _is_built(package: str) -> bool:
    return any(os.path.exists(os.path.join(package, "_kernels", f"plans{end}")) for end in EXTENSION_SUFFIXES)


def _leave_unbuilt_tree() -> bool:
    """If this file is in a source tree without kernels, run the installed package instead; return whether it ran.

    ``python -m`` searches the current folder first. In a clone this is the source tree, which hides the package
    installed by ``pip install .``.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    if _is_built(here):
        return False
    tree = os.path.dirname(here)
    before = sys.path[:]
    sys.path[:] = [entry for entry in before if os.path.abspath(entry) != tree]
    for name in [name for name in sys.modules if name.partition(".")[0] == "ckeras"]:
        del sys.modules[name]
    found = importlib.util.find_spec("ckeras")
    if found is None or not found.submodule_search_locations or not _is_built(found.submodule_search_locations[0]):
        sys.exit(f"ckeras: the kernels of {tree} are not built; `pip install {tree}` builds and installs them")
    installed = importlib.import_module("ckeras.__main__")
    sys.path[:] = before
    installed.main(sys.argv[1:])
    return True


def _run(source: str | bytes, filename: str, directory: str) -> None:
    """Run source text as the module ``__main__``, which stays in `sys.modules` for exit handlers."""
    module = ModuleType("__main__")
    module.__dict__.update(__builtins__=__builtins__, __doc__=None)
    if os.path.exists(filename):
        module.__file__ = filename
    sys.modules["__main__"] = module
    _set_first_path(directory)
    exec(compile(source, filename, "exec", dont_inherit=True), module.__dict__)


def _set_first_path(directory: str) -> None:
    if not getattr(sys.flags, "safe_path", False):  # python -P and -I exclude the script's folder
        sys.path[0] = directory


def _run_script(path: str) -> None:
    if path == "-":
        return _run(sys.stdin.read(), "<stdin>", "")
    absolute = os.path.abspath(path)
    if os.path.isdir(absolute) or absolute.endswith((".zip", ".pyz", ".pyc")):
        runpy.run_path(path, run_name="__main__")
        return None
    try:
        with io.open_code(absolute) as file:
            source = file.read()
    except OSError as error:
        print(f"ckeras: can't open file {absolute!r}: [Errno {error.errno}] {error.strerror}", file=sys.stderr)
        sys.exit(2)
    return _run(source, absolute, os.path.dirname(os.path.realpath(path)))


def _is_own(names: dict[str, object]) -> bool:
    return names.get("__name__") == "runpy" or names.get("__package__") == "ckeras"


def _hide_own_frames() -> None:
    """Start the traceback of an uncaught error with the script's first frame.

    This is a hook instead of an ``except`` clause so that Python itself ends the process with the usual exit status.
    """
    shown = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, frames: TracebackType | None) -> None:
        while frames is not None and _is_own(frames.tb_frame.f_globals):
            frames = frames.tb_next
        shown(kind, error.with_traceback(frames), frames)

    sys.excepthook = hook


# Command -> the number of its arguments, how they are called.
COMMANDS = {
    "plugins": (0, "no arguments"),
    "inspect": (1, "one argument, FILE"),
    "convert": (2, "two arguments, FROM TO"),
}


def _command(name: str, arguments: list[str]) -> None:
    """Run a command of ckeras; errors of files are one line."""
    count, wanted = COMMANDS[name]
    if len(arguments) != count:
        given = f", got {' '.join(arguments)}" if arguments else ""
        print(f"ckeras: {name} takes {wanted}{given}\n{USAGE}", end="", file=sys.stderr)
        sys.exit(2)
    if name == "plugins":
        from ckeras.utils.show_plugins import show_plugins

        return show_plugins()
    try:
        if name == "inspect":
            from ckeras.saving.file_report import show_file

            sys.exit(0 if show_file(*arguments) else 1)
        from ckeras.saving.conversion import convert_file

        return convert_file(*arguments)
    except (OSError, ValueError, ImportError) as error:
        print(f"ckeras: {error}", file=sys.stderr)
        sys.exit(2)


def main(arguments: Sequence[str]) -> None:
    """Run the command line."""
    from ckeras._version import version
    from ckeras.compat import imports
    from ckeras.utils.show_config import show_config

    if not arguments:
        return show_config()
    first, rest = arguments[0], list(arguments[1:])
    if first in ("-h", "--help"):
        return print(USAGE, end="")
    if first in ("-V", "--version"):
        return print(f"ckeras {version()}")
    if first in COMMANDS:
        return _command(first, rest)
    if first in ("-c", "-m") and not rest:
        print(f"ckeras: argument expected for the {first} option\n{USAGE}", end="", file=sys.stderr)
        sys.exit(2)
    if first.startswith("-") and first not in ("-", "-c", "-m"):
        print(f"ckeras: unknown option {first}\n{USAGE}", end="", file=sys.stderr)
        sys.exit(2)

    imports.install()
    _hide_own_frames()
    sys.argv = [first, *rest]
    if first == "-c":
        sys.argv = ["-c", *rest[1:]]
        _run(rest[0], "<string>", "")
    elif first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        _run_script(first)


if __name__ == "__main__" and not _leave_unbuilt_tree():
    main(sys.argv[1:])
