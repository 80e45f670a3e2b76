/*
 * view_status_version.h - which commits the stack instances were last applied from.
 */
#ifndef CLI_VIEW_STATUS_VERSION_H
#define CLI_VIEW_STATUS_VERSION_H

#include "cli/view.h"

/* A paragraph, with an empty line before it; nothing when no commit is recorded. */
void view_status_versions(struct str *out, const struct status_rows *rows);

#endif
