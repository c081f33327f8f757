/* The matrix product, with bias and activation.
 *
 * A tile of c, as large as the registers hold, takes one row of a panel of b and one column of a at a time (Goto and
 * van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008). Around it: panels of b are copied where
 * many tiles will read them, k is cut into blocks whose panels fit the caches, and threads take a grid of c's
 * rows and columns. Every element is summed over k in order, block by block, whatever tile or thread it falls to, so
 * the result does not depend on the number of threads. Products of few rows with a transposed b are dot products.
 */
#include <math.h>

#include "activation.h"
#include "amx.h"
#include "kernels.h"
#include "workspace.h"
#include "vector.h"

/* Sizes by level: TILE_ROWS x PANEL_VECTORS sums, the vectors of b and one of a must fit the registers, and so must
 * DOT_ROWS x DOT_COLUMNS sums with their operands. DOT_MAX: how few rows or columns a product with a transposed b must
 * have to be faster by dots. */
#if defined(__AVX512F__)
#define TILE_ROWS 12
#define EACH_TILE(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#define DOT_COLUMNS 4
#define DOT_MAX 32
#elif defined(__AVX2__)
#define TILE_ROWS 6
#define EACH_TILE(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define DOT_COLUMNS 2
#define DOT_MAX 8
#elif defined(__aarch64__)
#define TILE_ROWS 8
#define EACH_TILE(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define DOT_COLUMNS 4
#define DOT_MAX 32
#else
#define TILE_ROWS 6
#define EACH_TILE(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define DOT_COLUMNS 2
#define DOT_MAX 32
#endif
#define DOT_ROWS 4
#define PANEL_VECTORS 2 /* width of a tile and of a panel of b */
#define WIDE_VECTORS 8  /* width of a tile of one row */

#define BLOCK_K 384         /* items of k summed in one pass: a strip of a fits L1 */
#define PACKED_PANELS 8     /* panels of b per pass: with BLOCK_K rows they fill half of L2 */
#define FAR 4096            /* row stride of a in bytes from which its strips are packed too: a page for each row */
#define FAR_TRANSPOSED 2048 /* the same for a transposed a: a strip reads all rows instead of a dozen */
#define PACK_AHEAD 32       /* rows of b that packing prefetches, to hide the latency of memory */
#define PACK_COST 4         /* packing b costs about as much as this many rows of a */
#define THREAD_WORK 130000. /* multiply-adds per thread from which it pays: 2 to 3 us; waking takes one */

/* A product with elementwise instructions is computed in chunks of full rows, to which they are applied while the chunk
 * is in the cache. All of b is packed then: k must not exceed BLOCK_K, b with its rows padded to full panels must not
 * exceed PACKED_BYTES, and the rows of a tile must not exceed CHUNK_BYTES. */
#define PACKED_BYTES 393216 /* also holds PACKED_PANELS at every level */
#ifdef CK_AMX
#define CHUNK_BYTES 262144 /* the rows of two tiles there */
#else
#define CHUNK_BYTES 98304
#endif

#ifdef CK_AMX
/* Sizes of gemm_amx.h. Two tiles side by side hold AMX_LINES rows or columns and AMX_K items of k; the three parts of
 * each of them are a step. */
#define AMX_TILE 1024          /* bytes: 16 rows of 16 pairs of bfloat16, of items of k that are 16 apart */
#define AMX_K 32
#define AMX_STEP (6 * AMX_TILE)
#define AMX_LINES 32
#define AMX_SLICE 2            /* steps in a slice, which is packed last: a quarter of L1 */
#define AMX_GROUP 8            /* pairs of tiles in a group, which is packed before it; more with a fused map */
#define AMX_GROUP_BYTES 393216 /* of a group: part of L2, through which the operands pass too */
#define AMX_GROUP_MAX 983040   /* the same with a fused map */
#define AMX_CHUNK_BYTES 65536  /* of c, with a fused map; AMX_LINES rows are enough */
#define AMX_SCALE 0x1p24f      /* keeps the smallest part of the smallest normal number normal */
#define AMX_PAYS 28            /* elements of c a row and column, m n / (m + n), that pay for the packing */
#endif

/* The gradient of a convolution's kernel sums CV_GRAD_ROWS patches at a time, of CV_GRAD_BYTES at most; their rows have
 * up to two vectors more. */
#define CV_GRAD_ROWS 256
#define CV_GRAD_BYTES 768

/* Winograd's convolution sums the products of WINOGRAD_BYTES of transformed tiles at a time. */
#define WINOGRAD_BYTES 1048576

/* What a thread packs: a strip of a and panels of b, a chunk of c, patches of images, sums of transformed tiles, and what
 * matrix units need */
