/*
 * rule_init.c - Metadata AWS::CloudFormation::Init: what cfn-init reads on an instance.
 * CloudFormation itself does not look at it; a mistake shows when the instance has started.
 */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"

struct init {
	struct lint *l;
	const struct node *body; /* AWS::CloudFormation::Init */
};

static const char *const sections[] = {
	"commands", "files", "groups", "packages", "services", "sources", "users", NULL,
};

static const char *const installers[] = {
	"apt", "dnf", "msi", "python", "rpm", "rubygems", "yum", "zypper", NULL,
};

static const char *const command_keys[] = {
	"command", "cwd", "env", "ignoreErrors", "test", "waitAfterCompletion", NULL,
};

static const char *const file_keys[] = {
	"authentication", "content", "context", "encoding", "group",
	"mode",           "owner",   "source",  NULL,
};

static struct diag *warn(struct init *s, const struct node *at, const char *what, struct text name)
{
	return diag_warn(s->l->d, DIAG_INIT_METADATA, at->where, "%s '%.*s'", what, TEXT_ARG(name));
}

static void check_keys(struct init *s, const struct node *map, const char *const *known,
		       const char *what)
{
	size_t count = 0;

	while (known[count])
		count++;
	for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i++) {
		const struct node *key = map->entries[i].key;
		struct diag *g;

		if (text_in(key->text, known) || text_starts(key->text, "Fn::"))
			continue;
		g = warn(s, key, what, key->text);
		diag_did_you_mean(s->l->d, g, key->text, known, count);
		if (!g->hint)
			diag_hint(s->l->d, g, "cfn-init knows %s, %s and so on", known[0],
				  known[1]);
	}
}

static bool check_map(struct init *s, const struct node *n, const char *what)
{
	struct diag *g;

	if (n->kind == NODE_MAP || n->kind == NODE_CALL)
		return n->kind == NODE_MAP;
	g = diag_warn(s->l->d, DIAG_INIT_METADATA, n->where, "%s is a map, and this is %s", what,
		      node_describe(n));
	diag_hint(s->l->d, g, "write names and values below it");
	return false;
}

static void check_commands(struct init *s, const struct node *commands)
{
	for (size_t i = 0; i < commands->count; i++) {
		const struct node *body = commands->entries[i].value;
		struct diag *g;

		if (!check_map(s, body, "a command of cfn-init"))
			continue;
		check_keys(s, body, command_keys, "a command of cfn-init has no key");
		if (field_of(body, "command").state != FIELD_ABSENT)
			continue;
		g = warn(s, commands->entries[i].key, "no 'command' in the command of cfn-init",
			 commands->entries[i].key->text);
		diag_hint(s->l->d, g, "write 'command:' with what is to be run");
	}
}

static void check_files(struct init *s, const struct node *files)
{
	for (size_t i = 0; i < files->count; i++) {
		if (check_map(s, files->entries[i].value, "a file of cfn-init"))
			check_keys(s, files->entries[i].value, file_keys,
				   "a file of cfn-init has no key");
	}
}

static void check_config(struct init *s, const struct node_entry *config)
{
	const struct node *part;

	if (!check_map(s, config->value, "a config of cfn-init"))
		return;
	check_keys(s, config->value, sections, "a config of cfn-init has no section");
	part = node_find(config->value, "commands");
	if (part && check_map(s, part, "'commands'"))
		check_commands(s, part);
	part = node_find(config->value, "files");
	if (part && check_map(s, part, "'files'"))
		check_files(s, part);
	part = node_find(config->value, "packages");
	if (part && check_map(s, part, "'packages'"))
		check_keys(s, part, installers, "cfn-init has no package manager");
}

/* Config sets name configs, and others of their kind by {ConfigSet: Name}. */
static void check_set_item(struct init *s, const struct node *sets, const struct node *item)
{
	const struct node *inner = item->kind == NODE_MAP ? node_find(item, "ConfigSet") : NULL;
	const struct node *name = inner ? inner : item;
	const struct node *home = inner ? sets : s->body;
	struct diag *g;

	if (name->kind != NODE_SCALAR || node_find_entry(home, name->text))
		return;
	g = warn(s, name, inner ? "there is no config set" : "there is no config", name->text);
	diag_hint(s->l->d, g, "name one that stands below AWS::CloudFormation::Init");
}

static void check_sets(struct init *s, const struct node *sets)
{
	for (size_t i = 0; i < sets->count; i++) {
		const struct node *items = sets->entries[i].value;

		if (items->kind == NODE_SCALAR)
			check_set_item(s, sets, items);
		for (size_t j = 0; items->kind == NODE_LIST && j < items->count; j++)
			check_set_item(s, sets, items->items[j]);
	}
}

void rule_init(struct lint *l, const struct lint_resource *r)
{
	const struct node *metadata = node_find(r->body, "Metadata");
	struct init s = {l, node_find(metadata, "AWS::CloudFormation::Init")};

	if (!s.body || s.body->kind != NODE_MAP)
		return;
	for (size_t i = 0; i < s.body->count; i++) {
		const struct node_entry *e = &s.body->entries[i];

		if (text_is(e->key->text, "configSets")) {
			if (check_map(&s, e->value, "'configSets'"))
				check_sets(&s, e->value);
		} else if (!text_starts(e->key->text, "Fn::")) {
			check_config(&s, e);
		}
	}
}
