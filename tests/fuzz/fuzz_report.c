/*
 * fuzz_report.c - a file for `runbook report --verify` in; what verifies must verify again when it
 * is made anew, and every view of it, and what going back would undo, must come to an end.
 */
#include <stdlib.h>

#include "cli/view_report.h"
#include "engine/runbook/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_again(struct arena *a, const struct report *r)
{
	json_t *j = report_json(r);
	const char *text = json_text(a, j);
	struct diags d = DIAGS_INIT;
	struct report again;

	if (report_verify(a, "again.json", text_of(text), &again, &d) != 0)
		abort();
	json_decref(j);
	diags_release(&d);
}

static void view_all(struct arena *a, const struct report *r)
{
	struct str out = STR_INIT;
	struct way_back back;

	execution_way_back(a, &r->story, &back);
	if (back.undone.count + back.stays.count > r->story.step_count ||
	    back.decisive > back.stays.count || (back.point && !back.decisive))
		abort();

	view_report_markdown(r, &out);
	view_report_html(r, &out);
	view_report_junit(r, &out);
	str_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT;
	struct report r;
	int result =
		report_verify(a, "report.json", (struct text){(const char *)bytes, len}, &r, &d);

	if ((result != 0) != (d.error_count > 0))
		abort();
	if (result == 0)
		check_again(a, &r);
	/* Also of one that does not verify: its events were read all the same. */
	if (r.story.row.id)
		view_all(a, &r);
	diags_release(&d);
	arena_free(a);
	return 0;
}
