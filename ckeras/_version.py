"""The version of the package."""

number = "0.1.0"


def version() -> str:
    """The version of ckeras, as `ckeras.__version__`."""
    return number
