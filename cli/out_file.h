/*
 * out_file.h - files that a person names for what is written: --out, --junit.
 */
#ifndef CLI_OUT_FILE_H
#define CLI_OUT_FILE_H

#include "cli/invocation.h"

enum out_kind { OUT_PLAN, OUT_REPORT };

/* Whether it may be written: there is no such file, or it is empty, or of the same kind.  0, or -1
 * with an error: somebody's runbook is not lost to a slip of the keyboard. */
int out_file_check(struct invocation *in, const char *path, enum out_kind k);

#endif
