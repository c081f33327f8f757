"""``keras.preprocessing.sequence``: sequences of integers or vectors, for models. Names load on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.preprocessing.sequence.padding import pad_sequences as pad_sequences
    from ckeras.preprocessing.sequence.timeseries_generator import (
        TimeseriesGenerator as TimeseriesGenerator,
        timeseries_generator_from_json as timeseries_generator_from_json,
    )
    from ckeras.preprocessing.sequence.word_pairs import (
        make_sampling_table as make_sampling_table,
        skipgrams as skipgrams,
    )

attach(
    __name__,
    {
        "TimeseriesGenerator": "timeseries_generator",
        "make_sampling_table": "word_pairs",
        "pad_sequences": "padding",
        "skipgrams": "word_pairs",
        "timeseries_generator_from_json": "timeseries_generator",
    },
)
