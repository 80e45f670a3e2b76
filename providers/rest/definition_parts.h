/*
 * definition_parts.h - what the files that read definitions share: for definition*.c alone.
 *
 *	definition_files.c    a bundle cut into files, a folder walked
 *	definition_read.c     maps of known keys, as tables; a file as a whole
 *	definition_service.c  what a service says, and errors by status and code
 *	definition_step.c     operations and their steps
 *	definition_request.c  what a request is made of, as one jq expression
 *	definition_schema.c   a schema from YAML to JSON, checked
 *	definition_properties.c  what is said of single properties
 *	definition.c          which type is in which file; reading when asked
 *
 * A map of a definition is a table of rows (key, form, setter): definition_read_map checks the map
 * against the table and calls the setters in the order of the table.  Faults are added to the
 * reader's diags and reading goes on; a part that is wrong stays as it was.
 */
#ifndef PROVIDERS_REST_DEFINITION_PARTS_H
#define PROVIDERS_REST_DEFINITION_PARTS_H

#include "base/map.h"
#include "base/vec.h"
#include "providers/rest/definition.h"
#include "templates/node.h"

#define DEFINITION_DOCS "docs/writing-types.md has every key"

/* Values that live longer than their reader: whoever owns the arena drops them with it. */
struct definition_values {
	VEC_OF(json_t *)
};

struct definition_reader {
	struct arena *a;
	struct diags *d;
	const char *who; /* "type 'PowerDNS::Zone'", "this service", for messages */
	struct definition_values *values;
};

enum definition_form {
	FORM_TEXT, /* a scalar that says something */
	FORM_JQ,   /* the same: a program */
	FORM_FLAG, /* true or false */
	FORM_LIST,
	FORM_MAP,
	FORM_ANY
};

struct definition_key;
typedef void definition_set_fn(struct definition_reader *r, const struct definition_key *key,
			       const struct node *value, void *into);

struct definition_key {
	const char *name;
	enum definition_form form;
	definition_set_fn *set; /* NULL: read by somebody else */
	size_t offset;          /* of the member, for setters that serve many */
};

struct definition_keys {
	const char *owner; /* "a step": what the keys are of */
	const struct definition_key *rows;
	size_t count;
	const struct definition_keys *more; /* rows shared with others; NULL */
	size_t more_offset;                 /* of what these are put into */
};

/* A word and the number it stands for; the number is its index. */
struct definition_words {
	const char *const *words;
	size_t count;
};

void definition_read_map(struct definition_reader *r, const struct definition_keys *keys,
			 const struct node *map, void *into);
/* "'Query' is a map, and this is a list", at n. */
void definition_wrong_form(struct definition_reader *r, const char *name, const struct node *n,
			   enum definition_form form);
/* "'Protocol' cannot be 'jsn'", with the words that it can be; hint may be NULL. */
void definition_wrong_value(struct definition_reader *r, const char *name, const struct node *n,
			    const struct definition_words *words, const char *hint);
/* The index of the text among the words, or -1 with an error. */
int definition_word(struct definition_reader *r, const char *name, const struct node *n,
		    const struct definition_words *words);
/* One program: the place of a block text is where its first line stands. */
struct expression definition_expression(const struct node *n);

/* Setters that fill a member: const char *, struct expression. */
definition_set_fn definition_set_text, definition_set_expression;

/* definition_service.c */
extern const struct definition_keys definition_service_keys; /* into struct service */
void definition_set_errors(struct definition_reader *r, const struct definition_key *key,
			   const struct node *value, void *into);
void definition_set_functions(struct definition_reader *r, const struct definition_key *key,
			      const struct node *value, void *into);
/* Steps of these name an Action; the others have a Method and a Path. */
bool protocol_has_actions(enum protocol p);
const char *protocol_word(enum protocol p);

/* definition_step.c */
void definition_set_operation(struct definition_reader *r, const struct definition_key *key,
			      const struct node *value, void *into);
/* definition_results.c: what the schema says of the actions, "actions" and "actionResults". */
void definition_tell_actions(const struct definition *t, json_t *schema);
/* The names of `{A: ..., B: ...}`; NULL: it is another program.  New reference. */
json_t *definition_result_names(const struct expression *result);
/* It has actions and nothing else: no resource, but something that runbooks act on. */
bool definition_only_acts(const struct definition *t);
void definition_set_actions(struct definition_reader *r, const struct definition_key *key,
			    const struct node *value, void *into);
/* The key of an operation: "FindByKey". */
const char *operation_word(enum operation_kind kind);

/* definition_request.c: the values of a step's keys, NULL where it has none. */
struct request_parts {
	const struct node *path, *query, *headers, *body;
};
struct expression definition_request(struct definition_reader *r, const struct request_parts *p,
				     struct range step);
/* {NAME: HOLES} to an expression that gives an object of texts. */
struct expression definition_headers(struct definition_reader *r, const struct node *map);

/* definition_schema.c: a reference that r->values keeps; NULL after errors. */
const json_t *definition_schema(struct definition_reader *r, const struct node *map);
/* A node as it is, scalars by how they are written.  New reference. */
json_t *definition_json(const struct node *n);

/* definition_properties.c */
definition_set_fn definition_set_unserved, definition_set_shown;

/* definition_read.c */
/* The map that a file is; NULL after errors. */
const struct node *definition_parse(struct definition_reader *r, const struct source *src);
/* What service.yaml says, over what *out is. */
void definition_read_service(struct definition_reader *r, const struct node *root,
			     struct service *out);
/* A type's file; t->service is the service that it belongs to. */
void definition_read_type(struct definition_reader *r, const struct node *root,
			  struct definition *t);

/* definition_files.c */
struct definition_text {
	const char *name;        /* as messages show it */
	const char *folder;      /* "ec2"; "" at the top */
	const char *base;        /* "vpc.yaml" */
	struct text bytes;       /* of a bundle */
	const char *path;        /* of a folder's; NULL */
	const struct node *root; /* once it has been read */
};
struct definition_texts {
	VEC_OF(struct definition_text)
};
/* 0, or -1 after errors; texts in the arena but for a bundle's bytes. */
int definition_files(struct arena *a, const struct definition_source *s,
		     struct definition_texts *out, struct diags *d);
bool definition_is_service(const struct definition_text *t);
/* The value of the line "KEY: value" at the left edge; empty when there is none. */
struct text definition_line(struct text bytes, const char *key);

#endif
