"""Pillow, which reads and writes image files and is loaded when it is first needed."""

from __future__ import annotations

from typing import Any


def pillow(function: str) -> Any:
    """Return the module ``PIL.Image``.

    Raises:
        ImportError: if Pillow is not installed; names the ``function`` that needs it.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(f"{function} needs Pillow, which is not installed: pip install 'ckeras[image]'") from error
    return Image
