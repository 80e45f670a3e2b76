/* intrinsic_outside.c - what a template takes from outside of itself: exports, outputs of other
 * stacks, and dynamic references. */
#include "templates/intrinsic.h"

#include <string.h>

#include "templates/resolve.h"

/* --- asking ---------------------------------------------------------------------- */

static enum outside_answer ask(struct eval *e, const struct outside_question *q,
			       const struct value **out)
{
	const struct eval_outside *outside = e->st->outside;

	return outside ? outside->ask(outside->context, e->a, q, out, e->d) : OUTSIDE_LATER;
}

const struct value *eval_foreign(struct eval *e, const struct node *at, const struct value *from)
{
	struct value *v;

	if (!eval_charge(e, at, sizeof(*v)))
		return NULL;
	v = ARENA_NEW(e->a, struct value);
	*v = *from;
	v->from = at;
	return value_foreign(e->a, v);
}

const struct value *eval_ask(struct eval *e, const struct node *call,
			     const struct outside_question *q)
{
	const struct value *found = NULL;

	switch (ask(e, q, &found)) {
	case OUTSIDE_KNOWN:
		return eval_foreign(e, call, found);
	case OUTSIDE_LATER:
		return eval_unknown(e, call, NULL, 0);
	case OUTSIDE_FAILED:
		break;
	}
	return NULL;
}

/* --- Fn::ImportValue, Fn::GetStackOutput ------------------------------------------ */

/* Without a world outside a name may be unknown: so is the answer. */
static bool may_be_unknown(struct eval *e, const struct node *call, const struct node *n)
{
	const struct value *v;

	if (e->st->outside || n->kind == NODE_SCALAR)
		return false;
	v = eval_operand(e, call, n);
	return v && v->kind == VALUE_UNKNOWN;
}

const struct value *intrinsic_import_value(struct eval *e, const struct node *call)
{
	struct outside_question q = {.kind = ASK_EXPORT, .where = call->where};
	struct text name;

	if (may_be_unknown(e, call, call->arg))
		return eval_unknown(e, call, NULL, 0);
	if (!eval_name(e, call, call->arg, "the export", &name))
		return NULL;
	q.name = arena_text(e->a, name);
	return eval_ask(e, call, &q);
}

static const char *const output_keys[] = {"StackName", "OutputName", "Region"};

static bool is_output_key(struct text key)
{
	for (size_t i = 0; i < ARRAY_LEN(output_keys); i++) {
		if (text_is(key, output_keys[i]))
			return true;
	}
	return false;
}

static int refuse_key(const struct node *call, const struct node *key, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_FUNCTION_ARGUMENT, key->where,
				  "'Fn::GetStackOutput' has no '%.*s'", TEXT_ARG(key->text));

	diag_did_you_mean(d, g, key->text, output_keys, ARRAY_LEN(output_keys));
	if (!g->hint)
		intrinsic_hint(d, g, call);
	return -1;
}

static int require_key(const struct node *call, const char *key, struct diags *d)
{
	const struct node *n = call->arg->kind == NODE_MAP ? node_find(call->arg, key) : NULL;

	if (n && !node_is_null(n))
		return 0;
	intrinsic_hint(d,
		       diag_add(d, DIAG_FUNCTION_ARGUMENT, n ? n->where : call->arg->where,
				"'Fn::GetStackOutput' needs '%s'", key),
		       call);
	return -1;
}

int stack_output_shape(const struct node *call, struct diags *d)
{
	const struct node *arg = call->arg;
	int result = 0;

	for (size_t i = 0; arg->kind == NODE_MAP && i < arg->count; i++) {
		if (!is_output_key(arg->entries[i].key->text))
			result = refuse_key(call, arg->entries[i].key, d);
	}
	for (size_t i = 0; i < 2; i++)
		result |= require_key(call, output_keys[i], d);
	return result;
}

const struct value *intrinsic_get_stack_output(struct eval *e, const struct node *call)
{
	struct outside_question q = {.kind = ASK_STACK_OUTPUT, .where = call->where};
	const char **fields[] = {&q.stack, &q.name, &q.region};
	static const char *const what[] = {"the stack", "the output", "the region"};
	struct text name;
	bool failed = false;

	if (stack_output_shape(call, e->d))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(output_keys); i++) {
		const struct node *n = node_find(call->arg, output_keys[i]);

		if (!n)
			continue;
		if (may_be_unknown(e, call, n))
			return eval_unknown(e, call, NULL, 0);
		if (eval_name(e, call, n, what[i], &name))
			*fields[i] = arena_text(e->a, name);
		else
			failed = true;
	}
	return failed ? NULL : eval_ask(e, call, &q);
}

