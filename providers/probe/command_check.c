/* command_check.c - a command on this machine whose exit code says whether all is well. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/vec.h"
#include "providers/probe/check.h"

#define WORDS_MAX 1000
#define LINE_LEN ((size_t)200)
#define SECRET_LEN 8 /* shorter values are in too many words by chance */
/* What a shell ends with when there is no such program, or it may not be run. */
#define NOT_RUNNABLE 126
#define NOT_FOUND 127
#define USUAL_PATH "/usr/local/bin:/usr/bin:/bin"

struct command {
	struct check *c;
	struct {
		VEC_OF(char *)
	} argv, envp;     /* end with NULL once all is read */
	const char *path; /* PATH of the command */
	const char *program;
	const char *input;
};

/* --- what is asked for -------------------------------------------------------------------- */

static void add_word(struct command *m, const char *word)
{
	*arena_vec_add(m->c->arena, &m->argv) = (char *)(uintptr_t)word;
}

/* A text is for the shell; a list is the program and its arguments. */
static int read_words(struct command *m)
{
	static const char why[] = "it is a text for sh, or a list: the program and its arguments";
	const json_t *value = json_object_get(m->c->args, "Command");
	json_t *item;
	size_t i;

	if (json_is_string(value)) {
		add_word(m, "/bin/sh");
		add_word(m, "-c");
		add_word(m, json_string_value(value));
	}
	if (json_array_size(value) > WORDS_MAX)
		return check_refuse(m->c, "Command", why);
	json_array_foreach(value, i, item)
	{
		const char *word = check_scalar(m->c->arena, item);

		if (!word)
			return check_refuse(m->c, "Command", why);
		add_word(m, word);
	}
	if (!m->argv.count || !m->argv.items[0][0])
		return check_refuse(m->c, "Command", why);
	return 0;
}

static void add_variable(struct command *m, const char *name, const char *value)
{
	if (value)
		*arena_vec_add(m->c->arena, &m->envp) =
			arena_printf(m->c->arena, "%s=%s", name, value);
}

static bool is_name(const char *name)
{
	return *name && !strpbrk(name, "= \t\r\n");
}

/* Nothing of ours but where programs and the user's files are. */
static int read_environment(struct command *m)
{
	const struct probe_settings *s = &m->c->session->settings;
	const json_t *map = json_object_get(m->c->args, "Environment");
	const char *name, *own = check_scalar(m->c->arena, json_object_get(map, "PATH"));
	json_t *value;

	m->path = own ? own : getenv("PATH") ? getenv("PATH") : USUAL_PATH;
	add_variable(m, "PATH", m->path);
	if (!json_object_get(map, "HOME"))
		add_variable(m, "HOME", getenv("HOME"));
	add_variable(m, "HADEPLOY_PROJECT", s->project);
	add_variable(m, "HADEPLOY_REGION", s->region);
	add_variable(m, "HADEPLOY_ACCOUNT", s->account);
	if (map && !json_is_object(map))
		return check_refuse(m->c, "Environment", "it maps names to texts");
	json_object_foreach((json_t *)map, name, value)
	{
		const char *text = check_scalar(m->c->arena, value);

		if (!is_name(name) || !text || strncmp(name, "HADEPLOY_", 9) == 0)
			return check_refuse(m->c, "Environment",
					    "it maps names to texts; names that begin with "
					    "HADEPLOY_ are taken");
		if (strcmp(name, "PATH") != 0)
			add_variable(m, name, text);
	}
	return 0;
}

/* --- the program ---------------------------------------------------------------------------- */

static bool is_there(const struct command *m, const char *program)
{
	const char *folder = m->c->session->settings.project_dir;

	return access(path_join(m->c->arena, folder, program), X_OK) == 0;
}

/* As a shell finds it, with the PATH that the command has. */
static int find_program(struct command *m)
{
	struct text_split folders = text_split_start(text_of(m->path));
	const char *word = m->argv.items[0];
	struct text folder;

	m->program = strchr(word, '/') ? word : NULL;
	while (!m->program && text_next(&folders, ':', &folder)) {
		const char *path = arena_printf(m->c->arena, "%.*s%s%s", TEXT_ARG(folder),
						folder.len ? "/" : "./", word);

		m->program = is_there(m, path) ? path : NULL;
	}
	if (m->program && is_there(m, m->program))
		return 0;
	fault_set(&m->c->fault, HD_FATAL, DIAG_PROBE_COMMAND, "there is no program '%s' to run",
		  word);
	if (strchr(word, '/'))
		fault_detail(&m->c->fault, "relative paths begin at the project's folder");
	else
		fault_detail(&m->c->fault, "looked for in %s", m->path);
	return -1;
}

