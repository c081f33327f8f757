"""Data sets that a first model can be trained on; each loads when it is first named."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.datasets import digits as digits

attach(__name__, {"digits": None})
