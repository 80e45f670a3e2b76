/*
 * sub.h - the ${...} mini-language of Fn::Sub, piece by piece.
 *
 * struct sub_scan s = sub_start(text); while (sub_next(&s, &piece)) ...
 * "${!Text}" comes as the text "${" and then "Text}".  After SUB_BAD scanning goes on
 * behind the bad part.
 */
#ifndef TEMPLATES_SUB_H
#define TEMPLATES_SUB_H

#include "base/text.h"

enum sub_kind { SUB_TEXT, SUB_VARIABLE, SUB_BAD };

struct sub_piece {
	enum sub_kind kind;
	struct text text;    /* literal text, or the name without blanks around it */
	size_t offset, len;  /* of the whole piece in the scanned text */
	const char *problem; /* SUB_BAD: "'${' is never closed" */
};

struct sub_scan {
	struct text all;
	size_t offset;
};

struct sub_scan sub_start(struct text t);
bool sub_next(struct sub_scan *s, struct sub_piece *piece);

#endif
