/*
 * sections.h - a loaded template with its indices, and walking over its sections.
 *
 * Private to templates/.  struct template is the part that others see.
 */
#ifndef TEMPLATES_SECTIONS_H
#define TEMPLATES_SECTIONS_H

#include "templates/foreign.h"
#include "templates/names.h"
#include "templates/node.h"
#include "templates/template.h"

#define FOREACH_PREFIX "Fn::ForEach::"

enum section_id {
	SECTION_VERSION,
	SECTION_DESCRIPTION,
	SECTION_METADATA,
	SECTION_TRANSFORM,
	SECTION_PARAMETERS,
	SECTION_MAPPINGS,
	SECTION_CONDITIONS,
	SECTION_RESOURCES,
	SECTION_OUTPUTS,
	SECTION_RULES,
	SECTION_HOOKS,
	SECTION_MOVED,
	SECTION_COUNT
};

enum section_id section_id(struct text name); /* SECTION_COUNT: there is no such section */
void section_report_unknown(const struct node_entry *entry, struct diags *d);

struct mapping {
	const struct node *key, *body;
	struct names keys; /* top-level key to its map (struct node) */
};

struct template_file;

struct sections {
	struct template face;
	struct foreign foreign;
	struct template_file *file; /* where other files are named from */
	struct names parameters;    /* name to struct parameter */
	struct names mappings;      /* name to struct mapping */
	bool from_tree;             /* template_from_tree */
};

const struct sections *sections_of(const struct template *t);
/* What template_load does, for one of several files. */
const struct template *sections_load(struct template_file *file, struct diags *d);

/*
 * Entries of a section as written, those inside of Fn::ForEach too (with their keys
 * as patterns: "Page&{Host}").  Loops that are not well formed are passed over.
 */
typedef void section_visit_fn(void *context, const struct node_entry *entry, size_t loops);
void section_walk(const struct node *section, section_visit_fn *visit, void *context);

/* [Variable, Collection, Body], or NULL with a diagnostic at the key. */
const struct node *foreach_shape(const struct node_entry *entry, struct diags *d);
/* -1 when it is no logical id: letters and digits only, at most 255. */
int logical_id_check(struct text name, const struct node *key, const char *what, struct diags *d);

#endif
