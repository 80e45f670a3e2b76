/* options.c - the table of options and the reader of a command line. */
#include "cli/options.h"

#include <string.h>

#include "base/limits.h"
#include "base/vec.h"
#include "engine/engine.h"

#define DAY_MS (24 * 3600 * (int64_t)1000)

static const char *const graph_formats[] = {"dot", "mermaid", NULL};
static const char *const render_formats[] = {"json", "yaml", NULL};
static const char *const on_failure_words[] = {"instance", "keep", "wave", "all", NULL};
static const char *const region_words[] = {"SEQUENTIAL", "PARALLEL", NULL};
static const char *const mode_words[] = {"STRICT", "SOFT", NULL};
static const char *const report_formats[] = {"sarif", NULL};
static const char *const diff_formats[] = {"markdown", NULL};
static const char *const execution_formats[] = {"markdown", "html", "json", "junit", NULL};
static const char *const drill_levels[] = {"static", "simulated", "isolated", "full", NULL};

static const struct option_row rows[] = {
	[OPT_REGION] = {.name = "region",
			.kind = OPTION_LIST,
			.value = "REGION",
			.help = "only this region of the manifest; may be given several times"},
	[OPT_REF] =
		{.name = "ref",
		 .kind = OPTION_TEXT,
		 .value = "REV",
		 .help = "the files of this commit (a branch, a tag, an id, HEAD~2) in place of "
			 "those in the folder, which stays as it is"},
	[OPT_TO_REV] = {.name = "to",
			.kind = OPTION_TEXT,
			.value = "REV",
			.help = "the stack as this commit has it, in place of the last good state"},
	[OPT_PREVIOUS] = {.name = "previous",
			  .kind = OPTION_FLAG,
			  .help = "the same with the commit that was deployed before this one"},
	[OPT_DIFF_FORMAT] = {.name = "format",
			     .kind = OPTION_CHOICE,
			     .value = "FORMAT",
			     .choices = diff_formats,
			     .help = "markdown: for a comment on a pull request"},
	[OPT_PARAM] = {.name = "param",
		       .kind = OPTION_PAIRS,
		       .value = "NAME=VALUE",
		       .help = "value of a template parameter, for every selected stack that "
			       "declares it; "
			       "refused for NoEcho parameters, because arguments are public"},
	[OPT_PARAM_FILE] = {.name = "param-file",
			    .kind = OPTION_LIST,
			    .value = "FILE",
			    .help = "YAML or JSON map of parameter names to values; --param and "
				    "HADEPLOY_PARAM_Name in "
				    "the environment are stronger",
			    .completes = COMPLETES_FILE},
	[OPT_REFRESH] = {.name = "refresh",
			 .kind = OPTION_FLAG,
			 .help = "read the world first and compare with that, not only with what "
				 "is recorded"},
	[OPT_DESTROY] = {.name = "destroy",
			 .kind = OPTION_FLAG,
			 .help = "show what 'hadeploy destroy' would do"},
	[OPT_ONLY] = {.name = "only",
		      .kind = OPTION_LIST,
		      .value = "PATTERN",
		      .help = "only these resources, with what they need: an address with "
			      "wildcards (web/east/Db*), a stack instance (web/east) or a logical "
			      "id (Db*); may be given several times"},
	[OPT_EXCLUDE] = {.name = "exclude",
			 .kind = OPTION_LIST,
			 .value = "PATTERN",
			 .help = "not these resources, nor what needs their change; may be given "
				 "several times"},
	[OPT_REPLACE] = {.name = "replace",
			 .kind = OPTION_LIST,
			 .value = "PATTERN",
			 .help = "make these anew although nothing asks for it; may be given "
				 "several times"},
	[OPT_INTO] = {.name = "into",
		      .kind = OPTION_TEXT,
		      .value = "REGION",
		      .help = "the region that the stacks of the lost one are made in; else they "
			      "are made where they were"},
	[OPT_AGAIN] = {.name = "again",
		       .kind = OPTION_FLAG,
		       .help = "the region was recreated before and is lost once more: what was "
			       "made since is abandoned too"},
	[OPT_RECONCILE] = {.name = "reconcile",
			   .kind = OPTION_FLAG,
			   .help = "the region answers again: read what was abandoned there, "
				   "forget what is gone, and delete what is left"},
	[OPT_RESTORE_FROM] =
		{.name = "from",
		 .kind = OPTION_TEXT,
		 .value = "SOURCE",
		 .help = "a reference, a commit of it, the name of a remote, or a URL"},
	[OPT_SET_ASIDE] = {.name = "set-aside",
			   .kind = OPTION_FLAG,
			   .help = "keep what is recorded here under another name, and restore"},
	[OPT_OTHER_PROJECT] = {.name = "other-project",
			       .kind = OPTION_TEXT,
			       .value = "NAME",
			       .help = "the mirror is of a project of this name, and it is meant: "
				       "the project was renamed, say"},
	[OPT_ABANDONED] =
		{.name = "abandoned",
		 .kind = OPTION_FLAG,
		 .help = "what was recorded of lost regions, and is kept aside since they "
			 "were recreated"},
	[OPT_END_RECREATION] = {.name = "end",
				.kind = OPTION_FLAG,
				.help = "the stacks are where the manifest says from now on, and "
					"no longer in the region of --into"},
	[OPT_UNDO_RECREATION] =
		{.name = "undo",
		 .kind = OPTION_FLAG,
		 .help = "it was begun by mistake: what was abandoned is recorded as before, and "
			 "what was made since is given up"},
	[OPT_WITHOUT_RESTORE] =
		{.name = "without-restore",
		 .kind = OPTION_TEXT,
		 .value = "REASON",
		 .help = "nobody needs the data that are not back yet: no Restore runs, and what "
			 "is left may be deleted; the reason is recorded"},
	[OPT_DROP_OVERRIDES] = {.name = "drop-overrides",
				.kind = OPTION_FLAG,
				.help = "give up the parameters that runbooks have set: what the "
					"manifest says holds again"},
	[OPT_FULL] = {.name = "full",
		      .kind = OPTION_FLAG,
		      .help = "show every change of a plan that is too long for that"},
	[OPT_OUT] = {.name = "out",
		     .kind = OPTION_TEXT,
		     .value = "FILE",
		     .help = "save the plan, for 'hadeploy apply --plan FILE'; nothing secret is "
			     "in the file",
		     .completes = COMPLETES_FILE},
	[OPT_SHOW] = {.name = "show",
		      .kind = OPTION_TEXT,
		      .value = "FILE",
		      .help = "show a saved plan, and whether the files it was made from are "
			      "still the same",
		      .completes = COMPLETES_FILE},
	[OPT_PLAN] = {.name = "plan",
		      .kind = OPTION_TEXT,
		      .value = "FILE",
		      .help = "apply a saved plan as it was shown, without a question, or refuse "
			      "it when anything it was made from has changed",
		      .completes = COMPLETES_FILE},
	[OPT_ROLLBACK] = {.name = "rollback",
			  .kind = OPTION_FLAG,
			  .help = "show what 'hadeploy rollback' would do"},
	[OPT_ON_FAILURE] =
		{.name = "on-failure",
		 .kind = OPTION_CHOICE,
		 .value = "WHAT",
		 .help = "what goes back to its last good state when something fails: instance "
			 "(the default), the stack instance that failed; keep, nothing; wave or "
			 "all, when the whole rollout fails, also what this run changed in that "
			 "wave or in the stack; stronger than the manifest",
		 .choices = on_failure_words},
	[OPT_REGION_CONCURRENCY] =
		{.name = "region-concurrency",
		 .kind = OPTION_CHOICE,
		 .value = "HOW",
		 .help = "regions of a stack one after the other (SEQUENTIAL) or all at once "
			 "(PARALLEL); this and the next four are stronger than the manifest's "
			 "Rollout, for all stacks of the run (docs/rollouts.md)",
		 .choices = region_words},
	[OPT_REGION_ORDER] = {.name = "region-order",
			      .kind = OPTION_NAMES,
			      .value = "A,B",
			      .help = "these regions first, in this order"},
	[OPT_MAX_CONCURRENT] = {.name = "max-concurrent",
				.kind = OPTION_AMOUNT,
				.value = "N|P%",
				.help = "stack instances of a region that are changed at the same "
					"time: a number, or a percentage of them",
				.min = 1},
	[OPT_FAILURE_TOLERANCE] =
		{.name = "failure-tolerance",
		 .kind = OPTION_AMOUNT,
		 .value = "N|P%",
		 .help = "stack instances of a region that may fail before nothing more is "
			 "started"},
	[OPT_CONCURRENCY_MODE] =
		{.name = "concurrency-mode",
		 .kind = OPTION_CHOICE,
		 .value = "MODE",
		 .help = "STRICT never has more under way than may still fail, plus one; SOFT "
			 "keeps to --max-concurrent",
		 .choices = mode_words},
	[OPT_OVERRIDE_FREEZE] = {.name = "override-freeze",
				 .kind = OPTION_TEXT,
				 .value = "REASON",
				 .help = "go on although a freeze window of the manifest holds; "
					 "the reason is recorded with the run"},
	[OPT_OVERRIDE_POLICY] =
		{.name = "override-policy",
		 .kind = OPTION_TEXT,
		 .value = "REASON",
		 .help = "go on although the manifest's Policy does not allow this "
			 "version there (HD2870 to HD2879); the reason is recorded"},
	[OPT_SKIP] = {.name = "skip",
		      .kind = OPTION_LIST,
		      .value = "PATTERN",
		      .help = "leave these resources as they are; an address such as "
			      "web/east/Database, with * and ?; may be given several times"},
	[OPT_YES] = {.name = "yes",
		     .letter = 'y',
		     .kind = OPTION_FLAG,
		     .help = "do not ask; required where nobody can be asked (CI, no terminal, "
			     "--json)"},
	[OPT_PARALLELISM] =
		{.name = "parallelism",
		 .kind = OPTION_NUMBER,
		 .value = "N",
		 .help = "provider calls at the same time, over all regions (default 64); scripts "
			 "that run on a host by themselves do not count",
		 .min =
			 1,
		 .max =
			 LIMIT_PARALLELISM},
	[OPT_LOCK_TIMEOUT] =
		{.name = "lock-timeout",
		 .kind = OPTION_DURATION,
		 .value = "TIME",
		 .help = "how long to wait for a lock that somebody else holds, such as 90s "
			 "(default: 10m on a terminal, else not at all)",
		 .max =
			 DAY_MS},
	[OPT_SIMULATE] = {.name = "simulate",
			  .kind = OPTION_FLAG,
			  .help = "rehearse against a simulated cloud, in no time; nothing real is "
				  "touched and nobody is asked (docs/sim.md)"},
	[OPT_CONTINUE] = {.name = "continue",
			  .kind = OPTION_FLAG,
			  .help = "with --simulate: begin where the last rehearsal ended, not with "
				  "what is recorded"},
	[OPT_EXIT_CODE] = {.name = "exit-code",
			   .kind = OPTION_FLAG,
			   .help = "exit with 2 when there are changes"},
	[OPT_UPGRADE] = {.name = "upgrade",
			 .kind = OPTION_FLAG,
			 .help = "move them to what their branches and tags are now"},
	[OPT_CHECK_LOCK] = {.name = "check",
			    .kind = OPTION_FLAG,
			    .help = "change nothing; exit with 1 when the file is not up to date"},
	[OPT_ADOPT] = {.name = "adopt",
		       .kind = OPTION_FLAG,
		       .help = "look in the world for what would be created: what is there under "
			       "its name is recorded and updated instead"},
	[OPT_IMPORT_FILE] = {.name = "file",
			     .kind = OPTION_TEXT,
			     .value = "FILE",
			     .help = "YAML or JSON map of addresses to ids",
			     .completes = COMPLETES_FILE},
	[OPT_FORMAT] = {.name = "format",
			.kind = OPTION_CHOICE,
			.value = "FORMAT",
			.help = "dot (Graphviz, the default) or mermaid",
			.choices = graph_formats},
	[OPT_RENDER_FORMAT] = {.name = "format",
			       .kind = OPTION_CHOICE,
			       .value = "FORMAT",
			       .help = "json (the default) or yaml",
			       .choices = render_formats},
	[OPT_REPORT_FORMAT] = {.name = "format",
			       .kind = OPTION_CHOICE,
			       .value = "FORMAT",
			       .help = "sarif: print one SARIF 2.1.0 document on standard output, "
				       "for annotations in CI",
			       .choices = report_formats},
	[OPT_NORMALIZE] = {.name = "normalize",
			   .kind = OPTION_FLAG,
			   .help = "resolve nothing: long form, sorted keys, every scalar the "
				   "string that was written"},
	[OPT_LIMIT] = {.name = "limit",
		       .kind = OPTION_NUMBER,
		       .value = "N",
		       .help = "at most so many, the latest first (default 20)",
		       .min = 1,
		       .max = 1000000},
	[OPT_NOW] = {.name = "now",
		     .kind = OPTION_FLAG,
		     .help = "also cancel what runs, as the second Ctrl-C does"},
	[OPT_RUNBOOK_PARAM] = {.name = "param",
			       .kind = OPTION_PAIRS,
			       .value = "NAME=VALUE",
			       .help = "value of a parameter of the runbook; may be given several "
				       "times"},
	[OPT_FROM] = {.name = "from",
		      .kind = OPTION_TEXT,
		      .value = "REGION",
		      .help = "the region that is left: the parameter From of the runbook"},
	[OPT_TO] = {.name = "to",
		    .kind = OPTION_TEXT,
		    .value = "REGION",
		    .help = "the region that is gone to: the parameter To of the runbook; 'best' "
			    "chooses by health and the manifest's preference"},
	[OPT_UNGRACEFUL] = {.name = "ungraceful",
			    .kind = OPTION_FLAG,
			    .help = "the region that is left cannot be counted on: each step as "
				    "its Ungraceful says"},
	[OPT_SINCE] = {.name = "since",
		       .kind = OPTION_MOMENT,
		       .value = "TIME",
		       .help = "when the outage began, from which the RTO counts: "
			       "2026-11-20T09:20:24Z, or 5m for five minutes ago (default: now)"},
	[OPT_APPROVE] = {.name = "approve",
			 .kind = OPTION_LIST,
			 .value = "STEP",
			 .help = "this step is approved beforehand; may be given several times"},
	[OPT_OVERRIDE_BLOCKERS] =
		{.name = "override-blockers",
		 .kind = OPTION_TEXT,
		 .value = "REASON",
		 .help = "begin although steps are known to fail before the first one (HD2713); "
			 "the reason is recorded with what was known"},
	[OPT_OVERRIDE_EXECUTION] =
		{.name = "override-execution",
		 .kind = OPTION_TEXT,
		 .value = "REASON",
		 .help = "change something although an execution of a runbook that works there is "
			 "going on, or, of an execution, has overtaken it (HD2685); the reason is "
			 "recorded"},
	[OPT_ACCEPT_DATA_LOSS] =
		{.name = "accept-data-loss",
		 .kind = OPTION_TEXT,
		 .value = "REASON",
		 .help = "go on although data are lost: more than the RPO allows, or what a "
			 "Restore has brought back; the reason is recorded"},
	[OPT_STRICT] = {.name = "strict",
			.kind = OPTION_FLAG,
			.help = "an objective that is missed, or predicted to be, is exit code 4"},
	[OPT_LIVE] = {.name = "live",
		      .kind = OPTION_FLAG,
		      .help = "ask the checks and the hosts of the standby too, over the network"},
	[OPT_RESUME] = {.name = "resume",
			.kind = OPTION_FLAG,
			.help = "go on with an execution that was interrupted, killed or failed: "
				"the one whose id stands in the place of NAME, else the latest"},
	[OPT_SKIP_STEP] =
		{.name = "skip",
		 .kind = OPTION_LIST,
		 .value = "STEP",
		 .help = "with --resume: this step is left out, as by 'runbook skip'; several "
			 "may be given, and --reason says why"},
	[OPT_RETRY_STEP] =
		{.name = "retry",
		 .kind = OPTION_LIST,
		 .value = "STEP",
		 .help = "with --resume: this failed step is tried again, also one that was "
			 "passed over by its OnFailure; others that failed are in any case"},
	[OPT_LEVEL] = {.name = "level",
		       .kind = OPTION_CHOICE,
		       .value = "LEVEL",
		       .help = "static (the default) looks at it alone; simulated rehearses it; "
			       "isolated is real without traffic, fences and promotion, and is "
			       "undone at the end; full is real",
		       .choices = drill_levels},
	[OPT_JUNIT] = {.name = "junit",
		       .kind = OPTION_TEXT,
		       .value = "FILE",
		       .help = "write how each step ended as JUnit XML, for CI",
		       .completes = COMPLETES_FILE},
	[OPT_EXECUTION] = {.name = "execution",
			   .kind = OPTION_TEXT,
			   .value = "ID",
			   .help = "the execution that is meant, or the beginning of its id "
				   "(default: the one that is going on)"},
	[OPT_REASON] = {.name = "reason",
			.kind = OPTION_TEXT,
			.value = "TEXT",
			.help = "why; it is recorded with who asked"},
	[OPT_CONFIRM] = {.name = "confirm",
			 .kind = OPTION_TEXT,
			 .value = "TEXT",
			 .help = "what the step wants to be typed for an approval"},
	[OPT_FENCED] =
		{.name = "fenced",
		 .kind = OPTION_TEXT,
		 .value = "REASON",
		 .help = "the step is a Fence, and the old primary was switched off by hand: "
			 "how; recorded, and another primary may be promoted"},
	[OPT_KEEP] = {.name = "keep",
		      .kind = OPTION_FLAG,
		      .help = "what was done stays; nothing is undone"},
	[OPT_WATCH] = {.name = "watch",
		       .kind = OPTION_FLAG,
		       .help = "follow it until its end; Ctrl-C ends the watching alone"},
	[OPT_EXECUTION_FORMAT] = {.name = "format",
				  .kind = OPTION_CHOICE,
				  .value = "FORMAT",
				  .help = "markdown (the default), html, json or junit",
				  .choices = execution_formats},
	[OPT_REPORT_OUT] = {.name = "out",
			    .kind = OPTION_TEXT,
			    .value = "FILE",
			    .help = "write the report to a file",
			    .completes = COMPLETES_FILE},
	[OPT_VERIFY] =
		{.name = "verify",
		 .kind = OPTION_TEXT,
		 .value = "FILE",
		 .help = "check a report that was saved as JSON: its hashes, what follows from "
			 "its events, and what is recorded here",
		 .completes = COMPLETES_FILE},
	[OPT_HEALTH_WATCH] = {.name = "watch",
			      .kind = OPTION_FLAG,
			      .help = "go on asking and show what changes, until Ctrl-C"},
	[OPT_ONCE] = {.name = "once",
		      .kind = OPTION_FLAG,
		      .help = "look until every entry is certain, do what is due, and end"},
	[OPT_WATCH_STATUS] = {.name = "status",
			      .kind = OPTION_FLAG,
			      .help = "say who watches, what, and what keeps it from acting"},
	[OPT_MAN] = {.name = "man",
		     .kind = OPTION_FLAG,
		     .help = "print the manual page, for 'man -l -'"},
	[OPT_JSON] = {.name = "json",
		      .kind = OPTION_FLAG,
		      .help = "print one JSON object per line on standard output (docs/json.md)"},
	[OPT_PROJECT] = {.name = "project",
			 .kind = OPTION_TEXT,
			 .value = "DIR",
			 .help = "folder with hadeploy.yaml (default: the current one)",
			 .completes = COMPLETES_FOLDER},
	[OPT_NO_COLOR] = {.name = "no-color",
			  .kind = OPTION_FLAG,
			  .help = "never use colours; so does NO_COLOR in the environment"},
	[OPT_HELP] = {.name = "help",
		      .letter = 'h',
		      .kind = OPTION_FLAG,
		      .help = "explain the command and its options"},
};
_Static_assert(ARRAY_LEN(rows) == OPT_END, "a row for every option");

