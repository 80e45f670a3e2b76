/*
 * render_parts.h - what the files of render.c share.
 *
 * render.c puts the sections together, render_node.c renders what is in them, render_call.c
 * the functions that stay.  Whatever is left in the result and refers to a parameter, mapping
 * or condition marks it.  Everything made lives in the rendering's arena.
 */
#ifndef TEMPLATES_RENDER_PARTS_H
#define TEMPLATES_RENDER_PARTS_H

#include "templates/eval.h"

/* Names that are referred to, in the order they were met. */
struct marks {
	struct names names;
	VEC_OF(struct text)
};

struct rendering {
	struct eval e;        /* its diags are `ignored`: document_eval has told everything */
	struct diags ignored; /* branches that nobody took may fail */
	struct marks parameters, mappings, conditions;
	bool every_mapping; /* the name of one is unknown */
	/* Resources that their condition leaves out and something refers to all the same: they
	 * stay, with the condition. */
	struct marks gone;
	bool keeps_condition; /* of the item at hand */
};

struct entry_list {
	VEC_OF(struct value_entry)
};

/* Never NULL; &value_absent for what is not there. */
const struct value *render_node(struct rendering *r, const struct node *n);
/* Of what is true or false; never simplified to a value. */
const struct value *render_condition(struct rendering *r, const struct node *n);
/* Without evaluating: a loop whose collection is unknown, and what holds no functions. */
const struct value *render_raw(struct rendering *r, const struct node *n);
/* The value of a call, or NULL when it is unknown, secret or wrong. */
const struct value *render_known(struct rendering *r, const struct node *n);
/* After evaluating: errors must not add up to the limit. */
void render_forget_errors(struct rendering *r);
/* What a call that is not known becomes. */
const struct value *render_call(struct rendering *r, const struct node *call);

/* Calls visit for every entry of a map with its loops unrolled; the entries of loops that
 * cannot be unrolled are added to out as they are. */
typedef void render_visit_fn(struct rendering *r, const struct node *key, struct text name,
			     const struct node *value, struct entry_list *out);
void render_entries(struct rendering *r, const struct node *map, render_visit_fn *visit,
		    struct entry_list *out);

/* A parameter or resource is referred to. */
void mark_name(struct rendering *r, struct text name);
void mark(struct rendering *r, struct marks *m, struct text name);
bool marked(const struct marks *m, struct text name);

const struct value *render_text(struct rendering *r, struct text t, const struct node *from);
const struct value *render_map(struct rendering *r, const struct entry_list *entries);
/* {name: argument} */
const struct value *render_long(struct rendering *r, const char *name, const struct value *arg);
const struct value *render_list(struct rendering *r, const struct value *const *items,
				size_t count);
void add_entry(struct rendering *r, struct entry_list *list, struct text key,
	       const struct value *v);

#endif
