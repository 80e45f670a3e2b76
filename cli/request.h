/*
 * request.h - the command line of a run, as the history keeps it and `operation resume` reads it.
 *
 * It is put together anew from what was understood, so that it means the same from another
 * folder: paths of files are absolute, and what is said once (whether to ask, where the project
 * is, how to print) is left out and said again when it is resumed.  Why a freeze did not hold is
 * kept for the record, and said again as well.
 */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "cli/invocation.h"

/* JSON array: ["apply","web","--region=east"]; in the arena. */
const char *request_text(struct invocation *in);
/* As it is typed: quoted where a shell would read it otherwise. */
void shell_word(struct str *out, const char *word);
/* "hadeploy apply web --region=east" for people; in the arena. */
const char *request_line(struct arena *a, const char *request);
/* The command, with its words in *out, but for why a freeze did not hold.  NULL with an error when
 * they cannot be understood. */
const struct command *request_read(struct invocation *in, const char *request,
				   struct arguments *out);

#endif
