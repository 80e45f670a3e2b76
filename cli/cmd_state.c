/* cmd_state.c - looking at recorded state: list, show, check, export. */
#include "cli/cmd_state.h"

#include <string.h>

#include "base/vec.h"
#include "cli/export_journal.h"
#include "cli/json_plan.h"
#include "cli/view_text.h"
#include "engine/engine_runbook.h"

struct found_records {
	VEC_OF(struct record)
};

/* Whether something is recorded below: "web/east/Net.Page" when the word is "web/east/Net" and
 * the separator a dot. */
static bool is_above(struct invocation *in, const char *word, char separator,
		     const struct record_list *all)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < all->count; i++) {
		const char *address = address_text(in->arena, &all->items[i].addr);

		if (strncmp(address, word, len) == 0 && address[len] == separator)
			return true;
	}
	return false;
}

static void suggest(struct invocation *in, struct diag *g, const char *word,
		    const struct record_list *all)
{
	struct {
		VEC_OF(const char *)
	} names = {0};

	if (is_above(in, word, '.', all)) {
		diag_hint(&in->diags, g,
			  "it is a nested stack: hadeploy state list '%s.*' shows what it holds",
			  word);
		return;
	}
	for (size_t i = 0; i < all->count; i++)
		*arena_vec_add(in->arena, &names) = address_text(in->arena, &all->items[i].addr);
	diag_did_you_mean(&in->diags, g, text_of(word), names.items, names.count);
	if (!g->hint)
		diag_hint(&in->diags, g, "'hadeploy state list' shows what is recorded");
}

int state_say_unknown(struct invocation *in, const char *word, const struct record_list *all)
{
	struct diag *g = diag_add(&in->diags, DIAG_RECORD_UNKNOWN, RANGE_NONE,
				  "nothing is recorded under '%s'", word);

	suggest(in, g, word, all);
	return -1;
}

static int say_malformed(struct invocation *in, const char *word)
{
	struct diag *g = diag_add(&in->diags, DIAG_ADDRESS_SHAPE, RANGE_NONE,
				  "'%s' is not the address of a resource", word);

	diag_hint(&in->diags, g, "write STACK/REGION/LOGICALID, such as web/east/Page");
	return -1;
}

