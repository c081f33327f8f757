"""Models of the examples that came with Keras 1, in their spelling, on small data."""

import numpy as np
from keras import backend as K
from keras.callbacks import EarlyStopping, ModelCheckpoint
from keras.layers import BatchNormalization, Input, Lambda, Merge, TimeDistributed, merge
from keras.layers.convolutional import Convolution1D, Convolution2D, MaxPooling1D, MaxPooling2D, ZeroPadding2D
from keras.layers.core import Activation, Dense, Dropout, Flatten, Permute, RepeatVector
from keras.layers.embeddings import Embedding
from keras.layers.recurrent import GRU, LSTM, SimpleRNN
from keras.layers.wrappers import Bidirectional
from keras.models import Model, Sequential
from keras.optimizers import SGD, RMSprop
from keras.preprocessing import sequence
from keras.preprocessing.image import ImageDataGenerator
from keras.preprocessing.text import Tokenizer
from keras.regularizers import l2
from keras.utils import np_utils

np.random.seed(1337)
nb_classes, batch_size, nb_epoch = 4, 8, 1
images = np.random.rand(24, 12, 12, 1).astype("float32")
labels = np_utils.to_categorical(np.arange(24) % nb_classes, nb_classes)
words = sequence.pad_sequences([np.random.randint(1, 50, n) for n in np.random.randint(3, 12, 24)], maxlen=10)
binary = np.arange(24) % 2


def train(model, x, y, **options):
    history = model.fit(x, y, batch_size=batch_size, nb_epoch=nb_epoch, verbose=0, **options)
    assert all(np.isfinite(v).all() for v in history.history.values())
    return model


# a convolutional network on images
model = Sequential()
model.add(ZeroPadding2D((1, 1), input_shape=(12, 12, 1)))
model.add(Convolution2D(4, 3, 3, border_mode="valid", dim_ordering="tf"))
model.add(Activation("relu"))
model.add(Convolution2D(4, 3, 3, subsample=(1, 1), W_regularizer=l2(0.01)))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(16, init="he_normal"))
model.add(BatchNormalization(mode=0))
model.add(Activation("relu"))
model.add(Dense(nb_classes, activation="softmax"))
model.compile(
    loss="categorical_crossentropy",
    optimizer=SGD(lr=0.1, decay=1e-6, momentum=0.9, nesterov=True),
    metrics=["accuracy"],
)
train(model, images, labels, validation_data=(images, labels), callbacks=[EarlyStopping(patience=1)])
assert len(model.evaluate(images, labels, verbose=0)) == 2

# layers of a trained network are frozen and used again
for layer in model.layers[:5]:
    layer.trainable = False
second = Sequential([*model.layers[:7], Dense(2, activation="softmax")])
second.compile(loss="categorical_crossentropy", optimizer="adadelta", metrics=["accuracy"])
train(second, images, np_utils.to_categorical(binary, 2))

# images that are changed at random
generator = ImageDataGenerator(rotation_range=10, width_shift_range=0.1, horizontal_flip=True)
generator.fit(images)
model.fit_generator(
    generator.flow(images, labels, batch_size=8), samples_per_epoch=24, nb_epoch=1, verbose=0, nb_worker=1
)