/* --- running it ----------------------------------------------------------------------------- */

static int64_t left_ms(void *context)
{
	return check_left_ms(context);
}

static int refuse_start(struct command *m, int error)
{
	bool crowded = error == EAGAIN || error == EMFILE || error == ENFILE || error == ENOMEM;

	fault_set(&m->c->fault, crowded ? HD_RETRY : HD_FATAL, DIAG_PROBE_COMMAND,
		  "program '%s' cannot be started", m->argv.items[0]);
	fault_detail(&m->c->fault, "%s", strerror(error));
	if (error == ENOENT || error == ENOEXEC)
		fault_hint(&m->c->fault, "a script begins with a line such as #!/bin/sh, and the "
					 "program named there must exist");
	return -1;
}

/* A value of Environment that is long enough to be a secret is none of anybody's business. */
static void hide(const struct command *m, struct str *said)
{
	const json_t *map = json_object_get(m->c->args, "Environment");
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)map, name, value)
	{
		const char *text = json_string_value(value);

		if (said->ptr && text && strlen(text) >= SECRET_LEN)
			said->len = text_cover(said->ptr, said->len, text);
	}
}

/* The last line that is not empty. */
static const char *last_line(const struct command *m, struct str *said)
{
	struct text_split lines;
	struct text line, last = TEXT_LIT("");

	hide(m, said);
	lines = text_split_start(str_text(said));
	while (text_next(&lines, '\n', &line)) {
		if (text_trim(line).len)
			last = text_trim(line);
	}
	/* Its end: what was cut off at the front may have been a part of something hidden. */
	if (last.len > LINE_LEN)
		last = (struct text){last.ptr + last.len - LINE_LEN, LINE_LEN};
	return check_foreign(m->c->arena, last, NULL);
}

static const char *signal_name(struct arena *a, int number)
{
	const char *name = sigabbrev_np(number);

	return name ? arena_printf(a, "SIG%s", name) : arena_printf(a, "signal %d", number);
}

static int judge(struct command *m, struct process_result *r)
{
	struct check *c = m->c;
	const char *line = last_line(m, &r->tail), *sep = *line ? ": " : "";
	long long ms = (long long)check_passed_ms(c);
	char limit[CLOCK_TEXT_LEN];

	switch (r->end) {
	case PROCESS_EXITED:
		if (r->number == NOT_RUNNABLE || r->number == NOT_FOUND)
			return check_say_unasked(c, "exit %d in %lld ms%s%s", r->number, ms, sep,
						 line);
		if (r->number)
			return check_say_no(c, "exit %d in %lld ms%s%s", r->number, ms, sep, line);
		return check_say(c, true, "exit 0 in %lld ms%s%s", ms, sep, line);
	case PROCESS_SIGNALLED:
		return check_say_unasked(c, "ended by %s in %lld ms%s%s",
					 signal_name(c->arena, r->number), ms, sep, line);
	case PROCESS_TOO_LONG:
		clock_format_duration(c->timeout_ms, limit);
		return check_say(c, false, "not over within %s, killed%s%s", limit, sep, line);
	case PROCESS_STOPPED:
		break;
	}
	return check_stopped(c);
}

static int carry_out(struct command *m)
{
	struct process_order o = {
		.path = m->program,
		.argv = m->argv.items,
		.envp = m->envp.items,
		.folder = m->c->session->settings.project_dir,
		.input = m->input ? text_of(m->input) : (struct text){NULL, 0},
		.left_ms = left_ms,
		.stop = check_stop,
		.context = m->c,
	};
	struct process_result r;
	int answer;

	if (run_to_end(&o, &r) < 0)
		return refuse_start(m, errno);
	answer = judge(m, &r);
	str_release(&r.tail);
	str_release(&r.errors);
	return answer;
}

int check_run(struct check *c, const char *input)
{
	struct command m = {.c = c, .input = input};

	if (read_words(&m) < 0 || read_environment(&m) < 0 || find_program(&m) < 0)
		return -1;
	*arena_vec_add(c->arena, &m.argv) = NULL;
	*arena_vec_add(c->arena, &m.envp) = NULL;
	return carry_out(&m);
}

int check_command(struct check *c)
{
	return check_run(c, NULL);
}
