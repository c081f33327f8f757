"""VGG19.

>>> VGG19(weights=None, include_top=False, input_shape=(64, 64, 3), pooling="avg").output_shape
(None, 512)
"""

from __future__ import annotations

from functools import partial

from ckeras.applications.image_model import application
from ckeras.applications.imagenet_utils import caffe_input as preprocess_input, decode_predictions
from ckeras.applications.vgg import vgg

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

VGG19 = application(
    __name__,
    "VGG19",
    "vgg19",
    "Return a VGG of 19 layers (Simonyan and Zisserman, 2015); `preprocess_input` prepares its images.",
    partial(vgg, convolutions=(2, 2, 4, 4, 4)),
)

__dir__ = __all__.copy
