"""Higher-order functions on symbolic tensors: how they infer their results and run again on values."""

from collections.abc import Callable, Sequence
from typing import Any

from ckeras import config
from ckeras.compiler.trace import Trace, within
from ckeras.ops.control.operation import FunctionCall
from ckeras.tensor import KerasTensor, Tensor, Variable, as_tensor
from ckeras.tensor.graph import Graph, record_call, recording
from ckeras.tensor.structure import flatten, map_structure, pack

scope = config.scope


def as_symbols(structure: Any) -> Any:
    """Symbolic tensors with the shapes and dtypes of a structure's leaves; `None` is kept."""
    return map_structure(lambda x: None if x is None else KerasTensor(*as_tensor(x).spec), structure)


def symbolic_call(
    name: str,
    run: Callable[[Any, list[Callable[..., Any]]], Any],
    given: Any,
    functions: Sequence[tuple[Callable[..., Any], Sequence[Any]]],
    result: Callable[[list[Any]], Any],
) -> Any:
    """The symbolic result of ``run(given, functions)``, which a model's graph runs again on values.

    Each function comes with example arguments. It is called once on symbolic tensors and again on values. Other
    symbolic tensors that it uses become arguments of the call, and the graph between them is run again. ``result``
    builds the structure of the call's result from the results of the functions.
    """
    begun = KerasTensor.made()
    outer = getattr(scope, "trace", None)
    trial = Trace(outer)
    graphs, results = [], []
    captured: dict[int, KerasTensor] = {}
    for function, arguments in functions:
        symbols = as_symbols(list(arguments))
        with within(trial, ()), recording():
            results.append(map_structure(lambda x: None if x is None else as_tensor(x), function(*symbols)))

        def outside(x: KerasTensor) -> bool:
            if x.number < begun:
                captured.setdefault(id(x), x)
            return x.number < begun

        graph = Graph([x for x in flatten(symbols) if x is not None], flatten(results[-1]), outside)
        graphs.append((graph, results[-1]))
    used = list(captured.values())
    if used and trial.reads and outer is None:
        variable = next(iter(trial.reads.values()))[0]
        raise ValueError(
            f"{name} expects functions that do not use both an outer symbolic tensor and a variable, got "
            f"a tensor of shape {used[0].shape} and the variable {variable.path!r}: "
            f"call {name} in the call() of a layer instead"
        )

    def rerun(values: Any, *outside_values: Tensor) -> Any:
        known = {id(x): value for x, value in zip(used, outside_values, strict=True)}

        def again(graph: Graph, structure: Any) -> Callable[..., Any]:
            def function(*arguments: Any) -> Any:
                return pack(structure, graph.run([x for x in flatten(list(arguments)) if x is not None], known))

            return function

        rerun_functions = [again(*pair) for pair in graphs] if used else [f for f, _ in functions]
        return run(map_structure(_value, values), rerun_functions)

    return record_call(FunctionCall(rerun, name), (given, *used), {}, result(results))


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Variable) else x
