"""Errors show the caller's lines: frames of the package are left out of their tracebacks."""

import os
import sys
import warnings
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any, TypeVar

from ckeras import config

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
Class = TypeVar("Class")


def hide_own_frames(error: BaseException) -> None:
    """Leave the package's frames out of the traceback of ``error``, unless `config` says that full ones are shown.

    The frame that raises it again is added by Python after this.
    """
    if not config.is_traceback_filtering_enabled():
        return
    frames, kept = error.__traceback__, []
    while frames is not None:
        if not frames.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            kept.append(frames)
        frames = frames.tb_next
    shown: TracebackType | None = None
    for frame in reversed(kept):
        shown = TracebackType(shown, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    error.__traceback__ = shown


def hides_own_frames(*methods: str) -> Callable[[type[Class]], type[Class]]:
    """Decorator for a class: errors that leave these of its methods are shown without the package's frames."""

    def decorate(cls: type[Class]) -> type[Class]:
        for name in methods:
            setattr(cls, name, _hiding(cls.__dict__[name]))
        return cls

    return decorate


def _hiding(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except Exception as error:
            hide_own_frames(error)
            raise error

    return call


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line outside of the package from which it was called."""
    frame, level = sys._getframe(1), 2
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=2 if frame is None else level)
