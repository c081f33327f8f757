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


def _error(name: str, kind: type, meaning: str) -> type:
    return type(name, (OpError, kind), {"__doc__": meaning, "__module__": __name__})


AbortedError = _error("AbortedError", RuntimeError, "An operation was aborted.")
CancelledError = _error("CancelledError", RuntimeError, "An operation was cancelled.")
DataLossError = _error("DataLossError", OSError, "Data is lost or corrupted.")
DeadlineExceededError = _error("DeadlineExceededError", TimeoutError, "An operation took too long.")
FailedPreconditionError = _error("FailedPreconditionError", RuntimeError, "The state does not allow an operation.")
InternalError = _error("InternalError", RuntimeError, "An invariant does not hold.")
OperatorNotAllowedInGraphError = _error("OperatorNotAllowedInGraphError", TypeError, "A value is not known yet.")
PermissionDeniedError = _error("PermissionDeniedError", PermissionError, "An operation is not allowed.")
UnauthenticatedError = _error("UnauthenticatedError", PermissionError, "Credentials are missing.")
UnavailableError = _error("UnavailableError", ConnectionError, "A service is not there.")
UnknownError = _error("UnknownError", RuntimeError, "Something failed.")

__getattr__, __dir__ = names_of(__name__, {})
