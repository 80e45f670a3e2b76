/*
 * file.c - SSH::File: one file with its content, mode and owner.
 *
 * Content goes to a temporary name beside the file, is checked there by its digest,
 * given its owner and mode, flushed, and renamed: whoever looks sees the old file or
 * the new one, whatever happens to the connection or the host.
 */
#include "providers/ssh/access.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "providers/kit/sh.h"
#include "providers/kit/span.h"
#include "providers/ssh/type.h"

#define DEFAULT_MODE 0644
/* Larger content is recorded by its digest alone. */
#define SHOWN_CONTENT_LEN 65536
/* The script on the host sends content only of files with at most so many digits in
 * their size, so a little more than is shown. */
#define SENT_SIZE_PATTERN "?|??|???|????|?????"
#define SENT_SIZE_END 100000
/* Larger content is sent only after asking whether it is there already. */
#define ASK_FIRST_LEN 65536
#define SOURCE_MAX_LEN (64u << 20)
#define DIGEST_TEXT_LEN 65
#define SALT_LEN 16 /* bytes */

/* Exit codes of the scripts below. */
enum file_exit {
	EXIT_DIRECTORY = 41,
	EXIT_SPECIAL = 46, /* neither file nor directory */
	EXIT_WRITE = 42,
	EXIT_ACCESS = 43,
	EXIT_ABSENT = 44,
	EXIT_DIFFERENT = 45
};

struct file_want {
	struct access access;
	const char *source; /* as declared; NULL: Content */
	struct str bytes;
	char sha256[DIGEST_TEXT_LEN];
};

static int read_source(struct ask *a, struct file_want *w)
{
	const char *path =
		path_join(a->arena, a->session->files_dir, path_expand_home(a->arena, w->source));

	if (file_read(path, SOURCE_MAX_LEN, &w->bytes) == 0)
		return 0;
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_SOURCE, "source file cannot be read");
	fault_detail(&a->fault, "'%s': %s", path,
		     errno == EFBIG ? "it is larger than 64 MiB" : strerror(errno));
	fault_hint(&a->fault, "Source is relative to the project's folder");
	a->fault.pointer = "/Source";
	return -1;
}

static int read_content(struct ask *a, const json_t *object, struct file_want *w)
{
	const json_t *content = json_object_get(object, "Content");

	w->source = ask_text(a, object, "Source");
	if (content && w->source)
		return ask_bad_property(a, "/Source", "a file has Content or Source, not both");
	if (w->source)
		return read_source(a, w);
	if (!content)
		return ask_bad_property(a, "/Content", "a file needs Content or Source");
	if (json_is_string(content))
		str_add_len(&w->bytes, json_string_value(content), json_string_length(content));
	else if (ask_text(a, object, "Content"))
		str_add(&w->bytes, ask_text(a, object, "Content"));
	else
		return ask_bad_property(a, "/Content", "it is no text");
	return 0;
}

static int want_read(struct ask *a, struct file_want *w)
{
	*w = (struct file_want){0};
	if (access_read(a, a->desired, DEFAULT_MODE, &w->access) < 0 ||
	    read_content(a, a->desired, w) < 0)
		return -1;
	digest_sha256(str_text(&w->bytes), w->sha256);
	return 0;
}

static void want_release(struct file_want *w)
{
	str_release(&w->bytes);
}

/*
 * The digest of a secret is salted with random bytes that only the record's private part
 * keeps, so that nobody who sees an output or a plan can try words against it.  NULL when
 * there is no salt yet: writing makes one.
 */
static const char *shown_digest(const struct ask *a, const char *sha256)
{
	const char *salt = ask_text(a, a->priv, "salt");
	char salted[DIGEST_TEXT_LEN];

	if (!ask_sensitive(a, "/Content"))
		return arena_strdup(a->arena, sha256);
	if (!salt)
		return NULL;
	digest_hmac_sha256(text_of(salt), text_of(sha256), salted);
	return arena_printf(a->arena, "salted:%s", salted);
}

static void make_salt(const struct ask *a)
{
	char salt[2 * SALT_LEN + 1];

	if (!ask_sensitive(a, "/Content") || ask_text(a, a->priv, "salt"))
		return;
	clock_random_hex(clock_real(), SALT_LEN, salt);
	json_object_set_new(a->priv, "salt", json_string(salt));
}

