"""Objects that are called back while a model trains, evaluates or predicts. Every name loads on first use."""

from ckeras.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Callback": "callback",
        "CallbackList": "callback_list",
        "History": "history",
        "LambdaCallback": "lambda_callback",
        "ProgbarLogger": "progbar_logger",
    },
)
