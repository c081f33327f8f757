"""``tensorflow.io``: files, and images in them, which Pillow decodes (extra ``image``)."""

from __future__ import annotations

import glob as _glob
import io as _io
import os
import shutil
import types
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.table import names_of
from ckeras.preprocessing.image.pillow import pillow
from ckeras.tensor.string_tensor import StringTensor

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def _bytes(contents: Any) -> bytes:
    found = contents.numpy() if isinstance(contents, StringTensor) else contents
    if isinstance(found, np.ndarray) and found.shape == ():
        found = found.item()
    if not isinstance(found, bytes):
        raise TypeError(f"expected the contents of one file, bytes, got {type(found).__name__}")
    return found


def _path(filename: Any) -> str:
    found = filename.numpy() if isinstance(filename, StringTensor) else filename
    if isinstance(found, np.ndarray) and found.shape == ():
        found = found.item()
    return os.fsdecode(found)


def read_file(filename: Any, name: str | None = None) -> StringTensor:
    """Return the contents of a file."""
    with open(_path(filename), "rb") as file:
        return StringTensor(file.read())


def write_file(filename: Any, contents: Any, name: str | None = None) -> None:
    """Write contents to a file, whose folder is made if it does not exist."""
    path = _path(filename)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(_bytes(contents) if not isinstance(contents, str) else contents.encode())


def matching_files(pattern: Any, name: str | None = None) -> StringTensor:
    """Return the sorted paths that match a pattern, or one of several."""
    patterns = [pattern] if isinstance(pattern, (str, bytes)) else list(pattern)
    return StringTensor(sorted({path for p in patterns for path in _glob.glob(_path(p))}))


def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = "uint8",
    name: str | None = None,
    expand_animations: bool = True,
) -> Any:
    """Decode an image file.

    Args:
        contents: of a PNG, JPEG, BMP, GIF or another file that Pillow reads.
        channels: 1, 3 or 4; those of the file for 0 or None.
        dtype: "uint8", or a float dtype for values from 0 to 1.
        name: no effect.
        expand_animations: whether a GIF gives an axis of frames in front; else its first frame.

    Returns:
        Tensor: of shape (height, width, channels), or (frames, height, width, channels).

    Raises:
        ValueError: if the contents are no image, or there is no such number of channels.
    """
    if channels not in (None, 0, *_MODES):
        raise ValueError(f"decode_image expects channels to be 0, 1, 3 or 4, got {channels}")
    image = _opened(contents)
    if image.format == "GIF":
        frames = [_pixels(_at(image, i), channels or 3) for i in range(image.n_frames if expand_animations else 1)]
        pixels = np.stack(frames) if expand_animations else frames[0]
    else:
        pixels = _pixels(image, channels)
    if str(dtype).startswith("float"):
        return _ops.cast(_ops.divide(_ops.convert_to_tensor(pixels, dtype="float32"), 255.0), dtype)
    return _ops.convert_to_tensor(pixels, dtype=dtype)


def _opened(contents: Any) -> Any:
    Image = pillow("decode_image")
    try:
        return Image.open(_io.BytesIO(_bytes(contents)))
    except OSError as error:
        raise ValueError(f"the contents are no image that Pillow can read: {error}") from None


def _at(image: Any, frame: int) -> Any:
    image.seek(frame)
    return image


def _pixels(image: Any, channels: int | None) -> np.ndarray:
    mode = _MODES.get(channels or 0)
    if mode is None:
        mode = image.mode if image.mode in ("L", "RGB", "RGBA") else "L" if image.mode in ("1", "LA", "I") else "RGB"
    array = np.asarray(image.convert(mode))
    return array[..., None] if array.ndim == 2 else array


def decode_png(contents: Any, channels: int = 0, dtype: Any = "uint8", name: str | None = None) -> Any:
    """Decode a PNG file to a tensor of shape (height, width, channels)."""
    return decode_image(contents, channels, dtype, expand_animations=False)


def decode_jpeg(contents: Any, channels: int = 0, ratio: int = 1, name: str | None = None) -> Any:
    """Decode a JPEG file to a tensor of uint8 of shape (height, width, channels), ``ratio`` times smaller."""
    return decode_image(contents, channels, expand_animations=False)[::ratio, ::ratio]


