"""What Keras prints for the cases below, kept as ``progbar_*.txt`` and ``summary_*.txt`` next to this file.

Run it where Keras 3.15 is installed (any backend)::

    KERAS_BACKEND=jax python tests/data/make_keras_screens.py

The tests replay the same cases on ckeras, with the same clock and the same terminal.
"""

import contextlib
import io
import os
import pathlib

HERE = pathlib.Path(__file__).parent
TERMINAL = {"TERM": "xterm-256color", "COLUMNS": "100"}
UNSET = ("COLORTERM", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "PYCHARM_HOSTED")


class Clock:
    """Time that passes only when `now` is changed; replaces the module `time`."""

    def __init__(self):
        self.now = 1000.0

    def time(self):
        return self.now

    perf_counter = time


class Screen(io.StringIO):
    """A standard output that says whether it is a terminal."""

    encoding = "utf-8"

    def __init__(self, terminal):
        super().__init__(newline="")
        self.terminal = terminal

    def isatty(self):
        return self.terminal


# Progress bars: the arguments of Progbar, then (seconds passed, arguments of update).
BARS = {
    "one_step": ({"target": 1}, [(0.5, (1, [("loss", 0.25)]))]),
    "jumps": (
        {"target": 100},
        [
            (0.5, (1, [("loss", 0.25), ("accuracy", 0.5)])),
            (0.01, (3, [("loss", 0.5), ("accuracy", 0.5)])),  # within the interval: not printed
            (0.2, (10, [("loss", 2e-4), ("accuracy", 0.25)])),
            (3.1, (60, [("loss", 1e-3), ("accuracy", 0.0)])),
            (70.0, (99, [("loss", 0.5), ("accuracy", 1234567.0)])),
            (0.0, (100, [("loss", 0.5), ("accuracy", 0.75)])),
        ],
    ),
    "unknown_target": (
        {"target": None},
        [(0.5, (1, [("loss", 0.25)])), (0.2, (2, [("loss", 0.24)])), (0.1, (3, [("loss", 0.1)], True))],
    ),
    "no_values": ({"target": 4}, [(0.5, (1,)), (0.1, (4,))]),
    "nothing_done": ({"target": 4}, [(0.5, (0,)), (0.1, (4,))]),
    "beyond_target": ({"target": 4}, [(0.5, (1,)), (0.1, (6, None, True))]),
    "finalize_early": ({"target": 10}, [(0.5, (1, [("loss", 0.2)])), (0.1, (4, [("loss", 0.5)], True))]),
    "finalize_late": ({"target": 2}, [(0.5, (1,)), (0.1, (2, None, False)), (0.2, (2, [("val_loss", 0.5)], True))]),
    "width_unit": ({"target": 9, "width": 30, "unit_name": "sample"}, [(0.5, (1,)), (0.1, (5,))]),
    "stateful": (
        {"target": 4, "stateful_metrics": ["lr"]},
        [(0.1, (1, [("loss", 1.0), ("lr", 1.0)])), (0.1, (3, [("loss", 2.0), ("lr", 2.0)]))],
    ),
    "stateless": (
        {"target": 4, "stateless_metrics": ["loss"]},
        [(0.1, (1, [("loss", 1.0), ("lr", 1.0)])), (0.1, (3, [("loss", 2.0), ("lr", 2.0)]))],
    ),
    "not_finite": (
        {"target": 3},
        [(0.1, (1, [("a", float("nan")), ("b", float("inf"))])), (0.1, (2, [("a", 0.0), ("b", -float("inf"))]))],
    ),
    "small_values": ({"target": 1}, [(1.0, (1, [("a", 0.0), ("b", -1e-5), ("c", 1e-3), ("d", 1.0001e-3), ("e", -1)]))]),
    "minutes": ({"target": 62}, [(1.0, (1,)), (60.0, (2,)), (0.0, (62,))]),
    "an_hour": ({"target": 3602}, [(1.0, (1,)), (7200.0, (2,))]),
    "sixty_seconds": ({"target": 61}, [(1.0, (1,))]),
    "microseconds": ({"target": 10, "interval": 0}, [(1.0, (1,)), (3.4e-6, (2,)), (1e-7, (3,)), (9.99e-4, (4,))]),
    "milliseconds": ({"target": 10, "interval": 0}, [(1.0, (1,)), (1.5e-3, (2,)), (0.999, (3,))]),
    "first_step_again": ({"target": 10}, [(0.5, (1,)), (0.5, (3,)), (0.5, (1,)), (1.0, (5,))]),
    "one_line": (
        {"target": 10, "verbose": 2},
        [(0.5, (1, [("loss", 0.25)])), (0.1, (4, [("loss", 0.2)])), (0.1, (10, [("loss", 1e-4), ("accuracy", 0.5)]))],
    ),
    "one_line_early": ({"target": 10, "verbose": 2}, [(0.1, (4, [("loss", 0.2)], True))]),
    "one_line_unknown": ({"target": None, "verbose": 2}, [(0.1, (4, [("loss", 0.2)], True))]),
    "silent": ({"target": 4, "verbose": 0}, [(0.1, (1,)), (0.1, (4,))]),
}

