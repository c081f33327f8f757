"""Matplotlib, which is loaded when it is first needed."""

from __future__ import annotations

from typing import Any


def matplotlib(function: str) -> tuple[Any, Any]:
    """The modules pyplot and patches of Matplotlib.

    Raises:
        ImportError: if it is not installed; the sentence says how to install it.
    """
    try:
        from matplotlib import patches, pyplot
    except ImportError as error:
        raise ImportError(f"{function} needs Matplotlib: pip install 'ckeras[visualization]' installs it") from error
    return pyplot, patches
