/* Fused elementwise kernels: instructions interpreted over blocks that stay in L1, in one pass over memory.
 *
 * buf: n_out outputs, then n_in inputs. f: the values of the constants. p:
 *   n, ndim, n_in, n_out, n_const, n_code, n_reg, cost     cost: cycles per element of the fused kernel
 *   dims[ndim]                                              their product is n
 *   n_in times    kind, itemsize, reg, stride[ndim]         0 contiguous, 1 one element, 2 strided (in elements)
 *   n_const times reg, dtype
 *   n_out times   reg, itemsize, direct                     direct: may be computed in the output itself
 *   n_code times  opcode, dst, a, b, c                      registers; -1 where there is no such operand
 *
 * Bounds: ndim in 1..CK_MAX_NDIM, n_reg in 1..128. The dst of an instruction may be one of its operands if their item
 * sizes are equal or dst's is smaller. An instruction may overwrite a register that holds an input or a constant: the
 * input's memory does not change. An output may alias a contiguous input exactly; `direct` must be 0 if a later
 * instruction still reads it. The block length depends on the kernel only, and a block is computed by one thread: the
 * result does not depend on the number of threads.
 */
#include <omp.h>

#include "kernels.h"
#include "map_functions.h"
#include "map_inputs.h"

enum {
    MAP_MAX_REG = 128,
    MAP_MAX_INSTRUCTIONS = 64,  /* with as many operands the registers suffice */
    MAP_MAX_OPERANDS = 32,
    MAP_L1_BYTES = 12288,       /* of scratch; the rest of L1 is for the blocks of inputs and outputs */
    MAP_MAX_BLOCK = 2048,
    MAP_FAR_BYTES = 1 << 20,    /* of all arrays, from which they are assumed to be in memory: with short blocks */
    MAP_FAR_BLOCK = 256,        /* the hardware prefetches all of them */
    MAP_BLOCK_CYCLES = 8192,    /* maximum cost of a block, so that there are blocks for all threads */
    MAP_THREAD_CYCLES = 32768,  /* minimum work per thread that pays for waking it */
    MAP_PAD = 128,              /* bytes after each register: rows may be written past their end */
};

/* Where a register's block comes from. */
enum { MAP_TEMPORARY, MAP_IN_PLACE, MAP_EXPANDED };

/* One call: its parameters, and what follows from them for each register. */
typedef struct {
    char *const *buf;
    const int64_t *p, *dims, *in, *consts, *outs, *code;
    const double *f;
    int64_t block;
    int n_strided;
    uint8_t item[MAP_MAX_REG];    /* bytes an element in scratch; 0: the register has no scratch */
    uint8_t written[MAP_MAX_REG]; /* by an instruction */
    uint8_t storage[MAP_MAX_REG];
    uint8_t *direct; /* [n_out] */
} map_job;

/* A constant in its dtype; returns its item size. */
static int map_constant(char *dst, double value, int64_t dtype)
{
#define CONSTANT(code, D)                                                                                              \
    case code: {                                                                                                       \
        t_##D v = MAP_TO_##D(value);                                                                                   \
        memcpy(dst, &v, sizeof v);                                                                                     \
        return sizeof v;                                                                                               \
    }
    switch (dtype) {
        CONSTANT(CK_F32, f32)
        CONSTANT(CK_F64, f64)
        CONSTANT(CK_I32, i32)
        CONSTANT(CK_I64, i64)
        CONSTANT(CK_BOOL, bool)
        CONSTANT(CK_U8, u8)
        CONSTANT(CK_I8, i8)
        CONSTANT(CK_I16, i16)
        CONSTANT(CK_U16, u16)
        CONSTANT(CK_U32, u32)
        CONSTANT(CK_U64, u64)
        CONSTANT(CK_F16, f16)
    }
#undef CONSTANT
    return 0;
}

static const uint8_t map_dtype_size[CK_DTYPES] = {
    [CK_F32] = 4, [CK_F64] = 8, [CK_I32] = 4, [CK_I64] = 8, [CK_BOOL] = 1, [CK_U8] = 1,
    [CK_I8] = 1,  [CK_I16] = 2, [CK_U16] = 2, [CK_U32] = 4, [CK_U64] = 8,  [CK_F16] = 2,
};

