/*
 * fault.h - what went wrong in one provider call: what the engine is to do, what
 * happened to the world, and what a person is to be told.
 *
 * Zero-initialise (FAULT_INIT); fault_set and friends fill it where the fault is
 * found; fault_say tells the engine and empties it.  Filling does not tell, so that
 * a first attempt that is repeated inside the provider stays silent.
 *
 * The summary is the same for the same cause on every host; what differs from host
 * to host goes in the detail.
 */
#ifndef PROVIDERS_KIT_FAULT_H
#define PROVIDERS_KIT_FAULT_H

#include "base/diag.h"
#include "base/str.h"
#include "providers/api/provider.h"

/* Who is asking, and until when. */
struct kit_call {
	const struct hd_host *host;
	struct hd_op *op;
	int64_t deadline_ms; /* on the clock of host->now_ms */
};

struct fault {
	int status; /* enum hd_status */
	int effect; /* enum hd_effect */
	enum diag_code code;
	const char *pointer; /* into the desired properties; static text or NULL */
	struct range where;  /* in a file of the user's that is to blame; outlives the fault */
	struct str summary, detail, hint;
};

#define FAULT_INIT ((struct fault){0})

/* Starts anew with effect NONE.  Always -1, so that a caller can return it. */
int fault_set(struct fault *f, int status, enum diag_code code, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* Each call appends a line to the detail. */
void fault_detail(struct fault *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
void fault_hint(struct fault *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
void fault_copy(struct fault *to, const struct fault *from);
void fault_release(struct fault *f);
/* Diagnoses, reports the effect, empties; returns the status. */
int fault_say(const struct kit_call *c, struct fault *f);
/* A warning or note beside a success; detail may be NULL. */
void kit_remark(const struct kit_call *c, int severity, enum diag_code code, const char *summary,
		const char *detail);

int64_t kit_now_ms(const struct kit_call *c);
bool kit_cancelled(const struct kit_call *c);

#endif
