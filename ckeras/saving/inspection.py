"""What a file of a model or of weights holds, found without building the model or calling anything the file names."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ckeras import registry
from ckeras.saving import archive, folder, hdf5
from ckeras.saving.legacy_weights import listed, version_of
from ckeras.saving.older_configs import renewed
from ckeras.saving.safetensors_files import SafetensorsReader
from ckeras.saving.serialization import is_known
from ckeras.saving.shards import ShardsReader


class LayerLine(NamedTuple):
    """A layer of the architecture."""

    depth: int  # 0 for the model, 1 for its layers, ...
    name: str
    kind: str  # its class, with the module if that is not one of Keras
    inputs: str  # shape that it was built for, as far as the config says
    options: str  # some arguments


class WeightLine(NamedTuple):
    """A weight."""

    path: str
    shape: tuple[int, ...]
    dtype: str
    size: int  # bytes
    norm: float | None  # square root of the sum of squares; None for text, or if it is not read


@dataclass
class Findings:
    """What `inspect` found in a file."""

    path: str
    kind: str
    size: int
    versions: dict[str, str] = field(default_factory=dict)
    layers: list[LayerLine] = field(default_factory=list)
    weights: list[WeightLine] = field(default_factory=list)
    members: list[tuple[str, int]] = field(default_factory=list)
    compiled: str = ""
    unsafe: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)  # classes and functions of other packages


def inspect(path: str) -> Findings:
    """Inspect a file or folder of a model or of weights.

    Args:
        path: Path that ends with ``.keras``, ``.h5``, ``.weights.h5``, ``.weights.json`` or ``.safetensors``, or that
            of a folder with a model.

    Raises:
        ValueError: for another path, or a file that is damaged.
        OSError: if it cannot be read.
    """
    suffixes = (".weights.json", ".weights.h5", ".safetensors", ".keras", ".hdf5", ".h5")
    suffix = next((suffix for suffix in suffixes if path.endswith(suffix)), None)
    if os.path.isdir(path):
        suffix = "folder"
    if suffix is None or (suffix == "folder" and not folder.is_model(path)):
        raise ValueError(
            f"inspect expects a path that ends with one of {', '.join(suffixes)}, or a model's folder, got {path!r}"
        )
    found = Findings(path, suffix, _size(path))
    with archive.errors_of(path):
        _INSPECT[suffix](path, found)
    return found


def _size(path: str) -> int:
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(root, name)) for root, _, names in os.walk(path) for name in names)


# -- formats


def _archive(path: str, found: Findings) -> None:
    with zipfile.ZipFile(path) as members:
        found.members = [(info.filename, info.file_size) for info in members.infolist()]
    names = [name for name, _ in found.members]
    found.unsafe += [f"a member named twice: {name!r}" for name in dict.fromkeys(names) if names.count(name) > 1]
    found.unsafe += [f"a member that leaves its folder: {name!r}" for name in names if _leaves_folder(name)]
    with archive.opened(path) as opened:
        hdf5.check_heaps(opened.file)
        found.versions = _texts(opened.metadata())
        _model(opened, found)


def _leaves_folder(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")


def _folder(path: str, found: Findings) -> None:
    with folder.opened(path) as opened:
        found.members = [
            (os.path.relpath(os.path.join(root, name), path), os.path.getsize(os.path.join(root, name)))
            for root, _, names in os.walk(path)
            for name in sorted(names)
        ]
        with open(os.path.join(path, archive.METADATA), "rb") as file:
            found.versions = _texts(archive.dict_of(file.read(), archive.METADATA))
        _model(opened, found)


def _model(opened: Any, found: Findings) -> None:
    """What an `archive.Archive` or a `folder.Folder` holds."""
    _architecture(opened.config(), found)
    with opened.weights() as weights:
        found.unsafe += hdf5.outside(weights.root)
        _objects(weights.objects(), found)


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in values.items()}


def _weights_file(path: str, found: Findings) -> None:
    with open(path, "rb") as file:
        hdf5.check_heaps(file)
        with hdf5.WeightsReader(file) as weights:
            found.unsafe += hdf5.outside(weights.root)
            _objects(weights.objects(), found)


def _shards(path: str, found: Findings) -> None:
    with ShardsReader(path) as shards:
        _objects(shards.objects(), found)


def _safetensors(path: str, found: Findings) -> None:
    with SafetensorsReader(path) as tensors:
        paths = tensors.metadata
        found.versions = {key: value for key, value in paths.items() if "/" not in key}
        _objects(tensors.objects(), found)


def _legacy(path: str, found: Findings) -> None:
    with ExitStack() as files:
        opened = files.enter_context(open(path, "rb"))
        hdf5.check_heaps(opened)
        root = files.enter_context(hdf5.h5py().File(opened, "r"))
        found.unsafe += hdf5.outside(root)
        for name in ("keras_version", "backend"):
            if name in root.attrs:
                found.versions[name] = str(hdf5.text_of(root, name))
        for name, take in (("model_config", _architecture), ("training_config", _training)):
            if name in root.attrs:
                take(renewed(json.loads(hdf5.text_of(root, name)), version_of(root)), found)
        layers = root
        if not listed(root, "layer_names") and "model_weights" in root:
            layers = hdf5.group_at(root, "model_weights")
        for layer in listed(layers, "layer_names"):
            group = hdf5.group_at(layers, layer)
            for name in listed(group, "weight_names"):
                _weight(f"{layer}/{name}", hdf5.shape_at, hdf5.array_at, (group, name), found)


_INSPECT: dict[str, Callable[[str, Findings], None]] = {
    ".keras": _archive,
    "folder": _folder,
    ".h5": _legacy,
    ".hdf5": _legacy,
    ".weights.h5": _weights_file,
    ".weights.json": _shards,
    ".safetensors": _safetensors,
}


# -- weights


def _objects(objects: Iterator[tuple[str, str | None, Any]], found: Findings) -> None:
    for path, _, variables in objects:
        for key in variables:
            _weight(f"{path}/{key}" if path else key, variables.shape, variables.__getitem__, (key,), found)


def _weight(path: str, shape_of: Callable, read: Callable, where: tuple, found: Findings) -> None:
    """Add a weight, or what is wrong with it."""
    try:
        shape, array = shape_of(*where), read(*where)
    except (OSError, ValueError) as error:
        found.unsafe.append(f"a weight that is not read: {path!r}: {error}")
        return
    found.weights.append(WeightLine(path, tuple(shape), array.dtype.name, array.nbytes, _norm(array)))


def _norm(array: np.ndarray) -> float | None:
    if array.dtype.kind in "SUO":
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.abs(array.astype("complex128" if array.dtype.kind == "c" else "float64"))
        return float(np.sqrt(np.sum(values * values)))


# -- configs


def _training(config: Any, found: Findings) -> None:
    parts = {"optimizer": config.get("optimizer", config.get("optimizer_config"))} if isinstance(config, dict) else {}
    parts |= {key: config[key] for key in ("loss", "metrics") if isinstance(config, dict) and config.get(key)}
    found.compiled = ", ".join(f"{key} {_short(value)}" for key, value in parts.items() if value)
    _check(config, "compile", found)


def _architecture(config: Any, found: Findings) -> None:
    """The layers of a config, and what in it is not safe or of other packages."""
    if isinstance(config, dict) and isinstance(config.get("compile_config"), dict):
        _training(config["compile_config"], found)
        config = {key: value for key, value in config.items() if key != "compile_config"}
    found.layers += _lines(config, 0)
    _check(config, "", found)


def _lines(config: Any, depth: int) -> Iterator[LayerLine]:
    if not isinstance(config, dict) or "class_name" not in config:
        return
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else inner
    module, name = config.get("module"), config["class_name"]
    kind = str(name) if module is None or registry.is_ours(module) else f"{module}.{name}"
    values = inner if isinstance(inner, dict) else {}
    built = config.get("build_config")
    shape = values.get("batch_shape", values.get("batch_input_shape"))
    if shape is None and isinstance(built, dict):
        shape = built.get("input_shape", built.get("shapes_dict"))
    options = [f"{key}={_short(values[key])}" for key in _OPTIONS if values.get(key) not in (None, [], {}, "linear")]
    options += ["frozen"] if values.get("trainable") is False else []
    yield LayerLine(
        depth,
        str(values.get("name", config.get("name", ""))),
        kind,
        "" if shape is None else _short(shape),
        ", ".join(options),
    )
    inside = (
        layers if isinstance(layers, list) else [values.get("layer"), values.get("cell"), *_list(values.get("cells"))]
    )
    for one in inside:
        yield from _lines(one, depth + 1)


_OPTIONS = (
    "units", "filters", "kernel_size", "strides", "padding", "pool_size", "rate", "input_dim", "output_dim", "axis",
    "num_heads", "key_dim", "target_shape", "activation",
)  # fmt: skip


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _short(value: Any) -> str:
    if isinstance(value, dict) and "class_name" in value:
        inner = value.get("config")
        return str(inner if value["class_name"] == "function" else value["class_name"])
    if isinstance(value, list):
        return f"({', '.join(map(_short, value))})"
    return f"{value}"[:60]


def _check(config: Any, path: str, found: Findings) -> None:
    """Add what a config holds that is not safe, or that another package has to bring."""
    if isinstance(config, list):
        for i, value in enumerate(config):
            _check(value, f"{path}[{i}]", found)
    if not isinstance(config, dict):
        return
    inner, name = config.get("config"), config.get("class_name")
    where = path or "the model"
    if name == "__lambda__" or (
        isinstance(inner, dict) and "lambda" in (inner.get("function_type"), inner.get("mask_type"))
    ):
        found.unsafe.append(f"byte code of a lambda at {where}")
    elif isinstance(name, str) and not name.startswith("__") and not is_known(config):
        named = inner if name == "function" else name
        module = config.get("module")
        text = f"{module}.{named}" if module else f"{named}"
        list_ = found.unsafe if registry.is_ours(module) or module in _DANGEROUS else found.foreign
        list_.append(f"{text} at {where}")
    if isinstance(inner, dict) and isinstance(inner.get("vocabulary"), str):
        found.unsafe.append(f"a vocabulary to be read from {inner['vocabulary']!r} at {where}")
    for key, value in config.items():
        _check(value, f"{path}.{key}" if path else key, found)


_DANGEROUS = ("os", "sys", "subprocess", "posix", "nt", "shutil", "importlib", "pickle", "builtins", "socket", "ctypes")
