"""``keras.preprocessing.text``: text to words, and words to integers. Names load on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.preprocessing.text.tokenizer import (
        Tokenizer as Tokenizer,
        tokenizer_from_json as tokenizer_from_json,
    )
    from ckeras.preprocessing.text.words import (
        hashing_trick as hashing_trick,
        one_hot as one_hot,
        text_to_word_sequence as text_to_word_sequence,
    )

attach(
    __name__,
    {
        "Tokenizer": "tokenizer",
        "hashing_trick": "words",
        "one_hot": "words",
        "text_to_word_sequence": "words",
        "tokenizer_from_json": "tokenizer",
    },
)
