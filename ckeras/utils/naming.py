"""Default names of layers, models, optimizers: ``dense``, ``dense_1``, ..."""

import re
import threading

_counts: dict[str, int] = {}
_lock = threading.Lock()


def to_snake_case(name: str) -> str:
    """Write a class name in lower case with underscores; characters that are invalid in a name are dropped.

    Example:
        >>> [to_snake_case(name) for name in ("Dense", "GlobalAveragePooling1D", "MyLSTMCell", "RMSprop")]
        ['dense', 'global_average_pooling1d', 'my_lstm_cell', 'rm_sprop']
    """
    name = re.sub(r"\W", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def get_uid(prefix: str = "") -> int:
    """Count the uses of a prefix: 1 on the first call, 2 on the second, ...

    Example:
        >>> get_uid("column"), get_uid("column")
        (1, 2)
    """
    with _lock:
        count = _counts[prefix] = _counts.get(prefix, 0) + 1
    return count


def uniquify(name: str) -> str:
    """Return the name on its first use, then ``name_1``, ``name_2``, ...

    Names given by the user are not counted, so they can still collide with a generated name.

    Example:
        >>> uniquify("row"), uniquify("row"), uniquify("row")
        ('row', 'row_1', 'row_2')
    """
    count = get_uid(name)
    return name if count == 1 else f"{name}_{count - 1}"


def auto_name(prefix: str) -> str:
    """Return the next default name for a class name.

    Example:
        >>> auto_name("LastColumn"), auto_name("LastColumn")
        ('last_column', 'last_column_1')
    """
    return uniquify(to_snake_case(prefix))


def reset() -> None:
    """Reset the counters: the next ``Dense`` is ``dense`` again."""
    with _lock:
        _counts.clear()
