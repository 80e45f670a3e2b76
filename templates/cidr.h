/*
 * cidr.h - blocks of IPv4 and IPv6 addresses, and cutting them into equal parts.  Exact, and
 * without memory of its own.
 */
#ifndef TEMPLATES_CIDR_H
#define TEMPLATES_CIDR_H

#include "base/text.h"

#define CIDR_TEXT_LEN 64    /* room for any block as text */
#define CIDR_COUNT_MAX 256  /* parts that one call may ask for */
#define CIDR_BITS_DEFAULT 8 /* of an IPv4 part's addresses */

struct cidr {
	uint8_t address[16]; /* an IPv4 address stands in the last four */
	unsigned width;      /* 32 or 128 */
	unsigned prefix;     /* leading bits that are the same for all addresses */
};

/* "10.0.0.0/16", "2001:db8::/56"; bits behind the prefix become zero.  False when it is none. */
bool cidr_parse(struct text t, struct cidr *out);
/* How many parts with `bits` bits of addresses fit, at most CIDR_COUNT_MAX; 0 when a part is
 * larger than the block. */
unsigned cidr_capacity(const struct cidr *block, unsigned bits);
/* The part at index, which is below the capacity, as text. */
void cidr_part(const struct cidr *block, unsigned bits, unsigned index, char out[CIDR_TEXT_LEN]);

#endif
