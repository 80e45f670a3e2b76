/* yaml_report.c - what libyaml refuses, in words that say what to do. */
#include <string.h>

#include "templates/yaml_reader.h"

#define DIRECTIVES_MAX 100

bool yaml_check_directives(struct yaml_reader *r)
{
	struct range where = {r->src, {1, 1}, {1, 1}};
	struct diag *g;
	size_t count = 0;

	for (; where.start.line <= r->src->line_count; where.start.line++) {
		if (!text_starts(source_line(r->src, where.start.line), "%TAG"))
			continue;
		if (++count > DIRECTIVES_MAX)
			break;
	}
	if (count <= DIRECTIVES_MAX)
		return true;
	where.end = where.start;
	g = diag_add(r->build.d, DIAG_YAML_SIZE, where, "the document is too large from here on");
	diag_detail(r->build.d, g, "more than %d %%TAG directives", DIRECTIVES_MAX);
	return false;
}

/* "${X}" without quotes ends at its brace inside of {...} or [...]. */
static bool unquoted_variable(struct text t, size_t offset)
{
	for (; offset && offset < t.len && t.ptr[offset] != '\n'; offset--) {
		if (t.ptr[offset] == '{' && (t.ptr[offset - 1] == '$' || t.ptr[offset - 1] == '&'))
			return true;
	}
	return false;
}

static const char *syntax_hint(const struct yaml_reader *r, size_t offset)
{
	struct text t = r->src->bytes;
	const char *problem = r->parser.problem ? r->parser.problem : "";
	const char *context = r->parser.context ? r->parser.context : "";
	char c = offset < t.len ? t.ptr[offset] : '\0';

	if (strstr(context, "an alias") || strstr(context, "an anchor"))
		return "put text that begins with '*' or '&' in quotes";
	if (strstr(problem, "whitespace or line break"))
		return "put a blank behind the tag";
	if (c == '\t')
		return "indent with blanks; YAML allows no tabs there";
	if (c == '!')
		return "a value has one tag: write the inner function in its long form, "
		       "as in !Base64 {'Fn::Sub': text}";
	if (c == '@' || c == '`' || c == '%')
		return "put the value in quotes: it begins with a character that YAML reserves";
	if (strstr(problem, "expected ',' or") && unquoted_variable(t, offset))
		return "inside of brackets put text that holds '${...}' or '&{...}' in quotes";
	if (strstr(problem, "mapping values are not allowed"))
		return "check the indentation, and put a value that holds ': ' in quotes";
	if (strstr(problem, "could not find expected ':'"))
		return "check that the line above ends its key with ':' and its quotes are closed";
	return "check the indentation and the brackets and quotes up to this place";
}

static bool ends_in_brackets(const struct yaml_reader *r)
{
	return strstr(r->parser.context, "a flow ") &&
	       yaml_given_offset(r, r->parser.problem_mark) >= r->given->bytes.len;
}

/* What ends too late is best shown where it begins. */
static bool report_unclosed(struct yaml_reader *r)
{
	const yaml_parser_t *p = &r->parser;
	struct range where;
	struct diag *g;

	if (!p->context || !p->problem ||
	    !(strstr(p->problem, "end of stream") || ends_in_brackets(r)))
		return false;
	where = yaml_range(r, p->context_mark, p->context_mark);
	where.end.column++;
	g = diag_add(r->build.d, DIAG_YAML_SYNTAX, where,
		     "not valid YAML: what begins here is not closed before the end of the file");
	diag_detail(r->build.d, g, "%s: %s", p->context, p->problem);
	diag_hint(r->build.d, g, "close the quote or bracket");
	return true;
}

static void report_syntax(struct yaml_reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "cannot be read";
	bool from_reader = p->error == YAML_READER_ERROR;
	size_t offset = from_reader ? yaml_edit_offset(r, p->problem_offset)
				    : yaml_offset(r, p->problem_mark);
	struct range where = {r->src, source_pos(r->src, offset), source_pos(r->src, offset)};
	struct diag *g;

	where.end.column++;
	g = diag_add(r->build.d, DIAG_YAML_SYNTAX, where, "not valid YAML: %s", problem);
	if (p->context && !from_reader)
		diag_detail(r->build.d, g, "%s that began at %u:%u", p->context,
			    yaml_pos(r, p->context_mark).line, yaml_pos(r, p->context_mark).column);
	if (from_reader)
		diag_hint(r->build.d, g,
			  "remove the character, or write it as an escape in double "
			  "quotes");
	else
		diag_hint(r->build.d, g, "%s", syntax_hint(r, offset));
}

void yaml_report_tag(struct yaml_reader *r, const char *tag, yaml_mark_t start)
{
	static const char core[] = "tag:yaml.org,2002:";
	struct diag *g = diag_add(r->build.d, DIAG_YAML_TAG, yaml_tag_range(r, start),
				  "tag '%s' has no meaning here", tag);

	if (strncmp(tag, "!Fn::", 5) == 0)
		diag_hint(r->build.d, g, "write !%s", tag + 5);
	else if (r->build.dialect == NODE_TEMPLATE && strncmp(tag, core, sizeof(core) - 1) == 0)
		diag_hint(r->build.d, g,
			  "a function has one '!' (!Sub); a value in quotes needs no tag");
	else if (r->build.dialect == NODE_MANIFEST)
		diag_hint(r->build.d, g,
			  "functions belong into templates; put a value that begins "
			  "with '!' in quotes");
	else
		diag_hint(r->build.d, g,
			  "remove it, or put a value that begins with '!' in quotes");
}

void yaml_report_stop(struct yaml_reader *r)
{
	if (!report_unclosed(r))
		report_syntax(r);
}