const struct option_row *option_row(enum option_id id)
{
	return &rows[id];
}

void usage_release(struct usage *u)
{
	str_release(&u->problem);
	str_release(&u->hint);
}

bool option_given(const struct arguments *args, enum option_id id)
{
	return args->options[id].count > 0;
}

struct words {
	VEC_OF(const char *)
};

struct reader {
	struct arena *arena;
	struct arguments *out;
	struct usage *usage;
	struct words operands;
	struct words lists[OPT_END];
};

static bool find_long(struct text name, enum option_id *id)
{
	for (size_t i = 0; i < OPT_END; i++) {
		if (text_is(name, rows[i].name)) {
			*id = (enum option_id)i;
			return true;
		}
	}
	return false;
}

static bool find_letter(char letter, enum option_id *id)
{
	for (size_t i = 0; i < OPT_END; i++) {
		if (rows[i].letter && rows[i].letter == letter) {
			*id = (enum option_id)i;
			return true;
		}
	}
	return false;
}

static int read_number(struct reader *r, const struct option_row *row, struct option_value *v)
{
	if (text_to_int64(text_of(v->text), row->min, row->max, &v->number))
		return 0;
	str_printf(&r->usage->problem, "--%s takes a number from %lld to %lld, not '%s'", row->name,
		   (long long)row->min, (long long)row->max, v->text);
	return -1;
}

