/*
 * user.c - SSH::User: an account with its groups, home and shell.  Passwords are never
 * touched.
 *
 * An account that was there before us stays when its record goes (the private bytes keep
 * "had"); a home directory stays in any case.
 */
#include <stdlib.h>
#include <string.h>

#include "providers/kit/sh.h"
#include "providers/ssh/ask.h"
#include "providers/ssh/type.h"

struct user {
	const char *name, *uid, *group, *home, *shell;
	const json_t *groups; /* array of names, or NULL */
	bool system;
};

static bool name_valid(const char *s)
{
	return s && *s != '\0' && *s != '-' && strlen(s) < 256 && !strpbrk(s, " ,:|'\"\\\t\n/");
}

static int check_groups(struct ask *a, const struct user *u)
{
	json_t *item;
	size_t i;

	if (u->groups && !json_is_array(u->groups))
		return ask_bad_property(a, "/Groups", "it is no list");
	json_array_foreach((json_t *)u->groups, i, item)
	{
		if (!name_valid(json_string_value(item)))
			return ask_bad_property(a, "/Groups", "entry %zu is no group's name",
						i + 1);
	}
	return 0;
}

static bool path_valid(const char *path)
{
	return !path || (*path == '/' && !strpbrk(path, ":\n"));
}

static int user_from(struct ask *a, const json_t *object, struct user *u)
{
	const char *system = ask_text(a, object, "System");

	*u = (struct user){.name = ask_text(a, object, "Name"),
			   .uid = ask_text(a, object, "Uid"),
			   .group = ask_text(a, object, "Group"),
			   .home = ask_text(a, object, "Home"),
			   .shell = ask_text(a, object, "Shell"),
			   .groups = json_object_get(object, "Groups"),
			   .system = system && strcmp(system, "true") == 0};
	if (!name_valid(u->name))
		return ask_bad_property(a, "/Name", "'%s' is no user's name",
					u->name ? u->name : "");
	if (u->uid && u->uid[strspn(u->uid, "0123456789")] != '\0')
		return ask_bad_property(a, "/Uid", "'%s' is no user number", u->uid);
	if (u->group && !name_valid(u->group))
		return ask_bad_property(a, "/Group", "'%s' is no group's name", u->group);
	if (!path_valid(u->home))
		return ask_bad_property(a, "/Home", "'%s' is no absolute path", u->home);
	if (!path_valid(u->shell))
		return ask_bad_property(a, "/Shell", "'%s' is no absolute path", u->shell);
	return check_groups(a, u);
}

/* The line of passwd, the primary group, all groups; exit 44 when there is none. */
static const char show[] = "getent passwd \"$n\"||exit 44;id -gn \"$n\"&&id -Gn \"$n\"";

struct seen {
	struct text fields[7]; /* of passwd */
	struct text group, groups;
};

static bool parse_seen(struct text output, struct seen *out)
{
	struct text_split lines = text_split_start(output), fields;
	struct text line;

	if (!text_next(&lines, '\n', &line))
		return false;
	fields = text_split_start(line);
	for (size_t i = 0; i < ARRAY_LEN(out->fields); i++) {
		if (!text_next(&fields, ':', &out->fields[i]))
			return false;
	}
	return text_next(&lines, '\n', &out->group) && text_next(&lines, '\n', &out->groups);
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Sorted, without the primary group. */
static json_t *other_groups(struct arena *arena, const struct seen *seen)
{
	struct text_split split = text_split_start(text_trim(seen->groups));
	const char **names = ARENA_ARRAY(arena, seen->groups.len + 1, const char *);
	json_t *list = json_array();
	struct text name;
	size_t count = 0;

	while (text_next(&split, ' ', &name)) {
		if (name.len > 0 && !text_eq(name, seen->group))
			names[count++] = arena_text(arena, name);
	}
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

static bool holds(const json_t *list, const json_t *name)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
	{
		if (json_equal(item, name))
			return true;
	}
	return false;
}

static bool within(const json_t *some, const json_t *all)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)some, i, item)
	{
		if (!holds(all, item))
			return false;
	}
	return true;
}

/* In the order in which they were declared, when they are the same. */
static json_t *shown_groups(struct arena *arena, const json_t *declared, const struct seen *seen)
{
	json_t *now = other_groups(arena, seen);

	if (!within(now, declared) || !within(declared, now))
		return now;
	json_decref(now);
	return json_deep_copy(declared);
}

