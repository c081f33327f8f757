"""How much of Keras's public API is there: names, methods, properties, parameters and their defaults.

`tests/data/keras_api.json` lists them as they are in Keras 3.15. `python tests/shared/api.py keras.losses keras.ops`
prints what is missing from these namespaces (with what is below them) and what differs.
"""

import inspect
import json
import pathlib
import sys
from typing import Any

import ckeras

SYMBOLS = json.loads((pathlib.Path(__file__).parents[1] / "data" / "keras_api.json").read_text())["symbols"]
ABSENT = object()


def found(path: str) -> Any:
    """What ckeras calls by a name that begins with "keras."; `ABSENT` if nothing."""
    value = ckeras
    for part in path.split(".")[1:]:
        value = getattr(value, part, ABSENT)
        if value is ABSENT:
            return ABSENT
    return value


def names(namespace: str, below: bool = False) -> list[str]:
    """The public names of a namespace of Keras, with those of the namespaces below it or without."""
    depth = namespace.count(".") + 1
    return [n for n in SYMBOLS if n.startswith(namespace + ".") and (below or n.count(".") == depth)]


def differences(path: str) -> list[str]:
    """What is not as in Keras, a line each: the kind, methods, properties, parameters, defaults."""
    value, known = found(path), SYMBOLS[path]
    if value is ABSENT:
        return ["absent"]
    if inspect.isclass(value) != (known["kind"] == "class"):
        return [f"not a {known['kind']}"]
    lines = [
        f"no {kind} {name}"
        for kind, plural in (("method", "methods"), ("property", "properties"))
        for name in known.get(plural, ())
        if not hasattr(value, name) and not _set_by_init(value, name)
    ]
    return lines + _parameters(value, known["signature"])


def _set_by_init(cls: type, name: str) -> bool:
    """Whether instances get an attribute of this name."""
    return any(f"self.{name} = " in inspect.getsource(c) for c in cls.__mro__ if c.__module__.startswith("ckeras"))


def _parameters(value: Any, known: list[dict[str, str]]) -> list[str]:
    try:
        parameters = inspect.signature(value).parameters
    except ValueError:  # a class of C without one
        return [] if not known else ["no signature"]
    if known and all(p["kind"].startswith("VAR_") for p in known):  # of a `__new__` that passes on what it is given
        return []
    lines = []
    own = [p for p in parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    wanted = [p for p in known if p["kind"] not in ("VAR_POSITIONAL", "VAR_KEYWORD")]
    for kind in ("VAR_POSITIONAL", "VAR_KEYWORD"):
        if any(p["kind"] == kind for p in known) and not any(p.kind.name == kind for p in parameters.values()):
            lines.append(f"takes no {'*args' if kind == 'VAR_POSITIONAL' else '**kwargs'}")
    for number, p in enumerate(wanted):
        mine = parameters.get(p["name"])
        if mine is None:
            lines.append(f"no parameter {p['name']}")
            continue
        if p["kind"] == "POSITIONAL_OR_KEYWORD" and (number >= len(own) or own[number].name != p["name"]):
            lines.append(f"parameter {p['name']} is not number {number}")
        default = repr(mine.default) if mine.default is not mine.empty else None
        if default != p.get("default"):
            lines.append(f"the default of {p['name']} is {default}, not {p.get('default')}")
    return lines


def main(namespaces: list[str]) -> None:
    for namespace in namespaces:
        every = names(namespace, below=True)
        differing = {n: lines for n in every if (lines := differences(n))}
        absent = [n for n, lines in differing.items() if lines == ["absent"]]
        print(f"{namespace}: {len(every) - len(absent)} of {len(every)}")
        for name, lines in differing.items():
            print(f"  {name}: {'; '.join(lines)}")


if __name__ == "__main__":
    main(sys.argv[1:])
