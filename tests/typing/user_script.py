import numpy as np

import ckeras as keras


class Scale(keras.layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="factor")

    def call(self, inputs):
        return keras.ops.tanh(inputs * self.factor)


class Reporter(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(epoch, (logs or {}).get("loss"))


(x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(), Scale(), keras.layers.Dense(10, "softmax")])
rate = keras.optimizers.schedules.ExponentialDecay(1e-2, decay_steps=100, decay_rate=0.9)
loss = keras.losses.SparseCategoricalCrossentropy()
model.compile(optimizer=keras.optimizers.Adam(rate), loss=loss, metrics=["accuracy"])
history = model.fit(x_train / 16, y_train, epochs=2, callbacks=[Reporter()], validation_split=0.1, verbose=0)
losses: list[float] = history.history["loss"]
test_loss, accuracy = model.evaluate(x_test / 16, y_test, verbose=0)
backbone: keras.Model = keras.applications.ResNet50(weights=None, include_top=False, input_shape=(32, 32, 3))
classes = np.argmax(model.predict(x_test[:5] / 16), axis=-1)
norm: keras.Tensor = keras.ops.sqrt(keras.ops.sum(keras.ops.square(model.layers[-1].get_weights()[0])))
print(f"{losses[-1]:.3f} {test_loss:.3f} {accuracy:.3f}", classes.tolist(), float(norm) > 0, keras.__version__)
