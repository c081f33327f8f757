/* A product and the elementwise instructions that follow it as one kernel, such as the update of a weight.
 *
 * The instructions run on a chunk of the product's rows as soon as it is computed, while it is in the cache. Their
 * other inputs (momenta, the weight) are fetched from memory while the product is computed, when memory is idle. If
 * nothing else reads the product, it is never written to memory.
 */
#include <omp.h>

#include "kernels.h"

/* Bounds of such products. They are those of the level with the smallest blocks, so that all levels run the same plans.
 * With fewer than MIN_ROWS rows or MIN_ELEMENTS elements another division of the work is faster. */
enum {
    PRODUCT_MAX_K = BLOCK_K,
    PRODUCT_MAX_PACKED = PACKED_BYTES,
    PRODUCT_MAX_CHUNK = 98304, /* bytes of TILE rows */
    PRODUCT_TILE = 12,
    PRODUCT_PANEL = 32, /* columns of b are packed in multiples of it */
    PRODUCT_MIN_ROWS = 96,
    PRODUCT_MIN_ELEMENTS = 8192,
};
_Static_assert(TILE_ROWS <= PRODUCT_TILE && PRODUCT_MAX_CHUNK <= CHUNK_BYTES, "a chunk holds a tile's rows");

typedef struct {
    const map_job *job; /* its `buf` has a hole where the product belongs */
    int hole;
    int64_t item;
} gm_context;

static void gm_run(const ck_after *after, char *c, int64_t start, int64_t end)
{
    const gm_context *context = after->context;
    map_job job = *context->job;
    const int n_buf = (int)(job.p[2] + job.p[3]);
    char *buf[n_buf];
    memcpy(buf, context->job->buf, sizeof buf);
    buf[context->hole] = c - start * context->item;
    job.buf = buf;
    map_run(&job, start, end);
}

/* buf: the map's outputs; its inputs but the product; a, b, and the biases if there are any; c if it is kept
 * p: which input of the map the product is, whether it is kept, the 12 of gemm, those of map
 * The batch is one product with b not transposed, within the bounds that gemm.c gives; all inputs of the map are
 * contiguous or one element, and it has as many elements as the product. */
static int ck_gemm_map(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    const int64_t *product = p + 2, *program = p + 14;
    const int n_in = (int)program[2], n_out = (int)program[3], ndim = (int)program[1], hole = n_out + (int)p[0];
    const int kept = p[1] != 0;
    const int64_t m = product[2], n = product[3], k = product[4];
    if (m <= 0 || n <= 0) return CK_OK;

    char *map_buf[n_out + n_in];
    memcpy(map_buf, buf, hole * sizeof *buf);
    map_buf[hole] = NULL;
    memcpy(map_buf + hole + 1, buf + hole, (n_out + n_in - hole - 1) * sizeof *buf);
    char *const *operands = buf + n_out + n_in - 1;
    char *gemm_buf[] = {kept ? operands[product[11] ? 3 : 2] : NULL, operands[0], operands[1],
                        product[11] ? operands[2] : NULL};

    uint8_t direct[n_out + 1];
    map_job job;
    map_prepare(&job, map_buf, program, f, direct);
    const char *fetched[n_in];
    int64_t items[n_in];
    int n_fetched = 0;
    const int64_t *in = job.in;
    for (int i = 0; i < n_in; i++, in += 3 + ndim) {
        if (in[0] != 0 || n_out + i == hole) continue;
        fetched[n_fetched] = map_buf[n_out + i];
        items[n_fetched++] = in[1];
    }
    const int is_f32 = product[0] == CK_F32;
    const gm_context context = {&job, hole, is_f32 ? sizeof(float) : sizeof(double)};
    const ck_after after = {.run = gm_run, .context = (void *)&context, .kept = kept, .n_fetched = n_fetched,
                            .fetched = fetched, .items = items};
    int (*const rows)(char *const *, const int64_t *, int64_t, int64_t, const ck_after *) =
        is_f32 ? rows_then_f32 : rows_then_f64;

    int64_t threads = ck_threads;
    const double work = (double)(m + 2) * n * k / THREAD_WORK + (double)m * n * map_cost(program) / MAP_THREAD_CYCLES;
    if (threads > work) threads = (int64_t)work;
    if (threads > m / TILE_ROWS) threads = m / TILE_ROWS;
    if (threads <= 1) return rows(gemm_buf, product, 0, m, &after) ? CK_OK : ck_no_memory(err);
    const ck_mode mode = ck_get_mode();
    int failed = 0;
#pragma omp parallel num_threads((int)threads) reduction(| : failed)
    {
        const ck_mode own = ck_enter(mode);
        const int64_t t = omp_get_thread_num(), of = omp_get_num_threads();
        failed = !rows(gemm_buf, product, m * t / of, m * (t + 1) / of, &after);
        ck_leave(own);
    }
    return failed ? ck_no_memory(err) : CK_OK;
}

#define GEMM_MAP_KERNELS {"gemm_map", ck_gemm_map},
#define GEMM_MAP_CONSTANTS                                                                                             \
    {"product.max_k", PRODUCT_MAX_K}, {"product.max_packed", PRODUCT_MAX_PACKED},                                      \
    {"product.max_chunk", PRODUCT_MAX_CHUNK}, {"product.tile", PRODUCT_TILE}, {"product.panel", PRODUCT_PANEL},       \
    {"product.min_rows", PRODUCT_MIN_ROWS}, {"product.min_elements", PRODUCT_MIN_ELEMENTS},
