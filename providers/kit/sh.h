/*
 * sh.h - writing one-line scripts for a POSIX shell on the other side.
 *
 * Requests to the shell on a host are single lines (kit/ssh.h), so nothing written
 * here contains a newline, whatever the value.
 */
#ifndef PROVIDERS_KIT_SH_H
#define PROVIDERS_KIT_SH_H

#include "base/str.h"
#include "base/text.h"

/* A value that can stand in one word: no newline, no NUL. */
bool sh_one_line(struct text t);
/* Appends 'value' in single quotes; the value must be sh_one_line. */
void sh_quote(struct str *out, struct text value);
/* Appends "NAME='value';"; the value must be sh_one_line. */
void sh_set(struct str *out, const char *name, const char *value);
/* Appends an assignment of any value without NUL, and the export of NAME. */
void sh_export(struct str *out, const char *name, struct text value);
/* [A-Za-z_][A-Za-z0-9_]* */
bool sh_name_valid(struct text t);

#endif
