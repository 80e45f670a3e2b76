/*
 * fault_kinds.h - what a scripted fault does: one row per name.
 */
#ifndef PROVIDERS_SIM_FAULT_KINDS_H
#define PROVIDERS_SIM_FAULT_KINDS_H

#include "base/diag.h"
#include "providers/api/provider.h"

/* What becomes of what was asked for. */
enum fault_deed {
	DEED_NOTHING, /* it does not happen */
	DEED_ALL,     /* it happens */
	DEED_HALF,    /* half of the properties are set */
	DEED_HIDDEN,  /* it happens, and cannot be seen for a while */
	DEED_SICK     /* the answer to a health check is "unhealthy" */
};

struct fault_kind {
	const char *name;
	enum fault_deed deed;
	int status; /* enum hd_status; HD_OK: the call does not fail */
	int effect; /* enum hd_effect */
	bool kills; /* the process ends there and then */
	enum diag_code code;
	const char *message;
};

/* NULL when there is none. */
const struct fault_kind *fault_kind_named(const char *name);
/* Their names, for "did you mean". */
const char *const *fault_kind_names(size_t *count);

#endif
