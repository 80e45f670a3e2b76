#include "providers/ssh/settings.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"

/* Provider's entry and a host's entry may hold these; some only one of them. */
enum key_use { KEY_BOTH, KEY_PROVIDER, KEY_HOST };

struct key {
	const char *name;
	enum key_use use;
	/* 0, or -1 with *why.  NULL: somebody else's key. */
	int (*set)(struct host_settings *s, const char *text, const char **why);
};

static int set_address(struct host_settings *s, const char *text, const char **why)
{
	*why = "it is empty or has blanks in it";
	s->address = text;
	return *text && !strpbrk(text, " \t\n") ? 0 : -1;
}

static int set_user(struct host_settings *s, const char *text, const char **why)
{
	*why = "it is empty or has blanks in it";
	s->user = text;
	return *text && !strpbrk(text, " \t\n") ? 0 : -1;
}

static int set_port(struct host_settings *s, const char *text, const char **why)
{
	*why = "a port is a number from 1 to 65535";
	return text_to_int64(text_of(text), 1, 65535, &s->port) ? 0 : -1;
}

static int set_identity_file(struct host_settings *s, const char *text, const char **why)
{
	*why = "it is empty";
	s->identity_file = text;
	return *text ? 0 : -1;
}

static int set_known_hosts(struct host_settings *s, const char *text, const char **why)
{
	*why = "it is empty";
	s->known_hosts = text;
	return *text ? 0 : -1;
}

static bool says_yes(const char *text)
{
	return strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
}

static bool says_no(const char *text)
{
	return strcmp(text, "no") == 0 || strcmp(text, "false") == 0;
}

static int set_agent(struct host_settings *s, const char *text, const char **why)
{
	*why = "it is 'yes' or 'no'";
	s->agent = says_yes(text) ? SSH_AGENT_YES : SSH_AGENT_NO;
	return says_yes(text) || says_no(text) ? 0 : -1;
}

static int set_policy(struct host_settings *s, const char *text, const char **why)
{
	*why = "it is 'strict' or 'accept-new'";
	s->policy = strcmp(text, "accept-new") == 0 ? SSH_ACCEPT_NEW : SSH_STRICT;
	return s->policy == SSH_ACCEPT_NEW || strcmp(text, "strict") == 0 ? 0 : -1;
}

static int set_become(struct host_settings *s, const char *text, const char **why)
{
	*why = "it is 'sudo' or 'no'";
	s->become = strcmp(text, "sudo") == 0;
	return s->become || says_no(text) ? 0 : -1;
}

static int set_become_user(struct host_settings *s, const char *text, const char **why)
{
	*why = "it is empty or has characters that no user name has";
	s->become_user = text;
	return *text && *text != '-' && !strpbrk(text, " \t\n'\"\\!") ? 0 : -1;
}

static int set_connect_timeout(struct host_settings *s, const char *text, const char **why)
{
	*why = "it is a time such as 5s, at most a minute";
	return text_to_duration_ms(text_of(text), &s->connect_timeout_ms) &&
			       s->connect_timeout_ms > 0 && s->connect_timeout_ms <= 60000
		       ? 0
		       : -1;
}

static int set_state_dir(struct host_settings *s, const char *text, const char **why)
{
	*why = "it is a path on the host that begins with '/' or '~/'";
	s->state_dir = text;
	return (*text == '/' || strncmp(text, "~/", 2) == 0) && !strchr(text, '\n') ? 0 : -1;
}

static const struct key keys[] = {
	{"Address", KEY_HOST, set_address},
	{"Port", KEY_BOTH, set_port},
	{"User", KEY_BOTH, set_user},
	{"IdentityFile", KEY_BOTH, set_identity_file},
	{"IdentityAgent", KEY_BOTH, set_agent},
	{"KnownHostsFile", KEY_BOTH, set_known_hosts},
	{"HostKeyPolicy", KEY_BOTH, set_policy},
	{"Become", KEY_BOTH, set_become},
	{"BecomeUser", KEY_BOTH, set_become_user},
	{"ConnectTimeout", KEY_BOTH, set_connect_timeout},
	{"StateDir", KEY_BOTH, set_state_dir},
	{"Zone", KEY_HOST, NULL},
	{"Roles", KEY_HOST, NULL},
	{"Use", KEY_PROVIDER, NULL},
	{"Types", KEY_PROVIDER, NULL},
	{"Definitions", KEY_PROVIDER, NULL},
	{"Project", KEY_PROVIDER, NULL},
	{"ProjectDir", KEY_PROVIDER, NULL},
	{"FilesDir", KEY_PROVIDER, NULL},
	{"Region", KEY_PROVIDER, NULL},
	{"Account", KEY_PROVIDER, NULL},
	{"Hosts", KEY_PROVIDER, NULL},
};

static bool key_allowed(const struct key *k, enum settings_place place)
{
	return k->use == KEY_BOTH || (k->use == KEY_HOST) == (place == SETTINGS_HOST);
}

static const struct key *find_key(const char *name, enum settings_place place)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].name, name) == 0 && key_allowed(&keys[i], place))
			return &keys[i];
	}
	return NULL;
}

static int unknown_key(const char *name, enum settings_place place, struct fault *f)
{
	const char *names[ARRAY_LEN(keys)];
	const char *nearest;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (key_allowed(&keys[i], place))
			names[count++] = keys[i].name;
	}
	fault_set(f, HD_FATAL, DIAG_SSH_CONFIG, "unknown key '%s' for %s", name,
		  place == SETTINGS_HOST ? "a host" : "the ssh provider");
	nearest = text_nearest(text_of(name), names, count);
	if (nearest)
		fault_hint(f, "did you mean '%s'?", nearest);
	return -1;
}

const char *settings_text(struct arena *a, const json_t *value)
{
	if (json_is_string(value))
		return arena_strdup(a, json_string_value(value));
	if (json_is_integer(value))
		return arena_printf(a, "%lld", (long long)json_integer_value(value));
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	return NULL;
}

static int set_key(struct arena *a, const struct key *k, const json_t *value,
		   struct host_settings *out, struct fault *f)
{
	const char *text = settings_text(a, value);
	const char *why = "it is no scalar";

	if (text && k->set(out, text, &why) == 0)
		return 0;
	fault_set(f, HD_FATAL, DIAG_SSH_CONFIG, "'%s' cannot be '%s': %s", k->name,
		  text ? text : "a list or map", why);
	return -1;
}

int settings_read(struct arena *a, const json_t *object, enum settings_place place,
		  struct host_settings *out, struct fault *f)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		const struct key *k = find_key(name, place);

		if (!k)
			return unknown_key(name, place, f);
		if (k->set && set_key(a, k, value, out, f) < 0)
			return -1;
	}
	return 0;
}
