"""``tensorflow.train``: what to use instead of checkpoints, which only TensorFlow reads and writes."""

from typing import Any

_INSTEAD = {
    "Checkpoint": "model.save('m.keras') keeps a model with the state of its training",
    "CheckpointManager": "the callbacks ModelCheckpoint and BackupAndRestore keep the state of a training run",
    "latest_checkpoint": "the callback BackupAndRestore continues from its last backup by itself",
    "load_checkpoint": "model.load_weights reads files of weights that Keras wrote",
    "list_variables": "keras.saving.KerasFileEditor shows the weights in a file",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _INSTEAD:
        raise NotImplementedError(f"ckeras has no tf.train.{name}: {_INSTEAD[name]}")
    raise AttributeError(f"module 'tensorflow.train' of ckeras has no attribute {name!r}")
