/* property_scalar.c - literals: kinds, choices, patterns, lengths, ranges, forms of ids. */
#include <string.h>

#include "engine/lint/property.h"

/* Longer lists of choices are never complete. */
#define CHOICES_FIRM_MAX 30

/* Kinds */

static bool is_number(struct text t, bool whole)
{
	int64_t integer;
	double number;

	if (text_to_int64(t, INT64_MIN, INT64_MAX, &integer))
		return true;
	if (!text_to_double(t, &number))
		return false;
	return !whole || number > 1e15 || number < -1e15 || number == (double)(int64_t)number;
}

static bool is_among(struct text t, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (text_is(t, words[i]))
			return true;
	}
	return false;
}

/* What YAML 1.1 reads as booleans where it is plain. */
static bool is_yes_or_no(struct text t)
{
	static const char *const words[] = {"yes", "no",  "Yes", "No",  "YES", "NO",
					    "on",  "off", "On",  "Off", "ON",  "OFF"};

	return is_among(t, words, ARRAY_LEN(words));
}

static bool is_boolean(const struct node *n)
{
	static const char *const words[] = {"true", "false", "True", "False", "TRUE", "FALSE"};

	return is_among(n->text, words, ARRAY_LEN(words)) ||
	       (n->style == SCALAR_PLAIN && is_yes_or_no(n->text));
}

bool property_scalar_fits(const struct node *n, unsigned kinds)
{
	return !kinds || (kinds & SHAPE_STRING) || ((kinds & SHAPE_BOOLEAN) && is_boolean(n)) ||
	       ((kinds & SHAPE_NUMBER) && is_number(n->text, false)) ||
	       ((kinds & SHAPE_INTEGER) && is_number(n->text, true));
}

/* A map written as text is what several types take, whatever their schemas say; and what was
 * plain for whoever wrote it may have come here in quotes. */
static void report_kind(struct property_check *c, const struct shape *s,
			const struct alternative *alt)
{
	struct str what = STR_INIT;

	str_printf(&what, "property '%s' is ", str_cstr(&c->path));
	property_add_shown(&what, alt->node->text);
	str_add(&what, "; it takes ");
	shape_add_kinds(&what, s->kinds);
	if ((s->kinds & SHAPE_OBJECT) ||
	    ((s->kinds & SHAPE_BOOLEAN) && is_yes_or_no(alt->node->text)))
		property_report(c, DIAG_PROPERTY_TYPE, alt->node->where, PROPERTY_DOUBTFUL, &what);
	else
		property_report_value(c, DIAG_PROPERTY_TYPE, alt, &what);
	str_release(&what);
}

/* Choices */

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}

static bool same_letters(struct text t, const char *word)
{
	size_t i = 0;

	while (i < t.len && word[i] && lower(t.ptr[i]) == lower(word[i]))
		i++;
	return i == t.len && !word[i];
}

/* "30" and "30.0" are the same choice, true and "True" too. */
static bool is_choice(const struct shape *s, const struct node *n)
{
	double chosen, number;

	for (size_t i = 0; i < s->choice_count; i++) {
		if (text_is(n->text, s->choices[i]))
			return true;
		if (!(s->kinds & SHAPE_STRING) &&
		    (same_letters(n->text, s->choices[i]) ||
		     (text_to_double(n->text, &number) &&
		      text_to_double(text_of(s->choices[i]), &chosen) && number == chosen)))
			return true;
	}
	return false;
}

/* Some services take either case where the schema has one. */
static bool differs_in_case(const struct shape *s, struct text t)
{
	for (size_t i = 0; i < s->choice_count; i++) {
		if (same_letters(t, s->choices[i]))
			return true;
	}
	return false;
}

/* A single choice is what a schema knew when it was written, and long lists (of instance types,
 * of regions) grow every month. */
static bool is_doubtful_choice(const struct shape *s, struct text t)
{
	return differs_in_case(s, t) || s->choice_count == 1 || s->choice_count > CHOICES_FIRM_MAX;
}

static void check_choice(struct property_check *c, const struct shape *s,
			 const struct alternative *alt)
{
	struct text t = alt->node->text;
	struct str what = STR_INIT;
	struct diag *g;

	if (is_choice(s, alt->node))
		return;
	str_printf(&what, "property '%s' cannot be ", str_cstr(&c->path));
	property_add_shown(&what, t);
	str_add(&what, "; it is one of ");
	shape_add_choices(&what, s);
	if (!alt->derived && is_doubtful_choice(s, t))
		g = property_report(c, DIAG_PROPERTY_CHOICE, alt->node->where, PROPERTY_DOUBTFUL,
				    &what);
	else
		g = property_report_value(c, DIAG_PROPERTY_CHOICE, alt, &what);
	diag_did_you_mean(c->l->d, g, t, s->choices, s->choice_count);
	str_release(&what);
}