/* --- dynamic references: places ---------------------------------------------------- */

/* The text as it stands in the file, or NULL when functions made it. */
static const char *find_written(const struct node *from, struct text written)
{
	size_t start, end;
	const char *bytes;

	if (!from || !from->where.src)
		return NULL;
	start = source_offset(from->where.src, from->where.start);
	end = source_offset(from->where.src, from->where.end);
	bytes = from->where.src->bytes.ptr;
	return end > start ? memmem(bytes + start, end - start, written.ptr, written.len) : NULL;
}

static struct range piece_where(const struct node *from, struct text written)
{
	struct range where = from ? from->where : RANGE_NONE;
	const char *at = find_written(from, written), *bytes;

	if (!at || !where.src)
		return where;
	bytes = where.src->bytes.ptr;
	where.start = source_pos(where.src, (size_t)(at - bytes));
	where.end = source_pos(where.src, (size_t)(at - bytes) + written.len);
	return where;
}

static void refuse_place(struct range where, const struct resolve_reference *r, const char *type,
			 struct diags *d)
{
	const char *service = resolve_service_name(r->service);
	struct diag *g;

	if (!type) {
		g = diag_add(d, DIAG_RESOLVE_PLACE, where, "an output cannot have a value of '%s'",
			     service);
		diag_hint(d, g, "have the one that needs the value resolve it by itself");
		return;
	}
	g = diag_add(d, DIAG_RESOLVE_PLACE, where, "'ssm-secure' is not taken by this property");
	diag_detail(d, g,
		    "Only some passwords are, such as MasterUserPassword of "
		    "AWS::RDS::DBInstance.");
	diag_hint(d, g, "keep the value in Secrets Manager: {{resolve:secretsmanager:SECRET}}");
}

static bool place_takes(const struct resolve_reference *r, const char *type, struct text pointer)
{
	if (!type)
		return !resolve_is_secure(r->service);
	return r->service != SERVICE_SSM_SECURE || resolve_secure_allowed(text_of(type), pointer);
}

struct place_check {
	const char *type;
	struct str pointer;
	struct diags *d;
};

static void check_places(struct place_check *c, const struct node *n);

static void check_text(struct place_check *c, const struct node *n)
{
	struct resolve_scan scan = resolve_start(n->text, RESOLVE_PART);
	struct resolve_piece p;

	if (!resolve_occurs(n->text))
		return;
	while (resolve_next(&scan, &p)) {
		if (p.kind == RESOLVE_REFERENCE &&
		    !place_takes(&p.ref, c->type, str_text(&c->pointer)))
			refuse_place(piece_where(n, p.text), &p.ref, c->type, c->d);
	}
}

/* What a function is given belongs to the property that the function makes. */
static void check_operands(struct place_check *c, const struct node *n)
{
	bool branches = n->kind == NODE_CALL && text_is(n->text, "Fn::If");

	if (n->kind == NODE_SCALAR) {
		check_text(c, n);
	} else if (branches && n->arg->kind == NODE_LIST) {
		for (size_t i = 1; i < n->arg->count; i++)
			check_places(c, n->arg->items[i]);
	} else if (n->kind == NODE_CALL) {
		check_operands(c, n->arg);
	}
	for (size_t i = 0; i < n->count; i++)
		check_operands(c, n->kind == NODE_LIST ? n->items[i] : n->entries[i].value);
}

static void check_places(struct place_check *c, const struct node *n)
{
	size_t len = c->pointer.len;

	if (n->kind == NODE_SCALAR || n->kind == NODE_CALL) {
		check_operands(c, n);
		return;
	}
	for (size_t i = 0; i < n->count; i++) {
		if (n->kind == NODE_MAP)
			json_pointer_add(&c->pointer, n->entries[i].key->text);
		else
			str_printf(&c->pointer, "/%zu", i);
		check_places(c, n->kind == NODE_MAP ? n->entries[i].value : n->items[i]);
		str_truncate(&c->pointer, len);
	}
}

void resolve_check_places(const struct node *properties, const char *type, struct diags *d)
{
	struct place_check c = {type, STR_INIT, d};

	check_places(&c, properties);
	str_release(&c.pointer);
}

