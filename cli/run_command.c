/* run_command.c - apply and destroy. */
#include "cli/run_command.h"

#include "cli/request.h"
#include "cli/view_outcome.h"
#include "cli/wishes.h"

enum answer { NOT_ASKED, APPROVED, DECLINED, NOBODY_THERE, GUARDED };

struct asking {
	struct invocation *in;
	enum run_mode mode;
	enum answer answer;
};

static const char *const questions[] = {
	[RUN_APPLY] = "Apply these changes? Only 'yes' is accepted: ",
	[RUN_DESTROY] = "Destroy all of this? Only 'yes' is accepted: ",
	[RUN_ROLLBACK] = "Roll back to the last good state? Only 'yes' is accepted: ",
	[RUN_IMPORT] = "Record these as they are? Only 'yes' is accepted: ",
};
_Static_assert(ARRAY_LEN(questions) == RUN_MODE_COUNT, "a question for every kind of run");

/* A lease is shorter than some people think. */
static int keep_locks(struct invocation *in)
{
	return engine_keep_locks(in->engine, &in->diags);
}

static const char *question_of(const struct asking *a)
{
	return a->in->style && a->in->style->question ? a->in->style->question : questions[a->mode];
}

static bool is_guarded(const struct asking *a, const struct plan *plan)
{
	const struct run_style *style = a->in->style;
	size_t errors = a->in->diags.error_count;

	if (style && style->guard)
		style->guard(a->in, plan);
	return a->in->diags.error_count > errors;
}

/* What there is to say about the plan belongs before the question; without one, errors are told
 * at the end, where they are seen. */
static int confirm(void *context, const struct plan *plan)
{
	struct asking *a = context;

	/* It was looked at and approved when it was saved. */
	if (a->in->saved) {
		a->in->view->show_plan(a->in->view, plan, PLAN_FOR_APPLY);
		invocation_show_diags(a->in);
		a->answer = APPROVED;
		return 1;
	}
	if (is_guarded(a, plan)) {
		a->in->view->show_plan(a->in->view, plan, PLAN_FOR_APPLY);
		a->answer = GUARDED;
		return 0;
	}
	if (!invocation_can_approve(a->in, "these changes")) {
		a->answer = NOBODY_THERE;
		return 0;
	}
	a->in->view->show_plan(a->in->view, plan, PLAN_FOR_APPLY);
	if (!diags_failed(&a->in->diags) || !option_given(a->in->args, OPT_YES))
		invocation_show_diags(a->in);
	a->answer = invocation_approve(a->in, question_of(a), keep_locks) ? APPROVED : DECLINED;
	return a->answer == APPROVED;
}

/* What was promised as "known after apply" is known now. */
static void show_new_outputs(struct invocation *in, const struct run_result *r)
{
	struct output_rows rows = {NULL, 0};

	if (r->plan->output_count && !r->plan->destroy &&
	    engine_outputs(in->engine, &rows, &in->diags) == 0 && rows.count)
		in->view->show_outputs(in->view, &rows);
}

static int exit_of_failed(const struct invocation *in, const struct run_result *r)
{
	int code = invocation_exit(in);
	bool begun = r->failed || r->left_open || r->skipped || plan_counts_changes(&r->done);

	if (r->interrupted)
		return EXIT_INTERRUPTED;
	if (r->refused)
		return EXIT_REFUSED;
	if (!begun && invocation_lock_lost(in))
		return EXIT_REFUSED;
	if (code == EXIT_INTERRUPTED || code == EXIT_REFUSED)
		return code;
	return outcome_is_partial(r) ? EXIT_PARTLY : EXIT_ERROR;
}

static void report(struct invocation *in, const struct run_result *r, enum run_mode mode,
		   enum answer answer)
{
	if (!r->plan || r->refused)
		return;
	/* It was shown with the question: only something was to be recorded. */
	if (plan_empty(r->plan) && (answer == APPROVED || (in->style && in->style->approved)))
		return;
	if (plan_empty(r->plan) && mode == RUN_IMPORT) {
		in->view->show_done(in->view, "imported",
				    "Nothing to import: all of it is recorded already.");
		return;
	}
	if (plan_empty(r->plan)) {
		in->view->show_plan(in->view, r->plan, PLAN_FOR_APPLY);
		return;
	}
	invocation_show_diags(in);
	in->view->show_result(in->view, r, mode);
}

int run_command(struct invocation *in, enum run_mode mode)
{
	struct asking a = {in, mode, NOT_ASKED};
	struct run_request request = {
		.mode = mode,
		.refresh = option_given(in->args, OPT_REFRESH) ? REFRESH_YES : REFRESH_NO,
		.wishes = invocation_wishes(in),
		.confirm = confirm,
		.context = &a,
	};
	struct run_result r = {0};
	int status;

	if (invocation_rollout(in, &request) != 0)
		return EXIT_ERROR;
	if (in->style && in->style->approved)
		request.confirm = NULL;
	request.attended = request.attended && request.confirm;
	if (in->style && !option_given(in->args, OPT_ON_FAILURE))
		request.on_failure = in->style->on_failure;
	if (in->style && in->style->refresh == REFRESH_YES)
		request.refresh = REFRESH_YES;
	request.request = request_text(in);
	request.resumes = in->resumes;
	if (in->saved)
		saved_plan_request(in->saved, &request);
	a.mode = request.mode;
	status = engine_run(in->engine, &request, &r, &in->diags);
	r.again = in->style ? in->style->again : NULL;

	if (a.answer == DECLINED)
		return invocation_declined_exit();
	if (a.answer == NOBODY_THERE)
		return EXIT_ERROR;
	if (a.answer == GUARDED)
		return EXIT_REFUSED;
	/* Behind hundreds of outputs nobody would see what failed within tolerance. */
	if (status == 0 && outcome_is_partial(&r)) {
		show_new_outputs(in, &r);
		report(in, &r, request.mode, a.answer);
		return EXIT_PARTLY;
	}
	report(in, &r, request.mode, a.answer);
	if (status != 0)
		return exit_of_failed(in, &r);
	show_new_outputs(in, &r);
	return EXIT_DONE;
}
