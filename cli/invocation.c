/* invocation.c - one run of the program from its command line to its exit code. */
#include "cli/invocation.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/vec.h"
#include "cli/plan_file.h"
#include "cli/signals.h"
#include "cli/view_text.h"

#define LOCK_PATIENCE_MS (10 * 60 * (int64_t)1000) /* where somebody watches */
#define TICK_MS 2000                               /* while a question waits for its answer */

struct overrides {
	VEC_OF(struct param_override)
};

static bool wants_json(const struct invocation *in)
{
	return option_given(in->args, OPT_JSON);
}

bool invocation_can_ask(const struct invocation *in)
{
	return !wants_json(in) && term_can_ask();
}

/* Files first: what stands on the command line is stronger. */
static int add_files(struct invocation *in, struct overrides *all)
{
	const struct option_value *files = &in->args->options[OPT_PARAM_FILE];
	int status = 0;

	for (size_t i = 0; i < files->count; i++) {
		struct param_override *items;
		size_t count;

		if (param_file_load(in->arena, files->items[i], &items, &count, &in->diags) != 0) {
			status = -1;
			continue;
		}
		for (size_t k = 0; k < count; k++)
			*arena_vec_add(in->arena, all) = items[k];
	}
	return status;
}

static void add_pairs(struct invocation *in, struct overrides *all)
{
	const struct option_value *pairs = &in->args->options[OPT_PARAM];

	for (size_t i = 0; i < pairs->count; i++) {
		const char *pair = pairs->items[i], *sign = strchr(pair, '=');

		*arena_vec_add(in->arena, all) = (struct param_override){
			.name = arena_strndup(in->arena, pair, (size_t)(sign - pair)),
			.value = sign + 1,
			.origin = "--param",
			.from_arguments = true,
		};
	}
}

int invocation_params(struct invocation *in, const struct param_override **out, size_t *count)
{
	struct overrides all = {0};

	if (add_files(in, &all) != 0)
		return -1;
	add_pairs(in, &all);
	*out = all.items;
	*count = all.count;
	return 0;
}

/* What the plan was made for, and what has to be given again. */
static int select_saved(struct invocation *in, struct selection *out)
{
	struct run_request request = {0};
	struct overrides all = {0};

	saved_plan_selection(in->saved, out);
	saved_plan_request(in->saved, &request);
	if (request.mode == RUN_DESTROY && !out->ref)
		out->faults = FAULTS_LEFT_OUT;
	if (add_files(in, &all) != 0)
		return -1;
	for (size_t i = 0; i < out->param_count; i++)
		*arena_vec_add(in->arena, &all) = out->params[i];
	out->params = all.items;
	out->param_count = all.count;
	return 0;
}

static int make_selection(struct invocation *in, struct selection *out)
{
	const struct param_override *params;
	size_t param_count;

	if (in->saved)
		return select_saved(in, out);
	if (invocation_params(in, &params, &param_count) != 0)
		return -1;
	*out = (struct selection){
		.ref = in->args->options[OPT_REF].text,
		.stacks = in->args->operands,
		.stack_count = in->args->operand_count,
		.regions = in->args->options[OPT_REGION].items,
		.region_count = in->args->options[OPT_REGION].count,
		.params = params,
		.param_count = param_count,
		.overrides = option_given(in->args, OPT_DROP_OVERRIDES) ? OVERRIDES_DROPPED
									: OVERRIDES_HOLD,
	};
	if (in->command->select && in->command->select(in, out) != 0)
		return -1;
	/* Another commit is deployed: it must be whole. */
	if (out->ref)
		return 0;
	if (in->command->needs & RECORD_IS_ENOUGH || option_given(in->args, OPT_DESTROY) ||
	    option_given(in->args, OPT_ROLLBACK))
		out->faults = FAULTS_LEFT_OUT;
	return 0;
}

static int64_t lock_timeout_ms(const struct invocation *in)
{
	if (option_given(in->args, OPT_LOCK_TIMEOUT))
		return in->args->options[OPT_LOCK_TIMEOUT].number;
	return invocation_can_ask(in) ? LOCK_PATIENCE_MS : 0;
}

static bool is_simulated_drill(const struct invocation *in)
{
	const struct option_value *level = &in->args->options[OPT_LEVEL];

	return level->count && strcmp(level->text, "simulated") == 0;
}

static enum engine_world world_of(struct invocation *in)
{
	bool continues = option_given(in->args, OPT_CONTINUE);

	if (is_simulated_drill(in))
		return WORLD_SIMULATED;
	if (option_given(in->args, OPT_SIMULATE))
		return continues ? WORLD_SIMULATED_ON : WORLD_SIMULATED;
	if (continues)
		diag_warn(&in->diags, DIAG_OPTION_IDLE, RANGE_NONE,
			  "--continue changes nothing without --simulate");
	return WORLD_REAL;
}

