#include "providers/probe/haproxy.h"

#include <string.h>

#include "base/str.h"
#include "base/vec.h"

#define NAME_LEN 200
#define SERVERS_MAX 10000
#define FORMAT_VERSION "1"
#define COLUMNS 9 /* as many of them as are read */

/* srv_admin_state: bits of maintenance (forced, inherited, configured, by resolution) and of
 * draining (forced, inherited). */
#define IN_MAINTENANCE (0x01 | 0x02 | 0x04 | 0x20 | 0x40)
#define DRAINING (0x08 | 0x10)

bool haproxy_is_name(const char *s)
{
	size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			       "-_.:");

	return *s && !s[len] && len <= NAME_LEN;
}

/* --- what is wanted ----------------------------------------------------------------------- */

static bool is_listed(const struct haproxy_regions *regions, const char *name)
{
	for (size_t i = 0; i < regions->count; i++) {
		for (size_t k = 0; k < regions->items[i].server_count; k++) {
			if (strcmp(regions->items[i].servers[k], name) == 0)
				return true;
		}
	}
	return false;
}

static const char *add_server(struct arena *a, const json_t *name, struct haproxy_regions *regions,
			      struct haproxy_region *r)
{
	const char *text = json_string_value(name);

	if (!text || !haproxy_is_name(text))
		return "a server of Servers has a name that HAProxy cannot have";
	if (is_listed(regions, text))
		return arena_printf(a, "server '%s' stands in Servers twice", text);
	r->servers[r->server_count++] = arena_strdup(a, text);
	return NULL;
}

const char *haproxy_read_regions(struct arena *a, const json_t *servers,
				 struct haproxy_regions *out)
{
	const char *region, *wrong = NULL;
	json_t *list, *item;
	size_t i;

	*out = (struct haproxy_regions){
		ARENA_ARRAY(a, json_object_size(servers), struct haproxy_region), 0};
	if (!json_is_object(servers) || !json_object_size(servers))
		return "Servers maps regions to names of servers: {east: [e1, e2]}";
	json_object_foreach((json_t *)servers, region, list)
	{
		struct haproxy_region *r = &out->items[out->count++];
		size_t room = json_is_array(list) ? json_array_size(list) : 1;

		if (!room || room > SERVERS_MAX)
			return arena_printf(a, "region '%s' of Servers has no server", region);
		*r = (struct haproxy_region){.name = arena_strdup(a, region),
					     .servers = ARENA_ARRAY(a, room, const char *)};
		if (!json_is_array(list))
			wrong = add_server(a, list, out, r);
		json_array_foreach(list, i, item) wrong =
			wrong ? wrong : add_server(a, item, out, r);
		if (wrong)
			return wrong;
	}
	return NULL;
}

static struct haproxy_region *find_region(const struct haproxy_regions *regions, const char *name)
{
	for (size_t i = 0; i < regions->count; i++) {
		if (strcmp(regions->items[i].name, name) == 0)
			return &regions->items[i];
	}
	return NULL;
}

const char *haproxy_read_weights(struct arena *a, const json_t *weights,
				 struct haproxy_regions *regions)
{
	const char *name;
	int64_t all = 0;
	json_t *value;

	if (!json_is_object(weights))
		return "Weights maps regions to percentages: {east: 100}";
	json_object_foreach((json_t *)weights, name, value)
	{
		struct haproxy_region *r = find_region(regions, name);

		if (!r)
			return arena_printf(a, "the route has no region '%s'", name);
		if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		    json_integer_value(value) > 100)
			return "a weight is a whole number from 0 to 100";
		r->percent = json_integer_value(value);
		all += r->percent;
	}
	return all ? NULL : "all weights are 0: nobody would take the traffic";
}

/* --- what is there ------------------------------------------------------------------------ */

static size_t region_of(const struct haproxy_regions *regions, const char *server)
{
	for (size_t i = 0; i < regions->count; i++) {
		for (size_t k = 0; k < regions->items[i].server_count; k++) {
			if (strcmp(regions->items[i].servers[k], server) == 0)
				return i;
		}
	}
	return SIZE_MAX;
}

