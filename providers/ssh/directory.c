/*
 * directory.c - SSH::Directory: a directory with its mode and owner; missing parents are
 * made.
 *
 * It is removed only when it is empty and was not there before us: the record's private
 * bytes keep "made".
 */
#include <string.h>

#include "providers/kit/sh.h"
#include "providers/kit/span.h"
#include "providers/ssh/access.h"
#include "providers/ssh/type.h"

#define DEFAULT_MODE 0755

enum directory_exit {
	EXIT_OTHER = 41,
	EXIT_MAKE = 42,
	EXIT_ACCESS = 43,
	EXIT_ABSENT = 44,
	EXIT_FULL = 45
};

static int other_fault(struct ask *a)
{
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_PATH_KIND,
		  "there is something else at the directory's path");
	fault_detail(&a->fault, "%s on %s is no directory", ask_text(a, ask_declared(a), "Path"),
		     a->host_name);
	fault_hint(&a->fault, "move it away, or choose another Path");
	a->fault.pointer = "/Path";
	return -1;
}

/* NULL with a fault, or without one when there is no such directory. */
static json_t *state_from(struct ask *a, const struct access *declared,
			  const struct ssh_reply *reply)
{
	struct text output = str_text(&reply->output);
	struct stat_line seen;
	json_t *state;

	if (reply->code != 0 && stat_says_absent(output))
		return NULL;
	if (reply->code != 0 || !stat_parse(output, &seen)) {
		ask_host_fault(a, "looking at the directory", output);
		return NULL;
	}
	if (!text_is(seen.kind, "directory")) {
		other_fault(a);
		return NULL;
	}
	state = json_object();
	access_put(a, state, declared, &seen);
	return state;
}

static json_t *look(struct ask *a, const struct access *declared)
{
	struct str script = STR_INIT;
	struct ssh_reply reply;
	json_t *state = NULL;

	sh_set(&script, "p", declared->path);
	str_add(&script, "exec stat -L -c '" STAT_FORMAT "' -- \"$p\"");
	if (ask_run(a, SSH_READS, &script, &reply) == 0) {
		state = state_from(a, declared, &reply);
		str_release(&reply.output);
	}
	str_release(&script);
	return state;
}

static int directory_read(struct ask *a)
{
	struct access declared;
	json_t *state;

	if (access_read(a, a->recorded, DEFAULT_MODE, &declared) < 0)
		return ask_say(a);
	state = look(a, &declared);
	if (!state)
		return a->fault.summary.len ? ask_say(a) : HD_NOTFOUND;
	return ask_done(a, state, HD_EFFECT_NONE);
}

/* Says made, access or same. */
static void add_write_script(struct str *s, const struct access *want)
{
	bool special = (want->mode & ~0777u) != 0;

	sh_set(s, "p", want->path);
	str_add(s, "if [ -d \"$p\" ];then a=$(stat -L -c %a:%U:%G -- \"$p\");{ ");
	access_add_chown(s, want, "p");
	str_printf(s, "chmod %04o \"$p\";}||exit 43;", want->mode);
	str_add(s, "b=$(stat -L -c %a:%U:%G -- \"$p\");"
		   "if [ \"$a\" = \"$b\" ];then echo same;else echo access;fi;"
		   "elif [ -e \"$p\" ];then exit 41;else { ");
	str_printf(s, "mkdir -p -m %04o -- \"$p\"&&", want->mode);
	access_add_chown(s, want, "p");
	if (special)
		str_printf(s, "chmod %04o \"$p\"&&", want->mode);
	str_add(s, "echo made;}||exit 42;fi");
}

static int write_fault(struct ask *a, const struct ssh_reply *reply)
{
	if (reply->code == EXIT_OTHER)
		return other_fault(a);
	ask_host_fault(
		a, reply->code == EXIT_ACCESS ? "setting mode and owner" : "making the directory",
		str_text(&reply->output));
	a->fault.effect = HD_EFFECT_UNKNOWN;
	return -1;
}

static int write_directory(struct ask *a, const struct access *want, int *effect)
{
	struct str script = STR_INIT;
	struct ssh_reply reply;
	struct text said;
	int answer;

	add_write_script(&script, want);
	answer = ask_run(a, SSH_CHANGES, &script, &reply);
	str_release(&script);
	if (answer < 0)
		return -1;
	said = text_trim(str_text(&reply.output));
	*effect = text_is(said, "same") ? HD_EFFECT_NONE : HD_EFFECT_DONE;
	if (text_is(said, "made"))
		json_object_set_new(a->priv, "made", json_true());
	if (reply.code != 0)
		answer = write_fault(a, &reply);
	str_release(&reply.output);
	return answer;
}

