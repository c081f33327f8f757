"""The layers, each in a short file of its own, in folders as the Keras documentation groups them."""

from ckeras.layers.activations.activation import Activation
from ckeras.layers.core.dense import Dense
from ckeras.layers.core.input_layer import Input, InputLayer
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.regularization.dropout import Dropout
from ckeras.layers.reshaping.flatten import Flatten

__all__ = ["Activation", "Dense", "Dropout", "Flatten", "Input", "InputLayer", "InputSpec", "Layer"]
