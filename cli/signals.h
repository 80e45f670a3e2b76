/*
 * signals.h - SIGINT, SIGTERM and SIGHUP become a count and a byte in a pipe.
 *
 * The first one asks to start nothing new, the second one to cancel what runs, the third
 * one ends the process at once (which loses nothing: what runs is recorded as begun).
 * One per process, because signals are.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include "base/base.h"

/* What the others need, once; signals still end the process as usual.  -1 with errno. */
int signals_open(void);
/* Starts catching.  -1 with errno. */
int signals_catch(void);
/* How often the user asked to stop; read with __atomic_load_n. */
const int *signals_count(void);
/* Readable when the count changed; -1 before signals_open. */
int signals_wake_fd(void);
bool signals_interrupted(void);

#endif
