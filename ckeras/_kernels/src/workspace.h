/* Memory that a thread packs into: too large for the stacks that some threads have, and too large to be static, as what
 * is static is cleared whenever a thread begins. It is the one memory that kernels keep, until the thread ends. */
#ifndef CK_ROOM_H
#define CK_ROOM_H
#include <pthread.h>
#include <stdlib.h>

static pthread_key_t ck_room_key; /* frees the room of a thread that ends */
static pthread_once_t ck_room_once = PTHREAD_ONCE_INIT;
static void ck_room_begin(void) { pthread_key_create(&ck_room_key, free); }

/* The calling thread's room of `bytes`, always the same number and a multiple of 64; NULL if there is no memory */
static char *ck_room(size_t bytes)
{
    static _Thread_local char *room;
    if (room) return room;
    pthread_once(&ck_room_once, ck_room_begin);
    room = aligned_alloc(64, bytes);
    pthread_setspecific(ck_room_key, room);
    return room;
}

#endif
