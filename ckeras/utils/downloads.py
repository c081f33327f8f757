"""Files from the network, kept in a folder."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from typing import Any

from ckeras.saving.atomic import replacing
from ckeras.utils.archives import extract_archive, is_extracted
from ckeras.utils.interactive import print_message
from ckeras.utils.progbar import Progbar
from ckeras.utils.tracebacks import warn

_BLOCK = 1 << 16
_SECONDS = 60  # to wait for the next bytes


def get_file(
    fname: str | os.PathLike | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str | os.PathLike = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | Sequence[str] | None = "auto",
    cache_dir: str | os.PathLike | None = None,
    force_download: bool = False,
) -> str:
    """Return the path of a file from the network, which is downloaded unless it was before.

    The file is there as a whole or not at all, whenever the process is interrupted. With a hash, what is found and
    what is downloaded is checked.

    Args:
        fname: Name of the file, without folders; that of `origin` if not given.
        origin: Address of the file.
        untar: Whether to unpack the file, which is a tar archive; `extract` is the newer name.
        md5_hash: MD5 hash of the file; `file_hash` is the newer name.
        file_hash: SHA-256 or MD5 hash of the file, in hexadecimal digits.
        cache_subdir: Folder within `cache_dir`, or an absolute path.
        hash_algorithm: ``"sha256"``, ``"md5"``, or ``"auto"``, which goes by the length of the hash.
        extract: Whether to unpack the file, and to return the folder with what it holds. The folder has the name
            `fname`; if that has a dot, the part before it with ``"_extracted"``.
        archive_format: ``"tar"`` (compressed or not), ``"zip"``, a list of these to try, ``"auto"`` for both, or
            `None` for neither.
        cache_dir: Folder of all files; if not given, that of the environment variable KERAS_HOME, or ``~/.keras``. If
            it cannot be written, it is ``.keras`` in the folder of temporary files.
        force_download: Whether to download the file even if it is there.

    Raises:
        ValueError: if there is no address or name, the name has folders, or what was downloaded has another hash; it is
            not kept then.
        OSError: if the file cannot be downloaded, unpacked or written.

    >>> import pathlib
    >>> pathlib.Path("numbers.txt").write_text("1 2 3")
    5
    >>> path = get_file(origin=pathlib.Path("numbers.txt").absolute().as_uri(), cache_dir=".")  # doctest: +ELLIPSIS
    Downloading data from file:///...
    >>> path, open(path).read()
    ('./datasets/numbers.txt', '1 2 3')
    """
    if origin is None:
        raise ValueError("get_file expects origin, the address of the file, got None")
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    hasher = _hasher(hash_algorithm, file_hash)
    name = os.fspath(fname) if fname else os.path.basename(urllib.parse.urlsplit(origin).path)
    if not name or name in (".", "..") or os.sep in name or "/" in name or "\0" in name:
        raise ValueError(f"get_file expects fname to be a name without folders, got {name!r} (origin is {origin!r})")
    folder = _folder(cache_dir, cache_subdir)
    target, unpacked = os.path.join(folder, name), ""
    if extract or untar:
        stem, dot, _ = name.partition(".")
        if fname and dot:
            unpacked = os.path.join(folder, f"{stem}_extracted")
        else:
            target, unpacked = f"{target}_archive", target
    if force_download or not _is_there(target, file_hash, hasher, hash_algorithm):
        print_message(f"Downloading data from {origin}")
        _download(origin, target, file_hash, hasher.copy())
    if not unpacked or is_extracted(target, unpacked):
        return unpacked or target
    if not extract_archive(target, unpacked, "tar" if untar else archive_format):
        warn(f"get_file cannot unpack {target!r}, which is no archive of format {archive_format!r}")
    return unpacked


def cache_folder() -> str:
    """The folder of all files: that of the environment variable KERAS_HOME, or ``~/.keras``."""
    return os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")


def _folder(cache_dir: Any, subfolder: Any) -> str:
    """The folder of a file, which is created."""
    base = cache_folder() if cache_dir is None else os.path.expanduser(cache_dir)
    with contextlib.suppress(OSError):
        os.makedirs(base, exist_ok=True)
    if not os.access(base, os.W_OK):
        base = os.path.join(tempfile.gettempdir(), ".keras")
    folder = os.path.join(base, subfolder)
    os.makedirs(folder, exist_ok=True)
    return folder


def _hasher(algorithm: str, file_hash: str | None) -> Any:
    if algorithm not in ("auto", "md5", "sha256"):
        raise ValueError(f"get_file expects hash_algorithm to be 'auto', 'md5' or 'sha256', got {algorithm!r}")
    if algorithm == "auto":
        algorithm = "sha256" if file_hash is not None and len(file_hash) == 64 else "md5"
    return hashlib.new(algorithm, usedforsecurity=False)


def _is_there(path: str, file_hash: str | None, hasher: Any, algorithm: str) -> bool:
    """Whether the file was downloaded before; with another hash, it is to be downloaded again."""
    if not os.path.exists(path) or file_hash is None:
        return os.path.exists(path)
    hasher = hasher.copy()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            hasher.update(block)
    if hasher.hexdigest() == file_hash.lower():
        return True
    print_message(
        f"A local file was found, but it seems to be incomplete or outdated because the {algorithm} file hash does not "
        f"match the original value of {file_hash} so we will re-download the data."
    )
    return False


def _download(origin: str, path: str, file_hash: str | None, hasher: Any) -> None:
    try:
        with urllib.request.urlopen(origin, timeout=_SECONDS) as answer, replacing(path) as file:
            length = answer.headers.get("Content-Length")
            size, done = None if length is None else int(length), 0
            bar = Progbar(size)
            while block := answer.read(_BLOCK):
                file.write(block)
                hasher.update(block)
                done += len(block)
                bar.update(done, finalize=False)
            if size is not None and done != size:
                raise OSError(f"URL fetch failure on {origin}: {done} bytes of {size} came")
            if file_hash is not None and hasher.hexdigest() != file_hash.lower():
                raise ValueError(
                    f"get_file expects a file of {hasher.name} hash {file_hash} at {origin}, got one of hash "
                    f"{hasher.hexdigest()}, which is not kept"
                )
            bar.update(done, finalize=True)
    except urllib.error.HTTPError as error:
        raise OSError(f"URL fetch failure on {origin}: {error.code} -- {error.msg}") from error
    except (urllib.error.URLError, http.client.HTTPException) as error:
        raise OSError(f"URL fetch failure on {origin}: {getattr(error, 'reason', error)}") from error
