/* cmd_explain.c - what a diagnostic's code means. */
#include "cli/invocation.h"
#include "cli/view_text.h"
#include "cli/view_value.h"

static void explain(struct str *out, const struct style *st, const struct diag_info *info)
{
	paint_on(out, st, PAINT_BOLD);
	str_printf(out, "HD%04u: %s", info->number, info->title);
	paint_off(out, st);
	str_add(out, "\n\n");
	wrapped(out, text_of(info->text), 0, VIEW_WIDTH);
}

static void list_all(struct str *out)
{
	size_t count;
	const struct diag_info *all = diag_info_all(&count);

	for (size_t i = 0; i < count; i++)
		str_printf(out, "HD%04u  %s\n", all[i].number, all[i].title);
}

static const struct diag_info *find(struct invocation *in, const char *word)
{
	unsigned number;
	const struct diag_info *info =
		diag_code_parse(text_of(word), &number) ? diag_info_find(number) : NULL;
	struct diag *g;

	if (info)
		return info;
	g = diag_add(&in->diags, DIAG_CODE_UNKNOWN, RANGE_NONE, "no message has the code '%s'",
		     word);
	diag_hint(&in->diags, g,
		  "codes are written HD1203 or 1203; 'hadeploy explain' lists all of them");
	return NULL;
}

static int run(struct invocation *in)
{
	struct str text = STR_INIT;

	if (!in->args->operand_count)
		list_all(&text);
	for (size_t i = 0; i < in->args->operand_count; i++) {
		const struct diag_info *info = find(in, in->args->operands[i]);

		if (!info)
			continue;
		if (text.len)
			str_add_char(&text, '\n');
		explain(&text, &in->out.style, info);
	}
	term_write(&in->out, &text);
	str_release(&text);
	return invocation_exit(in);
}

const struct command cmd_explain = {
	.name = "explain",
	.group = GROUP_ABOUT,
	.summary = "explain the code of a message, such as HD1203",
	.operands = "[CODE...]",
	.operand_max = OPERANDS_ANY,
	.help = "Every error, warning and note has a code. This prints what it means and what to "
		"do; "
		"without a code it lists all of them.",
	.examples = (const char *const[]){"hadeploy explain HD3101", "one code", NULL},
	.run = run,
};
