/*
 * settings.h - reading the ssh provider's keys of the manifest.
 */
#ifndef PROVIDERS_SSH_SETTINGS_H
#define PROVIDERS_SSH_SETTINGS_H

#include "providers/ssh/host.h"

/* Which keys may be there: those of the provider's entry or those of a host. */
enum settings_place { SETTINGS_PROVIDER, SETTINGS_HOST };

/*
 * Overlays what `object` says.  0, or -1 with a fault that names the key.
 */
int settings_read(struct arena *a, const json_t *object, enum settings_place place,
		  struct host_settings *out, struct fault *f);
/* Scalars as text: manifests write numbers with and without quotes.  NULL: no scalar. */
const char *settings_text(struct arena *a, const json_t *value);

#endif