static int read_duration(struct reader *r, const struct option_row *row, struct option_value *v)
{
	if (text_to_duration_ms(text_of(v->text), &v->number) && v->number >= row->min &&
	    v->number <= row->max)
		return 0;
	str_printf(&r->usage->problem, "--%s takes a time up to one day, not '%s'", row->name,
		   v->text);
	str_add(&r->usage->hint, "write 30s, 5m or 1h; a bare number is seconds");
	return -1;
}

static int read_moment(struct reader *r, const struct option_row *row, struct option_value *v)
{
	if (clock_parse_rfc3339(v->text, &v->number) && v->number > 0)
		return 0;
	if (text_to_duration_ms(text_of(v->text), &v->number) && v->number >= 0) {
		v->number = -v->number;
		return 0;
	}
	str_printf(&r->usage->problem, "--%s takes a time, not '%s'", row->name, v->text);
	str_add(&r->usage->hint,
		"write 2026-11-20T09:20:24Z, or 5m for five minutes ago; a bare number is seconds");
	return -1;
}

static int read_amount(struct reader *r, const struct option_row *row, struct option_value *v)
{
	struct rollout_amount a;

	if (rollout_amount_parse(text_of(v->text), &a) && (int64_t)a.value >= row->min) {
		v->number = (int64_t)a.value;
		v->percent = a.percent;
		return 0;
	}
	str_printf(&r->usage->problem, "--%s takes a number%s or a percentage, not '%s'", row->name,
		   row->min ? " from 1 on" : "", v->text);
	str_printf(&r->usage->hint, "for example --%s 2 or --%s 20%%", row->name, row->name);
	return -1;
}

