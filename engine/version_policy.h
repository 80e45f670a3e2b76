/*
 * version_policy.h - which versions may change something, and where: what the manifest's section
 * Policy says.
 *
 * A policy holds for a stack instance when its region is one of `regions`, its account one of
 * `accounts`, and their tags are as `filter` asks.  Whether what it requires is so is found out by
 * version_check.h.
 */
#ifndef ENGINE_VERSION_POLICY_H
#define ENGINE_VERSION_POLICY_H

#include "base/source.h"
#include "engine/rollout/preferences.h"

/* Who may sign: paths as written.  NULL: there is none. */
struct signing_policy {
	const char *signers, *revoked, *keyring;
	bool same_committer; /* and nobody for another */
	bool tags;           /* a signed tag of the commit will do */
};

struct version_policy {
	const char *name;                     /* "production"; NULL: it has none */
	bool clean;                           /* the work tree is as the commit */
	const char *const *branches;          /* patterns, one of which the commit must be on */
	size_t branch_count;                  /* 0: any */
	bool pushed;                          /* a remote has the commit */
	const char *remote;                   /* that one; NULL: any */
	const struct signing_policy *signing; /* NULL: none is asked for */
	struct range clean_at, branch_at, pushed_at, signed_at; /* of the keys */
	const char *const *regions;
	size_t region_count; /* 0: all */
	const char *const *accounts;
	size_t account_count; /* 0: all */
	struct tag_filter filter;
	struct range where;
};

struct version_policies {
	const struct version_policy *items;
	size_t count;
};

#endif