# recurrent networks on words
for recurrent in (
    LSTM(6, dropout_W=0.2, dropout_U=0.2),
    GRU(6, inner_activation="hard_sigmoid"),
    Bidirectional(LSTM(4), merge_mode="concat"),
):
    model = Sequential()
    model.add(Embedding(50, 8, input_length=10, mask_zero=False))
    model.add(recurrent)
    model.add(Dense(1))
    model.add(Activation("sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    train(model, words, binary)
assert model.predict_classes(words, verbose=0).shape == (24, 1)
assert model.predict_proba(words, verbose=0).shape == (24, 1)

# a convolution over words before an LSTM
model = Sequential()
model.add(Embedding(50, 8, input_length=10))
model.add(Convolution1D(nb_filter=5, filter_length=3, border_mode="same", activation="relu", subsample_length=1))
model.add(MaxPooling1D(pool_length=2))
model.add(LSTM(output_dim=6, consume_less="gpu"))
model.add(Dense(output_dim=1, activation="sigmoid"))
model.compile("rmsprop", "binary_crossentropy")
train(model, words, binary)

# a sequence to a sequence: digits to their sum
model = Sequential()
model.add(LSTM(8, input_shape=(5, 3)))
model.add(RepeatVector(4))
for _ in range(2):
    model.add(GRU(8, return_sequences=True))
model.add(TimeDistributed(Dense(3)))
model.add(Activation("softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
train(model, np.random.rand(24, 5, 3), np_utils.to_categorical(np.random.randint(0, 3, (24, 4)), 3))

# a network of identity matrices, on pixels one after another
model = Sequential()
model.add(
    SimpleRNN(
        output_dim=6,
        init=lambda shape, name=None: K.variable(np.random.normal(0, 0.01, shape)),
        inner_init=lambda shape, name=None: K.variable(np.eye(*shape)),
        activation="relu",
        input_shape=(144, 1),
    )
)
model.add(Dense(nb_classes, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer=RMSprop(lr=1e-3), metrics=["accuracy"])
train(model, images.reshape(24, 144, 1), labels)

# state that is kept from batch to batch
model = Sequential()
model.add(LSTM(5, batch_input_shape=(8, 3, 1), return_sequences=True, stateful=True))
model.add(LSTM(5, return_sequences=False, stateful=True))
model.add(Dense(1))
model.compile(loss="mse", optimizer="rmsprop")
for _ in range(2):
    model.fit(np.ones((24, 3, 1)), np.ones((24, 1)), batch_size=8, nb_epoch=1, verbose=0, shuffle=False)
    model.reset_states()

# a memory network: a story, a question and an answer
story = Sequential([Embedding(input_dim=50, output_dim=8, input_length=10), Dropout(0.3)])
question = Sequential([Embedding(input_dim=50, output_dim=8, input_length=4), Dropout(0.3)])
match = Sequential()
match.add(Merge([story, question], mode="dot", dot_axes=[2, 2]))
match.add(Activation("softmax"))
other = Sequential([Embedding(input_dim=50, output_dim=4, input_length=10)])
response = Sequential()
response.add(Merge([match, other], mode="sum"))
response.add(Permute((2, 1)))
answer = Sequential()
answer.add(Merge([response, question], mode="concat", concat_axis=-1))
answer.add(LSTM(8))
answer.add(Dense(50, activation="softmax"))
answer.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
train(answer, [words, words[:, :4], words, words[:, :4]], np_utils.to_categorical(words[:, 0], 50))

# two branches with the same weights, and a distance between them
base = Sequential([Dense(8, input_shape=(6,), activation="relu"), Dropout(0.1)])
left, right = Input(shape=(6,)), Input(shape=(6,))


def distance(vectors):
    x, y = vectors
    return K.sqrt(K.maximum(K.sum(K.square(x - y), axis=1, keepdims=True), K.epsilon()))


def contrastive(y_true, y_pred):
    return K.mean(y_true * K.square(y_pred) + (1 - y_true) * K.square(K.maximum(1 - y_pred, 0)))


apart = Lambda(distance, output_shape=lambda shapes: (shapes[0][0], 1))([base(left), base(right)])
model = Model(input=[left, right], output=apart)
model.compile(loss=contrastive, optimizer=RMSprop())
train(model, [np.random.rand(24, 6), np.random.rand(24, 6)], binary.astype("float32"))

# texts as vectors, and a checkpoint
tokenizer = Tokenizer(nb_words=30)
texts = ["the cat sat", "a dog ran far"] * 12
tokenizer.fit_on_texts(texts)
matrix = tokenizer.texts_to_matrix(texts, mode="binary")
model = Sequential([Dense(8, input_dim=matrix.shape[1], activation="relu"), Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
train(model, matrix, binary, callbacks=[ModelCheckpoint("best.hdf5", save_best_only=True, monitor="loss")])
model.load_weights("best.hdf5")

# a merged graph, as in the residual networks of the time
x = Input(shape=(12, 12, 1))
y = Convolution2D(1, 3, 3, border_mode="same", activation="relu")(x)
model = Model(x, Dense(nb_classes, activation="softmax")(Flatten()(merge([x, y], mode="sum"))))
model.compile("sgd", "categorical_crossentropy")
train(model, images, labels)
print("all")
