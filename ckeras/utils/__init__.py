"""Tools around models: progress bar, labels to one-hot rows, seeds, logging. Every name loads on first use."""

from ckeras.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Progbar": "progbar",
        "disable_interactive_logging": "interactive",
        "enable_interactive_logging": "interactive",
        "is_interactive_logging_enabled": "interactive",
        "normalize": "numerical",
        "set_random_seed": "ckeras.random",
        "to_categorical": "numerical",
    },
)
