/* Recurrent layers over whole sequences: SimpleRNN, LSTM and GRU, forward and backward through time.
 *
 * A step is a product of the states with the recurrent kernel, tile by tile, and the gates of the tile while its sums
 * are in L1. The kernel is packed beforehand so that a tile holds all gates of its units. The products of the inputs
 * with their kernel are made before, for all steps at once, and the gradients of both kernels after, from what the
 * backward pass gives for every step. Threads share the rows of the batch: no step waits for another thread, and the
 * arithmetic of a row depends neither on the thread nor on the tile that it falls to.
 *
 * LSTM: Hochreiter and Schmidhuber 1997; Gers et al. 2000. GRU: Cho et al. 2014. SimpleRNN: Elman 1990.
 */
#include "activation.h"
#include "kernels.h"
#include "lanes.h"
#include "vector.h"

enum { RC_SIMPLE, RC_LSTM, RC_GRU, RC_GRU_BEFORE }; /* RC_GRU_BEFORE resets the state before the product */
enum { RC_GATES = 4, RC_BLOCKS = 4 };               /* maximum gates; blocks of units in a panel of one gate */
enum { RC_LINEAR, RC_RELU, RC_SIGMOID, RC_TANH, RC_HARD_SIGMOID };

/* Keeps a vector in its register: in low tiles GCC would load it again for each row. */
#if defined(__AVX512F__)
#define RC_HOLD(x) __asm__("" : "+v"(x))
#else
#define RC_HOLD(x) (void)(x)
#endif

/* The heights of tiles of one to four vectors: their sums and operands must fit the registers. */
#if defined(__AVX512F__)
#define RC_ROWS 12
#define RC_EACH_LOW(X, nv) X(1, nv) X(2, nv) X(3, nv) X(4, nv) X(5, nv) X(6, nv)
#define RC_EACH_3(X) RC_EACH_LOW(X, 3) X(7, 3) X(8, 3)
#define RC_EACH_HIGH(X, nv) RC_EACH_LOW(X, nv) X(7, nv) X(8, nv) X(9, nv) X(10, nv) X(11, nv) X(12, nv)
static const int rc_heights[] = {12, 12, 8, 6};
#elif defined(__aarch64__)
#define RC_ROWS 8
#define RC_EACH_LOW(X, nv) X(1, nv) X(2, nv) X(3, nv) X(4, nv) X(5, nv)
#define RC_EACH_3(X) RC_EACH_LOW(X, 3)
#define RC_EACH_HIGH(X, nv) RC_EACH_LOW(X, nv) X(6, nv) X(7, nv) X(8, nv)
static const int rc_heights[] = {8, 8, 5, 5};
#elif defined(__AVX2__)
#define RC_ROWS 6
#define RC_EACH_LOW(X, nv) X(1, nv) X(2, nv) X(3, nv)
#define RC_EACH_3(X) RC_EACH_LOW(X, 3)
#define RC_EACH_HIGH(X, nv) RC_EACH_LOW(X, nv) X(4, nv) X(5, nv) X(6, nv)
static const int rc_heights[] = {6, 6, 3, 3};
#else
#define RC_ROWS 4
#define RC_EACH_LOW(X, nv) X(1, nv) X(2, nv)
#define RC_EACH_3(X) RC_EACH_LOW(X, 3)
#define RC_EACH_HIGH(X, nv) RC_EACH_LOW(X, nv) X(3, nv) X(4, nv)
static const int rc_heights[] = {4, 4, 2, 2};
#endif

/* The gates of the products of one step: the first, and a second for RC_GRU_BEFORE */
static const struct {
    int gates, first, states;
} rc_cells[] = {[RC_SIMPLE] = {1, 1, 1}, [RC_LSTM] = {4, 4, 2}, [RC_GRU] = {3, 3, 1}, [RC_GRU_BEFORE] = {3, 2, 1}};

/* Items of a row of scratch buffers: whole panels of the widest vectors */
static inline int64_t rc_padded(int64_t units) { return (units + 63) / 64 * 64; }

/* Elements that all buffers of a kind have in rows of the batch, in the order of p; see ck_recurrent. */
typedef struct {
    int dtype, cell, act, gate_act, reverse;
    int64_t batch, steps, units, gates, padded;
} rc_sizes;
static rc_sizes rc_sizes_of(const int64_t *p)
{
    return (rc_sizes){.dtype = (int)p[0], .cell = (int)p[1], .batch = p[2], .steps = p[3], .units = p[4],
                      .act = (int)p[5], .gate_act = (int)p[6], .reverse = (int)p[7], .gates = rc_cells[p[1]].gates,
                      .padded = rc_padded(p[4])};
}

/* What follows the sizes in p of both kernels: 1 for each optional buffer that is there, in the order of the buffers */
enum { RC_FLAGS = 8 };
static const char *rc_optional(char *const *buf, const int64_t *p, int buffer, int flag)
{
    return p[RC_FLAGS + flag] ? buf[buffer] : NULL;
}

#define T float
#define V ck_vf32
#define I ck_vi32
#define L CK_LANES_F32
#define FN(name) name##_f32
#define RC(name) rc_##name##_f32
#include "recurrent_product.h"
#include "recurrent_cells.h"
#include "recurrent_passes.h"
#undef T
#undef V
#undef I
#undef L
#undef FN
#undef RC

