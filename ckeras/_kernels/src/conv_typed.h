/* Convolutions and their gradients for one dtype, on the tiles of gemm_typed.h; conv.c includes this file once for float
 * and once for double, with T, FN, V and L as there. */
#define W (PANEL_VECTORS * L) /* columns of a panel of weights */

typedef struct {
    const cv_shape *shape;
    const T *source, *bias;
    T *target, *panels;
    int act;
} FN(conv);

/* to[0:n] = from[0:n] */
CK_INLINE void FN(cv_copy_items)(T *to, const T *from, int64_t n)
{
    int64_t j = 0;
    for (; j + L <= n; j += L) *(V *)(to + j) = *(const V *)(from + j);
    if (j < n) FN(ck_store_part)(to + j, FN(ck_load_part)(from + j, (int)(n - j)), (int)(n - j));
}

/* A target next to the border: what lies outside is 0. The target's own indices are those of its source with tap 0,
 * z, y and x, which is at `from`. */
static void FN(cv_gather_part)(const cv_shape *s, const cv_phase *f, T *to, const T *from, const cv_copy *q, int64_t z,
                               int64_t y, int64_t x)
{
    const cv_axis *a = f->axis, *b = a + 1, *c = a + 2;
    const int64_t per = s->sources / s->groups;
    const uint64_t at_z = (uint64_t)(z + a->from[q->z]), at_y = (uint64_t)(y + b->from[q->y]);
    if (at_z >= (uint64_t)a->source || at_y >= (uint64_t)b->source) {
        memset(to, 0, (size_t)q->n * sizeof(T));
        return;
    }
    int64_t n;
    for (int64_t done = 0, tap = q->x; done < q->n; done += n, tap++) {
        n = ln_min(q->n - done, per - (done == 0 ? q->skip : 0));
        if ((uint64_t)(x + c->from[tap]) < (uint64_t)c->source) FN(cv_copy_items)(to + done, from + done, n);
        else memset(to + done, 0, (size_t)n * sizeof(T));
    }
}

/* to[rows x the block's k] (row step ld) = the patches of the targets from `row` on in all images */
static void FN(cv_gather)(const FN(conv) *g, const cv_phase *f, int64_t group, int64_t block, T *to, int64_t ld,
                          int64_t row, int64_t rows)
{
    const cv_shape *s = g->shape;
    const cv_axis *a = f->axis, *b = a + 1, *c = a + 2;
    const cv_copy *const first = f->copies + f->begin[block], *const last = f->copies + f->begin[block + 1];
    int64_t x = row % c->targets, y = row / c->targets % b->targets, z = row / c->targets / b->targets % a->targets;
    int64_t image = row / f->targets;
    for (; rows > 0; rows--, to += ld) {
        const int64_t at_z = z * a->stride, at_y = y * b->stride, at_x = x * c->stride;
        const int64_t pixel = ((image * a->source + at_z) * b->source + at_y) * c->source + at_x;
        const T *from = g->source + pixel * s->sources + group * (s->sources / s->groups);
        if (z >= a->begin && z < a->end && y >= b->begin && y < b->end && x >= c->begin && x < c->end)
            for (const cv_copy *q = first; q < last; q++) FN(cv_copy_items)(to + q->k, from + q->offset, q->n);
        else
            for (const cv_copy *q = first; q < last; q++)
                FN(cv_gather_part)(s, f, to + q->k, from + q->offset, q, at_z, at_y, at_x);
        if (++x == c->targets && (x = 0, ++y == b->targets) && (y = 0, ++z == a->targets)) z = 0, image++;
    }
}

/* Row step of gathered patches: aligned, and an odd number of lines, so that the rows fall on all sets of a cache */
static int64_t FN(cv_stride)(int64_t k) { return (((k + L - 1) / L) | 1) * L; }

/* to[count x W] = the rows of weights for `count` channels from `from` on of the source with `tap`, columns j to j + n
 * of the group's targets, zeros after the last; w is [taps, channels of a group, filters]. */
