"""A notebook in a real Jupyter kernel: imports, displays, and processes that it starts."""

import re
import sys

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = {
    "load": "%load_ext ckeras\nimport keras, ckeras\nprint(keras is ckeras, keras.__version__)",
    "other names": (
        "import tensorflow as tf\nfrom tf_keras.layers import Dense\nprint(tf.keras is ckeras, Dense.__module__)"
    ),
    "model": (
        "import numpy as np\n"
        "model = keras.Sequential([keras.Input((3,)), Dense(4, activation='relu', name='hidden'), Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "x, y = np.ones((64, 3)), np.zeros(64)"
    ),
    "fit": "history = model.fit(x, y, epochs=2, batch_size=8)",
    "summary": "model.summary()",
    "profile": "_ = model.profile(x, y)",
    "error": "keras.layers.Dense(-1)",
    "after": "print(model.predict(x[:2], verbose=0).shape)",
    "processes": (
        "from concurrent.futures import ProcessPoolExecutor\n"
        "import multiprocessing, pathlib, sys\n"
        "pathlib.Path('work.py').write_text('import keras\\ndef name(n): return keras.__name__, n')\n"
        "sys.path.insert(0, '')\n"
        "import work\n"
        "for method in ('spawn', 'forkserver', 'fork'):\n"
        "    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:\n"
        "        print(method, list(pool.map(work.name, [1])))\n"
        "import joblib\n"
        "print(joblib.Parallel(n_jobs=2)(joblib.delayed(work.name)(n) for n in range(2)))"
    ),
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """Runs the notebook; returns name -> the cell with its outputs."""
    folder = tmp_path_factory.mktemp("notebook")
    spec = folder / "kernels" / "this"
    spec.mkdir(parents=True)
    command = f'["{sys.executable}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"]'
    (spec / "kernel.json").write_text(f'{{"argv": {command}, "display_name": "this", "language": "python"}}')
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        client = NotebookClient(
            notebook, timeout=120, kernel_name="this", allow_errors=True, resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
    return dict(zip(CELLS, notebook.cells, strict=True))


def printed(cell):
    """What a cell printed, and the text of what it displayed."""
    assert not [o for o in cell.outputs if o.output_type == "error"], cell.outputs
    text = "".join(o.text if o.output_type == "stream" else o.data["text/plain"] for o in cell.outputs)
    return re.sub(r"\x1b\[[0-9;]*m", "", text)  # without styles


def test_keras_is_ckeras(cells):
    assert printed(cells["load"]).startswith("True 3.15")
    assert printed(cells["other names"]).startswith("True ckeras.layers")
    assert printed(cells["model"]) == ""


def test_the_progress_bar_is_printed(cells):
    text = printed(cells["fit"])
    assert "Epoch 1/2" in text and "Epoch 2/2" in text
    assert "8/8" in text and "loss:" in text


def test_summary_and_profile_are_printed(cells):
    text = printed(cells["summary"])
    assert "hidden (Dense)" in text and "Total params" in text
    assert "dense" in printed(cells["profile"])


def test_an_error_ends_its_cell_alone(cells):
    (error,) = [o for o in cells["error"].outputs if o.output_type == "error"]
    assert error.ename == "ValueError" and "units" in error.evalue
    assert printed(cells["after"]) == "(2, 1)\n"


def test_keras_is_ckeras_in_processes_of_the_notebook(cells):
    assert printed(cells["processes"]).splitlines() == [
        "spawn [('ckeras', 1)]",
        "forkserver [('ckeras', 1)]",
        "fork [('ckeras', 1)]",
        "[('ckeras', 0), ('ckeras', 1)]",
    ]
