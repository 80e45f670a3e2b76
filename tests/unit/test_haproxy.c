/* Weights of HAProxy's servers: what is there, what is wanted, and what is to be said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "providers/probe/haproxy.h"

#define STATE(rows) "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state ...\n" rows "\n"
#define ROW(name, admin, weight, initial) \
	"3 shop 1 " name " 127.0.0.1 2 " admin " " weight " " initial " 5 1 0 0 0\n"

static const char *const servers = "{\"east\": [\"e1\", \"e2\"], \"west\": \"w1\"}";

static const struct {
	const char *state, *weights, *commands, *now, *then;
} cases[] = {
	/* All to one region: as it was configured. */
	{STATE(ROW("e1", "0", "256", "256") ROW("e2", "0", "256", "256")
		       ROW("w1", "0", "256", "256")),
	 "{\"west\": 100}",
	 "set weight shop/e1 0%\nset server shop/e1 state drain\n"
	 "set weight shop/e2 0%\nset server shop/e2 state drain\n",
	 "{\"east\":67,\"west\":33}", "{\"east\":0,\"west\":100}"},
	/* Half of the traffic each, though the east has two servers; what grows comes first. */
	{STATE(ROW("e1", "0", "10", "10") ROW("e2", "0", "10", "10") ROW("w1", "8", "0", "10")),
	 "{\"east\": 50, \"west\": 50}",
	 "set weight shop/e1 128\nset weight shop/e2 128\n"
	 "set weight shop/w1 256\nset server shop/w1 state ready\n",
	 "{\"east\":100,\"west\":0}", "{\"east\":50,\"west\":50}"},
	/* As their configured weights are: 3 to 1. */
	{STATE(ROW("e1", "0", "30", "30") ROW("e2", "0", "10", "10") ROW("w1", "0", "1", "1")),
	 "{\"east\": 20, \"west\": 80}",
	 "set weight shop/e1 48\nset weight shop/e2 16\nset weight shop/w1 256\n",
	 "{\"east\":98,\"west\":2}", "{\"east\":20,\"west\":80}"},
	/* A little is never nothing. */
	{STATE(ROW("e1", "0", "256", "256") ROW("e2", "0", "1", "1") ROW("w1", "0", "1", "1")),
	 "{\"east\": 1, \"west\": 99}", "set weight shop/w1 256\nset weight shop/e1 3\n",
	 "{\"east\":100,\"west\":1}", "{\"east\":2,\"west\":98}"},
	/* Configured to stand by with nothing; in maintenance it stays. */
	{STATE(ROW("e1", "1", "5", "5") ROW("e2", "0", "5", "5") ROW("w1", "0", "0", "0")),
	 "{\"west\": 100}",
	 "set weight shop/w1 256\nset weight shop/e2 0%\nset server shop/e2 state drain\n",
	 "{\"east\":100,\"west\":0}", "{\"east\":0,\"west\":100}"},
	/* Nothing to do. */
	{STATE(ROW("e1", "0", "5", "5") ROW("e2", "0", "5", "5") ROW("w1", "8", "0", "5")
		       ROW("spare", "0", "7", "7")),
	 "{\"east\": 100, \"west\": 0}", "", "{\"east\":100,\"west\":0}",
	 "{\"east\":100,\"west\":0}"},
};

/* As HAProxy would do it. */
static void obey(struct haproxy_servers *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct haproxy_server *s = &all->items[i];

		if (s->region == SIZE_MAX || s->maintained)
			continue;
		s->weight = s->wanted;
		s->drains = s->wanted == 0;
	}
}

static void assert_shares(struct arena *a, const struct haproxy_regions *regions,
			  const struct haproxy_servers *all, const char *expected)
{
	json_t *shares = haproxy_shares(regions, all);

	assert_string_equal(json_text(a, shares), expected);
	json_decref(shares);
}

static void weights_become_commands(void **state)
{
	struct arena *a = arena_new();
	json_t *map = json_parse(text_of(servers), NULL, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *weights = json_parse(text_of(cases[i].weights), NULL, NULL);
		struct haproxy_regions regions;
		struct haproxy_servers all;

		assert_null(haproxy_read_regions(a, map, &regions));
		assert_null(haproxy_read_state(a, text_of(cases[i].state), &regions, &all));
		assert_null(haproxy_missing(&regions, &all));
		assert_shares(a, &regions, &all, cases[i].now);
		assert_null(haproxy_read_weights(a, weights, &regions));
		haproxy_want(&regions, &all);
		assert_string_equal(haproxy_commands(a, "shop", &all), cases[i].commands);
		obey(&all);
		assert_null(haproxy_unlike(&all));
		assert_string_equal(haproxy_commands(a, "shop", &all), "");
		assert_shares(a, &regions, &all, cases[i].then);
		json_decref(weights);
	}
	json_decref(map);
	arena_free(a);
}

static void entries_that_are_wrong(void **state)
{
	static const char *const wrong[] = {
		"{}",
		"[]",
		"{\"east\": []}",
		"{\"east\": [\"a\"], \"west\": [\"a\"]}",
		"{\"east\": [\"a; disable server x/y\"]}",
		"{\"east\": [\"a\\nb\"]}",
		"{\"east\": [\"\"]}",
		"{\"east\": [1]}",
	};
	static const char *const weights[] = {"[]",
					      "{\"north\": 1}",
					      "{\"east\": -1}",
					      "{\"east\": 101}",
					      "{\"east\": 0.5}",
					      "{}",
					      "{\"east\": 0, \"west\": 0}"};
	struct arena *a = arena_new();
	struct haproxy_regions regions;
	json_t *json;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		json = json_parse(text_of(wrong[i]), NULL, NULL);
		assert_non_null(haproxy_read_regions(a, json, &regions));
		json_decref(json);
	}
	for (size_t i = 0; i < ARRAY_LEN(weights); i++) {
		json = json_parse(text_of(servers), NULL, NULL);
		assert_null(haproxy_read_regions(a, json, &regions));
		json_decref(json);
		json = json_parse(text_of(weights[i]), NULL, NULL);
		assert_non_null(haproxy_read_weights(a, json, &regions));
		json_decref(json);
	}
	arena_free(a);
}

static void states_that_are_none(void **state)
{
	static const char *const wrong[] = {
		"",
		"No such backend.\n",
		"2\n",
		STATE("3 shop 1 e1 127.0.0.1 2 0 256"),
		STATE(ROW("e1", "x", "1", "1")),
		STATE(ROW("e1", "0", "257", "1")),
		STATE(ROW("e/1", "0", "1", "1")),
	};
	struct arena *a = arena_new();
	struct haproxy_regions regions = {0};
	struct haproxy_servers all;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_non_null(haproxy_read_state(a, text_of(wrong[i]), &regions, &all));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_become_commands),
		cmocka_unit_test(entries_that_are_wrong),
		cmocka_unit_test(states_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
