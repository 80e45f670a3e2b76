/* cidr.c - arithmetic on 128 bits, in bytes. */
#include "templates/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const unsigned bits_in_address = 128;

/* Clears all bits behind the prefix. */
static void mask(struct cidr *c)
{
	unsigned keep = bits_in_address - c->width + c->prefix;

	for (unsigned i = 0; i < sizeof(c->address); i++) {
		unsigned kept = keep > i * 8 ? keep - i * 8 : 0;

		if (kept < 8)
			c->address[i] &= (uint8_t)(0xff << (8 - kept));
	}
}

bool cidr_parse(struct text t, struct cidr *out)
{
	const char *slash = memchr(t.ptr, '/', t.len);
	char address[INET6_ADDRSTRLEN];
	size_t len = slash ? (size_t)(slash - t.ptr) : 0;
	int64_t prefix;

	if (!slash || len >= sizeof(address))
		return false;
	memcpy(address, t.ptr, len);
	address[len] = '\0';
	*out = (struct cidr){.width = 32};
	if (inet_pton(AF_INET, address, out->address + 12) != 1) {
		out->width = bits_in_address;
		if (inet_pton(AF_INET6, address, out->address) != 1)
			return false;
	}
	if (!text_to_int64((struct text){slash + 1, t.len - len - 1}, 0, out->width, &prefix))
		return false;
	out->prefix = (unsigned)prefix;
	mask(out);
	return true;
}

unsigned cidr_capacity(const struct cidr *block, unsigned bits)
{
	unsigned free_bits = block->width - block->prefix;

	if (bits > free_bits)
		return 0;
	return free_bits - bits >= 8 ? CIDR_COUNT_MAX : 1u << (free_bits - bits);
}

/* Adds index << bits; the sum stays inside of the block. */
static void advance(uint8_t address[16], unsigned bits, unsigned index)
{
	unsigned add = index << bits % 8;

	for (unsigned i = 16 - bits / 8; i-- > 0 && add; add >>= 8) {
		add += address[i];
		address[i] = (uint8_t)add;
	}
}

void cidr_part(const struct cidr *block, unsigned bits, unsigned index, char out[CIDR_TEXT_LEN])
{
	struct cidr part = *block;
	char text[INET6_ADDRSTRLEN] = "";

	if (index)
		advance(part.address, bits, index);
	if (part.width == 32)
		inet_ntop(AF_INET, part.address + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, part.address, text, sizeof(text));
	snprintf(out, CIDR_TEXT_LEN, "%s/%u", text, part.width - bits);
}