static void FN(cv_pack_tap)(const cv_shape *s, const T *w, int64_t group, int64_t tap, int64_t from, int64_t count,
                            int64_t j, int64_t n, T *to)
{
    const int64_t per = s->sources / s->groups, of = s->targets / s->groups;
    if (s->back) {
        FN(pack_columns)(to, W, w + (tap * of + j) * s->sources + group * per + from, s->sources, count, n);
        return;
    }
    const T *row = w + (tap * per + from) * s->targets + group * of + j;
    for (int64_t i = 0; i < count; i++, row += s->targets, to += W)
        for (int64_t v = 0; v < W; v += L) {
            const int64_t left = n - v;
            *(V *)(to + v) = left >= L ? *(const V *)(row + v) : FN(ck_load_part)(row + v, left > 0 ? (int)left : 0);
        }
}

/* The panel of columns [j, j + W) of a group, of one block of k */
static void FN(cv_pack)(const cv_shape *s, const cv_phase *f, const T *w, T *panels, int64_t group, int64_t block,
                        int64_t j)
{
    const int64_t of = s->targets / s->groups, per = s->sources / s->groups, width = (of + W - 1) / W * W;
    const int64_t pc = block * f->block, k = ln_min(f->k - pc, f->block);
    T *to = panels + (f->panels * s->groups + group * f->k) * width + pc * width + j * k;
    int64_t n;
    for (int64_t q = pc; q < pc + k; q += n, to += n * W) {
        const int64_t t = q / per, x = t % f->axis[2].taps, y = t / f->axis[2].taps % f->axis[1].taps;
        const int64_t z = t / f->axis[2].taps / f->axis[1].taps;
        const int64_t tap = (f->axis[0].tap[z] * s->window[1] + f->axis[1].tap[y]) * s->window[2] + f->axis[2].tap[x];
        n = ln_min(pc + k, (t + 1) * per) - q;
        FN(cv_pack_tap)(s, w, group, tap, q % per, n, j, ln_min(of - j, W), to);
    }
}

/* Copies rows of a phase, packed [rows x n], to where the targets lie. */
static void FN(cv_scatter)(const FN(conv) *g, const cv_phase *f, const T *from, int64_t row, int64_t rows, int64_t at,
                           int64_t n)
{
    const cv_shape *s = g->shape;
    for (int64_t i = 0; i < rows; i++, from += n)
        FN(cv_copy_items)(g->target + cv_pixel_of(s, f, row + i) * s->targets + at, from, n);
}

/* Targets [i0, i1) of a phase and columns [j0, j1) of a group */
static void FN(cv_block)(const FN(conv) *g, const cv_phase *f, int64_t group, int64_t i0, int64_t i1, int64_t j0,
                         int64_t j1, ck_packing *packing)
{
    const cv_shape *s = g->shape;
    const int64_t of = s->targets / s->groups, width = (of + W - 1) / W * W, strips = cv_ceil(i1 - i0, TILE_ROWS);
    const int direct = !s->back || (s->n_phases == 1 && s->complete); /* whose rows follow each other */
    T *const strip = (T *)packing->packed;
    FN(tile_args) t = {.cs = 1};
    for (int64_t jc = j0; jc < j1; jc += PACKED_PANELS * W) {
        const int64_t je = ln_min(j1, jc + PACKED_PANELS * W);
        T *const c = direct ? g->target + i0 * s->targets + group * of + jc : (T *)packing->chunk;
        t.ldc = direct ? s->targets : je - jc;
        for (int64_t block = 0; block < f->blocks; block++) {
            const int64_t pc = block * f->block;
            t.k = ln_min(f->k - pc, f->block);
            t.first = block == 0;
            const int last = block == f->blocks - 1;
            t.act = last && ck_clips(g->act) ? g->act : CK_ACT_NONE;
            t.rs = FN(cv_stride)(t.k);
            const T *panels = g->panels + (f->panels * s->groups + group * f->k + pc) * width;
            for (int64_t q = 0, i = i0, h; q < strips; q++, i += h) {
                h = (i1 - i0) / strips + (q < (i1 - i0) % strips);
                FN(cv_gather)(g, f, group, block, strip, t.rs, i, h);
                for (int64_t j = jc; j < je; j += W) {
                    const T *panel = panels + j * t.k;
                    T *to = c + (i - i0) * t.ldc + j - jc;
                    t.n = ln_min(je - j, W);
                    t.ldb = W;
                    t.bias = last && g->bias ? g->bias + group * of + j : NULL;
                    t.fetch = (const char *)panel;
                    (t.n <= L ? FN(tiles1) : FN(tiles2))[h - 1](strip, panel, to, &t);
                    if (last && g->act && !ck_clips(g->act)) FN(finish)(to, t.ldc, h, t.n, NULL, 1, g->act);
                }
            }
        }
        if (!direct) FN(cv_scatter)(g, f, c, i0, i1 - i0, group * of + jc, je - jc);
    }
}

