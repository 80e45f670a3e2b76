/* results.c - the results that steps have: their names, so that a wrong one is found when the
 * runbook is read and not when it is run. */
#include <string.h>

#include "engine/runbook/making.h"

/* What stands behind a name. */
enum result_shape { RESULT_PLAIN, RESULT_DEEP /* names below it may follow: Json.id */ };

/* The last one of a list has no name. */
struct result_name {
	const char *name;
	enum result_shape shape;
};

static const struct result_name approval[] = {
	{"User", RESULT_PLAIN}, {"Reason", RESULT_PLAIN}, {NULL, RESULT_PLAIN}};
static const struct result_name apply[] = {{"Created", RESULT_PLAIN},   {"Updated", RESULT_PLAIN},
					   {"Replaced", RESULT_PLAIN},  {"Deleted", RESULT_PLAIN},
					   {"Unchanged", RESULT_PLAIN}, {"Failed", RESULT_PLAIN},
					   {"Run", RESULT_PLAIN},       {NULL, RESULT_PLAIN}};
static const struct result_name command[] = {{"ExitCode", RESULT_PLAIN},
					     {"Stdout", RESULT_PLAIN},
					     {"Hosts", RESULT_DEEP},
					     {NULL, RESULT_PLAIN}};
static const struct result_name http[] = {{"Status", RESULT_PLAIN},
					  {"Body", RESULT_PLAIN},
					  {"Json", RESULT_DEEP},
					  {"Millis", RESULT_PLAIN},
					  {NULL, RESULT_PLAIN}};
static const struct result_name posted[] = {
	{"Status", RESULT_PLAIN}, {"Millis", RESULT_PLAIN}, {NULL, RESULT_PLAIN}};
static const struct result_name told[] = {{"Millis", RESULT_PLAIN}, {NULL, RESULT_PLAIN}};
static const struct result_name traffic[] = {
	{"Before", RESULT_DEEP}, {"Weights", RESULT_DEEP}, {NULL, RESULT_PLAIN}};
static const struct result_name check[] = {
	{"Healthy", RESULT_PLAIN}, {"Detail", RESULT_PLAIN}, {NULL, RESULT_PLAIN}};

/* What checks of the types that the program has measure. */
static const struct result_name check_http[] = {
	{"Status", RESULT_PLAIN}, {"TlsDays", RESULT_PLAIN}, {NULL, RESULT_PLAIN}};
static const struct result_name check_dns[] = {{"Answers", RESULT_PLAIN},
					       {"Code", RESULT_PLAIN},
					       {"Ttl", RESULT_PLAIN},
					       {NULL, RESULT_PLAIN}};
static const struct result_name check_postgres[] = {
	{"Role", RESULT_PLAIN},       {"Writable", RESULT_PLAIN},
	{"ReadOnly", RESULT_PLAIN},   {"LagSeconds", RESULT_PLAIN},
	{"LagBytes", RESULT_PLAIN},   {"Streaming", RESULT_PLAIN},
	{"Standbys", RESULT_PLAIN},   {"HeardSeconds", RESULT_PLAIN},
	{"Lsn", RESULT_PLAIN},        {"LastCommit", RESULT_PLAIN},
	{"LastReplay", RESULT_PLAIN}, {"Timeline", RESULT_PLAIN},
	{"Query", RESULT_PLAIN},      {NULL, RESULT_PLAIN}};
static const struct result_name check_silent[] = {{NULL, RESULT_PLAIN}};

static const struct {
	const char *type;
	const struct result_name *names;
} check_types[] = {
	{"HTTP", check_http},  {"TCP", check_silent}, {"COMMAND", check_silent},
	{"SSH", check_silent}, {"DNS", check_dns},    {"POSTGRES", check_postgres},
};

/* The names that one step has. */
struct result_names {
	struct arena *a;
	struct {
		VEC_OF(struct result_name)
	} list;
	bool open; /* a check of a provider of the project: nobody can say */
};

static void add_names(struct result_names *r, const struct result_name *from)
{
	for (; from->name; from++) {
		bool there = false;

		for (size_t i = 0; i < r->list.count && !there; i++)
			there = !strcmp(r->list.items[i].name, from->name);
		if (!there)
			*(struct result_name *)arena_vec_add(r->a, &r->list) = *from;
	}
}

/* --- checks ---------------------------------------------------------------------------- */

static void add_check(struct result_names *r, const struct manifest *m, struct text name)
{
	const struct manifest_check *c = manifest_check(m, arena_text(r->a, name));

	for (size_t i = 0; c && i < ARRAY_LEN(check_types); i++) {
		if (!strcmp(c->type, check_types[i].type)) {
			add_names(r, check_types[i].names);
			return;
		}
	}
	r->open = true;
}

