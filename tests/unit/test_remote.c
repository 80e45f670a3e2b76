/* test_remote.c - fetching and pushing: URLs taken apart, files, and a real sshd. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "tests/unit/sshd_fixture.h"
#include "vcs/url.h"
#include "vcs/vcs.h"

/* The library's ssh leaves its list of known hosts and parts of the URL behind; who called is seen
 * only when the whole stack is looked at. */
#define SEEN __attribute__((visibility("default")))
const char *__lsan_default_suppressions(void);
SEEN const char *__lsan_default_suppressions(void)
{
	return "leak:git_remote_connect_ext\nleak:git_remote_push\nleak:libssh2.so\n";
}

const char *__asan_default_options(void);
SEEN const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

/* --- URLs --- */

static void urls_are_taken_apart(void **state)
{
	static const struct {
		const char *text;
		enum vcs_scheme scheme;
		const char *user, *host;
		int port;
		const char *path, *shown;
	} rows[] = {
		{"https://Git.example.org/o/r.git", VCS_HTTPS, NULL, "git.example.org", 443,
		 "/o/r.git", "https://git.example.org/o/r.git"},
		{"https://ann:pw@h:8443/r?x#y", VCS_HTTPS, "ann", "h", 8443, "/r",
		 "https://h:8443/r"},
		{"http://127.0.0.1:80/r", VCS_HTTP, NULL, "127.0.0.1", 80, "/r",
		 "http://127.0.0.1/r"},
		{"ssh://git@[::1]:2222/srv/r", VCS_SSH, "git", "::1", 2222, "/srv/r",
		 "ssh://git@[::1]:2222/srv/r"},
		{"git@h.example:o/r", VCS_SSH, "git", "h.example", 22, "o/r", "git@h.example:o/r"},
		{"file:///srv/a:b", VCS_FILE, NULL, "", 0, "/srv/a:b", "file:///srv/a:b"},
		{"/srv/a:b", VCS_FILE, NULL, "", 0, "/srv/a:b", "/srv/a:b"},
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct vcs_url u;
		const char *why;

		assert_true(vcs_url_parse(a, rows[i].text, &u, &why));
		assert_int_equal(u.scheme, rows[i].scheme);
		assert_string_equal(u.user ? u.user : "-", rows[i].user ? rows[i].user : "-");
		assert_string_equal(u.host, rows[i].host);
		assert_int_equal(u.port, rows[i].port);
		assert_string_equal(u.path, rows[i].path);
		assert_string_equal(u.shown, rows[i].shown);
	}
	arena_free(a);
}

static void what_is_no_url_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"repo",
		"./repo",
		"ftp://h/r",
		"git://h/r",
		"http://h.example/r",
		"http://127.example/r",
		"https://",
		"https:///r",
		"https://h",
		"https://h/",
		"https://h:0/r",
		"https://h:65536/r",
		"https://h:x/r",
		"https://-h/r",
		"ssh://-oProxyCommand=x/r",
		"ssh://-l@h/r",
		"-oProxyCommand=x:r",
		"https://h/a b",
		"https://h/a\nb",
		"https://[::1/r",
		"file://h/r",
		"h:",
		"https://h/\xff",
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct vcs_url u;
		const char *why = NULL;

		if (vcs_url_parse(a, rows[i], &u, &why))
			fail_msg("'%s' was taken", rows[i]);
		assert_non_null(why);
	}
	arena_free(a);
}

static void files_of_repositories_are_taken_apart(void **state)
{
	static const struct {
		const char *text, *url, *path, *ref;
	} rows[] = {
		{"git+https://h/o/r//a/b.yaml?ref=v1.2", "https://h/o/r", "a/b.yaml", "v1.2"},
		{"git+ssh://git@h/o/r//b.yaml", "ssh://git@h/o/r", "b.yaml", "HEAD"},
		{"git+file:///srv/r//b.yaml?ref=feature/x", "file:///srv/r", "b.yaml", "feature/x"},
		{"git+https://h/r//%C3%BC%20x.yaml?ref=a%2Bb", "https://h/r", "\xc3\xbc x.yaml",
		 "a+b"},
	};
	static const char *const bad[] = {
		"git+https://h/r/b.yaml",
		"git+https://h/r//",
		"git+https://h/r//../b",
		"git+https://h/r//a/%2e%2e/b",
		"git+https://h/r//a//b",
		"git+https://h/r///b",
		"git+https://h/r//b?ref=",
		"git+https://h/r//b?x=y",
		"git+https://h/r//b?ref=a&depth=1",
		"git+https://h/r//b?ref=-x",
		"git+https://h/r//b?ref=a..b",
		"git+https://h/r//b?ref=a:b",
		"git+https://h/r//b#v1",
		"git+https://u:p@h/r//b",
		"git+https://token@h/r//b",
		"git+ssh://git:p@h/r//b",
		"git+https://h/r//b%00c",
		"git+http://h.example/r//b",
		"https://h/r//b",
		"git+",
		"git+https://h/r?ref=x//b",
	};
	struct arena *a = arena_new();
	struct vcs_file_url u;
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(vcs_file_url_parse(a, rows[i].text, &u, &why));
		assert_string_equal(u.repository.text, rows[i].url);
		assert_string_equal(u.path, rows[i].path);
		assert_string_equal(u.ref ? u.ref : "HEAD", rows[i].ref);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (vcs_file_url_parse(a, bad[i], &u, &why))
			fail_msg("'%s' was taken", bad[i]);
	}
	arena_free(a);
}

