"""The report of ``python -m ckeras inspect``: what a file of a model holds, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras.saving.inspection import Findings, inspect

_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def show_file(path: str) -> bool:
    """Print what a file of a model or of weights holds; return whether nothing unsafe was found.

    Raises:
        ValueError, OSError: as `inspect`.
    """
    from rich.console import Console

    found, console = inspect(path), Console(highlight=False)
    facts = [
        f"{path}: {found.kind}, {_bytes(found.size)}",
        *(f"{key}: {value}" for key, value in found.versions.items()),
    ]
    console.print("\n".join(facts), markup=False, soft_wrap=True)
    if found.layers:
        rows = [("  " * line.depth + line.name, line.kind, line.inputs, line.options) for line in found.layers]
        console.print(_table("Architecture", ("Layer", "Class", "Input", "Options"), rows))
    if found.compiled:
        console.print(f"Compiled with {found.compiled}", markup=False, soft_wrap=True)
    if found.weights:
        console.print(_table("Weights", ("Path", "Shape", "Dtype", "Size", "Norm"), _weights(found)))
        total = sum(line.size for line in found.weights)
        console.print(f"{len(found.weights)} weights, {_bytes(total)}", markup=False)
    if found.members:
        console.print(_table("Members", ("Name", "Size"), [(name, _bytes(size)) for name, size in found.members]))
    for title, lines in (("From other packages", found.foreign), ("Unsafe", found.unsafe)):
        if lines:
            console.print(
                "\n".join([f"{title}:", *(f"  {line}" for line in dict.fromkeys(lines))]), markup=False, soft_wrap=True
            )
    if not found.unsafe:
        console.print("Nothing unsafe was found.")
    return not found.unsafe


def _weights(found: Findings) -> list[Sequence[str]]:
    return [
        (line.path, str(line.shape), line.dtype, _bytes(line.size), "" if line.norm is None else f"{line.norm:.4g}")
        for line in found.weights
    ]


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in ("Size", "Norm") else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _bytes(size: int) -> str:
    """A size in words.

    >>> _bytes(512), _bytes(3 << 20)
    ('512 bytes', '3.0 MiB')
    """
    return next((f"{size / unit:.1f} {name}" for unit, name in _UNITS if size >= unit), f"{size} bytes")
