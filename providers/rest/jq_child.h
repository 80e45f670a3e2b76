/*
 * jq_child.h - what the pool and its children say to each other, over a socket that is the child's
 * descriptor 0.  Both are the same program, so these structs cross as they are.
 *
 * The parent sends a struct jq_ask, the program's source when the child does not have it in that
 * slot, and the input; the child answers each with a struct jq_reply and its text.  End of the
 * stream: the child ends.
 */
#ifndef PROVIDERS_REST_JQ_CHILD_H
#define PROVIDERS_REST_JQ_CHILD_H

#include "providers/rest/jq.h"

#define JQ_CHILD_SOCKET 0
/* Programs that a child holds; one takes some hundred KiB. */
#define JQ_CHILD_SLOTS 128
/* It ended itself because memory ran out. */
#define JQ_EXIT_MEMORY 12

struct jq_ask {
	uint32_t slot;
	uint32_t compile; /* 1: source_len bytes of source come first and take the slot */
	uint32_t run;     /* 1: input_len bytes of input follow */
	uint32_t source_len, input_len;
};

struct jq_reply {
	uint32_t result; /* enum jq_result: up to JQ_INVALID */
	uint32_t line;
	uint32_t len; /* of the text that follows */
};

/* argv[0] of a child: a program that was started under this name never comes to its main. */
extern const char jq_child_name[];

#endif
