/*
 * registry.h - which provider serves a resource type in a project.
 *
 * registry_open joins the manifest's provider entries, the predefined ones and the
 * built-in tables (a Use that is a path is loaded with dlopen and its ABI checked),
 * and parses their schemas.  No provider session is opened here: see session.h.
 *
 * Which entry serves a type: the one whose pattern in Types has the most letters that are
 * no wildcards; entries without Types come after those; predefined ones that the manifest
 * does not mention come last.  Two that fit equally well are an error.  An entry whose
 * provider this build does not have is no error until a type needs it.
 *
 * An entry serves what its provider lists, knows as a catalogue, or knows because of the entry's
 * settings (provider.h: types_open).  A provider that takes any
 * type (provider.h: any_type) may claim more: what the Types of its entry name and another
 * entry's provider knows, with that one's schema.  Without Types it claims nothing more.  Of two
 * that fit equally well it wins over a catalogue, which cannot deploy.
 */
#ifndef ENGINE_REGISTRY_H
#define ENGINE_REGISTRY_H

#include "engine/manifest.h"
#include "engine/schema.h"
#include "providers/api/provider.h"

struct provider_entry {
	const char *name; /* "ssh" */
	const struct hd_provider *table;
	const struct hd_provider *known; /* whose types these are: table's, unless simulated */
	const struct manifest_provider *entry; /* never NULL */
	const char *const *types;              /* patterns it serves; see type_count */
	size_t type_count;
	struct hd_types *opened; /* provider.h: types_open; NULL: none */
	struct map schemas;      /* type to struct schema: its own; see registry_schema */
	struct map borrowed;     /* the same: of types that others know */
};

struct registry;

/* builtins ends with NULL.  NULL on failure; registry_close unloads plugins.  m may be
 * manifest_none(): the predefined entries alone. */
struct registry *registry_open(const struct manifest *m, const struct hd_provider *const *builtins,
			       struct diags *d);
/* The same with all calls going to the built-in provider `simulator` instead. */
struct registry *registry_open_simulated(const struct manifest *m,
					 const struct hd_provider *const *builtins,
					 const char *simulator, struct diags *d);
void registry_close(struct registry *r);
/* The entry whose pattern fits the type best, with its schema; false when none does.  The
 * schemas of catalogues (provider.h: type_schema) are read when they are first asked for. */
bool registry_find(const struct registry *r, const char *type, const struct provider_entry **entry,
		   const struct schema **schema);
/* What the entry knows of the type, whoever serves it; NULL: nothing. */
const struct schema *registry_schema(const struct registry *r, const struct provider_entry *e,
				     const char *type);
const struct provider_entry *registry_entry(const struct registry *r, const char *name);
/* The provider entry that would serve the type, were it part of this build; NULL: none. */
const char *registry_absent_provider(const struct registry *r, const char *type);
/* The entry only knows the type and cannot deploy it. */
bool registry_is_catalogue(const struct provider_entry *e);
/* The entry, which serves the type, can deploy it. */
bool registry_deploys(const struct provider_entry *e, const struct schema *schema);
/* The schema is what somebody published about the type: what it refuses may be right. */
bool registry_doubts(const struct provider_entry *e, const struct schema *schema);
/* Every known type name, sorted, for "did you mean". */
const char *const *registry_types(const struct registry *r, size_t *count);
/* The text of a type's schema as its provider has it, in arena a; NULL: unknown type. */
const char *registry_schema_text(const struct registry *r, struct arena *a, const char *type);
/* Hands over the text of a type's schema, whoever knows it; 1, or 0 when nobody does.  From any
 * thread. */
int registry_tell_schema(const struct registry *r, struct text type, void *context,
			 void (*take)(void *context, struct hd_span schema));

/* A project's; false: of template files alone, which may be meant for other providers. */
bool registry_of_project(const struct registry *r);

#endif
