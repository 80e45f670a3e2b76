/*
 * address.h - the names of things: stack instances and the resources in them.
 *
 * `stack/account/region/LogicalId`; the stored key always has all four parts, account
 * "-" when none is used; people may leave the account out where it is "-".  Parts are
 * borrowed; they never contain a slash.
 */
#ifndef ENGINE_ADDRESS_H
#define ENGINE_ADDRESS_H

#include "base/arena.h"
#include "base/str.h"

#define ACCOUNT_NONE "-"

/* One stack on one target. */
struct instance_id {
	const char *stack, *account, *region;
};

struct address {
	struct instance_id instance;
	const char *logical_id;
};

int instance_id_compare(const struct instance_id *x, const struct instance_id *y);
int address_compare(const struct address *x, const struct address *y);
/* "web/east" or "web/prod/east". */
void instance_id_format(const struct instance_id *i, struct str *out);
const char *instance_id_text(struct arena *a, const struct instance_id *i);
/* "web/east/Page" or "web/prod/east/Page". */
void address_format(const struct address *x, struct str *out);
const char *address_text(struct arena *a, const struct address *x);
/* Always four parts: "web/-/east/Page". */
const char *address_key(struct arena *a, const struct address *x);
/* Accepts three or four parts; parts are copied to the arena.  False when malformed. */
bool address_parse(struct arena *a, struct text t, struct address *out);
/* Accepts two or three parts. */
bool instance_id_parse(struct arena *a, struct text t, struct instance_id *out);
/*
 * Whether what people write names the address: shell wildcards over it as it is shown
 * ("web/east/Db*") or as it is stored (with account); two parts of an instance name all that is
 * in it; without a slash it is a logical id of any instance.
 */
bool address_match(const struct address *x, const char *pattern);
/* A deep copy in the arena. */
struct address address_copy(struct arena *a, const struct address *x);
struct instance_id instance_id_copy(struct arena *a, const struct instance_id *i);

#endif