/* Patterns, lengths, ranges */

static void check_pattern(struct property_check *c, const struct shape *s,
			  const struct alternative *alt)
{
	struct str what = STR_INIT;

	if (shape_pattern_fits(s->pattern, alt->node->text))
		return;
	str_printf(&what, "property '%s' cannot be ", str_cstr(&c->path));
	property_add_shown(&what, alt->node->text);
	diag_hint(c->l->d, property_report_value(c, DIAG_PROPERTY_PATTERN, alt, &what),
		  "write it so that it matches %s", s->pattern->text);
	str_release(&what);
}

static size_t characters(struct text t)
{
	size_t count = 0;

	for (size_t i = 0; i < t.len; i++)
		count += ((unsigned char)t.ptr[i] & 0xc0) != 0x80;
	return count;
}

static void check_length(struct property_check *c, const struct shape *s,
			 const struct alternative *alt)
{
	size_t length = characters(alt->node->text);
	struct str what = STR_INIT;

	if (!(s->kinds & SHAPE_STRING) || (length >= s->least && length <= s->most))
		return;
	str_printf(&what, "property '%s' has %zu characters; %s %zu", str_cstr(&c->path), length,
		   length < s->least ? "the least is" : "the most is",
		   length < s->least ? s->least : s->most);
	property_report_value(c, DIAG_PROPERTY_SIZE, alt, &what);
	str_release(&what);
}

static void check_range(struct property_check *c, const struct shape *s,
			const struct alternative *alt)
{
	struct str what = STR_INIT;
	bool low, high;
	double number;

	if (!text_to_double(alt->node->text, &number))
		return;
	low = s->has_minimum && number < s->minimum;
	high = s->has_maximum && number > s->maximum;
	if (!low && !high)
		return;
	str_printf(&what, "property '%s' is ", str_cstr(&c->path));
	property_add_shown(&what, alt->node->text);
	str_printf(&what, "; %s is %.15g", low ? "the least" : "the greatest",
		   low ? s->minimum : s->maximum);
	property_report_value(c, DIAG_PROPERTY_RANGE, alt, &what);
	str_release(&what);
}

/* Forms */

/* Ids that EC2 gives: a prefix, and 8 or 17 hexadecimal digits. */
static const struct {
	const char *format, *prefix;
} id_forms[] = {
	{"AWS::EC2::Image.Id", "ami-"},
	{"AWS::EC2::Instance.Id", "i-"},
	{"AWS::EC2::NetworkInterface.Id", "eni-"},
	{"AWS::EC2::SecurityGroup.Id", "sg-"},
	{"AWS::EC2::Subnet.Id", "subnet-"},
	{"AWS::EC2::Volume.Id", "vol-"},
	{"AWS::EC2::VPC.Id", "vpc-"},
	{"AWS::EC2::RouteTable.Id", "rtb-"},
	{"AWS::EC2::InternetGateway.Id", "igw-"},
	{"AWS::EC2::NatGateway.Id", "nat-"},
};

const char *property_id_prefix(const char *format)
{
	for (size_t i = 0; i < ARRAY_LEN(id_forms); i++) {
		if (text_is(text_of(format), id_forms[i].format))
			return id_forms[i].prefix;
	}
	return NULL;
}

static void check_form(struct property_check *c, const struct shape *s,
		       const struct alternative *alt)
{
	const char *prefix = property_id_prefix(s->format);
	struct str what = STR_INIT;
	struct diag *g;

	/* Parameters and mappings have words for what is not there. */
	if (!prefix || alt->derived || !alt->node->text.len || text_starts(alt->node->text, prefix))
		return;
	str_printf(&what, "property '%s' is ", str_cstr(&c->path));
	property_add_shown(&what, alt->node->text);
	str_printf(&what, "; ids of this kind begin with '%s'", prefix);
	g = property_report(c, DIAG_PROPERTY_FORM, alt->derived ? alt->at->where : alt->node->where,
			    PROPERTY_DOUBTFUL, &what);
	diag_hint(c->l->d, g, "write the id of an %.*s", (int)(strrchr(s->format, '.') - s->format),
		  s->format);
	str_release(&what);
}

void property_check_scalar(struct property_check *c, const struct shape *s,
			   const struct alternative *alt)
{
	if (!property_scalar_fits(alt->node, s->kinds)) {
		/* That a parameter is no list has been said of the parameter itself. */
		if (!alt->parameter || (s->kinds & ~(unsigned)(SHAPE_ARRAY | SHAPE_OBJECT)))
			report_kind(c, s, alt);
		return;
	}
	if (s->choices)
		check_choice(c, s, alt);
	if (s->pattern)
		check_pattern(c, s, alt);
	if (s->has_minimum || s->has_maximum)
		check_range(c, s, alt);
	if (s->format)
		check_form(c, s, alt);
	check_length(c, s, alt);
}
