/* keys.c - the kinds of steps, and the keys that each has. */
#include <string.h>

#include "base/limits.h"
#include "engine/runbook/language.h"

#define K_APPROVAL KIND_BIT(STEP_APPROVAL)
#define K_CHECK KIND_BIT(STEP_CHECK)
#define K_WAIT KIND_BIT(STEP_WAIT)
#define K_APPLY KIND_BIT(STEP_APPLY)
#define K_ACTION KIND_BIT(STEP_ACTION)
#define K_COMMAND KIND_BIT(STEP_COMMAND)
#define K_HTTP KIND_BIT(STEP_HTTP)
#define K_TRAFFIC KIND_BIT(STEP_TRAFFIC)
#define K_FENCE KIND_BIT(STEP_FENCE)
#define K_NOTIFY KIND_BIT(STEP_NOTIFY)
#define K_RUNBOOK KIND_BIT(STEP_RUNBOOK)
#define K_SEQUENCE KIND_BIT(STEP_SEQUENCE)
#define K_PARALLEL KIND_BIT(STEP_PARALLEL)
/* What calls the world, and may be tried again. */
#define K_RETRIED (KINDS_PLAIN & ~(K_APPROVAL | K_WAIT))

#define MINUTE_MS (60 * (int64_t)1000)

static const struct {
	const char *name;
	int64_t timeout_ms;
} kinds[] = {
	[STEP_APPROVAL] = {"Approval", 0},
	[STEP_CHECK] = {"Check", 10 * MINUTE_MS},
	[STEP_WAIT] = {"Wait", 0},
	[STEP_APPLY] = {"Apply", 60 * MINUTE_MS},
	[STEP_ACTION] = {"Action", 30 * MINUTE_MS},
	[STEP_COMMAND] = {"Command", 5 * MINUTE_MS},
	[STEP_HTTP] = {"Http", MINUTE_MS},
	[STEP_TRAFFIC] = {"Traffic", 60 * MINUTE_MS},
	[STEP_FENCE] = {"Fence", 5 * MINUTE_MS},
	[STEP_NOTIFY] = {"Notify", MINUTE_MS},
	[STEP_RUNBOOK] = {"Runbook", 0},
	[STEP_SEQUENCE] = {"Steps", 0},
	[STEP_PARALLEL] = {"Parallel", 0},
};
_Static_assert(ARRAY_LEN(kinds) == STEP_KIND_COUNT, "every kind has its name");

static const char *const on_failure[] = {"stop", "continue", "reverse", NULL};
static const char *const drills[] = {"run", "skip", NULL};
static const char *const expects[] = {"healthy", "unhealthy", NULL};
static const char *const runs[] = {"each", "one", NULL};
static const char *const methods[] = {"GET",   "HEAD",   "POST",    "PUT",
				      "PATCH", "DELETE", "OPTIONS", NULL};

