/*
 * builtin.h - the providers that are linked into the program.
 */
#ifndef PROVIDERS_BUILTIN_H
#define PROVIDERS_BUILTIN_H

#include "providers/api/provider.h"

/* Ends with NULL.  Loaded plugins give tables of the same kind. */
extern const struct hd_provider *const builtin_providers[];

#endif
