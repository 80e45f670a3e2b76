#include "tests/unit/report_fixture.h"

#include <string.h>

#include "base/json.h"

static const char started[] =
	"{\"Runbook\":\"failover\",\"Kind\":\"real\",\"Mode\":\"graceful\","
	"\"Parameters\":{\"From\":\"east\",\"To\":\"west\"},"
	"\"Digest\":\"5f2a\",\"Command\":[\"failover\",\"--from\",\"east\",\"--to\",\"west\"],"
	"\"By\":{\"User\":\"ann\",\"Host\":\"ci-7\",\"Pid\":4242},\"Since\":1764000000000,"
	"\"Objectives\":{\"RTO\":120000,\"RPO\":60000},"
	"\"Reason\":\"east is <gone> | \\\"power\\\" & `cooling`\","
	"\"Steps\":[{\"Path\":\"confirm\",\"Kind\":\"Approval\"},"
	"{\"Path\":\"fence\",\"Kind\":\"Fence\"},{\"Path\":\"fence/stop\",\"Kind\":\"Command\"},"
	"{\"Path\":\"data-and-capacity\",\"Kind\":\"Parallel\"},"
	"{\"Path\":\"data-and-capacity/promote\",\"Kind\":\"Command\"},"
	"{\"Path\":\"data-and-capacity/scale\",\"Kind\":\"Apply\"},"
	"{\"Path\":\"traffic\",\"Kind\":\"Traffic\"},{\"Path\":\"tell\",\"Kind\":\"Notify\"}]}";

#define AT(seconds) (REPORT_OUTAGE_MS + (seconds)*1000)
#define ANN "\"By\":{\"User\":\"ann\",\"Host\":\"ci-7\",\"Pid\":4242}"
#define BOB "\"By\":{\"User\":\"bob\",\"Host\":\"desk\",\"Pid\":7}"

#define EVENT(seconds, kind_, step_, data_)                                             \
	{                                                                               \
		.at_ms = AT(seconds), .kind = (kind_), .step = (step_), .data = (data_) \
	}