const struct step_key step_keys[] = {
	/* Of all, or of many. */
	{"Name", KINDS_ALL, SHAPE_STRUCTURE, NEED_NOT, 0, true, NULL},
	{"Type", KINDS_ALL, SHAPE_STRUCTURE, NEED_NOT, 0, true, NULL},
	{"Description", KINDS_ALL, SHAPE_TEXT, NEED_NOT, 0, true, NULL},
	{"Condition", KINDS_ALL, SHAPE_STRUCTURE, NEED_NOT, 0, true, NULL},
	{"Before", KINDS_ALL, SHAPE_USES, NEED_NOT, 0, false, NULL},
	{"After", KINDS_ALL, SHAPE_USES, NEED_NOT, 0, false, NULL},
	{"Timeout", KINDS_ALL & ~K_WAIT, SHAPE_DURATION, NEED_NOT, 0, false, NULL},
	{"Retries", K_RETRIED, SHAPE_COUNT, NEED_NOT, 0, false, NULL},
	{"RetryInterval", K_RETRIED, SHAPE_DURATION, NEED_NOT, 0, false, NULL},
	{"OnFailure", KINDS_ALL, SHAPE_WORD, NEED_NOT, 0, false, on_failure},
	{"Ungraceful", KINDS_ALL, SHAPE_STRUCTURE, NEED_NOT, 0, true, NULL},
	{"Reverse", KINDS_PLAIN, SHAPE_STRUCTURE, NEED_NOT, 0, true, NULL},
	{"Drill", KINDS_ALL, SHAPE_WORD, NEED_NOT, 0, true, drills},
	{"Promotes", K_RETRIED, SHAPE_FLAG, NEED_NOT, 0, true, NULL},
	/* Where. */
	{"Region", K_CHECK | K_APPLY | K_COMMAND | K_HTTP | K_TRAFFIC | K_NOTIFY, SHAPE_REGION,
	 NEED_NOT, 0, false, NULL},
	{"Region", K_FENCE, SHAPE_REGION, NEED_KEY, 0, false, NULL},
	{"Account", K_APPLY | K_CHECK | K_COMMAND | K_HTTP | K_NOTIFY, SHAPE_ACCOUNT, NEED_NOT, 0,
	 false, NULL},
	{"Roles", K_COMMAND, SHAPE_TEXTS, NEED_NOT, 'h', false, NULL},
	{"Hosts", K_COMMAND, SHAPE_TEXTS, NEED_NOT, 'h', false, NULL},
	/* Checks. */
	{"Check", K_CHECK, SHAPE_ASKED, NEED_NOT, 'v', false, NULL},
	{"Check", K_TRAFFIC | K_FENCE, SHAPE_CHECKS, NEED_NOT, 0, false, NULL},
	{"Within", K_CHECK | K_TRAFFIC | K_FENCE, SHAPE_DURATION, NEED_NOT, 0, false, NULL},
	{"Expect", K_CHECK | K_FENCE, SHAPE_WORD, NEED_NOT, 0, false, expects},
	{"Value", K_CHECK, SHAPE_SCALAR, NEED_NOT, 'v', false, NULL},
	{"AtMost", K_CHECK, SHAPE_NUMBER, NEED_NOT, 0, false, NULL},
	{"AtLeast", K_CHECK, SHAPE_NUMBER, NEED_NOT, 0, false, NULL},
	{"Equals", K_CHECK, SHAPE_SCALAR, NEED_NOT, 0, false, NULL},
	/* Of one kind. */
	{"Message", K_APPROVAL | K_NOTIFY, SHAPE_TEXT, NEED_KEY, 0, false, NULL},
	{"Approvers", K_APPROVAL, SHAPE_TEXTS, NEED_NOT, 0, false, NULL},
	{"Confirm", K_APPROVAL, SHAPE_TEXT, NEED_NOT, 0, false, NULL},
	{"Duration", K_WAIT, SHAPE_DURATION, NEED_KEY, 0, false, NULL},
	{"Stack", K_APPLY, SHAPE_STACKS, NEED_NOT, 's', false, NULL},
	{"Stacks", K_APPLY, SHAPE_STACKS, NEED_NOT, 's', false, NULL},
	{"Parameters", K_APPLY | K_RUNBOOK, SHAPE_MAP, NEED_NOT, 0, false, NULL},
	{"Resource", K_ACTION, SHAPE_TEXT, NEED_KEY, 0, false, NULL},
	{"Action", K_ACTION, SHAPE_TEXT, NEED_KEY, 0, false, NULL},
	{"With", K_ACTION, SHAPE_MAP, NEED_NOT, 0, false, NULL},
	{"Command", K_COMMAND, SHAPE_COMMAND, NEED_KEY, 0, false, NULL},
	{"Command", K_NOTIFY, SHAPE_COMMAND, NEED_NOT, 'u', false, NULL},
	{"Environment", K_COMMAND | K_NOTIFY, SHAPE_MAP, NEED_NOT, 0, false, NULL},
	{"Run", K_COMMAND, SHAPE_WORD, NEED_NOT, 0, false, runs},
	{"Url", K_HTTP, SHAPE_URL, NEED_KEY, 0, false, NULL},
	{"Url", K_NOTIFY, SHAPE_URL, NEED_NOT, 'u', false, NULL},
	{"Method", K_HTTP, SHAPE_WORD, NEED_NOT, 0, false, methods},
	{"Headers", K_HTTP | K_NOTIFY, SHAPE_MAP, NEED_NOT, 0, false, NULL},
	{"Body", K_HTTP, SHAPE_ANY, NEED_NOT, 0, false, NULL},
	{"Status", K_HTTP, SHAPE_STATUS, NEED_NOT, 0, false, NULL},
	{"Contains", K_HTTP, SHAPE_TEXT, NEED_NOT, 0, false, NULL},
	{"CaFile", K_HTTP | K_NOTIFY, SHAPE_TEXT, NEED_NOT, 0, false, NULL},
	{"Routes", K_TRAFFIC, SHAPE_ROUTES, NEED_KEY, 0, false, NULL},
	{"To", K_TRAFFIC, SHAPE_REGION, NEED_KEY, 0, false, NULL},
	{"Weights", K_TRAFFIC, SHAPE_WEIGHTS, NEED_NOT, 0, false, NULL},
	{"Bake", K_TRAFFIC, SHAPE_DURATION, NEED_NOT, 0, false, NULL},
	{"Lease", K_FENCE, SHAPE_DURATION, NEED_NOT, 0, false, NULL},
	{"Gone", K_FENCE, SHAPE_CHECKS, NEED_NOT, 0, false, NULL},
	{"By", K_FENCE, SHAPE_STRUCTURE, NEED_NOT, 0, true, NULL},
	{"Runbook", K_RUNBOOK, SHAPE_STRUCTURE, NEED_NOT, 0, true, NULL},
	{"Steps", K_SEQUENCE, SHAPE_STRUCTURE, NEED_NOT, 0, true, NULL},
	{"Parallel", K_PARALLEL, SHAPE_STRUCTURE, NEED_NOT, 0, true, NULL},
};
const size_t step_key_count = ARRAY_LEN(step_keys);

