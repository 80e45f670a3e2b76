/*
 * package.c - SSH::Package: a package of apt or dnf.
 *
 * Installing and removing run by themselves on the host (op.h), because they take longer
 * than a call may.  A package that was there before us stays when its record goes: the
 * private bytes keep "had".
 */
#include <string.h>

#include "providers/kit/sh.h"
#include "providers/ssh/op.h"
#include "providers/ssh/type.h"

#define INSTALL_TIMEOUT_S 3600

struct package {
	const char *name, *version, *tool, *file;
};

static bool name_valid(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+._:@~-";

	return *s != '\0' && *s != '-' && s[strspn(s, allowed)] == '\0';
}

static int package_from(struct ask *a, const json_t *object, struct package *p)
{
	p->name = ask_text(a, object, "Name");
	p->version = ask_text(a, object, "Version");
	p->tool = ask_text(a, object, "Manager");
	p->file = ask_text(a, object, "File");
	if (!p->name || !name_valid(p->name))
		return ask_bad_property(a, "/Name", "'%s' is no package's name",
					p->name ? p->name : "");
	if (p->version && !name_valid(p->version))
		return ask_bad_property(a, "/Version", "'%s' is no version", p->version);
	if (p->file && (*p->file != '/' || !sh_one_line(text_of(p->file))))
		return ask_bad_property(a, "/File", "'%s' is no absolute path on the host",
					p->file);
	return 0;
}

static bool wants_dnf(const struct package *p)
{
	return p->tool && strcmp(p->tool, "dnf") == 0;
}

static bool wants_apt(const struct package *p)
{
	return p->tool && strcmp(p->tool, "apt") == 0;
}

/* m=apt or m=dnf, or the script ends with 40. */
static void add_choice(struct str *s, const struct package *p)
{
	if (wants_apt(p) || wants_dnf(p)) {
		sh_set(s, "m", p->tool);
		return;
	}
	str_add(s, "if command -v apt-get >/dev/null;then m=apt;"
		   "elif command -v dnf >/dev/null;then m=dnf;else exit 40;fi;");
}

/* The installed version alone on a line, or exit 44. */
static void add_query(struct str *s, const struct package *p)
{
	add_choice(s, p);
	sh_set(s, "n", p->name);
	str_add(s, "if [ $m = apt ];then "
		   "v=$(dpkg-query -W -f '${db:Status-Status} ${Version}' -- \"$n\" 2>/dev/null);"
		   "case $v in \"installed \"*) echo \"${v#installed }\";;*) exit 44;;esac;"
		   "else rpm -q --qf '%{VERSION}-%{RELEASE}\\n' -- \"$n\"||exit 44;fi");
}

static int no_tool(struct ask *a)
{
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_PACKAGE, "the host has neither apt nor dnf");
	return -1;
}

/* The version in the arena; NULL with a fault, or without one when it is not there. */
static const char *installed(struct ask *a, const struct package *p)
{
	struct str script = STR_INIT;
	const char *version = NULL;
	struct ssh_reply reply;
	int answer;

	add_query(&script, p);
	answer = ask_run(a, SSH_READS, &script, &reply);
	str_release(&script);
	if (answer < 0)
		return NULL;
	if (reply.code == 0)
		version = arena_text(a->arena, text_trim(str_text(&reply.output)));
	else if (reply.code == 40)
		no_tool(a);
	else if (reply.code != 44)
		ask_host_fault(a, "asking for the package", str_text(&reply.output));
	str_release(&reply.output);
	return version;
}

static json_t *state_of(const struct ask *a, const struct package *p, const char *version)
{
	json_t *state = json_object();

	json_object_set_new(state, "Host", json_string(a->host_name));
	json_object_set_new(state, "Name", json_string(p->name));
	json_object_set_new(state, "InstalledVersion", json_string(version));
	if (p->version)
		json_object_set_new(state, "Version", json_string(version));
	return state;
}

