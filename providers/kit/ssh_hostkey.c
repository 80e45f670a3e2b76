#include "providers/kit/ssh_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/base64.h"
#include "base/known_hosts.h"

/* Tens of thousands of hosts. */
#define KNOWN_HOSTS_MAX_LEN (16u << 20)

/* A file that does not exist is an empty one. */
static int read_known(const char *path, struct str *out)
{
	if (file_read(path, KNOWN_HOSTS_MAX_LEN, out) == 0)
		return 0;
	str_clear(out);
	return errno == ENOENT ? 0 : -1;
}

struct type_list {
	char *out;
	size_t len;
};

/* ssh-rsa stands for all RSA: a key of that type can be shown with any of its signatures. */
static void add_type(void *context, struct text type)
{
	struct type_list *list = context;
	size_t room = SSH_KNOWN_TYPES_LEN - list->len;
	int len;

	if (type.len + 2 > room || type.len > 64)
		return;
	len = snprintf(list->out + list->len, room, "%s%.*s", list->len ? "," : "", TEXT_ARG(type));
	list->len += (size_t)len;
}

void ssh_known_types(const struct ssh_target *t, char out[SSH_KNOWN_TYPES_LEN])
{
	struct type_list list = {out, 0};
	struct str bytes = STR_INIT;

	out[0] = '\0';
	if (read_known(t->known_hosts, &bytes) == 0)
		known_hosts_types(str_text(&bytes), text_of(t->address), t->port, add_type, &list);
	str_release(&bytes);
}

struct shown_key {
	const struct ssh_target *target;
	const char *type;
	struct text key;
	struct str fingerprint; /* "SHA256:..." as ssh-keygen -l prints it */
};

static void make_fingerprint(struct shown_key *k)
{
	unsigned char digest[DIGEST_LEN];

	digest_sha256_raw(k->key, digest);
	str_add(&k->fingerprint, "SHA256:");
	base64_add(&k->fingerprint, (struct text){(const char *)digest, sizeof(digest)});
}

static void detail_key(const struct shown_key *k, struct fault *f)
{
	ssh_detail_target(k->target, f);
	fault_detail(f, "it shows the %s key %s", k->type, str_cstr(&k->fingerprint));
}

static int unknown_key(const struct shown_key *k, struct fault *f)
{
	const struct ssh_target *t = k->target;

	fault_set(f, HD_FATAL, DIAG_SSH_HOST_KEY_UNKNOWN, "the host's key is not known");
	detail_key(k, f);
	fault_detail(f, "'%s' has no line for it", t->known_hosts);
	fault_detail(f, "to add it: ssh-keyscan -p %d %s >> %s", t->port, t->address,
		     t->known_hosts);
	fault_hint(f, "compare the fingerprint with the host's own (`ssh-keygen -lf "
		      "/etc/ssh/ssh_host_ed25519_key.pub` there), then add it with ssh-keyscan; or "
		      "set `HostKeyPolicy: accept-new` to trust hosts at first contact");
	return -1;
}

static int changed_key(const struct shown_key *k, size_t line, struct fault *f)
{
	fault_set(f, HD_FATAL, DIAG_SSH_HOST_KEY_CHANGED,
		  "THE HOST'S KEY HAS CHANGED: it may not be the host you mean; not connected");
	detail_key(k, f);
	fault_detail(f, "a different one is known at %s:%zu", k->target->known_hosts, line);
	fault_hint(f, "somebody may be listening in, or the host was set up anew; only when you "
		      "know that it was, remove that line and add the new key");
	return -1;
}

static int other_type(const struct shown_key *k, size_t line, struct fault *f)
{
	const struct ssh_target *t = k->target;

	fault_set(f, HD_FATAL, DIAG_SSH_HOST_KEY_UNKNOWN,
		  "the host's key is known only in a type that cannot be checked");
	detail_key(k, f);
	fault_detail(f, "%s:%zu has a key of another type, which the host did not show",
		     t->known_hosts, line);
	fault_detail(f, "to add this type: ssh-keyscan -t ed25519 -p %d %s >> %s", t->port,
		     t->address, t->known_hosts);
	fault_hint(f,
		   "libssh2 %s cannot check RSA host keys of today's servers; add the host's "
		   "Ed25519 key to known_hosts",
		   libssh2_version(0));
	return -1;
}

