/* fuzz_resolve.c - any bytes as a text with dynamic references, whole and in part. */
#include <string.h>

#include "templates/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_within(struct text part, struct text all)
{
	if (part.len && (part.ptr < all.ptr || part.ptr + part.len > all.ptr + all.len))
		fail_fast("a part of a reference lies outside of it");
}

static void check_reference(const struct resolve_piece *p)
{
	check_within(p->ref.body, p->text);
	check_within(p->ref.name, p->text);
	check_within(p->ref.version, p->text);
	check_within(p->ref.key, p->text);
	check_within(p->ref.stage, p->text);
	check_within(p->ref.version_id, p->text);
	if (!text_starts(p->text, RESOLVE_OPEN) || !text_ends(p->text, RESOLVE_CLOSE))
		fail_fast("a reference without its braces");
	resolve_secure_allowed(p->ref.name, p->ref.body);
}

/* The pieces are the text, one behind the other. */
static void scan(struct text t, enum resolve_written written)
{
	struct resolve_scan s = resolve_start(t, written);
	struct diags d = DIAGS_INIT;
	struct resolve_piece p;
	size_t at = 0;

	while (resolve_next(&s, &p)) {
		if (p.offset != at || p.text.ptr != t.ptr + at || !p.text.len)
			fail_fast("a piece is lost");
		at += p.text.len;
		if (p.kind == RESOLVE_REFERENCE)
			check_reference(&p);
		else if (p.kind == RESOLVE_BAD && d.error_count < 10)
			resolve_report(RANGE_NONE, &p, RESOLVE_SHOWN, &d);
		if (p.kind != RESOLVE_TEXT && !resolve_occurs(t))
			fail_fast("a reference that does not occur");
	}
	if (at != t.len)
		fail_fast("the end is lost");
	diags_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct text t = {(const char *)bytes, len};

	scan(t, RESOLVE_WHOLE);
	scan(t, RESOLVE_PART);
	return 0;
}