/* Bytes of scratch for one register, a multiple of a cache line. */
static inline int64_t map_scratch_bytes(int64_t n, int item) { return ((n * item + 63) & ~(int64_t)63) + MAP_PAD; }

/* Run the map as one block, without the preparations that only several blocks need. */
static void map_run_single(const map_job *job, int64_t n)
{
    const int64_t *p = job->p;
    const int ndim = (int)p[1], n_in = (int)p[2], n_out = (int)p[3], n_const = (int)p[4], n_code = (int)p[5];
    const int n_reg = (int)p[6], in_size = 3 + ndim;
    int64_t bytes = 64;
    for (int r = 0; r < n_reg; r++)
        if (job->item[r]) bytes += map_scratch_bytes(n, job->item[r]);
    char memory[bytes], *next = memory + (-(uintptr_t)memory & 63);
    char *slots[MAP_MAX_REG + 1], **reg = slots + 1;
    slots[0] = NULL; /* register -1 */
    for (int r = 0; r < n_reg; r++) {
        if (!job->item[r]) continue;
        reg[r] = next;
        next += map_scratch_bytes(n, job->item[r]);
    }
    const int64_t *in = job->in;
    for (int i = 0; i < n_in; i++, in += in_size) {
        const int r = (int)in[2], item = (int)in[1];
        char *base = job->buf[n_out + i];
        if (in[0] == 2) {
            int64_t odometer[3 * ndim];
            map_strided s = {.dims = odometer, .strides = odometer + ndim, .at = odometer + 2 * ndim};
            map_open(&s, job->dims, ndim, in, base, 0);
            reg[r] = job->written[r] ? map_read(&s, reg[r], n, 0) : map_read_periodic(&s, reg[r], n, s.period);
        } else if (!job->written[r] && (in[0] == 0 || n == 1)) {
            reg[r] = base;
        } else if (in[0] == 0) {
            memcpy(reg[r], base, n * item);
        } else {
            map_fill(reg[r], base, n, item);
        }
    }
    for (int i = 0; i < n_const; i++) {
        char value[8];
        int item = map_constant(value, job->f[i], job->consts[2 * i + 1]);
        map_fill(reg[job->consts[2 * i]], value, n, item);
    }
    const int64_t *out = job->outs;
    for (int i = 0; i < n_out; i++, out += 3)
        if (job->direct[i]) reg[out[0]] = job->buf[i];
    const int64_t *s = job->code;
    for (int i = 0; i < n_code; i++, s += 5) ck_map_ops[s[0]].fn(reg[s[1]], reg[s[2]], reg[s[3]], reg[s[4]], n);
    out = job->outs;
    for (int i = 0; i < n_out; i++, out += 3)
        if (!job->direct[i]) memcpy(job->buf[i], reg[out[0]], n * out[1]);
}