int invocation_engine_options(struct invocation *in, struct engine_options *out)
{
	bool catches = in->command->needs & NEED_SIGNALS;

	*out = (struct engine_options){
		.dir = in->dir,
		.providers = in->providers,
		.clock = in->clock,
		.observer = &in->view->observer,
		.interrupts = catches ? signals_count() : NULL,
		.wake_fd = catches ? signals_wake_fd() : -1,
		.parallelism = (size_t)in->args->options[OPT_PARALLELISM].number,
		.lock_timeout_ms = lock_timeout_ms(in),
		.command = in->command->name,
		.world = world_of(in),
	};
	return make_selection(in, &out->selection);
}

int invocation_open_engine(struct invocation *in)
{
	struct engine_options o;

	if (invocation_engine_options(in, &o) != 0)
		return -1;
	in->engine = engine_open(&o, &in->diags);
	return in->engine ? 0 : -1;
}

/* Templates on their own */

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* A stack of the project is stronger than a file that happens to have its name. */
static bool is_template(const struct invocation *in, const char *word)
{
	static const char *const endings[] = {".yaml", ".yml", ".json", ".template"};

	if (strcmp(word, "-") == 0 || strchr(word, '/') || single_is_of_commit(word))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		if (text_ends(text_of(word), endings[i]))
			return true;
	}
	return is_file(word) && !engine_has_stack(in->dir, word);
}

static size_t count_templates(const struct invocation *in)
{
	size_t count = 0;

	for (size_t i = 0; i < in->args->operand_count; i++)
		count += is_template(in, in->args->operands[i]);
	return count;
}

static int report_mixed(struct invocation *in)
{
	const char *const *words = in->args->operands;
	const char *stack = NULL, *template = NULL;
	struct diag *g;

	for (size_t i = 0; i < in->args->operand_count; i++)
		*(is_template(in, words[i]) ? &template : &stack) = words[i];
	g = diag_add(&in->diags, DIAG_OPERANDS_MIXED, RANGE_NONE,
		     "'%s' is a template file, and '%s' would be a stack", template, stack);
	diag_hint(&in->diags, g, "run 'hadeploy %s' for each kind by itself", in->command->name);
	return -1;
}

static int open_single(struct invocation *in)
{
	if (count_templates(in) != in->args->operand_count)
		return report_mixed(in);
	in->single = single_open(in->providers, &in->diags);
	return in->single ? 0 : -1;
}

/* REV:./path for a file, which the folder's file of this name is not asked for. */
const char *invocation_template(struct invocation *in, size_t i)
{
	const char *word = in->args->operands[i];

	if (!option_given(in->args, OPT_REF) || strcmp(word, "-") == 0 || word[0] == '/' ||
	    single_is_of_commit(word))
		return word;
	return arena_printf(in->arena, "%s:./%s", in->args->options[OPT_REF].text, word);
}

void invocation_warn_idle(struct invocation *in)
{
	static const enum option_id idle[] = {OPT_REGION, OPT_PARAM, OPT_PARAM_FILE};

	for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
		if (!option_given(in->args, idle[i]))
			continue;
		diag_warn(&in->diags, DIAG_OPTION_IDLE, RANGE_NONE,
			  "--%s changes nothing: a template is looked at for all values",
			  option_row(idle[i])->name);
	}
}

/* Recorded state is looked at without a manifest too, when only that was lost. */
bool invocation_project_is_here(struct invocation *in)
{
	struct diag *g;

	if (file_exists(path_join(in->arena, in->dir, MANIFEST_NAME)) ||
	    file_exists(path_join(in->arena, in->dir, ".hadeploy")))
		return true;
	g = diag_add(&in->diags, DIAG_MANIFEST_ABSENT, RANGE_NONE,
		     "there is no " MANIFEST_NAME " in '%s'", in->dir);
	diag_hint(&in->diags, g,
		  "run hadeploy in the project's folder or name it with --project DIR");
	return false;
}

static int open_state(struct invocation *in)
{
	bool writes = in->command->needs & NEED_STATE_WRITE;

	if (!invocation_project_is_here(in))
		return -1;
	in->state = engine_state_open(in->dir, writes ? STATE_WRITE : STATE_READ, in->clock,
				      &in->diags);
	if (in->state && writes)
		in->mirror = engine_mirror_follow(in->dir, in->command->name, in->state);
	return in->state ? 0 : -1;
}

/* Both ends of what follows recorded state; before the diags are shown. */
static void end_mirror(struct invocation *in)
{
	mirror_close(in->mirror, in->state, &in->diags);
	in->mirror = NULL;
	engine_mirror_end(in->engine, &in->diags);
}

