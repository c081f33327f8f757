"""Imports go down the package layout: no module needs one of a later group, and no modules need each other.

Imports inside functions count; those under ``if TYPE_CHECKING`` do not, as they never run. Names that a package loads
lazily, by a table of strings, belong to its public namespace and count as little.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import ckeras

PACKAGE = Path(ckeras.__file__).parent
# Dependency order: a module imports from its own group or from an earlier one.
ORDER = [
    {"_version", "keras_names", "lazy", "plugins", "utils.naming"},
    {"_kernels"},
    {"config", "older_spellings", "registry", "utils.interactive", "utils.tracebacks"},
    {"tensor"},
    {"autograd"},
    {"compiler"},
    {"dtype_policies", "ops", "random", "tree"},
    {"saving"},
    {"activations", "constraints", "initializers", "losses", "metrics", "optimizers", "regularizers"},
    {"quantizers", "utils.bounding_boxes"},
    {"layers"},
    {"utils"},
    {"preprocessing"},
    {"callbacks"},
    {"trainer"},
    {"export"},
    {"models"},
    {"applications", "visualization", "wrappers"},
    {"backend", "datasets", "compat", "mixed_precision", "__main__"},
]
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def group(module: str) -> int:
    """Number of the group that a module belongs to."""
    for number, names in enumerate(ORDER):
        if any(module == f"ckeras.{name}" or module.startswith(f"ckeras.{name}.") for name in names):
            return number
    raise AssertionError(f"{module} is in no group: add it to ORDER")


def run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a module but those that only a type checker reads."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        checked = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        waiting += node.orelse if checked else ast.iter_child_nodes(node)


def imported_by(source: str, module: str) -> set[str]:
    """The modules of ckeras that ``source``, the text of ``module``, imports anywhere."""
    found = set()
    for node in run_time_nodes(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            if node.module and node.module.split(".")[0] == "ckeras":
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= {name if name in MODULES else node.module for name in inner}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "ckeras"}
    return {name for name in found if name in MODULES and name not in ("ckeras", module)}


def import_graph(changed: dict[str, str] | None = None) -> dict[str, set[str]]:
    """Module -> the modules it imports; ``changed`` gives other texts for some modules."""
    changed = changed or {}
    return {
        module: imported_by(changed.get(module, path.read_text()), module)
        for module, path in MODULES.items()
        if module != "ckeras"
    }


def upward(graph: dict[str, set[str]]) -> list[str]:
    """Imports of a later group."""
    return [f"{a} imports {b}" for a, found in graph.items() for b in sorted(found) if group(b) > group(a)]


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Modules that need each other, by Tarjan's strongly connected components (1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in sorted(graph[module]):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            at = stack.index(module)
            component, stack[at:] = stack[at:], []
            if len(component) > 1:
                found.append(sorted(component))

    for module in graph:
        if module not in index:
            visit(module)
    return found


def test_no_module_imports_one_of_a_later_group():
    assert upward(import_graph()) == []


def test_no_modules_import_each_other():
    assert cycles(import_graph()) == []


def test_an_upward_import_inside_a_function_is_found():
    text = MODULES["ckeras.tensor.dtypes"].read_text() + "\n\ndef late():\n    from ckeras.layers import layer\n"
    assert upward(import_graph({"ckeras.tensor.dtypes": text})) == ["ckeras.tensor.dtypes imports ckeras.layers.layer"]


def test_a_cycle_within_a_group_is_found():
    text = MODULES["ckeras.tensor.dtypes"].read_text() + "\n\ndef late():\n    import ckeras.tensor.op\n"
    found = cycles(import_graph({"ckeras.tensor.dtypes": text}))
    assert len(found) == 1 and {"ckeras.tensor.dtypes", "ckeras.tensor.op"} <= set(found[0])


def test_no_module_loads_another_by_its_name():
    """Names as strings would hide an import from this file, so they stand in lazy tables and the registry alone."""
    allowed = {"ckeras.lazy", "ckeras.registry", "ckeras.plugins", "ckeras._kernels", "ckeras.__main__"}
    users = {module for module, path in MODULES.items() if "import_module(" in path.read_text()}
    assert {m for m in users if not m.startswith("ckeras.compat")} <= allowed
