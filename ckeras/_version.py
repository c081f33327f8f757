"""The version of the package."""

import sys

number = "0.1.0"


def version() -> str:
    """The version of ckeras, as `ckeras.__version__`: that of Keras where ckeras replaces it."""
    return sys.modules["ckeras"].__version__
