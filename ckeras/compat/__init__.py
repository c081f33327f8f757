"""Names of other packages that Keras scripts use, so that such scripts run unmodified.

`imports` redirects ``import keras`` and ``import tensorflow`` to ckeras; the latter imports `tensorflow`.
"""
