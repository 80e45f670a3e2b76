/*
 * url.h - where a repository is, and which of its files: URLs taken apart.
 */
#ifndef VCS_URL_H
#define VCS_URL_H

#include "base/arena.h"

enum vcs_scheme { VCS_HTTPS, VCS_HTTP, VCS_SSH, VCS_FILE };

/* A repository. */
struct vcs_url {
	enum vcs_scheme scheme;
	const char *user; /* NULL: none is said */
	bool has_password;
	const char *host; /* lower case, of IPv6 without brackets; "" for files */
	int port;         /* the scheme's own when none is said; 0 for files */
	const char *path; /* as it is written */
	const char *text; /* all of it, as the library takes it */
	/* For messages and records: without password, query and fragment; the user of ssh stays,
	 * because it is part of where to go. */
	const char *shown;
};
/*
 * Takes "https://...", "http://...", "ssh://...", "file:///...", "user@host:path" and "/path".
 * Texts are the arena's.  False, and *why ends the sentence "this URL ...", when it is none.
 */
bool vcs_url_parse(struct arena *a, const char *text, struct vcs_url *out, const char **why);

/* "git+https://host/org/repo//folder/file.yaml?ref=v1.2": a file of a repository. */
struct vcs_file_url {
	struct vcs_url repository;
	const char *path; /* "folder/file.yaml": never leaves the repository */
	const char *ref;  /* "v1.2"; NULL: what the remote's HEAD names */
};
/* "git+" begins it: a template is meant to come from a repository. */
bool vcs_is_file_url(const char *text);
/* As vcs_url_parse; %41 stands for a byte in path and ref.  A password is refused. */
bool vcs_file_url_parse(struct arena *a, const char *text, struct vcs_file_url *out,
			const char **why);

#endif
