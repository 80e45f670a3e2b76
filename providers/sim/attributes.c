#include "providers/sim/attributes.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"

#define HEX_DIGITS 17
#define LIST_ITEMS 3
#define ACCOUNT "123456789012"

/* How the ids of some types begin. */
static const struct {
	const char *word, *prefix;
} prefixes[] = {
	{"VPC", "vpc"},
	{"Vpc", "vpc"},
	{"Subnet", "subnet"},
	{"SecurityGroup", "sg"},
	{"Group", "sg"},
	{"Instance", "i"},
	{"Volume", "vol"},
	{"Snapshot", "snap"},
	{"InternetGateway", "igw"},
	{"NatGateway", "nat"},
	{"RouteTable", "rtb"},
	{"NetworkInterface", "eni"},
	{"Allocation", "eipalloc"},
	{"Association", "assoc"},
	{"NetworkAcl", "acl"},
	{"LaunchTemplate", "lt"},
	{"TransitGateway", "tgw"},
	{"VPCEndpoint", "vpce"},
	{"FileSystem", "fs"},
};

static uint64_t number_of(const struct sim_subject *s, const char *what, char hex[65])
{
	struct str words = STR_INIT;
	uint64_t number = 0;

	str_printf(&words, "%s\n%s\n%s\n%s\n%lld\n%s", s->type->name, s->place->account,
		   s->place->region, s->key, (long long)s->nth, what);
	digest_sha256(str_text(&words), hex);
	str_release(&words);
	for (size_t i = 0; i < 12; i++)
		number = number << 4 | (uint64_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
	return number;
}

/* "AWS::RDS::DBInstance": "RDS" and "DBInstance". */
static struct text part_of(const char *type, size_t index)
{
	struct text_split split = text_split_start(text_of(type));
	struct text piece = {type, 0}, last = {type, 0};

	for (size_t i = 0; text_next(&split, ':', &piece);) {
		if (!piece.len)
			continue;
		last = piece;
		if (i++ == index)
			break;
	}
	return last;
}

static char *lower(struct arena *a, struct text t)
{
	char *s = arena_text(a, t);

	for (char *at = s; *at; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	}
	return s;
}

/* --- texts ----------------------------------------------------------------------------- */

static const char *prefix_for(struct arena *a, struct text word)
{
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (text_is(word, prefixes[i].word))
			return prefixes[i].prefix;
	}
	return lower(a, word);
}

/* "VpcId" of a VPC is "vpc-0123..."; "Id" is named after the type. */
static const char *text_id(const struct sim_subject *s, struct arena *a, const char *word)
{
	struct text stem = {word, strlen(word)};
	char hex[65];

	if (text_ends(stem, "Id"))
		stem.len -= 2;
	if (!stem.len)
		stem = part_of(s->type->name, SIZE_MAX);
	number_of(s, word, hex);
	return arena_printf(a, "%s-%.*s", prefix_for(a, stem), HEX_DIGITS, hex);
}

static const char *text_arn(const struct sim_subject *s, struct arena *a, const char *word)
{
	bool digits = strlen(s->place->account) == 12;
	char hex[65];

	number_of(s, word, hex);
	return arena_printf(a, "arn:aws:%s:%s:%s:%s/%.*s", lower(a, part_of(s->type->name, 1)),
			    s->place->region, digits ? s->place->account : ACCOUNT,
			    lower(a, part_of(s->type->name, SIZE_MAX)), HEX_DIGITS, hex);
}

static const char *text_host(const struct sim_subject *s, struct arena *a, const char *word)
{
	char hex[65];

	number_of(s, word, hex);
	return arena_printf(a, "%s-%.*s.%s.sim.example", lower(a, part_of(s->type->name, SIZE_MAX)),
			    12, hex, s->place->region);
}

static const char *text_url(const struct sim_subject *s, struct arena *a, const char *word)
{
	return arena_printf(a, "https://%s/", text_host(s, a, word));
}

static const char *text_ip(const struct sim_subject *s, struct arena *a, const char *word)
{
	char hex[65];
	uint64_t n = number_of(s, word, hex);

	return arena_printf(a, "10.%u.%u.%u", (unsigned)(n & 255), (unsigned)(n >> 8 & 255),
			    (unsigned)(1 + (n >> 16) % 254));
}

static const char *text_time(const struct sim_subject *s, struct arena *a, const char *word)
{
	char out[CLOCK_TEXT_LEN];

	(void)word;
	clock_format_rfc3339(s->created_ms, out);
	return arena_strdup(a, out);
}

static const char *text_port(const struct sim_subject *s, struct arena *a, const char *word)
{
	char hex[65];

	return arena_printf(a, "%u", (unsigned)(1024 + number_of(s, word, hex) % 60000));
}

static const char *text_name(const struct sim_subject *s, struct arena *a, const char *word)
{
	char hex[65];

	number_of(s, word, hex);
	return arena_printf(a, "%s-%.*s", lower(a, part_of(s->type->name, SIZE_MAX)), 12, hex);
}

