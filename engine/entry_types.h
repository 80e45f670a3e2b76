/*
 * entry_types.h - the types that a provider entry knows beyond those its schema lists: of a
 * catalogue, or as its settings say (provider.h: type_names, types_open).  For registry.c alone.
 */
#ifndef ENGINE_ENTRY_TYPES_H
#define ENGINE_ENTRY_TYPES_H

#include "engine/registry.h"

/* Opens e->opened where the provider wants its settings for that.  0, or -1 with errors at their
 * place in a file of the user's, else at the entry's. */
int entry_types_open(struct provider_entry *e, const struct manifest *m, struct diags *d);
void entry_types_close(struct provider_entry *e);
/* Whether there is more to ask for. */
bool entry_knows_more(const struct provider_entry *e);
void entry_type_names(const struct provider_entry *e, void *context,
		      void (*take)(void *context, struct hd_span name));
/* The text of a type's schema in the arena; NULL: the provider does not know the type.  From any
 * thread. */
const char *entry_type_schema(const struct provider_entry *e, struct arena *a, const char *type);

#endif