static bool has_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static int read_names(struct reader *r, const struct option_row *row, struct option_value *v)
{
	struct text_split split = text_split_start(text_of(v->text));
	struct words names = {0};
	struct text piece;

	while (text_next(&split, ',', &piece)) {
		const char *name = arena_text(r->arena, text_trim(piece));

		if (!*name || has_name(names.items, names.count, name)) {
			str_printf(&r->usage->problem, "--%s has %s in '%s'", row->name,
				   *name ? "a name twice" : "an empty name", v->text);
			str_printf(&r->usage->hint,
				   "write each name once, with commas between: --%s east,west",
				   row->name);
			return -1;
		}
		*arena_vec_add(r->arena, &names) = name;
	}
	*arena_vec_add(r->arena, &names) = NULL;
	v->items = names.items;
	return 0;
}

static int read_pair(struct reader *r, const struct option_row *row, const char *value)
{
	const char *sign = strchr(value, '=');

	if (sign && sign != value)
		return 0;
	/* The value is not repeated: it may be a secret in the wrong place. */
	str_printf(&r->usage->problem, "--%s takes %s", row->name, row->value);
	str_add(&r->usage->hint, "for example --param Capacity=3");
	return -1;
}

/* Notes one value of an option; text NULL for flags. */
static int put_value(struct reader *r, enum option_id id, const char *text)
{
	const struct option_row *row = &rows[id];
	struct option_value *v = &r->out->options[id];

	v->count++;
	v->text = text;
	switch (row->kind) {
	case OPTION_FLAG:
	case OPTION_TEXT:
	case OPTION_CHOICE: /* the command says among what */
		return 0;
	case OPTION_PAIRS:
		if (read_pair(r, row, text) != 0)
			return -1;
		*arena_vec_add(r->arena, &r->lists[id]) = text;
		return 0;
	case OPTION_LIST:
		*arena_vec_add(r->arena, &r->lists[id]) = text;
		return 0;
	case OPTION_NUMBER:
		return read_number(r, row, v);
	case OPTION_DURATION:
		return read_duration(r, row, v);
	case OPTION_MOMENT:
		return read_moment(r, row, v);
	case OPTION_AMOUNT:
		return read_amount(r, row, v);
	case OPTION_NAMES:
		return read_names(r, row, v);
	}
	return 0;
}

