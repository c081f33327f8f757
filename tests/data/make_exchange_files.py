"""Files of small models of every family of layers, saved by Keras in each format, and what these models compute.

`KERAS_BACKEND=jax python tests/data/make_exchange_files.py keras` (Keras 3.15) writes `exchange_keras.tar.xz` next to
this file, `python tests/data/make_exchange_files.py tf_keras` (tf_keras 2.21) `exchange_tf_keras.tar.xz`. The models
are those of `tests/shared/exchange_models.py`; `tests/saving/test_exchange.py` reads the files with ckeras.
"""

import pathlib
import sys
import tarfile
import tempfile

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "shared"))

import exchange  # noqa: E402


def pack(name, folder):
    """Pack the files of a folder."""
    with tarfile.open(FOLDER / f"exchange_{name}.tar.xz", "w:xz") as archive:
        for path in sorted(pathlib.Path(folder).glob("*.*")):
            if path.name != "found.json":
                archive.add(path, path.name)


def main():
    name = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        exchange.write(exchange.library(name), pathlib.Path(folder))
        pack(name, folder)


if __name__ == "__main__":
    main()
