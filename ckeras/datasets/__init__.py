"""Data sets that a first model can be trained on; each loads when it is first named."""

from ckeras.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {"digits": None})
