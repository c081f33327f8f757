"""The version of the package."""

import sys

number = "0.1.0"
KERAS_VERSION = "3.15.1"  # of the Keras whose interface and files these are


def version() -> str:
    """The version of ckeras, as `ckeras.__version__`: that of Keras where ckeras replaces it."""
    return sys.modules["ckeras"].__version__
