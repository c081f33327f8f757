"""Training, checkpoints and files in the manner of 2024."""

import json
import pathlib

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(3)
rng = np.random.default_rng(1)
x = {"age": rng.random((120, 1)).astype("float32"), "text": rng.random((120, 5)).astype("float32")}
y = {"label": (x["text"].sum(1) > 2.5).astype("float32"), "years": 2 * x["age"]}


@keras.saving.register_keras_serializable(package="Show")
class Mix(layers.Layer):
    def __init__(self, weight=0.5, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight

    def call(self, inputs):
        a, b = inputs
        return self.weight * a + (1 - self.weight) * b

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}


age, text = keras.Input((1,), name="age"), keras.Input((5,), name="text")
h = Mix(0.3)([layers.Dense(8, activation="gelu")(age), layers.Dense(8)(text)])
model = keras.Model(
    {"age": age, "text": text},
    {"label": layers.Dense(1, activation="sigmoid", name="label")(h), "years": layers.Dense(1, name="years")(h)},
)
model.compile(
    keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.05, 300)),
    loss={"label": "binary_crossentropy", "years": "mse"},
    metrics={"label": ["accuracy"]},
    jit_compile=True,
)
history = model.fit(
    x, y, epochs=20, batch_size=16, verbose=0, validation_data=(x, y),
    callbacks=[
        keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True),
        keras.callbacks.CSVLogger("log.csv"),
        keras.callbacks.TerminateOnNaN(),
    ],
)  # fmt: skip
assert history.history["val_loss"][-1] < 0.8 * history.history["val_loss"][0]
assert len(pathlib.Path("log.csv").read_text().splitlines()) == 21
best = keras.saving.load_model("best.keras")
results = best.evaluate(x, y, verbose=0, return_dict=True)
np.testing.assert_allclose(results["loss"], min(history.history["val_loss"]), rtol=1e-4)
assert results["label_accuracy"] > 0.7
model.save_weights("last.weights.h5")
twin = keras.models.clone_model(model)
twin.load_weights("last.weights.h5")
np.testing.assert_allclose(twin.predict(x, verbose=0)["years"], model.predict(x, verbose=0)["years"], rtol=1e-5)
assert json.loads(model.to_json())["class_name"] == "Functional"