/* "4 shop 1 e1 127.0.0.1 2 0 256 256 ...": id and name of the backend, id and name of the server,
 * its address, whether it is up, what somebody did with it, weight, configured weight. */
static bool read_row(struct arena *a, struct text line, const struct haproxy_regions *regions,
		     struct haproxy_server *out)
{
	struct text_split columns = text_split_start(line);
	struct text c[COLUMNS];
	int64_t admin;

	for (size_t i = 0; i < COLUMNS; i++) {
		if (!text_next(&columns, ' ', &c[i]))
			return false;
	}
	if (!text_to_int64(c[6], 0, 1 << 16, &admin) ||
	    !text_to_int64(c[7], 0, HAPROXY_WEIGHT_MAX, &out->weight) ||
	    !text_to_int64(c[8], 0, HAPROXY_WEIGHT_MAX, &out->initial))
		return false;
	out->name = arena_text(a, c[3]);
	out->region = region_of(regions, out->name);
	out->maintained = (admin & IN_MAINTENANCE) != 0;
	out->drains = (admin & DRAINING) != 0;
	return haproxy_is_name(out->name);
}

const char *haproxy_read_state(struct arena *a, struct text answer,
			       const struct haproxy_regions *regions, struct haproxy_servers *out)
{
	struct {
		VEC_OF(struct haproxy_server)
	} all = {0};
	struct text_split lines = text_split_start(answer);
	struct text line;

	if (!text_next(&lines, '\n', &line) || !text_is(text_trim(line), FORMAT_VERSION))
		return "that is no state of servers";
	while (text_next(&lines, '\n', &line)) {
		struct haproxy_server one = {0};

		line = text_trim(line);
		if (!line.len || text_starts(line, "#"))
			continue;
		if (all.count == SERVERS_MAX || !read_row(a, line, regions, &one))
			return "a server's state is written in another way";
		*arena_vec_add(a, &all) = one;
	}
	*out = (struct haproxy_servers){all.items, all.count};
	return NULL;
}

static const struct haproxy_server *find_server(const struct haproxy_servers *servers,
						const char *name)
{
	for (size_t i = 0; i < servers->count; i++) {
		if (strcmp(servers->items[i].name, name) == 0)
			return &servers->items[i];
	}
	return NULL;
}

const char *haproxy_missing(const struct haproxy_regions *regions,
			    const struct haproxy_servers *servers)
{
	for (size_t i = 0; i < regions->count; i++) {
		for (size_t k = 0; k < regions->items[i].server_count; k++) {
			if (!find_server(servers, regions->items[i].servers[k]))
				return regions->items[i].servers[k];
		}
	}
	return NULL;
}

/* --- what each is to have ----------------------------------------------------------------- */

/* One that was configured with nothing stands by: it counts like any other. */
static double part_of(const struct haproxy_server *s)
{
	return s->initial > 0 ? (double)s->initial : 1;
}

static double parts_of(const struct haproxy_servers *servers, size_t region)
{
	double all = 0;

	for (size_t i = 0; i < servers->count; i++) {
		if (servers->items[i].region == region)
			all += part_of(&servers->items[i]);
	}
	return all;
}

static double share_of(const struct haproxy_regions *regions, const struct haproxy_servers *servers,
		       const struct haproxy_server *s)
{
	if (s->region == SIZE_MAX)
		return 0;
	return (double)regions->items[s->region].percent * part_of(s) /
	       parts_of(servers, s->region);
}

/* All goes to one region, so its servers can be as they were configured. */
static bool is_as_configured(const struct haproxy_regions *regions,
			     const struct haproxy_servers *servers)
{
	size_t taking = 0;

	for (size_t i = 0; i < regions->count; i++)
		taking += regions->items[i].percent > 0;
	for (size_t i = 0; i < servers->count; i++) {
		const struct haproxy_server *s = &servers->items[i];

		if (s->region != SIZE_MAX && regions->items[s->region].percent && !s->initial)
			return false;
	}
	return taking == 1;
}