void resolve_check_static(const struct node *scalar, struct diags *d)
{
	struct diag *g;

	if (!resolve_occurs(scalar->text))
		return;
	g = diag_add(d, DIAG_RESOLVE_PLACE, scalar->where,
		     "dynamic references are not resolved here");
	diag_hint(d, g, "give the value as a parameter");
}

bool resolve_refused(const struct node *scalar, enum resolve_written written, struct diags *d)
{
	struct resolve_scan scan = resolve_start(scalar->text, written);
	struct resolve_piece p;
	bool refused = false;

	if (!resolve_occurs(scalar->text))
		return false;
	while (resolve_next(&scan, &p)) {
		if (p.kind != RESOLVE_BAD)
			continue;
		resolve_report(piece_where(scalar, p.text), &p, RESOLVE_SHOWN, d);
		refused = true;
	}
	return refused;
}

/* --- dynamic references: values ---------------------------------------------------- */

struct resolving {
	struct eval *e;
	const char *type; /* NULL: an output */
	struct str pointer;
};

/* One text while its references are replaced. */
struct filling {
	const struct value *v;
	struct str text;
	bool failed, unknown, remote;
	struct {
		VEC_OF(const struct value *)
	} parts; /* what is secret of it, in the arena of the evaluation */
};

static bool occurs_in(const struct value *v)
{
	if (v->kind == VALUE_STRING)
		return resolve_occurs(v->text);
	for (size_t i = 0; i < v->count; i++) {
		if (occurs_in(v->kind == VALUE_LIST ? v->items[i] : v->entries[i].value))
			return true;
	}
	return false;
}

/*
 * A host may not have a file of this machine put into what it is sent.  What the template itself
 * says beside foreign words was resolved when they met.
 */
static bool is_smuggled(const struct filling *f, const struct resolve_piece *p)
{
	return f->v->foreign && resolve_is_local(p->ref.service);
}

static void refuse_smuggled(struct resolving *r, const struct filling *f)
{
	struct diag *g =
		diag_add(r->e->d, DIAG_RESOLVE_PLACE, f->v->from ? f->v->from->where : RANGE_NONE,
			 "an attribute brings a dynamic reference along");

	diag_detail(r->e->d, g,
		    "Values from outside of the template cannot ask for the "
		    "environment or for files of this machine.");
	diag_hint(r->e->d, g, "write the whole reference into the template");
}

static void fill_reference(struct resolving *r, struct filling *f, const struct resolve_piece *p)
{
	struct eval *e = r->e;
	struct outside_question q = {
		.kind = ASK_RESOLVE,
		.name = arena_text(e->a, p->ref.body),
		.where = piece_where(f->v->from, p->text),
	};
	const struct value *found = NULL;
	struct text text = {"", 0};

	f->remote |= !resolve_is_local(p->ref.service);
	if (is_smuggled(f, p)) {
		refuse_smuggled(r, f);
		f->failed = true;
		return;
	}
	if (!place_takes(&p->ref, r->type, str_text(&r->pointer))) {
		refuse_place(q.where, &p->ref, r->type, e->d);
		f->failed = true;
		return;
	}
	switch (ask(e, &q, &found)) {
	case OUTSIDE_KNOWN:
		value_scalar_text(found, &text);
		str_add_text(&f->text, text);
		*arena_vec_add(e->a, &f->parts) = value_sensitive(e->a, found);
		break;
	case OUTSIDE_LATER:
		f->unknown = true;
		break;
	case OUTSIDE_FAILED:
		f->failed = true;
		break;
	}
}

static void fill_piece(struct resolving *r, struct filling *f, const struct resolve_piece *p)
{
	enum resolve_shown shown = f->v->sensitive ? RESOLVE_HIDDEN : RESOLVE_SHOWN;

	switch (p->kind) {
	case RESOLVE_TEXT:
		str_add_text(&f->text, p->text);
		break;
	case RESOLVE_REFERENCE:
		fill_reference(r, f, p);
		break;
	case RESOLVE_BAD:
		resolve_report(piece_where(f->v->from, p->text), p, shown, r->e->d);
		f->failed = true;
		break;
	}
}

