"""Small data sets for examples; each loads on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.datasets import digits as digits

attach(__name__, {"digits": None})
