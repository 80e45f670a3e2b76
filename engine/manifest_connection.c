/* manifest_connection.c - how to reach hosts: keys of a host and of the provider ssh. */
#include <string.h>

#include "engine/manifest_read.h"

#define CONNECT_TIMEOUT_MAX_MS 60000

static void refuse(struct manifest_reader *r, const struct manifest_part *part, const char *key,
		   const struct node *value, const char *hint)
{
	struct diag *g = diag_add(r->d, DIAG_MANIFEST_VALUE, value->where,
				  "'%s' of %s cannot be '%s'", key, part->who, value->text.ptr);

	diag_hint(r->d, g, "%s", hint);
}

static void check_user(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	(void)into;
	if (!manifest_has_reference(value->text) && strpbrk(value->text.ptr, " \t\n"))
		refuse(r, part, "User", value, "the name of a user has no blanks");
}

static void check_become_user(struct manifest_reader *r, const struct manifest_part *part,
			      void *into, const struct node *value)
{
	const char *name = value->text.ptr;

	(void)into;
	if (!manifest_has_reference(value->text) && (*name == '-' || strpbrk(name, " \t\n'\"\\!")))
		refuse(r, part, "BecomeUser", value,
		       "the name of a user has no blanks, quotes, '\\' and '!', and no '-' at its "
		       "beginning");
}

static void check_timeout(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	int64_t ms;

	(void)into;
	if (manifest_has_reference(value->text))
		return;
	if (!text_to_duration_ms(value->text, &ms) || ms <= 0 || ms > CONNECT_TIMEOUT_MAX_MS)
		refuse(r, part, "ConnectTimeout", value,
		       "it is a time such as 5s, at most a minute");
}

static void check_state_dir(struct manifest_reader *r, const struct manifest_part *part, void *into,
			    const struct node *value)
{
	struct text dir = value->text;

	(void)into;
	if (manifest_has_reference(dir))
		return;
	if ((!text_starts(dir, "/") && !text_starts(dir, "~/")) || strchr(dir.ptr, '\n'))
		refuse(r, part, "StateDir", value,
		       "it is a path on the host that begins with '/' or '~/'");
}

static const char *const host_key_policies[] = {"strict", "accept-new", NULL};
static const char *const agent_words[] = {"yes", "no", "true", "false", NULL};
static const char *const become_words[] = {"sudo", "no", "false", NULL};

static const struct manifest_key rows[] = {
	{"Port", KEY_PORT, KEY_OPTIONAL, NULL, NULL},
	{"User", KEY_TEXT, KEY_OPTIONAL, check_user, NULL},
	{"IdentityFile", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"IdentityAgent", KEY_TEXT, KEY_OPTIONAL, NULL, agent_words},
	{"KnownHostsFile", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"HostKeyPolicy", KEY_TEXT, KEY_OPTIONAL, NULL, host_key_policies},
	{"Become", KEY_TEXT, KEY_OPTIONAL, NULL, become_words},
	{"BecomeUser", KEY_TEXT, KEY_OPTIONAL, check_become_user, NULL},
	{"ConnectTimeout", KEY_TEXT, KEY_OPTIONAL, check_timeout, NULL},
	{"StateDir", KEY_TEXT, KEY_OPTIONAL, check_state_dir, NULL},
};
const struct manifest_keys manifest_connection_keys = {KEYS_CLOSED, rows, ARRAY_LEN(rows), NULL};
