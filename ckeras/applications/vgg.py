"""VGG: stages of 3 x 3 convolutions and a maximum over windows of 2 x 2 (Simonyan and Zisserman, 2015)."""

from __future__ import annotations

from ckeras import layers
from ckeras.applications.blocks import classified, pooled
from ckeras.applications.image_model import Arguments, finished, image_input
from ckeras.models import Model

_FILTERS = (64, 128, 256, 512, 512)


def vgg(given: Arguments, convolutions: tuple[int, ...]) -> Model:
    """Make a VGG with numbers of convolutions for its five stages."""
    inputs = x = image_input(given, default_size=224)
    for stage, (filters, count) in enumerate(zip(_FILTERS, convolutions, strict=True), 1):
        for i in range(1, count + 1):
            x = layers.Conv2D(filters, (3, 3), padding="same", activation="relu", name=f"block{stage}_conv{i}")(x)
        x = layers.MaxPooling2D((2, 2), strides=(2, 2), name=f"block{stage}_pool")(x)
    if given.include_top:
        x = layers.Flatten(name="flatten")(x)
        for name in ("fc1", "fc2"):
            x = layers.Dense(4096, activation="relu", name=name)(x)
        x = classified(x, given)
    else:
        x = pooled(x, given, named=False)
    return finished(given, inputs, x)
