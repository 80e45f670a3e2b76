/*
 * yaml_reader.h - what the parts of the YAML reader share: the parser's state, places
 * from libyaml's marks, and what is said about text that libyaml refuses.
 *
 * Private to yaml.c, yaml_place.c and yaml_report.c, the files that know libyaml.
 */
#ifndef TEMPLATES_YAML_READER_H
#define TEMPLATES_YAML_READER_H

#include <yaml.h>

#include "base/vec.h"
#include "templates/names.h"
#include "templates/node_build.h"

/* A node that is complete, with what an alias to it would add. */
struct built {
	const struct node *node;
	size_t weight;   /* nodes in it */
	unsigned height; /* levels of nesting in it */
	struct pos end;  /* with the bracket that a call of the long form does not have */
};

struct yaml_edit;

/* Where a place was found last: the next one is mostly near. */
struct yaml_cursor {
	size_t point, given_at; /* code points and bytes in what libyaml was given */
	size_t at;              /* bytes in the source */
	struct pos pos;
};

struct yaml_reader {
	struct node_builder build;  /* arena, dialect, diagnostics */
	const struct source *src;   /* what nodes point into */
	const struct source *given; /* what libyaml reads: the same, or a repaired copy */
	struct arena *scratch;      /* with the copy */
	struct {
		VEC_OF(struct yaml_edit)
	} edits; /* of the copy, from front to back */
	yaml_parser_t parser;
	bool stopped;         /* by text that it refuses */
	struct names anchors; /* name to struct built */
	struct {
		VEC_OF(const struct node *)
	} items; /* of all lists that are open */
	struct {
		VEC_OF(struct node_entry)
	} entries;                   /* of all maps that are open */
	struct yaml_cursor *cursors; /* two: for starts, for ends */
	bool ascii;                  /* an index is an offset */
	bool usual_breaks;           /* marks count lines as sources do */
};

/* Places: yaml_place.c */

/* Looks at the text once; before any other place is asked for. */
void yaml_places_start(struct yaml_reader *r);
/* In the source, and in what libyaml was given. */
size_t yaml_offset(const struct yaml_reader *r, yaml_mark_t mark);
size_t yaml_given_offset(const struct yaml_reader *r, yaml_mark_t mark);
struct pos yaml_pos(const struct yaml_reader *r, yaml_mark_t mark);
struct range yaml_range(const struct yaml_reader *r, yaml_mark_t start, yaml_mark_t end);
/* Where the value itself begins, behind its tag, its anchor, blanks and comments. */
struct pos yaml_content_start(const struct yaml_reader *r, yaml_mark_t start, yaml_mark_t end);
/* A block scalar's end mark lies behind the empty lines that follow it. */
struct pos yaml_block_end(const struct yaml_reader *r, yaml_mark_t start, yaml_mark_t end);
/* The tag among the properties that begin at the mark. */
struct range yaml_tag_range(const struct yaml_reader *r, yaml_mark_t start);
/* Where it begins: an anchor may stand before it. */
struct pos yaml_tag_start(const struct yaml_reader *r, yaml_mark_t start);

/* Repairs: yaml_repair.c */

/* The parser has stopped: true when it is worth reading again, from the front, what is given
 * now. */
bool yaml_repair(struct yaml_reader *r);
/* From an offset in what libyaml was given to one in the source. */
size_t yaml_edit_offset(const struct yaml_reader *r, size_t offset);

/* Reports: yaml_report.c */

/* libyaml's time grows with the square of the number of %TAG lines.  False: too many, told. */
bool yaml_check_directives(struct yaml_reader *r);
/* The parser has stopped with an error. */
void yaml_report_stop(struct yaml_reader *r);
void yaml_report_tag(struct yaml_reader *r, const char *tag, yaml_mark_t start);

#endif