static void put_text(json_t *state, const char *key, const char *declared, struct text value)
{
	if (declared)
		json_object_set_new(state, key, json_stringn(value.ptr, value.len));
}

static json_t *state_of(const struct ask *a, const struct user *u, const struct seen *seen)
{
	json_t *state = json_object();
	int64_t uid = -1;

	text_to_int64(seen->fields[2], 0, INT64_MAX, &uid);
	json_object_set_new(state, "Host", json_string(a->host_name));
	json_object_set_new(state, "Name", json_string(u->name));
	json_object_set_new(state, "UserId", json_integer((json_int_t)uid));
	json_object_set_new(state, "HomeDirectory",
			    json_stringn(seen->fields[5].ptr, seen->fields[5].len));
	if (u->uid)
		json_object_set_new(state, "Uid", json_integer((json_int_t)uid));
	put_text(state, "Group", u->group, seen->group);
	put_text(state, "Home", u->home, seen->fields[5]);
	put_text(state, "Shell", u->shell, seen->fields[6]);
	if (u->groups)
		json_object_set_new(state, "Groups", shown_groups(a->arena, u->groups, seen));
	return state;
}

/* NULL with a fault, or without one when there is no such account. */
static json_t *state_from(struct ask *a, const struct user *u, const struct ssh_reply *reply)
{
	struct seen seen;

	if (reply->code == 44)
		return NULL;
	if (reply->code == 0 && parse_seen(str_text(&reply->output), &seen))
		return state_of(a, u, &seen);
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_USER, "the user could not be set or read");
	fault_detail(&a->fault, "%.*s", TEXT_ARG(text_trim(str_text(&reply->output))));
	if (strstr(str_cstr(&reply->output), "ermission denied"))
		fault_hint(&a->fault, "accounts need root: set `Become: sudo`, or log in as root");
	a->fault.effect = reply->code == 0 ? HD_EFFECT_NONE : HD_EFFECT_UNKNOWN;
	return NULL;
}

static json_t *run(struct ask *a, const struct user *u, enum ssh_kind kind, struct str *script)
{
	struct ssh_reply reply;
	json_t *state = NULL;

	if (ask_run(a, kind, script, &reply) == 0) {
		state = state_from(a, u, &reply);
		str_release(&reply.output);
	}
	str_release(script);
	return state;
}

static json_t *look(struct ask *a, const struct user *u)
{
	struct str script = STR_INIT;

	sh_set(&script, "n", u->name);
	str_add(&script, show);
	return run(a, u, SSH_READS, &script);
}

static int user_read(struct ask *a)
{
	struct user u;
	json_t *state;

	if (user_from(a, a->recorded, &u) < 0)
		return ask_say(a);
	state = look(a, &u);
	if (!state)
		return a->fault.summary.len ? ask_say(a) : HD_NOTFOUND;
	return ask_done(a, state, HD_EFFECT_NONE);
}

static void add_option(struct str *s, const char *option, const char *value)
{
	if (!value)
		return;
	str_printf(s, " %s ", option);
	sh_quote(s, text_of(value));
}

static void add_options(struct str *s, const struct user *u)
{
	struct str groups = STR_INIT;
	json_t *item;
	size_t i;

	add_option(s, "-u", u->uid);
	add_option(s, "-g", u->group);
	add_option(s, "-d", u->home);
	add_option(s, "-s", u->shell);
	json_array_foreach((json_t *)u->groups, i, item)
	{
		str_printf(&groups, "%s%s", i ? "," : "", json_string_value(item));
	}
	add_option(s, "-G", u->groups ? str_cstr(&groups) : NULL);
	str_release(&groups);
	str_add(s, " -- \"$n\" >&2");
}

static json_t *make(struct ask *a, const struct user *u)
{
	struct str script = STR_INIT;

	sh_set(&script, "n", u->name);
	str_printf(&script, "o=$(useradd %s", u->system ? "-r" : "-m");
	add_options(&script, u);
	str_add(&script, " 2>&1)||{ echo \"$o\";exit 42;};");
	str_add(&script, show);
	return run(a, u, SSH_CHANGES, &script);
}

static json_t *change(struct ask *a, const struct user *u)
{
	struct str script = STR_INIT;

	sh_set(&script, "n", u->name);
	str_add(&script, "o=$(usermod");
	add_options(&script, u);
	str_add(&script, " 2>&1)||{ echo \"$o\";exit 42;};");
	str_add(&script, show);
	return run(a, u, SSH_CHANGES, &script);
}