#define T double
#define V ck_vf64
#define I ck_vi64
#define L CK_LANES_F64
#define FN(name) name##_f64
#define RC(name) rc_##name##_f64
#include "recurrent_product.h"
#include "recurrent_cells.h"
#include "recurrent_passes.h"
#undef T
#undef V
#undef I
#undef L
#undef FN
#undef RC

/* Runs a pass over the rows of the batch, in as many threads as pay. */
static void rc_share(const rc_sizes *s, void (*pass)(const void *job, int64_t i0, int64_t i1), const void *job)
{
    const int64_t work = s->batch * s->steps * s->units * s->gates * (s->units + 16);
    const int threads = (int)ln_min(ln_threads(work, 256 << 10), s->batch);
    if (threads <= 1) {
        pass(job, 0, s->batch);
        return;
    }
    const ck_mode mode = ck_get_mode();
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) {
        const ck_mode own = ck_enter(mode);
        pass(job, s->batch * t / threads, s->batch * (t + 1) / threads);
        ck_leave(own);
    }
}

/* buf: packed, u [units, gates units]
 * p: dtype, cell, units, transposed
 * The recurrent kernel in the order in which the forward pass reads it, or with `transposed` the backward pass: for
 * each product units (or gates units) rows of panels, gates units rounded up to 64 columns. */
static int ck_recurrent_pack(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f, (void)err;
    if (p[0] == CK_F32) rc_pack_f32((float *)buf[0], (const float *)buf[1], (int)p[1], p[2], (int)p[3]);
    else rc_pack_f64((double *)buf[0], (const double *)buf[1], (int)p[1], p[2], (int)p[3]);
    return CK_OK;
}

/* buf: h [batch, units], c [batch, units]; optional: hs, before [batch, steps, units], gates [batch, steps, gates
 * units], more [batch, steps, units]; x [batch, steps, gates units], packed, h0 [batch, units]; optional: c0 [batch,
 * units], bias [gates units], mask [batch, steps], dropped [batch, gates, units]; workspace
 * p: dtype, cell, batch, steps, units, activation, activation of the gates, reverse (1: the last step first), then
 * whether there are hs, before, gates and more, c0, bias, mask, dropped
 *
 * From the states h0 and c0 and the inputs x of all steps, already multiplied by their kernel: the states after the last
 * step, h after each step (hs) and before it (before), and the activated gates, in the order of their columns in x; of
 * an LSTM more holds c after each step. Of a GRU that resets after the product, more holds its state's part of the candidate. bias is added to the product
 * of the state. Where mask is 0 the states stay as they are, and the gates are undefined. `dropped` multiplies the
 * state on its way to each gate. */
static int ck_recurrent(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f, (void)err;
    const rc_sizes s = rc_sizes_of(p);
    if (s.dtype == CK_F32) {
        const rc_job_f32 job = rc_forward_job_f32(buf, p, &s);
        rc_share(&s, rc_forward_f32, &job);
    } else {
        const rc_job_f64 job = rc_forward_job_f64(buf, p, &s);
        rc_share(&s, rc_forward_f64, &job);
    }
    return CK_OK;
}

/* buf: dx [batch, steps, gates units], dh0, dc0 [batch, units]; optional: dq [batch, steps, gates units], inner [batch,
 * steps, units]; before, h, gates, packed; optional: more, c0, mask, dropped, gh, gc [batch, units], ghs [batch, steps,
 * units]; workspace
 * p: dtype, cell, batch, steps, units, activation, activation of the gates, reverse, then whether there are dq, inner,
 * more, c0, mask, dropped, gh, gc, ghs
 *
 * From the cotangents of h, c and hs those of x, h0, c0. A GRU that resets after the product has also dq, that of the
 * product of the state, which is dx for other cells; one that resets before it has inner, the state after the reset. */
static int ck_recurrent_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f, (void)err;
    const rc_sizes s = rc_sizes_of(p);
    if (s.dtype == CK_F32) {
        const rc_job_f32 job = rc_backward_job_f32(buf, p, &s);
        rc_share(&s, rc_backward_f32, &job);
    } else {
        const rc_job_f64 job = rc_backward_job_f64(buf, p, &s);
        rc_share(&s, rc_backward_f64, &job);
    }
    return CK_OK;
}

#define RECURRENT_KERNELS                                                                                              \
    {"recurrent_pack", ck_recurrent_pack}, {"recurrent", ck_recurrent}, {"recurrent_grad", ck_recurrent_grad},
#define RECURRENT_CONSTANTS                                                                                            \
    {"recurrent.simple_rnn", RC_SIMPLE}, {"recurrent.lstm", RC_LSTM}, {"recurrent.gru", RC_GRU},                       \
    {"recurrent.gru_before", RC_GRU_BEFORE}, {"recurrent.linear", RC_LINEAR}, {"recurrent.relu", RC_RELU},             \
    {"recurrent.sigmoid", RC_SIGMOID}, {"recurrent.tanh", RC_TANH}, {"recurrent.hard_sigmoid", RC_HARD_SIGMOID},