static bool names_saved_plan(const struct invocation *in)
{
	return option_given(in->args, OPT_PLAN) || option_given(in->args, OPT_SHOW);
}

static int satisfy_needs(struct invocation *in)
{
	unsigned needs = in->command->needs;

	if ((needs & NEED_SIGNALS) && signals_open() != 0)
		fail_fast("there are no pipes for signals");
	if ((needs & TAKES_TEMPLATES) && count_templates(in))
		return open_single(in);
	if ((needs & TAKES_SAVED_PLAN) && names_saved_plan(in)) {
		if (plan_file_open(in) != 0)
			return -1;
		if (option_given(in->args, OPT_SHOW))
			return 0;
	}
	if ((needs & NEED_ENGINE) && invocation_open_engine(in) != 0)
		return -1;
	if (needs & NEED_ENGINE_IF_POSSIBLE)
		invocation_open_engine(in);
	if ((needs & NEED_STATE_IF_PROJECT) &&
	    file_exists(path_join(in->arena, in->dir, MANIFEST_NAME)) && open_state(in) != 0)
		return -1;
	if ((needs & (NEED_STATE_READ | NEED_STATE_WRITE)) && open_state(in) != 0)
		return -1;
	return 0;
}

/* What is needed is read first, also from other repositories: nothing of that must be finished. */
static int prepare(struct invocation *in)
{
	if (satisfy_needs(in) != 0)
		return -1;
	if ((in->command->needs & NEED_SIGNALS) && signals_catch() != 0)
		fail_fast("signals cannot be caught");
	return 0;
}

/* Only names of stacks and regions would have to be said to do the same again. */
static bool is_plain(const struct invocation *in)
{
	static const enum option_id other[] = {
		OPT_PARAM,
		OPT_REF,
		OPT_TO_REV,
		OPT_PREVIOUS,
		OPT_PARAM_FILE,
		OPT_REFRESH,
		OPT_ADOPT,
		OPT_ONLY,
		OPT_EXCLUDE,
		OPT_REPLACE,
		OPT_DROP_OVERRIDES,
		OPT_SKIP,
		OPT_PLAN,
		OPT_SIMULATE,
		OPT_ON_FAILURE,
		OPT_REGION_CONCURRENCY,
		OPT_PROJECT,
		OPT_CONTINUE,
		OPT_REGION_ORDER,
		OPT_MAX_CONCURRENT,
		OPT_FAILURE_TOLERANCE,
		OPT_CONCURRENCY_MODE,
		OPT_OVERRIDE_FREEZE,
		OPT_OVERRIDE_POLICY,
		OPT_OVERRIDE_EXECUTION,
		OPT_ACCEPT_DATA_LOSS,
	};

	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		if (option_given(in->args, other[i]))
			return false;
	}
	return in->command->operands[0] != '\0';
}

static struct view *make_view(struct invocation *in)
{
	struct view_setup setup = {
		.out = &in->out,
		.err = &in->err,
		.clock = in->clock,
		.command = in->command->name,
		.markdown = option_given(in->args, OPT_DIFF_FORMAT),
		.full = option_given(in->args, OPT_FULL),
		.plain = is_plain(in),
		.freeze_reason = in->args->options[OPT_OVERRIDE_FREEZE].text,
	};

	if (option_given(in->args, OPT_REPORT_FORMAT))
		return view_sarif_new(&setup);
	return wants_json(in) ? view_json_new(&setup) : view_human_new(&setup);
}

static void release(struct invocation *in)
{
	in->view->close(in->view);
	engine_close(in->engine);
	saved_plan_close(in->saved);
	single_close(in->single);
	if (in->state)
		state_close(in->state);
	diags_release(&in->diags);
}

int invocation_continue(struct invocation *in)
{
	end_mirror(in);
	state_close(in->state);
	in->state = NULL;
	return prepare(in) == 0 ? in->command->run(in) : invocation_exit(in);
}

int invocation_run(struct invocation *in)
{
	const struct option_value *project = &in->args->options[OPT_PROJECT];
	int code;

	in->dir = project->count ? project->text : ".";
	in->view = make_view(in);
	if (prepare(in) == 0)
		code = in->command->run(in);
	else
		code = -1;
	end_mirror(in);
	invocation_show_diags(in);
	if (code < 0)
		code = invocation_exit(in);
	in->view->finish(in->view, code);
	release(in);
	return code;
}

static bool has_error(const struct invocation *in, enum diag_code code)
{
	for (const struct diag *g = in->diags.first; g; g = g->next) {
		if (g->severity == DIAG_ERROR && g->code == code)
			return true;
	}
	return false;
}