int state_find_records(struct invocation *in, const char *word, struct record_list *out)
{
	struct record_list all = {NULL, 0};
	struct found_records found = {0};
	struct address addr;

	if (!address_parse(in->arena, text_of(word), &addr))
		return say_malformed(in, word);
	if (state_load_records(in->state, NULL, in->arena, &all, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		if (address_compare(&all.items[i].addr, &addr) == 0)
			*arena_vec_add(in->arena, &found) = all.items[i];
	}
	if (!found.count)
		return state_say_unknown(in, word, &all);
	*out = (struct record_list){found.items, found.count};
	return 0;
}

static bool matches(const struct invocation *in, const struct record *r)
{
	const char *address = address_text(in->arena, &r->addr);

	for (size_t i = 0; i < in->args->operand_count; i++) {
		if (text_glob(text_of(in->args->operands[i]), text_of(address)))
			return true;
	}
	return in->args->operand_count == 0;
}

/* Nothing at all would read as if nothing were there. */
static void warn_unmatched(struct invocation *in, const char *pattern,
			   const struct record_list *all)
{
	struct diag *g;

	for (size_t i = 0; i < all->count; i++) {
		if (text_glob(text_of(pattern),
			      text_of(address_text(in->arena, &all->items[i].addr))))
			return;
	}
	g = diag_warn(&in->diags, DIAG_RECORD_UNKNOWN, RANGE_NONE,
		      "no recorded address matches '%s'", pattern);
	if (is_above(in, pattern, '/', all))
		diag_hint(&in->diags, g, "write '%s/*'", pattern);
	else
		suggest(in, g, pattern, all);
}

static int load_listed(struct invocation *in, struct record_list *out)
{
	struct record_list aside = {NULL, 0};
	struct diag *g;

	if (recreation_load_abandoned(in->state, NULL, in->arena, &aside, &in->diags) != 0)
		return -1;
	if (option_given(in->args, OPT_ABANDONED)) {
		*out = aside;
		return 0;
	}
	if (aside.count) {
		g = diag_note(&in->diags, DIAG_ABANDONED, RANGE_NONE,
			      "%zu resource%s of lost regions %s ABANDONED and not among these",
			      aside.count, aside.count == 1 ? "" : "s",
			      aside.count == 1 ? "is" : "are");
		diag_hint(&in->diags, g, "'hadeploy state list --abandoned' lists them");
	}
	return state_load_records(in->state, NULL, in->arena, out, &in->diags);
}

static int run_list(struct invocation *in)
{
	struct record_list all = {NULL, 0};
	size_t kept = 0;

	if (load_listed(in, &all) != 0)
		return invocation_exit(in);
	for (size_t i = 0; i < in->args->operand_count; i++)
		warn_unmatched(in, in->args->operands[i], &all);
	for (size_t i = 0; i < all.count; i++) {
		if (matches(in, &all.items[i]))
			all.items[kept++] = all.items[i];
	}
	all.count = kept;
	in->view->show_records(in->view, &all);
	return EXIT_DONE;
}

static void write_pretty(struct invocation *in, const json_t *j)
{
	struct str text = STR_INIT;

	json_pretty(j, &text);
	if (text.len && text.ptr[text.len - 1] != '\n')
		str_add_char(&text, '\n');
	term_write(&in->out, &text);
	str_release(&text);
}

static int run_show(struct invocation *in)
{
	struct record_list found = {NULL, 0};

	if (state_find_records(in, in->args->operands[0], &found) != 0)
		return invocation_exit(in);
	for (size_t i = 0; i < found.count; i++) {
		json_t *j = json_record(&found.items[i]);

		json_object_del(j, "schema");
		json_object_del(j, "type");
		write_pretty(in, j);
		json_decref(j);
	}
	return EXIT_DONE;
}

static json_t *operation_json(const struct operation *op)
{
	json_t *j = json_object();

	json_set_text(j, "id", op->id);
	json_object_set_new(j, "address", json_address(&op->addr));
	json_set_text(j, "action", operation_action_name(op->action));
	json_set_text(j, "token", op->token);
	json_object_set_new(j, "begun", json_time(op->begun_ms));
	json_object_set_new(j, "attempts", json_integer(op->attempts));
	return j;
}

static json_t *instance_record_json(const struct instance_record *r)
{
	json_t *j = json_object();

	json_set_text(j, "stack", r->id.stack);
	json_set_text(j, "account", r->id.account);
	json_set_text(j, "region", r->id.region);
	json_set_text(j, "status", r->status);
	json_set_text(j, "template", r->template_name);
	json_set_text(j, "template_digest", r->template_digest);
	json_set_json(j, "parameters", r->parameters);
	json_set_json(j, "outputs", r->outputs);
	if (r->exports && *r->exports)
		json_set_json(j, "exports", r->exports);
	if (r->imports && *r->imports)
		json_set_json(j, "imports", r->imports);
	json_object_set_new(j, "applied", json_time(r->applied_ms));
	return j;
}

/* Bytes of a provider may be anything. */
static void set_private(json_t *j, struct text bytes)
{
	static const char digits[] = "0123456789abcdef";
	struct str hex = STR_INIT;

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.ptr[i];

		str_add_char(&hex, digits[byte >> 4]);
		str_add_char(&hex, digits[byte & 15]);
	}
	json_set_text(j, "private", str_cstr(&hex));
	str_release(&hex);
}

