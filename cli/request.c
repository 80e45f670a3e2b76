/* request.c - see request.h. */
#include "cli/request.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vec.h"
#include "cli/view_text.h"

struct words {
	VEC_OF(char *)
};

/* Said anew each time. */
static bool is_kept(enum option_id id)
{
	static const char *const said_anew[] = {"yes", "json", "project", "no-color", "help",
						"full", "lock-timeout",
						/* Once: what it made since is not lost too. */
						"again",
						/* It became --to. */
						"previous"};

	for (size_t i = 0; i < ARRAY_LEN(said_anew); i++) {
		if (strcmp(option_row(id)->name, said_anew[i]) == 0)
			return false;
	}
	return true;
}

static const char *from_anywhere(struct invocation *in, const struct option_row *row,
				 const char *text)
{
	char here[4096];

	if (row->completes != COMPLETES_FILE || text[0] == '/' || strcmp(text, "-") == 0 ||
	    !getcwd(here, sizeof(here)))
		return text;
	return path_join(in->arena, here, text);
}

/* A branch moves on; who resumes means what was begun. */
static const char *commit_of(const struct invocation *in, const char *rev)
{
	const char *id = in->engine ? engine_commit(in->engine) : NULL;

	return id ? id : rev;
}

static void add_option(struct invocation *in, enum option_id id, json_t *list)
{
	const struct option_row *row = option_row(id);
	const struct option_value *v = &in->args->options[id];
	bool many = row->kind == OPTION_LIST || row->kind == OPTION_PAIRS;

	for (size_t i = 0; i < (many ? v->count : 1); i++) {
		const char *text = many ? v->items[i] : v->text;

		if (row->kind == OPTION_FLAG)
			text = arena_printf(in->arena, "--%s", row->name);
		else if (id == OPT_REF || id == OPT_TO_REV)
			text = arena_printf(in->arena, "--%s=%s", row->name, commit_of(in, text));
		else
			text = arena_printf(in->arena, "--%s=%s", row->name,
					    from_anywhere(in, row, text));
		json_array_append_new(list, json_string(text));
	}
}

const char *request_text(struct invocation *in)
{
	json_t *list = json_array();
	const char *text;

	json_array_append_new(list, json_string(in->command->name));
	for (size_t i = 0; i < in->args->operand_count; i++)
		json_array_append_new(list, json_string(in->args->operands[i]));
	for (size_t i = 0; i < OPT_END; i++)
		if (in->args->options[i].count && is_kept((enum option_id)i))
			add_option(in, (enum option_id)i, list);
	text = json_text(in->arena, list);
	json_decref(list);
	return text;
}

void shell_word(struct str *out, const char *word)
{
	if (word[strcspn(word, " \t\n'\"$&;|<>()*?\\`!#~")] == '\0') {
		shown_text(out, text_of(word));
		return;
	}
	str_add_char(out, '\'');
	for (const char *at = word; *at; at++) {
		if (*at == '\'')
			str_add(out, "'\\''");
		else
			shown_text(out, (struct text){at, 1});
	}
	str_add_char(out, '\'');
}

const char *request_line(struct arena *a, const char *request)
{
	json_t *list = json_parse(text_of(request), a, NULL);
	struct str line = STR_INIT;
	const char *text;
	const json_t *one;
	size_t i;

	str_add(&line, "hadeploy");
	json_array_foreach(list, i, one)
	{
		str_add_char(&line, ' ');
		shell_word(&line, json_is_string(one) ? json_string_value(one) : "?");
	}
	json_decref(list);
	text = arena_strdup(a, str_cstr(&line));
	str_release(&line);
	return text;
}

static int read_words(struct arena *a, const char *request, struct words *out)
{
	json_t *list = json_parse(text_of(request), a, NULL);
	int result = json_is_array(list) ? 0 : -1;
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (!json_is_string(one))
			result = -1;
		else
			*arena_vec_add(a, out) = arena_strdup(a, json_string_value(one));
	}
	*arena_vec_add(a, out) = NULL;
	json_decref(list);
	return result;
}

static const struct command *understand(struct arena *a, char *const *words, struct arguments *out,
					struct usage *u)
{
	const struct command *c = NULL;

	if (options_read(a, words, out, u) == 0)
		c = command_find(out, u);
	return c && command_check(c, out, u) == 0 ? c : NULL;
}

const struct command *request_read(struct invocation *in, const char *request,
				   struct arguments *out)
{
	struct words words = {0};
	struct usage u = USAGE_INIT;
	const struct command *c = NULL;
	struct diag *g;

	if (read_words(in->arena, request, &words) == 0)
		c = understand(in->arena, words.items, out, &u);
	if (!c) {
		g = diag_add(&in->diags, DIAG_RESUME_WORDS, RANGE_NONE,
			     "what the run was asked for is not understood: %s",
			     request_line(in->arena, request));
		if (u.problem.len)
			diag_detail(&in->diags, g, "%s", str_cstr(&u.problem));
		diag_hint(&in->diags, g,
			  "another version of hadeploy wrote it: use that one, or run the command "
			  "by hand");
	}
	/* A reason to override holds for the freeze it was given for. */
	out->options[OPT_OVERRIDE_FREEZE] = (struct option_value){0};
	out->options[OPT_OVERRIDE_POLICY] = (struct option_value){0};
	out->options[OPT_OVERRIDE_EXECUTION] = (struct option_value){0};
	out->options[OPT_ACCEPT_DATA_LOSS] = (struct option_value){0};
	usage_release(&u);
	return c;
}
