"""Callbacks: objects whose hooks are called during training, evaluation and prediction. Names load on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.callbacks.callback import Callback as Callback
    from ckeras.callbacks.callback_list import CallbackList as CallbackList
    from ckeras.callbacks.history import History as History
    from ckeras.callbacks.lambda_callback import LambdaCallback as LambdaCallback
    from ckeras.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger

attach(
    __name__,
    {
        "Callback": "callback",
        "CallbackList": "callback_list",
        "History": "history",
        "LambdaCallback": "lambda_callback",
        "ProgbarLogger": "progbar_logger",
    },
)
