"""Plugins: named classes and functions that installed packages declare as entry points.

A package's `pyproject.toml` lists, for a table of the registry, names and where each leads::

    [project.entry-points."ckeras.layers"]
    swish_dense = "swish.layers:SwishDense"

One scan of the installed distributions reads the groups of all tables, on the first lookup of an unknown name. It
imports none of their modules: a module is imported when its name is looked up, and its errors are reported then.
``python -m ckeras plugins`` lists all of them.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

PREFIX = "ckeras."


class Declaration(NamedTuple):
    """One name in an entry-point group of an installed distribution."""

    table: str
    name: str
    value: str
    distribution: str

    @property
    def module(self) -> str:
        """The module that `value` refers to."""
        return self.value.partition(":")[0].strip()

    @property
    def attribute(self) -> str:
        """The object in that module; dots go deeper."""
        return self.value.partition(":")[2].partition("[")[0].strip()

    def load(self) -> Any:
        """Import the module and return the object; errors propagate."""
        found = importlib.import_module(self.module)
        for name in filter(None, self.attribute.split(".")):
            found = getattr(found, name)
        return found


class Malformed(NamedTuple):
    """A part of an installed distribution that could not be read."""

    distribution: str
    reason: str


Names = dict[str, list[Declaration]]

declared: dict[str, Names] = {}  # by table and name; empty until the first scan
malformed: list[Malformed] = []
_path: list[str] | None = None  # sys.path as it was at the scan
_lock = threading.Lock()


def names_in(table: str) -> Names:
    """Names that installed packages declare for a table, with all declarations of each name.

    The distributions are scanned unless they already were with the same `sys.path`.
    """
    if sys.path != _path:
        with _lock:
            if sys.path != _path:
                _scan()
    return declared.get(table, {})


def forget() -> None:
    """Make the next lookup scan the installed distributions again."""
    global _path
    with _lock:
        _path = None


def load(claims: list[Declaration], kind: str) -> Any:
    """The object that is declared under one name, `kind` being what to call it.

    Raises:
        ValueError: if it is declared more than once.
        ImportError: if the module cannot be imported, or has no such object.
    """
    first = claims[0]
    if len(claims) > 1:
        everyone = " and ".join(f"{claim.distribution} ({claim.value})" for claim in sorted(claims))
        raise ValueError(f"The {kind} {first.name!r} is declared more than once, by {everyone}; uninstall all but one.")
    try:
        return first.load()
    except (Exception, SystemExit) as error:
        raise ImportError(
            f"The {kind} {first.name!r} that {first.distribution} declares cannot be loaded from {first.value!r}: "
            f"{type(error).__name__}: {error}"
        ) from error


def import_all(names: Names, kind: str, wanted: str) -> None:
    """Import what declares these names, looking for an object called `wanted`, "package>name".

    Raises:
        ImportError: if a module that declares an object of that name cannot be imported. Other modules are not
            asked for by name, and say nothing.
    """
    for claims in names.values():
        try:
            load(claims, kind)
        except (ImportError, ValueError):
            if any(wanted.rpartition(">")[2] in (claim.name, claim.attribute) for claim in claims):
                raise


def _scan() -> None:
    global declared, malformed, _path
    path = list(sys.path)
    found: dict[str, Names] = {}
    wrong: list[Malformed] = []
    for distribution, text in _distributions():
        for group, name, value in _entries(text):
            table = group.removeprefix(PREFIX)
            if table == group:
                continue
            if not value:
                wrong.append(Malformed(distribution, f"the line {name!r} of its group {group!r} is not `name = value`"))
                continue
            claims = found.setdefault(table, {}).setdefault(name, [])
            claim = Declaration(table, name, value, distribution)
            if claim not in claims:
                claims.append(claim)
    declared, malformed, _path = found, wrong, path


def _distributions() -> Iterator[tuple[str, str]]:
    """(name and version, text of `entry_points.txt`) of every distribution that has a group of ours."""
    from importlib import metadata

    seen = set()
    for distribution in metadata.distributions():
        text = _entry_points(distribution)
        if PREFIX not in text:
            continue
        name, version = _name_and_version(distribution)
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in seen:
            continue
        seen.add(key)
        with contextlib.suppress(metadata.PackageNotFoundError, ValueError):
            text = _entry_points(metadata.distribution(name))  # of several of one name, the first on Python's path
        yield f"{name} {version}".strip(), text


def _entry_points(distribution: Any) -> str:
    try:
        return distribution.read_text("entry_points.txt") or ""
    except (OSError, ValueError):  # not to be read, or not UTF-8: nobody's plugin
        return ""


def _name_and_version(distribution: Any) -> tuple[str, str]:
    """As its metadata say, or, where they are damaged, as its folder is called."""
    try:
        name, version = distribution.metadata.get("Name"), distribution.metadata.get("Version")
    except Exception:
        name = version = None
    if not name:
        folder = getattr(getattr(distribution, "_path", None), "name", "unknown")
        name, _, version = folder.removesuffix(".dist-info").removesuffix(".egg-info").partition("-")
    return name, version or ""


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    """(group, name, value) of each line of an `entry_points.txt`."""
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif line and line[0] not in "#;":
            name, _, value = line.partition("=")
            yield group, name.strip(), value.strip()
