/*
 * property.h - what the files of property.c share: one check of one resource.
 */
#ifndef ENGINE_LINT_PROPERTY_H
#define ENGINE_LINT_PROPERTY_H

#include "base/str.h"
#include "engine/lint/value.h"

struct property_check {
	struct lint *l;
	const struct lint_resource *r;
	struct str path; /* "Tags.0.Key": where the check is */
};

enum property_doubt {
	PROPERTY_SURE,    /* an error */
	PROPERTY_DOUBTFUL /* a warning */
};

/* Adds the diagnostic. */
struct diag *property_report(struct property_check *c, enum diag_code code, struct range where,
			     enum property_doubt doubt, const struct str *what);
/* The same of a value: at its place, doubtful when it only comes from a parameter or a mapping,
 * which is said. */
struct diag *property_report_value(struct property_check *c, enum diag_code code,
				   const struct alternative *alt, const struct str *what);
/* "'t3.micro'", long texts cut. */
void property_add_shown(struct str *out, struct text t);

/* property_scalar.c: a literal against a shape that takes scalars. */
bool property_scalar_fits(const struct node *n, unsigned kinds);
void property_check_scalar(struct property_check *c, const struct shape *s,
			   const struct alternative *alt);
/* How ids of this format begin ("vpc-"); NULL: nothing is known of them. */
const char *property_id_prefix(const char *format);
/* property_given.c: what is not literal against what the shape takes. */
void property_check_given(struct property_check *c, const struct shape *s,
			  const struct alternative *alt);
/* property_group.c: what members of a map have to do with each other. */
void property_check_members(struct property_check *c, const struct shape *s,
			    const struct alternative *map);

#endif
