# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Execution of plans without the GIL: their instructions in order, with branches and loops."""

from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

from ckeras._kernels.levels cimport CK_FLUSH, ck_clock, ck_error, ck_kernel, ck_set_mode


cdef enum:
    BRANCH = 0
    LOOP = 1


cdef inline void feed(Frame *frame, int i, char *address) noexcept nogil:
    """Read input ``i`` at ``address``; a plan that calls Python copies it to the address that its views use."""
    cdef int k
    if frame.has_python:
        memcpy(frame.arena + frame.input_offset[i], address, frame.input_bytes[i])
        return
    for k in range(frame.patch_start[i], frame.patch_start[i + 1]):
        frame.ptr[frame.patch[k]] = address


cdef int execute_frame(Frame *frame, Run *run, ck_error *err) except? -7 nogil:
    """Run every instruction; return the code of an error, whose location is in ``run``."""
    cdef int i, code, n = frame.n_instr
    cdef ck_kernel *fn = frame.fn
    cdef char **ptr = frame.ptr
    cdef int *start = frame.start
    cdef int64_t **p = frame.p
    cdef double **f = frame.f
    for i in range(n):
        if fn[i] != NULL:
            code = fn[i](ptr + start[i], p[i], f[i], err)
            if code:
                run.labels, run.at = frame.labels, i
                return code
        else:
            code = execute_other(frame, i, run, err)
            if code:
                return code
    return 0


cdef int execute_other(Frame *frame, int i, Run *run, ck_error *err) except? -7 nogil:
    """Run an instruction that is not a kernel: a Python function, or other plans."""
    if frame.first_child[i] < frame.first_child[i + 1]:
        if frame.p[i][0] == BRANCH:
            return branch(frame, i, run, err)
        return loop(frame, i, run, err)
    ck_set_mode(run.own)
    with gil:
        (<list> frame.functions)[i](*(<list> frame.views)[i])
    ck_set_mode(run.own | CK_FLUSH)
    return 0


cdef int branch(Frame *frame, int i, Run *run, ck_error *err) except? -7 nogil:
    """Run one of several plans and copy its outputs.

    p: kind, outputs, dtype of the index, plans; then for each plan how many inputs it has, and which of the
    instruction's they are. Buffers: outputs, index, inputs.
    """
    cdef int64_t *p = frame.p[i]
    cdef char **ptr = frame.ptr + frame.start[i]
    cdef int64_t *positions = p + 4
    cdef int64_t chosen, n_out = p[1]
    cdef int j, code, _
    cdef Frame *child
    if p[2] == 4:  # bool
        chosen = (<char *> ptr[n_out])[0]
    elif p[2] == 3:  # int64
        chosen = (<int64_t *> ptr[n_out])[0]
    else:
        chosen = (<int32_t *> ptr[n_out])[0]
    chosen = min(max(chosen, 0), p[3] - 1)
    for _ in range(chosen):
        positions += 1 + positions[0]
    child = frame.children[frame.first_child[i] + chosen]
    for j in range(positions[0]):
        feed(child, j, ptr[n_out + positions[1 + j]])
    code = execute_frame(child, run, err)
    if code:
        return code
    for j in range(n_out):
        memcpy(ptr[j], child.ptr[child.out_start + j], child.output_bytes[j])
    return 0


cdef inline char *carry_of(Frame *body, char **outs, int64_t j) noexcept nogil:
    """Address of carry ``j`` of a running loop."""
    return body.arena + body.input_offset[1 + j] if body.has_python else outs[j]


cdef int loop(Frame *frame, int i, Run *run, ck_error *err) except? -7 nogil:
    """Run a plan repeatedly on its carries, which it updates in place: they are the instruction's outputs.

    p: kind, carries, rows read, rows made, most rounds (-1: any number), in reverse, rounds counted; for each row
    made, which carry it is as it was before the round, or -1 for the next output of the body; then for the body and for
    the test, if there is one, how many values they capture, and which. Buffers: carries, rows made; the count, if any,
    carries at first, rows read, captured values. Inputs of the body: the round's number, carries, rows, captured
    values; of the test the same without rows.
    """
    cdef int64_t *p = frame.p[i]
    cdef int64_t n_carry = p[1], n_read = p[2], n_made = p[3], length = p[4], counted = p[6], rounds, done = 0
    cdef char **outs = frame.ptr + frame.start[i]
    cdef char **first = outs + n_carry + n_made + counted
    cdef char **captured = first + n_carry + n_read
    cdef Frame *body = frame.children[frame.first_child[i]]
    cdef Frame *test = NULL
    cdef int64_t *kept = p + 7
    cdef int64_t *positions = kept + n_made
    cdef int64_t bytes
    cdef int32_t at
    cdef int j, k, code = 0
    cdef double now
    for j in range(positions[0]):
        feed(body, 1 + n_carry + n_read + j, captured[positions[1 + j]])
    if frame.first_child[i + 1] - frame.first_child[i] > 1:
        test = frame.children[frame.first_child[i] + 1]
        positions += 1 + positions[0]
        for j in range(positions[0]):
            feed(test, 1 + n_carry + j, captured[positions[1 + j]])
    for j in range(n_carry):
        memcpy(outs[j], first[j], body.input_bytes[1 + j])
        feed(body, 1 + j, outs[j])
    rounds = length
    if counted:
        rounds = (<int32_t *> (first - 1)[0])[0]
        rounds = max(rounds, 0) if length < 0 else min(max(rounds, 0), length)
    if counted or test != NULL:
        k = 0
        for j in range(n_made):
            bytes = body.output_bytes[k] if kept[j] < 0 else body.input_bytes[1 + kept[j]]
            memset(outs[n_carry + j], 0, length * bytes)
            k += kept[j] < 0
    while rounds < 0 or done < rounds:
        at = rounds - 1 - done if p[5] else done
        if test != NULL:
            feed(test, 0, <char *> &at)
            for j in range(n_carry):
                feed(test, 1 + j, carry_of(body, outs, j))
            code = execute_frame(test, run, err)
            if code or not test.ptr[test.out_start][0]:
                break
        feed(body, 0, <char *> &at)
        for j in range(n_read):
            feed(body, 1 + n_carry + j, first[n_carry + j] + at * body.input_bytes[1 + n_carry + j])
        for j in range(n_made):
            if kept[j] >= 0:
                bytes = body.input_bytes[1 + kept[j]]
                memcpy(outs[n_carry + j] + at * bytes, carry_of(body, outs, kept[j]), bytes)
        code = execute_frame(body, run, err)
        if code:
            break
        k = 0
        for j in range(n_made):
            if kept[j] < 0:
                bytes = body.output_bytes[k]
                memcpy(outs[n_carry + j] + at * bytes, body.ptr[body.out_start + k], bytes)
                k += 1
        done += 1
        now = ck_clock()
        if run.seen == 0:
            run.seen = now
        elif now - run.seen > 0.005:
            run.seen = now
            ck_set_mode(run.own)
            with gil:
                PyErr_CheckSignals()
            ck_set_mode(run.own | CK_FLUSH)
    if body.has_python:
        for j in range(n_carry):
            memcpy(outs[j], body.arena + body.input_offset[1 + j], body.input_bytes[1 + j])
    return code