static int package_read(struct ask *a)
{
	struct package p;
	const char *version;

	if (package_from(a, a->recorded, &p) < 0)
		return ask_say(a);
	version = installed(a, &p);
	if (!version)
		return a->fault.summary.len ? ask_say(a) : HD_NOTFOUND;
	return ask_done(a, state_of(a, &p, version), HD_EFFECT_NONE);
}

static void add_install(struct str *s, const struct package *p)
{
	str_add(s, "export DEBIAN_FRONTEND=noninteractive\nw=");
	if (p->file) {
		sh_quote(s, text_of(p->file));
	} else {
		sh_quote(s, text_of(p->name));
		if (p->version)
			str_printf(s, "\n[ $m = apt ]&&w=$w=%s||w=$w-%s", p->version, p->version);
	}
	/* Lists may never have been fetched, or be too old; one server of several that
	 * fails is no reason not to try. */
	str_printf(s,
		   "\nif [ $m = apt ];then\n"
		   "i() { apt-get -y -q --allow-downgrades --no-install-recommends "
		   "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "
		   "install \"$w\"; }\n"
		   "i%s\n"
		   "else dnf -y -q install \"$w\"\nfi\n",
		   p->file ? "" : "||{ apt-get -q update;i; }");
}

static void add_removal(struct str *s, const struct package *p)
{
	str_printf(s,
		   "export DEBIAN_FRONTEND=noninteractive\n"
		   "if [ $m = apt ];then apt-get -y -q remove %s\nelse dnf -y -q remove %s\nfi\n",
		   p->name, p->name);
}

static int start(struct ask *a, const struct package *p, const char *verb)
{
	struct str script = STR_INIT;
	struct op_start op = {.verb = verb, .timeout_s = INSTALL_TIMEOUT_S};
	json_t *inputs = json_object();
	int status;

	add_choice(&script, p);
	str_add_char(&script, '\n');
	if (strcmp(verb, "delete") == 0)
		add_removal(&script, p);
	else
		add_install(&script, p);
	json_object_set_new(inputs, "Name", json_string(p->name));
	if (p->version)
		json_object_set_new(inputs, "Version", json_string(p->version));
	if (p->tool)
		json_object_set_new(inputs, "Manager", json_string(p->tool));
	if (p->file)
		json_object_set_new(inputs, "File", json_string(p->file));
	json_object_set_new(inputs, "had", json_boolean(json_flag(a->priv, "had", false)));
	op.inputs = inputs;
	op.script = str_text(&script);
	status = op_start(a, &op);
	json_decref(inputs);
	str_release(&script);
	return status;
}

static int ensure(struct ask *a, const char *verb)
{
	struct package p;
	const char *version;

	if (package_from(a, a->desired, &p) < 0)
		return ask_say(a);
	version = installed(a, &p);
	if (!version && a->fault.summary.len)
		return ask_say(a);
	if (version && strcmp(verb, "create") == 0)
		json_object_set_new(a->priv, "had", json_true());
	if (version && (!p.version || strcmp(version, p.version) == 0)) {
		ask_set_natural_id(a, p.name);
		return ask_done(a, state_of(a, &p, version), HD_EFFECT_NONE);
	}
	return start(a, &p, verb);
}

static int package_create(struct ask *a)
{
	return ensure(a, "create");
}

static int package_update(struct ask *a)
{
	return ensure(a, "update");
}

static int package_remove(struct ask *a)
{
	struct package p;

	if (package_from(a, a->recorded, &p) < 0)
		return ask_say(a);
	if (json_flag(a->priv, "had", false)) {
		kit_remark(&a->call, HD_NOTE, DIAG_SSH_LEFT,
			   "the package was there before hadeploy and stays installed", p.name);
		a->call.host->set_effect(a->call.op, HD_EFFECT_NONE);
		return HD_OK;
	}
	if (!installed(a, &p))
		return a->fault.summary.len ? ask_say(a) : HD_NOTFOUND;
	return start(a, &p, "delete");
}

static bool says(const struct op_report *r, const char *words)
{
	return strstr(str_cstr(&r->tail), words) != NULL;
}

