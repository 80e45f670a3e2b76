/*
 * cmd_runbook_run.c - begins an execution of a runbook, or goes on with one: runbook run, runbook
 * drill, failover, failback.
 */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/vec.h"
#include "cli/ask_step.h"
#include "cli/cmd_runbook.h"
#include "cli/execution.h"
#include "cli/out_file.h"
#include "cli/request.h"
#include "cli/view_execution.h"
#include "cli/view_report.h"
#include "cli/view_text.h"

struct runbook_asks {
	VEC_OF(struct execution_ask)
};

/* What is to be run. */
struct order {
	struct invocation *in;
	const char *runbook;
	struct runbook_given given;
	enum execution_kind kind;
	const char *resume;                /* NULL: a new one */
	struct runbook_asks asks;          /* of the one that is gone on with */
	const struct execution_row *ended; /* for --junit */
};

/* --- what is asked for -------------------------------------------------------------------- */

/* Recorded state is looked at and given back before the engine's own handle works. */
static int with_state(struct invocation *in, int (*look)(struct order *o), struct order *o)
{
	int status = -1;

	in->state = engine_state_open(in->dir, STATE_READ, in->clock, &in->diags);
	if (in->state)
		status = look(o);
	state_close(in->state);
	in->state = NULL;
	return status;
}

struct given {
	VEC_OF(struct parameter_given)
};

static const char *text_of_value(struct arena *a, const json_t *value)
{
	return json_is_string(value) ? arena_strdup(a, json_string_value(value))
				     : json_text(a, value);
}

static void take_parameters(struct order *o, const char *json)
{
	struct arena *a = o->in->arena;
	json_t *all = json_parse(text_of(json), a, NULL), *value;
	struct given given = {0};
	const char *name;

	json_object_foreach(all, name, value) * arena_vec_add(a, &given) =
		(struct parameter_given){arena_strdup(a, name), text_of_value(a, value)};
	json_decref(all);
	o->given = (struct runbook_given){given.items, given.count};
}

static void ask_for(struct order *o, enum execution_request request, const char *step)
{
	struct invocation *in = o->in;
	const struct option_value *reason = &in->args->options[OPT_REASON];
	const struct option_value *fenced = &in->args->options[OPT_FENCED];
	bool by_person = request == REQUEST_SKIP && fenced->count;

	*(struct execution_ask *)arena_vec_add(in->arena, &o->asks) = (struct execution_ask){
		.request = request,
		.step = step,
		.reason = by_person       ? fenced->text
			  : reason->count ? reason->text
					  : "",
		.text = by_person ? "fenced" : "",
		.by = engine_owner(in->arena, in->clock, in->command->name),
	};
}

static void take_asks(struct order *o)
{
	const struct option_value *all = o->in->args->options;

	if (all[OPT_UNGRACEFUL].count)
		ask_for(o, REQUEST_UNGRACEFUL, "");
	for (size_t i = 0; i < all[OPT_SKIP_STEP].count; i++)
		ask_for(o, REQUEST_SKIP, all[OPT_SKIP_STEP].items[i]);
	for (size_t i = 0; i < all[OPT_RETRY_STEP].count; i++)
		ask_for(o, REQUEST_RETRY, all[OPT_RETRY_STEP].items[i]);
}

/* What an execution was begun with holds until its end. */
static int check_resumed(struct order *o)
{
	struct invocation *in = o->in;
	struct diag *g;

	if (!o->given.count && !option_given(in->args, OPT_SINCE))
		return 0;
	g = diag_add(&in->diags, DIAG_EXECUTION_RESUME, RANGE_NONE,
		     o->given.count ? "an execution goes on with the parameters it began with"
				    : "the clock of an execution runs since it began");
	diag_hint(&in->diags, g,
		  o->given.count ? "leave --param, --from and --to away" : "leave --since away");
	return -1;
}

