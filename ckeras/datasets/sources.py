"""Where the files of data sets come from, and their hashes."""

from __future__ import annotations

from typing import Any

from ckeras.utils.downloads import get_file

_GOOGLE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_TORONTO = "https://www.cs.toronto.edu/~kriz/"

# name of the file: folder that it is in, hash (SHA-256 or MD5), or None if there is none
FILES: dict[str, tuple[str, str | None]] = {
    "boston_housing.npz": (_GOOGLE, "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"),
    "california_housing.npz": (_GOOGLE, "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"),
    "cifar-10-python.tar.gz": (_TORONTO, "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"),
    "cifar-100-python.tar.gz": (_TORONTO, "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"),
    "imdb.npz": (_GOOGLE, "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"),
    "imdb_word_index.json": (_GOOGLE, "bfafd718b763782e994055a2d397834f"),
    "mnist.npz": (_GOOGLE, "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"),
    "reuters.npz": (_GOOGLE, "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"),
    "reuters_word_index.json": (_GOOGLE, "4d44cc38712099c9e383dc6e5f11a921"),
    "t10k-images-idx3-ubyte.gz": (_GOOGLE, None),
    "t10k-labels-idx1-ubyte.gz": (_GOOGLE, None),
    "train-images-idx3-ubyte.gz": (_GOOGLE, None),
    "train-labels-idx1-ubyte.gz": (_GOOGLE, None),
}


def fetched(name: str, fname: str | None = None, **options: Any) -> str:
    """The path of one of these files, which is downloaded unless it was before.

    Args:
        name: Its name there.
        fname: Its name here; the same if not given.
        options: Those of `get_file`.
    """
    origin, file_hash = FILES[name]
    return get_file(name if fname is None else fname, origin + name, file_hash=file_hash, **options)