/* In place of a secret its salted digest is handed over, so that a change of it shows. */
static void put_digest(const struct ask *a, json_t *state, const char *sha256, int64_t size)
{
	const char *digest = shown_digest(a, sha256);

	if (digest)
		json_object_set_new(state, "ContentSha256", json_string(digest));
	if (!ask_sensitive(a, "/Content"))
		json_object_set_new(state, "Size", json_integer((json_int_t)size));
	else if (digest)
		json_object_set_new(state, "Content", json_string(digest));
}

/* Content is handed over when it is text that was given as such and is no secret. */
static void put_content(const struct ask *a, json_t *state, struct text content, const char *sha256)
{
	size_t bad;

	put_digest(a, state, sha256, (int64_t)content.len);
	if (content.len <= SHOWN_CONTENT_LEN && text_utf8_valid(content, &bad) &&
	    !ask_sensitive(a, "/Content"))
		json_object_set_new(state, "Content", json_stringn(content.ptr, content.len));
}

static json_t *state_written(const struct ask *a, const struct file_want *w)
{
	json_t *state = json_object();

	make_salt(a);
	access_put_set(a, state, &w->access);
	if (w->source) {
		json_object_set_new(state, "Source", json_string(w->source));
		put_digest(a, state, w->sha256, (int64_t)w->bytes.len);
	} else {
		put_content(a, state, str_text(&w->bytes), w->sha256);
	}
	return state;
}

/* ---- reading ---- */

enum file_view { VIEW_CONTENT, VIEW_DIGEST };

/* The stat line, then the content or the line of sha256sum. */
static void add_read_script(struct str *s, const char *path, enum file_view view)
{
	sh_set(s, "p", path);
	str_add(s, "s=$(stat -L -c '" STAT_FORMAT "' -- \"$p\")||exit 44;echo \"$s\";");
	str_add(s, "[ -d \"$p\" ]&&exit 41;[ -f \"$p\" ]||exit 46;");
	if (view == VIEW_CONTENT)
		str_add(s, "case ${s##*|} in " SENT_SIZE_PATTERN ") exec cat -- \"$p\";;esac;");
	str_add(s, "exec sha256sum <\"$p\"");
}

/* What follows the stat line is the content of a small file, else its digest. */
static bool put_seen(const struct ask *a, json_t *state, enum file_view view, struct text rest,
		     int64_t size)
{
	char sha256[DIGEST_TEXT_LEN];

	if (view == VIEW_CONTENT && size < SENT_SIZE_END) {
		digest_sha256(rest, sha256);
		put_content(a, state, rest, sha256);
		return true;
	}
	if (rest.len < DIGEST_TEXT_LEN - 1)
		return false;
	snprintf(sha256, sizeof(sha256), "%.*s", DIGEST_TEXT_LEN - 1, rest.ptr);
	put_digest(a, state, sha256, size);
	return true;
}

static bool split_line(struct text t, struct text *line, struct text *rest)
{
	const char *end = t.len ? memchr(t.ptr, '\n', t.len) : NULL;

	if (!end)
		return false;
	*line = (struct text){t.ptr, (size_t)(end - t.ptr)};
	*rest = (struct text){end + 1, t.len - line->len - 1};
	return true;
}

/* What is there is no file and is left alone. */
static int kind_fault(struct ask *a, int code)
{
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_PATH_KIND, "there is a %s at the file's path",
		  code == EXIT_DIRECTORY ? "directory" : "pipe, a socket or a device");
	fault_detail(&a->fault, "%s on %s", ask_text(a, ask_declared(a), "Path"), a->host_name);
	fault_hint(&a->fault, "move it away, or choose another Path");
	a->fault.pointer = "/Path";
	return -1;
}

/* NULL with a fault, or without one when there is no such file. */
static json_t *state_from(struct ask *a, const struct access *declared, enum file_view view,
			  const struct ssh_reply *reply)
{
	struct text output = str_text(&reply->output), line, rest;
	struct stat_line seen;
	json_t *state;

	if (reply->code == EXIT_ABSENT && stat_says_absent(output))
		return NULL;
	if (reply->code == EXIT_DIRECTORY || reply->code == EXIT_SPECIAL) {
		kind_fault(a, reply->code);
		return NULL;
	}
	state = json_object();
	if (reply->code == 0 && split_line(output, &line, &rest) && stat_parse(line, &seen)) {
		access_put(a, state, declared, &seen);
		if (put_seen(a, state, view, rest, seen.size))
			return state;
	}
	json_decref(state);
	ask_host_fault(a, "reading the file", output);
	return NULL;
}

