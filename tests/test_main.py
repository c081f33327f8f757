"""``python -m ckeras``: an unmodified Keras script runs on ckeras, as if Python itself had been given it."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import ckeras


def run(*arguments, cwd=None, input=None, **environment):
    """The finished process of ``python -m ckeras`` with these arguments."""
    return subprocess.run(
        [sys.executable, "-m", "ckeras", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        input=input,
        env={**os.environ, **environment},
        timeout=120,
    )


@pytest.fixture
def script(tmp_path):
    """Writes a script and runs it, in a folder of its own."""

    def write_and_run(text, *arguments, **environment):
        path = tmp_path / "scripts" / "script.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return run(path, *arguments, cwd=tmp_path, **environment)

    return write_and_run


@pytest.mark.parametrize(
    "statement, expression",
    [
        ("import keras", "keras is ckeras"),
        ("import keras.layers", "keras.layers is ckeras.layers"),
        ("import keras.layers as L", "L is ckeras.layers"),
        ("from keras import layers", "layers is ckeras.layers"),
        ("from keras.models import Sequential", "Sequential is ckeras.Sequential"),
        ("from keras.datasets import digits", "digits is ckeras.datasets.digits"),
        ("import tensorflow as tf", "tf.keras is ckeras"),
        ("import tensorflow.keras", "tensorflow.keras is ckeras"),
        ("import tensorflow.keras as k", "k is ckeras"),
        ("from tensorflow import keras", "keras is ckeras"),
        ("from tensorflow.keras import optimizers", "optimizers is ckeras.optimizers"),
        ("import tensorflow.keras.losses as L", "L is ckeras.losses"),
        ("from tensorflow.keras.layers import Dense", "Dense is ckeras.layers.Dense"),
        ("from tensorflow.python.keras.layers import Dense", "Dense is ckeras.layers.Dense"),
        ("import tensorflow as tf", "tf.optimizers is ckeras.optimizers"),
        ("from tensorflow.optimizers import Adam", "Adam is ckeras.optimizers.Adam"),
        ("import tensorflow.nn", "tensorflow.nn.relu.__name__ == 'relu'"),
    ],
)
def test_imports_give_ckeras(script, statement, expression):
    # The alias comes first, so that what ckeras loads later must be found under both names.
    done = script(f"{statement}\nimport ckeras\nassert {expression}, {expression.split()[0]}\n")
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_is_loaded_twice(script):
    text = (
        "import sys\n"
        "import keras.layers, keras.losses, tensorflow.keras.models, tensorflow.keras.optimizers\n"
        "for name, module in list(sys.modules.items()):\n"
        "    if name.partition('.')[0] in ('keras', 'tensorflow'):\n"
        "        own = module.__name__\n"
        "        assert own.startswith('ckeras') and sys.modules[own] is module, name\n"
        "        assert module.__spec__.name == own, (name, module.__spec__)\n"
    )
    done = script(text)
    assert (done.returncode, done.stderr) == (0, "")


def test_installed_keras_is_not_touched(script, tmp_path):
    for name in ("keras", "tensorflow"):
        (tmp_path / "site" / name).mkdir(parents=True)
        (tmp_path / "site" / name / "__init__.py").write_text("raise SystemExit('the real one was imported')")
        (tmp_path / "site" / name / "extra.py").write_text("")
    text = "import keras, tensorflow as tf\nassert keras.__name__ == 'ckeras', keras\nassert tf.keras is keras\n"
    done = script(text, PYTHONPATH=str(tmp_path / "site"))
    assert (done.returncode, done.stderr) == (0, "")
    done = script("import keras.extra", PYTHONPATH=str(tmp_path / "site"))
    assert done.returncode == 1
    assert done.stderr.endswith("ModuleNotFoundError: No module named 'keras.extra'\n")


def test_keras_imported_before_is_refused(tmp_path):
    (tmp_path / "keras.py").write_text("")
    code = "import keras\nfrom ckeras.compat import imports\nimports.install()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=path(tmp_path))
    assert done.returncode == 1 and "cannot replace 'keras'" in done.stderr and "keras.py" in done.stderr


def path(folder):
    return {**os.environ, "PYTHONPATH": str(folder)}


def test_other_processes_are_left_alone(tmp_path):
    (tmp_path / "keras.py").write_text("name = 'the real one'")
    code = "import ckeras, keras; print(keras.name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=path(tmp_path))
    assert done.stdout == "the real one\n"


REPORT = "import sys, __main__; print([__name__, __file__, sys.argv, sys.path[0], __main__.x, __doc__])"


def test_script_sees_what_python_would_show_it(tmp_path):
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "neighbour.py").write_text("y = 5")
    (folder / "script.py").write_text(f"'A docstring.'\nimport neighbour\nx = neighbour.y\n{REPORT}\n")
    arguments = ["scripts/script.py", "--epochs", "3", "-m", "a b"]
    ours = run(*arguments, cwd=tmp_path)
    python = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=tmp_path)
    assert ours.stdout == python.stdout and python.stdout
    assert (ours.returncode, ours.stderr) == (0, "")


@pytest.mark.parametrize(
    "ending", ["raise SystemExit", "raise SystemExit(7)", "import sys; sys.exit('no data')", "exit(3)", "", "1 / 0"]
)
def test_exit_status_and_output_are_pythons(tmp_path, ending):
    (tmp_path / "script.py").write_text(f"print('ran')\n{ending}\n")
    ours = run("script.py", cwd=tmp_path)
    python = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, cwd=tmp_path)
    assert (ours.returncode, ours.stdout, ours.stderr) == (python.returncode, python.stdout, python.stderr)


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return 1 / x\n\nprint('before')\nf(0)\n",
        "try:\n    int('a')\nexcept ValueError as e:\n    raise RuntimeError('b') from e\n",
        "import json\njson.loads('{')\n",
        "x = (1,\n",
        "# -*- coding: latin-1 -*-\nraise ValueError('caf\\u00e9')\n",
    ],
)
def test_traceback_shows_the_script_alone(tmp_path, text):
    (tmp_path / "script.py").write_text(text)
    ours = run("script.py", cwd=tmp_path)
    python = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, cwd=tmp_path)
    assert ours.stderr == python.stderr and python.stderr
    assert (ours.returncode, ours.stdout) == (1, python.stdout)


def test_a_scripts_own_excepthook_is_used(script):
    done = script("import sys\nsys.excepthook = lambda *error: print('mine:', error[1])\nraise ValueError('x')\n")
    assert (done.returncode, done.stdout, done.stderr) == (1, "mine: x\n", "")


@pytest.mark.usefixtures("interruptible")
def test_interrupt_ends_as_python_ends(script):
    done = script("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nwhile True: pass\n")
    assert done.returncode == -signal.SIGINT
    assert done.stderr.rstrip().endswith("KeyboardInterrupt") and "__main__.py" not in done.stderr


def test_exit_functions_see_the_scripts_names(script):
    text = (
        "import atexit, pickle\n"
        "class A: pass\n"
        "atexit.register(lambda: print(type(pickle.loads(pickle.dumps(A()))) is A))\n"
    )
    assert script(text).stdout == "True\n"


def test_no_future_leaks_into_the_script(script):
    assert script("def f(x: int): pass\nprint(f.__annotations__)").stdout == "{'x': <class 'int'>}\n"


def test_code(tmp_path):
    done = run("-c", "import sys, keras; print(keras.__name__, __name__, sys.argv, repr(sys.path[0]))", "a", "-b")
    assert done.stdout == "ckeras __main__ ['-c', 'a', '-b'] ''\n"
    assert run("-c", "1 / 0").stderr.startswith('Traceback (most recent call last):\n  File "<string>", line 1')


def test_module(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "train.py").write_text("import sys, keras\nprint(keras.__name__, __name__, sys.argv)\n")
    done = run("-m", "package.train", "--fast", cwd=tmp_path)
    assert done.stdout == f"ckeras __main__ {[str(tmp_path / 'package' / 'train.py'), '--fast']}\n"
    failed = run("-m", "package.absent", cwd=tmp_path)
    assert failed.returncode == 1 and "package.absent" in failed.stderr


def test_folder_and_standard_input(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text("import keras, sys; print(keras.__name__, sys.argv)")
    assert run("app", "x", cwd=tmp_path).stdout == "ckeras ['app', 'x']\n"
    assert run("-", "x", input="import keras, sys; print(keras.__name__, sys.argv)").stdout == "ckeras ['-', 'x']\n"


@pytest.mark.parametrize("arguments, said", [(["-c"], "argument expected for the -c"), (["--fast"], "unknown option")])
def test_wrong_options(arguments, said):
    done = run(*arguments)
    assert done.returncode == 2 and said in done.stderr and "usage:" in done.stderr


def test_absent_script(tmp_path):
    done = run("absent.py", cwd=tmp_path)
    assert done.returncode == 2
    assert (
        done.stderr == f"ckeras: can't open file {str(tmp_path / 'absent.py')!r}: [Errno 2] No such file or directory\n"
    )


def test_without_a_script_prints_the_configuration(capsys):
    done = run(OMP_NUM_THREADS="1")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == f"ckeras {ckeras.__version__}"
    rows = dict(line.strip().split(maxsplit=1) for line in lines[1:] if not line.startswith("  instruction level"))
    assert rows["threads"] == "1" and rows["python"].startswith(".".join(map(str, sys.version_info[:3])))
    assert "instruction level" in done.stdout and "built" in done.stdout
    ckeras.show_config()
    assert capsys.readouterr().out.splitlines()[0] == lines[0]


def test_forced_level_is_shown():
    from ckeras import _kernels

    lowest = _kernels.usable_levels()[-1]
    assert f"{lowest} (" in run(CKERAS_LEVEL=lowest).stdout
    assert "forced by CKERAS_LEVEL" in run(CKERAS_LEVEL=lowest).stdout


def test_plugins_is_a_command_and_not_a_script(tmp_path):
    (tmp_path / "plugins").write_text("raise SystemExit('a script')")
    listed = run("plugins", cwd=tmp_path)
    assert listed.returncode == 0 and listed.stdout and "a script" not in listed.stderr
    assert run("./plugins", cwd=tmp_path).stderr == "a script\n"
    wrong = run("plugins", "--all")
    assert wrong.returncode == 2 and "plugins takes no arguments, got --all" in wrong.stderr


def test_help_and_version():
    assert run("--help").stdout.startswith("usage: python -m ckeras script.py")
    assert run("--version").stdout == f"ckeras {ckeras.__version__}\n"
    assert ckeras.version() == ckeras.__version__


def test_unbuilt_source_tree_gives_way_to_the_installed_package(tmp_path):
    # What `pip install . && python -m ckeras script.py` does in a fresh clone: the folder hides the package.
    package = Path(ckeras.__file__).parent
    shutil.copytree(package, tmp_path / "ckeras", ignore=shutil.ignore_patterns("*.so", "*.dylib", "__pycache__"))
    (tmp_path / "script.py").write_text("import keras, keras.layers; print(keras.__file__)\nkeras.absent\n")
    done = run("script.py", cwd=tmp_path, PYTHONPATH=str(package.parent))
    assert done.stdout == f"{package / '__init__.py'}\n"
    assert "__main__.py" not in done.stderr and "script.py" in done.stderr


def test_inspect_and_convert_are_commands(tmp_path):
    made = "import ckeras; ckeras.Sequential([ckeras.layers.Input((2,)), ckeras.layers.Dense(3)]).save('m.keras')"
    assert run("-c", made, cwd=tmp_path).returncode == 0
    assert run("convert", "m.keras", "m.h5", cwd=tmp_path).returncode == 0
    shown = run("inspect", "m.h5", cwd=tmp_path)
    assert shown.returncode == 0
    assert "Nothing unsafe was found." in shown.stdout
    (tmp_path / "bad.keras").write_text("bad")
    for arguments in (("inspect", "bad.keras"), ("inspect", "absent.h5"), ("convert", "bad.keras", "m.h5")):
        wrong = run(*arguments, cwd=tmp_path)
        assert wrong.returncode == 2
        assert wrong.stderr.count("\n") == 1
        assert wrong.stderr.startswith("ckeras: ")
    wrong = run("convert", "m.keras")
    assert wrong.returncode == 2
    assert "convert takes two arguments, FROM TO, got m.keras" in wrong.stderr
