/*
 * session.h - provider sessions, one per entry, account and region.
 *
 * Opened by the coordinator when first needed (that makes no connection), kept until the
 * end, closed when no call is out any more.  One that cannot be opened is not tried again:
 * every later request gets the same error.
 */
#ifndef ENGINE_SESSION_H
#define ENGINE_SESSION_H

#include "engine/address.h"
#include "engine/call.h"
#include "engine/registry.h"

struct sessions;
struct simulation;

struct sessions *sessions_new(const struct manifest *m, const struct call_context *context);
/* From now on sessions get the settings of the rehearsal; NULL: there is none. */
void sessions_simulate(struct sessions *s, const struct simulation *simulation);
void sessions_close(struct sessions *s);
/*
 * The session for resources of this instance.  A region that has left the manifest gets
 * the entry's defaults and no hosts.  NULL with errors in d.
 */
struct hd_session *sessions_get(struct sessions *s, const struct provider_entry *entry,
				const struct instance_id *id, struct diags *d);

/* The same for the provider that plans: in a rehearsal the real one, which is asked without
 * any connection (provider.h: plan).  NULL without errors when it cannot be opened then. */
struct hd_session *sessions_get_planner(struct sessions *s, const struct provider_entry *entry,
					const struct instance_id *id, struct diags *d);

#endif
