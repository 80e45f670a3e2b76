/* view_saved.c - a saved plan: who made it, when and how, then the plan as it was shown. */
#include <string.h>

#include "cli/view.h"
#include "cli/view_text.h"

static void add_list(struct str *out, const char *before, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		str_add(out, i ? ", " : before);
		shown_text(out, text_of(json_string_value(json_array_get(list, i))));
	}
}

static void add_wishes(struct str *out, const json_t *wishes)
{
	static const char *const names[][2] = {
		{"only", "\nOnly: "},
		{"exclude", "\nExcluded: "},
		{"replace", "\nTo be replaced: "},
		{"skip", "\nSkipped: "},
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		add_list(out, names[i][1], json_object_get(wishes, names[i][0]));
}

static void add_parameters(struct str *out, const json_t *header)
{
	const char *name, *before = "\nParameters given: ";
	json_t *value;

	json_object_foreach(json_object_get(header, "param"), name, value)
	{
		str_add(out, before);
		shown_text(out, text_of(name));
		before = ", ";
	}
	add_list(out, before, json_object_get(header, "param_file"));
}

static void add_commit(struct str *out, const json_t *header)
{
	const char *commit = json_str(header, "commit", NULL), *ref = json_str(header, "ref", "");

	if (!commit)
		return;
	str_add(out, "\nOf commit ");
	shown_text(out, text_of(commit));
	if (strcmp(commit, ref) != 0) {
		str_add(out, " (");
		shown_text(out, text_of(ref));
		str_add_char(out, ')');
	}
}

void view_saved_plan(struct str *out, const struct saved_plan *s, const struct style *st)
{
	const json_t *header = saved_plan_header(s);

	paint_on(out, st, PAINT_BOLD);
	str_add(out, "Saved plan of project ");
	shown_text(out, text_of(json_str(header, "project", "?")));
	paint_off(out, st);
	str_add(out, "\nMade at ");
	shown_text(out, text_of(json_str(header, "made", "?")));
	str_add(out, " by ");
	shown_text(out, text_of(json_str(header, "by", "?")));
	str_add(out, " with hadeploy ");
	shown_text(out, text_of(json_str(header, "program", "?")));
	add_commit(out, header);
	add_list(out, "\nStacks: ", json_object_get(header, "stacks"));
	add_list(out, "\nRegions: ", json_object_get(header, "regions"));
	add_parameters(out, header);
	add_wishes(out, json_object_get(header, "wishes"));
	str_add(out, "\n\n");
	str_add(out, saved_plan_shown(s));
}