/* --- talking --- */

struct two {
	struct sshd_fixture *s;
	struct arena *a;
	char dir[64];
	struct vcs_repository *r;
	struct vcs_access access;
	struct diags d;
};

/* "far" is a bare repository with one commit on main, "near" an empty one of ours. */
static void set_up(struct two *t, struct sshd_fixture *s)
{
	*t = (struct two){.s = s, .a = arena_new()};
	snprintf(t->dir, sizeof(t->dir), "/tmp/hadeploy-remote-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	assert_int_equal(
		sshd_shell("cd '%s' && export HOME=$PWD GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b "
			   "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b && "
			   "git init -q -b main w && cd w && echo one >f && git add f && "
			   "git commit -qm one && cd .. && git clone -q --bare w far && "
			   "git init -q --bare near && mkdir .ssh",
			   t->dir),
		0);
	setenv("HOME", t->dir, 1);
	unsetenv("SSH_AUTH_SOCK");
	assert_int_equal(vcs_open(arena_printf(t->a, "%s/near", t->dir), &t->r, &t->d), VCS_FOUND);
	if (s) {
		t->access.key_file = arena_strdup(t->a, sshd_path(s, "key"));
		t->access.known_hosts = arena_strdup(t->a, sshd_path(s, "known"));
	}
	t->access.silence_ms = 3000;
	t->access.connect_ms = 1000;
}

static void tear_down(struct two *t)
{
	vcs_close(t->r);
	diags_release(&t->d);
	assert_int_equal(sshd_shell("rm -rf '%s'", t->dir), 0);
	arena_free(t->a);
}

static const char *far_url(struct two *t)
{
	return t->s ? arena_printf(t->a, "ssh://%s@%s:%d%s/far", t->s->user, SSHD_ADDRESS,
				   t->s->port, t->dir)
		    : arena_printf(t->a, "file://%s/far", t->dir);
}

static enum vcs_fetch fetch(struct two *t, const char *url, const char *spec)
{
	const char *const specs[] = {spec, NULL};

	diags_release(&t->d);
	return vcs_fetch(t->r, url, specs, &t->access, &t->d);
}

static void assert_said(const struct two *t, enum diag_code code, const char *words)
{
	const struct diag *g = t->d.first;
	const char *all = g ? arena_printf(t->a, "%s\n%s\n%s", g->summary,
					   g->detail ? g->detail : "", g->hint ? g->hint : "")
			    : "nothing";

	if (!g || g->code != code || g->next || !strstr(all, words))
		fail_msg("not '%s' but (%d) %s", words, g ? (int)g->code : 0, all);
}

static const char *tip(struct two *t, const char *rev)
{
	struct vcs_commit c = {0};

	return vcs_find(t->r, rev, t->a, &c, &t->d) == 0 ? c.id : "none";
}