/* The operand is an id; a runbook is named only where a new execution begins. */
static int look_for_resumed(struct order *o)
{
	struct invocation *in = o->in;
	struct execution_row r;

	if (execution_find_resumable(in, in->args->operand_count ? in->args->operands[0] : NULL,
				     &r) != 0)
		return -1;
	if (check_resumed(o) != 0)
		return -1;
	take_asks(o);
	o->runbook = r.runbook;
	o->kind = r.kind;
	o->resume = r.id;
	take_parameters(o, r.parameters);
	return 0;
}

static int64_t since_ms(struct invocation *in, int *status)
{
	const struct option_value *since = &in->args->options[OPT_SINCE];
	int64_t now_ms = in->clock->wall_ms(in->clock);
	int64_t at_ms = since->number < 0 ? now_ms + since->number : since->number;

	if (!since->count)
		return 0;
	if (at_ms > now_ms) {
		diag_add(&in->diags, DIAG_SINCE_FUTURE, RANGE_NONE,
			 "--since '%s' lies in the future", since->text);
		*status = -1;
	}
	return at_ms ? at_ms : now_ms;
}

static int fill(struct order *o, struct conduct_request *q)
{
	struct invocation *in = o->in;
	const struct option_value *approve = &in->args->options[OPT_APPROVE];
	int status = 0;

	*q = (struct conduct_request){
		.runbook = o->runbook,
		.parameters = o->given.items,
		.parameter_count = o->given.count,
		.kind = o->kind,
		.grace = option_given(in->args, OPT_UNGRACEFUL) ? STEP_UNGRACEFUL : STEP_GRACEFUL,
		.resume = o->resume,
		.since_ms = since_ms(in, &status),
		.reason = in->args->options[OPT_REASON].text,
		.accept_data_loss = in->args->options[OPT_ACCEPT_DATA_LOSS].text,
		.override_blockers = in->args->options[OPT_OVERRIDE_BLOCKERS].text,
		.override_policy = in->args->options[OPT_OVERRIDE_POLICY].text,
		.override_execution = in->args->options[OPT_OVERRIDE_EXECUTION].text,
		.approve = approve->items,
		.approve_count = approve->count,
		.asks = o->asks.items,
		.ask_count = o->asks.count,
		.strict = option_given(in->args, OPT_STRICT),
		.hold_on_failure = invocation_can_ask(in),
		.request = request_text(in),
	};
	return status;
}

/* --- its run ------------------------------------------------------------------------------ */

static void add_asks(struct str *out, const struct order *o)
{
	for (size_t i = 0; i < o->asks.count; i++) {
		const struct execution_ask *q = &o->asks.items[i];

		if (*q->step)
			str_printf(out, ", %s ", request_name(q->request));
		shown_text(out, text_of(q->step));
	}
}

static void add_question(struct str *out, const struct order *o)
{
	str_add(out, o->resume ? "Go on with execution " : "Run ");
	if (o->resume)
		str_printf(out, "%s of ", o->resume);
	str_add(out, o->runbook);
	if (o->kind != EXECUTION_REAL)
		str_printf(out, " as a drill (%s)", execution_kind_name(o->kind));
	for (size_t i = 0; i < o->given.count; i++)
		str_printf(out, "%s%s=%s", i ? ", " : " with ", o->given.items[i].name,
			   o->given.items[i].value);
	str_add(out, option_given(o->in->args, OPT_UNGRACEFUL) ? ", ungraceful" : "");
	add_asks(out, o);
	str_add(out, "? Only 'yes' is accepted: ");
}

static bool is_approved(const struct order *o)
{
	struct str question = STR_INIT;
	bool approved;

	add_question(&question, o);
	approved = invocation_approve(o->in, str_cstr(&question), NULL);
	str_release(&question);
	return approved;
}

static bool is_missed(const struct objective_story *o)
{
	return o->known && o->objective_ms && !o->met;
}

static int exit_of(struct invocation *in, int status, const struct conduct_result *r)
{
	bool missed = is_missed(&r->story.rto) || is_missed(&r->story.rpo);

	if (r->interrupted)
		return EXIT_INTERRUPTED;
	if (r->declined || r->refused || (missed && option_given(in->args, OPT_STRICT)))
		return EXIT_REFUSED;
	if (r->story.row.id)
		return execution_exit(&r->story, NULL);
	return status == 0 ? EXIT_DONE : invocation_exit(in);
}

