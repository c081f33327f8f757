"""In the manner of 2018: the settings of a session at the top of a script that only uses Keras."""

import os
import random as rn

import numpy as np
import tensorflow as tf

os.environ["PYTHONHASHSEED"] = "0"
np.random.seed(42)
rn.seed(12345)
session_conf = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
session_conf.gpu_options.allow_growth = True
session_conf.gpu_options.per_process_gpu_memory_fraction = 0.3
tf.set_random_seed(1234)

from keras import backend as K  # noqa: E402
from keras.layers import Dense  # noqa: E402
from keras.models import Sequential  # noqa: E402

K.set_session(tf.Session(graph=tf.get_default_graph(), config=session_conf))
tf.logging.set_verbosity(tf.logging.ERROR)

model = Sequential()
model.add(Dense(12, input_dim=8, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
X = np.random.rand(40, 8)
Y = (X[:, 0] > 0.5).astype(int)
model.fit(X, Y, epochs=3, batch_size=10, verbose=0)
assert len(model.evaluate(X, Y, verbose=0)) == 2 and model.metrics_names == ["loss", "accuracy"]

hidden = K.function([model.layers[0].input], [model.layers[0].output])([X])[0]
assert hidden.shape == (40, 12) and (hidden >= 0).all()
assert K.get_session().run(tf.reduce_sum(tf.constant([1.0, 2.0]))) == 3
assert K.eval(K.variable([[1.0, 2.0]]) + 1).tolist() == [[2.0, 3.0]]
K.clear_session()
