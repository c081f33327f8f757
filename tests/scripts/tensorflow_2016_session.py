"""In the manner of 2016: Keras layers as a simplified interface to TensorFlow, trained by a session."""

import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.layers import Dense

if not hasattr(tf, "placeholder"):
    tf = tf.compat.v1
    tf.disable_eager_execution()

sess = tf.Session()
K.set_session(sess)

img = tf.placeholder(tf.float32, shape=(None, 8))
labels = tf.placeholder(tf.float32, shape=(None, 3))
x = Dense(16, activation="relu", kernel_initializer="ones")(img)
preds = Dense(3, activation="softmax", kernel_initializer="ones")(x)
loss = tf.reduce_mean(-tf.reduce_sum(labels * tf.log(preds + 1e-7), reduction_indices=[1]))
correct = tf.equal(tf.argmax(preds, 1), tf.argmax(labels, 1))
accuracy = tf.reduce_mean(tf.to_float(correct))

train_step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
sess.run(tf.global_variables_initializer())

rng = np.random.RandomState(0)
X = rng.rand(30, 8) * 0.1
Y = np.eye(3)[np.argmax(X[:, :3], 1)]
with sess.as_default():
    first = loss.eval(feed_dict={img: X, labels: Y})
    for _ in range(50):
        train_step.run(feed_dict={img: X, labels: Y})
    last = sess.run(loss, feed_dict={img: X, labels: Y})
    part = accuracy.eval(feed_dict={img: X, labels: Y})
    value, probabilities = sess.run([loss, preds], feed_dict={img: X, labels: Y})

assert np.round(first, 4) == 1.0986 and np.round(last, 3) == 1.066, (first, last)
assert 0.3 < part <= 1 and probabilities.shape == (30, 3) and value == last
assert sess.run(tf.constant(3) + 4) == 7
