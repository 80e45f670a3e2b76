/*
 * value.h - evaluated values: intrinsics gone, each remembering its node.
 *
 * Immutable, in an arena.  A value may be unknown (it waits for attributes of
 * resources that do not exist yet) and may be sensitive (came from a NoEcho
 * parameter or a resolved secret); whatever is computed from such a value is so too.
 * CloudFormation is loosely typed: numbers and booleans keep the text they were
 * written with, and value_equal compares "8080" and 8080 as equal text.
 */
#ifndef TEMPLATES_VALUE_H
#define TEMPLATES_VALUE_H

#include "base/arena.h"
#include "base/json.h"
#include "base/source.h"
#include "base/str.h"

struct node;

enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_MAP,
	VALUE_UNKNOWN
};

struct value_entry {
	struct text key;
	const struct value *value;
};

/* What an unknown value waits for: an attribute of a resource, NULL for its Ref. */
struct value_ref {
	const char *logical_id;
	const char *attribute;
	const struct value_ref *next;
};

/* What a text was made of, when that is worth knowing. */
struct value_origin {
	const char *source;         /* see value_source */
	const struct text *secrets; /* that it was put together of; see value_secrets */
	size_t secret_count;
};

/* 48 bytes, of which a large template has hundreds of thousands. */
struct value {
	enum value_kind kind;
	bool sensitive;
	bool source_sensitive;
	bool foreign; /* made of what a resource or another stack says: no reference that it
			 brings along is resolved on this machine */
	bool boolean; /* VALUE_BOOL */
	const struct node *from; /* where it was written; NULL for made-up values */
	struct text text;        /* VALUE_STRING, VALUE_NUMBER, VALUE_BOOL: as written;
				    NUL-terminated; VALUE_UNKNOWN: see value_source */
	size_t count;            /* of items or entries; else 0 */
	union {
		const struct value *const *items;  /* VALUE_LIST */
		const struct value_entry *entries; /* VALUE_MAP, in the order of the file */
		const struct value_ref *refs;      /* VALUE_UNKNOWN */
		const struct value_origin *origin; /* VALUE_STRING; may be NULL */
	};
};

const struct value *value_null(struct arena *a, const struct node *from);
const struct value *value_bool(struct arena *a, bool b, const struct node *from);
const struct value *value_string(struct arena *a, struct text t, const struct node *from);
const struct value *value_from_json(struct arena *a, const json_t *j, const struct node *from);
/* A copy that is marked sensitive, all its parts too. */
const struct value *value_sensitive(struct arena *a, const struct value *v);

/* The same of a text that was made of these values, whose secrets are known of it
 * (value_secrets). */
const struct value *value_secret_of(struct arena *a, const struct value *v,
				    const struct value *const *parts, size_t count);

/* The same with `foreign`. */
const struct value *value_foreign(struct arena *a, const struct value *v);

/* The member of a map, or NULL. */
const struct value *value_find(const struct value *map, struct text key);
/* The text with the dynamic references that only a provider can resolve, from before they
 * were (secret itself when v->source_sensitive); NULL for every other value. */
const char *value_source(const struct value *v);
/* Calls found with each secret inside: of a text that was put together also what went into it, so
 * that a part of it is known too where somebody else repeats it. */
void value_secrets(const struct value *v, void (*found)(void *context, struct text secret),
		   void *context);
/* By JSON pointer; the nearest enclosing value when *exact is false; never NULL. */
const struct value *value_at(const struct value *root, struct text pointer, bool *exact);
/* The place it was written at, RANGE_NONE when made up. */
struct range value_where(const struct value *v);
bool value_equal(const struct value *x, const struct value *y);
bool value_has_unknown(const struct value *v); /* anywhere inside */
bool value_has_sensitive(const struct value *v);
bool value_has_foreign(const struct value *v);
/* Scalars as the text that CloudFormation would see; false for lists, maps, unknown. */
bool value_scalar_text(const struct value *v, struct text *out);

/* New reference.  Unknown parts become null; sensitive ones are given as they are,
 * so the result must go nowhere but to a provider or a digest. */
json_t *value_to_json(const struct value *v);
/* JSON arrays (new references) of the pointers to unknown and to sensitive parts. */
json_t *value_unknown_pointers(const struct value *v);
json_t *value_sensitive_pointers(const struct value *v);
/* The one function that formats values for people: sensitive ones as "(sensitive)",
 * unknown ones as "(known after apply)". */
void value_format(const struct value *v, struct str *out);

#endif
