/* out_file.c - see out_file.h. */
#include "cli/out_file.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"

/* How what hadeploy writes begins, and what is in it somewhere. */
static const struct {
	enum out_kind kind;
	const char *begins, *has;
} marks[] = {
	{OUT_PLAN, "{\"hadeploy_plan\":", ""},
	{OUT_REPORT, "# Execution of runbook ", "- **Execution:** "},
	{OUT_REPORT, "<!DOCTYPE html>", "<meta name=\"generator\" content=\"hadeploy\">"},
	{OUT_REPORT, "{", "\"type\": \"execution_report\""},
	{OUT_REPORT, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=",
	 "name=\"execution\" time="},
};

static const char *const words[] = {
	[OUT_PLAN] = "saved plan",
	[OUT_REPORT] = "report of hadeploy",
};

static bool is_ours(struct text text, enum out_kind k)
{
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		if (marks[i].kind == k && text_starts(text, marks[i].begins) &&
		    strstr(text.ptr, marks[i].has))
			return true;
	}
	return text_trim(text).len == 0;
}

int out_file_check(struct invocation *in, const char *path, enum out_kind k)
{
	struct str text = STR_INIT;
	struct stat st;
	bool fits = true;
	struct diag *g;

	/* What cannot be looked at cannot be written either, and is told then. */
	if (stat(path, &st) != 0)
		return 0;
	if (!S_ISDIR(st.st_mode))
		fits = S_ISREG(st.st_mode) && file_read(path, LIMIT_JSON_LEN, &text) == 0 &&
		       is_ours(str_text(&text), k);
	str_release(&text);
	if (fits)
		return 0;
	g = diag_add(&in->diags, DIAG_OUT_FILE, RANGE_NONE,
		     "'%s' is there already, and is no %s: it is not overwritten", path, words[k]);
	diag_hint(&in->diags, g, "name another file, or remove it first");
	return -1;
}
