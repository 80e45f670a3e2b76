/* plugin.c - dlopen, and the checks of the contract's versions. */
#include "engine/plugin.h"

#include <dlfcn.h>
#include <string.h>

#include "base/file.h"

#define ENTRY_POINT "hadeploy_provider"

typedef const struct hd_provider *entry_point_fn(void);

/* Function pointers are compared as bytes: their types differ. */
static const struct {
	const char *name;
	size_t offset;
} required[] = {
	{"open", offsetof(struct hd_provider, open)},
	{"close", offsetof(struct hd_provider, close)},
	{"read", offsetof(struct hd_provider, read)},
	{"create", offsetof(struct hd_provider, create)},
	{"update", offsetof(struct hd_provider, update)},
	{"remove", offsetof(struct hd_provider, remove)},
	{"poll", offsetof(struct hd_provider, poll)},
};

static bool has_function(const struct hd_provider *table, size_t offset)
{
	static const unsigned char none[sizeof(void (*)(void))];

	return memcmp((const unsigned char *)table + offset, none, sizeof(none)) != 0;
}

/* Of these a table has all or none. */
static const struct {
	const char *name;
	size_t offset;
} of_types[] = {
	{"types_open", offsetof(struct hd_provider, types_open)},
	{"types_close", offsetof(struct hd_provider, types_close)},
	{"types_names", offsetof(struct hd_provider, types_names)},
	{"types_schema", offsetof(struct hd_provider, types_schema)},
};

static int report(struct diags *d, struct range where, const char *name, const char *why)
{
	struct diag *g = diag_add(d, DIAG_PLUGIN_CONTRACT, where,
				  "provider '%s' does not fit this program: %s", name, why);

	diag_hint(d, g, "build it again with the provider.h of this version");
	return -1;
}

static int report_lacking(struct diags *d, struct range where, const char *name,
			  const char *function)
{
	struct diag *g = diag_add(d, DIAG_PLUGIN_CONTRACT, where,
				  "provider '%s' lacks the function '%s'", name, function);

	diag_hint(d, g, "tell its authors; providers/api/provider.h says what is required");
	return -1;
}

static bool opens_types(const struct hd_provider *table)
{
	return HD_KNOWS(struct hd_provider, table, types_schema) && table->types_open;
}

static int check_types(const struct hd_provider *table, const char *name, struct range where,
		       struct diags *d)
{
	for (size_t i = 0; opens_types(table) && i < ARRAY_LEN(of_types); i++) {
		if (!has_function(table, of_types[i].offset))
			return report_lacking(d, where, name, of_types[i].name);
	}
	return 0;
}

static int check_functions(const struct hd_provider *table, const char *name, struct range where,
			   struct diags *d)
{
	for (size_t i = 0; i < ARRAY_LEN(required); i++) {
		if (!has_function(table, required[i].offset))
			return report_lacking(d, where, name, required[i].name);
	}
	return 0;
}

/* Knows types and deploys none: it needs no more functions. */
static bool is_catalogue(const struct hd_provider *table)
{
	bool lists = HD_KNOWS(struct hd_provider, table, type_schema) && table->type_schema &&
		     table->type_names;

	return (lists || opens_types(table)) && !table->open;
}

int plugin_check(const struct hd_provider *table, const char *name, struct range where,
		 struct diags *d)
{
	struct diag *g;

	if (!table)
		return report(d, where, name, "it gives no table");
	if (table->abi != HD_ABI) {
		g = diag_add(d, DIAG_PLUGIN_CONTRACT, where,
			     "provider '%s' was built for version %u of the plugin contract, and "
			     "this program has version %u",
			     name, (unsigned)table->abi, HD_ABI);
		diag_hint(d, g,
			  table->abi > HD_ABI ? "use a newer hadeploy, or an older plugin"
					      : "use a newer version of the plugin");
		return -1;
	}
	if (!HD_KNOWS(struct hd_provider, table, poll))
		return report(d, where, name, "its table is too short");
	if (!table->name || !table->version)
		return report(d, where, name, "it has no name or no version");
	if (check_types(table, name, where, d))
		return -1;
	if (is_catalogue(table))
		return 0;
	if (!table->schema.ptr && !opens_types(table))
		return report(d, where, name, "it declares no resource types");
	return check_functions(table, name, where, d);
}

static int report_load(const char *path, const char *name, struct range where, struct diags *d)
{
	const char *why = dlerror();
	bool exists = file_exists(path);
	struct diag *g = diag_add(
		d, DIAG_PLUGIN_LOAD, where,
		exists ? "plugin '%s' cannot be loaded" : "plugin '%s' does not exist", name);

	if (exists && why)
		diag_detail(d, g, "%s", why);
	diag_hint(d, g,
		  exists ? "see that it was built for this machine"
			 : "check the spelling; the path starts at the folder of the manifest");
	return -1;
}

static int load(struct plugin *p, const char *name, struct range where, struct diags *d)
{
	entry_point_fn *entry_point = NULL;
	void *symbol = dlsym(p->loaded, ENTRY_POINT);

	if (!symbol) {
		diag_hint(
			d,
			diag_add(d, DIAG_PLUGIN_LOAD, where, "'%s' is no plugin of hadeploy", name),
			"it has no function " ENTRY_POINT "; mark it with HD_EXPORT");
		return -1;
	}
	/* POSIX promises that a symbol's address can be called; ISO C has no cast for it. */
	memcpy(&entry_point, &symbol, sizeof(entry_point));
	p->table = entry_point();
	return plugin_check(p->table, name, where, d);
}

int plugin_open(struct plugin *p, const char *path, const char *name, struct range where,
		struct diags *d)
{
	p->loaded = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!p->loaded)
		return report_load(path, name, where, d);
	if (load(p, name, where, d) == 0)
		return 0;
	plugin_close(p);
	return -1;
}

void plugin_close(struct plugin *p)
{
	if (p->loaded)
		dlclose(p->loaded);
	p->loaded = NULL;
	p->table = NULL;
}
