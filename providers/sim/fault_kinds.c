#include "providers/sim/fault_kinds.h"

#include <string.h>

static const struct fault_kind kinds[] = {
	{"throttle", DEED_NOTHING, HD_THROTTLED, HD_EFFECT_NONE, false, DIAG_SIM_THROTTLED,
	 "rate exceeded"},
	{"server-error", DEED_NOTHING, HD_RETRY, HD_EFFECT_NONE, false, DIAG_SIM_SERVER,
	 "internal error of the service"},
	{"timeout-before", DEED_NOTHING, HD_UNREACHABLE, HD_EFFECT_NONE, false, DIAG_SIM_TIMEOUT,
	 "the endpoint does not answer"},
	{"timeout-after", DEED_ALL, HD_UNREACHABLE, HD_EFFECT_UNKNOWN, false, DIAG_SIM_TIMEOUT,
	 "the endpoint did not answer in time"},
	{"lost-answer", DEED_ALL, HD_RETRY, HD_EFFECT_UNKNOWN, false, DIAG_SIM_LOST,
	 "the connection was lost before the answer came"},
	{"lost-request", DEED_NOTHING, HD_RETRY, HD_EFFECT_UNKNOWN, false, DIAG_SIM_LOST,
	 "the connection was lost before the answer came"},
	{"conflict", DEED_NOTHING, HD_CONFLICT, HD_EFFECT_NONE, false, DIAG_SIM_CONFLICT,
	 "another operation on the resource is in progress"},
	{"denied", DEED_NOTHING, HD_FATAL, HD_EFFECT_NONE, false, DIAG_SIM_DENIED, "access denied"},
	{"partial", DEED_HALF, HD_FATAL, HD_EFFECT_PARTIAL, false, DIAG_SIM_PARTIAL,
	 "only some of it was done"},
	{"not-found-after-create", DEED_HIDDEN, HD_OK, HD_EFFECT_DONE, false, DIAG_SIM_NOT_FOUND,
	 ""},
	{"unhealthy", DEED_SICK, HD_OK, HD_EFFECT_NONE, false, DIAG_SIM_SERVER,
	 "unhealthy, by a scripted fault of the simulation"},
	{"kill-before", DEED_NOTHING, HD_OK, HD_EFFECT_NONE, true, DIAG_SIM_LOST, ""},
	{"kill-after", DEED_ALL, HD_OK, HD_EFFECT_DONE, true, DIAG_SIM_LOST, ""},
};

const struct fault_kind *fault_kind_named(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_LEN(kinds); i++) {
		if (strcmp(name, kinds[i].name) == 0)
			return &kinds[i];
	}
	return NULL;
}

const char *const *fault_kind_names(size_t *count)
{
	static const char *const names[] = {
		"throttle",    "server-error",           "timeout-before", "timeout-after",
		"lost-answer", "lost-request",           "conflict",       "denied",
		"partial",     "not-found-after-create", "unhealthy",      "kill-before",
		"kill-after",
	};

	_Static_assert(ARRAY_LEN(names) == ARRAY_LEN(kinds), "a name for every kind");
	*count = ARRAY_LEN(names);
	return names;
}