const char *step_kind_name(enum step_kind k)
{
	return kinds[k].name;
}

int step_kind_find(struct text word)
{
	for (int k = 0; k < STEP_KIND_COUNT; k++) {
		if (text_is(word, kinds[k].name))
			return k;
	}
	return -1;
}

int64_t step_default_timeout_ms(enum step_kind kind)
{
	return kinds[kind].timeout_ms;
}

const struct step_key *step_key_find(enum step_kind kind, struct text name)
{
	for (size_t i = 0; i < step_key_count; i++) {
		if ((step_keys[i].kinds & KIND_BIT(kind)) && text_is(name, step_keys[i].name))
			return &step_keys[i];
	}
	return NULL;
}

/* What decides which things are acted on, and when, is shown to people and recorded. */
bool step_key_may_hide(const struct step_key *key)
{
	static const char *const shown[] = {"Description", "Roles",  "Hosts", "Approvers",
					    "Resource",    "Action", "CaFile"};

	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		if (!strcmp(key->name, shown[i]))
			return false;
	}
	switch (key->shape) {
	case SHAPE_TEXT:
	case SHAPE_TEXTS:
	case SHAPE_COMMAND:
	case SHAPE_NUMBER:
	case SHAPE_SCALAR:
	case SHAPE_MAP:
	case SHAPE_ANY:
	case SHAPE_URL:
		return true;
	case SHAPE_STRUCTURE:
	case SHAPE_DURATION:
	case SHAPE_COUNT:
	case SHAPE_FLAG:
	case SHAPE_WORD:
	case SHAPE_STATUS:
	case SHAPE_REGION:
	case SHAPE_ACCOUNT:
	case SHAPE_STACKS:
	case SHAPE_CHECKS:
	case SHAPE_ASKED:
	case SHAPE_ROUTES:
	case SHAPE_WEIGHTS:
	case SHAPE_USES:
		break;
	}
	return false;
}

const char *step_key_owners(struct arena *a, struct text name)
{
	const char *list = "";
	unsigned owners = 0;

	for (size_t i = 0; i < step_key_count; i++)
		owners |= text_is(name, step_keys[i].name) ? step_keys[i].kinds : 0;
	for (int k = 0; k < STEP_KIND_COUNT; k++) {
		if (!(owners & KIND_BIT(k)))
			continue;
		owners &= ~KIND_BIT(k);
		list = arena_printf(a, "%s%s%s", list,
				    !*list   ? ""
				    : owners ? ", "
					     : " and ",
				    kinds[k].name);
	}
	return list;
}
