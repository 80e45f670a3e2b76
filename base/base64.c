#include "base/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(struct str *out, struct text bytes)
{
	uint32_t bits = 0;
	int count = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		bits = (bits << 8) | (unsigned char)bytes.ptr[i];
		count += 8;
		while (count >= 6) {
			count -= 6;
			str_add_char(out, alphabet[(bits >> count) & 63]);
		}
	}
	if (count > 0)
		str_add_char(out, alphabet[(bits << (6 - count)) & 63]);
}

void base64_add_padded(struct str *out, struct text bytes)
{
	base64_add(out, bytes);
	if (bytes.len % 3 != 0)
		str_repeat(out, '=', 3 - bytes.len % 3);
}

bool base64_decode(struct text t, struct str *out)
{
	size_t start = out->len;
	uint32_t bits = 0;
	int count = 0;
	bool ended = false;

	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];
		const char *at = c == '\0' ? NULL : strchr(alphabet, c);

		if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
			continue;
		if (c == '=') {
			ended = true;
			continue;
		}
		if (!at || ended) {
			str_truncate(out, start);
			return false;
		}
		bits = (bits << 6) | (uint32_t)(at - alphabet);
		count += 6;
		if (count >= 8) {
			count -= 8;
			str_add_char(out, (char)((bits >> count) & 255));
		}
	}
	return true;
}
