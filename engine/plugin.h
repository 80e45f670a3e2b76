/*
 * plugin.h - provider tables: loading one from a file, and checking that it can be used.
 *
 * A plugin stays loaded until plugin_close; its table must not be used afterwards.
 */
#ifndef ENGINE_PLUGIN_H
#define ENGINE_PLUGIN_H

#include "base/diag.h"
#include "providers/api/provider.h"

struct plugin {
	void *loaded; /* of dlopen */
	const struct hd_provider *table;
};

/* path: with a slash; name: as the user wrote it.  0, or -1 with an error at `where`, the
 * place that names it. */
int plugin_open(struct plugin *p, const char *path, const char *name, struct range where,
		struct diags *d);
void plugin_close(struct plugin *p);
/* Versions and required functions of a table, built in or loaded; `name` for messages. */
int plugin_check(const struct hd_provider *table, const char *name, struct range where,
		 struct diags *d);

#endif