# The callback: its parameters, then (seconds passed, hook, arguments).
EPOCH = [
    (0, "on_epoch_begin", (0,)),
    (0.5, "on_train_batch_end", (0, {"loss": 1.0})),
    (0.5, "on_train_batch_end", (1, {"loss": 0.75})),
    (0.1, "on_test_begin", ()),
    (0.1, "on_test_batch_end", (0, {"loss": 9.0})),
    (0.1, "on_test_end", ({"loss": 9.0},)),
    (0.5, "on_epoch_end", (0, {"loss": 0.5, "val_loss": 9.0})),
]
TEST = [
    (0, "on_test_begin", ()),
    (0.5, "on_test_batch_end", (0, {"loss": 1.0})),
    (0.5, "on_test_batch_end", (1, {"loss": 0.75})),
    (0.1, "on_test_end", ({"loss": 0.75},)),
]
PREDICT = [
    (0, "on_predict_begin", ()),
    (0.5, "on_predict_batch_end", (0, {"outputs": 1.0})),
    (0.5, "on_predict_batch_end", (1, {"outputs": 2.0})),
    (0.1, "on_predict_end", ({},)),
]
TRAIN = [
    (0, "on_train_begin", ()),
    *EPOCH,
    (0, "on_epoch_begin", (1,)),
    (0.5, "on_train_batch_end", (0, {"loss": 1.0})),
    (0.5, "on_epoch_end", (1, {"loss": 0.5})),
]
LOGGERS = {
    "train": ({"epochs": 2, "steps": 2, "verbose": 1}, TRAIN),
    "train_one_line": ({"epochs": 2, "steps": 2, "verbose": 2}, TRAIN),
    "train_silent": ({"epochs": 2, "steps": 2, "verbose": 0}, TRAIN),
    "train_unknown_steps": ({"epochs": 2, "steps": None, "verbose": 1}, TRAIN),
    "train_one_line_unknown_steps": ({"epochs": 2, "steps": None, "verbose": 2}, TRAIN),
    "train_one_epoch": ({"epochs": 1, "steps": 2, "verbose": 1}, TRAIN[:8]),
    "train_fewer_steps": ({"epochs": 1, "steps": 5, "verbose": 1}, TRAIN[:8]),
    "train_no_batches": ({"epochs": 1, "steps": 5, "verbose": 1}, [TRAIN[0], TRAIN[1], TRAIN[7]]),
    "test": ({"epochs": 1, "steps": 2, "verbose": 1}, TEST),
    "test_one_line": ({"epochs": 1, "steps": 2, "verbose": 2}, TEST),
    "predict": ({"epochs": 1, "steps": 2, "verbose": 1}, PREDICT),
    "predict_unknown_steps": ({"epochs": 1, "steps": None, "verbose": 1}, PREDICT),
}


def print_bar(make_progbar, clock, case):
    """Replay a case of BARS and return what was printed."""
    arguments, updates = BARS[case]
    screen = Screen(terminal=False)
    with contextlib.redirect_stdout(screen):
        bar = make_progbar(**arguments)
        for seconds, update in updates:
            clock.now += seconds
            bar.update(*update)
    return screen.getvalue()


def print_logger(make_logger, clock, case):
    """Replay a case of LOGGERS and return what was printed."""
    params, calls = LOGGERS[case]
    screen = Screen(terminal=False)
    with contextlib.redirect_stdout(screen):
        logger = make_logger()
        logger.set_params(dict(params))
        for seconds, hook, arguments in calls:
            clock.now += seconds
            getattr(logger, hook)(*arguments)
    return screen.getvalue()


