/* owner.c - who runs this process, as locks and the history name it. */
#include <pwd.h>
#include <unistd.h>

#include "engine/engine.h"

#define NAME_LEN 256
#define ENTRY_LEN 4096

static const char *user_name(struct arena *a)
{
	struct passwd entry, *found = NULL;
	char buffer[ENTRY_LEN];

	if (getpwuid_r(geteuid(), &entry, buffer, sizeof(buffer), &found) || !found)
		return arena_printf(a, "%lu", (unsigned long)geteuid());
	return arena_strdup(a, found->pw_name);
}

static const char *host_name(struct arena *a)
{
	char name[NAME_LEN] = "";

	if (gethostname(name, sizeof(name) - 1))
		return "?";
	return arena_strdup(a, name);
}

struct lock_owner engine_owner(struct arena *a, struct clock *clock, const char *command)
{
	return (struct lock_owner){
		.user = user_name(a),
		.host = host_name(a),
		.command = command,
		.pid = getpid(),
		.since_ms = clock->wall_ms(clock),
	};
}