static void round_trip(struct two *t)
{
	const char *url = far_url(t);

	assert_int_equal(fetch(t, url, "+refs/heads/gone:refs/hadeploy/x"), VCS_FETCH_NONE);
	assert_int_equal(t->d.error_count, 0);
	assert_int_equal(fetch(t, url, "+refs/heads/*:refs/hadeploy/far/*"), VCS_FETCHED);
	assert_string_not_equal(tip(t, "refs/hadeploy/far/main"), "none");
	assert_int_equal(access(arena_printf(t->a, "%s/near/FETCH_HEAD", t->dir), F_OK), -1);
	assert_int_equal(vcs_push(t->r, url, "refs/hadeploy/far/main:refs/hadeploy/state",
				  &t->access, &t->d),
			 VCS_PUSHED);
	assert_int_equal(sshd_shell("cd '%s/w' && HOME='%s' git -c user.name=a -c user.email=a@b "
				    "commit -qm two --allow-empty && git push -q ../far "
				    "HEAD:refs/hadeploy/state",
				    t->dir, t->dir),
			 0);
	assert_int_equal(vcs_push(t->r, url, "refs/hadeploy/far/main:refs/hadeploy/state",
				  &t->access, &t->d),
			 VCS_PUSH_REJECTED);
	assert_int_equal(t->d.error_count, 0);
	assert_int_equal(fetch(t, url, "+refs/hadeploy/state:refs/hadeploy/state"), VCS_FETCHED);
	assert_string_not_equal(tip(t, "refs/hadeploy/state"), tip(t, "refs/hadeploy/far/main"));
	assert_int_equal(sshd_shell("git -C '%s/near' fsck --strict", t->dir), 0);
}

static void files_are_fetched_and_pushed(void **state)
{
	struct two t;

	(void)state;
	set_up(&t, NULL);
	round_trip(&t);
	assert_int_equal(fetch(&t, "file:///nowhere/at/all", "+HEAD:refs/x/y"), VCS_FETCH_FAILED);
	assert_said(&t, DIAG_VCS_ABSENT, "there is no repository at file:///nowhere/at/all");
	assert_int_equal(fetch(&t, "https://u:hunter2@h x/r", "+HEAD:refs/x/y"), VCS_FETCH_FAILED);
	assert_said(&t, DIAG_VCS_URL, "blank");
	assert_null(strstr(t.d.first->summary, "hunter2"));
	tear_down(&t);
}

static void insteadof_is_heeded(void **state)
{
	struct two t;

	(void)state;
	set_up(&t, NULL);
	assert_int_equal(sshd_shell("git -C '%s/near' config 'url.file://%s/.insteadOf' "
				    "https://h.example/",
				    t.dir, t.dir),
			 0);
	vcs_close(t.r);
	t.r = NULL;
	assert_int_equal(vcs_open(arena_printf(t.a, "%s/near", t.dir), &t.r, &t.d), VCS_FOUND);
	assert_int_equal(fetch(&t, "https://h.example/far", "+HEAD:refs/x/y"), VCS_FETCHED);
	assert_int_equal(sshd_shell("git -C '%s/near' config url.http://evil.example/.insteadOf "
				    "https://h.example/f",
				    t.dir),
			 0);
	vcs_close(t.r);
	t.r = NULL;
	assert_int_equal(vcs_open(arena_printf(t.a, "%s/near", t.dir), &t.r, &t.d), VCS_FOUND);
	assert_int_equal(fetch(&t, "https://h.example/far", "+HEAD:refs/x/y"), VCS_FETCH_FAILED);
	assert_said(&t, DIAG_VCS_URL, "unencrypted");
	tear_down(&t);
}

static void ssh_fetches_and_pushes(void **state)
{
	struct sshd_fixture *s = *state;
	struct two t;

	if (!s->pid)
		skip();
	set_up(&t, s);
	round_trip(&t);
	assert_int_equal(
		fetch(&t,
		      arena_printf(t.a, "ssh://%s@%s:%d/nowhere", s->user, SSHD_ADDRESS, s->port),
		      "+HEAD:refs/x/y"),
		VCS_FETCH_FAILED);
	assert_said(&t, DIAG_VCS_ABSENT, "there is no repository at ssh://");
	assert_int_equal(
		sshd_shell("cd '%s/far/hooks' && printf '#!/bin/sh\nexit 1\n' >pre-receive "
			   "&& chmod +x pre-receive",
			   t.dir),
		0);
	diags_release(&t.d);
	assert_int_equal(vcs_push(t.r, far_url(&t), "refs/hadeploy/far/main:refs/heads/new",
				  &t.access, &t.d),
			 VCS_PUSH_FAILED);
	assert_said(&t, DIAG_VCS_REMOTE, "pre-receive hook declined");
	tear_down(&t);
}

