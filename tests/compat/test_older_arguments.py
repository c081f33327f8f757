"""Arguments and methods by the names of older Keras: each leads to that of today, with one warning that names it."""

import inspect
import warnings

import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.older_spellings import ARGUMENTS

X, Y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
OF_LAYERS = [(name, older, today) for name, pairs in ARGUMENTS.items() for older, today in pairs.items()]


def small():
    model = ckeras.Sequential([ckeras.Input((3,)), layers.Dense(2, activation="softmax")])
    model.compile("sgd", "mse")
    return model


def test_every_name_of_today_is_a_parameter():
    names = {name: getattr(layers, name, getattr(ckeras.Model, name, None)) for name in ARGUMENTS}
    known = {name: inspect.signature(value).parameters for name, value in names.items() if inspect.isclass(value)}
    known["fit"] = inspect.signature(ckeras.Model.fit).parameters
    assert {"Dense", "Dropout", "GaussianNoise", "fit"} <= set(known)
    absent = [
        (name, today)
        for name, parameters in known.items()
        for today in ARGUMENTS[name].values()
        if today not in parameters and (today, name) != ("dilation_rate", "Conv2DTranspose")
    ]
    assert absent == []


def test_a_layer_of_keras_1():
    with pytest.warns(UserWarning, match="output_dim is units, init is kernel_initializer, bias is use_bias") as found:
        layer = layers.Dense(output_dim=4, init="ones", bias=False, input_dim=3)
    assert len(found) == 1 and found[0].filename == __file__
    assert (layer.units, layer.use_bias) == (4, False)
    assert layer.get_config()["kernel_initializer"]["class_name"] == "Ones"
    assert layers.Dense.from_config(layer.get_config()).units == 4


def test_convolutions_of_keras_1():
    with pytest.warns(UserWarning, match="border_mode is padding, subsample is strides, dim_ordering is data_format"):
        layer = layers.Convolution2D(8, 3, 5, border_mode="same", subsample=(2, 2), dim_ordering="th")
    assert (layer.filters, layer.kernel_size, layer.strides) == (8, (3, 5), (2, 2))
    assert (layer.padding, layer.data_format) == ("same", "channels_first")
    with pytest.warns(UserWarning, match="nb_filter is filters, nb_row is kernel_size, nb_col is kernel_size"):
        assert layers.Conv2D(nb_filter=4, nb_row=2, nb_col=3).kernel_size == (2, 3)
    with pytest.warns(UserWarning, match=r"got kernel_size=3 and strides=3 by position; .* give kernel_size=\(3, 3\)"):
        assert layers.Conv2D(8, 3, 3).strides == (3, 3)
    with pytest.warns(UserWarning, match="stride is strides"):
        assert layers.MaxPooling1D(2, stride=1).strides in (1, (1,))


def test_recurrent_layers_of_keras_1():
    with pytest.warns(UserWarning, match="output_dim is units, inner_activation is recurrent_activation"):
        layer = layers.LSTM(output_dim=4, inner_activation="hard_sigmoid", dropout_W=0.1, dropout_U=0.2)
    assert (layer.units, layer.dropout, layer.recurrent_dropout) == (4, 0.1, 0.2)
    assert layer.get_config()["recurrent_activation"] == "hard_sigmoid"


def test_a_value_that_had_another_name():
    with pytest.warns(UserWarning, match="dim_ordering is data_format"):
        assert layers.Flatten(dim_ordering="th").data_format == "channels_first"


@pytest.mark.parametrize("given", [{"units": 3, "output_dim": 3}, {"output_dim": 3, "units": 3}])
def test_both_names(given):
    with pytest.raises(TypeError, match="Dense got units twice: by this name and by its older name output_dim"):
        layers.Dense(**given)


def test_subclasses_of_layers_translate_too():
    class Own(layers.Dense):
        def __init__(self, **kwargs):
            super().__init__(output_dim=2, **kwargs)

    with pytest.warns(UserWarning, match="output_dim is units"):
        assert Own().units == 2


def test_models_and_their_training():
    x = ckeras.Input((3,))
    with pytest.warns(UserWarning, match="input is inputs, output is outputs"):
        model = ckeras.Model(input=x, output=layers.Dense(1)(x))
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="nb_epoch is epochs"):
        assert len(model.fit(X, Y, nb_epoch=3, verbose=0).epoch) == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, Y, epochs=1, verbose=0)


class Batches:
    """An endless generator that counts what is taken from it."""

    def __init__(self, targets):
        self.taken, self.targets = 0, targets

    def __iter__(self):
        return self

    def __next__(self):
        self.taken += 1
        return X, self.targets


def test_methods_of_older_models():
    model, targets = small(), np.eye(2)[np.arange(8) % 2]
    batches = Batches(targets)
    with pytest.warns(UserWarning, match="fit_generator is a method of older Keras; use fit instead"):
        history = model.fit_generator(batches, samples_per_epoch=20, nb_epoch=2, verbose=0, nb_worker=2)
    assert len(history.epoch) == 2 and batches.taken >= 6  # three batches of eight samples in each epoch
    with pytest.warns(UserWarning, match="use evaluate instead"):
        loss = model.evaluate_generator(Batches(targets), steps=2)
    assert loss == pytest.approx(model.evaluate(X, targets, verbose=0), rel=1e-5)
    with pytest.warns(UserWarning, match="use predict instead"):
        assert model.predict_generator(Batches(targets), steps=2).shape == (16, 2)
    with pytest.warns(UserWarning, match="argmax"):
        assert model.predict_classes(X).tolist() == model.predict(X, verbose=0).argmax(-1).tolist()
    with pytest.raises(TypeError, match="unexpected keyword argument 'epoch_count'"), pytest.warns(UserWarning):
        model.fit_generator(batches, epoch_count=3)


def test_merge():
    a, b = ckeras.ops.array([[1.0, 2.0]]), ckeras.ops.array([[3.0, 5.0]])
    expected = {"sum": [[4, 7]], "mul": [[3, 10]], "ave": [[2, 3.5]], "max": [[3, 5]], "concat": [[1, 2, 3, 5]]}
    assert {mode: layers.merge([a, b], mode=mode).tolist() for mode in expected} == expected
    assert layers.merge([a, b], mode="dot", dot_axes=1).tolist() == [[13.0]]
    assert layers.merge([a, a], mode="cos", dot_axes=1).tolist() == [[pytest.approx(1.0)]]
    assert layers.merge([a, b], mode=lambda pair: pair[0] - pair[1], output_shape=(2,)).tolist() == [[-2, -3]]
    with pytest.raises(ValueError, match=r"merge expects mode to be a function or one of sum, mul, .*, got 'add'"):
        layers.merge([a, b], mode="add")
