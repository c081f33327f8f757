/* Attention of several heads in blocks of queries and keys, so that the matrix of scores never exists.
 *
 * Forward: a block of queries meets the keys block by block, with the running maximum and sum of each query's scores
 * (Milakov and Gimelshein, Online normalizer calculation for softmax, 2018; Dao et al., FlashAttention, 2022). It
 * leaves both (`norm`), from which the backward pass computes the weights of a block again.
 *
 * Blocks are held transposed: (keys, queries), with the queries in the lanes of vectors. Maxima, sums and exponentials
 * then work on whole vectors, and all products have one form, AT_(product) in attention_body.h, whose left operand is
 * read as scalars where it lies.
 *
 * A query attends to a key if all masks allow it and it is in the band that `causal` and `window` leave. What a query
 * has that may attend to none is said by at_job.empty.
 */
#include <math.h>
#include <stdlib.h>

#include "lanes.h"
#include "vector.h"
#include "vmath.h"

/* keys of a block; vectors of queries of a block; blocks of queries that go through the keys together, at most in
 * the forward pass and always in the backward pass, where sums depend on it; rows of a product's tile in registers;
 * masks of a call */
enum {
    AT_KEYS = 64, AT_VECTORS = 3, AT_GROUP = 8, AT_BACK = 4, AT_TILE = CK_VECTOR_BYTES == 64 ? 8 : 4, AT_MASKS = 4,
};
/* The weights of a query that may attend to no key: equal, 0, or those that it has without masks. */
enum { AT_UNIFORM, AT_ZERO, AT_UNMASKED };

typedef struct {
    const char *data;
    int64_t batch, head, query, key; /* strides in items; 0 where it is broadcast */
} at_array;

/* Sizes: query (batch, queries, heads, depth), key (batch, keys, shared, depth), value (batch, keys, shared, width). */
typedef struct {
    int64_t batch, heads, shared, queries, keys, depth, width;
    int64_t causal, window, empty, group; /* group: blocks of queries of a task */
    double scale;
    const void *q, *k, *v;
    at_array bias, mask[AT_MASKS];
    int masks;
    const unsigned char *skips; /* (batch, shared): whether blocks outside the band may be left out */
} at_job;

static inline const unsigned char *at_mask(const at_job *w, int i, int64_t b, int64_t h, int64_t query, int64_t key)
{
    const at_array *m = &w->mask[i];
    return (const unsigned char *)m->data + b * m->batch + h * m->head + query * m->query + key * m->key;
}

/* The band of keys [*first, *last) of a query. */
static inline void at_band(const at_job *w, int64_t query, int64_t *first, int64_t *last)
{
    *first = w->window ? ln_min(ln_max(0, query - w->window + 1), w->keys) : 0;
    *last = w->keys;
    if (w->window) *last = ln_min(*last, query + w->window);
    if (w->causal) *last = ln_min(*last, query + 1);
}

/* Whether a query may attend to any key. */
static int at_any(const at_job *w, int64_t b, int64_t h, int64_t query)
{
    int64_t first, last;
    at_band(w, query, &first, &last);
    for (int64_t s = first; s < last; s++) {
        int allowed = 1;
        for (int i = 0; i < w->masks; i++) allowed &= *at_mask(w, i, b, h, query, s);
        if (allowed) return 1;
    }
    return 0;
}

/* Queries [start, start + count) of a head; which may attend to none (`none`); and the keys that any may attend to, all
 * of them where leaving some out would change a result. */
typedef struct {
    int64_t b, h, start, count, first, last;
    unsigned char none[AT_VECTORS * CK_LANES_F32];
} at_block;

static void at_look(const at_job *w, at_block *k)
{
    const int masked = w->causal || w->window || w->masks;
    int all = 0;
    k->first = w->keys, k->last = 0;
    for (int64_t i = 0; i < k->count; i++) {
        int64_t first, last;
        at_band(w, k->start + i, &first, &last);
        k->none[i] = masked && !at_any(w, k->b, k->h, k->start + i);
        all |= k->none[i] && w->empty != AT_ZERO;
        k->first = ln_min(k->first, first), k->last = ln_max(k->last, last);
    }
    if (all || !w->skips[k->b * w->shared + k->h / (w->heads / w->shared)]) k->first = 0, k->last = w->keys;
    k->first -= k->first % AT_KEYS; /* blocks start at the same keys for all queries */
}

/* Blocks of queries of a head, and the vectors of one. */
static int64_t at_blocks(const at_job *w, int64_t lanes)
{
    return ln_max(1, (w->queries + AT_VECTORS * lanes - 1) / (AT_VECTORS * lanes));
}
static int64_t at_vectors(const at_job *w, int64_t lanes)
{
    const int64_t blocks = at_blocks(w, lanes);
    return (w->queries + blocks * lanes - 1) / (blocks * lanes);
}