static int write_junit(struct order *o)
{
	struct invocation *in = o->in;
	const char *path = in->args->options[OPT_JUNIT].text;
	struct journal_list entries;
	struct str text = STR_INIT;
	struct report r;

	if (journal_load_entries(in->state, &(struct journal_part){o->ended->id, 0}, in->arena,
				 &entries, &in->diags) != 0)
		return -1;
	report_make(in->arena, &entries, o->ended->head, in->clock->wall_ms(in->clock), &r);
	view_report_junit(&r, &text);
	if (file_write_atomic(path, str_text(&text)) != 0)
		diag_add(&in->diags, DIAG_REPORT_FILE, RANGE_NONE,
			 "report '%s' cannot be written: %s", path, strerror(errno));
	str_release(&text);
	return 0;
}

static void save_junit(struct order *o, const struct execution_row *row)
{
	if (!option_given(o->in->args, OPT_JUNIT) || !row->id)
		return;
	o->ended = row;
	with_state(o->in, write_junit, o);
	o->ended = NULL;
}

/* What is missing is told before the first step, and not behind the last. */
static void tell_before(void *context)
{
	invocation_show_diags(((struct step_question *)context)->in);
}

static bool confirm(void *context, const char *question)
{
	const struct step_question *q = context;

	return invocation_approve(q->in, question, NULL);
}

static int conduct(struct order *o)
{
	struct invocation *in = o->in;
	struct step_question question = {.in = in};
	struct conduct_result result = {.refused = false};
	struct conduct_request q;
	int status;

	if (option_given(in->args, OPT_JUNIT) &&
	    out_file_check(in, in->args->options[OPT_JUNIT].text, OUT_REPORT) != 0)
		return invocation_exit(in);
	if (fill(o, &q) != 0 || !invocation_can_approve(in, "executions of runbooks"))
		return invocation_exit(in);
	if (!is_approved(o))
		return invocation_declined_exit();
	q.context = &question;
	q.begins = tell_before;
	if (invocation_can_ask(in))
		q.ask = ask_step;
	q.confirm = option_given(in->args, OPT_YES) ? NULL : confirm;
	status = engine_conduct(in->engine, &q, &result, &in->diags);
	ask_step_close(&question);
	save_junit(o, &result.story.row);
	invocation_show_diags(in);
	if (result.story.row.id)
		in->view->show_execution_end(in->view, &result.story);
	return exit_of(in, status, &result);
}

static int say_name_missing(struct invocation *in)
{
	struct usage u = USAGE_INIT;

	str_printf(&u.problem, "'%s' needs NAME", in->command->name);
	str_add(&u.hint, "'hadeploy runbook list' shows the names");
	usage_show(&u, &in->err);
	usage_release(&u);
	return EXIT_USAGE;
}

/* Of a new execution nothing is over or failed. */
static int say_resume_missing(struct invocation *in)
{
	struct usage u = USAGE_INIT;

	str_printf(&u.problem, "--%s is for an execution that is gone on with",
		   option_given(in->args, OPT_SKIP_STEP) ? "skip"
		   : option_given(in->args, OPT_FENCED)  ? "fenced"
							 : "retry");
	str_add(&u.hint, "hadeploy runbook run --resume [EXECUTION] --skip STEP");
	usage_show(&u, &in->err);
	usage_release(&u);
	return EXIT_USAGE;
}

static int run_run(struct invocation *in)
{
	struct order o = {.in = in};
	bool resumes = option_given(in->args, OPT_RESUME);

	if (!resumes &&
	    (option_given(in->args, OPT_SKIP_STEP) || option_given(in->args, OPT_RETRY_STEP) ||
	     option_given(in->args, OPT_FENCED)))
		return say_resume_missing(in);
	if (!resumes && !in->args->operand_count)
		return say_name_missing(in);
	runbook_given(in, &o.given);
	if (!resumes)
		o.runbook = in->args->operands[0];
	else if (with_state(in, look_for_resumed, &o) != 0)
		return invocation_exit(in);
	return conduct(&o);
}

