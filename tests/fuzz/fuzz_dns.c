/* fuzz_dns.c - what comes back from a DNS server.  Byte 0 chooses the type, and whether the rest is
 * a whole message, or records behind a header and the right question; byte 1 says how many. */
#include <stdlib.h>
#include <string.h>

#include "providers/probe/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const enum dns_type types[] = {DNS_A,  DNS_NS,  DNS_CNAME, DNS_SOA, DNS_PTR,
				      DNS_MX, DNS_TXT, DNS_AAAA,  DNS_SRV};

static void check(struct arena *a, const struct dns_question *q, struct text message)
{
	struct dns_answer answer;
	size_t bad;

	if (dns_read(a, q, message, &answer) != DNS_READ)
		return;
	for (size_t i = 0; i < answer.count; i++) {
		const char *text = answer.texts[i];

		if (!text_utf8_valid(text_of(text), &bad) || strpbrk(text, "\r\n\t\033"))
			abort();
		dns_normal(a, q->type, text);
	}
}

/* The question, made an answer. */
static struct text with_question(struct arena *a, const struct dns_question *q, struct text records)
{
	unsigned char *message = arena_alloc(a, DNS_QUERY_LEN + records.len);
	size_t len = dns_write(q, message);

	message[2] |= 0x80;
	message[7] = (unsigned char)records.ptr[0];
	memcpy(message + len, records.ptr + 1, records.len - 1);
	return (struct text){(const char *)message, len + records.len - 1};
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	struct dns_question q = {0, "www.shop.test", DNS_A};
	struct text rest = {(const char *)bytes + 1, len - 1};

	if (len > 2 && len < 65536) {
		q.type = types[bytes[0] % ARRAY_LEN(types)];
		check(a, &q, bytes[0] & 0x80 ? rest : with_question(a, &q, rest));
	}
	arena_free(a);
	return 0;
}
