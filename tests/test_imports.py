"""The house is built floor on floor: a module imports from its own floor or from one below, never from above."""

import ast
from pathlib import Path

import ckeras

FLOORS = [
    {"_version", "lazy", "plugins", "utils.naming"},
    {"_kernels"},
    {"config", "registry", "saving", "utils.tracebacks"},
    {"tensor"},
    {"autograd"},
    {"compiler"},
    {"dtype_policies", "ops", "random", "tree"},
    {"activations", "constraints", "initializers", "losses", "metrics", "optimizers", "regularizers"},
    {"layers"},
    {"utils"},
    {"callbacks"},
    {"trainer"},
    {"models"},
    {"backend", "datasets", "compat", "mixed_precision", "__main__"},
]
PACKAGE = Path(ckeras.__file__).parent


def floor(module: str) -> int:
    """The number of the floor on which a module (its name without "ckeras.") stands."""
    for number, names in enumerate(FLOORS):
        if any(module == name or module.startswith(name + ".") for name in names):
            return number
    raise AssertionError(f"ckeras.{module} has no floor: add it to FLOORS")


def imports(tree: ast.Module) -> list[str]:
    """The modules of ckeras that are imported when this one is (those imported inside functions are left out)."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "ckeras":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = (PACKAGE.parent / inner.replace(".", "/")).with_suffix(".py").exists()
                is_package = (PACKAGE.parent / inner.replace(".", "/")).is_dir()
                found.append(inner if is_module or is_package else node.module)
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] == "ckeras"]
    return [name.removeprefix("ckeras.") for name in found if name != "ckeras"]


def test_no_import_goes_up():
    upward = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if module == "__init__":
            continue
        for imported in imports(ast.parse(path.read_text())):
            if floor(imported) > floor(module):
                upward.append(f"{module} imports {imported}")
    assert upward == []