static json_t *look(struct ask *a, const struct access *declared, enum file_view view)
{
	struct str script = STR_INIT;
	struct ssh_reply reply;
	json_t *state = NULL;

	add_read_script(&script, declared->path, view);
	if (ask_run(a, SSH_READS, &script, &reply) == 0) {
		state = state_from(a, declared, view, &reply);
		str_release(&reply.output);
	}
	str_release(&script);
	return state;
}

static bool source_is(struct ask *a, const char *source, const char *digest)
{
	struct file_want w = {.source = source};
	struct fault kept = a->fault;
	bool same = false;

	a->fault = FAULT_INIT;
	if (read_source(a, &w) == 0) {
		digest_sha256(str_text(&w.bytes), w.sha256);
		same = strcmp(w.sha256, digest) == 0;
	}
	fault_release(&a->fault);
	a->fault = kept;
	want_release(&w);
	return same;
}

/*
 * Source is part of the state as long as the host has what was last put there, so that a
 * changed file there shows as drift of Source and a changed file here does not.  After a
 * lost answer (there is a key then) only what Source holds now will do.
 */
static void put_source(struct ask *a, json_t *state)
{
	const char *source = ask_text(a, a->recorded, "Source");
	const char *recorded = ask_text(a, a->recorded, "ContentSha256");
	const char *digest = json_str(state, "ContentSha256", "");
	bool as_recorded = recorded && strcmp(recorded, digest) == 0;

	if (!source)
		return;
	if ((as_recorded && a->r->idem.len == 0) || source_is(a, source, digest))
		json_object_set_new(state, "Source", json_string(source));
}

/* NULL with a fault, or without one when there is no such file. */
static json_t *read_recorded(struct ask *a, const char **path)
{
	bool shown = json_object_get(a->recorded, "Content") && !ask_sensitive(a, "/Content");
	struct access declared;
	json_t *state;

	if (access_read(a, a->recorded, DEFAULT_MODE, &declared) < 0)
		return NULL;
	*path = declared.path;
	state = look(a, &declared, shown ? VIEW_CONTENT : VIEW_DIGEST);
	if (state)
		put_source(a, state);
	return state;
}

static int file_read_state(struct ask *a)
{
	const char *path;
	json_t *state = read_recorded(a, &path);

	if (!state)
		return a->fault.summary.len ? ask_say(a) : HD_NOTFOUND;
	return ask_done(a, state, HD_EFFECT_NONE);
}

/* ---- writing ---- */

/* A name that a second try at the same operation uses again, so none is left behind; no
 * other file's temporary name begins like it, however long the names are. */
static void set_temporary(struct ask *a, struct str *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	char digest[DIGEST_TEXT_LEN], own[DIGEST_TEXT_LEN];
	char *name;

	digest_sha256(text_of(slash + 1), own);
	digest_sha256(span_text(a->r->idem), digest);
	name = arena_printf(a->arena, "%.*s/.%.60s.%.16s.hadeploy-%.8s", (int)(slash - path), path,
			    slash + 1, own, digest);
	sh_set(s, "t", name);
}

/* The same content is there: only mode and owner are looked after. */
static void add_access_branch(struct str *s, const struct file_want *w)
{
	str_add(s, "a=$(stat -L -c %a:%U:%G -- \"$p\");{ ");
	access_add_chown(s, &w->access, "p");
	str_printf(s, "chmod %04o \"$p\";}||exit 43;", w->access.mode);
	str_add(s, "b=$(stat -L -c %a:%U:%G -- \"$p\");");
	str_add(s, "if [ \"$a\" = \"$b\" ];then echo same;else echo access;fi;");
}

