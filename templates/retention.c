/* retention.c - what is done with a thing whose resource goes. */
#include "templates/retention.h"

#include <string.h>

struct policy_word {
	const char *word;
	enum deletion_policy policy;
};

/* The last one is for DeletionPolicy only. */
static const struct policy_word policies[] = {
	{"Delete", DELETION_DELETE},
	{"Retain", DELETION_RETAIN},
	{"Snapshot", DELETION_SNAPSHOT},
	{"RetainExceptOnCreate", DELETION_RETAIN_EXCEPT_ON_CREATE},
};

static size_t count_of(const char *attribute)
{
	return ARRAY_LEN(policies) - (strcmp(attribute, "UpdateReplacePolicy") == 0);
}

bool retention_find(const char *attribute, struct text word, enum deletion_policy *out)
{
	for (size_t i = 0; i < count_of(attribute); i++) {
		if (!text_is(word, policies[i].word))
			continue;
		*out = policies[i].policy;
		return true;
	}
	return false;
}

void retention_report(const char *attribute, struct range where, struct text word, struct diags *d)
{
	const char *names[ARRAY_LEN(policies)];
	size_t count = count_of(attribute);
	struct diag *g =
		diag_add(d, DIAG_POLICY_VALUE, where, "there is no policy '%.*s'", TEXT_ARG(word));

	for (size_t i = 0; i < ARRAY_LEN(policies); i++)
		names[i] = policies[i].word;
	diag_hint(d, g, "use Delete, Retain%s or Snapshot",
		  count == ARRAY_LEN(policies) ? ", RetainExceptOnCreate" : "");
	diag_did_you_mean(d, g, word, names, count);
}