static const struct value *filled(struct eval *e, struct filling *f)
{
	struct value_origin *origin;
	struct value *v;

	if (f->failed || !eval_charge(e, f->v->from, sizeof(*v) + f->text.len))
		return NULL;
	v = ARENA_NEW(e->a, struct value);
	*v = (struct value){.kind = f->unknown ? VALUE_UNKNOWN : VALUE_STRING,
			    .sensitive = true,
			    .from = f->v->from,
			    .source_sensitive = f->v->sensitive};
	if (!f->unknown)
		v->text = (struct text){arena_text(e->a, str_text(&f->text)), f->text.len};
	if (f->unknown) {
		if (f->remote)
			v->text = (struct text){arena_text(e->a, f->v->text), f->v->text.len};
		return v;
	}
	if (f->remote) {
		origin = ARENA_NEW(e->a, struct value_origin);
		origin->source = arena_text(e->a, f->v->text);
		v->origin = origin;
	}
	*arena_vec_add(e->a, &f->parts) = f->v;
	return value_secret_of(e->a, v, f->parts.items, f->parts.count);
}

static const struct value *resolve_text(struct resolving *r, const struct value *v)
{
	struct resolve_scan scan = resolve_start(v->text, RESOLVE_WHOLE);
	struct filling f = {.v = v, .text = STR_INIT};
	const struct value *result;
	struct resolve_piece p;

	while (resolve_next(&scan, &p))
		fill_piece(r, &f, &p);
	result = filled(r->e, &f);
	if (f.text.ptr)
		explicit_bzero(f.text.ptr, f.text.cap);
	str_release(&f.text);
	return result;
}

static const struct value *resolve_value(struct resolving *r, const struct value *v);

static const struct value *resolve_list(struct resolving *r, const struct value *v)
{
	const struct value **items = ARENA_ARRAY(r->e->a, v->count, const struct value *);
	struct value *copy = ARENA_NEW(r->e->a, struct value);
	size_t len = r->pointer.len;
	bool failed = false;

	for (size_t i = 0; i < v->count; i++) {
		str_printf(&r->pointer, "/%zu", i);
		items[i] = resolve_value(r, v->items[i]);
		failed |= !items[i];
		str_truncate(&r->pointer, len);
	}
	*copy = *v;
	copy->items = items;
	return failed ? NULL : copy;
}

static const struct value *resolve_map(struct resolving *r, const struct value *v)
{
	struct value_entry *entries = ARENA_ARRAY(r->e->a, v->count, struct value_entry);
	struct value *copy = ARENA_NEW(r->e->a, struct value);
	size_t len = r->pointer.len;
	bool failed = false;

	for (size_t i = 0; i < v->count; i++) {
		json_pointer_add(&r->pointer, v->entries[i].key);
		entries[i].key = v->entries[i].key;
		entries[i].value = resolve_value(r, v->entries[i].value);
		failed |= !entries[i].value;
		str_truncate(&r->pointer, len);
	}
	*copy = *v;
	copy->entries = entries;
	return failed ? NULL : copy;
}

static const struct value *resolve_value(struct resolving *r, const struct value *v)
{
	if (!occurs_in(v))
		return v;
	if (v->kind == VALUE_STRING)
		return resolve_text(r, v);
	return v->kind == VALUE_LIST ? resolve_list(r, v) : resolve_map(r, v);
}

const struct value *eval_resolved(struct eval *e, const struct value *v, const char *type)
{
	struct resolving r = {.e = e, .type = type, .pointer = STR_INIT};
	const struct value *resolved;

	if (!occurs_in(v))
		return v;
	resolved = resolve_value(&r, v);
	str_release(&r.pointer);
	return resolved;
}

const struct value *eval_resolved_operand(struct eval *e, const struct value *v)
{
	return e->place == PLACE_VALUE ? eval_resolved(e, v, "") : v;
}

void eval_add_resolved(struct eval *e, const struct node *from, struct text t, struct str *out,
		       struct resolved_parts *parts)
{
	struct resolve_scan scan = resolve_start(t, RESOLVE_PART);
	const struct value *found = NULL;
	struct resolve_piece p;
	struct text text;

	while (resolve_next(&scan, &p)) {
		struct outside_question q = {.kind = ASK_RESOLVE,
					     .name = arena_text(e->a, p.ref.body),
					     .where = piece_where(from, p.text)};
		enum outside_answer answer = OUTSIDE_LATER;

		if (p.kind == RESOLVE_REFERENCE && resolve_is_local(p.ref.service) &&
		    e->place == PLACE_VALUE)
			answer = ask(e, &q, &found);
		parts->failed |= answer == OUTSIDE_FAILED;
		if (answer == OUTSIDE_KNOWN)
			*vec_add(parts) = value_sensitive(e->a, found);
		if (answer != OUTSIDE_KNOWN || !value_scalar_text(found, &text))
			text = p.text;
		str_add_text(out, text);
	}
}
