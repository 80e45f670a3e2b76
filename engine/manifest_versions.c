/*
 * manifest_versions.c - the section Policy: which versions may change something, and where.
 *
 *	Policy:
 *	- Name: production
 *	  RequireCleanTree: true
 *	  RequireBranch: [main, 'release-*']
 *	  RequirePushed: origin		or true: any remote
 *	  RequireSigned: {AllowedSigners: /etc/shop/signers, Keyring: /etc/shop/release.gpg}
 *	  Regions: [east]		and Accounts, Where: as for targets
 *	- {RequireCleanTree: true}	everywhere
 *
 * A single policy need not be in a list.
 */
#include <string.h>

#include "engine/manifest_read.h"

static struct range key_at(const struct manifest_part *part, const char *key)
{
	return node_find_entry(part->map, text_of(key))->key->where;
}

static bool is_true(const struct node *value)
{
	return text_is(value->text, "true");
}

static const char *key_of(struct manifest_reader *r, const char *key,
			  const struct manifest_part *part)
{
	return arena_printf(r->a, "'%s' of %s", key, part->who);
}

/* --- what is required ------------------------------------------------------------------- */

static void set_name(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	(void)r;
	(void)part;
	((struct version_policy *)into)->name = value->text.ptr;
}

static void set_clean(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	struct version_policy *p = into;

	(void)r;
	p->clean = is_true(value);
	p->clean_at = key_at(part, "RequireCleanTree");
}

static void set_branch(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	const struct node *const *items = value->kind == NODE_LIST ? value->items : &value;
	size_t count = value->kind == NODE_LIST ? value->count : 1;
	const char **patterns = ARENA_ARRAY(r->a, count, const char *);
	const char *what = key_of(r, "RequireBranch", part);
	struct version_policy *p = into;

	p->branches = patterns;
	p->branch_at = key_at(part, "RequireBranch");
	for (size_t i = 0; i < count && !manifest_full(r); i++) {
		if (manifest_is_text(r, what, items[i]))
			patterns[p->branch_count++] = items[i]->text.ptr;
	}
	if (count == 0)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_VALUE, value->where, "%s is an empty list",
				   what),
			  "name branches, such as [main, 'release/*'], or leave it out");
}

static void set_pushed(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	struct version_policy *p = into;

	(void)r;
	p->pushed_at = key_at(part, "RequirePushed");
	p->pushed = !text_is(value->text, "false");
	if (p->pushed && !is_true(value))
		p->remote = value->text.ptr;
}

static void set_signers(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	(void)r;
	(void)part;
	((struct signing_policy *)into)->signers = value->text.ptr;
}

static void set_revoked(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	(void)r;
	(void)part;
	((struct signing_policy *)into)->revoked = value->text.ptr;
}

static void set_keyring(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	(void)r;
	(void)part;
	((struct signing_policy *)into)->keyring = value->text.ptr;
}

static void set_committer(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	(void)r;
	(void)part;
	((struct signing_policy *)into)->same_committer = is_true(value);
}

static void set_tags(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	(void)r;
	(void)part;
	((struct signing_policy *)into)->tags = is_true(value);
}

static void set_signed(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	static const struct manifest_key rows[] = {
		{"AllowedSigners", KEY_TEXT, KEY_OPTIONAL, set_signers, NULL},
		{"RevokedKeys", KEY_TEXT, KEY_OPTIONAL, set_revoked, NULL},
		{"Keyring", KEY_TEXT, KEY_OPTIONAL, set_keyring, NULL},
		{"SameCommitter", KEY_FLAG, KEY_OPTIONAL, set_committer, NULL},
		{"Tags", KEY_FLAG, KEY_OPTIONAL, set_tags, NULL},
	};
	static const struct manifest_keys keys = {KEYS_CLOSED, rows, ARRAY_LEN(rows), NULL};
	const struct manifest_part signing = {key_of(r, "RequireSigned", part), NULL, value};
	struct signing_policy *s = ARENA_NEW(r->a, struct signing_policy);
	struct version_policy *p = into;
	size_t errors = r->d->error_count;

	p->signing = s;
	p->signed_at = key_at(part, "RequireSigned");
	manifest_read_map(r, &signing, &keys, s);
	if (r->d->error_count == errors && !s->signers && !s->keyring)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_KEY_MISSING, value->where,
				   "%s has neither 'AllowedSigners' nor 'Keyring'", signing.who),
			  "say who may sign: a file of SSH keys, as ssh-keygen(1) describes under "
			  "ALLOWED SIGNERS, or of GPG keys, as `gpg --export` writes it");
}

