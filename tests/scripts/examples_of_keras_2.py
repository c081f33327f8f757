"""Models of the examples that came with Keras 2, in their spelling, on small data."""

import keras
import numpy as np
from keras import backend as K, initializers
from keras.callbacks import LambdaCallback, ReduceLROnPlateau
from keras.layers import (
    LSTM,
    Activation,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Conv2D,
    CuDNNGRU,
    CuDNNLSTM,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Input,
    Lambda,
    LeakyReLU,
    MaxPooling1D,
    MaxPooling2D,
    Permute,
    RepeatVector,
    Reshape,
    SimpleRNN,
    TimeDistributed,
    UpSampling2D,
    add,
    concatenate,
    dot,
    merge,
)
from keras.losses import binary_crossentropy, mse
from keras.models import Model, Sequential
from keras.optimizers import Adam, RMSprop
from keras.preprocessing.sequence import pad_sequences
from keras.preprocessing.text import Tokenizer
from keras.utils import Sequence, plot_model, to_categorical
from keras.utils.np_utils import to_categorical as same

np.random.seed(0)
images = np.random.rand(24, 12, 12, 1).astype("float32")
if K.image_data_format() == "channels_first":
    raise SystemExit("channels are last here")
labels = to_categorical(np.arange(24) % 4, 4)
words = pad_sequences([np.random.randint(1, 50, n) for n in np.random.randint(3, 12, 24)], maxlen=10)
binary = np.arange(24) % 2


def train(model, x, y=None, **options):
    history = model.fit(x, y, batch_size=8, epochs=1, verbose=0, **options)
    assert all(np.isfinite(v).all() for v in history.history.values())
    return model


# a perceptron and a convolutional network
model = Sequential()
model.add(Dense(32, activation="relu", input_shape=(144,)))
model.add(Dropout(0.2))
model.add(Dense(4, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])
train(model, images.reshape(24, 144), labels, validation_split=0.25)
model = Sequential()
model.add(Conv2D(4, kernel_size=(3, 3), activation="relu", input_shape=(12, 12, 1)))
model.add(Conv2D(4, (3, 3), activation="relu"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(4, activation="softmax"))
model.compile(loss=keras.losses.categorical_crossentropy, optimizer=keras.optimizers.Adadelta(), metrics=["accuracy"])
train(model, images, labels)
assert model.layers[0].output_shape == (None, 10, 10, 4)

# a variational autoencoder
inputs = Input(shape=(144,), name="encoder_input")
hidden = Dense(16, activation="relu")(inputs)
z_mean, z_log_var = Dense(2, name="z_mean")(hidden), Dense(2, name="z_log_var")(hidden)


def sampling(args):
    mean, log_var = args
    epsilon = K.random_normal(shape=(K.shape(mean)[0], K.int_shape(mean)[1]))
    return mean + K.exp(0.5 * log_var) * epsilon


z = Lambda(sampling, output_shape=(2,), name="z")([z_mean, z_log_var])
encoder = Model(inputs, [z_mean, z_log_var, z], name="encoder")
latent = Input(shape=(2,), name="z_sampling")
decoder = Model(latent, Dense(144, activation="sigmoid")(Dense(16, activation="relu")(latent)), name="decoder")
outputs = decoder(encoder(inputs)[2])
vae = Model(inputs, outputs, name="vae_mlp")
loss = binary_crossentropy(inputs, outputs) * 144
kl = -0.5 * K.sum(1 + z_log_var - K.square(z_mean) - K.exp(z_log_var), axis=-1)
vae.add_loss(K.mean(loss + kl))
vae.compile(optimizer="adam")
train(vae, images.reshape(24, 144))
vae.save_weights("vae.h5")
vae.load_weights("vae.h5")
assert decoder.predict(np.zeros((1, 2)), verbose=0).shape == (1, 144)

# embeddings that were trained before
tokenizer = Tokenizer(num_words=20)
texts = ["the cat sat on the mat", "a dog ran far"] * 12
tokenizer.fit_on_texts(texts)
sequences = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=12)
matrix = np.random.rand(20, 8)
x = Input(shape=(12,), dtype="int32")
y = Embedding(20, 8, embeddings_initializer=initializers.Constant(matrix), input_length=12, trainable=False)(x)
y = MaxPooling1D(2)(Conv1D(8, 3, activation="relu")(y))
model = Model(x, Dense(2, activation="softmax")(GlobalMaxPooling1D()(y)))
model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["acc"])
train(model, sequences, same(binary, 2))
model = Sequential(
    [Embedding(20, 8, weights=[matrix], input_length=12, trainable=False), GlobalAveragePooling1D(), Dense(1)]
)
model.compile("sgd", "mse")
np.testing.assert_allclose(train(model, sequences, binary).layers[0].get_weights()[0], matrix, rtol=1e-6)

