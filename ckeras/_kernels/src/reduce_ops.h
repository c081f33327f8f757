/* The reductions of one floating type; see reduce_body.h. Written once more for each: vectors, then doubles. */
#define RB(x) RB_SUFFIX(x, sum)
#define RB_MAP RD_ID
#define RB_ACC RD_ADD
#define RB_SMAP RD_ID
#define RB_SACC RD_ADD
#include "reduce_body.h"

#define RB(x) RB_SUFFIX(x, prod)
#define RB_MAP RD_ID
#define RB_ACC RD_MUL
#define RB_SMAP RD_ID
#define RB_SACC RD_MUL
#include "reduce_body.h"

#define RB(x) RB_SUFFIX(x, max)
#define RB_MAP RD_ID
#define RB_ACC RD_VMAX
#define RB_SMAP RD_ID
#define RB_SACC rd_max
#include "reduce_body.h"

#define RB(x) RB_SUFFIX(x, min)
#define RB_MAP RD_ID
#define RB_ACC RD_VMIN
#define RB_SMAP RD_ID
#define RB_SACC rd_min
#include "reduce_body.h"

#define RB(x) RB_SUFFIX(x, sumsq)
#define RB_MAP RD_VSQUARE
#define RB_ACC RD_ADD
#define RB_SMAP(x) ((x) * (x))
#define RB_SACC RD_ADD
#include "reduce_body.h"

#define RB(x) RB_SUFFIX(x, sumabs)
#define RB_MAP RD_VABS
#define RB_ACC RD_ADD
#define RB_SMAP fabs
#define RB_SACC RD_ADD
#include "reduce_body.h"

#undef RB_T
#undef RB_V
#undef RB_U
#undef RB_HA
#undef RB_QA
#undef RB_Q
#undef RB_LO64
#undef RB_HI64
#undef RB_LO32
#undef RB_HI32
#undef RB_SUFFIX
