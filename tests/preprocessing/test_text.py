"""Texts and sequences, with the values of Keras 2."""

import json

import numpy as np
import pytest
import reference

from ckeras import preprocessing
from ckeras.preprocessing.sequence import TimeseriesGenerator, pad_sequences, skipgrams, timeseries_generator_from_json
from ckeras.preprocessing.text import Tokenizer, hashing_trick, one_hot, text_to_word_sequence, tokenizer_from_json

cases = reference.script("make_text_values")
VALUES = json.loads(cases.VALUES.read_text())
FOUND = cases.values(preprocessing)


@pytest.mark.parametrize("case", VALUES)
def test_values_of_keras(case):
    found, expected = FOUND[case], VALUES[case]
    if "tokenizer" in case:
        for mode in ("binary", "count", "freq", "tfidf"):
            np.testing.assert_allclose(found.pop(mode), expected.pop(mode), rtol=1e-12)
    if case.startswith(("table", "fit_on")):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    else:
        assert found == expected


def test_all_cases_are_there():
    assert FOUND.keys() == VALUES.keys()


def test_one_hot_hashes_equal_words_equally():
    found = one_hot("a b a", 1000)
    assert found[0] == found[2] and all(1 <= index < 1000 for index in found)
    assert found[0] == hash("a") % 999 + 1


def test_a_generator_from_json_gives_the_same_batches():
    batches = TimeseriesGenerator(np.arange(9), np.arange(9), 2, start_index=3, batch_size=2)
    again = timeseries_generator_from_json(batches.to_json())
    assert len(again) == len(batches)
    assert [part.tolist() for part in again[1]] == [part.tolist() for part in batches[1]]


def test_random_pairs_without_a_seed_differ():
    found = [skipgrams(list(range(1, 30)), 30, negative_samples=0)[0] for _ in range(2)]
    assert found[0] != found[1] and sorted(found[0]) == sorted(found[1])


def test_padding_nothing():
    assert pad_sequences([]).shape == (0, 0) and pad_sequences([[1]], maxlen=0).shape == (1, 0)
    assert pad_sequences([[], []], maxlen=2).tolist() == [[0, 0], [0, 0]]


def test_a_word_list_of_an_older_spelling():
    with pytest.warns(UserWarning, match="num_words"):
        assert Tokenizer(nb_words=3).num_words == 3


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: Tokenizer(words=3), TypeError, "'words'"),
        (lambda: Tokenizer().sequences_to_matrix([[1]]), ValueError, "num_words, or fit_on_texts"),
        (lambda: Tokenizer(3).sequences_to_matrix([[1]], "tfidf"), ValueError, "fit_on_sequences"),
        (lambda: Tokenizer(3).sequences_to_matrix([[1]], "sum"), ValueError, "binary, count, freq, tfidf, got 'sum'"),
        (lambda: Tokenizer().fit_on_texts([3]), TypeError, "input_text to be a str, got 3"),
        (lambda: tokenizer_from_json("{}"), ValueError, "JSON of a Tokenizer"),
        (lambda: tokenizer_from_json("[1"), ValueError, "JSON of a Tokenizer"),
        (lambda: text_to_word_sequence(b"a"), TypeError, "input_text"),
        (lambda: hashing_trick("a", 1), ValueError, "n to be an integer of at least 2, got 1"),
        (lambda: hashing_trick("a", 5, "sha"), ValueError, "hash_function .* got 'sha'"),
        (lambda: skipgrams([1, 2], 1), ValueError, "vocabulary_size"),
        (lambda: pad_sequences(3), ValueError, "sequences"),
        (lambda: pad_sequences([[1], 2]), ValueError, r"sequences\[1\]"),
        (lambda: pad_sequences([[1], "ab"]), ValueError, r"sequences\[1\]"),
        (lambda: pad_sequences([[1]], padding="left"), ValueError, "padding .* got 'left'"),
        (lambda: pad_sequences([[1]], truncating=None), ValueError, "truncating"),
        (lambda: pad_sequences([[1]], maxlen=-1), ValueError, "maxlen"),
        (lambda: pad_sequences([[1]], value="a"), ValueError, "dtype=object"),
        (lambda: pad_sequences([[[1, 2]], [[1]]]), ValueError, r"\(2,\) as in the first sequence, got \(1,\)"),
        (lambda: TimeseriesGenerator([1, 2], [1], 1), ValueError, "length of data, 2, got 1"),
        (lambda: TimeseriesGenerator([1, 2], [1, 2], 2), ValueError, "no window"),
        (lambda: TimeseriesGenerator([1, 2, 3], [1, 2, 3], 1, end_index=7), ValueError, "end_index"),
        (lambda: TimeseriesGenerator([1, 2, 3], [1, 2, 3], 1, stride=0), ValueError, "stride"),
        (lambda: TimeseriesGenerator([1, 2, 3], [1, 2, 3], 1, batch_size=0), ValueError, "batch_size"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
