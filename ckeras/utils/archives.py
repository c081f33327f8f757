"""Unpacking of archives into a folder that nothing leaves."""

from __future__ import annotations

import os
import secrets
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import IO, Any

from ckeras.utils.tracebacks import warn

Member = tuple[str, Callable[[], IO[bytes] | None]]  # name, and function that opens it; None if it is no file


def extract_archive(path: str, folder: str, archive_format: str | Sequence[str] | None = "auto") -> bool:
    """Unpack an archive into a folder, which is replaced as a whole once everything is unpacked.

    Regular files and folders are unpacked, and links to files of the archive become copies of these. What else there
    is, and members whose names lead out of the folder, are left out with a warning.

    Args:
        path: Path of the archive.
        folder: The folder.
        archive_format: ``"tar"`` (compressed or not), ``"zip"``, a list of these to try, ``"auto"`` for both, or
            `None` for neither.

    Returns:
        Whether the file is an archive of one of the formats; otherwise nothing is unpacked.

    Raises:
        ValueError: for another format.
        OSError: if the archive is damaged or the folder cannot be written; the folder is then as it was.
    """
    formats = ["tar", "zip"] if archive_format == "auto" else archive_format or []
    for kind in [formats] if isinstance(formats, str) else formats:
        if kind not in _FORMATS:
            raise ValueError(f"archive_format is expected to be 'auto', 'tar', 'zip' or a list of these, got {kind!r}")
        is_archive, members = _FORMATS[kind]
        if is_archive(path):
            _replace(folder, path, members)
            return True
    return False


def is_extracted(path: str, folder: str) -> bool:
    """Whether a folder is what `extract_archive` made of the archive: it then has the archive's time of change."""
    return os.path.isdir(folder) and os.stat(folder).st_mtime_ns == os.stat(path).st_mtime_ns


def _replace(folder: str, path: str, members: Callable[[str], Iterator[Member]]) -> None:
    """Unpack into a new folder, which then replaces the old one."""
    mark = secrets.token_hex(4)
    new, old = f"{folder}.{mark}.tmp", f"{folder}.{mark}.old"
    os.mkdir(new)
    try:
        try:
            for name, opened in members(path):
                _unpack(name, opened, new)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, RuntimeError) as error:
            raise OSError(f"cannot unpack {path!r}: {error}") from error
        times = os.stat(path)
        os.utime(new, ns=(times.st_atime_ns, times.st_mtime_ns))
        if os.path.lexists(folder):
            os.rename(folder, old)
        os.rename(new, folder)
    finally:
        for one in (new, old):
            shutil.rmtree(one, ignore_errors=True)


def _unpack(name: str, opened: Callable[[], IO[bytes] | None], folder: str) -> None:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts or name.startswith(("/", "\\")) or any(":" in part or "\0" in part for part in parts):
        warn(f"{name!r} is left out, as it does not lie in the folder of the archive")
        return
    target = os.path.join(folder, *parts)
    if name.endswith("/"):
        os.makedirs(target, exist_ok=True)
        return
    file = opened()
    if file is None:
        warn(f"{name!r} is left out, as it is no regular file")
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with closing(file), open(target, "wb") as copy:
        shutil.copyfileobj(file, copy, 1 << 20)


def _tar_members(path: str) -> Iterator[Member]:
    with tarfile.open(path) as archive:
        for member in archive:
            yield (
                f"{member.name}/" if member.isdir() else member.name,
                lambda member=member: _opened(archive, member),  # type: ignore[misc]
            )


def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    """A member, or the member that it is a link to; `None` if there is none."""
    try:
        return archive.extractfile(member)
    except KeyError:
        return None


def _zip_members(path: str) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            yield info.filename, lambda info=info: archive.open(info)  # type: ignore[misc]


_FORMATS: dict[str, tuple[Callable[[str], bool], Callable[[str], Iterator[Member]]]] = {
    "tar": (tarfile.is_tarfile, _tar_members),
    "zip": (zipfile.is_zipfile, _zip_members),
}
