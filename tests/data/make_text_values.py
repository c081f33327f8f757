"""What the functions for texts and sequences give, computed with Keras 2 (tf_keras) or with ckeras.

`python tests/data/make_text_values.py` computes every case below with tf_keras and writes the values next to this file.
"""

import json
import pathlib
import random

import numpy as np

VALUES = pathlib.Path(__file__).with_name("text_values.json")
TEXTS = ["The cat sat on the mat.", "", "THE dog, the log & the frog!", "Ünïcode\tcat; cat's", "a a a b b c"]
LISTS = [["One", "fish"], ["two", "fish", "fish"], []]
TOKENIZERS = [
    {},
    {"num_words": 4},
    {"num_words": 4, "oov_token": "<oov>"},
    {"char_level": True, "num_words": 6},
    {"char_level": True, "lower": False, "oov_token": "?"},
    {"lower": False, "filters": "t", "split": "a"},
    {"analyzer": lambda text: list(text[::2])},
]
NEW = ["the cat and the dog", "zzz", "", ["Fish", "cat"], "a b c d"]
SERIES = np.arange(40.0).reshape(20, 2)


def tokenizers(k):
    """Everything that a tokenizer gives."""
    for number, options in enumerate(TOKENIZERS):
        for name, texts in (("texts", TEXTS), ("lists", LISTS)):
            t = k.text.Tokenizer(**options)
            t.fit_on_texts(texts)
            sequences = t.texts_to_sequences(NEW)
            config = json.loads(t.to_json())
            for counts in ("word_docs", "index_docs"):  # in the order of a set
                config["config"][counts] = sorted(json.loads(config["config"][counts]).items())
            again = k.text.tokenizer_from_json(t.to_json()) if "analyzer" not in options else t
            found = {
                "config": config,
                "counts": list(t.word_counts.items()),
                "index": list(t.word_index.items()),
                "sequences": sequences,
                "again": again.texts_to_sequences(NEW),
                "texts": t.sequences_to_texts([*sequences, [0, 1, 99]]),
                "count": t.document_count,
            }
            for mode in ("binary", "count", "freq", "tfidf"):
                found[mode] = t.texts_to_matrix(NEW, mode).tolist()
            yield f"tokenizer {number} {name}", found
    t = k.text.Tokenizer(num_words=5)
    t.fit_on_sequences([[1, 2, 2], [2, 3], []])
    yield "fit_on_sequences", t.sequences_to_matrix([[1, 2, 7], [3, 3]], "tfidf").tolist()


def words(k):
    for number, text in enumerate(TEXTS):
        yield f"words {number}", k.text.text_to_word_sequence(text)
        yield f"words {number} options", k.text.text_to_word_sequence(text, filters="e.", lower=False, split="a")
        yield f"hashes {number}", k.text.hashing_trick(text, 50, "md5")
        yield f"lengths {number}", k.text.hashing_trick(text, 5, len, lower=False)
        yield f"analyzer {number}", k.text.hashing_trick(text, 9, len, analyzer=lambda t: t.split("a"))


def padding(k):
    ragged = [[1, 2, 3], [4], [], [5, 6, 7, 8]]
    for padding in ("pre", "post"):
        for truncating in ("pre", "post"):
            for maxlen in (None, 2, 6):
                options = {"maxlen": maxlen, "padding": padding, "truncating": truncating}
                yield f"pad {options}", k.sequence.pad_sequences(ragged, value=-1, **options).tolist()
    yield "pad vectors", k.sequence.pad_sequences([[[1, 2]], [[3, 4], [5, 6]]], dtype="float32", value=0.5).tolist()
    yield "pad strings", k.sequence.pad_sequences([["a"], ["b", "c"]], dtype=object, value="pad").tolist()


def pairs(k):
    yield "table", k.sequence.make_sampling_table(20).tolist()
    yield "table factor", k.sequence.make_sampling_table(7, 1e-3).tolist()
    table = k.sequence.make_sampling_table(9, 1e-2)
    for options in (
        {"shuffle": False, "negative_samples": 0},
        {"shuffle": False, "window_size": 1, "categorical": True},
        {"seed": 3, "window_size": 2, "negative_samples": 0.5},
        {"seed": 4, "categorical": True, "negative_samples": 2.0},
        {"seed": 5, "sampling_table": table},
    ):
        random.seed(1)
        found = k.sequence.skipgrams([1, 5, 0, 3, 8, 2, 5, 1], 9, **options)
        yield f"skipgrams {sorted(options)}", [list(part) for part in found]


def windows(k):
    for number, options in enumerate(
        [
            {"length": 3},
            {"length": 4, "sampling_rate": 2, "stride": 2, "batch_size": 3},
            {"length": 2, "start_index": 5, "end_index": 12, "reverse": True, "batch_size": 4},
            {"length": 5, "shuffle": True, "batch_size": 4},
            {"length": 19, "batch_size": 1},
        ]
    ):
        np.random.seed(2)
        batches = k.sequence.TimeseriesGenerator(SERIES, SERIES[:, 0] * 10, **options)
        yield (
            f"windows {number}",
            [len(batches)] + [[part.tolist() for part in batches[i]] for i in range(len(batches))],
        )


def values(k):
    """Case -> value, with ``text`` and ``sequence`` of a ``preprocessing`` package."""
    found = dict(case for cases in (tokenizers, words, padding, pairs, windows) for case in cases(k))
    return json.loads(json.dumps(found))


if __name__ == "__main__":
    import tf_keras

    VALUES.write_text(json.dumps(values(tf_keras.preprocessing), ensure_ascii=False) + "\n")
