/* login.c - credentials: the agent's and files' keys for ssh, user and token for https. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "vcs/remote_parts.h"

#define KEY_MAX_LEN 65536
#define SECRET_MAX_LEN 65536
/* A person may have to look the password up. */
#define ASK_MS 120000

extern char **environ;

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* --- ssh --- */

static bool agent_answers(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = setting("SSH_AUTH_SOCK");
	bool answers;
	int fd;

	if (!path || strlen(path) >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	answers = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return answers;
}

enum key_kind { KEY_NONE, KEY_PLAIN, KEY_ENCRYPTED };

/* OpenSSH's own form names the cipher right behind its magic word: "none" in base 64. */
static enum key_kind kind_of(struct text bytes)
{
	static const char open[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
	static const char plain[] = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU";
	const char *start = memmem(bytes.ptr, bytes.len, open, strlen(open));
	struct text body;

	if (!start) {
		if (!memmem(bytes.ptr, bytes.len, " PRIVATE KEY-----", 17))
			return KEY_NONE;
		return memmem(bytes.ptr, bytes.len, "ENCRYPTED", 9) ? KEY_ENCRYPTED : KEY_PLAIN;
	}
	start += strlen(open);
	body = text_trim((struct text){start, bytes.len - (size_t)(start - bytes.ptr)});
	return text_starts(body, plain) ? KEY_PLAIN : KEY_ENCRYPTED;
}

static int read_kind(const char *path, enum key_kind *kind)
{
	struct str bytes = STR_INIT;
	int error = 0;

	*kind = KEY_NONE;
	if (file_read(path, KEY_MAX_LEN, &bytes) < 0)
		error = errno;
	else
		*kind = kind_of(str_text(&bytes));
	if (bytes.ptr)
		explicit_bzero(bytes.ptr, bytes.len);
	str_release(&bytes);
	return error;
}

static int unusable(struct vcs_talk *t, const char *path, const char *why, const char *hint)
{
	struct diag *g = diag_add(t->d, DIAG_VCS_DENIED, RANGE_NONE,
				  "the key file %s cannot be used: %s", path, why);

	diag_hint(t->d, g, "%s", hint);
	vcs_talk_trouble(t, VCS_LOGIN_UNUSABLE, NULL);
	return GIT_EUSER;
}

/* 1: not this one. */
static int offer_key(struct vcs_talk *t, const char *path, bool required, const char *user,
		     git_credential **out)
{
	const char *passphrase = t->access->passphrase;
	enum key_kind kind;
	const int error = read_kind(path, &kind);

	if (error && !required)
		return 1;
	if (error)
		return unusable(t, path, strerror(error),
				"HADEPLOY_GIT_KEY names a file with a private key");
	if (kind == KEY_NONE && required)
		return unusable(t, path, "it holds no private key",
				"HADEPLOY_GIT_KEY names a file with a private key, not the .pub");
	if (kind == KEY_ENCRYPTED && !passphrase) {
		str_printf(&t->tried, "key file %s: it has a passphrase, and none was given\n",
			   path);
		return 1;
	}
	if (kind == KEY_NONE)
		return 1;
	str_printf(&t->tried, "key file %s\n", path);
	return git_credential_ssh_key_new(out, user, NULL, path, passphrase);
}

/* The agent, or one of the files; `turn` counts from 0.  1: not this one. */
static int offer_turn(struct vcs_talk *t, size_t turn, const char *user, git_credential **out)
{
	static const char *const usual[] = {"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa",
					    "~/.ssh/id_rsa"};
	const char *given = t->access->key_file;
	const size_t agent_turn = given ? 1 : 0;

	if (given && turn == 0)
		return offer_key(t, path_expand_home(t->arena, given), true, user, out);
	if (turn == agent_turn) {
		if (!agent_answers()) {
			str_add(&t->tried, "agent: none answers at SSH_AUTH_SOCK\n");
			return 1;
		}
		str_add(&t->tried, "the agent's keys\n");
		return git_credential_ssh_key_from_agent(out, user);
	}
	turn -= agent_turn + 1;
	if (given || turn >= ARRAY_LEN(usual))
		return GIT_EAUTH;
	return offer_key(t, path_expand_home(t->arena, usual[turn]), false, user, out);
}

static int offer_ssh(struct vcs_talk *t, const char *user, git_credential **out)
{
	int answer;

	do
		answer = offer_turn(t, t->asked++, user, out);
	while (answer == 1);
	if (answer == GIT_EAUTH)
		vcs_talk_trouble(t, VCS_DENIED, NULL);
	return answer;
}

static int own_name(struct vcs_talk *t, git_credential **out)
{
	char memory[4096];
	struct passwd entry, *found = NULL;

	getpwuid_r(geteuid(), &entry, memory, sizeof(memory), &found);
	str_printf(&t->tried, "user %s (the URL names none)\n", found ? found->pw_name : "git");
	return git_credential_username_new(out, found ? found->pw_name : "git");
}

/* --- https --- */

/* HADEPLOY_GIT_TOKEN_GIT_EXAMPLE_ORG of git.example.org goes before HADEPLOY_GIT_TOKEN. */
static const char *host_setting(struct vcs_talk *t, const char *name)
{
	char *own = arena_printf(t->arena, "%s_%s", name, t->url.host);
	const char *value;

	for (char *p = own + strlen(name); *p; p++)
		*p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
	value = setting(own);
	return value ? value : setting(name);
}

static int read_answer(int fd, int64_t deadline_ms, struct str *out)
{
	for (;;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		const int64_t left = deadline_ms - vcs_now_ms();
		ssize_t got;

		if (left <= 0 || (poll(&wait, 1, (int)left) < 0 && errno != EINTR))
			return -1;
		if (!wait.revents)
			continue;
		got = read(fd, str_reserve(out, 4096), 4096);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -1 : 0;
		str_grown(out, (size_t)got);
		if (out->len > SECRET_MAX_LEN)
			return -1;
	}
}

static int start_program(const char *program, const char *prompt, int write_fd, pid_t *pid)
{
	char *const argv[] = {(char *)program, (char *)prompt, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int error;

	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, write_fd, STDOUT_FILENO);
	error = posix_spawnp(pid, program, &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return error;
}

/* One line that the user's program writes; false when there is none. */
static bool ask_program(const char *program, const char *prompt, struct str *out)
{
	int fds[2], status = 0, read_all = -1;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	if (start_program(program, prompt, fds[1], &pid) == 0) {
		close(fds[1]);
		fds[1] = -1;
		read_all = read_answer(fds[0], vcs_now_ms() + ASK_MS, out);
		if (read_all < 0)
			kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
	}
	close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
	str_truncate(out, strcspn(str_cstr(out), "\r\n"));
	return read_all == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && out->len;
}

static const char *prompt_for(struct vcs_talk *t, const char *what, const char *user)
{
	const char *place = vcs_public_url(t->arena, t->url.text);

	return user ? arena_printf(t->arena, "%s for '%s' as %s: ", what, place, user)
		    : arena_printf(t->arena, "%s for '%s': ", what, place);
}

/* 1: there is no such program, or it has no answer. */
static int offer_asked(struct vcs_talk *t, const char *user, git_credential **out)
{
	const char *program = setting("GIT_ASKPASS");
	struct str name = STR_INIT, secret = STR_INIT;
	int answer = 1;

	if (!program)
		program = setting("SSH_ASKPASS");
	if (!program || !t->access->ask)
		return 1;
	str_printf(&t->tried, "%s (GIT_ASKPASS)\n", program);
	if (user)
		str_add(&name, user);
	if ((user || ask_program(program, prompt_for(t, "Username", NULL), &name)) &&
	    ask_program(program, prompt_for(t, "Password", str_cstr(&name)), &secret))
		answer = git_credential_userpass_plaintext_new(out, str_cstr(&name),
							       str_cstr(&secret));
	if (secret.ptr)
		explicit_bzero(secret.ptr, secret.len);
	str_release(&name);
	str_release(&secret);
	return answer;
}

/* Once the token, once the program: a second answer would be the same. */
static int offer_password(struct vcs_talk *t, const char *user, git_credential **out)
{
	const char *token = host_setting(t, "HADEPLOY_GIT_TOKEN");
	const char *named = host_setting(t, "HADEPLOY_GIT_USER");
	int answer = 1;

	if (named)
		user = named;
	if (t->asked == 0 && token) {
		str_printf(&t->tried, "user %s with the token of HADEPLOY_GIT_TOKEN\n",
			   user ? user : "git");
		t->asked = 1;
		return git_credential_userpass_plaintext_new(out, user ? user : "git", token);
	}
	if (t->asked < 2) {
		t->asked = 2;
		answer = offer_asked(t, user, out);
	}
	if (answer != 1)
		return answer;
	vcs_talk_trouble(t, VCS_DENIED, NULL);
	return GIT_EAUTH;
}

int vcs_log_in(git_credential **out, const char *url, const char *user, unsigned int allowed,
	       void *talk)
{
	struct vcs_talk *t = talk;

	(void)url; /* as it was given, with a password perhaps */
	if (allowed & GIT_CREDENTIAL_USERNAME)
		return own_name(t, out);
	if (t->url.scheme == VCS_SSH && (allowed & GIT_CREDENTIAL_SSH_KEY))
		return offer_ssh(t, user, out);
	if (t->url.scheme != VCS_SSH && (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT))
		return offer_password(t, user, out);
	str_add(&t->tried, "nothing: the host offers no way of logging in that is known here\n");
	vcs_talk_trouble(t, VCS_DENIED, NULL);
	return GIT_EAUTH;
}
