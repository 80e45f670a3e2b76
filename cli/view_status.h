/*
 * view_status.h - what the files behind view_status share.
 *
 *	view_status.c       the matrix, details of what is not as it should be
 *	view_status_many.c  hundreds of instances in a few lines; a stack's, one by one
 */
#ifndef CLI_VIEW_STATUS_H
#define CLI_VIEW_STATUS_H

#include "cli/view.h"

struct status_look {
	const char *status;
	enum paint paint;
	const char *meaning; /* shown below; NULL: nothing to say */
};
const struct status_look *view_status_look(const char *status);

/* Per stack and region how many instances have which status: "798 CURRENT, 2 FAILED". */
void view_status_summary(struct str *out, const struct status_rows *rows, const struct style *st);
/* A line per instance, with how its last operation ended, and why. */
void view_status_each(struct str *out, const struct status_rows *rows, const struct style *st);
/* What the words that occur mean. */
void view_status_legend(struct str *out, const struct status_rows *rows, const struct style *st);

#endif
