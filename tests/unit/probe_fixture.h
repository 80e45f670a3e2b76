/*
 * probe_fixture.h - health checks through the table of the provider probe.
 */
#ifndef TESTS_UNIT_PROBE_FIXTURE_H
#define TESTS_UNIT_PROBE_FIXTURE_H

#include "base/arena.h"
#include "tests/unit/provider_fixture.h"

struct probe_fixture {
	char folder[64]; /* of the project; removed with all that is in it */
	struct arena *arena;
	struct hd_session *session; /* NULL: refused */
	struct hd_op op;            /* of the last call */
	int status;                 /* of it */
};

/* settings: JSON object that the manifest's entry would have. */
void probe_start(struct probe_fixture *f, const char *settings);
void probe_stop(struct probe_fixture *f);
/* A check with these arguments (JSON, written with printf's): its status. */
int probe_check(struct probe_fixture *f, const char *args, ...) PRINTF_LIKE(2, 3);
/* The same while somebody has stopped the run. */
int probe_check_stopped(struct probe_fixture *f, const char *args);
bool probe_healthy(struct probe_fixture *f);
/* Its answer says something of what it asked about. */
bool probe_asked(struct probe_fixture *f);
/* Detail of the answer, with every "N ms" as "* ms". */
const char *probe_detail(struct probe_fixture *f);
/* A file of the project; mode 0755. */
void probe_write(struct probe_fixture *f, const char *name, const char *content);

#endif
