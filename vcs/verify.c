/*
 * verify.c - one signature, checked by ssh-keygen or gpgv.
 *
 * The programs take files: they lie in a folder of their own that nobody else can read, and that
 * goes when they have answered.  What an answer means is read from what is made for programs
 * (exit codes, --status-fd); where a program has only words for it, a word that is not known leads
 * to a refusal that quotes it.
 */
#include "vcs/signature_parts.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/vec.h"

#define TIME_MAX_MS 10000 /* a signature takes some ms */
#define TIME_TEXT_LEN ((size_t)24)
#define PRINCIPALS_MAX 100
#define LINE_LEN 300

struct verifier {
	const struct signed_thing *s;
	const struct vcs_trust *trust;
	struct arena *a;
	struct vcs_signature *out;
	char folder[PATH_MAX];
	const char *program;
	int64_t deadline_ms;
};

/* What a program answered; the arena's. */
struct answer {
	bool well; /* exit code 0, and all of its output is here */
	struct text said, errors;
};

static void conclude(struct verifier *v, enum vcs_verdict verdict)
{
	v->out->verdict = verdict;
}

/* --- files --------------------------------------------------------------------------------- */

static const char *file_of(const struct verifier *v, const char *name)
{
	return arena_printf(v->a, "%s/%s", v->folder, name);
}

static int write_file(struct verifier *v, const char *name, struct text bytes)
{
	if (file_write_atomic(file_of(v, name), bytes) == 0)
		return 0;
	v->out->reason = arena_printf(v->a, "%s: %s", file_of(v, name), strerror(errno));
	return -1;
}

static int make_folder(struct verifier *v)
{
	const char *base = getenv("TMPDIR");
	int len = snprintf(v->folder, sizeof(v->folder), "%s/hadeploy-sig-XXXXXX",
			   base && base[0] == '/' ? base : "/tmp");

	if (len > 0 && (size_t)len < sizeof(v->folder) && mkdtemp(v->folder))
		return 0;
	v->out->reason = arena_printf(v->a, "no folder for its files: %s", strerror(errno));
	v->folder[0] = '\0';
	return -1;
}

/* With what a program may have left in it. */
static void drop_folder(struct verifier *v)
{
	DIR *dir = v->folder[0] ? opendir(v->folder) : NULL;
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
	if (v->folder[0])
		rmdir(v->folder);
}

/* --- programs ------------------------------------------------------------------------------ */

static int64_t left_ms(void *context)
{
	const struct verifier *v = context;
	struct clock *clock = clock_real();

	return v->deadline_ms - clock->monotonic_ms(clock);
}

static int never(void *context)
{
	(void)context;
	return 0;
}

/* The user's own settings have no say: only what is needed to run. */
static int ask(struct verifier *v, const char *const *argv, struct text input, struct answer *out)
{
	static const char *const envp[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C",
					   "TZ=UTC", NULL};
	const struct process_order o = {
		.path = v->program,
		.argv = (char *const *)(uintptr_t)argv,
		.envp = (char *const *)(uintptr_t)envp,
		.folder = v->folder,
		.input = input,
		.apart = true,
		.left_ms = left_ms,
		.stop = never,
		.context = v,
	};
	struct process_result r;
	int rc = -1;

	if (run_to_end(&o, &r)) {
		v->out->reason = arena_printf(v->a, "%s: %s", v->program, strerror(errno));
		return -1;
	}
	out->well = r.end == PROCESS_EXITED && r.number == 0 && !r.cut;
	out->said = text_of(arena_text(v->a, str_text(&r.tail)));
	out->errors = text_of(arena_text(v->a, str_text(&r.errors)));
	if (r.end == PROCESS_EXITED && !r.cut)
		rc = 0;
	else
		v->out->reason = arena_printf(v->a, "%s %s", v->out->program,
					      r.cut ? "said more than it should"
					      : r.end == PROCESS_TOO_LONG ? "took longer than 10s"
									  : "was killed");
	str_release(&r.tail);
	str_release(&r.errors);
	return rc;
}

static int find_program(struct verifier *v, const char *name)
{
	struct clock *clock = clock_real();

	v->out->program = name;
	v->program = program_path(v->a, name);
	v->deadline_ms = clock->monotonic_ms(clock) + TIME_MAX_MS;
	if (v->program)
		return 0;
	conclude(v, VCS_SIGNED_NO_PROGRAM);
	return -1;
}

static struct text first_line(struct text t)
{
	struct text_split lines = text_split_start(text_trim(t));
	struct text line = {"", 0};

