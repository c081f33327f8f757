"""Small groups of layers that several architectures have in common."""

from __future__ import annotations

from typing import Any

from ckeras import config, layers
from ckeras.applications.image_model import Arguments
from ckeras.tensor import KerasTensor


def channel_axis() -> int:
    """The axis of the channels of a batch of images."""
    return 3 if config.image_data_format() == "channels_last" else 1


def batch_norm(x: KerasTensor, name: str | None = None, **options: Any) -> KerasTensor:
    """Batch normalization of each channel."""
    return layers.BatchNormalization(axis=channel_axis(), name=name, **options)(x)


def concatenated(branches: list[KerasTensor], name: str | None = None) -> KerasTensor:
    """Branches side by side, along the axis of the channels."""
    return layers.Concatenate(axis=channel_axis(), name=name)(branches)


def rounded(channels: float, divisor: int = 8, limit: float = 0.9) -> int:
    """Return the multiple of ``divisor`` nearest to a number of channels, but no less than ``limit`` times it.

    >>> [rounded(24 * width) for width in (0.35, 0.75, 1.0, 1.4)]
    [8, 24, 24, 32]
    """
    found = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return found + divisor if found < limit * channels else found


def padded_for_stride(x: KerasTensor, kernel_size: int, name: str) -> KerasTensor:
    """Zeros around images so that a convolution with stride 2 and padding "valid" halves them, rounded up.

    One row and column less at the start of even sizes, as the models of the papers were trained.
    """
    first = channel_axis() % 3  # 0 for channels_last, whose sizes are axes 1 and 2
    sizes = x.shape[1 + first : 3 + first]
    after = kernel_size // 2
    before = [after - (1 if None in sizes else 1 - size % 2) for size in sizes]
    return layers.ZeroPadding2D(tuple((size, after) for size in before), name=name)(x)


def squeeze_excite(x: KerasTensor, filters: int, activation: str, name: str, **options: Any) -> KerasTensor:
    """Scale each channel by a function of all channels' averages (Hu et al., 2018).

    Args:
        x: Batch of images.
        filters: Number of channels of the hidden layer.
        activation: Of the hidden layer.
        name: Start of the names of the layers.
        options: Of both convolutions.
    """
    channels = x.shape[channel_axis()]
    shape = (1, 1, channels) if channel_axis() == 3 else (channels, 1, 1)
    y = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    y = layers.Reshape(shape, name=f"{name}se_reshape")(y)
    y = layers.Conv2D(filters, 1, padding="same", activation=activation, name=f"{name}se_reduce", **options)(y)
    y = layers.Conv2D(channels, 1, padding="same", activation="sigmoid", name=f"{name}se_expand", **options)(y)
    return layers.Multiply(name=f"{name}se_excite")([x, y])


def pooled(x: KerasTensor, given: Arguments, named: bool = True) -> KerasTensor:
    """Feature maps pooled as the argument ``pooling`` says; with names or generated ones."""
    kinds = {"avg": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D}
    if given.pooling is None:
        return x
    return kinds[given.pooling](name=f"{given.pooling}_pool" if named else None)(x)


def classified(x: KerasTensor, given: Arguments, **options: Any) -> KerasTensor:
    """The dense layer of the classes."""
    return layers.Dense(given.classes, activation=given.classifier_activation, name="predictions", **options)(x)


def dense_head(x: KerasTensor, given: Arguments, top_name: str | None = "avg_pool", named: bool = True) -> KerasTensor:
    """Average of each feature map and a dense layer; without the top what `pooled` gives.

    Args:
        x: Feature maps.
        given: The arguments of the application.
        top_name: Name of the pooling layer of the top; None for a generated one.
        named: Whether pooling layers without the top have names.
    """
    if not given.include_top:
        return pooled(x, given, named)
    return classified(layers.GlobalAveragePooling2D(name=top_name)(x), given)
