"""`StatelessScope`: temporary values of variables inside a context."""

from typing import Any

from ckeras import config
from ckeras.tensor.op import tensors_trace
from ckeras.tensor.operators import functions
from ckeras.tensor.tensor import Tensor
from ckeras.tensor.variable import Variable

scope = config.scope


class StatelessScope:
    """Context manager in which variables have the given values, and assignments do not leave the scope.

    Args:
        state_mapping: pairs (variable, value); other variables keep their values.
        collect_losses: whether `add_loss` of layers adds to ``losses`` of the scope instead of to the layers.
        initialize_variables: accepted for compatibility; variables are always initialized on creation.

    >>> v = Variable(1.0, name="total")
    >>> with StatelessScope([(v, 5.0)]) as state:
    ...     v.assign_add(1.0)
    <Variable path=total, shape=(), dtype=float32, value=1.0>
    >>> float(state.get_current_value(v)), float(v)
    (6.0, 1.0)
    """

    # For the ops inside it acts as the running trace (see `compiler.trace.Trace`), but does not trace itself.

    def __init__(self, state_mapping: Any = None, collect_losses: bool = False, initialize_variables: bool = True):
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses: list[Any] = []
        self.owners: list[Any] = []  # the layers that added them
        self.outer: Any = None
        self._values: dict[int, tuple[Variable, Tensor]] = {}
        for variable, value in state_mapping or ():
            if not isinstance(variable, Variable):
                raise ValueError(f"StatelessScope expects pairs (variable, value), got {variable!r:.80} as a variable")
            value = functions["cast"](functions["convert_to_tensor"](value), variable.dtype)
            if value.shape != variable.shape:
                raise ValueError(
                    f"StatelessScope expects a value of shape {variable.shape} for variable {variable.path!r}, "
                    f"got {value.shape}"
                )
            self._values[id(variable)] = (variable, value)

    def __enter__(self) -> "StatelessScope":
        self.outer = getattr(scope, "trace", None)
        scope.trace = self
        return self

    def __exit__(self, *exc: Any) -> None:
        scope.trace = self.outer

    def add_loss(self, loss: Any, owner: Any = None) -> None:
        """Add a loss and the layer that it belongs to."""
        self.losses.append(loss)
        self.owners.append(owner)

    def add_update(self, update: Any) -> None:
        """Set the value of a variable in this scope, as a pair (variable, value)."""
        self.assign(*update)

    def values(self) -> list[tuple[Variable, Tensor]]:
        """All pairs (variable, value) that were given or assigned."""
        return list(self._values.values())

    def get_current_value(self, variable: Variable) -> Tensor | None:
        """The value of a variable in this scope; `None` if it was neither given nor assigned."""
        found = self._values.get(id(variable))
        return None if found is None else found[1]

    @property
    def traces(self) -> bool:
        """Whether the scope is inside a trace."""
        return self.outer is not None and self.outer.traces

    def read(self, variable: Variable) -> Tensor:
        """The current value of a variable."""
        value = self.get_current_value(variable)
        if value is not None:
            return value
        return variable._read() if self.outer is None else self.outer.read(variable)

    def assign(self, variable: Variable, value: Any) -> None:
        """Assign ``value`` to the variable within the scope."""
        self._values[id(variable)] = (variable, value)

    def add(self, op: Any, inputs: list[Tensor], attrs: dict[str, Any]) -> Any:
        """Add a call of an op that has a traced argument."""
        return (self.outer or tensors_trace(inputs)).add(op, inputs, attrs)

    def local(self, x: Tensor) -> Tensor:
        """``x`` as a value of the enclosing trace."""
        return x if self.outer is None else self.outer.local(x)

    def resolve(self, x: Tensor) -> Tensor:
        """The value that represents ``x`` in the enclosing trace."""
        return x if self.outer is None else self.outer.resolve(x)

    def follows(self, x: Tensor) -> bool:
        """Whether a tape outside of the trace watches ``x``."""
        return self.outer is not None and self.outer.follows(x)


def loss_collector() -> StatelessScope | None:
    """The innermost `StatelessScope` that collects losses."""
    state = getattr(scope, "trace", None)
    while state is not None and not (isinstance(state, StatelessScope) and state.collect_losses):
        state = state.outer
    return state
