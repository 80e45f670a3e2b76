#include "providers/kit/ssh_private.h"

#include <string.h>

#include "base/base64.h"

static bool contains(struct text t, const char *needle)
{
	return t.len > 0 && memmem(t.ptr, t.len, needle, strlen(needle)) != NULL;
}

/* The text between the BEGIN and END lines of one armoured block; false: none. */
static bool armour(struct text bytes, const char *begin, struct text *body)
{
	const char *start = memmem(bytes.ptr, bytes.len, begin, strlen(begin));
	const char *end;
	size_t left;

	if (!start)
		return false;
	start += strlen(begin);
	left = bytes.len - (size_t)(start - bytes.ptr);
	end = memmem(start, left, "-----END", 8);
	if (!end)
		return false;
	*body = (struct text){start, (size_t)(end - start)};
	return true;
}

/* Takes one length-prefixed string of the SSH wire format off the front. */
static bool take_string(struct text *t, struct text *out)
{
	const unsigned char *p = (const unsigned char *)t->ptr;
	size_t len;

	if (t->len < 4)
		return false;
	len = ((size_t)p[0] << 24) | ((size_t)p[1] << 16) | ((size_t)p[2] << 8) | p[3];
	if (len > t->len - 4)
		return false;
	*out = (struct text){t->ptr + 4, len};
	*t = (struct text){t->ptr + 4 + len, t->len - 4 - len};
	return true;
}

/* PROTOCOL.key of OpenSSH: magic, cipher, kdf, options, count, public key. */
static bool inspect_openssh(struct text body, struct identity *out)
{
	static const char magic[] = "openssh-key-v1";
	struct text cipher, skipped, key, type;
	struct str raw = STR_INIT;
	struct text t;
	bool whole;

	if (!base64_decode(body, &raw) || raw.len < sizeof(magic) ||
	    memcmp(raw.ptr, magic, sizeof(magic)) != 0) {
		str_release(&raw);
		return false;
	}
	t = (struct text){raw.ptr + sizeof(magic), raw.len - sizeof(magic)};
	whole = take_string(&t, &cipher) && take_string(&t, &skipped) &&
		take_string(&t, &skipped) && t.len >= 4;
	if (whole) {
		t = (struct text){t.ptr + 4, t.len - 4};
		whole = take_string(&t, &key) && take_string(&key, &type);
	}
	if (whole) {
		out->encrypted = !text_is(cipher, "none");
		out->kind = text_is(type, "ssh-rsa") ? IDENTITY_RSA : IDENTITY_OTHER;
	}
	str_release(&raw);
	return whole;
}

bool identity_inspect(struct text bytes, struct identity *out)
{
	struct text body;

	*out = (struct identity){IDENTITY_UNKNOWN, false};
	if (bytes.len == 0)
		return false;
	if (armour(bytes, "-----BEGIN OPENSSH PRIVATE KEY-----", &body))
		return inspect_openssh(body, out);
	if (armour(bytes, "-----BEGIN ENCRYPTED PRIVATE KEY-----", &body)) {
		out->encrypted = true;
		return true;
	}
	if (armour(bytes, "-----BEGIN RSA PRIVATE KEY-----", &body))
		out->kind = IDENTITY_RSA;
	else if (armour(bytes, "-----BEGIN EC PRIVATE KEY-----", &body))
		out->kind = IDENTITY_OTHER;
	else
		return armour(bytes, "-----BEGIN PRIVATE KEY-----", &body);
	out->encrypted = contains(body, "Proc-Type: 4,ENCRYPTED");
	return true;
}
