/*
 * known_hosts.h - what OpenSSH's known_hosts file says of one host.
 *
 * Understood: lists of names with * and ? and !, [name]:port, hashed names,
 * @revoked.  Lines with @cert-authority and lines that cannot be read are skipped.
 */
#ifndef BASE_KNOWN_HOSTS_H
#define BASE_KNOWN_HOSTS_H

#include "base/text.h"

enum known_answer {
	KNOWN_NOTHING,    /* no line for this host */
	KNOWN_SAME,       /* this very key */
	KNOWN_OTHER_KEY,  /* a different key of the same type: changed */
	KNOWN_OTHER_TYPE, /* keys of other types only */
	KNOWN_REVOKED
};

struct known_query {
	struct text address;
	int port;
	struct text type; /* "ssh-ed25519" */
	struct text key;  /* the blob */
};

struct known_result {
	enum known_answer answer;
	size_t line; /* that says so, from 1; 0 for KNOWN_NOTHING */
};

struct known_result known_hosts_find(struct text file, const struct known_query *q);
/* Calls back with the type of each key the file holds for the host. */
typedef void known_type_fn(void *context, struct text type);
void known_hosts_types(struct text file, struct text address, int port, known_type_fn *each,
		       void *context);

#endif