typedef struct {
    char packed[TILE_ROWS * BLOCK_K * 8 + 128 + PACKED_BYTES];
    char chunk[CHUNK_BYTES];
    char patches[CV_GRAD_ROWS * (CV_GRAD_BYTES + 128)];
    char tiles[WINOGRAD_BYTES];
#ifdef CK_AMX
    char slice[BLOCK_K / AMX_K * AMX_STEP];
    char group[AMX_GROUP_MAX];
    float sums[AMX_GROUP * AMX_LINES * AMX_LINES];
#endif
} ck_packing;
_Static_assert(offsetof(ck_packing, chunk) % 64 == 0 && sizeof(ck_packing) % 64 == 0, "its arrays are aligned");
#ifdef CK_AMX
_Static_assert(offsetof(ck_packing, group) % 64 == 0 && offsetof(ck_packing, sums) % 64 == 0, "and so are these");
#endif

/* The elementwise instructions that follow a product. `run` takes elements [start, end) of c, which begin at address c.
 * Its other inputs are prefetched into L2 while a product in vectors is computed; a product on matrix units loads too
 * much itself, so prefetching would slow both. */
typedef struct ck_after {
    void (*run)(const struct ck_after *after, char *c, int64_t start, int64_t end);
    void *context;
    int kept; /* whether c itself is stored; otherwise the next chunk overwrites it */
    int n_fetched;
    const char *const *fetched; /* arrays of as many elements as c */
    const int64_t *items;       /* their bytes an element */
} ck_after;

/* Where a tile begins to prefetch, and the step for each item of its k. The `rows` elements from `start` of each array,
 * one array after the other, are divided among the n columns of a strip, of which the tile has w from j on. */
static inline void ck_fetch(const ck_after *after, int64_t start, int64_t rows, int64_t j, int64_t w, int64_t n,
                            int64_t k, const char **fetch, int64_t *step)
{
    if (!after->n_fetched) return;
    const int64_t all = after->n_fetched * rows, from = all * j / n, array = from / rows;
    *fetch = after->fetched[array] + (start + from % rows) * after->items[array];
    *step = all * w / n * after->items[array] / k;
}

/* *c += x * y; inline assembly for AVX-512, where GCC would move the sums of a tile between registers */
#ifdef __AVX512F__
#define MULADD(D, V, suffix)                                                                                           \
    CK_INLINE void ck_muladd_##D(V *c, V x, V y)                                                                       \
    {                                                                                                                  \
        __asm__("vfmadd231" suffix " %2, %1, %0" : "+v"(*c) : "v"(x), "v"(y));                                         \
    }
#else
#define MULADD(D, V, suffix)                                                                                           \
    CK_INLINE void ck_muladd_##D(V *c, V x, V y) { *c += x * y; }
#endif
MULADD(f32, ck_vf32, "ps")
MULADD(f64, ck_vf64, "pd")
#undef MULADD

#ifdef CK_AMX
#define AMX
static int ck_amx; /* whether the process may use them: level.c asks */
#endif
#define T float
#define V ck_vf32
#define L CK_LANES_F32
#define FN(name) name##_f32
#include "gemm_typed.h"
#undef T
#undef V
#undef L
#undef FN
#undef AMX

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
 * p: dtype, batch, m, n, k, a transposed, b transposed (2: packed by gemm_pack, with m and n over 1 and a batch of 1),
 * strides of the batch in a, b and c (0 where all products share one), activation (0 none, 1 relu, 2 sigmoid, 3 tanh,
 * 4 relu6), has bias
 * c = act(op(a) op(b) + bias) */
static int ck_gemm(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    return p[0] == CK_F32 ? gemm_f32(buf, p, err) : gemm_f64(buf, p, err);
}

/* buf: packed, b [k, n]
 * p: dtype, n, k
 * The panels of b in the order in which a product reads them: k times n rounded up to gemm_panel columns. Products on
 * matrix units do not use it, as they need another layout. */
static int ck_gemm_pack(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f, (void)err;
    if (p[0] == CK_F32) pack_product_f32(buf, p);
    else pack_product_f64(buf, p);
    return CK_OK;
}

#ifdef CK_AMX
#define GEMM_KERNELS {"gemm", ck_gemm},
#else
#define GEMM_KERNELS {"gemm", ck_gemm}, {"gemm_pack", ck_gemm_pack},
#endif
#define GEMM_CONSTANTS                                                                                                 \
    {"activation.linear", CK_ACT_NONE}, {"activation.relu", CK_ACT_RELU}, {"activation.sigmoid", CK_ACT_SIGMOID},      \
    {"activation.tanh", CK_ACT_TANH}, {"activation.relu6", CK_ACT_RELU6},