static bool has_wishes(const struct user *u)
{
	return u->uid || u->group || u->home || u->shell || u->groups;
}

enum user_verb { USER_CREATE, USER_UPDATE };

static int ensure(struct ask *a, enum user_verb verb)
{
	int effect = HD_EFFECT_DONE;
	struct user u;
	json_t *before, *after;

	if (user_from(a, a->desired, &u) < 0)
		return ask_say(a);
	before = look(a, &u);
	if (!before && a->fault.summary.len)
		return ask_say(a);
	if (!before && verb == USER_UPDATE)
		return HD_NOTFOUND;
	if (before && verb == USER_CREATE)
		json_object_set_new(a->priv, "had", json_true());
	if (!before)
		after = make(a, &u);
	else
		after = has_wishes(&u) ? change(a, &u) : json_incref(before);
	if (before && after && json_equal(before, after))
		effect = HD_EFFECT_NONE;
	json_decref(before);
	if (!after)
		return ask_say(a);
	ask_set_natural_id(a, u.name);
	return ask_done(a, after, effect);
}

static int user_create(struct ask *a)
{
	return ensure(a, USER_CREATE);
}

static int user_update(struct ask *a)
{
	return ensure(a, USER_UPDATE);
}

static int left_alone(struct ask *a, const char *name)
{
	kit_remark(&a->call, HD_NOTE, DIAG_SSH_LEFT,
		   "the user was there before hadeploy and is left as it is", name);
	a->call.host->set_effect(a->call.op, HD_EFFECT_NONE);
	return HD_OK;
}

static int user_remove(struct ask *a)
{
	struct str script = STR_INIT;
	struct ssh_reply reply;
	struct user u;
	int code;

	if (user_from(a, a->recorded, &u) < 0)
		return ask_say(a);
	if (json_flag(a->priv, "had", false))
		return left_alone(a, u.name);
	sh_set(&script, "n", u.name);
	str_add(&script, "getent passwd \"$n\" >/dev/null||exit 44;exec userdel -- \"$n\"");
	code = ask_run(a, SSH_CHANGES, &script, &reply);
	str_release(&script);
	if (code < 0)
		return ask_say(a);
	code = reply.code;
	if (code != 0 && code != 44) {
		fault_set(&a->fault, HD_FATAL, DIAG_SSH_USER, "the user could not be removed");
		fault_detail(&a->fault, "%.*s", TEXT_ARG(text_trim(str_text(&reply.output))));
	}
	str_release(&reply.output);
	if (a->fault.summary.len)
		return ask_say(a);
	a->call.host->set_effect(a->call.op, code == 0 ? HD_EFFECT_DONE : HD_EFFECT_NONE);
	return code == 0 ? HD_OK : HD_NOTFOUND;
}

static int user_plan(struct ask *a)
{
	struct user u;

	if (!ask_unknown(a, "") && user_from(a, a->desired, &u) < 0)
		return ask_say(a);
	return HD_OK;
}

/* Of an operation whose end nobody saw: recorded, and never removed, because it may have
 * been there before. */
static int find_ours(struct ask *a)
{
	struct user u;
	json_t *state;

	if (user_from(a, a->recorded, &u) < 0)
		return ask_say(a);
	state = look(a, &u);
	if (!state)
		return a->fault.summary.len ? ask_say(a) : HD_NOTFOUND;
	if (a->r->id.len == 0)
		json_object_set_new(a->priv, "had", json_true());
	ask_set_natural_id(a, u.name);
	return ask_done(a, state, HD_EFFECT_NONE);
}

static int user_find(struct ask *a)
{
	struct user u = {.uid = "", .group = "", .home = "", .shell = ""};
	const char *host;
	json_t *state;

	u.name = ask_name_in_id(a, &host);
	if (ask_is_recovery(a))
		return find_ours(a);
	if (!name_valid(u.name))
		return HD_NOTFOUND;
	state = look(a, &u);
	if (!state)
		return a->fault.summary.len ? ask_say(a) : HD_NOTFOUND;
	json_object_set_new(a->priv, "had", json_true());
	return ask_found(a, u.name, state);
}

const struct type type_user = {
	.name = "SSH::User",
	.read = user_read,
	.create = user_create,
	.update = user_update,
	.remove = user_remove,
	.plan = user_plan,
	.find = user_find,
};
