/* fault.c - rules, counts, and the end of the process. */
#include "tests/fault/fault.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define RULES_MAX 8
#define EXIT_BAD_RULE 70
/* Two signals at once would be one. */
#define BETWEEN_SIGNALS_NS 3000000

enum action {
	ACTION_KILL,
	ACTION_POWER,
	ACTION_TEAR,
	ACTION_INT,
	ACTION_INT2,
	ACTION_INT3,
	ACTION_TERM,
	ACTION_EIO,
	ACTION_FULL,
	ACTION_SHORT
};

static const char *const action_names[] = {
	[ACTION_KILL] = "kill",   [ACTION_POWER] = "power", [ACTION_TEAR] = "tear",
	[ACTION_INT] = "int",     [ACTION_INT2] = "int2",   [ACTION_INT3] = "int3",
	[ACTION_TERM] = "term",   [ACTION_EIO] = "eio",     [ACTION_FULL] = "full",
	[ACTION_SHORT] = "short",
};

static const char *const point_names[] = {
	[POINT_CALL] = "call",
	[POINT_WRITE] = "write",
	[POINT_SYNC] = "sync",
	[POINT_READ] = "read",
};

static const char *const mutation_names[] = {
	[MUTATION_NONE] = "",
	[MUTATION_NO_BEGIN] = "no-begin",
	[MUTATION_NO_SYNC] = "no-sync",
	[MUTATION_NO_FIND] = "no-find",
};

struct rule {
	enum action action;
	enum fault_point point;
	unsigned long at;
	bool lasting;
};

/* What the environment asked for, and how far it came: one process, one fault. */
static struct {
	struct rule rules[RULES_MAX];
	size_t count;
	enum mutation mutation;
	int trace;
	atomic_ulong reached[POINT_COUNT], fired;
} fault = {.trace = -1};

/* --- reading the environment -------------------------------------------------------- */

static void refuse(const char *variable, const char *value)
{
	fprintf(stderr, "hadeploy-fault: %s='%s' is not understood\n", variable, value);
	_exit(EXIT_BAD_RULE);
}

static bool find_name(const char *const *names, size_t count, struct text name, int *out)
{
	for (size_t i = 0; i < count; i++) {
		if (text_is(name, names[i])) {
			*out = (int)i;
			return true;
		}
	}
	return false;
}

/* "kill@call:17", "eio@write:9+" */
static bool read_rule(struct text t, struct rule *out)
{
	struct text_split words = text_split_start(t);
	struct text word;
	int action, point;
	int64_t at;

	if (!text_next(&words, '@', &word) ||
	    !find_name(action_names, ARRAY_LEN(action_names), word, &action) ||
	    !text_next(&words, ':', &word) ||
	    !find_name(point_names, ARRAY_LEN(point_names), word, &point) ||
	    !text_next(&words, ':', &word) || !word.len)
		return false;
	out->lasting = word.ptr[word.len - 1] == '+';
	word.len -= out->lasting;
	if (!text_to_int64(word, 1, INT64_MAX, &at))
		return false;
	out->action = (enum action)action;
	out->point = (enum fault_point)point;
	out->at = (unsigned long)at;
	return true;
}

static void read_rules(const char *text)
{
	struct text_split rules = text_split_start(text_of(text));
	struct text t;

	while (text_next(&rules, ',', &t))
		if (fault.count == RULES_MAX || !read_rule(t, &fault.rules[fault.count++]))
			refuse("HADEPLOY_FAULT", text);
}

__attribute__((constructor)) static void fault_start(void)
{
	const char *rules = getenv("HADEPLOY_FAULT"), *word = getenv("HADEPLOY_MUTATE");
	const char *trace = getenv("HADEPLOY_FAULT_TRACE");
	int mutation = MUTATION_NONE;

	if (rules && *rules)
		read_rules(rules);
	if (word && !find_name(mutation_names, ARRAY_LEN(mutation_names), text_of(word), &mutation))
		refuse("HADEPLOY_MUTATE", word);
	fault.mutation = (enum mutation)mutation;
	if (trace)
		fault.trace = open(trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

__attribute__((destructor)) static void fault_report(void)
{
	const char *path = getenv("HADEPLOY_FAULT_REPORT");
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!f)
		return;
	fputc('{', f);
	for (size_t i = 0; i < POINT_COUNT; i++)
		fprintf(f, "\"%s\": %lu, ", point_names[i], atomic_load(&fault.reached[i]));
	fprintf(f, "\"fired\": %lu}\n", atomic_load(&fault.fired));
	fclose(f);
}

/* --- boundaries --------------------------------------------------------------------- */

static void trace(enum fault_point point, unsigned long n, const char *what)
{
	if (fault.trace >= 0)
		dprintf(fault.trace, "%s %lu %s\n", point_names[point], n, what);
}

static void interrupt(int times)
{
	struct timespec pause = {0, BETWEEN_SIGNALS_NS};

	kill(getpid(), SIGINT);
	while (--times > 0) {
		nanosleep(&pause, NULL);
		kill(getpid(), SIGINT);
	}
}

/* Nothing unwinds, nothing is flushed. */
static void die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static enum fault_answer act(enum action action, unsigned long n)
{
	atomic_fetch_add(&fault.fired, 1);
	switch (action) {
	case ACTION_POWER:
		fault_files_fail(0);
		die();
		break;
	case ACTION_TEAR:
		fault_files_fail(n);
		die();
		break;
	case ACTION_KILL:
		die();
		break;
	case ACTION_INT:
		interrupt(1);
		break;
	case ACTION_INT2:
		interrupt(2);
		break;
	case ACTION_INT3:
		interrupt(3);
		break;
	case ACTION_TERM:
		kill(getpid(), SIGTERM);
		break;
	case ACTION_EIO:
		return ANSWER_EIO;
	case ACTION_FULL:
		return ANSWER_FULL;
	case ACTION_SHORT:
		return ANSWER_SHORT;
	}
	return ANSWER_PASS;
}

enum fault_answer fault_reach(enum fault_point point, const char *what)
{
	unsigned long n = atomic_fetch_add(&fault.reached[point], 1) + 1;
	enum fault_answer answer = ANSWER_PASS;

	trace(point, n, what);
	for (size_t i = 0; i < fault.count; i++) {
		const struct rule *r = &fault.rules[i];

		if (r->point == point && (r->lasting ? n >= r->at : n == r->at))
			answer = act(r->action, n);
	}
	return answer;
}

bool fault_holds_back(void)
{
	for (size_t i = 0; i < fault.count; i++)
		if (fault.rules[i].action == ACTION_POWER || fault.rules[i].action == ACTION_TEAR)
			return true;
	return false;
}

enum mutation fault_mutation(void)
{
	return fault.mutation;
}
