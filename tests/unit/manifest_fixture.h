/*
 * manifest_fixture.h - manifests out of texts, for tests of what they give and of their faults.
 *
 * read_text or read_good, then look, then forget.
 */
#ifndef TESTS_UNIT_MANIFEST_FIXTURE_H
#define TESTS_UNIT_MANIFEST_FIXTURE_H

#include "engine/manifest.h"

/* A manifest, what reading it gave, and what was said. */
struct reading {
	struct arena *a;
	struct diags d;
	const struct manifest *m;
};

struct fault {
	const char *yaml;
	enum diag_code code;
	unsigned line, column;
	const char *summary;
	const char *hint; /* a part of it; NULL: whatever */
};

struct reading read_text(const char *yaml);
/* The same; the test fails when anything is said. */
struct reading read_good(const char *yaml);
void forget(struct reading *r);
/* Exactly one diagnostic, and it is this one. */
void check_fault(const struct fault *f);
void check_faults(const struct fault *faults, size_t count);

#endif
