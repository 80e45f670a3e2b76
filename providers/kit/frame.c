#include "providers/kit/frame.h"

#include <stdio.h>
#include <string.h>

void frame_init(struct frame *f, const char *mark)
{
	*f = (struct frame){0};
	snprintf(f->mark, sizeof(f->mark), "%s", mark);
}

/*
 * Offset of `needle` at or after f->scanned, or buffer.len; moves f->scanned so
 * that a needle cut by the end of the buffer is found when the rest has come.
 */
static size_t seek(struct frame *f, struct text buffer, const char *needle)
{
	size_t len = strlen(needle);
	const char *at;

	if (buffer.len < f->scanned + len)
		return buffer.len;
	at = memmem(buffer.ptr + f->scanned, buffer.len - f->scanned, needle, len);
	if (!at) {
		f->scanned = buffer.len - len + 1;
		return buffer.len;
	}
	f->scanned = (size_t)(at - buffer.ptr);
	return f->scanned;
}

static enum frame_answer take_code(struct frame *f, struct text rest)
{
	const char *end = rest.len ? memchr(rest.ptr, '\n', rest.len) : NULL;
	int64_t code;

	if (!end)
		return rest.len > 10 ? FRAME_BROKEN : FRAME_MORE;
	if (!text_to_int64((struct text){rest.ptr, (size_t)(end - rest.ptr)}, 0, 255, &code))
		return FRAME_BROKEN;
	f->code = (int)code;
	return FRAME_DONE;
}

enum frame_answer frame_scan(struct frame *f, struct text buffer)
{
	char needle[FRAME_MARK_LEN + 3];
	size_t at;

	if (f->start == 0) {
		int len = snprintf(needle, sizeof(needle), "%s+\n", f->mark);

		at = seek(f, buffer, needle);
		if (at == buffer.len)
			return FRAME_MORE;
		f->start = at + (size_t)len;
		f->scanned = f->start;
	}
	snprintf(needle, sizeof(needle), "\n%s-", f->mark);
	at = seek(f, buffer, needle);
	if (at == buffer.len)
		return FRAME_MORE;
	f->output = (struct text){buffer.ptr + f->start, at - f->start};
	at += strlen(needle);
	return take_code(f, (struct text){buffer.ptr + at, buffer.len - at});
}
