#include "providers/probe/dns.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"

#define HEADER_LEN ((size_t)12)
#define LABEL_LEN 63
#define WIRE_NAME_LEN 255
#define CLASS_IN 1
#define ALIASES_MAX 16
#define JUMPS_MAX 64
#define FLAG_ANSWER 0x8000
#define FLAG_CUT 0x0200
#define FLAGS_ASK 0x0100 /* recursion desired */

static const struct {
	const char *name;
	enum dns_type type;
} types[] = {
	{"A", DNS_A},     {"AAAA", DNS_AAAA}, {"CNAME", DNS_CNAME},
	{"MX", DNS_MX},   {"NS", DNS_NS},     {"PTR", DNS_PTR},
	{"SOA", DNS_SOA}, {"SRV", DNS_SRV},   {"TXT", DNS_TXT},
};

bool dns_type_named(const char *name, enum dns_type *out)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (strcasecmp(name, types[i].name) != 0)
			continue;
		*out = types[i].type;
		return true;
	}
	return false;
}

const char *dns_code_name(int code)
{
	static const char *const names[] = {"NOERROR",  "FORMERR", "SERVFAIL",
					    "NXDOMAIN", "NOTIMP",  "REFUSED"};

	return code >= 0 && (size_t)code < ARRAY_LEN(names) ? names[code] : "an unknown error";
}

/* --- the question ------------------------------------------------------------------------- */

