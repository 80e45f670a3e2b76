/*
 * settings.h - the keys of the probe provider's entry in the manifest.
 */
#ifndef PROVIDERS_PROBE_SETTINGS_H
#define PROVIDERS_PROBE_SETTINGS_H

#include "base/arena.h"
#include "base/json.h"
#include "providers/kit/fault.h"
#include "providers/kit/http.h"

/* Lives in the arena, and never changes afterwards. */
struct probe_settings {
	struct http_settings http;
	const char *project, *project_dir, *account, *region;
	const char *hosts; /* JSON: {NAME: {"Address", "Roles", ...}} of the region */
};

/* 0, or -1 with a fault that names the key that is unknown or cannot have its value. */
int probe_settings_read(struct arena *a, const json_t *config, struct probe_settings *out,
			struct fault *f);

#endif
