"""The progress bar: one line that is redrawn as steps finish."""

import math
import os
import sys
import time
from collections.abc import Iterable, Mapping

from ckeras.utils.interactive import print_message

_BOLD, _GREEN, _GREY, _PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"


class Progbar:
    """Displays the progress of a loop, its timing and a few values.

    Args:
        target: expected number of steps, `None` if unknown.
        width: length of the bar in characters.
        verbose: 0 shows nothing, 1 a bar, 2 one line when all steps are done. Where the output is no terminal or
            notebook, or the environment variable NO_COLOR is set, 1 is 2: a log gets one plain line an epoch.
        interval: minimum time between two updates of the display, in seconds.
        stateful_metrics: names of values that are displayed as given; all other values are averaged over the steps.
        stateless_metrics: names of values that are averaged over the steps; all other values are displayed as given.
            Only one of the two arguments can be given.
        unit_name: name of a step in the output.

    Example:
        >>> bar = Progbar(3, verbose=2)
        >>> for step in range(1, 4):
        ...     bar.update(step, [("loss", 1.0 / step)])  # doctest: +ELLIPSIS
        3/3 - 0s - .../step - loss: 0.3333
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Progbar expects stateful_metrics or stateless_metrics, since each is the complement of the other, "
                f"but both were given: {stateful_metrics!r} and {stateless_metrics!r}"
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.stateful_metrics = None if stateful_metrics is None else frozenset(stateful_metrics)
        self.stateless_metrics = None if stateless_metrics is None else frozenset(stateless_metrics)
        interactive = _is_terminal(sys.stdout) or "ipykernel" in sys.modules or "PYCHARM_HOSTED" in os.environ
        self._plain = not interactive or bool(os.environ.get("NO_COLOR"))
        self._seen = 0
        self._values: dict[str, tuple[float, float]] = {}  # name -> (sum of value * steps, steps)
        self._drawn_width = 0
        self._drawn_at = -math.inf
        self._started_at = time.perf_counter()
        self._first_step_at: float | None = None

    def update(
        self,
        current: int,
        values: Iterable[tuple[str, float]] | Mapping[str, float] | None = None,
        finalize: bool | None = None,
    ) -> None:
        """Report that `current` steps are done.

        Args:
            current: number of steps done.
            values: (name, value) pairs in display order; arrays are averaged.
            finalize: whether this is the last call: the line is drawn regardless of the interval, with the values as
                given, and ended. `None` finalizes when `current` reaches `target`.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        if values:
            self._record(current, values, finalize)
        self._seen = current
        if not self.verbose:
            return
        now = time.perf_counter()
        if self.verbose == 1 and not self._plain:
            if finalize or now - self._drawn_at >= self.interval:
                self._draw(current, now, finalize)
                self._drawn_at = now
        elif self.verbose in (1, 2) and finalize and (self.target or self.verbose == 1):
            count = (
                f"{int(current):{len(str(self.target))}d}/{self.target}" if self.target else f"{int(current)}/Unknown"
            )
            elapsed = f"{now - self._started_at:.0f}s"
            pace = _pace(self._seconds_a_step(current, now), self.unit_name)
            print_message(f"{count} - {elapsed} - {pace}{self._shown_values()}\n", line_break=False)
        if current == 1:
            self._first_step_at = now

    def add(self, n: int, values: Iterable[tuple[str, float]] | None = None) -> None:
        """Report that `n` more steps are done; see `update`."""
        self.update(self._seen + n, values)

    def _record(self, current: int, values: Iterable[tuple[str, float]] | Mapping[str, float], finalize: bool) -> None:
        steps = max(current - self._seen, 1)
        for name, value in values.items() if isinstance(values, Mapping) else values:
            number = value if type(value) is float else _to_float(name, value)
            if finalize or not self._is_averaged(name):
                self._values[name] = (number, 1)
            else:
                total, weight = self._values.get(name, (0.0, 0))
                self._values[name] = (total + number * steps, weight + steps)

    def _is_averaged(self, name: str) -> bool:
        if self.stateless_metrics is not None:
            return name in self.stateless_metrics
        return self.stateful_metrics is None or name not in self.stateful_metrics

    def _seconds_a_step(self, current: int, now: float) -> float:
        """Seconds per step, without the first step, which includes compilation, as soon as there is another one."""
        if not current:
            return 0.0
        if self._first_step_at is not None and current > 1:
            return (now - self._first_step_at) / (current - 1)
        return (now - self._started_at) / current

    def _draw(self, current: int, now: float, finalize: bool) -> None:
        pace = self._seconds_a_step(current, now)
        if finalize or not self.target:
            clock = f"{now - self._started_at:.0f}s"
        else:
            clock = _remaining(pace * (self.target - current))
        tail = f" {_pace(pace, self.unit_name)}{self._shown_values()}"

        if self.target:
            count = f"{int(current):{len(str(self.target))}d}/{self.target}"
            filled = int(self.width * current / self.target)
            block = "━" if _encodes(sys.stdout, "━") else "="
            done, left = block * filled, block * (self.width - filled)
            head = f"{_BOLD}{count}{_PLAIN} "
            head += f"{_GREEN}{done}{_PLAIN}" if done else ""
            head += f"{_GREY}{left}{_PLAIN} "
            width = len(count) + len(done) + len(left) + 2
        else:
            head = f"{int(current):7d}/Unknown "
            width = len(head)
        width += len(clock) + len(tail)

        start = "\b" * self._drawn_width + "\r"
        rest = " " * (self._drawn_width - width) + ("\n" if finalize else "")
        print_message(f"{start}{head}{_BOLD}{clock}{_PLAIN}{tail}{rest}", line_break=False)
        self._drawn_width = width

    def _shown_values(self) -> str:
        shown = ""
        for name, (total, weight) in self._values.items():
            mean = total / weight
            shown += f" - {name}: {mean:.4f}" if abs(mean) > 1e-3 else f" - {name}: {mean:.4e}"
        return shown


def _to_float(name: str, value: object) -> float:
    import numpy as np

    try:
        if value is None:
            raise TypeError
        return float(np.mean(np.asarray(value, dtype=np.float64)))
    except (TypeError, ValueError):
        raise TypeError(f"Progbar expects a number as the value of {name!r}, but got {value!r}") from None


def _remaining(seconds: float) -> str:
    """Format the remaining time as ``59s``, ``12:03`` or ``1:00:01``."""
    minutes, rest = divmod(int(seconds), 60)
    if seconds > 3600:
        return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
    if seconds > 60:
        return f"{minutes}:{rest:02d}"
    return f"{int(seconds)}s"


def _pace(seconds: float, unit: str) -> str:
    """Format the time per step in a suitable unit, such as ``3us/step``."""
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/{unit}"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms/{unit}"
    return f"{seconds * 1e6:.0f}us/{unit}"


def _is_terminal(stream: object) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # no stream, or a closed one
        return False


def _encodes(stream: object, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