static int revoked_key(const struct shown_key *k, size_t line, struct fault *f)
{
	fault_set(f, HD_FATAL, DIAG_SSH_HOST_KEY_CHANGED,
		  "the host's key is revoked; not connected");
	detail_key(k, f);
	fault_detail(f, "revoked at %s:%zu", k->target->known_hosts, line);
	fault_hint(f, "the host must get a new key");
	return -1;
}

static int judge_answer(const struct shown_key *k, struct known_result result, struct fault *f)
{
	switch (result.answer) {
	case KNOWN_SAME:
		return 0;
	case KNOWN_OTHER_KEY:
		return changed_key(k, result.line, f);
	case KNOWN_OTHER_TYPE:
		return other_type(k, result.line, f);
	case KNOWN_REVOKED:
		return revoked_key(k, result.line, f);
	case KNOWN_NOTHING:
		break;
	}
	return unknown_key(k, f);
}

static struct known_result look_up(const struct shown_key *k, struct text file)
{
	struct known_query q = {.address = text_of(k->target->address),
				.port = k->target->port,
				.type = text_of(k->type),
				.key = k->key};

	return known_hosts_find(file, &q);
}

static void format_line(const struct shown_key *k, struct text before, struct str *out)
{
	const struct ssh_target *t = k->target;

	if (before.len > 0 && before.ptr[before.len - 1] != '\n')
		str_add_char(out, '\n');
	if (t->port == 22)
		str_printf(out, "%s %s ", t->address, k->type);
	else
		str_printf(out, "[%s]:%d %s ", t->address, t->port, k->type);
	base64_add_padded(out, k->key);
	str_add_char(out, '\n');
}

static int append_locked(const struct shown_key *k, int fd, struct fault *f)
{
	struct str before = STR_INIT, line = STR_INIT;
	struct known_result result;
	int answer = -1;

	if (flock(fd, LOCK_EX) == 0 && read_known(k->target->known_hosts, &before) == 0) {
		result = look_up(k, str_text(&before));
		if (result.answer != KNOWN_NOTHING) {
			answer = judge_answer(k, result, f);
		} else {
			format_line(k, str_text(&before), &line);
			/* One write of one line: readers see all of it or nothing. */
			if (write(fd, line.ptr, line.len) == (ssize_t)line.len && fsync(fd) == 0)
				answer = 0;
		}
	}
	str_release(&before);
	str_release(&line);
	return answer;
}

static int accept_new(const struct shown_key *k, struct fault *f)
{
	const char *path = k->target->known_hosts;
	struct arena *arena = arena_new();
	int answer = -1, fd = -1, error;

	if (file_make_dirs(path_dir(arena, path)) == 0)
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		answer = append_locked(k, fd, f);
	error = errno;
	if (fd >= 0)
		close(fd);
	arena_free(arena);
	if (answer < 0 && f->summary.len == 0) {
		fault_set(f, HD_FATAL, DIAG_SSH_HOST_KEY_FILE,
			  "the host's key cannot be added to known_hosts");
		fault_detail(f, "'%s': %s", path, strerror(error));
		fault_hint(f, "make the file writable, or name another one as KnownHostsFile");
	}
	return answer;
}

int ssh_hostkey_check(const struct ssh_target *t, const char *type, struct text key,
		      struct fault *f)
{
	struct shown_key k = {.target = t, .type = type, .key = key};
	struct str bytes = STR_INIT;
	struct known_result result;
	int answer;

	if (read_known(t->known_hosts, &bytes) < 0) {
		fault_set(f, HD_FATAL, DIAG_SSH_HOST_KEY_FILE, "known_hosts cannot be read");
		fault_detail(f, "'%s': %s", t->known_hosts, strerror(errno));
		fault_hint(f, "name a readable file as KnownHostsFile");
		str_release(&bytes);
		return -1;
	}
	make_fingerprint(&k);
	result = look_up(&k, str_text(&bytes));
	if (result.answer == KNOWN_NOTHING && t->policy == SSH_ACCEPT_NEW)
		answer = accept_new(&k, f);
	else
		answer = judge_answer(&k, result, f);
	str_release(&bytes);
	str_release(&k.fingerprint);
	return answer;
}
