#include "cli/plan_file.h"

#include "cli/json_plan.h"

int plan_file_open(struct invocation *in)
{
	enum option_id id = option_given(in->args, OPT_SHOW) ? OPT_SHOW : OPT_PLAN;
	struct saved_plan_source src = {in->args->options[id].text, in->dir, in->clock};

	if (!invocation_project_is_here(in))
		return -1;
	in->saved = saved_plan_open(&src, &in->diags);
	if (!in->saved)
		return -1;
	return id == OPT_SHOW ? 0 : saved_plan_check_files(in->saved, in->dir, &in->diags);
}

static void add_line(void *context, json_t *line)
{
	struct str *out = context;

	if (out->len)
		str_add(out, ",\n");
	json_canonical(line, out);
	json_decref(line);
}

int plan_file_save(struct invocation *in, const struct plan *p, const struct run_request *q)
{
	static const struct style plain;
	struct str lines = STR_INIT, shown = STR_INIT, done = STR_INIT;
	struct saving s = {
		.path = in->args->options[OPT_OUT].text,
		.request = q,
		.made_from = *q->made_from,
	};
	int rc;

	json_plan_each(p, PLAN_FOR_PLAN, add_line, &lines);
	view_plan(&shown, p, PLAN_FOR_PLAN, &plain);
	s.lines = str_text(&lines);
	s.shown = str_text(&shown);
	rc = saved_plan_write(in->engine, &s, &in->diags);
	if (!rc) {
		str_printf(&done, "Saved; 'hadeploy apply --plan %s' applies it as it is shown.",
			   s.path);
		in->view->show_done(in->view, "plan_saved", str_cstr(&done));
	}
	str_release(&lines);
	str_release(&shown);
	str_release(&done);
	return rc;
}

int plan_file_show(struct invocation *in)
{
	struct diags stale = DIAGS_INIT;

	in->view->show_saved_plan(in->view, in->saved);
	saved_plan_check_files(in->saved, in->dir, &stale);
	for (const struct diag *g = stale.first; g; g = g->next)
		diag_hint(&in->diags, diag_warn(&in->diags, g->code, g->where, "%s", g->summary),
			  "%s", g->hint);
	diags_release(&stale);
	return invocation_exit(in);
}