/* The mode comes from umask where that can give it, which saves a process. */
static void add_write_branch(struct str *s, const struct file_want *w)
{
	bool by_umask = (w->access.mode & ~0666u) == 0;

	/* Operations that were cut off may have left theirs. */
	str_add(s, "for o in \"${t%-*}\"-????????;do [ -e \"$o\" ]&&rm -f \"$o\";done;");
	str_printf(s, "umask %04o;", by_umask ? 0666u & ~w->access.mode : 0077u);
	if (w->bytes.len > 0)
		str_printf(s, "head -c %zu <&3 >\"$t\"&&", w->bytes.len);
	else
		str_add(s, ": >\"$t\"&&");
	str_printf(s, "k=$(sha256sum <\"$t\")&&[ \"${k%%%% *}\" = %s ]&&", w->sha256);
	access_add_chown(s, &w->access, "t");
	if (!by_umask)
		str_printf(s, "chmod %04o \"$t\"&&", w->access.mode);
	str_add(s, "{ sync \"$t\" 2>/dev/null||sync;}&&mv -f \"$t\" \"$p\"&&echo written||");
	str_add(s, "{ rm -f \"$t\";exit 42;};");
}

enum write_plan { WRITE_CONTENT, WRITE_ACCESS_ONLY };

static void add_write_script(struct ask *a, struct str *s, const struct file_want *w,
			     enum write_plan plan)
{
	sh_set(s, "p", w->access.path);
	set_temporary(a, s, w->access.path);
	str_add(s, "[ -d \"$p\" ]&&exit 41;k=;");
	str_add(s, "[ -f \"$p\" ]&&k=$(sha256sum 2>/dev/null <\"$p\");");
	str_printf(s, "if [ \"${k%%%% *}\" = %s ];then ", w->sha256);
	if (plan == WRITE_CONTENT && w->bytes.len > 0)
		str_printf(s, "head -c %zu <&3 >/dev/null;", w->bytes.len);
	add_access_branch(s, w);
	str_add(s, "else ");
	if (plan == WRITE_CONTENT)
		add_write_branch(s, w);
	else
		str_add(s, "exit 45;");
	str_add(s, "fi");
}

static int send(struct ask *a, const struct file_want *w, enum write_plan plan,
		struct ssh_reply *reply)
{
	struct text body = plan == WRITE_CONTENT ? str_text(&w->bytes) : TEXT_LIT("");
	struct str script = STR_INIT;
	int answer;

	add_write_script(a, &script, w, plan);
	answer = ask_run_body(a, &script, body, reply);
	str_release(&script);
	return answer;
}

static int write_fault(struct ask *a, const struct ssh_reply *reply)
{
	if (reply->code == EXIT_DIRECTORY)
		return kind_fault(a, EXIT_DIRECTORY);
	ask_host_fault(a,
		       reply->code == EXIT_ACCESS ? "setting mode and owner" : "writing the file",
		       str_text(&reply->output));
	fault_detail(&a->fault, "%s on %s", ask_text(a, a->desired, "Path"), a->host_name);
	if (reply->code == EXIT_ACCESS)
		a->fault.effect = HD_EFFECT_UNKNOWN;
	return -1;
}

static int write_file(struct ask *a, const struct file_want *w, int *effect)
{
	enum write_plan plan = w->bytes.len > ASK_FIRST_LEN ? WRITE_ACCESS_ONLY : WRITE_CONTENT;
	struct ssh_reply reply;
	int answer = send(a, w, plan, &reply);

	if (answer == 0 && plan == WRITE_ACCESS_ONLY && reply.code == EXIT_DIFFERENT) {
		str_release(&reply.output);
		answer = send(a, w, WRITE_CONTENT, &reply);
	}
	if (answer < 0)
		return -1;
	*effect = text_is(text_trim(str_text(&reply.output)), "same") ? HD_EFFECT_NONE
								      : HD_EFFECT_DONE;
	if (reply.code != 0)
		answer = write_fault(a, &reply);
	str_release(&reply.output);
	return answer;
}

static int file_write(struct ask *a)
{
	struct file_want w;
	int effect, status;

	if (want_read(a, &w) < 0 || write_file(a, &w, &effect) < 0) {
		status = ask_say(a);
	} else {
		ask_set_natural_id(a, w.access.path);
		status = ask_done(a, state_written(a, &w), effect);
	}
	want_release(&w);
	return status;
}

