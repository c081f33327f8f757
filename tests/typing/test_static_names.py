"""What type checkers and editors see of the package is what it has: static names, ``dir``, completion."""

import ast
import importlib
import inspect
from pathlib import Path

import jedi
import pytest

import ckeras
from ckeras import lazy

ROOT = Path(ckeras.__file__).parent
PUBLIC = [
    "ckeras",
    *(f"ckeras.{name}" for name in ckeras.__all__ if type(getattr(ckeras, name)) is type(ckeras)),
    *(f"ckeras.ops.{name}" for name in ("image", "linalg", "nn", "numpy")),
    *(f"ckeras.optimizers.{name}" for name in ("experimental", "legacy", "schedules")),
    "ckeras.datasets.digits",
    "ckeras.utils.np_utils",
]


def lazy_modules() -> list[str]:
    """Names of the modules that call `lazy.attach`."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        if any(
            isinstance(c.func, ast.Name) and c.func.id == "attach" and ast.unparse(c).startswith("attach(__name__")
            for c in calls
        ):
            found.append(".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"))
    return found


def static_names(module: str) -> dict[str, object]:
    """Public names in the ``if TYPE_CHECKING`` block of a module, with what its statements give them."""
    tree = ast.parse(Path(importlib.import_module(module).__file__).read_text())
    blocks = [n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    (block,) = blocks
    found: dict[str, object] = {}
    for node in block.body:
        if isinstance(node, ast.ImportFrom):
            home = importlib.import_module(node.module)
            # `name as name` is what type checkers take for an export
            assert all(alias.asname == alias.name for alias in node.names), ast.unparse(node)
            found |= {alias.name: getattr(home, alias.name) for alias in node.names}
        else:
            found[ast.unparse(node.targets[0])] = found[ast.unparse(node.value)]
    return found


@pytest.fixture(params=lazy_modules())
def lazy_module(request, monkeypatch):
    """The name of a lazy module, and its table."""
    tables = {}
    source = Path(importlib.import_module(request.param).__file__).read_text()
    with monkeypatch.context() as patch:  # modules that the test imports attach their names as always
        patch.setattr(lazy, "attach", tables.__setitem__)
        exec(compile(source, request.param, "exec"), {"__name__": request.param, "__file__": "", "__path__": []})
    return request.param, tables[request.param]


def test_static_names_are_those_of_the_lazy_table(lazy_module):
    name, table = lazy_module
    module = importlib.import_module(name)
    static = static_names(name)
    assert sorted(static) == sorted(table)
    for key, value in static.items():
        assert inspect.unwrap(value) is inspect.unwrap(getattr(module, key)), key


def test_lazy_modules_are_found():
    assert {"ckeras", "ckeras.callbacks", "ckeras.config", "ckeras.ops.linalg"} <= set(lazy_modules())


@pytest.mark.parametrize("name", PUBLIC)
def test_dir_lists_the_public_names_alone(name):
    module = importlib.import_module(name)
    names = dir(module)
    assert set(module.__all__) <= set(names)
    assert [n for n in names if n.startswith("_") or n in ("Any", "TYPE_CHECKING", "annotations", "attach", "np")] == []
    extra = set(names) - set(module.__all__)
    assert {type(getattr(module, n)) for n in extra} <= {type(ckeras)}


def completions(code: str) -> list[str]:
    return [c.name for c in jedi.Script(code, project=jedi.Project(ROOT.parent)).complete()]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import ckeras as keras\nkeras.Seq", ["Sequential"]),
        ("import ckeras as keras\nkeras.laye", ["layers", "Layer"]),
        ("import ckeras as keras\nkeras.ops.softm", ["softmax"]),
        ("import ckeras as keras\nkeras.ops.linalg.sv", ["svd"]),
        ("import ckeras as keras\nkeras.callbacks.Hist", ["History", "history"]),
        ("import ckeras as keras\nmodel = keras.Sequential([])\nmodel.fit", ["fit", "fit_generator"]),
        ("import ckeras as keras\nmodel = keras.Sequential([])\nmodel.fit([], []).hist", ["history"]),
    ],
)
def test_static_completion(code, names):
    assert completions(code) == names
