/*
 * planner_fixture.h - a project in a temporary folder with a provider that only has a
 * schema, records made by hand, and the plan as text.
 *
 * fixture_open, any number of fixture_record and fixture_seen, fixture_plan, then look at
 * f->plan, f->text and f->d; fixture_close.
 *
 * Fake::Thing: Name (create-only, what Ref gives), Size (integer), Note, Tags (object),
 * Key (write-only), Where (endpoint); read-only Serial, Sum.  Fake::Plain: Name; Ref gives
 * the id; read-only Arn.  Fake::Data: Name (create-only), Size; has snapshots.
 */
#ifndef TESTS_UNIT_PLANNER_FIXTURE_H
#define TESTS_UNIT_PLANNER_FIXTURE_H

#include "engine/planner.h"

#define FIXTURE_RECORDS_MAX 64

/* For engine_open on the fixture's folder. */
extern const struct hd_provider *const fixture_builtins[];

struct fixture {
	char dir[64];
	struct arena *a;
	struct project *project;
	struct state *state;
	struct record records[FIXTURE_RECORDS_MAX];
	struct observation seen[FIXTURE_RECORDS_MAX];
	struct record_list list;
	struct instance_list instances;
	struct planner_input in;
	const struct plan *plan;
	struct str text; /* plan_dump without places */
	struct diags d;
};

/* A manifest with one stack `web` on `east`, whose template is given. */
void fixture_open(struct fixture *f, const char *template_text);
void fixture_open_project(struct fixture *f, const char *manifest_text, const char *template_text,
			  const struct selection *sel);
void fixture_close(struct fixture *f);

/* "web/-/east/Page" with an id of "id-Page".  depends_on: JSON array or NULL. */
struct record *fixture_record(struct fixture *f, const char *key, const char *type,
			      const char *inputs, const char *depends_on);
/* What a refresh saw of a record of this fixture; all others are unchanged. */
void fixture_seen(struct fixture *f, const struct record *r, enum seen seen, const char *outputs);
/* Evaluates and plans; NULL with f->d on failure. */
const struct plan *fixture_plan(struct fixture *f);
const struct change *fixture_change(const struct fixture *f, const char *logical_id);
/* The text has this line, without its newline. */
bool fixture_has_line(const struct fixture *f, const char *line);
/* The message without the folder in the names of files. */
const char *fixture_without_dir(const struct fixture *f, const char *message);

#endif
