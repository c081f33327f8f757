"""Execution of plans without the GIL."""

from libc.stdint cimport int64_t

from ckeras._kernels.levels cimport ck_error, ck_kernel, ck_mode


cdef struct Run:
    # The state of a run in one thread.
    ck_mode own  # the floating-point mode outside of kernels
    double seen  # time of the last check for signals; 0 at first
    void *labels  # of the plan and
    int at  # the instruction in which an error was reported

cdef struct Frame:
    # A plan in a context, for runs without the GIL.
    int n_instr, n_in, out_start
    ck_kernel *fn
    int *start
    int64_t **p
    double **f
    char *arena
    char **ptr
    int *patch_start
    int *patch
    int64_t *input_offset
    int64_t *input_bytes
    int64_t *output_bytes
    bint has_python
    int *first_child  # of each instruction, the first of the plans that it runs
    Frame **children
    void *functions  # borrowed lists: the Python function of each instruction,
    void *views  # its arrays in this context,
    void *labels  # and its name for errors

ctypedef Frame *Frame_p


cdef int execute_frame(Frame *frame, Run *run, ck_error *err) except? -7 nogil
cdef int execute_other(Frame *frame, int i, Run *run, ck_error *err) except? -7 nogil