static int read_known(struct reader *r, enum option_id id, const char *attached, char *const **args)
{
	const struct option_row *row = &rows[id];

	if (row->kind == OPTION_FLAG && attached) {
		str_printf(&r->usage->problem, "--%s takes no value", row->name);
		return -1;
	}
	if (row->kind != OPTION_FLAG && !attached) {
		attached = (*args)[1];
		if (!attached) {
			str_printf(&r->usage->problem, "--%s needs a value: --%s %s", row->name,
				   row->name, row->value);
			return -1;
		}
		(*args)++;
	}
	if (attached && !*attached) {
		str_printf(&r->usage->problem, "--%s is empty", row->name);
		return -1;
	}
	return put_value(r, id, attached);
}

static int note_unknown(struct reader *r, const char *word, size_t len)
{
	if (!r->out->unknown)
		r->out->unknown = arena_strndup(r->arena, word, len);
	return 0;
}

static int read_long(struct reader *r, char *const **args)
{
	const char *word = **args, *sign = strchr(word, '=');
	size_t len = sign ? (size_t)(sign - word) : strlen(word);
	enum option_id id;

	if (!find_long((struct text){word + 2, len - 2}, &id))
		return note_unknown(r, word, len);
	return read_known(r, id, sign ? sign + 1 : NULL, args);
}

