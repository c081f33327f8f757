"""The packages of the extra ``visualization``, loaded on first use."""

from __future__ import annotations

from typing import Any


def pillow(function: str) -> tuple[Any, Any, Any]:
    """The modules Image, ImageDraw and ImageFont of Pillow.

    Raises:
        ImportError: if it is not installed; the sentence says how to install it.
    """
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise _missing(function, "Pillow") from error
    return Image, ImageDraw, ImageFont


def matplotlib(function: str) -> tuple[Any, Any]:
    """The modules pyplot and patches of Matplotlib.

    Raises:
        ImportError: if it is not installed; the sentence says how to install it.
    """
    try:
        from matplotlib import patches, pyplot
    except ImportError as error:
        raise _missing(function, "Matplotlib") from error
    return pyplot, patches


def _missing(function: str, package: str) -> ImportError:
    return ImportError(f"{function} needs {package}: pip install 'ckeras[visualization]' installs it")