	text_next(&lines, '\n', &line);
	if (line.len > LINE_LEN)
		line.len = LINE_LEN;
	return line;
}

static bool says(struct text t, const char *words)
{
	return memmem(t.ptr, t.len, words, strlen(words)) != NULL;
}

/* --- SSH ----------------------------------------------------------------------------------- */

static const char *verify_time(const struct verifier *v)
{
	char text[CLOCK_TEXT_LEN], out[TIME_TEXT_LEN] = "";
	size_t len = 0;

	clock_format_rfc3339(v->s->when_ms, text);
	for (const char *c = text; *c && len + 1 < sizeof(out); c++) {
		if (*c >= '0' && *c <= '9')
			out[len++] = *c;
	}
	return arena_printf(v->a, "-Overify-time=%sZ", out);
}

/* "... with ED25519 key SHA256:...". */
static void take_key(struct verifier *v, struct text said)
{
	static const char before[] = " key ";
	struct text line = first_line(said);
	const char *at = memmem(line.ptr, line.len, before, sizeof(before) - 1), *next;

	while (at && (next = memmem(at + 1, (size_t)(line.ptr + line.len - at - 1), before,
				    sizeof(before) - 1)))
		at = next;
	if (at)
		v->out->key =
			arena_strndup(v->a, at + sizeof(before) - 1,
				      (size_t)(line.ptr + line.len - at) - (sizeof(before) - 1));
}

static enum vcs_verdict ssh_verdict(struct text errors, enum vcs_verdict otherwise)
{
	if (says(errors, "incorrect signature"))
		return VCS_SIGNED_BAD;
	if (says(errors, "namespace"))
		return VCS_SIGNED_OTHERWISE;
	if (says(errors, "revoked"))
		return VCS_SIGNED_REVOKED;
	if (says(errors, "has expired") || says(errors, "not yet valid") ||
	    says(errors, "Certificate invalid"))
		return VCS_SIGNED_EXPIRED;
	return otherwise;
}

static void quote(struct verifier *v, struct text errors)
{
	v->out->reason = arena_text(v->a, first_line(errors));
}

enum revocation { REVOCATION_HEEDED, REVOCATION_IGNORED };

/* As the key of this principal; its verdict. */
static enum vcs_verdict verify_as(struct verifier *v, const char *principal, enum revocation how)
{
	const char *argv[] = {"ssh-keygen", "-Y",           "verify", "-n",      "git",
			      "-f",         "signers",      "-I",     principal, "-s",
			      "signature",  verify_time(v), NULL,     "revoked", NULL};
	bool heeds = v->trust->revoked.ptr && how == REVOCATION_HEEDED;
	struct answer answer = {0};

	if (heeds)
		argv[12] = "-r";
	if (ask(v, argv, v->s->content, &answer))
		return VCS_SIGNED_UNCHECKED;
	if (answer.well) {
		v->out->signer = principal;
		take_key(v, answer.said);
		return VCS_SIGNED;
	}
	/* Of a key that is revoked it says nothing. */
	if (heeds && verify_as(v, principal, REVOCATION_IGNORED) == VCS_SIGNED) {
		v->out->reason = "it is in the list of revoked keys, or that list cannot be read";
		return VCS_SIGNED_REVOKED;
	}
	quote(v, answer.errors);
	return ssh_verdict(answer.errors, VCS_SIGNED_UNKNOWN);
}

/* Whose key it is does not matter: what key, and whether it has signed this. */
static enum vcs_verdict look_at_key(struct verifier *v)
{
	static const char *const argv[] = {"ssh-keygen", "-Y", "check-novalidate", "-n",
					   "git",        "-s", "signature",        NULL};
	struct answer answer = {0};

	if (ask(v, argv, v->s->content, &answer))
		return VCS_SIGNED_UNCHECKED;
	if (answer.well) {
		take_key(v, answer.said);
		return VCS_SIGNED;
	}
	quote(v, answer.errors);
	return ssh_verdict(answer.errors, VCS_SIGNED_UNCHECKED);
}

/* Any of those whose key it is; the verdict of the last one. */
static enum vcs_verdict verify_as_any(struct verifier *v, struct text names)
{
	struct text_split lines = text_split_start(text_trim(names));
	enum vcs_verdict verdict = VCS_SIGNED_UNKNOWN;
	struct text name;