static int run_drill(struct invocation *in)
{
	static const struct {
		const char *level;
		enum execution_kind kind;
	} levels[] = {
		{"simulated", EXECUTION_DRILL_SIMULATED},
		{"isolated", EXECUTION_DRILL_ISOLATED},
		{"full", EXECUTION_DRILL_FULL},
	};
	const struct option_value *level = &in->args->options[OPT_LEVEL];
	struct order o = {.in = in, .runbook = in->args->operands[0]};
	bool missed = false;

	runbook_given(in, &o.given);
	for (size_t i = 0; level->count && i < ARRAY_LEN(levels); i++) {
		if (strcmp(levels[i].level, level->text) != 0)
			continue;
		o.kind = levels[i].kind;
		return conduct(&o);
	}
	runbook_check_one(in, o.runbook, &missed);
	if (!diags_failed(&in->diags) && missed && option_given(in->args, OPT_STRICT))
		return EXIT_REFUSED;
	return invocation_exit(in);
}

/* --- failover, failback --------------------------------------------------------------------- */

static const struct manifest_failover *failover_of(struct invocation *in)
{
	return &engine_project(in->engine)->manifest->failover;
}

static int run_failover(struct invocation *in)
{
	struct order o = {.in = in, .runbook = failover_of(in)->runbook};

	runbook_given(in, &o.given);
	return conduct(&o);
}

static bool came_through(const struct execution_row *r)
{
	return (r->kind == EXECUTION_REAL || r->kind == EXECUTION_DRILL_FULL) &&
	       (r->status == EXECUTION_COMPLETED ||
		r->status == EXECUTION_COMPLETED_WITH_EXCEPTIONS);
}

static void add_parameter(struct order *o, const char *name, const char *value)
{
	struct parameter_given *all =
		ARENA_ARRAY(o->in->arena, o->given.count + 1, struct parameter_given);

	if (o->given.count)
		memcpy(all, o->given.items, o->given.count * sizeof(*all));
	all[o->given.count] = (struct parameter_given){name, value};
	o->given = (struct runbook_given){all, o->given.count + 1};
}