static json_t *export_records(const struct record_list *records)
{
	json_t *list = json_array();

	for (size_t i = 0; i < records->count; i++) {
		json_t *j = json_record_raw(&records->items[i]);

		json_object_del(j, "schema");
		json_object_del(j, "type");
		set_private(j, records->items[i].private_bytes);
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *recreation_json(const struct recreation *r)
{
	json_t *j = json_object();

	json_set_text(j, "region", r->region);
	json_set_text(j, "into", r->into);
	json_set_text(j, "id", r->id);
	json_set_text(j, "user", r->user);
	json_set_text(j, "host", r->host);
	json_object_set_new(j, "since", json_time(r->since_ms));
	json_set_json(j, "restored", r->restored);
	return j;
}

/* Regions that were lost, and what is aside of them. */
static int export_recreations(struct invocation *in, json_t *all)
{
	struct recreation_list found = {NULL, 0};
	struct record_list aside = {NULL, 0};
	json_t *list;

	if (recreation_load(in->state, in->arena, &found, &in->diags) != 0 ||
	    recreation_load_abandoned(in->state, NULL, in->arena, &aside, &in->diags) != 0)
		return -1;
	if (aside.count)
		json_object_set_new(all, "abandoned", export_records(&aside));
	if (!found.count)
		return 0;
	list = json_array();
	for (size_t i = 0; i < found.count; i++)
		json_array_append_new(list, recreation_json(&found.items[i]));
	json_object_set_new(all, "recreations", list);
	return 0;
}

static json_t *export_json(const struct record_list *records, const struct instance_list *instances,
			   const struct operation_list *operations)
{
	json_t *all = json_line("state"), *list = json_array();

	json_object_set_new(all, "records", export_records(records));
	for (size_t i = 0; i < instances->count; i++)
		json_array_append_new(list, instance_record_json(&instances->items[i]));
	json_object_set_new(all, "instances", list);
	list = json_array();
	for (size_t i = 0; i < operations->count; i++)
		json_array_append_new(list, operation_json(&operations->items[i]));
	json_object_set_new(all, "open_operations", list);
	return all;
}

static int run_export(struct invocation *in)
{
	struct operation_list operations = {NULL, 0};
	struct instance_list instances = {NULL, 0};
	struct record_list records = {NULL, 0};
	struct str text = STR_INIT;
	json_t *all;

	if (state_load_records(in->state, NULL, in->arena, &records, &in->diags) != 0 ||
	    state_load_instances(in->state, in->arena, &instances, &in->diags) != 0 ||
	    state_load_open_operations(in->state, NULL, in->arena, &operations, &in->diags) != 0)
		return invocation_exit(in);
	all = export_json(&records, &instances, &operations);
	if (export_recreations(in, all) != 0 || export_journal(in, all) != 0) {
		json_decref(all);
		return invocation_exit(in);
	}
	json_canonical(all, &text);
	str_add_char(&text, '\n');
	term_write(&in->out, &text);
	str_release(&text);
	json_decref(all);
	return EXIT_DONE;
}

static int run_check(struct invocation *in)
{
	struct record_list all = {NULL, 0};
	struct str text = STR_INIT;

	if (state_check(in->state, &in->diags) != 0 ||
	    state_load_records(in->state, NULL, in->arena, &all, &in->diags) != 0)
		return invocation_exit(in);
	invocation_show_diags(in);
	str_add(&text, "Recorded state is sound: ");
	counted(&text, all.count, "record.", "records.");
	in->view->show_done(in->view, "state_checked", str_cstr(&text));
	str_release(&text);
	return EXIT_DONE;
}

const struct command cmd_state_list = {
	.name = "state list",
	.group = GROUP_STATE,
	.summary = "list everything that is recorded",
	.operands = "[PATTERN...]",
	.operand_max = OPERANDS_ANY,
	.help = "Lists the recorded resources, sorted by address: on a terminal with type and id, "
		"in "
		"a pipe one address per line. A pattern is an address in which * and ? stand for "
		"anything.",
	.examples = (const char *const[]){"hadeploy state list 'web/east/*'", "one stack instance",
					  "hadeploy state list --abandoned",
					  "what was in regions that were lost and recreated", NULL},
	.options = (const enum option_id[]){OPT_ABANDONED, OPT_JSON, OPT_END},
	.needs = NEED_STATE_READ,
	.run = run_list,
};

const struct command cmd_state_show = {
	.name = "state show",
	.group = GROUP_STATE,
	.summary = "show all that is recorded of one resource, as JSON",
	.operands = "ADDRESS",
	.operand_min = 1,
	.operand_max = 1,
	.help = "Prints the record of a resource: its id, the properties it was applied with and "
		"what its provider answered. Sensitive values are recorded as salted digests only, "
		"and shown as (sensitive).",
	.examples =
		(const char *const[]){"hadeploy state show web/east/Page", "one resource", NULL},
	.needs = NEED_STATE_READ,
	.run = run_show,
};

const struct command cmd_state_export = {
	.name = "state export",
	.group = GROUP_STATE,
	.summary = "print all of recorded state as one JSON document",
	.operands = "",
	.help = "Prints records, stack instances, open operations, and executions of runbooks with "
		"their events, regions that were recreated and what is ABANDONED of them, in "
		"canonical JSON: the same state always gives the same bytes. In "
		"place of secrets it holds their salted "
		"digests.",
	.examples = (const char *const[]){"hadeploy state export >state.json", "a copy to look at",
					  NULL},
	.needs = NEED_STATE_READ,
	.run = run_export,
};

const struct command cmd_state_check = {
	.name = "state check",
	.group = GROUP_STATE,
	.summary = "check that recorded state is sound",
	.operands = "",
	.help = "Checks the file, its schema, every record against its checksum and the journal of "
		"every execution against its hashes, and names operations that have no end yet. "
		"Nothing is changed.",
	.options = (const enum option_id[]){OPT_JSON, OPT_END},
	.needs = NEED_STATE_READ,
	.run = run_check,
};

const struct command cmd_state = {
	.name = "state",
	.group = GROUP_STATE,
	.summary = "look at recorded state and mend it",
	.operands = "COMMAND",
	.help = "Works on recorded state alone, so also while manifest or templates are broken. "
		"Nothing here touches what is deployed.",
	.children = (const struct command *const[]){&cmd_state_list, &cmd_state_show, &cmd_state_rm,
						    &cmd_state_mv, &cmd_state_unlock,
						    &cmd_state_check, &cmd_state_export,
						    &cmd_state_mirror, &cmd_state_restore, NULL},
};