/* Elements [start, end) of the index space; start is a multiple of the block length. */
static void map_run(const map_job *job, int64_t start, int64_t end)
{
    const int64_t *p = job->p;
    const int ndim = (int)p[1], n_in = (int)p[2], n_out = (int)p[3], n_const = (int)p[4], n_code = (int)p[5];
    const int n_reg = (int)p[6], in_size = 3 + ndim;
    const int64_t first = end - start < job->block ? end - start : job->block; /* the longest block of this range */

    int64_t bytes = 64;
    for (int r = 0; r < n_reg; r++)
        if (job->item[r]) bytes += map_scratch_bytes(first, job->item[r]);
    char memory[bytes], *next = memory + (-(uintptr_t)memory & 63);
    char *slots[MAP_MAX_REG + 1], **reg = slots + 1, *scratch[MAP_MAX_REG];
    slots[0] = NULL; /* register -1 */
    for (int r = 0; r < n_reg; r++) {
        if (!job->item[r]) continue;
        reg[r] = scratch[r] = next;
        next += map_scratch_bytes(first, job->item[r]);
    }

    map_strided strided[job->n_strided + 1];
    int64_t odometers[3 * ndim * job->n_strided + 1];
    struct {
        char *base;
        int reg, item;
    } moving[n_in + n_out + 1];
    int n_strided = 0, n_moving = 0, refresh = 0;
    const int64_t *in = job->in;
    for (int i = 0; i < n_in; i++, in += in_size) {
        const int r = (int)in[2];
        char *base = job->buf[n_out + i];
        if (in[0] == 0 && job->storage[r] == MAP_IN_PLACE) {
            moving[n_moving].base = base;
            moving[n_moving].reg = r;
            moving[n_moving++].item = (int)in[1];
        } else if (in[0] == 2) {
            map_strided *s = &strided[n_strided];
            s->dims = odometers + 3 * ndim * n_strided++;
            s->strides = s->dims + ndim;
            s->at = s->strides + ndim;
            map_open(s, job->dims, ndim, in, base, start);
            s->once = !job->written[r] && job->block % s->period == 0;
            if (s->once) reg[r] = map_read_periodic(s, scratch[r], first, s->period);
        } else if (job->written[r]) {
            refresh = 1;
        } else {
            map_fill(reg[r], base, first, (int)in[1]);
        }
    }
    for (int i = 0; i < n_const; i++) {
        const int r = (int)job->consts[2 * i];
        if (job->written[r]) {
            refresh = 1;
            continue;
        }
        char value[8];
        int item = map_constant(value, job->f[i], job->consts[2 * i + 1]);
        map_fill(reg[r], value, first, item);
    }
    int copies = 0;
    for (int i = 0; i < n_out; i++) {
        if (job->direct[i]) {
            moving[n_moving].base = job->buf[i];
            moving[n_moving].reg = (int)job->outs[3 * i];
            moving[n_moving++].item = (int)job->outs[3 * i + 1];
        } else {
            copies = 1;
        }
    }

    for (int64_t at = start; at < end; at += job->block) {
        const int64_t n = end - at < job->block ? end - at : job->block;
        for (int i = 0; i < n_moving; i++) reg[moving[i].reg] = moving[i].base + at * moving[i].item;
        for (int i = 0; i < n_strided; i++) {
            map_strided *s = &strided[i];
            if (!s->once) reg[s->reg] = map_read(s, scratch[s->reg], n, !job->written[s->reg]);
        }
        if (refresh) { /* registers that the last block has overwritten */
            in = job->in;
            for (int i = 0; i < n_in; i++, in += in_size) {
                const int r = (int)in[2], item = (int)in[1];
                if (!job->written[r]) continue;
                if (in[0] == 0) memcpy(reg[r], job->buf[n_out + i] + at * item, n * item);
                if (in[0] == 1) map_fill(reg[r], job->buf[n_out + i], n, item);
            }
            for (int i = 0; i < n_const; i++) {
                const int r = (int)job->consts[2 * i];
                if (!job->written[r]) continue;
                char value[8];
                int item = map_constant(value, job->f[i], job->consts[2 * i + 1]);
                map_fill(reg[r], value, n, item);
            }
        }
        const int64_t *s = job->code;
        for (int i = 0; i < n_code; i++, s += 5) ck_map_ops[s[0]].fn(reg[s[1]], reg[s[2]], reg[s[3]], reg[s[4]], n);
        if (!copies) continue;
        for (int i = 0; i < n_out; i++) {
            const int64_t *out = job->outs + 3 * i;
            if (!job->direct[i]) memcpy(job->buf[i] + at * out[1], reg[out[0]], n * out[1]);
        }
    }
}

static int64_t map_gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static inline int64_t map_cost(const int64_t *p) { return p[7] > 0 ? p[7] : 1; }