def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Any:
    """Decode a BMP file to a tensor of uint8 of shape (height, width, channels)."""
    return decode_image(contents, channels, expand_animations=False)


def decode_gif(contents: Any, name: str | None = None) -> Any:
    """Decode a GIF file to a tensor of uint8 of shape (frames, height, width, 3)."""
    return decode_image(contents, 3)


def decode_webp(contents: Any, channels: int = 0, dtype: Any = "uint8", name: str | None = None) -> Any:
    """Decode a WebP file to a tensor of shape (height, width, channels)."""
    return decode_image(contents, channels, dtype, expand_animations=False)


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> StringTensor:
    """Return the PNG file of an image of uint8 of shape (height, width, channels)."""
    return _encoded(image, "PNG", {} if compression < 0 else {"compress_level": compression})


def encode_jpeg(image: Any, format: str = "", quality: int = 95, name: str | None = None) -> StringTensor:
    """Return the JPEG file of an image of uint8 of shape (height, width, 1 or 3)."""
    return _encoded(image, "JPEG", {"quality": quality})


def _encoded(image: Any, format: str, options: dict[str, Any]) -> StringTensor:
    array = np.asarray(image)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[-1] not in _MODES:
        raise ValueError(
            f"expected an image of uint8 of shape (height, width, channels), got {array.dtype} of shape {array.shape}"
        )
    file = _io.BytesIO()
    picture = pillow("encode_image").fromarray(array[..., 0] if array.shape[-1] == 1 else array)
    picture.save(file, format, **options)
    return StringTensor(file.getvalue())


def is_jpeg(contents: Any, name: str | None = None) -> bool:
    """Whether the contents of a file begin as a JPEG."""
    return _bytes(contents).startswith(b"\xff\xd8\xff")


def decode_raw(input_bytes: Any, out_type: Any, little_endian: bool = True, name: str | None = None) -> Any:
    """Return the numbers of a dtype that bytes hold."""
    order = "<" if little_endian else ">"
    numbers = np.frombuffer(_bytes(input_bytes), np.dtype(str(out_type)).newbyteorder(order))
    return _ops.convert_to_tensor(numbers.astype(str(out_type)))


class GFile:
    """A file, opened as `open` does: text, or bytes with a "b" in the mode."""

    def __new__(cls, name: Any, mode: str = "r") -> Any:
        return open(_path(name), mode)


def _copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    if not overwrite and os.path.exists(_path(dst)):
        raise FileExistsError(f"copy: {_path(dst)!r} exists")
    shutil.copyfile(_path(src), _path(dst))


def _rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    if not overwrite and os.path.exists(_path(dst)):
        raise FileExistsError(f"rename: {_path(dst)!r} exists")
    os.replace(_path(src), _path(dst))


gfile = types.SimpleNamespace(
    GFile=GFile,
    Open=GFile,
    exists=lambda path: os.path.exists(_path(path)),
    isdir=lambda path: os.path.isdir(_path(path)),
    glob=lambda pattern: sorted(_glob.glob(_path(pattern))),
    listdir=lambda path: os.listdir(_path(path)),
    makedirs=lambda path: os.makedirs(_path(path), exist_ok=True),
    mkdir=lambda path: os.mkdir(_path(path)),
    remove=lambda path: os.remove(_path(path)),
    rmtree=lambda path: shutil.rmtree(_path(path)),
    walk=lambda top: os.walk(_path(top)),
    join=os.path.join,
    copy=_copy,
    rename=_rename,
)

ROWS = {
    **{
        name: f"compat.tensorflow.parsing.{name}"
        for name in (
            "FixedLenFeature", "FixedLenSequenceFeature", "VarLenFeature", "decode_base64", "decode_compressed",
            "decode_csv", "encode_base64", "extract_jpeg_shape", "parse_example", "parse_single_example",
            "parse_tensor", "serialize_tensor",
        )
    },
    "decode_and_crop_jpeg": "compat.tensorflow.crops.decode_and_crop_jpeg",
    "TFRecordWriter": "compat.tensorflow.records.TFRecordWriter",
    "TFRecordOptions": "compat.tensorflow.records.TFRecordOptions",
}  # fmt: skip

__getattr__, __dir__ = names_of(__name__, ROWS)
