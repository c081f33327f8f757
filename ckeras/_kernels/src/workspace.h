/* The workspace in which a thread packs: too large for the stacks of some threads, and for static memory, as what
 * is static is cleared whenever a thread begins. It is the only memory that kernels keep, until the thread ends. */
#ifndef CK_WORKSPACE_H
#define CK_WORKSPACE_H
#include <pthread.h>
#include <stdlib.h>

static pthread_key_t ck_workspace_key; /* frees the workspace of a thread that ends */
static pthread_once_t ck_workspace_once = PTHREAD_ONCE_INIT;
static void ck_workspace_begin(void) { pthread_key_create(&ck_workspace_key, free); }

/* The calling thread's workspace of `bytes`, a constant multiple of 64; NULL if there is no memory. */
static char *ck_workspace(size_t bytes)
{
    static _Thread_local char *workspace;
    if (workspace) return workspace;
    pthread_once(&ck_workspace_once, ck_workspace_begin);
    workspace = aligned_alloc(64, bytes);
    pthread_setspecific(ck_workspace_key, workspace);
    return workspace;
}

#endif
