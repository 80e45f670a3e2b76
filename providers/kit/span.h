/*
 * span.h - between the contract's borrowed spans and the program's own types.
 *
 * Everything given back borrows from the argument, or lives in the arena named.
 */
#ifndef PROVIDERS_KIT_SPAN_H
#define PROVIDERS_KIT_SPAN_H

#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "providers/api/provider.h"

struct arena;

struct hd_span span_of(const char *s); /* NULL gives the empty span */
struct hd_span span_of_str(const struct str *s);
struct text span_text(struct hd_span s);
/* NUL-terminated copy in the arena. */
char *span_cstr(struct arena *a, struct hd_span s);
/* New reference; NULL when empty or not JSON. */
json_t *span_json(struct arena *a, struct hd_span s);
/* True when the JSON array of pointers names `pointer`, something inside it, or
 * something around it. */
bool span_pointers_touch(struct arena *a, struct hd_span pointers, const char *pointer);

#endif
