"""The namespace `keras.ops.image`.

Images are (height, width, channels), or (channels, height, width) where ``data_format`` is "channels_first"; a batch
has one more leading axis. ``data_format`` `None` means `ckeras.config.image_data_format()`.
"""

from ckeras.ops.image.color import (
    hsv_to_rgb as hsv_to_rgb,
    rgb_to_grayscale as rgb_to_grayscale,
    rgb_to_hsv as rgb_to_hsv,
)
from ckeras.ops.image.cropping import (
    crop_images as crop_images,
    extract_patches as extract_patches,
    extract_patches_3d as extract_patches_3d,
    pad_images as pad_images,
)
from ckeras.ops.image.elastic import elastic_transform as elastic_transform
from ckeras.ops.image.filters import (
    gaussian_blur as gaussian_blur,
    sobel_edges as sobel_edges,
    ssim as ssim,
)
from ckeras.ops.image.projections import (
    affine_transform as affine_transform,
    perspective_transform as perspective_transform,
)
from ckeras.ops.image.resizing import (
    resize as resize,
    scale_and_translate as scale_and_translate,
)
from ckeras.ops.image.sampling import map_coordinates as map_coordinates
from ckeras.ops.public import publish as _publish

_publish(globals())