static const struct journal_entry events[] = {
	EVENT(30, ENTRY_DETECTED, "",
	      "{\"At\":1764000000000,\"Detail\":\"check shop of east: connection refused\"}"),
	EVENT(30, ENTRY_CHECK, "",
	      "{\"Check\":\"standby\",\"Region\":\"west\",\"Healthy\":true,\"Detail\":"
	      "\"streaming\","
	      "\"Values\":{\"LagSeconds\":2.5,\"LagBytes\":4096}}"),
	EVENT(30, ENTRY_STEP_STARTED, "confirm", "{\"Attempt\":1,\"Key\":\"a1\"}"),
	EVENT(30, ENTRY_STEP_WAITING, "confirm",
	      "{\"Message\":\"Move shop from east to west?\",\"Approvers\":[\"bob\"],\"Confirm\":"
	      "\"west\"}"),
	EVENT(55, ENTRY_ASKED, "confirm",
	      "{\"Number\":1,\"Request\":\"approve\",\"Reason\":\"seen the graphs\"," BOB "}"),
	EVENT(55, ENTRY_STEP_SUCCEEDED, "confirm", "{\"Millis\":25000}"),
	EVENT(55, ENTRY_STEP_STARTED, "fence",
	      "{\"Attempt\":1,\"Key\":\"b1\",\"Region\":\"east\"}"),
	EVENT(55, ENTRY_STEP_STARTED, "fence/stop",
	      "{\"Attempt\":1,\"Key\":\"c1\",\"Region\":\"east\"}"),
	EVENT(65, ENTRY_STEP_FAILED, "fence/stop",
	      "{\"Reason\":\"db-e1: no route to host\",\"Millis\":10000}"),
	EVENT(66, ENTRY_CHECK, "fence",
	      "{\"Check\":\"primary\",\"Region\":\"east\",\"Healthy\":false,\"Detail\":\"no "
	      "answer\"}"),
	EVENT(70, ENTRY_FENCED, "fence",
	      "{\"Region\":\"east\",\"How\":\"lease\",\"Detail\":\"unhealthy from 3 of 3, lease of "
	      "15s "
	      "has run out\"}"),
	EVENT(70, ENTRY_STEP_SUCCEEDED, "fence", "{\"Millis\":15000}"),
	EVENT(70, ENTRY_ASKED, "",
	      "{\"Number\":2,\"Request\":\"accept-data-loss\",\"Reason\":\"orders are in the "
	      "queue\"," BOB "}"),
	EVENT(70, ENTRY_DATA_LOSS, "",
	      "{\"LagSeconds\":2.5,\"Objective\":60000,\"Reason\":\"orders are in the queue\"," BOB
	      "}"),
	EVENT(70, ENTRY_STEP_STARTED, "data-and-capacity", "{\"Attempt\":1}"),
	EVENT(70, ENTRY_STEP_STARTED, "data-and-capacity/promote",
	      "{\"Attempt\":1,\"Key\":\"d1\",\"Region\":\"west\",\"Slow\":8000}"),
	EVENT(70, ENTRY_STEP_STARTED, "data-and-capacity/scale",
	      "{\"Attempt\":1,\"Key\":\"e1\",\"Region\":\"west\"}"),
	EVENT(78, ENTRY_STEP_SLOW, "data-and-capacity/promote", "{\"Millis\":8000,\"Usual\":8000}"),
	EVENT(80, ENTRY_STEP_RETRY, "data-and-capacity/scale",
	      "{\"Attempt\":1,\"Reason\":\"throttled\",\"Wait\":2000}"),
	EVENT(82, ENTRY_STEP_STARTED, "data-and-capacity/scale",
	      "{\"Attempt\":2,\"Key\":\"e2\",\"Region\":\"west\"}"),
	EVENT(85, ENTRY_STEP_SUCCEEDED, "data-and-capacity/promote",
	      "{\"Millis\":15000,\"Result\":{\"ExitCode\":0}}"),
	EVENT(100, ENTRY_STEP_SUCCEEDED, "data-and-capacity/scale", "{\"Millis\":18000}"),
	EVENT(100, ENTRY_STEP_SUCCEEDED, "data-and-capacity", "{\"Millis\":30000}"),
	EVENT(105, ENTRY_RESUMED_BY, "", "{\"By\":{\"User\":\"bob\",\"Host\":\"desk\",\"Pid\":9}}"),
	EVENT(105, ENTRY_STEP_STARTED, "traffic", "{\"Attempt\":1,\"Key\":\"f1\"}"),
	EVENT(106, ENTRY_STEP_PROGRESS, "traffic", "{\"Text\":\"shop: west 100%\"}"),
	EVENT(125, ENTRY_STEP_SUCCEEDED, "traffic", "{\"Millis\":20000}"),
	EVENT(125, ENTRY_ASKED, "tell",
	      "{\"Number\":3,\"Request\":\"skip\",\"Reason\":\"told by phone\"," BOB "}"),
	EVENT(125, ENTRY_STEP_SKIPPED, "tell", "{\"Reason\":\"told by phone\"," BOB "}"),
	EVENT(125, ENTRY_MONITORING, "", "{}"),
	EVENT(140, ENTRY_CHECK, "",
	      "{\"Check\":\"shop\",\"Region\":\"west\",\"Healthy\":true,\"Detail\":\"200 OK\"}"),
	EVENT(140, ENTRY_OBJECTIVE, "",
	      "{\"Name\":\"RTO\",\"Actual\":140000,\"Objective\":120000,\"Met\":false,\"Detail\":"
	      "\"shop "
	      "is healthy in west\"}"),
	EVENT(140, ENTRY_OBJECTIVE, "",
	      "{\"Name\":\"RPO\",\"Actual\":2500,\"Objective\":60000,\"Met\":true,\"Detail\":"
	      "\"last "
	      "commit 15:59:57\"}"),
	EVENT(150, ENTRY_ENDED, "",
	      "{\"Status\":\"COMPLETED_WITH_EXCEPTIONS\",\"Reason\":\"1 step was "
	      "skipped\",\"Exit\":3}"),
};

struct execution_row report_fixture_row(void)
{
	return (struct execution_row){
		.id = REPORT_EXECUTION,
		.runbook = "failover",
		.parameters = "{\"From\":\"east\",\"To\":\"west\"}",
		.owner = {"ann", "ci-7", "failover", 0, AT(30)},
		.started_ms = AT(30),
	};
}

const char *report_fixture_started(void)
{
	return started;
}

size_t report_fixture_events(const struct journal_entry **out)
{
	*out = events;
	return sizeof(events) / sizeof(events[0]);
}

static const char *canonical(struct arena *a, const char *text, const char *id)
{
	json_t *j = json_parse(text_of(text), a, NULL);
	const char *result;

	if (id)
		json_object_set_new(j, "Execution", json_string(id));
	result = json_text(a, j);
	json_decref(j);
	return result;
}

void report_fixture_chain(struct arena *a, struct journal_list *out)
{
	size_t count = sizeof(events) / sizeof(events[0]) + 1;
	const char *previous = JOURNAL_ORIGIN;

	out->items = ARENA_ARRAY(a, count, struct journal_entry);
	out->count = count;
	for (size_t i = 0; i < count; i++) {
		struct journal_entry *e = &out->items[i];

		if (i > 0)
			*e = events[i - 1];
		else
			*e = (struct journal_entry){
				.at_ms = AT(30), .kind = ENTRY_STARTED, .step = ""};
		e->data = canonical(a, i ? e->data : started, i ? NULL : REPORT_EXECUTION);
		e->number = (int64_t)i + 1;
		e->word = entry_kind_name(e->kind);
		memcpy(e->previous, previous, sizeof(e->previous));
		journal_hash(e, e->hash);
		previous = e->hash;
	}
}