	for (size_t i = 0; i < PRINCIPALS_MAX && text_next(&lines, '\n', &name); i++) {
		if (!name.len)
			continue;
		verdict = verify_as(v, arena_text(v->a, name), REVOCATION_HEEDED);
		if (verdict == VCS_SIGNED)
			break;
	}
	return verdict;
}

/* A good signature of somebody else than it says. */
static enum vcs_verdict check_owner(struct verifier *v)
{
	const char *found = v->out->signer;

	if (v->out->email && v->out->email[0] != '-' &&
	    verify_as(v, v->out->email, REVOCATION_HEEDED) == VCS_SIGNED) {
		v->out->reason = NULL;
		return VCS_SIGNED;
	}
	v->out->signer = found;
	v->out->reason = NULL;
	return VCS_SIGNED_FOR_OTHER;
}

static int write_ssh_files(struct verifier *v)
{
	if (write_file(v, "signature", v->s->signature) ||
	    write_file(v, "signers", v->trust->signers))
		return -1;
	return v->trust->revoked.ptr ? write_file(v, "revoked", v->trust->revoked) : 0;
}

static enum vcs_verdict judge_ssh(struct verifier *v)
{
	const char *const argv[] = {"ssh-keygen", "-Y",        "find-principals", "-f", "signers",
				    "-s",         "signature", verify_time(v),    NULL};
	struct answer found = {0};
	enum vcs_verdict verdict;

	if (make_folder(v) || write_ssh_files(v))
		return VCS_SIGNED_UNCHECKED;
	verdict = look_at_key(v);
	if (verdict != VCS_SIGNED)
		return verdict;
	if (ask(v, argv, (struct text){NULL, 0}, &found))
		return VCS_SIGNED_UNCHECKED;
	if (!found.well) {
		quote(v, found.errors);
		return ssh_verdict(found.errors, VCS_SIGNED_UNKNOWN);
	}
	verdict = verify_as_any(v, found.said);
	return verdict == VCS_SIGNED && v->trust->same_committer ? check_owner(v) : verdict;
}

/* --- GPG ----------------------------------------------------------------------------------- */

/* The words behind "[GNUPG:] KEYWORD " of the lines with it; ptr NULL: there is none. */
struct status {
	struct text good, bad, expired_key, expired, revoked, valid, unknown, date;
	size_t signatures;
};

static void take_status(struct status *s, struct text line)
{
	const struct {
		const char *keyword;
		struct text *into;
	} rows[] = {
		{"GOODSIG ", &s->good},          {"BADSIG ", &s->bad},
		{"EXPKEYSIG ", &s->expired_key}, {"EXPSIG ", &s->expired},
		{"REVKEYSIG ", &s->revoked},     {"VALIDSIG ", &s->valid},
		{"ERRSIG ", &s->unknown},        {"KEYEXPIRED ", &s->date},
	};

	if (text_is(line, "NEWSIG") || text_starts(line, "NEWSIG "))
		s->signatures++;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].keyword);

		if (text_starts(line, rows[i].keyword))
			*rows[i].into = (struct text){line.ptr + len, line.len - len};
	}
}

static struct status read_status(struct text said)
{
	static const char prefix[] = "[GNUPG:] ";
	struct text_split lines = text_split_start(said);
	struct status s = {0};
	struct text line;

	while (text_next(&lines, '\n', &line)) {
		if (!text_starts(line, prefix))
			continue;
		line.ptr += sizeof(prefix) - 1;
		line.len -= sizeof(prefix) - 1;
		take_status(&s, line);
	}
	return s;
}

static struct text word(struct text t, size_t index)
{
	struct text_split words = text_split_start(t);
	struct text found = {"", 0};

	for (size_t i = 0; i <= index; i++) {
		if (!text_next(&words, ' ', &found))
			return (struct text){"", 0};
	}
	return found;
}

/* "ID USER": the user. */
static const char *user_of(struct verifier *v, struct text t)
{
	struct text id = word(t, 0);

	return id.len < t.len ? arena_strndup(v->a, t.ptr + id.len + 1, t.len - id.len - 1) : NULL;
}

static const char *gpg_key(struct verifier *v, const struct status *s, struct text line)
{
	struct text print = word(s->valid, 0);

	if (!print.len && s->unknown.ptr)
		print = word(s->unknown, 6);
	return arena_text(v->a, print.len > 1 ? print : word(line, 0));
}

static bool is_of_committer(const struct verifier *v)
{
	const char *email = v->out->email;

	return email && *email && v->out->signer &&
	       text_ends(text_of(v->out->signer), arena_printf(v->a, "<%s>", email));
}