/* Adds to[k x targets] = or += patches^T targets, for targets [i0, i1) of all images and blocks [b0, b1) of k */
static void FN(cv_kernel_grad)(const FN(conv) *g, T *to, int64_t group, int64_t i0, int64_t i1, int64_t b0, int64_t b1,
                               ck_packing *packing)
{
    const cv_shape *s = g->shape;
    const cv_phase *f = s->phases;
    const int64_t of = s->targets / s->groups, rows = CV_GRAD_ROWS;
    T *const panels = (T *)packing->packed, *const patches = (T *)packing->patches;
    FN(tile_args) t = {.rs = 1, .ldc = s->targets};
    for (int64_t jc = 0; jc < of; jc += PACKED_PANELS * W) {
        const int64_t je = ln_min(of, jc + PACKED_PANELS * W);
        for (int64_t i = i0; i < i1; i += rows) {
            t.k = ln_min(rows, i1 - i);
            t.first = i == i0;
            const T *b = g->target + i * s->targets + group * of;
            const int pack = s->targets > W && (b1 - b0) * f->block > 4 * TILE_ROWS;
            for (int64_t j = pack ? jc : jc + (je - jc) / W * W; j < je; j += W)
                FN(pack_rows)(panels + (j - jc) * rows, W, b + j, s->targets, t.k, ln_min(je - j, W),
                              (s->batch * f->targets - i) * s->targets - group * of - j);
            for (int64_t block = b0; block < b1; block++) {
                const int64_t pc = block * f->block, k = ln_min(f->k - pc, f->block);
                const int64_t strips = cv_ceil(k, TILE_ROWS);
                t.cs = FN(cv_stride)(k);
                FN(cv_gather)(g, f, group, block, patches, t.cs, i, t.k);
                for (int64_t q = 0, u = 0, h; q < strips; q++, u += h) {
                    h = k / strips + (q < k % strips);
                    for (int64_t j = jc; j < je; j += W) {
                        t.n = ln_min(je - j, W);
                        const int packed = pack || t.n < W;
                        const T *panel = packed ? panels + (j - jc) * rows : b + j;
                        t.ldb = packed ? W : s->targets;
                        t.fetch = (const char *)panel;
                        T *c = to + (pc + u) * s->targets + group * of + j;
                        (t.n <= L ? FN(tiles1) : FN(tiles2))[h - 1](patches + u, panel, c, &t);
                    }
                }
            }
        }
    }
}

/* Panels that `cv_pack` makes, and tasks of `cv_block`: of each phase, `groups` x `cuts` of its rows x of its columns */
static int64_t FN(cv_panels)(const cv_shape *s, const cv_phase *f)
{
    return s->groups * f->blocks * cv_ceil(s->targets / s->groups, W);
}

static void FN(cv_pack_task)(const FN(conv) *g, const T *w, int64_t task)
{
    const cv_phase *f = g->shape->phases;
    for (int64_t n; task >= (n = FN(cv_panels)(g->shape, f)); f++) task -= n;
    const int64_t columns = cv_ceil(g->shape->targets / g->shape->groups, W);
    FN(cv_pack)(g->shape, f, w, g->panels, task / columns / f->blocks, task / columns % f->blocks, task % columns * W);
}

/* Rows of a task: with more than one block of k, the sums of a group of panels stay in L2 meanwhile. */
static int64_t FN(cv_cuts)(const cv_shape *s, const cv_phase *f, int threads, int64_t *columns)
{
    const int64_t of = s->targets / s->groups, group = ln_min(of, PACKED_PANELS * W) * (int64_t)sizeof(T);
    const int64_t rows = s->batch * f->targets, most = ln_max(TILE_ROWS, CHUNK_BYTES / group / TILE_ROWS * TILE_ROWS);
    int64_t cuts = cv_ceil(rows, most);
    if (cuts < 8 * threads) cuts = ln_max(1, ln_min(cv_ceil(cuts, threads) * threads, rows / TILE_ROWS));
    const int64_t all = cuts * s->groups * s->n_phases;
    *columns = all >= threads ? 1 : ln_min(cv_ceil(of, W), cv_ceil(threads, all));
    return cuts;
}

