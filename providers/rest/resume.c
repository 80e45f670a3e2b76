#include "providers/rest/resume.h"

#include <string.h>

#include "providers/rest/run.h"
#include "providers/rest/shape.h"

size_t resume_step(const struct operation *create)
{
	for (size_t i = 0; i < create->step_count; i++) {
		if (create->steps[i].id.source.ptr)
			return i + 1;
	}
	return create->step_count;
}

static bool names(struct text source, const char *word)
{
	return source.ptr && memmem(source.ptr, source.len, word, strlen(word));
}

static bool looks_back(const struct step *s)
{
	const struct text all[] = {s->request.source, s->when.source,   s->for_each.source,
				   s->until.source,   s->failed.source, s->id.source,
				   s->keep.source};
	bool looks = false;

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		looks |= names(all[i], "$steps") || names(all[i], "$kept");
	return looks;
}

bool resume_can(const struct rest_call *c)
{
	const struct operation *create = &c->t->operations[OPERATION_CREATE];
	size_t first = resume_step(create);
	bool can = create->given && first < create->step_count;

	for (size_t i = first; can && i < create->step_count; i++)
		can = !looks_back(&create->steps[i]);
	return can && !call_missing_secret(c, create, first);
}

/* Words that bring the operation's key into a request, also by way of a function. */
static bool names_key(struct text source)
{
	static const char *const words[] = {"$key", "$name", "generated", "made_tags"};
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		found |= names(source, words[i]);
	return found;
}

static bool sends_key(const struct definition *t)
{
	const struct operation *create = &t->operations[OPERATION_CREATE];
	bool sends = names_key(t->functions) || names_key(t->service.functions) ||
		     names_key(t->service.headers.source);

	for (size_t i = 0; i < create->step_count; i++)
		sends |= names_key(create->steps[i].request.source);
	return sends;
}

bool resume_repeatable(const struct rest_call *c)
{
	return sends_key(c->t) || shape_is_named(c->shape, c->recorded);
}

int resume_create(struct rest_call *c)
{
	const struct operation *create = &c->t->operations[OPERATION_CREATE];
	struct run x;
	int status;

	if (run_open(&x, c, create, RUN_CREATE) < 0) {
		status = call_fail(c);
	} else {
		x.at.step = resume_step(create);
		x.changed = true;
		run_pause(&x, 0);
		status = token_give(&x);
	}
	run_close(&x);
	return status;
}
