"""Connectionist temporal classification (Graves et al., 2006): loss and decoding."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import basic_slice, take
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import concatenate, pad, stack
from ckeras.ops.nn.softmaxes import log_softmax
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor, dtypes
from ckeras.tensor.eager import constant

_FORBIDDEN = -1e5  # the logarithm of a probability taken as 0; finite, so that it has a gradient

# -- the sum over alignments ---------------------------------------------------------------------------------------- An
# alignment goes through the states blank, label 1, blank, label 2 ... blank: at each frame it stays, goes on by one, or
# skips the blank between two labels. Two ops, with time as the first axis:
#
# - ctc_paths(emitted, skip): log of the probability of all alignments that are in a state after each number of frames,
#   (frames + 1, batch, states), from the logs of what states emit, (frames, batch, states), and of the skips that are
#   allowed (0) or not, (batch, states).
# - ctc_recurrence(x, weights, backwards): y[t] = x[t] + A[t] y[t - 1], where A[t] has the weights (3, frames, batch,
#   states) of coming from the same state, the one before it and the one before that; backwards, by the transposes,
#   y[t] = x[t] + A[t + 1]' y[t + 1].


def _shifted(x: np.ndarray, by: int, fill: float) -> np.ndarray:
    """``x`` shifted by a number of states."""
    if not by:
        return x
    y = np.full_like(x, fill)
    y[..., by:] = x[..., :-by]
    return y


def _paths_forward(emitted: np.ndarray, skip: np.ndarray) -> np.ndarray:
    y = np.full((len(emitted) + 1, *emitted.shape[1:]), _FORBIDDEN, emitted.dtype)
    y[0, :, 0] = 0
    for t, frame in enumerate(emitted):
        before = y[t]
        sums = np.logaddexp(before, _shifted(before, 1, -np.inf))
        y[t + 1] = frame + np.logaddexp(sums, _shifted(before, 2, -np.inf) + skip)
    return y


def _earlier(x: Tensor, states: int) -> list[Tensor]:
    """``x`` shifted by 0, 1 and 2 states; 0 before the first state."""
    wide = pad(x, ((0, 0), (0, 0), (2, 0)))
    return [_cut(wide, None, slice(2 - k, 2 - k + states)) for k in range(3)]


def _cut(x: Tensor, frames: slice | None, states: slice | None = None) -> Tensor:
    return basic_slice(x, (frames or slice(None), slice(None), states or slice(None)))


def _paths_vjp(g: Tensor, y: Tensor, emitted: Tensor, skip: Tensor) -> Tensor:
    # The weights of the linearised step: the share of a state's probability that came from each of three states.
    frames, _, states = emitted.shape
    scale = elementwise.subtract(emitted, _cut(y, slice(1, None)))
    before = _earlier(_cut(y, slice(0, frames)), states)
    outside = [np.where(np.arange(states) >= k, 0.0, -np.inf).astype(emitted.dtype) for k in range(3)]
    terms = [elementwise.add(elementwise.add(b, scale), constant(o)) for b, o in zip(before, outside, strict=True)]
    terms[2] = elementwise.add(terms[2], skip)
    weights = stack([elementwise.exp(term) for term in terms])
    return _recurrence(_cut(g, slice(1, None)), weights, backwards=True)


_paths = Op(
    "ctc_paths",
    lambda emitted, skip: Spec((emitted.shape[0] + 1, *emitted.shape[1:]), emitted.dtype),
    _paths_forward,
    vjp=[_paths_vjp, None],
)


def _recurrence_forward(x: np.ndarray, weights: np.ndarray, backwards: bool) -> np.ndarray:
    y = x.copy()
    if backwards:
        for t in range(len(x) - 2, -1, -1):
            parts = weights[:, t + 1] * y[t + 1]
            y[t] += parts[0]
            y[t, :, :-1] += parts[1, :, 1:]
            y[t, :, :-2] += parts[2, :, 2:]
        return y
    for t in range(1, len(x)):
        for k in range(3):
            y[t] += weights[k, t] * _shifted(y[t - 1], k, 0)
    return y


def _recurrence_vjp_weights(h: Tensor, y: Tensor, x: Tensor, weights: Tensor, backwards: bool) -> Tensor:
    # The gradient of a weight is the forward value of its source state times the backward value of its target.
    other = _recurrence(h, weights, backwards=not backwards)
    forwards, back = (other, y) if backwards else (y, other)
    frames, _, states = x.shape
    before = _cut(pad(forwards, ((1, 0), (0, 0), (0, 0))), slice(0, frames))
    return stack([elementwise.multiply(part, back) for part in _earlier(before, states)])


_recurrence = Op(
    "ctc_recurrence",
    lambda x, weights, backwards: Spec(x.shape, x.dtype),
    _recurrence_forward,
    vjp=[
        lambda h, y, x, weights, backwards: _recurrence(h, weights, backwards=not backwards),
        _recurrence_vjp_weights,
    ],
)

# -- the loss -------------------------------------------------------------------------------------------------------


def _loss(target: Tensor, output: Tensor, target_length: Tensor, output_length: Tensor, mask_index: int) -> Tensor:
    batch, frames, classes = output.shape
    length = target.shape[1]
    states = 2 * length + 1
    dtype = output.dtype
    target_length, output_length = (
        elementwise.minimum(target_length, length),
        elementwise.minimum(output_length, frames),
    )
    used = elementwise.less(constant(np.arange(length)), layout.expand_dims(target_length, 1))
    labels = elementwise.where(used, target, mask_index)  # the padding of the targets, which may have any value
    blank = elementwise.broadcast_to(elementwise.cast(mask_index, "int64"), (batch, length + 1))
    between = layout.reshape(stack([_columns(blank, 0, length), labels], 2), (batch, 2 * length))
    state = concatenate([between, _columns(blank, length, length + 1)], 1)
    log_p = elementwise.maximum(log_softmax(output), _FORBIDDEN)
    index = np.arange(frames)[:, None, None] * classes + np.arange(batch)[None, :, None] * (frames * classes)
    valid = elementwise.logical_and(elementwise.greater_equal(state, 0), elementwise.less(state, classes))
    index = elementwise.where(
        valid, elementwise.add(constant(index), state), batch * frames * classes
    )  # an index out of range: rejected
    emitted = take(log_p, index)
    # Between equal labels the blank is not skipped, and a blank is not skipped to.
    labelled = constant(np.arange(states) % 2 == 1)
    differs = elementwise.not_equal(state, concatenate([_columns(state, 0, 2), state], 1)[:, :states])
    skip = elementwise.cast(elementwise.where(elementwise.logical_and(labelled, differs), 0.0, _FORBIDDEN), dtype)
    log_alpha = _paths(emitted, skip)
    # The alignments that end in the last label, or in the blank after it, at the last frame.
    row = elementwise.multiply(
        elementwise.add(elementwise.multiply(output_length, batch), constant(np.arange(batch))), states
    )
    last = elementwise.multiply(2, target_length)
    ends = stack(
        [elementwise.add(row, last), elementwise.add(row, elementwise.maximum(elementwise.subtract(last, 1), 0))], 1
    )
    allowed = constant(np.array([[0.0, _FORBIDDEN]], dtypes.NUMPY[dtype]))
    unlabelled = elementwise.where(
        layout.expand_dims(elementwise.equal(target_length, 0), 1), allowed, elementwise.cast(0, dtype)
    )
    return elementwise.negative(reduction.logsumexp(elementwise.add(take(log_alpha, ends), unlabelled), 1))


def _columns(x: Tensor, begin: int, end: int) -> Tensor:
    return basic_slice(x, (slice(None), slice(begin, end)))


_ctc_loss = Composite(
    "ctc_loss", _loss, infer=lambda target, output, *lengths, mask_index: Spec(output.shape[:1], output.dtype)
)


def _lengths(where: str, output: Tensor, **lengths: Any) -> list[Tensor]:
    """Convert the lengths to int64 tensors with one number for each sequence."""
    found = [elementwise.cast(v, "int64") for v in lengths.values()]
    for name, v in zip(lengths, found, strict=True):
        if len(v.shape) != 1 or (v.shape[0] != output.shape[0] and None not in (v.shape[0], output.shape[0])):
            raise ValueError(
                f"{where} expects {name} with a number for each of {output.shape[0]} sequences, got shape {v.shape}"
            )
    return found


def _sequences(where: str, output: Any) -> Tensor:
    """Convert outputs (batch, frames, classes) to float32 or float64."""
    output = layout.tensor(output)
    output = elementwise.cast(output, dtypes.result_type(output.dtype, "float32"))
    if len(output.shape) != 3:
        raise ValueError(f"{where} expects outputs of shape (batch, frames, classes), got shape {output.shape}")
    return output


def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Tensor:
    """CTC loss: -log of the probability of the labels, summed over all their alignments with the frames.

    Args:
        target: integer class labels (batch, labels); labels beyond ``target_length`` are ignored.
        output: logits (batch, frames, classes).
        target_length: number of labels of each sequence.
        output_length: number of frames of each sequence.
        mask_index: the index of the blank class.

    Returns the losses (batch,). With too few frames for the labels a loss is about 1e5 instead of infinite.
    Raises IndexError for a class label out of range.
    """
    output, target = _sequences("ctc_loss", output), elementwise.cast(target, "int64")
    if len(target.shape) != 2 or (
        target.shape[0] != output.shape[0] and None not in (target.shape[0], output.shape[0])
    ):
        raise ValueError(
            f"ctc_loss expects targets (batch, labels) for outputs of shape {output.shape}, got shape {target.shape}"
        )
    lengths = _lengths("ctc_loss", output, target_length=target_length, output_length=output_length)
    return _ctc_loss(target, output, *lengths, mask_index=int(mask_index))


# -- decoding -------------------------------------------------------------------------------------------------------


def _collapse_forward(labels: np.ndarray, lengths: np.ndarray, merge: bool, blank: int) -> np.ndarray:
    """Labels up to the lengths, without repetitions and blanks; padded with -1."""
    labels = np.where(np.arange(labels.shape[1]) < lengths[:, None], labels, blank)
    dropped = labels == blank
    if merge:
        dropped[:, 1:] |= labels[:, 1:] == labels[:, :-1]
    order = np.argsort(dropped, 1, kind="stable")
    return np.take_along_axis(np.where(dropped, -1, labels), order, 1)


_collapse = Op("ctc_collapse", lambda labels, lengths, merge, blank: Spec(labels.shape, "int32"), _collapse_forward)


def _greedy(inputs: Tensor, lengths: Tensor, merge: bool, blank: int) -> list[Tensor]:
    frames = constant(np.arange(inputs.shape[1]))
    best = elementwise.where(elementwise.less(frames, layout.expand_dims(lengths, 1)), reduction.max(inputs, -1), 0)
    paths = _collapse(reduction.argmax(inputs, -1), lengths, merge=merge, blank=blank)
    return [layout.expand_dims(paths, 0), elementwise.negative(reduction.sum(best, 1, True))]


def _beam_forward(log_p: np.ndarray, lengths: np.ndarray, beam: int, top: int, blank: int) -> list[np.ndarray]:
    """Prefix beam search for all sequences at once.

    A beam holds label sequences, each with two log-probabilities: of the alignments that end in its last label, and of
    those that end in a blank. Equal sequences in the beam are merged.
    """
    batch, frames, classes = log_p.shape
    # One row for each path: the index of its sequence, its labels (padded with -1), and the two log-probabilities.
    owner, paths = np.arange(batch), np.full((batch, frames), -1)
    ends = np.stack([np.full(batch, -np.inf), np.zeros(batch)], 1)  # in a label, in a blank
    others = np.array([c for c in range(classes) if c != blank], np.int64)
    for t in range(min(int(lengths.max(initial=0)), frames)):
        live = lengths[owner] > t
        rest = [a[~live] for a in (owner, paths, ends)]
        owner, paths, ends = (a[live] for a in (owner, paths, ends))
        rows, size, p = np.arange(len(owner)), (paths >= 0).sum(1), log_p[owner, t]
        tail = np.where(size > 0, paths[rows, size - 1], -1)
        total = np.logaddexp(ends[:, 0], ends[:, 1])
        # A path stays the same by a blank or by repeating its last label; or it grows, by its last label only after a
        # blank.
        again = np.where(size > 0, ends[:, 0] + p[rows, tail], -np.inf)
        stay = np.stack([again, total + p[:, blank]], 1)
        grown = np.where(others == tail[:, None], ends[:, 1:], total[:, None]) + p[:, others]
        parent = _parents(owner, paths, size)
        known = parent >= 0
        met = parent[known], np.searchsorted(others, tail[known])
        stay[known, 0] = np.logaddexp(stay[known, 0], grown[met])
        grown[met] = -np.inf
        grown = np.stack([grown.ravel(), np.full(grown.size, -np.inf)], 1)
        source = np.concatenate([rows, np.repeat(rows, len(others))])
        label = np.concatenate([np.full(len(rows), -1), np.tile(others, len(rows))])
        ends = np.concatenate([stay, grown])
        best = _best(owner[source], ends, beam)
        source, label, ends = source[best], label[best], ends[best]
        owner, paths = owner[source], paths[source]
        longer = label >= 0
        paths[longer, size[source[longer]]] = label[longer]
        owner, paths, ends = (np.concatenate(pair) for pair in zip((owner, paths, ends), rest, strict=True))
    best = _best(owner, ends, top)
    owner, paths, ends = owner[best], paths[best], ends[best]
    scores, found = np.full((batch, top), -np.inf), np.full((top, batch, frames), -1)
    rank = np.arange(len(owner)) - np.searchsorted(owner, owner)
    found[rank, owner] = paths
    scores[owner, rank] = np.logaddexp(ends[:, 0], ends[:, 1])
    return [found, scores]


def _parents(owner: np.ndarray, paths: np.ndarray, size: np.ndarray) -> np.ndarray:
    """For each path the row of its prefix without the last label, -1 if the beam does not hold it."""
    rows = np.arange(len(owner))
    shorter = paths.copy()
    shorter[rows[size > 0], size[size > 0] - 1] = -1
    both = np.concatenate([np.concatenate([owner[:, None], x], 1) for x in (paths, shorter)])
    names = np.unique(both, axis=0, return_inverse=True)[1].ravel()
    found = np.full(len(both), -1)
    found[names[: len(rows)]] = rows
    return np.where(size > 0, found[names[len(rows) :]], -1)


def _best(owner: np.ndarray, ends: np.ndarray, count: int) -> np.ndarray:
    """Rows of the ``count`` most probable paths of each sequence, best first, without impossible ones."""
    total = np.logaddexp(ends[:, 0], ends[:, 1])
    order = np.lexsort((-total, owner))
    order = order[total[order] > -np.inf]
    rank = np.arange(len(order)) - np.searchsorted(owner[order], owner[order])
    return order[rank < count]


_beam_search = Op(
    "ctc_beam_search",
    lambda log_p, lengths, beam, top, blank: [
        Spec((top, *log_p.shape[:2]), "int32"),
        Spec((log_p.shape[0], top), log_p.dtype),
    ],
    _beam_forward,
)


def _decode_infer(inputs: Spec, lengths: Spec, **attrs: Any) -> list[Spec]:
    return [Spec((1, *inputs.shape[:2]), "int32"), Spec((inputs.shape[0], 1), inputs.dtype)]


_greedy_decode = Composite("ctc_greedy_decode", _greedy, infer=_decode_infer)


def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int | None = 0,
) -> tuple[Tensor, Tensor]:
    """Decode CTC outputs to label sequences.

    Args:
        inputs: logits (batch, frames, classes).
        sequence_lengths: number of frames of each sequence.
        strategy: "greedy": the best class of each frame, without repetitions and blanks; "beam_search": the label
            sequences that are most probable over all their alignments, found by keeping ``beam_width`` at each frame.
        beam_width: number of paths that the beam search keeps.
        top_paths: number of sequences that the beam search returns, best first.
        merge_repeated: whether "greedy" merges repeated labels without a blank between them.
        mask_index: the index of the blank class; `None` means the last one.

    Returns the class labels (paths, batch, frames) as int32, padded with -1, and the scores (batch, paths): for
    "greedy" the negative sum of the best logits, for "beam_search" log-probabilities.
    """
    inputs = _sequences("ctc_decode", inputs)
    (lengths,) = _lengths("ctc_decode", inputs, sequence_lengths=sequence_lengths)
    classes = inputs.shape[2]
    blank = classes - 1 if mask_index is None else int(mask_index)
    if strategy == "greedy":
        paths, scores = _greedy_decode(inputs, lengths, merge=bool(merge_repeated), blank=blank)
    elif strategy == "beam_search":
        if not 1 <= top_paths <= beam_width:
            raise ValueError(
                "ctc_decode expects 1 <= top_paths <= beam_width, "
                f"got top_paths={top_paths} and beam_width={beam_width}"
            )
        paths, scores = _beam_search(
            log_softmax(inputs), lengths, beam=int(beam_width), top=int(top_paths), blank=blank
        )
    else:
        raise ValueError(f"ctc_decode expects strategy 'greedy' or 'beam_search', got {strategy!r}")
    return paths, scores
