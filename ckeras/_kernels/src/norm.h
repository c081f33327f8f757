/* What the kernels of normalizations share: how a reduction is cut, and how its units are spread over threads. */
#ifndef CK_NORM_H
#define CK_NORM_H
#include "lanes.h"

typedef void (*nm_part)(const void *job, int64_t unit);

/* Calls part(job, u) for each of the units, which are independent. */
static void nm_each(nm_part part, const void *job, int64_t units, int64_t elements)
{
    const int threads = (int)ln_min(ln_threads(elements, 32 << 10), units);
    if (threads <= 1) {
        for (int64_t u = 0; u < units; u++) part(job, u);
        return;
    }
    const ck_mode mode = ck_get_mode();
#pragma omp parallel num_threads(threads)
    {
        const ck_mode own = ck_enter(mode);
#pragma omp for schedule(static) nowait
        for (int64_t u = 0; u < units; u++) part(job, u);
        ck_leave(own);
    }
}

#endif