/* Fills `job` but for `direct`'s memory, which the caller gives: a byte for each output. */
static void map_prepare(map_job *job, char *const *buf, const int64_t *p, const double *f, uint8_t *direct)
{
    const int64_t n = p[0], cost = map_cost(p);
    const int ndim = (int)p[1], n_in = (int)p[2], n_out = (int)p[3], n_const = (int)p[4], n_code = (int)p[5];
    const int n_reg = (int)p[6], in_size = 3 + ndim;
    job->buf = buf;
    job->p = p;
    job->f = f;
    job->dims = p + 8;
    job->in = job->dims + ndim;
    job->consts = job->in + n_in * in_size;
    job->outs = job->consts + 2 * n_const;
    job->code = job->outs + 3 * n_out;
    job->direct = direct;
    job->n_strided = 0;
    for (int r = 0; r < n_reg; r += 8) { /* eight registers at a time */
        memset(job->item + r, 0, 8);
        memset(job->written + r, 0, 8);
        memset(job->storage + r, MAP_TEMPORARY, 8);
    }

    const int64_t *s = job->code;
    for (int i = 0; i < n_code; i++, s += 5) {
        const uint8_t item = map_result_size[s[0]];
        if (job->item[s[1]] < item) job->item[s[1]] = item;
        job->written[s[1]] = 1;
    }
    const int64_t *in = job->in;
    for (int i = 0; i < n_in; i++, in += in_size) {
        const int r = (int)in[2];
        job->n_strided += in[0] == 2;
        job->storage[r] = in[0] == 0 && !job->written[r] ? MAP_IN_PLACE : MAP_EXPANDED;
        if (job->storage[r] == MAP_EXPANDED && job->item[r] < in[1]) job->item[r] = (uint8_t)in[1];
    }
    for (int i = 0; i < n_const; i++) {
        const int r = (int)job->consts[2 * i];
        const uint8_t item = map_dtype_size[job->consts[2 * i + 1]];
        job->storage[r] = MAP_EXPANDED;
        if (job->item[r] < item) job->item[r] = item;
    }
    for (int i = 0; i < n_out; i++) {
        const int r = (int)job->outs[3 * i];
        direct[i] = job->outs[3 * i + 2] && job->storage[r] == MAP_TEMPORARY && job->item[r] == job->outs[3 * i + 1];
        if (direct[i]) { /* no scratch; and no other output may be written there */
            job->storage[r] = MAP_IN_PLACE;
            job->item[r] = 0;
        }
    }

    int64_t each = 0; /* scratch bytes an element */
    for (int r = 0; r < n_reg; r++) each += job->item[r];
    if (n <= 64 || (n <= MAP_MAX_BLOCK && n * each <= MAP_L1_BYTES && n * cost <= MAP_BLOCK_CYCLES)) {
        job->block = n;
        return;
    }
    int64_t whole = 0; /* bytes an element of what is as large as the map */
    in = job->in;
    for (int i = 0; i < n_in; i++, in += in_size) whole += in[0] == 0 ? in[1] : 0;
    for (int i = 0; i < n_out; i++) whole += job->outs[3 * i + 1];
    int64_t block = !job->n_strided && n * whole > MAP_FAR_BYTES ? MAP_FAR_BLOCK : MAP_MAX_BLOCK;
    if (each * block > MAP_L1_BYTES) block = MAP_L1_BYTES / each;
    if (cost * block > MAP_BLOCK_CYCLES) block = MAP_BLOCK_CYCLES / cost;
    block = block < 64 ? 64 : block & ~(int64_t)63;
    if (job->n_strided && n > block) { /* whole periods of broadcast inputs in a block: these are read once */
        int64_t multiple = 64;
        in = job->in;
        for (int i = 0; i < n_in; i++, in += in_size) {
            if (in[0] != 2) continue;
            int64_t period = map_period(job->dims, in + 3, ndim);
            if (period > block) continue;
            int64_t both = multiple / map_gcd(multiple, period) * period;
            if (both <= block) multiple = both;
        }
        block -= block % multiple;
    }
    job->block = block;
}

static int ck_map(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    const int64_t n = p[0];
    if (n <= 0) return CK_OK;
    uint8_t direct[p[3] + 1];
    map_job job;
    map_prepare(&job, buf, p, f, direct);
    const int64_t block = job.block;
    if (block == n) {
        map_run_single(&job, n);
        return CK_OK;
    }
    const int64_t blocks = (n + block - 1) / block, worth = n * map_cost(p) / MAP_THREAD_CYCLES;
    int64_t threads = ck_threads;
    if (threads > worth) threads = worth;
    if (threads > blocks) threads = blocks;
    if (threads <= 1) {
        map_run(&job, 0, n);
        return CK_OK;
    }
    const ck_mode mode = ck_get_mode();
#pragma omp parallel num_threads((int)threads)
    {
        const ck_mode own = ck_enter(mode);
        const int64_t t = omp_get_thread_num(), of = omp_get_num_threads();
        const int64_t start = blocks * t / of * block, stop = blocks * (t + 1) / of * block;
        if (start < n) map_run(&job, start, stop < n ? stop : n);
        ck_leave(own);
    }
    return CK_OK;
}

#define MAP_KERNELS {"map", ck_map},
#define MAP_CONSTANTS {"MAP_MAX_INSTRUCTIONS", MAP_MAX_INSTRUCTIONS}, {"MAP_MAX_OPERANDS", MAP_MAX_OPERANDS},