static int read_short(struct reader *r, char *const **args)
{
	const char *word = **args;
	enum option_id id;

	if (word[2] || !find_letter(word[1], &id))
		return note_unknown(r, word, strlen(word));
	return read_known(r, id, NULL, args);
}

static int read_words(struct reader *r, char *const *args)
{
	bool options_over = false;

	for (; *args; args++) {
		const char *word = *args;
		int status = 0;

		if (options_over || word[0] != '-' || !word[1])
			*arena_vec_add(r->arena, &r->operands) = word;
		else if (strcmp(word, "--") == 0)
			options_over = true;
		else if (word[1] == '-')
			status = read_long(r, &args);
		else
			status = read_short(r, &args);
		if (status != 0)
			return -1;
	}
	return 0;
}

int options_read(struct arena *a, char *const *args, struct arguments *out, struct usage *u)
{
	struct reader r = {.arena = a, .out = out, .usage = u};

	memset(out, 0, sizeof(*out));
	if (read_words(&r, args) != 0)
		return -1;
	out->operands = r.operands.items;
	out->operand_count = r.operands.count;
	for (size_t i = 0; i < OPT_END; i++) {
		if (rows[i].kind != OPTION_NAMES)
			out->options[i].items = r.lists[i].items;
	}
	return 0;
}
