"""In the manner of 2021: text classification and characters by TextVectorization, StringLookup and tables."""

import re
import string

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, losses

text = ["the movie was great<br />fun", "terrible, awful film!", "great acting and great plot", "boring and bad"] * 4
labels = [1, 0, 1, 0] * 4
raw = tf.data.Dataset.from_tensor_slices((text, labels)).batch(4)


def custom_standardization(input_data):
    lowercase = tf.strings.lower(input_data)
    stripped_html = tf.strings.regex_replace(lowercase, "<br />", " ")
    return tf.strings.regex_replace(stripped_html, f"[{re.escape(string.punctuation)}]", "")


vectorize_layer = layers.TextVectorization(
    standardize=custom_standardization, max_tokens=50, output_mode="int", output_sequence_length=6
)
vectorize_layer.adapt(raw.map(lambda x, y: x))


def vectorize_text(text, label):
    text = tf.expand_dims(text, -1)
    return vectorize_layer(text), label


text_batch, label_batch = next(iter(raw))
vector, label = vectorize_text(text_batch[0], label_batch[0])
assert vector.shape == (1, 6) and int(label) == 1
assert vectorize_layer.get_vocabulary()[2] == "great"
train = raw.map(vectorize_text).cache().prefetch(buffer_size=tf.data.AUTOTUNE)
assert train.element_spec[0].dtype.is_integer

model = tf.keras.Sequential(
    [layers.Embedding(51, 8), layers.Dropout(0.2), layers.GlobalAveragePooling1D(), layers.Dense(1)]
)
model.compile(loss=losses.BinaryCrossentropy(from_logits=True), optimizer="adam", metrics=["accuracy"])
history = model.fit(raw.map(lambda x, y: (vectorize_layer(x), y)), epochs=2, verbose=0)
assert sorted(history.history) == ["accuracy", "loss"]

table = tf.lookup.StaticVocabularyTable(
    tf.lookup.KeyValueTensorInitializer(tf.constant(["a", "b"]), tf.range(2, dtype=tf.int64)), num_oov_buckets=2
)
found = table.lookup(tf.constant(["b", "DIAMOND", "a"])).numpy().tolist()
assert found[0] == 1 and found[2] == 0 and found[1] in (2, 3)
assert tf.one_hot(table.lookup(tf.constant(["a"])), depth=4).numpy().tolist() == [[1.0, 0.0, 0.0, 0.0]]

ids_from_chars = layers.StringLookup(vocabulary=list("abc"), mask_token=None)
chars_from_ids = layers.StringLookup(vocabulary=ids_from_chars.get_vocabulary(), invert=True, mask_token=None)
chars = tf.strings.unicode_split(["abc", "ca"], input_encoding="UTF-8")
ids = ids_from_chars(chars)
assert ids.to_list() == [[1, 2, 3], [3, 1]]
assert tf.strings.reduce_join(chars_from_ids(ids), axis=-1).numpy().tolist() == [b"abc", b"ca"]

sequences = tf.data.Dataset.from_tensor_slices(ids_from_chars(tf.strings.unicode_split("abcabc", "UTF-8")))
batches = sequences.batch(3, drop_remainder=True).map(lambda sequence: (sequence[:-1], sequence[1:]))
inputs, targets = next(iter(batches))
assert np.array_equal(inputs, [1, 2]) and np.array_equal(targets, [2, 3])
