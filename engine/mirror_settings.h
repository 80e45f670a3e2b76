/* mirror_settings.h - `State: Mirror` of the manifest; what is made of it: mirror.h. */
#ifndef ENGINE_MIRROR_SETTINGS_H
#define ENGINE_MIRROR_SETTINGS_H

#include "base/base.h"

#define MIRROR_REF_DEFAULT "refs/hadeploy/state"

struct mirror_settings {
	bool on;
	const char *ref;
	const char *const *remotes; /* names of the repository's settings, or URLs */
	size_t remote_count;
	const char *project; /* its name; "" when the manifest cannot be read */
};

#endif