static int file_remove(struct ask *a)
{
	struct str script = STR_INIT;
	struct access declared;
	struct ssh_reply reply;
	int status = HD_OK;

	if (access_read(a, a->recorded, DEFAULT_MODE, &declared) < 0)
		return ask_say(a);
	sh_set(&script, "p", declared.path);
	str_add(&script, "if [ -d \"$p\" ]&&[ ! -L \"$p\" ];then exit 41;fi;"
			 "if [ -e \"$p\" ]||[ -L \"$p\" ];then exec rm -f -- \"$p\";fi;exit 44");
	if (ask_run(a, SSH_CHANGES, &script, &reply) < 0) {
		str_release(&script);
		return ask_say(a);
	}
	if (reply.code == EXIT_ABSENT)
		status = HD_NOTFOUND;
	else if (reply.code == EXIT_DIRECTORY)
		kind_fault(a, EXIT_DIRECTORY);
	else if (reply.code != 0)
		ask_host_fault(a, "removing the file", str_text(&reply.output));
	str_release(&reply.output);
	str_release(&script);
	if (a->fault.summary.len)
		return ask_say(a);
	a->call.host->set_effect(a->call.op, status == HD_OK ? HD_EFFECT_DONE : HD_EFFECT_NONE);
	return status;
}

/* ---- planning ---- */

static void plan_content(struct ask *a, const struct file_want *w)
{
	const struct hd_host *engine = a->call.host;
	const char *digest = shown_digest(a, w->sha256);

	if (digest)
		engine->plan_computed(a->call.op, span_of("/ContentSha256"),
				      span_of(arena_printf(a->arena, "\"%s\"", digest)));
	if (!ask_sensitive(a, "/Content"))
		engine->plan_computed(a->call.op, span_of("/Size"),
				      span_of(arena_printf(a->arena, "%zu", w->bytes.len)));
}

static int file_plan(struct ask *a)
{
	struct file_want w = {0};
	bool content_known = !ask_unknown(a, "/Content") && !ask_unknown(a, "/Source");
	int answer = 0;

	if (!ask_unknown(a, "/Path") && !ask_unknown(a, "/Mode") && !ask_unknown(a, "/Owner") &&
	    !ask_unknown(a, "/Group")) {
		answer = access_read(a, a->desired, DEFAULT_MODE, &w.access);
		if (answer == 0)
			access_plan(a, &w.access);
	}
	if (answer == 0 && content_known) {
		answer = read_content(a, a->desired, &w);
		if (answer == 0) {
			digest_sha256(str_text(&w.bytes), w.sha256);
			plan_content(a, &w);
		}
	}
	want_release(&w);
	return answer == 0 ? HD_OK : ask_say(a);
}

/* ---- importing ---- */

/* A file arrives whole or not at all, so one with other content is not of the operation
 * whose end nobody saw.  A secret one may be: the engine writes it again. */
static bool may_be_ours(const struct ask *a, const json_t *state)
{
	static const char *const givers[] = {"Content", "Source"};

	for (size_t i = 0; i < 2; i++) {
		const json_t *wanted = json_object_get(a->recorded, givers[i]);

		if (wanted && !json_equal(wanted, json_object_get(state, givers[i])))
			return false;
	}
	return true;
}

static int find_ours(struct ask *a)
{
	const char *path;
	json_t *state = read_recorded(a, &path);

	if (!state && a->fault.summary.len)
		return ask_say(a);
	if (!state || (a->r->id.len == 0 && !ask_is_adoption(a) && !may_be_ours(a, state))) {
		json_decref(state);
		return HD_NOTFOUND;
	}
	ask_set_natural_id(a, path);
	return ask_done(a, state, HD_EFFECT_NONE);
}

static int file_find(struct ask *a)
{
	const char *host, *path = ask_name_in_id(a, &host);
	struct access declared = {.path = path, .owner = "", .group = ""};
	json_t *state;

	if (ask_is_recovery(a))
		return find_ours(a);
	if (!path || path[0] != '/')
		return HD_NOTFOUND;
	state = look(a, &declared, VIEW_CONTENT);
	if (!state)
		return a->fault.summary.len ? ask_say(a) : HD_NOTFOUND;
	return ask_found(a, path, state);
}

const struct type type_file = {
	.name = "SSH::File",
	.read = file_read_state,
	.create = file_write,
	.update = file_write,
	.remove = file_remove,
	.plan = file_plan,
	.find = file_find,
};
