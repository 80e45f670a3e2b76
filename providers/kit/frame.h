/*
 * frame.h - finding one answer in what a shell on a host writes.
 *
 * The shell writes, for a request with mark M:
 *
 *	M+\n  OUTPUT  \nM-CODE\n
 *
 * Before M+ anything may come (a login banner, the chatter of start-up files).  M is
 * random, so output cannot contain it by chance.
 *
 * frame_init, then frame_scan after each growth of the buffer until it answers
 * something else than FRAME_MORE.  The buffer is the caller's and must only grow.
 */
#ifndef PROVIDERS_KIT_FRAME_H
#define PROVIDERS_KIT_FRAME_H

#include "base/text.h"

#define FRAME_MARK_LEN 64 /* with its NUL */

enum frame_answer {
	FRAME_MORE,  /* not complete yet */
	FRAME_DONE,  /* output and code are filled */
	FRAME_BROKEN /* the end mark is there but what follows is no code */
};

struct frame {
	char mark[FRAME_MARK_LEN];
	size_t scanned; /* offset up to which the buffer is known to hold no mark */
	size_t start;   /* of the output; 0 until M+ was seen */
	struct text output;
	int code;
};

void frame_init(struct frame *f, const char *mark);
enum frame_answer frame_scan(struct frame *f, struct text buffer);

#endif
