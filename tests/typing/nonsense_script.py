"""Every line that says "nonsense" is an error to type checkers; the first ones are lines of no effect to linters."""

# ruff: noqa: B018
import ckeras as keras

keras.nonsense
keras.ops.nonsense
keras.layers.nonsense
keras.callbacks.nonsense
keras.applications.nonsense
keras.applications.VGG16(nonsense=1)
keras.applications.MobileNet(nonsense=1)
keras.Sequential().nonsense
keras.Sequential().fit().nonsense
keras.Sequential().summary(nonsense=1)
keras.Model().nonsense
keras.layers.Dense(3).nonsense
keras.losses.MeanSquaredError().nonsense
keras.metrics.Accuracy().nonsense
keras.optimizers.Adam().nonsense
keras.optimizers.schedules.CosineDecay(0.1, 10).nonsense
keras.initializers.GlorotUniform().nonsense
keras.regularizers.L2().nonsense
keras.constraints.NonNeg().nonsense
keras.callbacks.ProgbarLogger().nonsense
keras.activations.relu(1.0, nonsense=1)
keras.ops.exp(1.0).nonsense
keras.ops.matmul(1.0, 2.0).nonsense
keras.ops.linalg.nonsense
keras.random.normal((2,)).nonsense
keras.Variable(1.0).nonsense
keras.GradientTape().nonsense
keras.datasets.digits.nonsense


@keras.saving.register_keras_serializable()
class Saved(keras.layers.Layer):
    pass


@keras.registry.layers("named")
class Named(keras.layers.Layer):
    pass


Saved().nonsense
Named().nonsense
