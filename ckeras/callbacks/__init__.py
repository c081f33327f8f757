"""Callbacks: objects whose hooks are called during training, evaluation and prediction. Names load on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.callbacks.backup_and_restore import BackupAndRestore as BackupAndRestore
    from ckeras.callbacks.callback import Callback as Callback
    from ckeras.callbacks.callback_list import CallbackList as CallbackList
    from ckeras.callbacks.csv_logger import CSVLogger as CSVLogger
    from ckeras.callbacks.early_stopping import EarlyStopping as EarlyStopping
    from ckeras.callbacks.history import History as History
    from ckeras.callbacks.lambda_callback import LambdaCallback as LambdaCallback
    from ckeras.callbacks.learning_rate_scheduler import LearningRateScheduler as LearningRateScheduler
    from ckeras.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
    from ckeras.callbacks.orbax_checkpoint import OrbaxCheckpoint as OrbaxCheckpoint
    from ckeras.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
    from ckeras.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
    from ckeras.callbacks.remote_monitor import RemoteMonitor as RemoteMonitor
    from ckeras.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
    from ckeras.callbacks.tensorboard import TensorBoard as TensorBoard
    from ckeras.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN

attach(
    __name__,
    {
        "BackupAndRestore": "backup_and_restore",
        "CSVLogger": "csv_logger",
        "Callback": "callback",
        "CallbackList": "callback_list",
        "EarlyStopping": "early_stopping",
        "History": "history",
        "LambdaCallback": "lambda_callback",
        "LearningRateScheduler": "learning_rate_scheduler",
        "ModelCheckpoint": "model_checkpoint",
        "OrbaxCheckpoint": "orbax_checkpoint",
        "ProgbarLogger": "progbar_logger",
        "ReduceLROnPlateau": "reduce_lr_on_plateau",
        "RemoteMonitor": "remote_monitor",
        "SwapEMAWeights": "swap_ema_weights",
        "TensorBoard": "tensorboard",
        "TerminateOnNaN": "terminate_on_nan",
    },
)
