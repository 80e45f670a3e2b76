/*
 * foreign.h - templates that something else must rewrite first: transforms and macros that run
 * in AWS, modules of the registry, other tools' tags and keys.
 *
 * Private to templates/.  Of such a template nothing can be said before that has happened, so
 * it gets one refusal, by name, and no other check.  AWS::LanguageExtensions is none of them,
 * and AWS::Include neither: it reads a file.
 */
#ifndef TEMPLATES_FOREIGN_H
#define TEMPLATES_FOREIGN_H

#include "templates/node.h"

enum foreign_kind { FOREIGN_NONE, FOREIGN_TRANSFORM, FOREIGN_TOOL, FOREIGN_MODULE };

struct foreign {
	enum foreign_kind kind;
	const char *name; /* "AWS::Serverless-2016-10-31", "Rain::Module" */
	struct range where;
};

/* The one that a template is refused for: the section Transform's, else the first of the file. */
struct foreign foreign_find(struct arena *a, const struct node *root);
/* The refusal. */
void foreign_report(const struct foreign *f, struct diags *d);
/* -1 after an error: the section Transform is a name, a map with Name, or a list of them. */
int transform_shape_check(const struct node *n, struct diags *d);

#endif
