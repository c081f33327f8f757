"""The namespace `keras.ops.image`.

Images are (height, width, channels), or (channels, height, width) where ``data_format`` is "channels_first"; a batch of
them has one more axis before. ``data_format`` `None` is that of `ckeras.config.image_data_format()`.
"""

from ckeras.ops.control.recording import publish as _publish
from ckeras.ops.image.color import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from ckeras.ops.image.cropping import crop_images, extract_patches, extract_patches_3d, pad_images
from ckeras.ops.image.filters import gaussian_blur, sobel_edges, ssim
from ckeras.ops.image.resizing import resize, scale_and_translate
from ckeras.ops.image.sampling import affine_transform, elastic_transform, map_coordinates, perspective_transform

__all__ = [
    "affine_transform",
    "crop_images",
    "elastic_transform",
    "extract_patches",
    "extract_patches_3d",
    "gaussian_blur",
    "hsv_to_rgb",
    "map_coordinates",
    "pad_images",
    "perspective_transform",
    "resize",
    "rgb_to_grayscale",
    "rgb_to_hsv",
    "scale_and_translate",
    "sobel_edges",
    "ssim",
]

_publish(globals(), __all__)