static int directory_write(struct ask *a)
{
	struct access want;
	json_t *state;
	int effect;

	if (access_read(a, a->desired, DEFAULT_MODE, &want) < 0 ||
	    write_directory(a, &want, &effect) < 0)
		return ask_say(a);
	state = json_object();
	access_put_set(a, state, &want);
	ask_set_natural_id(a, want.path);
	return ask_done(a, state, effect);
}

static int not_empty_fault(struct ask *a, const char *path, struct text names)
{
	struct str list = STR_INIT;
	struct text_split split = text_split_start(text_trim(names));
	struct text name;

	while (text_next(&split, '\n', &name))
		str_printf(&list, "%s%.*s", list.len ? ", " : "", TEXT_ARG(name));
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_NOT_EMPTY, "the directory is not empty");
	fault_detail(&a->fault, "%s on %s holds %s", path, a->host_name, str_cstr(&list));
	fault_hint(&a->fault, "remove what is inside, or keep the directory with "
			      "`DeletionPolicy: Retain`");
	str_release(&list);
	return -1;
}

static int left_alone(struct ask *a, const char *path)
{
	kit_remark(&a->call, HD_NOTE, DIAG_SSH_LEFT,
		   "the directory was there before hadeploy and is left as it is",
		   arena_printf(a->arena, "%s on %s", path, a->host_name));
	a->call.host->set_effect(a->call.op, HD_EFFECT_NONE);
	return HD_OK;
}

static void add_remove_script(struct str *s, const char *path)
{
	sh_set(s, "p", path);
	str_add(s, "if [ -d \"$p\" ]&&[ ! -L \"$p\" ];then "
		   "n=$(ls -A -- \"$p\" 2>/dev/null|head -n 11);"
		   "[ -n \"$n\" ]&&{ echo \"$n\";exit 45;};exec rmdir -- \"$p\";fi;"
		   "if [ -e \"$p\" ]||[ -L \"$p\" ];then exit 41;fi;exit 44");
}

static int directory_remove(struct ask *a)
{
	struct str script = STR_INIT;
	struct access declared;
	struct ssh_reply reply;
	int answer, code;

	if (access_read(a, a->recorded, DEFAULT_MODE, &declared) < 0)
		return ask_say(a);
	if (!json_flag(a->priv, "made", false))
		return left_alone(a, declared.path);
	add_remove_script(&script, declared.path);
	answer = ask_run(a, SSH_CHANGES, &script, &reply);
	str_release(&script);
	if (answer < 0)
		return ask_say(a);
	code = reply.code;
	if (code == EXIT_FULL)
		not_empty_fault(a, declared.path, str_text(&reply.output));
	else if (code == EXIT_OTHER)
		other_fault(a);
	else if (code != 0 && code != EXIT_ABSENT)
		ask_host_fault(a, "removing the directory", str_text(&reply.output));
	str_release(&reply.output);
	if (a->fault.summary.len)
		return ask_say(a);
	a->call.host->set_effect(a->call.op, code == 0 ? HD_EFFECT_DONE : HD_EFFECT_NONE);
	return code == 0 ? HD_OK : HD_NOTFOUND;
}

static int directory_plan(struct ask *a)
{
	struct access want;

	if (ask_unknown(a, ""))
		return HD_OK;
	if (access_read(a, a->desired, DEFAULT_MODE, &want) < 0)
		return ask_say(a);
	access_plan(a, &want);
	return HD_OK;
}

/* Of an operation whose end nobody saw: taken for made by it, since it is only ever
 * removed when it is empty. */
static int find_ours(struct ask *a)
{
	struct access declared;
	json_t *state;

	if (access_read(a, a->recorded, DEFAULT_MODE, &declared) < 0)
		return ask_say(a);
	state = look(a, &declared);
	if (!state)
		return a->fault.summary.len ? ask_say(a) : HD_NOTFOUND;
	if (a->r->id.len == 0 && !ask_is_adoption(a))
		json_object_set_new(a->priv, "made", json_true());
	ask_set_natural_id(a, declared.path);
	return ask_done(a, state, HD_EFFECT_NONE);
}

static int directory_find(struct ask *a)
{
	const char *host, *path = ask_name_in_id(a, &host);
	struct access declared = {.path = path, .owner = "", .group = ""};
	json_t *state;

	if (ask_is_recovery(a))
		return find_ours(a);
	if (!path || path[0] != '/')
		return HD_NOTFOUND;
	state = look(a, &declared);
	if (!state)
		return a->fault.summary.len ? ask_say(a) : HD_NOTFOUND;
	return ask_found(a, path, state);
}

const struct type type_directory = {
	.name = "SSH::Directory",
	.read = directory_read,
	.create = directory_write,
	.update = directory_write,
	.remove = directory_remove,
	.plan = directory_plan,
	.find = directory_find,
};