static void FN(cv_task)(const FN(conv) *g, int64_t task, int threads, ck_packing *packing)
{
    const cv_shape *s = g->shape;
    const cv_phase *f = s->phases;
    int64_t columns, cuts;
    while (task >= (cuts = FN(cv_cuts)(s, f, threads, &columns)) * s->groups * columns) {
        task -= cuts * s->groups * columns;
        f++;
    }
    const int64_t rows = s->batch * f->targets, of = s->targets / s->groups, panels = cv_ceil(of, W);
    const int64_t column = task % columns, cut = task / columns % cuts, group = task / columns / cuts;
    FN(cv_block)(g, f, group, rows * cut / cuts, rows * (cut + 1) / cuts, panels * column / columns * W,
                 ln_min(of, panels * (column + 1) / columns * W), packing);
}

/* The convolution or the gradient of its input; `w` is NULL if the panels are packed already. */
static int FN(cv_run)(const FN(conv) *g, const T *w, double work)
{
    const cv_shape *s = g->shape;
    int threads = ck_threads;
    if (threads > 1 && work < threads * THREAD_WORK) threads = (int)ln_max(1, (int64_t)(work / THREAD_WORK));
    int64_t packs = 0, tasks = 0, columns;
    for (int i = 0; i < s->n_phases; i++) {
        packs += w ? FN(cv_panels)(s, s->phases + i) : 0;
        const int64_t cuts = FN(cv_cuts)(s, s->phases + i, threads, &columns);
        tasks += cuts * s->groups * columns;
    }
    const ck_mode mode = ck_get_mode();
    int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed) if (threads > 1)
    {
        const ck_mode own = ck_enter(mode);
        ck_packing *const packing = (ck_packing *)ck_workspace(sizeof(ck_packing));
        failed = !packing;
#pragma omp for schedule(static)
        for (int64_t t = 0; t < packs; t++) FN(cv_pack_task)(g, w, t);
#pragma omp for schedule(static) nowait
        for (int64_t t = 0; t < tasks; t++)
            if (packing) FN(cv_task)(g, t, threads, packing);
        ck_leave(own);
    }
    return !failed;
}

/* The gradient of the kernel as `parts` sums over equal parts of the targets, [parts, taps, channels, filters] */
static int FN(cv_run_kernel_grad)(const FN(conv) *g, T *to, int64_t parts, double work)
{
    const cv_shape *s = g->shape;
    const cv_phase *f = s->phases;
    const int64_t rows = s->batch * f->targets, size = f->k * s->targets;
    int threads = ck_threads;
    if (threads > 1 && work < threads * THREAD_WORK) threads = (int)ln_max(1, (int64_t)(work / THREAD_WORK));
    const int64_t all = parts * s->groups, cuts = all >= threads ? 1 : ln_min(f->blocks, cv_ceil(threads, all));
    const ck_mode mode = ck_get_mode();
    int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed) if (threads > 1)
    {
        const ck_mode own = ck_enter(mode);
        ck_packing *const packing = (ck_packing *)ck_workspace(sizeof(ck_packing));
        failed = !packing;
#pragma omp for schedule(static) nowait
        for (int64_t t = 0; t < all * cuts; t++) {
            const int64_t cut = t % cuts, group = t / cuts % s->groups, part = t / cuts / s->groups;
            if (packing)
                FN(cv_kernel_grad)(g, to + part * size, group, rows * part / parts, rows * (part + 1) / parts,
                                   f->blocks * cut / cuts, f->blocks * (cut + 1) / cuts, packing);
        }
        ck_leave(own);
    }
    return !failed;
}

/* to = the sum of `parts` arrays of n items, in order */
static void FN(cv_add_parts)(T *to, const T *from, int64_t parts, int64_t n)
{
    for (int64_t j = 0; j < n; j += L) {
        const int count = n - j < L ? (int)(n - j) : L;
        V sum = FN(ck_load_part)(from + j, count);
        for (int64_t q = 1; q < parts; q++) sum += FN(ck_load_part)(from + q * n + j, count);
        FN(ck_store_part)(to + j, sum, count);
    }
}
#undef W
