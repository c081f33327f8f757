"""Where ``import keras`` leads to ckeras: child processes, notebooks, modules of older Keras; and absent names."""

import subprocess
import sys

import api
import pytest

import ckeras
from ckeras import keras_names
from ckeras.compat import imports


def python(*arguments):
    """The standard output of a Python process that must succeed."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def script(tmp_path):
    def run(text):
        (tmp_path / "script.py").write_text(text)
        return python("-m", "ckeras", str(tmp_path / "script.py"))

    return run


CHILD = """
import sys
import keras
from tensorflow.keras.layers import Dense

def versions(n):
    import keras, tf_keras, tensorflow
    assert keras is tf_keras is tensorflow.keras
    assert Dense is keras.layers.Dense
    return f"{keras.__name__} {n}"

if __name__ == "__main__":
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_child_processes(script, method):
    output = script(
        f"{CHILD}    import multiprocessing\n"
        f"    with multiprocessing.get_context({method!r}).Pool(1) as pool:\n"
        "        print(pool.map(versions, [1, 2]))\n"
    )
    assert output == "['ckeras 1', 'ckeras 2']\n"


def test_children_of_joblib(script):
    output = script(
        f"{CHILD}    from joblib import Parallel, delayed\n"
        "    print(Parallel(n_jobs=2)(delayed(versions)(n) for n in (1, 2)))\n"
    )
    assert output == "['ckeras 1', 'ckeras 2']\n"


def test_children_of_a_program_that_started_processes_before():
    text = CHILD.replace("import keras\n", "import multiprocessing.spawn, ckeras; ckeras.install()\nimport keras\n", 1)
    text += "    with multiprocessing.get_context('spawn').Pool(1) as pool: print(pool.map(versions, [3]))\n"
    with open("program.py", "w") as file:
        file.write(text.replace("ckeras.install()", "__name__ == '__main__' and ckeras.install()"))
    assert python("program.py") == "['ckeras 3']\n"


def test_notebook():
    output = python("-m", "IPython", "--no-banner", "-c", "%load_ext ckeras\nimport keras\nprint(keras.__name__)")
    assert output.split() == ["ckeras"]


def test_versions(script):
    output = script(
        "import keras, tensorflow as tf, ckeras\n"
        "print(keras.__version__, keras.version(), ckeras.__version__, tf.__version__, tf.keras.__version__)\n"
        "assert int(keras.__version__.split('.')[0]) == 3 and tf.__version__ >= '2.16'\n"
    )
    keras = imports.KERAS_VERSION
    assert output.split() == [keras, keras, keras, "2.20.0+ckeras", keras]
    assert ckeras.__version__ == ckeras.version() != keras  # where it replaces nothing, it has its own


MODULES = [
    ("from keras.layers.core import Dense, Dropout", "Dense is keras.layers.Dense"),
    ("from keras.layers.merge import concatenate", "concatenate is keras.layers.concatenate"),
    ("from keras.layers.advanced_activations import LeakyReLU", "LeakyReLU is keras.layers.LeakyReLU"),
    ("import keras.layers.noise as noise", "noise.GaussianNoise is keras.layers.GaussianNoise"),
    ("from keras.engine.topology import Layer, Input", "Layer is keras.layers.Layer"),
    ("from keras.engine import InputSpec", "InputSpec is keras.InputSpec"),
    ("from keras.legacy import interfaces as i", "i.Model is keras.Model"),
    ("from keras.objectives import mse", "mse is keras.losses.mse"),
    ("from keras.utils.vis_utils import plot_model", "plot_model is keras.utils.plot_model"),
    ("from keras.utils.generic_utils import get_custom_objects as g", "g is keras.utils.get_custom_objects"),
    ("from keras.utils.np_utils import to_categorical", "to_categorical is keras.utils.to_categorical"),
    ("from keras._tf_keras.keras.layers import Dense", "Dense is keras.layers.Dense"),
    ("from tensorflow.python.keras.layers.core import Dense", "Dense is keras.layers.Dense"),
    ("from tf_keras.layers import Dense", "Dense is keras.layers.Dense"),
    ("import keras.layers.core.dense as d; from keras.layers.core import Dense", "d.Dense is Dense"),
]


def test_modules_of_older_keras(script):
    checks = "".join(f"{statement}\nassert {expression}, {statement!r}\n" for statement, expression in MODULES)
    script(f"import keras\n{checks}")


ABSENT = [
    ("from keras.layers import TFSMLayer", ImportError, "Keras has keras.layers.TFSMLayer; ckeras does not: it "),
    ("keras.layers.TFSMLayer", AttributeError, "Keras has keras.layers.TFSMLayer; ckeras does not: it needs Ten"),
    ("keras.distribution", AttributeError, "Keras has keras.distribution; ckeras does not: it computes on one "),
    ("import keras.distribution", ImportError, "Keras has keras.distribution; ckeras does not: it computes on "),
    ("keras.layers.Dence", AttributeError, "module 'ckeras.layers' has no attribute 'Dence'"),
    ("from keras.layers import Dence", ImportError, "cannot import name 'Dence' from 'ckeras.layers'"),
    ("import keras.dence", ModuleNotFoundError, "No module named 'keras.dence'"),
    ("keras.layers.merge.Dence", AttributeError, "module 'keras.layers.merge' has no attribute 'Dence'"),
    ("from tensorflow import lite", ImportError, "tensorflow.lite is not one of the TensorFlow names that"),
    ("import tensorflow.lite", ImportError, "tensorflow.lite is not one of the TensorFlow names that"),
    ("import tensorflow as tf; tf.lite", AttributeError, "tensorflow.lite is not one of the TensorFlow names that"),
]


def test_absent_names(script):
    checks = "".join(
        f"try:\n    {statement}\n"
        f"except {error.__name__} as error:\n"
        f"    assert type(error) is {error.__name__} and str(error).startswith({message!r}), ({statement!r}, error)\n"
        f"else:\n    raise AssertionError({statement!r})\n"
        for statement, error, message in ABSENT
    )
    script(f"import keras, keras.layers.merge\n{checks}")


def test_names_of_keras_are_listed():
    """The list that the package reads is that of the public names of Keras."""
    listed = {}
    with open(keras_names._NAMES) as file:
        for line in file:
            namespace, _, names = line.partition(":")
            listed[namespace] = names.split()
    assert {f"{namespace}.{name}" for namespace, names in listed.items() for name in names} >= set(api.SYMBOLS)
    known = {path[: i + 1] for path in api.SYMBOLS for i in range(len(path)) if path[i + 1 : i + 2] in ("", ".")}
    assert {f"{namespace}.{name}" for namespace, names in listed.items() for name in names} <= known


def test_reasons_are_of_names_that_are_absent():
    for path in keras_names._REASONS:
        if not path.endswith("."):
            assert path in api.SYMBOLS or any(name.startswith(path + ".") for name in api.SYMBOLS)
            assert api.found(path) is api.ABSENT, path


def test_install_says_what_is_in_its_way():
    with open("program.py", "w") as file:
        file.write(
            "import sys, types\nsys.modules['keras'] = types.ModuleType('keras')\nimport ckeras\nckeras.install()\n"
        )
    done = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True)
    assert "ckeras cannot replace 'keras': <module 'keras'> has been imported in this process already" in done.stderr
