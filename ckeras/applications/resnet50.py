"""ResNet50, which is also in `ckeras.applications.resnet`."""

from ckeras.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy
