/* cmd_runbook_check.c - runbook list, runbook check: what can be said before anything runs. */
#include "cli/cmd_runbook.h"

#include <string.h>

#include "base/vec.h"
#include "cli/execution.h"
#include "cli/view_execution.h"

int runbook_select(struct invocation *in, struct selection *out)
{
	(void)in;
	out->stacks = NULL;
	out->stack_count = 0;
	return 0;
}

struct given {
	VEC_OF(struct parameter_given)
};

static void add_option(struct invocation *in, struct given *all, enum option_id id,
		       const char *name)
{
	if (option_given(in->args, id))
		*arena_vec_add(in->arena, all) =
			(struct parameter_given){name, in->args->options[id].text};
}

void runbook_given(struct invocation *in, struct runbook_given *out)
{
	const struct option_value *pairs = &in->args->options[OPT_RUNBOOK_PARAM];
	struct given all = {0};

	for (size_t i = 0; i < pairs->count; i++) {
		const char *pair = pairs->items[i], *sign = strchr(pair, '=');

		*arena_vec_add(in->arena, &all) = (struct parameter_given){
			arena_strndup(in->arena, pair, (size_t)(sign - pair)), sign + 1};
	}
	add_option(in, &all, OPT_FROM, "From");
	add_option(in, &all, OPT_TO, "To");
	*out = (struct runbook_given){all.items, all.count};
}

/* --- list ---------------------------------------------------------------------------- */

/* The latest execution of each; those of drills too. */
static const struct execution_story *latest_of(struct invocation *in,
					       const struct execution_list *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++) {
		struct execution_story *s;

		if (strcmp(all->items[i].runbook, name) != 0)
			continue;
		s = ARENA_NEW(in->arena, struct execution_story);
		return execution_load(in, in->arena, &all->items[i], s, NULL) == 0 ? s : NULL;
	}
	return NULL;
}

/* What is wrong with one is told by check. */
static const struct procedure *load_quietly(struct invocation *in, const struct manifest *m,
					    const char *name)
{
	struct diags ignored = DIAGS_INIT;
	const struct procedure *p = runbook_load(in->arena, m, name, &ignored);

	diags_release(&ignored);
	return p;
}

static int run_list(struct invocation *in)
{
	const struct manifest *m = manifest_load(in->arena, in->dir, &in->diags);
	struct execution_list all = {NULL, 0};
	struct runbook_row *rows;

	if (!m || journal_load_executions(in->state, 0, in->arena, &all, &in->diags) != 0)
		return invocation_exit(in);
	rows = ARENA_ARRAY(in->arena, m->runbook_count + 1, struct runbook_row);
	for (size_t i = 0; i < m->runbook_count; i++) {
		const struct manifest_runbook *r = &m->runbooks[i];

		rows[i] = (struct runbook_row){r->name, r->path, load_quietly(in, m, r->name),
					       latest_of(in, &all, r->name)};
	}
	if (!m->runbook_count)
		in->view->show_done(in->view, "no_runbooks",
				    "The manifest has no Runbooks (docs/runbooks.md).");
	in->view->show_runbooks(in->view, &(struct runbook_rows){rows, m->runbook_count});
	return invocation_exit(in);
}

/* --- check --------------------------------------------------------------------------- */

struct checking {
	struct invocation *in;
	const struct procedure *procedure;
	struct runbook_given given;
	const struct readiness_records *records;
	struct {
		VEC_OF(const struct readiness *)
	} directions;
	bool refused;       /* with --strict: it is not ready */
	size_t possible;    /* directions */
	struct diags wrong; /* with the others */
};

static bool is_given(const struct runbook_given *g, const char *name)
{
	for (size_t i = 0; i < g->count; i++) {
		if (strcmp(g->items[i].name, name) == 0)
			return true;
	}
	return false;
}

/* One of several that cannot be is no reason to say nothing of the others. */
static struct readiness *look(struct checking *c, const struct readiness_question *q,
			      const struct direction *at)
{
	struct diags found = DIAGS_INIT;
	struct readiness *r = readiness_static(c->in->arena, q, &found);

	c->possible += r != NULL;
	if (!r && at && !runbook_wants(c->procedure, q->given)) {
		r = readiness_impossible(c->in->arena, q, at, &found);
		diags_take_new(&c->wrong, &found);
	} else {
		diags_take(&c->in->diags, &found);
	}
	return r;
}

/* NULL: as it is given. */
static int check_direction(struct checking *c, const struct direction *at)
{
	struct invocation *in = c->in;
	size_t count = c->given.count;
	struct parameter_given *all = ARENA_ARRAY(in->arena, count + 2, struct parameter_given);
	struct lock_owner here = engine_owner(in->arena, in->clock, "runbook check");
	const struct given_list given = {all, count + (at ? 2 : 0)};
	const struct manifest *m = engine_project(in->engine)->manifest;
	struct given_list whole;
	const struct readiness_question q = {m, c->procedure, &whole, here.host};
	struct readiness *r;

	if (count)
		memcpy(all, c->given.items, count * sizeof(*all));
	if (at) {
		all[count] = (struct parameter_given){"From", at->from};
		all[count + 1] = (struct parameter_given){"To", at->to};
	}
	runbook_given_for_look(in->arena, m, c->procedure, &given, &whole);
	r = look(c, &q, at);
	if (!r || readiness_recorded(c->records, r, &in->diags) != 0)
		return -1;
	if (option_given(in->args, OPT_LIVE) && readiness_live(in->engine, r, &in->diags) != 0)
		return -1;
	*(const struct readiness **)arena_vec_add(in->arena, &c->directions) = r;
	c->refused |= readiness_refuses(r);
	return 0;
}

/* Those that fit what --from or --to alone says. */
static bool fits(const struct checking *c, const struct direction *at)
{
	for (size_t i = 0; i < c->given.count; i++) {
		const struct parameter_given *g = &c->given.items[i];

		if ((strcmp(g->name, "From") == 0 && strcmp(g->value, at->from) != 0) ||
		    (strcmp(g->name, "To") == 0 && strcmp(g->value, at->to) != 0))
			return false;
	}
	return true;
}

/* What is chosen by direction is not given twice. */
static void forget_direction(struct runbook_given *g)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->count; i++) {
		if (strcmp(g->items[i].name, "From") != 0 && strcmp(g->items[i].name, "To") != 0)
			g->items[kept++] = g->items[i];
	}
	g->count = kept;
}

static int check_directions(struct checking *c)
{
	const struct manifest *m = engine_project(c->in->engine)->manifest;
	struct direction_list all;
	struct direction *some;
	size_t count = 0;
	int status = 0;

	runbook_directions(c->in->arena, m, c->procedure, &all);
	if (!all.count || (is_given(&c->given, "From") && is_given(&c->given, "To")))
		return check_direction(c, NULL);
	some = ARENA_ARRAY(c->in->arena, all.count, struct direction);
	for (size_t i = 0; i < all.count; i++) {
		if (fits(c, &all.items[i]))
			some[count++] = all.items[i];
	}
	if (!count)
		return check_direction(c, NULL);
	forget_direction(&c->given);
	for (size_t i = 0; i < count; i++) {
		if (check_direction(c, &some[i]) != 0)
			status = -1;
	}
	if (!c->possible) {
		diags_take_new(&c->in->diags, &c->wrong);
		status = -1;
	}
	diags_release(&c->wrong);
	return status;
}

/* Of all runbooks: what others run is looked at in them, and nobody has given values. */
static bool is_passed_over(struct checking *c, const struct manifest_runbook *r,
			   const struct runbook_parameter **wants)
{
	const struct manifest *m = engine_project(c->in->engine)->manifest;
	const struct given_list given = {c->given.items, c->given.count};
	struct given_list whole;

	if (!runbook_is_entry(c->in->arena, m, r))
		return true;
	runbook_given_for_look(c->in->arena, m, c->procedure, &given, &whole);
	*wants = runbook_wants(c->procedure, &whole);
	return *wants != NULL;
}

/* In a row of all of them. */
static int check_of_all(struct invocation *in, const struct manifest_runbook *r, bool *missed)
{
	const struct manifest *m = engine_project(in->engine)->manifest;
	struct checking c = {.in = in,
			     .procedure = runbook_load(in->arena, m, r->name, &in->diags)};
	struct runbook_check shown = {.name = r->name, .procedure = c.procedure};
	const struct runbook_parameter *wants = NULL;

	if (!c.procedure)
		return -1;
	runbook_given(in, &c.given);
	if (!is_passed_over(&c, r, &wants))
		return runbook_check_one(in, r->name, missed);
	shown.inner = !wants;
	shown.wants = wants ? wants->name : NULL;
	in->view->show_runbook_check(in->view, &shown);
	return 0;
}

int runbook_check_one(struct invocation *in, const char *name, bool *missed)
{
	const struct manifest *m = engine_project(in->engine)->manifest;
	struct checking c = {.in = in, .procedure = runbook_load(in->arena, m, name, &in->diags)};
	int status;

	if (!c.procedure)
		return -1;
	c.records = readiness_load(in->engine, &in->diags);
	if (!c.records)
		return -1;
	runbook_given(in, &c.given);
	status = check_directions(&c);
	*missed |= c.refused;
	if (status == 0)
		in->view->show_runbook_check(
			in->view, &(struct runbook_check){.name = name,
							  .procedure = c.procedure,
							  .directions = c.directions.items,
							  .direction_count = c.directions.count});
	return status;
}

static int run_check(struct invocation *in)
{
	const struct manifest *m = engine_project(in->engine)->manifest;
	const char *name = in->args->operand_count ? in->args->operands[0] : "all";
	bool missed = false;

	if (strcmp(name, "all") != 0 || manifest_runbook(m, "all"))
		runbook_check_one(in, name, &missed);
	else
		for (size_t i = 0; i < m->runbook_count; i++)
			check_of_all(in, &m->runbooks[i], &missed);
	if (!diags_failed(&in->diags) && missed && option_given(in->args, OPT_STRICT))
		return EXIT_REFUSED;
	return invocation_exit(in);
}

/* --- the commands -------------------------------------------------------------------- */

const struct command cmd_runbook_list = {
	.name = "runbook list",
	.group = GROUP_FAILOVER,
	.summary = "list the runbooks of the manifest",
	.operands = "",
	.help = "Each runbook with its description, its parameters, its objectives, and the latest "
		"execution of it with its result.",
	.examples = (const char *const[]){"hadeploy runbook list", "what there is to run", NULL},
	.options = (const enum option_id[]){OPT_JSON, OPT_END},
	.needs = NEED_STATE_READ,
	.run = run_list,
};

/* clang-format off */
static const char *const examples[] = {
	"hadeploy runbook check", "all, in each direction",
	"hadeploy runbook check failover --from east --to west --strict", "one direction, in CI",
	NULL,
};
/* clang-format on */

const struct command cmd_runbook_check = {
	.name = "runbook check",
	.group = GROUP_FAILOVER,
	.summary = "check runbooks, and predict how long they take",
	.operands = "[NAME|all]",
	.operand_max = 1,
	.help = "Reads a runbook, or all of them, with the runbooks that they run, and checks "
		"everything that can be known before it runs, for each direction between two "
		"regions, or for the one that --from and --to say: what it needs of the region "
		"that it leaves, what nobody fences, gates or measures, how the standby is "
		"recorded, and how long ago it was tried. Each direction has a score from 0 to "
		"100. From recorded durations the RTO is predicted along the critical path. With "
		"--live checks and hosts are asked as well. With --strict blockers, and an "
		"objective that 95 of 100 executions would not keep, are exit code 4.",
	.examples = examples,
	.options = (const enum option_id[]){OPT_FROM, OPT_TO, OPT_RUNBOOK_PARAM, OPT_STRICT,
					    OPT_LIVE, OPT_JSON, OPT_END},
	.needs = NEED_ENGINE,
	.select = runbook_select,
	.run = run_check,
};
