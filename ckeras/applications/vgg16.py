"""VGG16.

>>> VGG16(weights=None, include_top=False, input_shape=(64, 64, 3), pooling="avg").output_shape
(None, 512)
"""

from __future__ import annotations

from functools import partial

from ckeras.applications.image_model import application
from ckeras.applications.imagenet_utils import caffe_input as preprocess_input, decode_predictions
from ckeras.applications.vgg import vgg

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

VGG16 = application(
    __name__,
    "VGG16",
    "vgg16",
    "Return a VGG of 16 layers (Simonyan and Zisserman, 2015); `preprocess_input` prepares its images.",
    partial(vgg, convolutions=(2, 2, 3, 3, 3)),
)

__dir__ = __all__.copy
