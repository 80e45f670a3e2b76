/* refs.c - names in nodes. */
#include "templates/refs.h"

#include <string.h>

/* Fn::Sub */

static int sub_misshapen(const struct node *at, const char *expected, struct diags *d)
{
	struct diag *g;

	if (!d)
		return -1;
	g = diag_add(d, DIAG_FUNCTION_ARGUMENT, at->where,
		     "'Fn::Sub' takes %s here, and this is %s", expected, node_describe(at));
	diag_hint(d, g,
		  "write !Sub 'text with ${Name}', or !Sub ['text with ${Name}', "
		  "{Name: value}]");
	return -1;
}

int sub_shape(const struct node *call, const struct node **text, const struct node **own,
	      struct diags *d)
{
	const struct node *arg = call->arg;

	*text = arg;
	*own = NULL;
	if (arg->kind == NODE_LIST && arg->count == 2) {
		*text = arg->items[0];
		*own = arg->items[1];
	}
	if ((*text)->kind != NODE_SCALAR)
		return sub_misshapen(*text, "a text", d);
	if (*own && (*own)->kind != NODE_MAP)
		return sub_misshapen(*own, "a map of names and values", d);
	return 0;
}

static size_t count_opens(struct text t)
{
	size_t count = 0;

	for (size_t i = 0; i + 1 < t.len; i++)
		count += t.ptr[i] == '$' && t.ptr[i + 1] == '{';
	return count;
}

/* Quotes, escapes and indentation are gone from the text, but the "${" are the same in number
 * and order, unless one was written with escapes: then the whole text is named. */
struct sub_places sub_places_start(const struct node *text)
{
	struct sub_places p = {.text = text};
	size_t end;

	if (!text->where.src)
		return p;
	p.start = source_offset(text->where.src, text->where.start);
	end = source_offset(text->where.src, text->where.end);
	p.slice = (struct text){text->where.src->bytes.ptr + p.start, end - p.start};
	p.usable = count_opens(p.slice) == count_opens(text->text);
	return p;
}

/* Moves behind that many "${" of the slice; the offset of the first. */
static size_t pass_opens(struct sub_places *p, size_t count)
{
	size_t first = p->slice.len;

	for (; count && p->at + 1 < p->slice.len; p->at++) {
		if (p->slice.ptr[p->at] != '$' || p->slice.ptr[p->at + 1] != '{')
			continue;
		if (first == p->slice.len)
			first = p->at;
		count--;
	}
	return first;
}

struct range sub_places_next(struct sub_places *p, const struct sub_piece *piece)
{
	const struct text written = {p->text->text.ptr + piece->offset, piece->len};
	struct range where = p->text->where;
	size_t at;

	if (!p->usable || (piece->kind == SUB_TEXT && !count_opens(written)))
		return where;
	at = pass_opens(p, count_opens(written));
	if (piece->kind == SUB_TEXT || piece->len > p->slice.len - at ||
	    memcmp(p->slice.ptr + at, written.ptr, written.len) != 0)
		return where;
	where.start = source_pos(where.src, p->start + at);
	where.end = source_pos(where.src, p->start + at + piece->len);
	return where;
}

void report_sub(struct range where, const struct sub_piece *piece, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_SUB_SYNTAX, where, "%s", piece->problem);

	if (piece->len == 2)
		diag_hint(d, g, "close it with '}', or write '${!' for a literal '${'");
	else
		diag_hint(d, g,
			  "write '${!...}' to keep '${...}' literally, as shell scripts need");
}

/* Names */

struct visiting {
	ref_visit_fn *visit;
	void *context;
};

static void tell(const struct visiting *v, const struct node *call, enum ref_kind kind,
		 const struct node *name)
{
	struct ref ref = {kind, name->text, {NULL, 0}, name->where, call};

	if (name->kind == NODE_SCALAR)
		v->visit(v->context, &ref);
}

/* "A.B": true with both parts. */
static bool cut_attribute(struct ref *ref)
{
	const char *dot = memchr(ref->name.ptr, '.', ref->name.len);
	size_t len;

	if (!dot)
		return false;
	len = (size_t)(dot - ref->name.ptr);
	ref->kind = REF_ATTRIBUTE;
	ref->attribute = (struct text){dot + 1, ref->name.len - len - 1};
	ref->name.len = len;
	return true;
}

static void tell_getatt(const struct visiting *v, const struct node *call)
{
	const struct node *arg = call->arg;
	struct ref ref = {REF_ATTRIBUTE, arg->text, {NULL, 0}, arg->where, call};

	if (arg->kind == NODE_SCALAR && cut_attribute(&ref))
		v->visit(v->context, &ref);
	if (arg->kind != NODE_LIST || arg->count != 2 || arg->items[0]->kind != NODE_SCALAR)
		return;
	ref.name = arg->items[0]->text;
	ref.where = arg->items[0]->where;
	if (arg->items[1]->kind == NODE_SCALAR)
		ref.attribute = arg->items[1]->text;
	v->visit(v->context, &ref);
}

static void tell_sub(const struct visiting *v, const struct node *call)
{
	const struct node *text, *own;
	struct sub_places places;
	struct sub_scan scan;
	struct sub_piece p;

	if (sub_shape(call, &text, &own, NULL))
		return;
	scan = sub_start(text->text);
	places = sub_places_start(text);
	while (sub_next(&scan, &p)) {
		struct ref ref = {REF_NAME, p.text, {NULL, 0}, sub_places_next(&places, &p), call};

		if (p.kind != SUB_VARIABLE || (own && node_find_entry(own, p.text)))
			continue;
		cut_attribute(&ref);
		v->visit(v->context, &ref);
	}
}

static void tell_if(const struct visiting *v, const struct node *call)
{
	const struct node *condition;

	if (call->arg->kind != NODE_LIST || !call->arg->count)
		return;
	condition = call->arg->items[0];
	if (!node_is_call(condition, "Condition"))
		tell(v, call, REF_CONDITION, condition);
}

static void tell_mapping(const struct visiting *v, const struct node *call)
{
	if (call->arg->kind == NODE_LIST && call->arg->count)
		tell(v, call, REF_MAPPING, call->arg->items[0]);
}

void refs_of_call(const struct node *call, ref_visit_fn *visit, void *context)
{
	const struct visiting v = {visit, context};

	if (text_is(call->text, "Ref"))
		tell(&v, call, REF_NAME, call->arg);
	else if (text_is(call->text, "Fn::GetAtt"))
		tell_getatt(&v, call);
	else if (text_is(call->text, "Fn::Sub"))
		tell_sub(&v, call);
	else if (text_is(call->text, "Condition"))
		tell(&v, call, REF_CONDITION, call->arg);
	else if (text_is(call->text, "Fn::If"))
		tell_if(&v, call);
	else if (text_is(call->text, "Fn::FindInMap"))
		tell_mapping(&v, call);
}

void refs_walk(const struct node *n, ref_visit_fn *visit, void *context)
{
	switch (n->kind) {
	case NODE_SCALAR:
		break;
	case NODE_LIST:
		for (size_t i = 0; i < n->count; i++)
			refs_walk(n->items[i], visit, context);
		break;
	case NODE_MAP:
		for (size_t i = 0; i < n->count; i++)
			refs_walk(n->entries[i].value, visit, context);
		break;
	case NODE_CALL:
		refs_of_call(n, visit, context);
		refs_walk(n->arg, visit, context);
		break;
	}
}
