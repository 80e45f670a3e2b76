/* property_given.c - what parameters, resources and functions give, against what is taken. */
#include <string.h>

#include "engine/lint/property.h"

#define SCALARS (SHAPE_STRING | SHAPE_INTEGER | SHAPE_NUMBER | SHAPE_BOOLEAN)

/* Scalars are as good as each other: CloudFormation turns them into what is wanted. */
static unsigned broad(unsigned kinds)
{
	return kinds & SCALARS ? kinds | SCALARS : kinds;
}

static unsigned given_kinds(const struct alternative *alt)
{
	if (alt->kind == ALTERNATIVE_TEXTS)
		return SHAPE_ARRAY;
	if (alt->kind == ALTERNATIVE_SHAPE)
		return shape_of(alt->shape)->kinds;
	return alt->kind == ALTERNATIVE_NUMBER ? SHAPE_NUMBER : SHAPE_STRING;
}

/* Of the items of a list; 0: anything. */
static unsigned given_items(const struct alternative *alt)
{
	const struct shape *s;

	if (alt->kind == ALTERNATIVE_TEXTS)
		return SHAPE_STRING;
	s = alt->kind == ALTERNATIVE_SHAPE ? shape_of(alt->shape) : NULL;
	return s && s->items ? shape_of(s->items)->kinds : 0;
}

static void add_source(struct str *out, const struct alternative *alt)
{
	if (alt->parameter)
		str_printf(out, "parameter '%s'", alt->parameter->name);
	else
		str_add(out,
			alt->at->kind == NODE_SCALAR ? "the text here" : node_describe(alt->at));
}

static void report_kind(struct property_check *c, const struct alternative *alt,
			const char *of_items, unsigned given, unsigned wanted)
{
	struct str what = STR_INIT;

	str_printf(&what, "%sproperty '%s' ", of_items, str_cstr(&c->path));
	str_add(&what, *of_items ? "are " : "is ");
	shape_add_kinds(&what, given);
	str_add(&what, " from ");
	add_source(&what, alt);
	str_add(&what, *of_items ? "; they are to be " : "; it takes ");
	shape_add_kinds(&what, wanted);
	property_report(c, DIAG_PROPERTY_TYPE, alt->at->where, PROPERTY_DOUBTFUL, &what);
	str_release(&what);
}

static bool check_kinds(struct property_check *c, const struct shape *s,
			const struct alternative *alt)
{
	unsigned given = given_kinds(alt), items = given_items(alt), wanted;

	if (given && s->kinds && !(broad(given) & broad(s->kinds))) {
		report_kind(c, alt, "", given, s->kinds);
		return false;
	}
	wanted = s->items ? shape_of(s->items)->kinds : 0;
	if (given != SHAPE_ARRAY || !items || !wanted || (broad(items) & broad(wanted)))
		return true;
	report_kind(c, alt, "the items of ", items, wanted);
	return false;
}

/* "AWS::EC2::VPC" of "AWS::EC2::VPC.Id"; parameters write "AWS::EC2::VPC::Id". */
static struct text type_of_format(struct text format)
{
	size_t end = format.len;

	while (end && format.ptr[end - 1] != '.' && format.ptr[end - 1] != ':')
		end--;
	while (end && (format.ptr[end - 1] == '.' || format.ptr[end - 1] == ':'))
		end--;
	return (struct text){format.ptr, end};
}

/* What stands between the innermost '<' and '>', or the whole type. */
static struct text inner_type(const char *type)
{
	const char *open = strrchr(type, '<');
	const char *end;

	if (!open)
		return text_of(type);
	end = strchr(open, '>');
	return (struct text){open + 1, end ? (size_t)(end - open - 1) : strlen(open + 1)};
}

/* The form of a scalar, or of the items of a list; empty: not known. */
static struct text given_format(const struct alternative *alt)
{
	const struct shape *s;
	struct text type;

	if (alt->parameter) {
		type = inner_type(alt->parameter->type);
		return text_starts(type, "AWS::EC2::") ? type : (struct text){NULL, 0};
	}
	s = alt->kind == ALTERNATIVE_SHAPE ? shape_of(alt->shape) : NULL;
	if (s && (s->kinds & SHAPE_ARRAY) && s->items)
		s = shape_of(s->items);
	return s ? text_of(s->format) : (struct text){NULL, 0};
}

/* Ref of a resource names that resource: never one of another type that has ids of its own. */
static bool names_another(const struct alternative *alt, struct text wanted, const char *format)
{
	const struct lint_resource *r = alt->resource;

	return r && r->catalogued && node_is_call(alt->at, "Ref") && property_id_prefix(format) &&
	       !text_starts(text_of(r->type), "AWS::CloudFormation::") &&
	       !text_eq(type_of_format(wanted), text_of(r->type));
}

static void report_format(struct property_check *c, const struct alternative *alt,
			  struct text wanted, struct text given)
{
	struct str what = STR_INIT;

	str_printf(&what, "property '%s' takes an %.*s, and ", str_cstr(&c->path),
		   TEXT_ARG(wanted));
	add_source(&what, alt);
	str_printf(&what, " gives an %.*s", TEXT_ARG(given));
	property_report(c, DIAG_PROPERTY_FORM, alt->at->where, PROPERTY_DOUBTFUL, &what);
	str_release(&what);
}

static void check_format(struct property_check *c, const struct shape *s,
			 const struct alternative *alt)
{
	const struct shape *one = (s->kinds & SHAPE_ARRAY) && s->items ? shape_of(s->items) : s;
	struct text wanted = text_of(one->format), given = given_format(alt);

	if (!text_starts(wanted, "AWS::"))
		return;
	if (!given.len && names_another(alt, wanted, one->format))
		report_format(c, alt, wanted, text_of(alt->resource->type));
	else if (text_starts(given, "AWS::") &&
		 !text_eq(type_of_format(wanted), type_of_format(given)))
		report_format(c, alt, wanted, given);
}

void property_check_given(struct property_check *c, const struct shape *s,
			  const struct alternative *alt)
{
	if (check_kinds(c, s, alt))
		check_format(c, s, alt);
}
