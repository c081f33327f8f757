"""Attention and CTC: against their definitions, compiled, with unknown sizes, and with bad input."""

import itertools

import numpy as np
import pytest
from samples import normal as data

from ckeras import GradientTape, KerasTensor, function, ops

# -- CTC ------------------------------------------------------------------------------------------------------------


def log_probabilities(logits):
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def labels_of(path, blank):
    """What a class for each frame stands for."""
    kept = [c for c, before in zip(path, [None, *path], strict=False) if c != before]
    return tuple(c for c in kept if c != blank)


def all_sequences(logits, blank=0):
    """The probability of each label sequence, summed over all paths."""
    frames, classes = logits.shape
    p, found = np.exp(log_probabilities(logits)), {}
    for path in itertools.product(range(classes), repeat=frames):
        key = labels_of(path, blank)
        found[key] = found.get(key, 0) + np.prod([p[t, c] for t, c in enumerate(path)])
    return found


@pytest.mark.parametrize("blank", [0, 2])
def test_ctc_loss_is_the_sum_over_all_paths(blank):
    logits = data(5, 3)
    for labels, probability in all_sequences(logits, blank).items():
        if len(labels) <= 3:
            target = [[*labels, *[7] * (3 - len(labels))]]  # what pads a target does not count
            loss = ops.ctc_loss(target, logits[None], [len(labels)], [5], mask_index=blank)
            np.testing.assert_allclose(loss, [-np.log(probability)], 1e-9)


def test_ctc_loss_of_what_cannot_be():
    x = ops.convert_to_tensor(data(1, 2, 4).astype("float32"))
    with GradientTape() as tape:
        tape.watch(x)
        loss = ops.ctc_loss([[1, 1]], x, [2], [2])  # a blank between the two has no frame
    assert 9e4 < float(loss[0]) < 2e5
    assert np.isfinite(tape.gradient(loss, x).numpy()).all()
    logits = np.array([[[0.0, -np.inf, 1.0], [0.0, 2.0, -np.inf]]], "float32")
    assert np.isfinite(ops.ctc_loss([[2]], logits, [1], [2]).numpy()).all()


def test_ctc_loss_compiled():
    target, lengths, frames = np.array([[1, 2, 2], [3, 0, 0]], "int32"), np.array([3, 1]), np.array([6, 4])

    def loss(x, target, lengths, frames):
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.ctc_loss(target, x, lengths, frames)
        return y, tape.gradient(y, x)

    x = ops.convert_to_tensor(data(2, 6, 4))
    for found, expected in zip(
        function(loss)(x, target, lengths, frames), loss(x, target, lengths, frames), strict=True
    ):
        np.testing.assert_allclose(found, expected, 1e-12)
    assert not loss(x, target, lengths, frames)[1][1, 4:].numpy().any()  # beyond the frames


@pytest.mark.parametrize("blank", [0, 2])
def test_beam_search_finds_the_most_probable_sequences(blank):
    logits = 2 * data(3, 5, 3)
    paths, scores = ops.ctc_decode(logits, [5, 5, 3], "beam_search", 200, 4, mask_index=blank)
    assert (paths.shape, paths.dtype, scores.shape) == ((4, 3, 5), "int32", (3, 4))
    for i, frames in enumerate((5, 5, 3)):
        every = sorted(all_sequences(logits[i, :frames], blank).items(), key=lambda pair: -pair[1])[:4]
        for rank, (labels, probability) in enumerate(every):
            assert paths[rank, i].tolist() == [*labels, *[-1] * (5 - len(labels))]
            np.testing.assert_allclose(scores[i, rank], np.log(probability), 1e-9)


def test_greedy_decode():
    best = np.array([[0, 1, 1, 0, 1, 2], [2, 2, 0, 0, 1, 1]])
    paths, scores = ops.ctc_decode(5 * np.eye(3, dtype="float32")[best], [6, 3])
    assert paths.tolist() == [[[1, 1, 2, -1, -1, -1], [2, -1, -1, -1, -1, -1]]]
    assert scores.tolist() == [[-30], [-15]]
    paths, _ = ops.ctc_decode(5 * np.eye(3, dtype="float32")[best], [6, 3], merge_repeated=False, mask_index=2)
    assert paths.tolist() == [[[0, 1, 1, 0, 1, -1], [0, -1, -1, -1, -1, -1]]]
    compiled = function(lambda x, n: ops.ctc_decode(x, n))
    assert compiled(5 * np.eye(3, dtype="float32")[best], np.array([6, 3]))[0].shape == (1, 2, 6)


@pytest.mark.parametrize("strategy", ["greedy", "beam_search"])
def test_decoding_nothing(strategy):
    paths, scores = ops.ctc_decode(data(2, 3, 4), [0, 0], strategy)
    assert (paths == -1).numpy().all() and scores.tolist() == [[0], [0]]


