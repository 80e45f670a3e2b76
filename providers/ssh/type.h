/*
 * type.h - one resource type of the ssh provider: its functions and its schema.
 *
 * The functions return an hd_status and have told whatever went wrong.
 */
#ifndef PROVIDERS_SSH_TYPE_H
#define PROVIDERS_SSH_TYPE_H

#include "providers/ssh/ask.h"

typedef int type_fn(struct ask *a);

struct type {
	const char *name;
	type_fn *read, *create, *update, *remove;
	type_fn *poll; /* NULL: never pending */
	type_fn *plan; /* the host's name is checked before; may be NULL */
	type_fn *find; /* NULL: nothing is found */
};

extern const struct type type_file, type_directory, type_command, type_package, type_service,
	type_user;

/* NULL when it is none of ours. */
const struct type *type_named(struct text name);

#endif
