"""``keras.preprocessing``: texts, sequences and images as arrays, and data sets of files. Names load on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.preprocessing import image as image, sequence as sequence, text as text

attach(
    __name__,
    {
        "image": None,
        "sequence": None,
        "text": None,
    },
)
