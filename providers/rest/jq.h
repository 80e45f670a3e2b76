/*
 * jq.h - jq programs, run where they can do no harm.
 *
 * libjq reads ~/.jq, the environment and any file, never stops by itself, and aborts on some
 * programs and on lack of memory.  So programs run in children: this program again, started with
 * another argv[0] (jq_child.c, which a constructor enters before main), with an empty environment,
 * no file but its socket and none to open, bounded memory, and killed when a run takes longer than
 * JQ_RUN_MS.  A child holds many compiled programs; compiling takes about 14 ms, a run 30 to 40 us.
 *
 * One pool per process, shared by its sessions (jq_pool_hold, jq_pool_release), at most one child
 * per core, each started when all others are busy.  A child that dies or is killed is replaced by
 * the next run.  Any thread may run programs.
 */
#ifndef PROVIDERS_REST_JQ_H
#define PROVIDERS_REST_JQ_H

#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"

#define JQ_RUN_MS 5000
#define JQ_COMPILE_MS 10000
#define JQ_MEMORY ((size_t)1 << 30) /* of a child */
#define JQ_OUTPUT_LEN ((size_t)64 << 20)

struct jq_pool;

/* The process's pool, made by the first and ended by the last. */
struct jq_pool *jq_pool_hold(void);
void jq_pool_release(struct jq_pool *p);

/* A program as text; children know it by its digest.  Borrowed by every run. */
struct jq_program {
	struct text source;
	char digest[65];
};
void jq_program_init(struct jq_program *p, struct text source);

enum jq_result {
	JQ_VALUE,   /* the first value, as JSON, in the arena */
	JQ_EMPTY,   /* the program gives nothing */
	JQ_RAISED,  /* error(...): `text` is its message */
	JQ_INVALID, /* does not compile: `text` is what jq says, `line` in the source from 1 */
	JQ_RUNAWAY, /* took longer than JQ_RUN_MS, or too much memory */
	JQ_BROKEN   /* no child could be started, or one died; `text` says how */
};

struct jq_answer {
	enum jq_result result;
	struct text text; /* with a NUL behind it */
	unsigned line;
};

/* input: one JSON document.  Integers beyond 2^53 must have been made strings before
 * (jq_safe_numbers), libjq knows no others than doubles. */
void jq_run(struct jq_pool *p, struct arena *a, const struct jq_program *program, struct text input,
	    struct jq_answer *out);
/* Compiles and runs nothing; JQ_VALUE when it does. */
void jq_check(struct jq_pool *p, struct arena *a, const struct jq_program *program,
	      struct jq_answer *out);
/* The text of a JSON document with every integer beyond +-2^53 as a string; in the arena, or the
 * text itself when there is none. */
struct text jq_safe_numbers(struct arena *a, struct text json);

/* Looks for what a program may not use (env, $ENV, input, inputs, import, include, debug, stderr,
 * input_filename, input_line_number, halt, halt_error, get_search_list, modulemeta, $__prog_args,
 * now, localtime, mktime and the like are allowed), outside of strings, fields and comments.  The
 * word with its offset, or false. */
bool jq_forbidden(struct text source, struct text *word);
/* Appends an error of libjq's without what it quotes of values, which may be secret. */
void jq_plain_error(struct text message, struct str *out);

#endif
