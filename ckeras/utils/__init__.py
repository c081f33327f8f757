"""Tools around models: progress bar, labels to one-hot rows, seeds, logging. Every name loads on first use."""

from ckeras.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Config": "config",
        "Progbar": "progbar",
        "clear_session": "session",
        "disable_interactive_logging": "ckeras.config",
        "enable_interactive_logging": "ckeras.config",
        "get_source_inputs": "symbols",
        "is_interactive_logging_enabled": "ckeras.config",
        "is_keras_tensor": "symbols",
        "normalize": "numerical",
        "set_random_seed": "ckeras.random",
        "standardize_dtype": "ckeras.backend",
        "to_categorical": "numerical",
    },
)