static const char *text_zone(const struct sim_subject *s, struct arena *a, const char *word)
{
	(void)word;
	return arena_printf(a, "%sa", s->place->region);
}

/* By the end of the name; the first that fits. */
static const struct {
	const char *ending;
	const char *(*make)(const struct sim_subject *s, struct arena *a, const char *word);
} makers[] = {
	{"AvailabilityZone", text_zone},
	{"Arn", text_arn},
	{"ARN", text_arn},
	{"Id", text_id},
	{"Url", text_url},
	{"URL", text_url},
	{"Uri", text_url},
	{"URI", text_url},
	{"IpAddress", text_ip},
	{"Ip", text_ip},
	{"IP", text_ip},
	{"Port", text_port},
	{"DnsName", text_host},
	{"DNSName", text_host},
	{"Address", text_host},
	{"Endpoint", text_host},
	{"Domain", text_host},
	{"DomainName", text_host},
	{"Time", text_time},
	{"Date", text_time},
	{"At", text_time},
};

static const char *make_text(const struct sim_subject *s, struct arena *a,
			     const struct sim_attribute *t)
{
	if (strcmp(t->format, "date-time") == 0)
		return text_time(s, a, t->word);
	if (strcmp(t->format, "ipv4") == 0)
		return text_ip(s, a, t->word);
	if (strcmp(t->format, "uri") == 0)
		return text_url(s, a, t->word);
	for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
		if (text_ends(text_of(t->word), makers[i].ending))
			return makers[i].make(s, a, t->word);
	}
	return text_name(s, a, t->word);
}

/* --- values ------------------------------------------------------------------------------ */

static json_t *make_list(const struct sim_subject *s, struct arena *a,
			 const struct sim_attribute *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < LIST_ITEMS; i++) {
		struct sim_attribute item = *t;

		item.kind = KIND_TEXT;
		item.word = arena_printf(a, "%zu%s", i, t->word);
		/* "VpcEndpointIds": as many ids. */
		if (text_ends(text_of(t->word), "s"))
			item.word = arena_strndup(a, item.word, strlen(item.word) - 1);
		json_array_append_new(list, json_string(make_text(s, a, &item)));
	}
	return list;
}

static json_t *make_integer(const struct sim_subject *s, const struct sim_attribute *t)
{
	char hex[65];
	uint64_t n = number_of(s, t->word, hex);

	if (text_ends(text_of(t->word), "Port"))
		return json_integer((json_int_t)(1024 + n % 60000));
	return json_integer((t->has_minimum ? t->minimum : 0) + (json_int_t)(n % 100));
}

static json_t *make_value(const struct sim_subject *s, struct arena *a,
			  const struct sim_attribute *t)
{
	if (t->initial)
		return json_parse(text_of(t->initial), NULL, NULL);
	switch (t->kind) {
	case KIND_TEXT:
		return json_string(make_text(s, a, t));
	case KIND_INTEGER:
	case KIND_NUMBER:
		return make_integer(s, t);
	case KIND_BOOLEAN:
		return json_false();
	case KIND_LIST:
		return make_list(s, a, t);
	case KIND_OBJECT:
		return json_object();
	}
	return NULL;
}

void attributes_fill(const struct sim_subject *s, struct arena *a, json_t *properties)
{
	for (size_t i = 0; i < s->type->attribute_count; i++) {
		const struct sim_attribute *t = &s->type->attributes[i];
		json_t *value;

		if (json_at(properties, text_of(t->pointer)))
			continue;
		value = make_value(s, a, t);
		if (value)
			json_put(properties, text_of(t->pointer), value);
	}
}

static void add_value(struct str *out, const json_t *value)
{
	if (json_is_string(value))
		str_add(out, json_string_value(value));
	else if (value)
		json_canonical(value, out);
}

static const char *joined(const struct sim_type *t, struct arena *a, const json_t *properties)
{
	struct str id = STR_INIT;
	const char *text;

	for (size_t i = 0; i < t->identifier.count; i++) {
		if (i)
			str_add_char(&id, '|');
		add_value(&id, json_at(properties, text_of(t->identifier.items[i])));
	}
	text = arena_text(a, str_text(&id));
	str_release(&id);
	return text;
}

const char *attributes_id(const struct sim_subject *s, struct arena *a, const json_t *properties)
{
	const char *id = joined(s->type, a, properties);

	return *id ? id : text_name(s, a, "id");
}

const char *attributes_name(const struct sim_type *t, struct arena *a, const json_t *properties)
{
	return t->named ? joined(t, a, properties) : "";
}

/* --- removing ----------------------------------------------------------------------------- */

static void drop_all(json_t *list, const char *rest)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) attributes_drop(item, rest);
}

void attributes_drop(json_t *properties, const char *pointer)
{
	const char *star = strstr(pointer, "/*");

	if (!star)
		json_drop(properties, text_of(pointer));
	else if (star[2])
		drop_all(json_at(properties, (struct text){pointer, (size_t)(star - pointer)}),
			 star + 2);
	else
		json_drop(properties, (struct text){pointer, (size_t)(star - pointer)});
}
