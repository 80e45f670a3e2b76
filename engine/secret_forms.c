#include "engine/secret_forms.h"

#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

#define SMALL "0123456789abcdef"
#define LARGE "0123456789ABCDEF"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

struct forms {
	struct arena *a;
	struct text secret;
	void (*add)(void *context, struct text form);
	void *context;
};

static void give(const struct forms *f, struct str *form)
{
	if (!text_is(f->secret, str_cstr(form)))
		f->add(f->context, text_of(arena_text(f->a, str_text(form))));
	str_clear(form);
}

/* --- base64 ---------------------------------------------------------------------------- */

/* Six bits of `shift` zero bytes and the secret behind them; what is behind its end is zero. */
static unsigned sextet(const struct forms *f, size_t shift, size_t at)
{
	unsigned bits = 0;

	for (size_t i = 0; i < 6; i++) {
		size_t bit = at * 6 + i, byte = bit / 8;
		unsigned char c = 0;

		if (byte >= shift && byte - shift < f->secret.len)
			c = (unsigned char)f->secret.ptr[byte - shift];
		bits = bits << 1 | (c >> (7 - bit % 8) & 1U);
	}
	return bits;
}

static void add_base64(const struct forms *f, const char *alphabet, struct str *form)
{
	size_t whole = (f->secret.len * 8 + 5) / 6;

	/* By itself, with its last letter and what fills it up; the latter may be left out. */
	for (size_t i = 0; i < whole; i++)
		str_add_char(form, alphabet[sextet(f, 0, i)]);
	if (whole % 4) {
		struct str padded = STR_INIT;

		str_add(&padded, str_cstr(form));
		str_repeat(&padded, '=', 4 - whole % 4);
		give(f, &padded);
		str_release(&padded);
	}
	give(f, form);
	/* In the middle of others. */
	for (size_t shift = 0; shift < 3; shift++) {
		for (size_t i = (shift * 8 + 5) / 6; i < (shift + f->secret.len) * 8 / 6; i++)
			str_add_char(form, alphabet[sextet(f, shift, i)]);
		give(f, form);
	}
}

/* --- others ---------------------------------------------------------------------------- */

static void add_byte(struct str *form, const char *digits, unsigned char c)
{
	str_add_char(form, digits[c >> 4]);
	str_add_char(form, digits[c & 15]);
}

static void add_hex(const struct forms *f, const char *digits, struct str *form)
{
	for (size_t i = 0; i < f->secret.len; i++)
		add_byte(form, digits, (unsigned char)f->secret.ptr[i]);
	give(f, form);
}

/* kept: beside letters and digits. */
static void add_percent(const struct forms *f, const char *kept, const char *digits,
			struct str *form)
{
	for (size_t i = 0; i < f->secret.len; i++) {
		unsigned char c = (unsigned char)f->secret.ptr[i];

		if (c < 0x80 && (isalnum(c) || strchr(kept, c)))
			str_add_char(form, (char)c);
		else if (c == ' ' && strchr(kept, '+'))
			str_add_char(form, '+');
		else {
			str_add_char(form, '%');
			add_byte(form, digits, c);
		}
	}
	give(f, form);
}

static void add_json(const struct forms *f, struct str *form)
{
	json_t *j = json_stringn(f->secret.ptr, f->secret.len);

	if (j)
		json_canonical(j, form);
	if (form->len > 2) {
		struct str inner = STR_INIT;

		str_add_len(&inner, form->ptr + 1, form->len - 2);
		give(f, &inner);
		str_release(&inner);
	}
	str_clear(form);
	json_decref(j);
}

void secret_forms(struct arena *a, struct text secret, void (*add)(void *context, struct text form),
		  void *context)
{
	const struct forms f = {a, secret, add, context};
	struct str form = STR_INIT;

	if (secret.len < SECRET_FORMS_MIN_LEN)
		return;
	add_base64(&f, LETTERS "+/", &form);
	add_base64(&f, LETTERS "-_", &form);
	add_hex(&f, SMALL, &form);
	add_hex(&f, LARGE, &form);
	add_percent(&f, "-._~", LARGE, &form);
	add_percent(&f, "-._~", SMALL, &form);
	add_percent(&f, "-._~/", LARGE, &form);
	add_json(&f, &form);
	str_release(&form);
}