/* A name, a map with `Check`, a list of them. */
static void add_checks(struct result_names *r, const struct manifest *m, const struct node *n)
{
	if (n->kind == NODE_SCALAR)
		add_check(r, m, n->text);
	else if (n->kind == NODE_MAP && node_find(n, "Check"))
		add_checks(r, m, node_find(n, "Check"));
	else if (n->kind == NODE_LIST)
		for (size_t i = 0; i < n->count; i++)
			add_checks(r, m, n->items[i]);
	else
		r->open = true;
}

/* As it is run in either way. */
static void add_checks_of(struct result_names *r, const struct manifest *m,
			  const struct file_step *s)
{
	const struct step_key *key = step_key_find(STEP_CHECK, TEXT_LIT("Check"));

	for (int grace = 0; grace <= STEP_UNGRACEFUL; grace++) {
		const struct node *n = step_key_node(s, (enum step_grace)grace, key);

		if (n && !r->list.count)
			add_names(r, check);
		if (n)
			add_checks(r, m, n);
	}
}

/* --- steps ------------------------------------------------------------------------------- */

static void add_notify(struct result_names *r, const struct file_step *s)
{
	const struct step_key *key = step_key_find(STEP_NOTIFY, TEXT_LIT("Url"));
	bool posts = step_key_node(s, STEP_GRACEFUL, key) || step_key_node(s, STEP_UNGRACEFUL, key);

	add_names(r, posts ? posted : told);
}

static void names_of(struct result_names *r, const struct manifest *m, const struct file_step *s)
{
	static const struct result_name *const fixed[STEP_KIND_COUNT] = {
		[STEP_APPROVAL] = approval, [STEP_APPLY] = apply,     [STEP_COMMAND] = command,
		[STEP_HTTP] = http,         [STEP_TRAFFIC] = traffic,
	};

	if (fixed[s->kind])
		add_names(r, fixed[s->kind]);
	else if (s->kind == STEP_CHECK)
		add_checks_of(r, m, s);
	else if (s->kind == STEP_NOTIFY)
		add_notify(r, s);
	else if (s->kind == STEP_ACTION)
		r->open = true; /* what its type says: actions.c */
}

static bool has_name(const struct result_names *r, struct text name)
{
	struct text_split rest = text_split_start(name);
	struct text first = {"", 0};

	text_next(&rest, '.', &first);
	for (size_t i = 0; i < r->list.count; i++) {
		const struct result_name *one = &r->list.items[i];

		if (text_is(first, one->name))
			return first.len == name.len || one->shape == RESULT_DEEP;
	}
	return false;
}

void report_result(struct arena *a, const struct result_wanted *w, const char *const *names,
		   size_t count, struct diags *d)
{
	struct diag *g;

	if (!count) {
		g = diag_add(d, DIAG_STEP_RESULT, w->where, "%s has no results", w->who);
		diag_detail(d, g, "It is %s.", w->what);
		diag_related(d, g, w->step, "the step");
		diag_hint(d, g, "use a result of another step, or a parameter");
		return;
	}
	g = diag_add(d, DIAG_STEP_RESULT, w->where, "%s has no result '%.*s'", w->who,
		     TEXT_ARG(w->name));
	diag_detail(d, g, "Results of %s are %s.", w->what, diag_listed(a, names, count));
	diag_related(d, g, w->step, "the step");
	diag_did_you_mean(d, g, w->name, names, count);
	if (!g->hint)
		diag_hint(d, g, "use one of these");
}

/* "a step of type Check with POSTGRES checks" would be guessing: the type of the step. */
static const char *what_of(struct arena *a, const struct file_step *s)
{
	if (s->kind == STEP_CHECK && node_find(s->body, "Value"))
		return "a step of type Check that compares a Value";
	return arena_printf(a, "a step of type %s%s", step_kind_name(s->kind),
			    s->kind == STEP_CHECK ? " with these checks" : "");
}

void step_check_result(struct runbook_reader *r, const struct file_step *s, struct text name,
		       struct range where)
{
	struct arena *scratch = arena_new();
	struct result_names all = {.a = scratch};
	const struct result_wanted w = {s->who, what_of(scratch, s), name, where, s->where};
	const char **names;

	names_of(&all, r->m, s);
	if (!all.open && !has_name(&all, name)) {
		names = ARENA_ARRAY(scratch, all.list.count + 1, const char *);
		for (size_t i = 0; i < all.list.count; i++)
			names[i] = all.list.items[i].name;
		report_result(scratch, &w, names, all.list.count, r->d);
	}
	arena_free(scratch);
}