void haproxy_want(const struct haproxy_regions *regions, struct haproxy_servers *servers)
{
	bool as_configured = is_as_configured(regions, servers);
	double most = 0;

	for (size_t i = 0; i < servers->count; i++) {
		double share = share_of(regions, servers, &servers->items[i]);

		most = share > most ? share : most;
	}
	for (size_t i = 0; i < servers->count; i++) {
		struct haproxy_server *s = &servers->items[i];
		double share = share_of(regions, servers, s);

		s->wanted = share > 0 ? (int64_t)(share / most * HAPROXY_WEIGHT_MAX + 0.5) : 0;
		if (share > 0 && s->wanted < 1)
			s->wanted = 1;
		if (share > 0 && as_configured)
			s->wanted = s->initial;
	}
}

static bool is_unlike(const struct haproxy_server *s)
{
	if (s->region == SIZE_MAX || s->maintained)
		return false;
	return s->weight != s->wanted || s->drains != (s->wanted == 0);
}

/* As it was configured is said in percent: some ways of balancing take nothing else. */
static void add_commands(struct str *out, const char *backend, const struct haproxy_server *s)
{
	const char *state = s->wanted ? "ready" : "drain";

	if (s->wanted && s->wanted == s->initial)
		str_printf(out, "set weight %s/%s 100%%\n", backend, s->name);
	else if (s->wanted)
		str_printf(out, "set weight %s/%s %lld\n", backend, s->name, (long long)s->wanted);
	else
		str_printf(out, "set weight %s/%s 0%%\n", backend, s->name);
	if (s->drains != (s->wanted == 0))
		str_printf(out, "set server %s/%s state %s\n", backend, s->name, state);
}

const char *haproxy_commands(struct arena *a, const char *backend,
			     const struct haproxy_servers *servers)
{
	struct str text = STR_INIT;
	const char *kept;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < servers->count; i++) {
			const struct haproxy_server *s = &servers->items[i];
			bool grows = s->wanted > s->weight || (s->drains && s->wanted);

			if (is_unlike(s) && grows == (round == 0))
				add_commands(&text, backend, s);
		}
	}
	kept = arena_strdup(a, str_cstr(&text));
	str_release(&text);
	return kept;
}

const struct haproxy_server *haproxy_unlike(const struct haproxy_servers *servers)
{
	for (size_t i = 0; i < servers->count; i++) {
		if (is_unlike(&servers->items[i]))
			return &servers->items[i];
	}
	return NULL;
}

/* --- what regions get --------------------------------------------------------------------- */

static int64_t taken_now(const struct haproxy_server *s)
{
	return s->drains ? 0 : s->weight;
}

static int64_t taken_then(const struct haproxy_server *s)
{
	return s->wanted;
}

static int64_t taken_by(const struct haproxy_servers *servers, size_t region,
			int64_t (*taken)(const struct haproxy_server *s))
{
	int64_t all = 0;

	for (size_t i = 0; i < servers->count; i++) {
		const struct haproxy_server *s = &servers->items[i];

		if (s->region == region && !s->maintained)
			all += taken(s);
	}
	return all;
}

static json_t *shares(const struct haproxy_regions *regions, const struct haproxy_servers *servers,
		      int64_t (*taken)(const struct haproxy_server *s))
{
	json_t *out = json_object();
	int64_t all = 0;

	for (size_t i = 0; i < regions->count; i++)
		all += taken_by(servers, i, taken);
	for (size_t i = 0; i < regions->count; i++) {
		int64_t part = taken_by(servers, i, taken);
		int64_t percent = all ? (200 * part + all) / (2 * all) : 0;

		/* A little is not nothing. */
		json_object_set_new(out, regions->items[i].name,
				    json_integer(part && !percent ? 1 : percent));
	}
	return out;
}

json_t *haproxy_shares(const struct haproxy_regions *regions, const struct haproxy_servers *servers)
{
	return shares(regions, servers, taken_now);
}

json_t *haproxy_promised(const struct haproxy_regions *regions,
			 const struct haproxy_servers *servers)
{
	return shares(regions, servers, taken_then);
}
