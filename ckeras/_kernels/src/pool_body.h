/* Pooling along one axis for one operation and type; see pool.c, which defines:
 *   PB_T, PB_A          the types of the elements and of what is carried
 *   PB_(name)           the name of a function
 *   PB_EMPTY            what an empty window gives
 *   PB_LATER(a, x)      whether x replaces a, which lies before it
 *   PB_JOIN(a, x, take) the two as one value, x being what is taken
 */

/* Up to PO_WIDE columns of a window, or of a part of it: values, and where they were found. */
typedef struct {
    PB_A value[PO_WIDE];
    int32_t at[PO_WIDE];
} PB_(part);

static void PB_(begin)(PB_(part) *s, const PB_T *x, int32_t i, int64_t width)
{
    for (int64_t j = 0; j < width; j++) s->value[j] = (PB_A)x[j], s->at[j] = i;
}

/* s followed by x */
static void PB_(push)(PB_(part) *s, const PB_T *x, int32_t i, int64_t width)
{
    LN_IVDEP
    for (int64_t j = 0; j < width; j++) {
        const PB_A a = s->value[j], b = (PB_A)x[j];
        const int take = PB_LATER(a, b);
        s->value[j] = PB_JOIN(a, b, take);
        s->at[j] = take ? i : s->at[j];
    }
}

/* s = a followed by b */
static void PB_(join)(PB_(part) *s, const PB_(part) *a_, const PB_(part) *b_, int64_t width)
{
    LN_IVDEP
    for (int64_t j = 0; j < width; j++) {
        const PB_A a = a_->value[j], b = b_->value[j];
        const int take = PB_LATER(a, b);
        s->value[j] = PB_JOIN(a, b, take);
        s->at[j] = take ? b_->at[j] : a_->at[j];
    }
}

/* Output j of the strip, at the column `left` of the row `row`; offsets count from the window's start. */
static void PB_(store)(const po_job *w, int64_t row, int64_t left, int64_t j, const PB_(part) *s, int64_t width)
{
    const int64_t first = (row * w->m + j) * w->inner + left, begin = po_begin(w, j);
    PB_T *y = (PB_T *)w->out + first;
    for (int64_t k = 0; k < width; k++) y[k] = (PB_T)s->value[k];
    if (w->at == NULL) return;
    if (w->narrow)
        for (int64_t k = 0; k < width; k++) ((uint8_t *)w->at)[first + k] = (uint8_t)(s->at[k] - begin);
    else
        for (int64_t k = 0; k < width; k++) ((int32_t *)w->at)[first + k] = (int32_t)(s->at[k] - begin);
}

static void PB_(empty)(PB_(part) *s, int64_t begin, int64_t width)
{
    for (int64_t k = 0; k < width; k++) s->value[k] = PB_EMPTY, s->at[k] = (int32_t)begin;
}

/* Columns [left, left + width) of one row, each window by itself: for windows that overlap little */
static void PB_(direct)(const po_job *w, int64_t row, int64_t left, int64_t width)
{
    const PB_T *x = (const PB_T *)w->in + row * w->n * w->inner + left;
    PB_(part) s;
    for (int64_t j = 0; j < w->m; j++) {
        const int64_t lo = po_low(w, j), hi = po_high(w, j);
        if (lo > hi)
            PB_(empty)(&s, po_begin(w, j), width);
        else
            PB_(begin)(&s, x + lo * w->inner, (int32_t)lo, width);
        for (int64_t i = lo + 1; i <= hi; i++) PB_(push)(&s, x + i * w->inner, (int32_t)i, width);
        PB_(store)(w, row, left, j, &s, width);
    }
}

/* The same for windows that overlap (van Herk 1992, Gil and Werman 1993). The axis is cut into blocks as long as the
 * longest window, so a window is the tail of a block, the head of one, or a tail and the head after it: an element is
 * looked at twice, however long the windows are. `tails` holds those of a block. */
static void PB_(blocks)(const po_job *w, int64_t row, int64_t left, int64_t width, char *memory)
{
    const PB_T *x = (const PB_T *)w->in + row * w->n * w->inner + left;
    PB_(part) *tails = (PB_(part) *)memory, head, s;
    int64_t tail_block = -1, head_block = -1, head_end = 0;
    for (int64_t j = 0; j < w->m; j++) {
        const int64_t lo = po_low(w, j), hi = po_high(w, j);
        if (lo > hi) {
            PB_(empty)(&s, po_begin(w, j), width);
            PB_(store)(w, row, left, j, &s, width);
            continue;
        }
        const int64_t first = lo / w->block, last = hi / w->block, base = first * w->block;
        const int has_tail = lo > base, has_head = last > first || !has_tail;
        if (has_tail && tail_block != first) {
            int64_t i = ln_min(base + w->block, w->n) - 1;
            PB_(begin)(&tails[i - base], x + i * w->inner, (int32_t)i, width);
            while (--i >= lo) {
                PB_(begin)(&s, x + i * w->inner, (int32_t)i, width);
                PB_(join)(&tails[i - base], &s, &tails[i + 1 - base], width);
            }
            tail_block = first;
        }
        if (has_head && head_block != last) {
            head_block = last, head_end = last * w->block;
            PB_(begin)(&head, x + head_end * w->inner, (int32_t)head_end, width);
        }
        while (has_head && head_end < hi) {
            head_end++;
            PB_(push)(&head, x + head_end * w->inner, (int32_t)head_end, width);
        }
        if (has_tail && has_head) PB_(join)(&s, &tails[lo - base], &head, width);
        PB_(store)(w, row, left, j, !has_head ? &tails[lo - base] : has_tail ? &s : &head, width);
    }
}

#undef PB_T
#undef PB_A
#undef PB_
#undef PB_EMPTY
#undef PB_LATER
#undef PB_JOIN
