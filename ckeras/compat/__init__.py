"""The few names of other packages that Keras scripts use, so that such a script runs unmodified.

`imports` lets ``import keras`` and ``import tensorflow`` give ckeras; `tensorflow` is what the second one gives.
"""
