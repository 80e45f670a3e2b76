#include "providers/kit/sh.h"

#include <ctype.h>
#include <string.h>

bool sh_one_line(struct text t)
{
	return t.len == 0 || (!memchr(t.ptr, '\n', t.len) && !memchr(t.ptr, '\0', t.len));
}

void sh_quote(struct str *out, struct text value)
{
	str_add_char(out, '\'');
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] == '\'')
			str_add(out, "'\\''");
		else
			str_add_char(out, value.ptr[i]);
	}
	str_add_char(out, '\'');
}

void sh_set(struct str *out, const char *name, const char *value)
{
	str_printf(out, "%s=", name);
	sh_quote(out, text_of(value));
	str_add_char(out, ';');
}

/* The argument of printf %b: one line for any bytes but NUL. */
static void add_escaped(struct str *out, struct text value)
{
	str_add_char(out, '\'');
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if (c >= 0x20 && c < 0x7f && c != '\\' && c != '\'')
			str_add_char(out, (char)c);
		else
			str_printf(out, "\\0%03o", c);
	}
	str_add_char(out, '\'');
}

void sh_export(struct str *out, const char *name, struct text value)
{
	if (sh_one_line(value)) {
		str_printf(out, "%s=", name);
		sh_quote(out, value);
	} else {
		/* The dot keeps newlines at the end from being cut by $(...). */
		str_printf(out, "%s=$(printf %%b. ", name);
		add_escaped(out, value);
		str_printf(out, ");%s=${%s%%.}", name, name);
	}
	str_printf(out, ";export %s;", name);
}

bool sh_name_valid(struct text t)
{
	if (t.len == 0 || isdigit((unsigned char)t.ptr[0]))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (!isalnum((unsigned char)t.ptr[i]) && t.ptr[i] != '_')
			return false;
	}
	return true;
}
