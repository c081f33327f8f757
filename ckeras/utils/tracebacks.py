"""Traceback filtering: errors show the caller's frames without those of the package."""

import inspect
import os
import sys
import warnings
from collections.abc import Callable
from functools import update_wrapper
from types import TracebackType
from typing import Any, TypeVar

from ckeras import config
from ckeras._kernels.entry import Entry

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
Class = TypeVar("Class")


def hide_own_frames(error: BaseException) -> None:
    """Remove the package's frames from the traceback of ``error``, unless traceback filtering is disabled.

    Callables that are an `Entry` call it for each error that they raise.
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
    """Class decorator: errors raised by these methods are shown without the package's frames."""

    def decorate(cls: type[Class]) -> type[Class]:
        for name in methods:
            setattr(cls, name, _hiding(cls.__dict__[name]))
        return cls

    return decorate


def named_as(owner: str) -> Callable[[type[Class]], type[Class]]:
    """Decorator for a class: errors about the arguments of its methods call them methods of the class ``owner``."""

    def decorate(cls: type[Class]) -> type[Class]:
        for name, value in vars(cls).items():
            method = inspect.unwrap(value) if callable(value) else None
            if inspect.isfunction(method):
                method.__qualname__ = f"{owner}.{name}"
        return cls

    return decorate


def _hiding(method: Callable[..., Any]) -> Callable[..., Any]:
    entry = Entry(method, failed=hide_own_frames)  # unlike a wrapper in Python, this adds no frame
    update_wrapper(entry, method)
    return entry


def name_layer(error: Exception, layer: Any, inputs: str) -> None:
    """Add a note with the layer to an error that its `call` raised, unless the error has such a note.

    Only the innermost layer adds a note. Before Python 3.11 it is appended to the message.
    """
    if getattr(error, "_names_layer", False) or repr(layer.name) in str(error):
        return
    note = f"when calling layer {layer.name!r} (of type {type(layer).__name__}) on {inputs}"
    error._names_layer = True  # type: ignore[attr-defined]
    if hasattr(error, "add_note"):
        error.add_note(note)
    elif error.args and isinstance(error.args[0], str):
        error.args = (f"{error.args[0]}\n{note}", *error.args[1:])


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning with the location of the caller outside of the package."""
    frame, level = sys._getframe(1), 2
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=2 if frame is None else level)
