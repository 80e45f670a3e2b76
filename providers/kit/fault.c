#include "providers/kit/fault.h"

#include <stdio.h>

#include "providers/kit/span.h"

int fault_set(struct fault *f, int status, enum diag_code code, const char *fmt, ...)
{
	va_list ap;

	fault_release(f);
	f->status = status;
	f->effect = HD_EFFECT_NONE;
	f->code = code;
	va_start(ap, fmt);
	str_vprintf(&f->summary, fmt, ap);
	va_end(ap);
	return -1;
}

void fault_detail(struct fault *f, const char *fmt, ...)
{
	va_list ap;

	if (f->detail.len > 0)
		str_add_char(&f->detail, '\n');
	va_start(ap, fmt);
	str_vprintf(&f->detail, fmt, ap);
	va_end(ap);
}

void fault_hint(struct fault *f, const char *fmt, ...)
{
	va_list ap;

	str_clear(&f->hint);
	va_start(ap, fmt);
	str_vprintf(&f->hint, fmt, ap);
	va_end(ap);
}

void fault_copy(struct fault *to, const struct fault *from)
{
	fault_release(to);
	to->status = from->status;
	to->effect = from->effect;
	to->code = from->code;
	to->pointer = from->pointer;
	to->where = from->where;
	str_add_text(&to->summary, str_text(&from->summary));
	str_add_text(&to->detail, str_text(&from->detail));
	str_add_text(&to->hint, str_text(&from->hint));
}

void fault_release(struct fault *f)
{
	str_release(&f->summary);
	str_release(&f->detail);
	str_release(&f->hint);
	*f = FAULT_INIT;
}

static struct hd_span code_span(enum diag_code code, char *buffer, size_t size)
{
	snprintf(buffer, size, "HD%04u", (unsigned)code);
	return span_of(buffer);
}

int fault_say(const struct kit_call *c, struct fault *f)
{
	char code[16];
	int status = f->status;
	struct hd_message m = {.size = sizeof(m), .severity = HD_ERROR};

	m.pointer = span_of(f->pointer);
	m.code = code_span(f->code, code, sizeof(code));
	m.summary = span_of_str(&f->summary);
	m.detail = span_of_str(&f->detail);
	m.hint = span_of_str(&f->hint);
	if (f->where.src) {
		m.file = span_of(f->where.src->name);
		m.line = f->where.start.line;
		m.column = f->where.start.column;
	}
	c->host->diagnose(c->op, &m);
	c->host->set_effect(c->op, f->effect);
	fault_release(f);
	return status;
}

void kit_remark(const struct kit_call *c, int severity, enum diag_code code, const char *summary,
		const char *detail)
{
	char text[16];
	struct hd_message m = {.size = sizeof(m), .severity = severity};

	m.code = code_span(code, text, sizeof(text));
	m.summary = span_of(summary);
	m.detail = span_of(detail);
	c->host->diagnose(c->op, &m);
}

int64_t kit_now_ms(const struct kit_call *c)
{
	return c->host->now_ms(c->op);
}

bool kit_cancelled(const struct kit_call *c)
{
	return c->host->cancelled(c->op) != 0;
}
