"""Tools around models: progress bar, labels to one-hot rows, seeds, logging. Every name loads on first use."""

from ckeras.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Progbar": "progbar",
        "PyDataset": "py_dataset",
        "Sequence": "py_dataset",
        "clear_session": "session",
        "disable_interactive_logging": "interactive",
        "enable_interactive_logging": "interactive",
        "is_interactive_logging_enabled": "interactive",
        "normalize": "numerical",
        "pack_x_y_sample_weight": "ckeras.trainer.data",
        "set_random_seed": "ckeras.random",
        "to_categorical": "numerical",
        "unpack_x_y_sample_weight": "ckeras.trainer.data",
    },
)