static bool plan_is_refused(const struct invocation *in)
{
	static const enum diag_code codes[] = {
		DIAG_RESTORE_UNDONE,    DIAG_RECREATE_EXECUTION,   DIAG_RECREATE_ANSWERS,
		DIAG_RESTORED_DELETED,  DIAG_RECREATE_END,         DIAG_EXECUTION_GOES_ON,
		DIAG_RECREATE_UNDO,     DIAG_PLAN_FILE_SHAPE,      DIAG_PLAN_FILE_FORMAT,
		DIAG_PLAN_FILE_FOREIGN, DIAG_PLAN_FILE_SEAL,       DIAG_PLAN_STALE_PROGRAM,
		DIAG_PLAN_STALE_FILE,   DIAG_PLAN_STALE_PARAMETER, DIAG_PLAN_PARAMETER_ABSENT,
		DIAG_PLAN_STALE_STATE,  DIAG_PLAN_STALE_WORLD,     DIAG_PLAN_STALE,
		DIAG_ROLLBACK_TO_DATA,  DIAG_ROLLBACK_NO_STACK,
	};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (has_error(in, codes[i]))
			return true;
	}
	return in->plan_refused;
}

static bool lock_is_held(const struct invocation *in)
{
	return in->lock_held || has_error(in, DIAG_LOCK_HELD) || has_error(in, DIAG_LOCK_QUEUED);
}

bool invocation_lock_lost(const struct invocation *in)
{
	return in->lock_lost || has_error(in, DIAG_LOCK_LOST);
}

bool invocation_forbidden(const struct invocation *in)
{
	return in->forbidden || has_error(in, DIAG_POLICY_DENIES) ||
	       has_error(in, DIAG_MIRROR_BEHIND) || has_error(in, DIAG_STACK_PROTECTED);
}

void invocation_show_diags(struct invocation *in)
{
	in->forbidden = invocation_forbidden(in);
	in->lock_held = lock_is_held(in);
	in->lock_lost = invocation_lock_lost(in);
	in->plan_refused = plan_is_refused(in);
	in->failed |= diags_failed(&in->diags);
	in->view->show_diags(in->view, &in->diags);
	diags_release(&in->diags);
}

int invocation_exit(const struct invocation *in)
{
	if (signals_interrupted())
		return EXIT_INTERRUPTED;
	if (lock_is_held(in) || invocation_forbidden(in) || plan_is_refused(in))
		return EXIT_REFUSED;
	return in->failed || diags_failed(&in->diags) ? EXIT_ERROR : EXIT_DONE;
}

/* A rehearsal changes nothing. */
static bool needs_no_approval(const struct invocation *in)
{
	return option_given(in->args, OPT_YES) || option_given(in->args, OPT_SIMULATE) ||
	       is_simulated_drill(in);
}

bool invocation_can_approve(struct invocation *in, const char *what)
{
	struct diag *g;

	if (needs_no_approval(in) || invocation_can_ask(in))
		return true;
	g = diag_add(&in->diags, DIAG_APPROVAL_MISSING, RANGE_NONE,
		     "%s need approval, and nobody can be asked here", what);
	diag_hint(&in->diags, g, "with --yes 'hadeploy %s' does not ask", in->command->name);
	return false;
}

struct thinking {
	struct invocation *in;
	int (*meanwhile)(struct invocation *in);
};

static int tick(void *context)
{
	struct thinking *t = context;

	return signals_interrupted() || (t->meanwhile && t->meanwhile(t->in) != 0);
}

bool invocation_approve(struct invocation *in, const char *question,
			int (*meanwhile)(struct invocation *in))
{
	struct thinking thinking = {in, meanwhile};
	struct term_wait wait = {tick, &thinking, TICK_MS, signals_wake_fd()};

	if (needs_no_approval(in))
		return true;
	in->view->pause(in->view);
	if (term_ask_yes(question, &wait) && !signals_interrupted())
		return true;
	in->view->show_done(in->view, "declined", "Nothing was changed.");
	return false;
}

int invocation_declined_exit(void)
{
	return signals_interrupted() ? EXIT_INTERRUPTED : EXIT_REFUSED;
}

void usage_show(const struct usage *u, struct term *err)
{
	struct str text = STR_INIT;

	str_add(&text, "hadeploy: ");
	shown_text(&text, str_text(&u->problem));
	if (u->hint.len) {
		str_add(&text, "\n  ");
		paint_text(&text, &err->style, PAINT_CYAN, "hint:");
		str_add_char(&text, ' ');
		shown_text(&text, str_text(&u->hint));
	}
	str_add_char(&text, '\n');
	term_write(err, &text);
	str_release(&text);
}