# recurrent networks: sentiment, text that is made, sums of digits, pixels one after another
model = Sequential([Embedding(50, 8), LSTM(8, dropout=0.2, recurrent_dropout=0.2), Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
train(model, words, binary)
model = Sequential(
    [Embedding(50, 8, input_length=10), Bidirectional(LSTM(4)), Dropout(0.5), Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
train(model, words, binary)
model = Sequential([LSTM(8, input_shape=(5, 7)), Dense(7, activation="softmax")])
model.compile(loss="categorical_crossentropy", optimizer=RMSprop(lr=0.01))
said = []
train(
    model,
    np.eye(7)[np.random.randint(0, 7, (24, 5))],
    np.eye(7)[np.random.randint(0, 7, 24)],
    callbacks=[LambdaCallback(on_epoch_end=lambda epoch, logs: said.append(epoch)), ReduceLROnPlateau("loss")],
)
assert said == [0]
model = Sequential(
    [
        LSTM(8, input_shape=(5, 3)),
        RepeatVector(4),
        LSTM(8, return_sequences=True),
        TimeDistributed(Dense(3, activation="softmax")),
    ]
)
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
train(model, np.random.rand(24, 5, 3), to_categorical(np.random.randint(0, 3, (24, 4)), 3))
model = Sequential(
    [
        SimpleRNN(
            6,
            kernel_initializer=initializers.RandomNormal(stddev=0.001),
            recurrent_initializer=initializers.Identity(gain=1.0),
            activation="relu",
            input_shape=(144, 1),
        ),
        Dense(4),
        Activation("softmax"),
    ]
)
model.compile(loss="categorical_crossentropy", optimizer=RMSprop(lr=1e-6), metrics=["accuracy"])
train(model, images.reshape(24, 144, 1), labels)
model = Sequential([CuDNNLSTM(4, return_sequences=True, input_shape=(5, 3)), CuDNNGRU(4), Dense(1)])
model.compile("sgd", "mse")
train(model, np.random.rand(24, 5, 3), binary)

# a hierarchy of two LSTMs over the rows of images
x = Input(shape=(12, 12, 1))
model = Model(x, Dense(4, activation="softmax")(LSTM(6)(TimeDistributed(LSTM(6))(x))))
model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
train(model, images, labels)

# a memory network
story, question = Input((10,)), Input((4,))
m = Sequential([Embedding(input_dim=50, output_dim=8), Dropout(0.3)])
c = Sequential([Embedding(input_dim=50, output_dim=4), Dropout(0.3)])
q = Sequential([Embedding(input_dim=50, output_dim=8, input_length=4), Dropout(0.3)])
match = Activation("softmax")(dot([m(story), q(question)], axes=(2, 2)))
response = Permute((2, 1))(add([match, c(story)]))
answer = Dense(50)(Dropout(0.3)(LSTM(6)(concatenate([response, q(question)]))))
model = Model([story, question], Activation("softmax")(answer))
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
train(model, [words, words[:, :4]], words[:, 0])

# two branches of the same weights
base = Model(x, Dense(6, activation="relu")(Flatten()(x)))
left, right = Input((12, 12, 1)), Input((12, 12, 1))
apart = Lambda(
    lambda v: K.sqrt(K.maximum(K.sum(K.square(v[0] - v[1]), axis=1, keepdims=True), K.epsilon())),
    output_shape=lambda shapes: (shapes[0][0], 1),
)([base(left), base(right)])
model = Model([left, right], apart)
model.compile(
    loss=lambda t, p: K.mean(t * K.square(p) + (1 - t) * K.square(K.maximum(1 - p, 0))),
    optimizer=RMSprop(),
    metrics=[lambda t, p: K.mean(K.equal(t, K.cast(p < 0.5, t.dtype)))],
)
train(model, [images, images[::-1]], binary.astype("float32"))

# a generator and a discriminator
discriminator = Sequential(
    [Flatten(input_shape=(12, 12, 1)), Dense(16), LeakyReLU(alpha=0.2), Dense(1, activation="sigmoid")]
)
discriminator.compile(loss="binary_crossentropy", optimizer=Adam(0.0002, 0.5), metrics=["accuracy"])
generator = Sequential(
    [
        Dense(36, input_dim=5),
        BatchNormalization(momentum=0.8),
        Reshape((6, 6, 1)),
        UpSampling2D(),
        Conv2D(1, 3, padding="same", activation="tanh"),
    ]
)
noise = Input(shape=(5,))
discriminator.trainable = False
combined = Model(noise, discriminator(generator(noise)))
combined.compile(loss="binary_crossentropy", optimizer=Adam(0.0002, 0.5))
made = generator.predict(np.random.normal(0, 1, (8, 5)), verbose=0)
assert len(discriminator.train_on_batch(made, np.zeros((8, 1)))) == 2
assert np.isfinite(combined.train_on_batch(np.random.normal(0, 1, (8, 5)), np.ones((8, 1))))

# gradients of activations, as in the pictures of filters, and functions of the backend
network = Sequential([Conv2D(3, 3, name="conv", input_shape=(12, 12, 1)), Flatten(), Dense(4)])
layers = {layer.name: layer for layer in network.layers}
goal = K.mean(layers["conv"].output[:, :, :, 0])
(gradient,) = K.gradients(goal, network.input)
step = K.function([network.input], [goal, gradient / (K.sqrt(K.mean(K.square(gradient))) + 1e-5)])
assert step([images[:1]])[1].shape == (1, 12, 12, 1)
K.set_value(layers["conv"].bias, np.ones(3))
K.set_learning_phase(0)


class Pairs(Sequence):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return images[index * 8 : index * 8 + 8], labels[index * 8 : index * 8 + 8]


model = Sequential([Flatten(input_shape=(12, 12, 1)), Dense(4, activation="softmax")])
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
model.fit_generator(Pairs(), steps_per_epoch=3, epochs=1, verbose=0, workers=2, validation_data=(images, labels))
assert model.evaluate_generator(Pairs(), steps=3) is not None and mse is not None and plot_model and merge
print("all")
