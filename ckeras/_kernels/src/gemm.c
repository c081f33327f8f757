/* The matrix product, with bias and activation.
 *
 * A tile of c, as large as the registers hold, takes one row of a panel of b and one column of a at a time (Goto and
 * van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008). Around it: panels of b are copied where
 * many tiles will read them, k is cut into blocks whose panels fit the caches, and threads take a grid of c's
 * rows and columns. Every element is summed over k in order, block by block, whatever tile or thread it falls to, so
 * the result does not depend on the number of threads. Products of few rows with a transposed b are dot products.
 */
#include "activation.h"
#include "kernels.h"
#include "vector.h"

/* TILE_ROWS x two vectors of sums, the two vectors of b and one of a must fit the registers. */
#if defined(__AVX512F__)
#define TILE_ROWS 12
#define EACH_TILE(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#elif defined(__aarch64__)
#define TILE_ROWS 8
#define EACH_TILE(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#elif defined(__AVX2__)
#define TILE_ROWS 6
#define EACH_TILE(X) X(1) X(2) X(3) X(4) X(5) X(6)
#else
#define TILE_ROWS 4
#define EACH_TILE(X) X(1) X(2) X(3) X(4)
#endif
#define MAX_TILE_ROWS TILE_ROWS
#define PANEL_VECTORS 2
#define WIDE_VECTORS 8

#define DOT_ROWS 4
#if CK_VECTOR_BYTES == 64 || defined(__aarch64__)
#define DOT_COLUMNS 4
#else
#define DOT_COLUMNS 2
#endif
#define DOT_MAX 8 /* rows or columns up to which a transposed b is read as it is */

#define BLOCK_K 384       /* items of k in a block */
#define PACKED_PANELS 16  /* panels of b kept at a time */
#define ROW_TILES 12      /* tiles of a that pass by a panel before the next panel */
#define PACK_COST 4
#define THREAD_WORK 250000. /* multiply-adds that pay for a thread */

/* Copied panels, a buffer for each thread: too large for the stacks that some threads are given */
static _Thread_local __attribute__((aligned(64)))
char ck_packed[PACKED_PANELS * PANEL_VECTORS * CK_VECTOR_BYTES * BLOCK_K];

#define T float
#define V ck_vf32
#define L CK_LANES_F32
#define FN(name) name##_f32
#include "gemm_typed.h"
#undef T
#undef V
#undef L
#undef FN

#define T double
#define V ck_vf64
#define L CK_LANES_F64
#define FN(name) name##_f64
#include "gemm_typed.h"
#undef T
#undef V
#undef L
#undef FN

/* buf: c [batch, m, n], a, b, and n biases if p[11]
 * p: dtype, batch, m, n, k, a transposed, b transposed, items from one a, b and c of the batch to the next (0 where
 * all share one), activation (0 none, 1 relu, 2 sigmoid, 3 tanh), has bias
 * c = act(op(a) op(b) + bias) */
static int ck_gemm(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    (void)err;
    return p[0] == CK_F32 ? gemm_f32(buf, p) : gemm_f64(buf, p);
}

#define GEMM_KERNELS {"gemm", ck_gemm},
