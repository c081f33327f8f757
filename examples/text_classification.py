"""Tells praise from complaint: sentences that this script makes, a tokenizer, an embedding and a GRU.

What a word of praise says depends on the words before it ("not", "hardly"), so that counting words is not enough.

python -m ckeras examples/text_classification.py
"""

import random

import keras
from keras import layers
from keras.preprocessing.sequence import pad_sequences
from keras.preprocessing.text import Tokenizer

keras.utils.set_random_seed(1)

GOOD = ["good", "great", "clever", "moving", "funny", "fresh", "lovely", "brilliant"]
BAD = ["bad", "dull", "clumsy", "boring", "stale", "silly", "awful", "shallow"]
THINGS = ["plot", "cast", "ending", "music", "dialogue", "film", "story", "opening"]
TURNS = ["not", "hardly", "never", "far from"]
FILLERS = ["really", "rather", "quite", "truly", "at times", "as a whole", ""]


def sentence(rng):
    """A sentence, and whether it praises."""
    praises = rng.random() < 0.5
    turned = rng.random() < 0.5
    word = rng.choice(GOOD if praises != turned else BAD)
    words = ["the", rng.choice(THINGS), "was", rng.choice(TURNS) if turned else "", rng.choice(FILLERS), word]
    if rng.random() < 0.5:
        words += ["and", rng.choice(FILLERS), "too", rng.choice(["long", "short", "loud", "quiet"])]
    return " ".join(w for w in words if w), int(praises)


rng = random.Random(1)
texts, labels = zip(*(sentence(rng) for _ in range(3000)), strict=True)
tokenizer = Tokenizer()
tokenizer.fit_on_texts(texts[:2400])
x = pad_sequences(tokenizer.texts_to_sequences(texts), padding="post")
y = keras.ops.convert_to_numpy(labels).astype("float32")

model = keras.Sequential(
    [
        keras.Input(shape=(None,), dtype="int32"),
        layers.Embedding(len(tokenizer.word_index) + 1, 16, mask_zero=True),
        layers.GRU(32),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:2400], y[:2400], batch_size=32, epochs=6, verbose=2)

loss, accuracy = model.evaluate(x[2400:], y[2400:], verbose=0)
print(f"Judges {accuracy:.1%} of 600 new sentences (loss {loss:.3f}).")
assert accuracy >= 0.99
for text in ("the music was far from dull", "the ending was hardly clever", "the cast was truly funny"):
    row = pad_sequences(tokenizer.texts_to_sequences([text]), padding="post")
    print(f"{float(model.predict(row, verbose=0)[0, 0]):.2f}  {text}")