# Models, built from the names of `keras` or of anything that has the same.
def plain(keras):
    layers = keras.layers
    return keras.Sequential([layers.Input((2,)), layers.Dense(8), layers.Dropout(0.5), layers.Dense(1)])


def compiled(keras):
    model = plain(keras)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def unbuilt(keras):
    return keras.Sequential([keras.layers.Dense(4), keras.layers.Dropout(0.1)], name="unbuilt")


def empty(keras):
    return keras.Sequential(name="empty")


def frozen(keras):
    model = plain(keras)
    model.layers[0].trainable = False
    return model


def nested(keras):
    layers = keras.layers
    inner = keras.Sequential([layers.Input((2,)), layers.Dense(4), layers.Dense(2)], name="inner")
    middle = keras.Sequential([layers.Input((2,)), inner, layers.Dense(2)], name="middle")
    return keras.Sequential([layers.Input((2,)), middle, layers.Dense(1)], name="outer")


def large(keras):
    layers = keras.layers
    long = layers.Dense(1000, name="a_very_long_layer_name_which_does_not_fit_in_its_column")
    return keras.Sequential([layers.Input((1000,)), long, layers.Dense(1000)], name="large")


def markup(keras):
    layers = keras.layers
    return keras.Sequential([layers.Input((2,)), layers.Dense(1, name="a[bold]b[red]")], name="m[red]x")


def chain(keras):
    a = keras.layers.Input((4,), name="a")
    return keras.Model(a, keras.layers.Dense(1, name="out")(keras.layers.Dense(8, name="hidden")(a)), name="chain")


def graph(keras):
    layers = keras.layers
    a, b = layers.Input((4,), name="a"), layers.Input((8,), name="b")
    shared = layers.Dense(8, name="shared_1")
    x = shared(a)
    y = shared(layers.Dense(4, name="narrow")(b))
    z = layers.Add(name="sum")([x, y, b])
    return keras.Model([a, b], [layers.Dense(1, name="out")(z), z], name="graph")


SUMMARIES = {
    "plain": (plain, {}),
    "compiled": (compiled, {}),
    "unbuilt": (unbuilt, {}),
    "unbuilt_trainable": (unbuilt, {"show_trainable": True}),
    "empty": (empty, {}),
    "frozen": (frozen, {"show_trainable": True}),
    "nested": (nested, {}),
    "nested_expanded": (nested, {"expand_nested": True, "show_trainable": True}),
    "large": (large, {}),
    "narrow": (plain, {"line_length": 40}),
    "wide": (plain, {"line_length": 120}),
    "positions": (plain, {"positions": [0.2, 0.6, 1.0]}),
    "positions_trainable": (plain, {"positions": [0.2, 0.6, 1.0], "show_trainable": True}),
    "range": (plain, {"layer_range": ["dr.*", "dense"]}),
    "markup": (markup, {}),
    "chain": (chain, {}),
    "graph": (graph, {}),
    "graph_trainable": (graph, {"show_trainable": True}),
}


def summary_text(keras, print_summary, case, terminal):
    """Print a case of SUMMARIES and return what was printed. The caller sets the environment to TERMINAL."""
    make, options = SUMMARIES[case]
    model = make(keras)
    screen = Screen(terminal)
    with contextlib.redirect_stdout(screen):
        print_summary(model, **options)
    return screen.getvalue()


def main():
    os.environ.update(TERMINAL)
    for name in UNSET:
        os.environ.pop(name, None)
    import keras
    from keras.src.utils import progbar

    for case in BARS:
        progbar.time = clock = Clock()
        write(f"progbar_{case}.txt", print_bar(keras.utils.Progbar, clock, case))
    for case in LOGGERS:
        progbar.time = clock = Clock()
        write(f"progbar_logger_{case}.txt", print_logger(keras.callbacks.ProgbarLogger, clock, case))
    for case in SUMMARIES:
        for terminal, suffix in ((False, ""), (True, "_terminal")):
            keras.utils.clear_session()
            text = summary_text(keras, lambda model, **options: model.summary(**options), case, terminal)
            write(f"summary_{case}{suffix}.txt", text)


def write(name, text):
    (HERE / name).write_bytes(text.encode())


if __name__ == "__main__":
    main()