/* The directory goes, so that the next poll starts anew. */
static int busy(struct ask *a)
{
	if (op_forget(a) < 0)
		return ask_say(a);
	fault_set(&a->fault, HD_CONFLICT, DIAG_SSH_PACKAGE_LOCK,
		  "the package manager is busy with something else");
	return ask_say(a);
}

/* What is there now is handed over; nothing there: nothing was done. */
static int failed(struct ask *a, const struct op_report *r, const struct package *p)
{
	const char *version = installed(a, p);

	if (version) {
		ask_set_natural_id(a, p->name);
		ask_hand_over(a, state_of(a, p, version));
	}
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_PACKAGE,
		  r->phase == OP_TIMED_OUT ? "the package manager took too long"
					   : "the package manager ended with an error");
	op_detail_tail(&a->fault, r);
	if (says(r, "ermission denied") || says(r, "are you root"))
		fault_hint(&a->fault, "packages need root: set `Become: sudo`, or log in as root");
	a->fault.effect = version ? HD_EFFECT_PARTIAL : HD_EFFECT_NONE;
	return ask_say(a);
}

static int succeeded(struct ask *a, const struct op_report *r, const struct package *p)
{
	const char *version;

	if (strcmp(json_str(a->token, "op", ""), "delete") == 0) {
		a->call.host->set_effect(a->call.op, HD_EFFECT_DONE);
		return HD_OK;
	}
	version = installed(a, p);
	if (!version)
		return a->fault.summary.len ? ask_say(a) : failed(a, r, p);
	ask_set_natural_id(a, p->name);
	return ask_done(a, state_of(a, p, version), HD_EFFECT_DONE);
}

static int lost(struct ask *a, const struct op_report *r, const struct package *p)
{
	const char *version = installed(a, p);

	if (version)
		ask_set_natural_id(a, p->name);
	return op_lost(a, r, version ? state_of(a, p, version) : NULL);
}

static int package_ended(struct ask *a, const struct op_report *r)
{
	const json_t *inputs = json_object_get(a->token, "in");
	struct package p;

	if (package_from(a, inputs ? inputs : ask_declared(a), &p) < 0)
		return ask_say(a);
	if (json_flag(inputs, "had", false))
		json_object_set_new(a->priv, "had", json_true());
	/* Gone means that it was busy the last time. */
	if (r->phase == OP_GONE)
		return start(a, &p, json_str(a->token, "op", "create"));
	if (r->phase == OP_LOST)
		return lost(a, r, &p);
	if (r->phase == OP_ENDED && r->code == 0)
		return succeeded(a, r, &p);
	if (r->phase == OP_ENDED &&
	    (says(r, "Could not get lock") || says(r, "Unable to acquire the dpkg")))
		return busy(a);
	return failed(a, r, &p);
}

static int package_poll(struct ask *a)
{
	return op_settle(a, package_ended);
}

static int package_plan(struct ask *a)
{
	struct package p;

	if (!ask_unknown(a, "") && package_from(a, a->desired, &p) < 0)
		return ask_say(a);
	return HD_OK;
}

static int package_find(struct ask *a)
{
	struct package p = {0};
	const char *host, *version;

	if (ask_is_recovery(a) && !ask_is_adoption(a))
		return op_find(a);
	if (!ask_is_adoption(a))
		p.name = ask_name_in_id(a, &host);
	else if (package_from(a, a->recorded, &p) < 0)
		return ask_say(a);
	if (!p.name || !name_valid(p.name))
		return HD_NOTFOUND;
	version = installed(a, &p);
	if (!version)
		return a->fault.summary.len ? ask_say(a) : HD_NOTFOUND;
	json_object_set_new(a->priv, "had", json_true());
	return ask_found(a, p.name, state_of(a, &p, version));
}

const struct type type_package = {
	.name = "SSH::Package",
	.read = package_read,
	.create = package_create,
	.update = package_update,
	.remove = package_remove,
	.poll = package_poll,
	.plan = package_plan,
	.find = package_find,
};
