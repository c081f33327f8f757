/* Softmax, log-softmax and the cross-entropies built on them, along the last axis, with their gradients.
 *
 * The largest element of a row is subtracted first, so nothing overflows; sums are carried in double. A row of only
 * -inf, or with NaN or +inf, gives NaN, as the formula does. Uses the row sums and maxima of reduce.c, which `level.c`
 * includes first. A gradient may be written over the gradient or the result that it is computed from.
 */
#include "lanes.h"
#include "vmath.h"

/* Rows are taken in blocks of at most so many rows and elements: fixed, so that a thread's share changes no bit. */
enum { SM_ROWS = 128, SM_BLOCK = 2048 };

typedef struct {
    char *const *buf;
    int64_t rows, n;
    int wide_label; /* labels are int64, not int32 */
    double eps;
} sm_job;
typedef void (*sm_part)(const sm_job *w, int64_t row, int64_t rows);

enum {
    SM_SOFTMAX, SM_SOFTMAX_GRAD, SM_LOG, SM_LOG_GRAD, SM_SPARSE, SM_SPARSE_GRAD, SM_XENT, SM_XENT_GRAD,
    SM_PROB_SPARSE, SM_PROB_SPARSE_GRAD,
};

static inline int64_t sm_label(const sm_job *w, int which, int64_t row)
{
    return w->wide_label ? ((const int64_t *)w->buf[which])[row] : ((const int32_t *)w->buf[which])[row];
}

#define SB_T float
#define SB_(x) sm_f32_##x
#define SB_EXP vm_exp_f32
#define SB_SUM rd_rows_sum_f32
#define SB_MAX rd_rows_max_f32
#include "softmax_body.h"

#define SB_T double
#define SB_(x) sm_f64_##x
#define SB_EXP vm_exp_f64
#define SB_SUM rd_rows_sum_f64
#define SB_MAX rd_rows_max_f64
#include "softmax_body.h"

/* which: the operation; labels: which buffer holds labels to check, or 0; cost: of an element, in about 50 ps,
 * for the choice of threads.
 * p: type (CK_F32 or CK_F64), rows, n [, type of the labels (CK_I32 or CK_I64)] */
static int sm_run(int which, int labels, int cost, char *const *buf, const int64_t *p, double eps, ck_error *err)
{
    sm_job w = {buf, p[1], p[2], labels && p[3] == CK_I64, eps};
    if (w.n == 0 && which <= SM_LOG_GRAD) return CK_OK; /* however many rows: none has a result */
    for (int64_t i = 0; labels && i < w.rows; i++) {
        int64_t label = sm_label(&w, labels, i);
        if (label < 0 || label >= w.n) {
            *err = (ck_error){CK_BAD_INDEX, i, label, w.n};
            return CK_BAD_INDEX;
        }
    }
    sm_part part = p[0] == CK_F32 ? sm_f32_parts[which] : sm_f64_parts[which];
    int64_t block = w.n <= 0 ? SM_ROWS : ln_max(1, ln_min(SM_ROWS, SM_BLOCK / w.n));
    int64_t blocks = (w.rows + block - 1) / block;
    int threads = (int)ln_min(ln_threads(w.rows * w.n * cost * (p[0] == CK_F32 ? 1 : 2), 64 << 10), blocks);
    if (threads <= 1) {
        for (int64_t i = 0; i < w.rows; i += block) part(&w, i, ln_min(block, w.rows - i));
        return CK_OK;
    }
    const ck_mode mode = ck_get_mode();
#pragma omp parallel num_threads(threads)
    {
        const ck_mode own = ck_enter(mode);
#pragma omp for schedule(static) nowait
        for (int64_t b = 0; b < blocks; b++) part(&w, b * block, ln_min(block, w.rows - b * block));
        ck_leave(own);
    }
    return CK_OK;
}

/* buf: y, x (rows, n). p: type, rows, n */
static int ck_softmax(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    return sm_run(SM_SOFTMAX, 0, 8, buf, p, 0, err);
}

/* buf: dx, g, y (rows, n). p: type, rows, n */
static int ck_softmax_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    return sm_run(SM_SOFTMAX_GRAD, 0, 2, buf, p, 0, err);
}

/* buf: y, x (rows, n). p: type, rows, n */
static int ck_log_softmax(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    return sm_run(SM_LOG, 0, 8, buf, p, 0, err);
}

/* buf: dx, g, y (rows, n). p: type, rows, n */
static int ck_log_softmax_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    return sm_run(SM_LOG_GRAD, 0, 8, buf, p, 0, err);
}

/* buf: loss (rows), prob (rows, n), logits (rows, n), labels (rows). p: type, rows, n, type of the labels
 * A label outside [0, n) is reported before anything is written. */
static int ck_xent_sparse(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    return sm_run(SM_SPARSE, 3, 8, buf, p, 0, err);
}

/* buf: dlogits (rows, n), g (rows), prob (rows, n), labels (rows). p: type, rows, n, type of the labels */
static int ck_xent_sparse_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    return sm_run(SM_SPARSE_GRAD, 3, 1, buf, p, 0, err);
}

/* buf: loss (rows), prob, logits, target (rows, n). p: type, rows, n */
static int ck_xent(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    return sm_run(SM_XENT, 0, 12, buf, p, 0, err);
}

/* buf: dlogits (rows, n), g (rows), prob, target (rows, n). p: type, rows, n */
static int ck_xent_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    return sm_run(SM_XENT_GRAD, 0, 2, buf, p, 0, err);
}

/* buf: loss (rows), prob (rows, n), labels (rows). p: type, rows, n, type of the labels. f: eps */
static int ck_xent_prob_sparse(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    return sm_run(SM_PROB_SPARSE, 2, 1, buf, p, f[0], err);
}

/* buf: dprob (rows, n), g (rows), prob (rows, n), labels (rows). p: type, rows, n, type of the labels. f: eps */
static int ck_xent_prob_sparse_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    return sm_run(SM_PROB_SPARSE_GRAD, 3, 1, buf, p, f[0], err);
}

#define SOFTMAX_KERNELS                                                                                           \
    {"softmax", ck_softmax}, {"softmax_grad", ck_softmax_grad}, {"log_softmax", ck_log_softmax},                  \
    {"log_softmax_grad", ck_log_softmax_grad}, {"softmax_xent_sparse", ck_xent_sparse},                           \
    {"softmax_xent_sparse_grad", ck_xent_sparse_grad}, {"softmax_xent", ck_xent},                                 \
    {"softmax_xent_grad", ck_xent_grad}, {"xent_prob_sparse", ck_xent_prob_sparse},                               \
    {"xent_prob_sparse_grad", ck_xent_prob_sparse_grad},
