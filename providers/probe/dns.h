/*
 * dns.h - messages of the DNS (RFC 1035): a question written, an answer read.
 *
 * Pure.  An answer is bytes from somebody who may be anybody: what is read never leaves the
 * message, and pointers of names only lead back, so that reading ends.
 */
#ifndef PROVIDERS_PROBE_DNS_H
#define PROVIDERS_PROBE_DNS_H

#include "base/arena.h"

#define DNS_QUERY_LEN ((size_t)272)
#define DNS_NAME_LEN 256 /* written with dots, NUL included, without escapes */
#define DNS_RECORDS_MAX 256

/* Numbers of types as on the wire. */
enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33
};
/* Of "AAAA"; false: there is none of the name. */
bool dns_type_named(const char *name, enum dns_type *out);

struct dns_question {
	uint16_t id;
	const char *name; /* with or without its last dot */
	enum dns_type type;
};
/* The length; 0: the name is none (labels of 1 to 63 bytes, 255 in all). */
size_t dns_write(const struct dns_question *q, unsigned char out[DNS_QUERY_LEN]);

enum dns_reading {
	DNS_READ,
	DNS_CUT,     /* there is more than fits: to be asked over TCP */
	DNS_FOREIGN, /* no answer to this question: somebody else's, or late */
	DNS_BROKEN   /* an answer that breaks the rules */
};

struct dns_answer {
	int code;           /* RCODE: 0, 3 (no such name), ... */
	const char **texts; /* of the records asked for, as people write them, sorted */
	size_t count;
	int64_t ttl; /* the shortest; -1: none */
};
/* Texts live in the arena.  Of a name that stands for another one (CNAME) the records of that. */
enum dns_reading dns_read(struct arena *a, const struct dns_question *q, struct text message,
			  struct dns_answer *out);
/* "NXDOMAIN" */
const char *dns_code_name(int code);
/* The same text for the same thing: names in lower case with their last dot, addresses in their
 * short form; in the arena. */
const char *dns_normal(struct arena *a, enum dns_type type, const char *text);

#endif
