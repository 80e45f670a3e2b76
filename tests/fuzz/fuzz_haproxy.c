/*
 * fuzz_haproxy.c - what comes back from HAProxy's runtime socket.  Byte 0 chooses the weights that
 * are wanted, or that two lines follow, Servers and Weights of a route as JSON; the rest is the
 * answer.  What is said to HAProxy must bring about what is wanted, and name listed servers alone.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "providers/probe/haproxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char servers_text[] =
	"{\"east\": [\"e1\", \"e2\"], \"west\": \"w1\", \"north\": [\"n1\"]}";
static const char *const weights_texts[] = {
	"{\"west\": 100}",
	"{\"east\": 50, \"west\": 50}",
	"{\"east\": 1, \"west\": 99}",
	"{\"east\": 100, \"west\": 100, \"north\": 1}",
};

static bool takes(const struct haproxy_regions *regions, const struct haproxy_server *s)
{
	return s->region < regions->count && regions->items[s->region].percent > 0;
}

/* As HAProxy would do it. */
static void obey(const struct haproxy_regions *regions, struct haproxy_servers *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct haproxy_server *s = &all->items[i];

		if (!haproxy_is_name(s->name) || s->wanted < 0 || s->wanted > HAPROXY_WEIGHT_MAX)
			fail_fast("a server is not one");
		if (takes(regions, s) != (s->wanted > 0))
			fail_fast("it takes traffic and should not, or does not and should");
		if (s->region == SIZE_MAX || s->maintained)
			continue;
		s->weight = s->wanted;
		s->drains = s->wanted == 0;
	}
}

static void check_commands(const char *commands)
{
	struct text_split lines = text_split_start(text_of(commands));
	struct text line;

	while (text_next(&lines, '\n', &line)) {
		if (line.len && !text_starts(line, "set weight shop/") &&
		    !text_starts(line, "set server shop/"))
			fail_fast("that is no command of ours");
		for (size_t i = 0; i < line.len; i++) {
			if (line.ptr[i] == ';' || (unsigned char)line.ptr[i] < ' ')
				fail_fast("two commands in a line");
		}
	}
}

static json_t *checked_shares(const struct haproxy_regions *regions, json_t *shares)
{
	for (size_t i = 0; i < regions->count; i++) {
		int64_t share = json_int(shares, regions->items[i].name, -1);

		if (share < 0 || share > 100)
			fail_fast("a share is none");
	}
	return shares;
}

static void check(struct arena *a, json_t *servers, json_t *weights, struct text answer)
{
	struct haproxy_regions regions;
	struct haproxy_servers all;
	json_t *promised, *now;

	if (haproxy_read_regions(a, servers, &regions) ||
	    haproxy_read_weights(a, weights, &regions) ||
	    haproxy_read_state(a, answer, &regions, &all))
		return;
	haproxy_missing(&regions, &all);
	json_decref(checked_shares(&regions, haproxy_shares(&regions, &all)));
	haproxy_want(&regions, &all);
	promised = checked_shares(&regions, haproxy_promised(&regions, &all));
	check_commands(haproxy_commands(a, "shop", &all));
	obey(&regions, &all);
	if (haproxy_unlike(&all) || *haproxy_commands(a, "shop", &all))
		fail_fast("what was said did not do");
	now = haproxy_shares(&regions, &all);
	if (!json_equal(now, promised))
		fail_fast("it is not as was promised");
	json_decref(now);
	json_decref(promised);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	struct text_split rest = text_split_start((struct text){(const char *)bytes, len});
	struct text servers = text_of(servers_text), weights, answer;

	/* As act_route.c gives it: with a NUL behind. */
	answer = (struct text){arena_text(a, (struct text){(const char *)bytes, len}), len};
	if (len) {
		json_t *s, *w;

		weights = text_of(weights_texts[bytes[0] % ARRAY_LEN(weights_texts)]);
		answer = (struct text){answer.ptr + 1, answer.len - 1};
		rest = text_split_start(answer);
		if (bytes[0] & 0x80 && text_next(&rest, '\n', &servers) &&
		    text_next(&rest, '\n', &weights))
			answer = rest.rest;
		s = json_parse(servers, NULL, NULL);
		w = json_parse(weights, NULL, NULL);
		check(a, s, w, answer);
		json_decref(s);
		json_decref(w);
	}
	arena_free(a);
	return 0;
}
