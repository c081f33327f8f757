"""Data sets for examples, downloaded on first use except for `digits`; each loads on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.datasets import (
        boston_housing as boston_housing,
        california_housing as california_housing,
        cifar10 as cifar10,
        cifar100 as cifar100,
        digits as digits,
        fashion_mnist as fashion_mnist,
        imdb as imdb,
        mnist as mnist,
        reuters as reuters,
    )

attach(
    __name__,
    dict.fromkeys(
        [
            "boston_housing", "california_housing", "cifar10", "cifar100", "digits", "fashion_mnist", "imdb", "mnist",
            "reuters",
        ]
    ),
)  # fmt: skip