#define AT_T float
#define AT_V ck_vf32
#define AT_L CK_LANES_F32
#define AT_(x) at_f32_##x
#define AT_EXP vm_exp_f32
#define AT_LOAD ck_load_part_f32
#define AT_STORE ck_store_part_f32
#include "attention_body.h"

#define AT_T double
#define AT_V ck_vf64
#define AT_L CK_LANES_F64
#define AT_(x) at_f64_##x
#define AT_EXP vm_exp_f64
#define AT_LOAD ck_load_part_f64
#define AT_STORE ck_store_part_f64
#include "attention_body.h"

/* The job from p: dtype, batch, heads, shared, queries, keys, depth, width, causal, window (0: none), empty, whether
 * there is a bias, masks, then for the bias and each mask its strides of batch, head, query and key. f: scale.
 * `at` is the buffer of the query; key, value, bias and masks follow. */
static at_job at_start(char *const *buf, int at, const int64_t *p, const double *f)
{
    at_job w = {.batch = p[1], .heads = p[2], .shared = p[3], .queries = p[4], .keys = p[5], .depth = p[6],
                .width = p[7], .causal = p[8], .window = p[9], .empty = p[10], .masks = (int)p[12], .scale = f[0],
                .q = buf[at], .k = buf[at + 1], .v = buf[at + 2]};
    at += 3, p += 13;
    if (p[-2]) w.bias = (at_array){buf[at++], p[0], p[1], p[2], p[3]}, p += 4;
    for (int i = 0; i < w.masks; i++, p += 4) w.mask[i] = (at_array){buf[at++], p[0], p[1], p[2], p[3]};
    return w;
}

typedef struct {
    int64_t (*scratch)(const at_job *w, int backward); /* bytes of a thread */
    void (*look)(const at_job *w, unsigned char *skips);
    void (*forward)(const at_job *w, char *const *buf, int64_t task, char *scratch);
    void (*backward)(const at_job *w, char *const *buf, int64_t task, char *scratch);
    int64_t lanes;
} at_functions;
static const at_functions at_all[] = {
    [CK_F32] = {at_f32_scratch, at_f32_look, at_f32_forward, at_f32_backward, CK_LANES_F32},
    [CK_F64] = {at_f64_scratch, at_f64_look, at_f64_forward, at_f64_backward, CK_LANES_F64},
};

static int at_run(at_job *w, char *const *buf, const int64_t *p, int backward, ck_error *err)
{
    const at_functions *type = &at_all[p[0]];
    const int64_t blocks = at_blocks(w, type->lanes), heads = w->batch * w->heads;
    w->group = ln_max(1, ln_min(AT_GROUP, heads * blocks / (4 * ck_threads)));
    const int64_t tasks = backward ? w->batch * w->shared : heads * ((blocks + w->group - 1) / w->group);
    const int64_t work = heads * w->queries * w->keys * (w->depth + w->width) * (backward ? 3 : 1);
    const int threads = (int)ln_min(ln_threads(work, 256 << 10), tasks);
    const int64_t size = (type->scratch(w, backward) + 63) / 64 * 64, pairs = w->batch * w->shared;
    char *memory = aligned_alloc(64, (size_t)(threads * size + (pairs + 63) / 64 * 64));
    if (memory == NULL) return ck_no_memory(err);
    unsigned char *skips = (unsigned char *)memory + threads * size;
    type->look(w, skips);
    w->skips = skips;
    const ck_mode mode = ck_get_mode();
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int t = 0; t < threads; t++) {
        const ck_mode own = ck_enter(mode);
        /* every threads-th task: the tasks of causal attention grow along the queries */
        for (int64_t i = t; i < tasks; i += threads)
            (backward ? type->backward : type->forward)(w, buf, i, memory + t * size);
        ck_leave(own);
    }
    free(memory);
    return CK_OK;
}

/* buf: y (batch, queries, heads, width), norm (batch, heads, queries, 2), of each query the maximum of its scores and
 * 1 / the sum of their exponentials; query, key, value, bias, masks.
 * p, f: as at_start says */
static int ck_attention(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    at_job w = at_start(buf, 2, p, f);
    if (w.batch * w.heads * w.queries == 0) return CK_OK;
    return at_run(&w, buf, p, 0, err);
}

/* buf: gradients of query, key and value; query, key, value, bias, masks; y, norm, and g, the gradient of y.
 * p, f: as at_start says */
static int ck_attention_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    at_job w = at_start(buf, 3, p, f);
    if (w.batch * w.shared == 0) return CK_OK;
    return at_run(&w, buf, p, 1, err);
}

#define ATTENTION_KERNELS {"attention", ck_attention}, {"attention_grad", ck_attention_grad},
#define ATTENTION_CONSTANTS                                                                                            \
    {"attention.uniform", AT_UNIFORM}, {"attention.zero", AT_ZERO}, {"attention.unmasked", AT_UNMASKED},
