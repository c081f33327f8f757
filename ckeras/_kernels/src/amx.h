/* Whether this process may use the matrix units of the processor (AMX, bfloat16): the processor must have them, and
 * Linux gives a process their registers only when it asks. Asking again changes nothing. */
#ifndef CK_AMX_H
#define CK_AMX_H
#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__AVX512BW__)
#define CK_AMX /* this level has products for them */
#endif

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int ck_amx_allowed(void)
{
    enum { ASK = 0x1023, TILE_DATA = 18, BF16 = 1 << 22, TILE = 1 << 24 }; /* ARCH_REQ_XCOMP_PERM, CPUID 7 in edx */
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & BF16) || !(d & TILE)) return 0;
    return syscall(SYS_arch_prctl, ASK, TILE_DATA) == 0;
}
#else
static inline int ck_amx_allowed(void) { return 0; }
#endif
#endif