/* --- where ------------------------------------------------------------------------------- */

static void refuse_empty(struct manifest_reader *r, const char *what, const struct node *value)
{
	if (value->kind == NODE_LIST && value->count == 0)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_VALUE, value->where, "%s is an empty list",
				   what),
			  "name some, or leave it out: then it holds for all of them");
}

static void set_regions(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	struct version_policy *p = into;
	const char *what = key_of(r, "Regions", part);

	p->regions = manifest_region_names(r, what, value, &p->region_count);
	refuse_empty(r, what, value);
}

static void set_accounts(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	struct version_policy *p = into;
	const char *what = key_of(r, "Accounts", part), **names;
	void **found = manifest_named_list(r, NAMED_ACCOUNT, what, value, &p->account_count);

	names = ARENA_ARRAY(r->a, p->account_count, const char *);
	for (size_t i = 0; i < p->account_count; i++)
		names[i] = ((const struct manifest_account *)found[i])->name;
	p->accounts = names;
	refuse_empty(r, what, value);
}

static void set_where(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	((struct version_policy *)into)->filter = manifest_read_filter(r, part, value);
}

/* --- all of it --------------------------------------------------------------------------- */

static const struct manifest_key rows[] = {
	{"Name", KEY_TEXT, KEY_OPTIONAL, set_name, NULL},
	{"RequireCleanTree", KEY_FLAG, KEY_OPTIONAL, set_clean, NULL},
	{"RequireBranch", KEY_ANY, KEY_OPTIONAL, set_branch, NULL},
	{"RequirePushed", KEY_TEXT, KEY_OPTIONAL, set_pushed, NULL},
	{"RequireSigned", KEY_MAP, KEY_OPTIONAL, set_signed, NULL},
	{"Regions", KEY_ANY, KEY_OPTIONAL, set_regions, NULL},
	{"Accounts", KEY_ANY, KEY_OPTIONAL, set_accounts, NULL},
	{"Where", KEY_MAP, KEY_OPTIONAL, set_where, NULL},
};
static const struct manifest_keys keys = {KEYS_CLOSED, rows, ARRAY_LEN(rows), NULL};

static bool requires_something(const struct node *map)
{
	static const char *const requirements[] = {"RequireCleanTree", "RequireBranch",
						   "RequirePushed", "RequireSigned"};

	for (size_t i = 0; i < ARRAY_LEN(requirements); i++) {
		if (node_find(map, requirements[i]))
			return true;
	}
	return false;
}

static void read_policy(struct manifest_reader *r, const struct manifest_part *part,
			struct version_policy *p)
{
	size_t errors = r->d->error_count;

	p->where = part->map->where;
	if (part->map->kind != NODE_MAP) {
		manifest_wrong_shape(r, part->who, part->map,
				     "a map, {RequireCleanTree: true, ...}");
		return;
	}
	manifest_read_map(r, part, &keys, p);
	if (r->d->error_count == errors && !requires_something(part->map))
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_KEY_MISSING, part->map->where,
				   "%s requires nothing", part->who),
			  "add RequireCleanTree, RequireBranch, RequirePushed or RequireSigned");
}

void manifest_set_policies(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	const struct node *const *items = value->kind == NODE_LIST ? value->items : &value;
	size_t count = value->kind == NODE_LIST ? value->count : 1;
	struct version_policy *all = ARENA_ARRAY(r->a, count, struct version_policy);

	(void)part;
	(void)into;
	for (size_t i = 0; i < count && !manifest_full(r); i++) {
		const char *who = value->kind == NODE_LIST ? arena_printf(r->a, "policy %zu", i + 1)
							   : "'Policy'";
		const struct manifest_part policy = {who, NULL, items[i]};

		read_policy(r, &policy, &all[i]);
	}
	r->m->version_policies = (struct version_policies){all, count};
}