static enum vcs_verdict good_by_gpg(struct verifier *v)
{
	return v->trust->same_committer && !is_of_committer(v) ? VCS_SIGNED_FOR_OTHER : VCS_SIGNED;
}

static const char *date_of(struct verifier *v, struct text seconds)
{
	char text[CLOCK_TEXT_LEN];
	int64_t s;

	if (!text_to_int64(word(seconds, 0), 0, INT64_MAX / 1000, &s))
		return NULL;
	clock_format_rfc3339(s * 1000, text);
	return arena_printf(v->a, "the key expired on %s", text);
}

/* One signature, and one word about it: several, or both good and bad, is not accepted. */
static enum vcs_verdict gpg_verdict(struct verifier *v, const struct status *s, bool well)
{
	const struct {
		struct text line;
		enum vcs_verdict verdict;
	} rows[] = {
		{s->bad, VCS_SIGNED_BAD},
		{s->revoked, VCS_SIGNED_REVOKED},
		{s->expired_key, VCS_SIGNED_EXPIRED},
		{s->expired, VCS_SIGNED_EXPIRED},
		{s->unknown, VCS_SIGNED_UNKNOWN},
		{s->good, VCS_SIGNED},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!rows[i].line.ptr)
			continue;
		v->out->key = gpg_key(v, s, rows[i].line);
		if (rows[i].verdict != VCS_SIGNED_UNKNOWN)
			v->out->signer = user_of(v, rows[i].line);
		if (rows[i].verdict == VCS_SIGNED_EXPIRED)
			v->out->reason =
				s->expired.ptr ? "the signature has expired" : date_of(v, s->date);
		if (rows[i].verdict != VCS_SIGNED)
			return rows[i].verdict;
		if (well && s->valid.ptr && s->signatures == 1)
			return good_by_gpg(v);
		break;
	}
	if (s->signatures > 1)
		v->out->reason = "it holds more than one signature";
	return VCS_SIGNED_UNCHECKED;
}

static enum vcs_verdict judge_gpg(struct verifier *v)
{
	static const char *const argv[] = {"gpgv",      "--homedir",   ".", "--keyring",
					   "./keyring", "--status-fd", "1", "signature",
					   "-",         NULL};
	struct answer answer = {0};
	struct status s;

	if (says(v->trust->keyring, "-----BEGIN PGP")) {
		v->out->reason = "the keyring is armored, which gpgv does not read: `gpg --export` "
				 "without --armor, or `gpg --dearmor`, makes one that it does";
		return VCS_SIGNED_UNCHECKED;
	}
	if (make_folder(v) || write_file(v, "signature", v->s->signature) ||
	    write_file(v, "keyring", v->trust->keyring) || ask(v, argv, v->s->content, &answer))
		return VCS_SIGNED_UNCHECKED;
	s = read_status(answer.said);
	quote(v, answer.errors);
	return gpg_verdict(v, &s, answer.well);
}

/* --- all kinds ----------------------------------------------------------------------------- */

static enum vcs_signature_kind kind_of(struct text signature)
{
	static const struct {
		const char *begin;
		enum vcs_signature_kind kind;
	} rows[] = {
		{"-----BEGIN SSH SIGNATURE-----", VCS_SIGNATURE_SSH},
		{"-----BEGIN PGP SIGNATURE-----", VCS_SIGNATURE_GPG},
		{"-----BEGIN PGP MESSAGE-----", VCS_SIGNATURE_GPG},
		{"-----BEGIN SIGNED MESSAGE-----", VCS_SIGNATURE_X509},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (text_starts(signature, rows[i].begin))
			return rows[i].kind;
	}
	return VCS_SIGNATURE_OTHER;
}

void signature_judge(const struct signed_thing *s, const struct vcs_trust *trust, struct arena *a,
		     struct vcs_signature *out)
{
	struct verifier v = {.s = s, .trust = trust, .a = a, .out = out};

	out->kind = kind_of(text_trim(s->signature));
	if (out->kind == VCS_SIGNATURE_SSH && trust->signers.ptr) {
		if (find_program(&v, "ssh-keygen") == 0)
			conclude(&v, judge_ssh(&v));
	} else if (out->kind == VCS_SIGNATURE_GPG && trust->keyring.ptr) {
		if (find_program(&v, "gpgv") == 0)
			conclude(&v, judge_gpg(&v));
	} else {
		conclude(&v, VCS_SIGNED_UNTRUSTED);
	}
	drop_folder(&v);
}
