"""``tensorflow.errors``: classes that scripts catch, each also the error of Python that ckeras raises instead."""

from ckeras.compat.tensorflow.table import names_of


class OpError(Exception):
    """An operation failed."""


class InvalidArgumentError(OpError, ValueError):
    """An argument is not as an operation expects it."""


class NotFoundError(OpError, FileNotFoundError):
    """A file does not exist."""


class AlreadyExistsError(OpError, FileExistsError):
    """A file exists already."""


class OutOfRangeError(OpError, StopIteration):
    """The data is at its end."""


class ResourceExhaustedError(OpError, MemoryError):
    """There is not enough memory."""


class UnimplementedError(OpError, NotImplementedError):
    """An operation is not there."""


__getattr__, __dir__ = names_of(__name__, {})
