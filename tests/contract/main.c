/*
 * main.c - the contract suite as a program:
 *
 *	contract [--check NAME] PROVIDER|PLUGIN.so SPEC
 *	contract --talk PROVIDER		(talk.c)
 *
 * Every check that fails is one line with provider, type, check, what was expected and what
 * came.  Exit code 0: all hold; 1: some do not; 64: it could not begin.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/plugin.h"
#include "providers/builtin.h"
#include "tests/contract/contract.h"

#define EXIT_USAGE 64
#define GOT_LEN 500

bool wanted(const struct suite *s, const char *check)
{
	return !s->only || !strncmp(s->only, check, strlen(check)) ||
	       !strncmp(check, s->only, strlen(s->only));
}

bool is_excepted(const struct type_spec *t, const char *check)
{
	for (size_t i = 0; t && i < json_array_size(t->except); i++) {
		if (!strcmp(json_string_value(json_array_get(t->except, i)), check))
			return true;
	}
	return false;
}

bool claim_check(const struct claim *c, const char *got_format, ...)
{
	struct suite *s = c->s;
	char got[GOT_LEN];
	va_list ap;

	if ((s->only && strcmp(s->only, c->check) != 0) || is_excepted(c->t, c->check))
		return c->holds;
	va_start(ap, got_format);
	vsnprintf(got, sizeof(got), got_format, ap);
	va_end(ap);
	pthread_mutex_lock(&s->lock);
	s->passed += c->holds;
	s->failed += !c->holds;
	if (!c->holds)
		printf("FAIL %s %s %s: expected %s, got %s\n", s->provider, c->t ? c->t->name : "-",
		       c->check, c->expected, got);
	pthread_mutex_unlock(&s->lock);
	return c->holds;
}

static const struct hd_provider *builtin(const char *name)
{
	for (const struct hd_provider *const *p = builtin_providers; *p; p++) {
		if (!strcmp((*p)->name, name))
			return *p;
	}
	return NULL;
}

static int load(struct suite *s, struct plugin *p, const char *name)
{
	struct diags d = DIAGS_INIT;
	int rc = 0;

	s->provider = name;
	s->table = builtin(name);
	if (!s->table) {
		rc = plugin_open(p, strchr(name, '/') ? name : arena_printf(s->a, "./%s", name),
				 name, RANGE_NONE, &d);
		s->table = p->table;
	}
	for (const struct diag *g = d.first; g; g = g->next)
		fprintf(stderr, "%s: %s\n", g->summary, g->detail ? g->detail : "");
	diags_release(&d);
	return rc;
}

static void run(struct suite *s)
{
	for (size_t i = 0; i < s->type_count; i++) {
		const struct type_spec *t = &s->types[i];

		check_life(s, t);
		check_world(s, t);
		check_cancel(s, t);
		check_sessions(s, t);
		check_threads(s, t);
	}
	check_leaks(s);
}

static int run_all(struct suite *s)
{
	s->session = suite_session(s);
	if (!s->session)
		return EXIT_USAGE;
	run(s);
	if (s->session)
		s->table->close(s->session);
	printf("%s: %zu checks held, %zu failed\n", s->provider, s->passed, s->failed);
	return s->failed ? 1 : 0;
}

static int start_talk(struct suite *s, const char *provider)
{
	struct plugin plugin = {NULL, NULL};
	int code = load(s, &plugin, provider) == 0 ? talk(s) : EXIT_USAGE;

	plugin_close(&plugin);
	return code;
}

static int start(struct suite *s, const char *provider, const char *spec)
{
	struct plugin plugin = {NULL, NULL};
	int code = EXIT_USAGE;

	if (load(s, &plugin, provider) == 0 && spec_load(s, spec) == 0)
		code = run_all(s);
	spec_release(s);
	/* A plugin that left threads behind would have them run in what is not there any more. */
	if (!s->failed)
		plugin_close(&plugin);
	return code;
}

int main(int argc, char **argv)
{
	struct suite s = {.a = arena_new()};
	int code;

	if (argc > 2 && !strcmp(argv[1], "--check")) {
		s.only = argv[2];
		argc -= 2;
		argv += 2;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: contract [--check NAME] PROVIDER|PLUGIN.so SPEC\n");
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	pthread_mutex_init(&s.lock, NULL);
	clock_random_hex(clock_real(), 6, s.run);
	code = strcmp(argv[1], "--talk") == 0 ? start_talk(&s, argv[2])
					      : start(&s, argv[1], argv[2]);
	arena_free(s.a);
	return code;
}