static void put16(unsigned char *at, unsigned value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

/* The length on the wire, 0 when it is no name. */
static size_t write_name(const char *name, unsigned char *out)
{
	struct text_split labels = text_split_start(text_of(name));
	struct text label;
	size_t len = 0;

	while (text_next(&labels, '.', &label)) {
		if (!label.len && labels.done && len)
			break;
		if (!label.len || label.len > LABEL_LEN || len + label.len + 2 > WIRE_NAME_LEN)
			return 0;
		out[len++] = (unsigned char)label.len;
		memcpy(out + len, label.ptr, label.len);
		len += label.len;
	}
	out[len++] = 0;
	return len;
}

size_t dns_write(const struct dns_question *q, unsigned char out[DNS_QUERY_LEN])
{
	size_t len;

	memset(out, 0, HEADER_LEN);
	put16(out, q->id);
	put16(out + 2, FLAGS_ASK);
	put16(out + 4, 1);
	len = write_name(q->name, out + HEADER_LEN);
	if (!len)
		return 0;
	put16(out + HEADER_LEN + len, (unsigned)q->type);
	put16(out + HEADER_LEN + len + 2, CLASS_IN);
	return HEADER_LEN + len + 4;
}

/* --- reading ------------------------------------------------------------------------------ */

struct cursor {
	const unsigned char *bytes;
	size_t len, at;
	bool bad; /* it ended too early, or broke a rule: everything read from then on is 0 */
};

static unsigned take8(struct cursor *c)
{
	if (c->bad || c->at >= c->len) {
		c->bad = true;
		return 0;
	}
	return c->bytes[c->at++];
}

static unsigned take16(struct cursor *c)
{
	unsigned high = take8(c);

	return high << 8 | take8(c);
}

static int64_t take32(struct cursor *c)
{
	int64_t high = take16(c);

	return high << 16 | take16(c);
}

/* Somebody else's bytes, fit to be shown. */
static void add_byte(struct str *out, unsigned byte, const char *special)
{
	if (byte < ' ' || byte > '~')
		str_printf(out, "\\%03u", byte);
	else if (strchr(special, (int)byte))
		str_printf(out, "\\%c", (int)byte);
	else
		str_add_char(out, (char)byte);
}

static void take_label(struct cursor *c, size_t len, struct str *out)
{
	while (len--)
		add_byte(out, (unsigned)tolower((int)take8(c)), ".\\");
	str_add_char(out, '.');
}

/* In lower case with its last dot.  Pointers lead back from where they stand, so there is an
 * end. */
static void take_name(struct cursor *c, struct str *out)
{
	size_t back = 0, limit = c->at, whole = 0, jumps = 0;

	str_clear(out);
	for (;;) {
		unsigned len = take8(c);

		if (c->bad || !len)
			break;
		if ((len & 0xc0) == 0xc0) {
			size_t to = (len & 0x3f) << 8 | take8(c);

			back = jumps ? back : c->at;
			c->bad = c->bad || to >= limit || ++jumps > JUMPS_MAX;
			limit = c->at = to;
			continue;
		}
		whole += len + 1;
		if (len > LABEL_LEN || whole > WIRE_NAME_LEN) {
			c->bad = true;
			break;
		}
		take_label(c, len, out);
	}
	if (jumps && !c->bad)
		c->at = back;
	if (!out->len)
		str_add_char(out, '.');
}

/* --- records ------------------------------------------------------------------------------ */

struct record {
	const char *owner, *text;
	unsigned type;
	int64_t ttl;
};

struct records {
	VEC_OF(struct record)
};

/* The record's data as a cursor of its own, but names in it point into the whole message. */
struct data {
	struct cursor c;
	size_t end;
	struct arena *a;
	struct str name;
	bool bad;
};

typedef const char *show_fn(struct data *d);

static const char *show_address(struct data *d, int family, size_t len)
{
	char text[INET6_ADDRSTRLEN];

	d->bad = d->end - d->c.at != len ||
		 !inet_ntop(family, d->c.bytes + d->c.at, text, sizeof(text));
	d->c.at = d->end;
	return d->bad ? "" : arena_strdup(d->a, text);
}

static const char *show_a(struct data *d)
{
	return show_address(d, AF_INET, 4);
}

static const char *show_aaaa(struct data *d)
{
	return show_address(d, AF_INET6, 16);
}

static const char *show_name(struct data *d)
{
	take_name(&d->c, &d->name);
	return arena_strdup(d->a, str_cstr(&d->name));
}

static const char *show_mx(struct data *d)
{
	unsigned preference = take16(&d->c);

	return arena_printf(d->a, "%u %s", preference, show_name(d));
}

static const char *show_srv(struct data *d)
{
	unsigned priority = take16(&d->c), weight = take16(&d->c), port = take16(&d->c);

	return arena_printf(d->a, "%u %u %u %s", priority, weight, port, show_name(d));
}

static const char *show_soa(struct data *d)
{
	const char *server = show_name(d), *person = show_name(d);
	int64_t n[5];

	for (size_t i = 0; i < ARRAY_LEN(n); i++)
		n[i] = take32(&d->c);
	return arena_printf(d->a, "%s %s %lld %lld %lld %lld %lld", server, person, (long long)n[0],
			    (long long)n[1], (long long)n[2], (long long)n[3], (long long)n[4]);
}

/* Its strings joined, as senders of long texts mean them. */
static const char *show_txt(struct data *d)
{
	struct str text = STR_INIT;
	const char *kept;

	while (d->c.at < d->end && !d->c.bad) {
		for (unsigned len = take8(&d->c); len && !d->c.bad; len--)
			add_byte(&text, take8(&d->c), "\\");
	}
	kept = arena_strdup(d->a, str_cstr(&text));
	str_release(&text);
	return kept;
}

static show_fn *show_of(unsigned type)
{
	static const struct {
		unsigned type;
		show_fn *show;
	} shows[] = {{DNS_A, show_a},        {DNS_AAAA, show_aaaa}, {DNS_NS, show_name},
		     {DNS_CNAME, show_name}, {DNS_PTR, show_name},  {DNS_SOA, show_soa},
		     {DNS_MX, show_mx},      {DNS_SRV, show_srv},   {DNS_TXT, show_txt}};

	for (size_t i = 0; i < ARRAY_LEN(shows); i++) {
		if (shows[i].type == type)
			return shows[i].show;
	}
	return NULL;
}

static const char *shown(show_fn *show, struct data *d)
{
	const char *text = (*show)(d);

	str_release(&d->name);
	return text;
}

/* What lies beyond its own length is not the record's. */
static const char *take_data(struct arena *a, struct cursor *c, unsigned type, size_t len)
{
	struct data d = {.c = *c, .end = c->at + len, .a = a};
	show_fn *show = show_of(type);
	const char *text;

	if (c->bad || d.end > c->len) {
		c->bad = true;
		return "";
	}
	c->at = d.end;
	if (!show)
		return "";
	text = shown(show, &d);
	c->bad = d.bad || d.c.bad || d.c.at != d.end;
	return text;
}

static void take_record(struct arena *a, struct cursor *c, struct records *out)
{
	struct str owner = STR_INIT;
	struct record r;
	unsigned class;

	take_name(c, &owner);
	r.type = take16(c);
	class = take16(c);
	r.ttl = take32(c);
	r.text = take_data(a, c, r.type, take16(c));
	r.owner = arena_strdup(a, str_cstr(&owner));
	str_release(&owner);
	if (!c->bad && class == CLASS_IN && out->count < DNS_RECORDS_MAX)
		*arena_vec_add(a, out) = r;
}

/* --- the answer --------------------------------------------------------------------------- */

/* As take_name writes it. */
static const char *asked_name(struct arena *a, const char *name)
{
	unsigned char wire[DNS_QUERY_LEN];
	struct cursor c = {wire, write_name(name, wire), 0, false};
	struct str text = STR_INIT;
	const char *kept;

	take_name(&c, &text);
	kept = arena_strdup(a, str_cstr(&text));
	str_release(&text);
	return kept;
}

/* Where the name leads, by way of aliases. */
static const char *last_name(const struct records *all, const char *name, enum dns_type type)
{
	for (int step = 0; step < ALIASES_MAX && type != DNS_CNAME; step++) {
		const char *next = NULL;

		for (size_t i = 0; i < all->count && !next; i++) {
			if (all->items[i].type == DNS_CNAME &&
			    strcmp(all->items[i].owner, name) == 0)
				next = all->items[i].text;
		}
		if (!next)
			break;
		name = next;
	}
	return name;
}

static int compare_texts(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void choose(struct arena *a, const struct dns_question *q, const struct records *all,
		   struct dns_answer *out)
{
	const char *name = last_name(all, asked_name(a, q->name), q->type);

	out->texts = ARENA_ARRAY(a, all->count, const char *);
	for (size_t i = 0; i < all->count; i++) {
		const struct record *r = &all->items[i];

		if (r->type != (unsigned)q->type || strcmp(r->owner, name) != 0)
			continue;
		out->texts[out->count++] = r->text;
		if (out->ttl < 0 || r->ttl < out->ttl)
			out->ttl = r->ttl;
	}
	if (out->count)
		qsort(out->texts, out->count, sizeof(*out->texts), compare_texts);
}

/* That it is an answer to this very question. */
static bool is_ours(struct arena *a, const struct dns_question *q, struct cursor *c,
		    unsigned questions)
{
	struct str name = STR_INIT;
	bool ours;

	if (questions != 1)
		return false;
	take_name(c, &name);
	ours = strcmp(str_cstr(&name), asked_name(a, q->name)) == 0;
	str_release(&name);
	ours = take16(c) == (unsigned)q->type && ours;
	return take16(c) == CLASS_IN && ours && !c->bad;
}

enum dns_reading dns_read(struct arena *a, const struct dns_question *q, struct text message,
			  struct dns_answer *out)
{
	struct cursor c = {(const unsigned char *)message.ptr, message.len, 0, false};
	struct records all = {0};
	unsigned id = take16(&c), flags = take16(&c), questions = take16(&c), count = take16(&c);

	*out = (struct dns_answer){.ttl = -1};
	take32(&c);
	if (c.bad || id != q->id || !(flags & FLAG_ANSWER) || !is_ours(a, q, &c, questions))
		return DNS_FOREIGN;
	if (flags & FLAG_CUT)
		return DNS_CUT;
	out->code = (int)(flags & 0xf);
	while (count-- && !c.bad)
		take_record(a, &c, &all);
	if (c.bad)
		return DNS_BROKEN;
	choose(a, q, &all, out);
	return DNS_READ;
}

/* --- comparing ------------------------------------------------------------------------------ */

static const char *normal_address(struct arena *a, int family, const char *text)
{
	unsigned char bytes[16];
	char shown[INET6_ADDRSTRLEN];

	if (inet_pton(family, text, bytes) != 1 || !inet_ntop(family, bytes, shown, sizeof(shown)))
		return arena_strdup(a, text);
	return arena_strdup(a, shown);
}

static const char *normal_name(struct arena *a, const char *text)
{
	char *out = arena_printf(a, "%s%s", text, text_ends(text_of(text), ".") ? "" : ".");

	for (char *at = out; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return out;
}

const char *dns_normal(struct arena *a, enum dns_type type, const char *text)
{
	switch (type) {
	case DNS_A:
		return normal_address(a, AF_INET, text);
	case DNS_AAAA:
		return normal_address(a, AF_INET6, text);
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
	case DNS_MX:
	case DNS_SRV:
		return normal_name(a, text);
	case DNS_SOA:
	case DNS_TXT:
		break;
	}
	return arena_strdup(a, text);
}