static void unknown_and_changed_hosts_are_refused(void **state)
{
	struct sshd_fixture *s = *state;
	struct two t;
	const char *own;

	if (!s->pid)
		skip();
	set_up(&t, s);
	own = arena_printf(t.a, "%s/known", t.dir);
	t.access.known_hosts = own;
	assert_int_equal(fetch(&t, far_url(&t), "+HEAD:refs/x/y"), VCS_FETCH_FAILED);
	assert_said(&t, DIAG_VCS_HOST_KEY, "SHA256:");
	assert_said(&t, DIAG_VCS_HOST_KEY, "ssh-keyscan -t ed25519 -p ");
	assert_int_equal(sshd_shell("ssh-keygen -q -t ed25519 -N '' -f '%s/other' && "
				    "printf '[%s]:%d %%s\\n' \"$(cut -d' ' -f1,2 '%s/other.pub')\" "
				    ">'%s'",
				    t.dir, SSHD_ADDRESS, s->port, t.dir, own),
			 0);
	assert_int_equal(fetch(&t, far_url(&t), "+HEAD:refs/x/y"), VCS_FETCH_FAILED);
	assert_said(&t, DIAG_VCS_HOST_KEY, "HAS CHANGED");
	assert_int_equal(sshd_shell("cp '%s' '%s' && ssh-keygen -q -H -f '%s'",
				    sshd_path(s, "known"), own, own),
			 0);
	assert_int_equal(fetch(&t, far_url(&t), "+HEAD:refs/x/y"), VCS_FETCHED);
	tear_down(&t);
}

static void refused_keys_are_listed(void **state)
{
	struct sshd_fixture *s = *state;
	struct two t;

	if (!s->pid)
		skip();
	set_up(&t, s);
	assert_int_equal(sshd_shell("ssh-keygen -q -t ed25519 -N '' -f '%s/.ssh/id_ed25519' && "
				    "ssh-keygen -q -t ed25519 -N secret -f '%s/.ssh/id_ecdsa'",
				    t.dir, t.dir),
			 0);
	t.access.key_file = NULL;
	assert_int_equal(fetch(&t, far_url(&t), "+HEAD:refs/x/y"), VCS_FETCH_FAILED);
	assert_said(&t, DIAG_VCS_DENIED, "/.ssh/id_ed25519\n");
	assert_said(&t, DIAG_VCS_DENIED, "id_ecdsa: it has a passphrase, and none was given");
	assert_int_equal(sshd_shell("cp '%s' '%s/.ssh/id_rsa' && "
				    "ssh-keygen -q -p -N secret -f '%s/.ssh/id_rsa'",
				    sshd_path(s, "key"), t.dir, t.dir),
			 0);
	t.access.passphrase = "secret";
	assert_int_equal(fetch(&t, far_url(&t), "+HEAD:refs/x/y"), VCS_FETCHED);
	tear_down(&t);
}

/* A port that takes connections and never says a word. */
static int silent_port(int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static void silence_ends(void **state)
{
	static const char *const kinds[] = {"ssh://git@", "https://", "http://"};
	struct two t;
	int port, fd = silent_port(&port), stop = 1;

	(void)state;
	set_up(&t, NULL);
	t.access.silence_ms = 200;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const char *url = arena_printf(t.a, "%s127.0.0.1:%d/r", kinds[i], port);

		assert_int_equal(fetch(&t, url, "+HEAD:refs/x/y"), VCS_FETCH_UNREACHABLE);
		assert_said(&t, DIAG_VCS_UNREACHABLE, "fell silent in the middle");
	}
	t.access.silence_ms = 60000;
	t.access.stop = &stop;
	assert_int_equal(
		fetch(&t, arena_printf(t.a, "ssh://git@127.0.0.1:%d/r", port), "+HEAD:refs/x/y"),
		VCS_FETCH_UNREACHABLE);
	assert_said(&t, DIAG_VCS_UNREACHABLE, "was stopped");
	close(fd);
	t.access.stop = NULL;
	assert_int_equal(
		fetch(&t, arena_printf(t.a, "ssh://git@127.0.0.1:%d/r", port), "+HEAD:refs/x/y"),
		VCS_FETCH_UNREACHABLE);
	assert_said(&t, DIAG_VCS_UNREACHABLE, "Connection refused");
	assert_int_equal(fetch(&t, "https://no.such.host.invalid/r", "+HEAD:refs/x/y"),
			 VCS_FETCH_UNREACHABLE);
	assert_said(&t, DIAG_VCS_UNREACHABLE, "the host no.such.host.invalid is not found");
	tear_down(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_taken_apart),
		cmocka_unit_test(what_is_no_url_is_refused),
		cmocka_unit_test(files_of_repositories_are_taken_apart),
		cmocka_unit_test(files_are_fetched_and_pushed),
		cmocka_unit_test(insteadof_is_heeded),
		cmocka_unit_test(ssh_fetches_and_pushes),
		cmocka_unit_test(unknown_and_changed_hosts_are_refused),
		cmocka_unit_test(refused_keys_are_listed),
		cmocka_unit_test(silence_ends),
	};

	return cmocka_run_group_tests(tests, sshd_start, sshd_stop);
}