@pytest.mark.parametrize(
    ("error", "compute", "message"),
    [
        (ValueError, lambda: ops.ctc_loss([1], data(1, 2, 3), [1], [2]), r"targets \(batch, labels\)"),
        (ValueError, lambda: ops.ctc_loss([[1]], data(2, 2, 3), [1], [2]), r"outputs of shape \(2, 2, 3\)"),
        (ValueError, lambda: ops.ctc_loss([[1]], data(2, 3), [1], [2]), r"\(batch, frames, classes\)"),
        (ValueError, lambda: ops.ctc_loss([[1]], data(1, 2, 3), [1, 1], [2]), "target_length with a number for each"),
        (ValueError, lambda: ops.ctc_loss([[1]], data(1, 2, 3), [1], [[2]]), "output_length with a number for each"),
        (IndexError, lambda: ops.ctc_loss([[3]], data(1, 2, 3), [1], [2]), "outside"),
        (IndexError, lambda: ops.ctc_loss([[-1]], data(1, 2, 3), [1], [2]), "outside"),
        (ValueError, lambda: ops.ctc_decode(data(1, 2, 3), [2], "best"), "strategy 'greedy' or 'beam_search'"),
        (ValueError, lambda: ops.ctc_decode(data(1, 2, 3), [2], "beam_search", 2, 3), "top_paths <= beam_width"),
        (ValueError, lambda: ops.ctc_decode(data(1, 2, 3), [2, 1]), "sequence_lengths with a number for each"),
    ],
)
def test_bad_sequences(error, compute, message):
    with pytest.raises(error, match=message):
        compute()


# -- attention ------------------------------------------------------------------------------------------------------


def attended(q, k, v, allowed, bias=0.0, scale=None):
    """Attention by its definition; each head of the keys serves a run of heads."""
    k, v = (np.repeat(t, q.shape[2] // k.shape[2], 2) for t in (k, v))
    logits = np.einsum("btnh,bsnh->bnts", q, k) * (q.shape[3] ** -0.5 if scale is None else scale) + bias
    weights = np.where(allowed, np.exp(logits - logits.max(-1, keepdims=True)), 0)
    return np.einsum("bnts,bsnh->btnh", weights / weights.sum(-1, keepdims=True), v)


@pytest.mark.parametrize("heads", [(1, 1), (4, 4), (4, 2), (6, 1)])
def test_attention(heads):
    q, k, v = data(2, 3, heads[0], 5), data(2, 4, heads[1], 5), data(2, 4, heads[1], 2)
    mask = np.ones((2, 1, 3, 4), bool)
    mask[0, 0, 1, 2:] = mask[1, 0, :, 0] = False
    bias = data(heads[0], 3, 4)
    found = ops.dot_product_attention(q, k, v, bias, mask, 0.4)
    np.testing.assert_allclose(found, attended(q, k, v, mask, bias, 0.4), 1e-10)
    causal = np.tri(3, 4, dtype=bool)
    np.testing.assert_allclose(ops.dot_product_attention(q, k, v, is_causal=True), attended(q, k, v, causal), 1e-10)
    compiled = function(lambda *t: ops.dot_product_attention(*t, is_causal=True))
    np.testing.assert_allclose(compiled(q, k, v), attended(q, k, v, causal), 1e-10)


def test_attention_arguments():
    q, k, v = data(1, 3, 2, 4), data(1, 5, 2, 4), data(1, 5, 2, 4)
    scaled = ops.dot_product_attention(q, k, v, scale=ops.convert_to_tensor(0.25))
    np.testing.assert_allclose(scaled, ops.dot_product_attention(q, k, v, scale=0.25), 1e-6)
    capped = ops.dot_product_attention(q, k, v, attn_logits_soft_cap=1e-6)
    np.testing.assert_allclose(capped, np.broadcast_to(v.mean(1, keepdims=True), q.shape), 1e-4, 1e-6)
    x = KerasTensor((None, None, 4, 8), "float16")
    y = ops.dot_product_attention(x, x, x, mask=KerasTensor((None, 1, None, None), "bool"))
    assert (y.shape, y.dtype) == ((None, None, 4, 8), "float16")


def test_attention_is_native():
    compiled = function(lambda q, k, v: ops.dot_product_attention(q, k, v, is_causal=True))
    compiled(*(data(2, 6, 4, 8, seed=i).astype("float32") for i in range(3)))
    (entry,) = compiled.plans.values()
    assert entry[0].python_instructions == 0, str(entry[0])


@pytest.mark.parametrize(
    ("error", "shapes", "options", "message"),
    [
        (ValueError, [(3, 2, 4)] * 3, {}, r"\(batch, length, heads, depth\)"),
        (ValueError, [(1, 3, 2, 4), (1, 3, 2, 5), (1, 3, 2, 4)], {}, "keys of the depth of the queries"),
        (ValueError, [(1, 3, 3, 4), (1, 3, 2, 4), (1, 3, 2, 4)], {}, "divides the number of the queries' heads"),
        (ValueError, [(1, 3, 2, 4), (1, 3, 2, 4), (1, 4, 2, 4)], {}, "of one length"),
        (ValueError, [(1, 3, 2, 4)] * 3, {"mask": np.ones((1, 3, 3, 3), bool)}, "mask that broadcasts"),
        (ValueError, [(1, 3, 2, 4)] * 3, {"bias": np.ones((1, 1, 1, 3, 3))}, "bias that broadcasts"),
        (
            RuntimeError,
            [(1, 3, 2, 4)] * 3,
            {"flash_attention": True, "attn_logits_soft_cap": 2.0},
            "no flash attention",
        ),
    ],
)
def test_bad_attention(error, shapes, options, message):
    with pytest.raises(error, match=message):
        ops.dot_product_attention(*(data(*s) for s in shapes), **options)
