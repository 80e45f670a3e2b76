#include "cli/watch_status.h"

static int load(struct invocation *in, struct state *s, struct watch_status *out, struct diags *d)
{
	return watch_status_load(s, in->clock->wall_ms(in->clock), in->arena, out, d);
}

static int find(struct invocation *in, struct watch_status *out, struct diags *d)
{
	struct state *s;
	int rc;

	if (in->state)
		return load(in, in->state, out, d);
	s = engine_state_open(in->dir, STATE_READ, in->clock, d);
	if (!s)
		return -1;
	rc = load(in, s, out, d);
	state_close(s);
	return rc;
}

int watch_status_find(struct invocation *in, struct watch_status *out)
{
	return find(in, out, &in->diags);
}

void watch_status_show(struct invocation *in)
{
	struct watch_status status;
	struct diags ignored = DIAGS_INIT;

	if (find(in, &status, &ignored) == 0 && status.life != WATCH_LIFE_NEVER)
		in->view->show_watch_status(in->view, &status, in->clock->wall_ms(in->clock));
	diags_release(&ignored);
}
