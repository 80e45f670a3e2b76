/* outside_parts.h - what the files of outside.c share.  Only they include it. */
#ifndef ENGINE_OUTSIDE_PARTS_H
#define ENGINE_OUTSIDE_PARTS_H

#include "base/json.h"
#include "base/vec.h"
#include "engine/outside.h"
#include "templates/resolve.h"

/* What a cloud knows of a place, for one instance: outside_facts.c. */
struct outside_fact {
	const char *what, *region; /* of a lookup: provider.h; the cloud's name of the region */
	const char *value;         /* JSON; NULL: not known yet */
	struct range where;        /* who asked first */
};

/* The world as one instance sees it. */
struct outside_view {
	struct outside *o;
	const struct instance *instance;
	struct eval_outside face;
	struct {
		VEC_OF(struct outside_link)
	} links; /* without doubles */
	struct map seen;
	struct {
		VEC_OF(struct outside_fact)
	} facts;
};

struct outside {
	struct engine *e;
	struct arena *arena;
	enum outside_phase phase;
	struct known *known;
	struct outside_view *views;    /* as project.instances */
	struct map resolved;           /* "region\nbody" to text */
	struct map facts;              /* looked up in this run: place and what, to JSON */
	struct instance_list recorded; /* sorted */
	struct map made, had;          /* "account\nregion\nexport" to struct made_export */
	bool loaded;
};

/* An export of this run (`made`), or as recorded (`had`). */
struct made_export {
	const struct instance *instance;
	size_t index; /* of its document's output */
	const struct instance_record *record;
	const char *output;
};

/* Where the answer to a link is. */
struct supply {
	const struct instance *instance;      /* in this run */
	size_t index;                         /* of its document's output */
	const struct instance_record *record; /* else as recorded */
	const char *output;
};
enum located { LOCATED, LOCATED_LATER, LOCATED_NOWHERE };
/* LOCATED_NOWHERE comes with an error; LATER: nobody can say before records are loaded. */
enum located outside_locate(struct outside *o, const struct instance_id *of,
			    const struct outside_link *l, struct supply *out, struct diags *d);
const struct instance_record *outside_find_recorded(const struct outside *o,
						    const struct instance_id *id);
/* Nobody of this run changes the instance or takes it away. */
bool outside_stays(const struct outside *o, const struct instance_id *id);
/* By its own name, or with name NULL by its export's; output_count when there is none. */
size_t outside_find_output(const struct document *doc, const char *name, const char *export);
/* The stack's target by the manifest's name of its region, or by AWS's; NULL. */
const struct manifest_target *outside_target(const struct manifest_stack *s,
					     const struct instance_id *of, const char *region);
/* Of o->made or o->had, for an instance at this place. */
const char *outside_export_key(struct outside *o, const struct instance_id *at, const char *export);
const struct made_export *outside_find_export(struct outside *o, const struct map *among,
					      const struct instance_id *of, const char *export);
/* Notes what the view asks of another stack. */
void outside_note(struct outside_view *v, const struct outside_link *l);

/* outside_lookup.c: asks the entry `aws`.  The text, in o's arena; NULL after an error. */
const char *outside_lookup(struct outside_view *v, const struct resolve_reference *r,
			   struct range where, struct diags *d);
/* The same for a fact: JSON. */
const char *outside_lookup_fact(struct outside_view *v, const struct outside_fact *f,
				struct diags *d);

/* outside_facts.c: ASK_ZONES and ASK_ACCOUNT. */
enum outside_answer outside_ask_fact(struct outside_view *v, struct arena *a,
				     const struct outside_question *q, const struct value **out,
				     struct diags *d);
/* Looks up all that the view was asked for and nobody knows yet. */
int outside_prefetch_facts(struct outside_view *v, struct diags *d);
/* For the instance's record: a new reference, or NULL when it is not known. */
json_t *outside_fact_json(const struct outside_fact *f);

#endif
