"""Functions of a graph in the manner of 2017: `K.function`, `K.gradients`, `K.placeholder`, a custom loss and layer."""

import numpy as np
from keras import backend as K
from keras.engine.topology import Layer
from keras.layers import Dense, Dropout, Input
from keras.models import Model


class Scale(Layer):
    def __init__(self, **kwargs):
        super(Scale, self).__init__(**kwargs)

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer="ones", trainable=True)
        super(Scale, self).build(input_shape)

    def call(self, x):
        return K.tanh(x) * self.scale

    def compute_output_shape(self, input_shape):
        return input_shape


def loss_of_own(y_true, y_pred):
    return K.mean(K.square(y_pred - y_true) + K.epsilon(), axis=-1)


inputs = Input(shape=(5,))
hidden = Scale(name="scale")(Dense(6, name="hidden")(inputs))
outputs = Dense(1, name="out")(Dropout(0.5, name="drop")(hidden))
model = Model(inputs=inputs, outputs=outputs)
model.compile(optimizer="rmsprop", loss=loss_of_own, metrics=["mae"])
assert K.int_shape(hidden) == (None, 6)
x = np.random.RandomState(0).randn(3, 5)

features = K.function([model.input, K.learning_phase()], [model.get_layer("scale").output, model.output])
quiet, result = features([x, 0])
np.testing.assert_allclose(result, model.predict(x, verbose=0), rtol=1e-5)
noisy = K.function([model.input, K.learning_phase()], [model.get_layer("drop").output])([x, 1])[0]
assert quiet.shape == (3, 6) and ((noisy == 0) | np.isclose(noisy, 2 * quiet)).all() and (noisy == 0).any()

gradient = K.gradients(model.output[:, 0], [model.input, hidden])
saliency, of_hidden = K.function([model.input], gradient)([x])
np.testing.assert_allclose(of_hidden, np.tile(model.get_layer("out").get_weights()[0].T, (3, 1)), rtol=1e-5)
step = 1e-3
shifted = [model.predict(x + sign * step * np.eye(5)[0], verbose=0)[:, 0] for sign in (1, -1)]
np.testing.assert_allclose(saliency[:, 0], (shifted[0] - shifted[1]) / (2 * step), rtol=2e-2, atol=1e-3)

p = K.placeholder(shape=(None, 2))
total = K.variable(0.0)
double = K.function([p], [p * 2], updates=[(total, K.sum(p))])
assert double([[[1.0, 2.0]]])[0].tolist() == [[2.0, 4.0]] and K.get_value(total) == 3.0
