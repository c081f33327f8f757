"""``keras.preprocessing.image``: image files as arrays, and random transformations of images.

Pillow, which the extra ``ckeras[image]`` installs, is loaded when it is first needed. Names load on first use.
"""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.preprocessing.image.affine import (
        apply_affine_transform as apply_affine_transform,
        random_rotation as random_rotation,
        random_shear as random_shear,
        random_shift as random_shift,
        random_zoom as random_zoom,
    )
    from ckeras.preprocessing.image.conversion import array_to_img as array_to_img, img_to_array as img_to_array
    from ckeras.preprocessing.image.cropping import smart_resize as smart_resize
    from ckeras.preprocessing.image.data_frame_iterator import DataFrameIterator as DataFrameIterator
    from ckeras.preprocessing.image.directory_iterator import DirectoryIterator as DirectoryIterator
    from ckeras.preprocessing.image.files import load_img as load_img, save_img as save_img
    from ckeras.preprocessing.image.image_data_generator import ImageDataGenerator as ImageDataGenerator
    from ckeras.preprocessing.image.intensity import (
        apply_brightness_shift as apply_brightness_shift,
        apply_channel_shift as apply_channel_shift,
        random_brightness as random_brightness,
        random_channel_shift as random_channel_shift,
    )
    from ckeras.preprocessing.image.iterator import Iterator as Iterator
    from ckeras.preprocessing.image.numpy_array_iterator import NumpyArrayIterator as NumpyArrayIterator

attach(
    __name__,
    {
        "DataFrameIterator": "data_frame_iterator",
        "DirectoryIterator": "directory_iterator",
        "ImageDataGenerator": "image_data_generator",
        "Iterator": "iterator",
        "NumpyArrayIterator": "numpy_array_iterator",
        "apply_affine_transform": "affine",
        "apply_brightness_shift": "intensity",
        "apply_channel_shift": "intensity",
        "array_to_img": "conversion",
        "img_to_array": "conversion",
        "load_img": "files",
        "random_brightness": "intensity",
        "random_channel_shift": "intensity",
        "random_rotation": "affine",
        "random_shear": "affine",
        "random_shift": "affine",
        "random_zoom": "affine",
        "save_img": "files",
        "smart_resize": "cropping",
    },
)