static bool has_parameter(const struct order *o, const char *name)
{
	for (size_t i = 0; i < o->given.count; i++) {
		if (strcmp(o->given.items[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Back to where the last one came from; what is said on the command line is stronger. */
static int turn_around(struct order *o, const char *parameters)
{
	struct arena *a = o->in->arena;
	json_t *last = json_parse(text_of(parameters), a, NULL);
	const char *from = arena_strdup(a, json_str(last, "From", ""));
	const char *to = arena_strdup(a, json_str(last, "To", ""));

	json_decref(last);
	if (!*from || !*to)
		return -1;
	if (!has_parameter(o, "From"))
		add_parameter(o, "From", to);
	if (!has_parameter(o, "To"))
		add_parameter(o, "To", from);
	return 0;
}

/* One that did not come to its end may have fenced and promoted all the same: whether to go on with
 * it or to go back is for a person to say. */
static void hint_way(struct order *o, struct diag *g, const struct execution_list *all)
{
	struct invocation *in = o->in;
	const struct execution_row *r = all->count ? &all->items[0] : NULL;
	struct order back = {.in = in};

	for (size_t i = 0; i < all->count && !execution_is_resumable(r); i++)
		r = &all->items[i];
	if (!r || !execution_is_resumable(r) || strcmp(r->runbook, failover_of(in)->runbook) != 0 ||
	    turn_around(&back, r->parameters) != 0 || back.given.count < 2) {
		diag_hint(&in->diags, g, "hadeploy failback --from REGION --to REGION");
		return;
	}
	diag_detail(&in->diags, g, "Execution %s of it is %s.", r->id, execution_shown_status(r));
	diag_hint(&in->diags, g,
		  "go on with it: 'hadeploy runbook run --resume %s'; or go back all the same: "
		  "'hadeploy failback --from %s --to %s'",
		  r->id, back.given.items[0].value, back.given.items[1].value);
}

static int look_for_last(struct order *o)
{
	struct invocation *in = o->in;
	const char *runbook = failover_of(in)->runbook, *back = failover_of(in)->failback;
	struct execution_list all = {NULL, 0};
	struct diag *g;

	if (journal_load_executions(in->state, 0, in->arena, &all, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		const struct execution_row *r = &all.items[i];

		if (!came_through(r))
			continue;
		/* It went back already. */
		if (strcmp(runbook, back) != 0 && strcmp(r->runbook, back) == 0)
			break;
		if (strcmp(r->runbook, runbook) == 0 && turn_around(o, r->parameters) == 0)
			return 0;
	}
	g = diag_add(&in->diags, DIAG_FAILBACK_NONE, RANGE_NONE,
		     "there is no failover by runbook '%s' to go back from", runbook);
	hint_way(o, g, &all);
	return -1;
}

static int run_failback(struct invocation *in)
{
	struct order o = {.in = in, .runbook = failover_of(in)->failback};

	runbook_given(in, &o.given);
	if (!(has_parameter(&o, "From") && has_parameter(&o, "To")) &&
	    with_state(in, look_for_last, &o) != 0)
		return invocation_exit(in);
	return conduct(&o);
}

/* --- the commands --------------------------------------------------------------------------- */

#define NEEDS (NEED_ENGINE | NEED_SIGNALS | RECORD_IS_ENOUGH)
#define HOW_IT_RUNS                                                                               \
	"Every event is recorded before what it announces, so the program can be killed at any "  \
	"moment, and 'hadeploy runbook run --resume' goes on where it was. From any other "       \
	"terminal 'hadeploy runbook status --watch' follows it, and pause, resume, skip, retry, " \
	"approve, decline, ungraceful and abort ask something of it.\n"                           \
	"\n"                                                                                      \
	"At a terminal approvals are asked for, and a step that fails is held until somebody "    \
	"says retry, skip or abort. With CI set, without a terminal and with --json nobody is "   \
	"asked: --yes is needed to begin, --approve approves steps beforehand, and others wait "  \
	"for an approval from elsewhere until their Timeout.\n"                                   \
	"\n"                                                                                      \
	"Ctrl-C once: no step is begun, what runs is finished, and the execution is PAUSED, to "  \
	"be resumed. Twice: what runs is cancelled. Exit codes: 0 completed; 3 with steps that "  \
	"were skipped or failed and may; 1 failed, reversed or aborted; 4 refused (declined, a "  \
	"guard, a lock, with --strict an objective that was missed); 130 interrupted."

/* clang-format off */
static const char *const run_examples[] = {
	"hadeploy runbook run failover --from east --to west", "after a question",
	"hadeploy runbook run failover --from east --to west --ungraceful --since 5m --yes",
	"east is gone since five minutes",
	"hadeploy runbook run --resume", "go on with the latest one",
	"hadeploy runbook run --resume --skip page --reason 'the pager is down'",
	"go on without a step that fails", NULL,
};
static const char *const drill_examples[] = {
	"hadeploy runbook drill failover --from east --to west --level simulated",
	"touches nothing",
	"hadeploy runbook drill failover --from east --to west --level isolated --yes",
	"scales up west, checks, and scales down again", NULL,
};
static const char *const failover_examples[] = {
	"hadeploy failover --from east --to west", "a planned switchover, or a failover",
	"hadeploy failover --from east --to best --ungraceful --since 5m --yes",
	"away from a region that is gone", NULL,
};
/* clang-format on */

const struct command cmd_runbook_run = {
	.name = "runbook run",
	.group = GROUP_FAILOVER,
	.summary = "run a runbook, or go on with an execution",
	.operands = "NAME | --resume [EXECUTION]",
	.operand_max = 1,
	.help = "Runs the steps of a runbook in order and measures its objectives. " HOW_IT_RUNS
		"\n"
		"\n"
		"With --resume it goes on where an execution stopped, and tries again what failed. "
		"--skip leaves a step out, --retry tries one again that was passed over, "
		"--ungraceful takes the other form of all that follow; who asked, and the "
		"--reason, "
		"are recorded.",
	.examples = run_examples,
	.options = (const enum option_id[]){OPT_FROM,
					    OPT_TO,
					    OPT_RUNBOOK_PARAM,
					    OPT_UNGRACEFUL,
					    OPT_SINCE,
					    OPT_APPROVE,
					    OPT_ACCEPT_DATA_LOSS,
					    OPT_OVERRIDE_BLOCKERS,
					    OPT_OVERRIDE_POLICY,
					    OPT_OVERRIDE_EXECUTION,
					    OPT_REASON,
					    OPT_STRICT,
					    OPT_RESUME,
					    OPT_SKIP_STEP,
					    OPT_FENCED,
					    OPT_RETRY_STEP,
					    OPT_JUNIT,
					    OPT_YES,
					    OPT_PARALLELISM,
					    OPT_LOCK_TIMEOUT,
					    OPT_JSON,
					    OPT_END},
	.needs = NEEDS,
	.select = runbook_select,
	.run = run_run,
};

const struct command cmd_runbook_drill = {
	.name = "runbook drill",
	.group = GROUP_FAILOVER,
	.summary = "rehearse a runbook, in steps of risk",
	.operands = "NAME",
	.operand_min = 1,
	.operand_max = 1,
	.help = "Proves that a runbook works before it is needed. --level static checks it as "
		"'hadeploy runbook check' does; simulated runs it against a simulated cloud with "
		"the durations that are recorded; isolated is real, but leaves traffic, fences and "
		"promotion out and undoes the rest at the end; full is the real thing. Each "
		"execution leaves a report.",
	.examples = drill_examples,
	.options = (const enum option_id[]){OPT_LEVEL, OPT_FROM, OPT_TO, OPT_RUNBOOK_PARAM,
					    OPT_UNGRACEFUL, OPT_APPROVE, OPT_ACCEPT_DATA_LOSS,
					    OPT_OVERRIDE_BLOCKERS, OPT_OVERRIDE_POLICY, OPT_REASON,
					    OPT_STRICT, OPT_JUNIT, OPT_YES, OPT_PARALLELISM,
					    OPT_LOCK_TIMEOUT, OPT_JSON, OPT_END},
	.needs = NEEDS,
	.select = runbook_select,
	.run = run_drill,
};

static const enum option_id failover_options[] = {OPT_FROM,
						  OPT_TO,
						  OPT_RUNBOOK_PARAM,
						  OPT_UNGRACEFUL,
						  OPT_SINCE,
						  OPT_APPROVE,
						  OPT_ACCEPT_DATA_LOSS,
						  OPT_OVERRIDE_BLOCKERS,
						  OPT_OVERRIDE_POLICY,
						  OPT_REASON,
						  OPT_STRICT,
						  OPT_JUNIT,
						  OPT_YES,
						  OPT_PARALLELISM,
						  OPT_LOCK_TIMEOUT,
						  OPT_JSON,
						  OPT_END};

const struct command cmd_failover = {
	.name = "failover",
	.group = GROUP_FAILOVER,
	.summary = "move from one region to another",
	.operands = "",
	.help = "Runs the manifest's failover runbook (Failover: {Runbook: NAME}, else the one "
		"called failover) with the parameters From and To. " HOW_IT_RUNS,
	.examples = failover_examples,
	.options = failover_options,
	.needs = NEEDS,
	.select = runbook_select,
	.run = run_failover,
};

const struct command cmd_failback = {
	.name = "failback",
	.group = GROUP_FAILOVER,
	.summary = "go back to the region that was left",
	.operands = "",
	.help = "Runs the manifest's failback runbook (Failover: {Failback: NAME}, else that of "
		"failover) the other way round: from where the latest failover went to where it "
		"came from, unless --from and --to say otherwise. " HOW_IT_RUNS,
	.examples = (const char *const[]){"hadeploy failback", "after a question", NULL},
	.options = failover_options,
	.needs = NEEDS,
	.select = runbook_select,
	.run = run_failback,
};
