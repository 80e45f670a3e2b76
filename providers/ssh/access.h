/*
 * access.h - what files and directories share: mode, owner and group, in templates, in
 * scripts and in what stat prints.
 */
#ifndef PROVIDERS_SSH_ACCESS_H
#define PROVIDERS_SSH_ACCESS_H

#include "providers/ssh/ask.h"

struct access {
	const char *path;
	const char *mode_text; /* as declared; NULL: the default */
	unsigned mode;
	const char *owner, *group; /* NULL: left as it comes */
};

/* Reads Path, Mode, Owner, Group of a resource.  0, or -1 with a fault. */
int access_read(struct ask *a, const json_t *object, unsigned default_mode, struct access *out);
/* Appends "chown ... -- "$VAR"&&" or nothing. */
void access_add_chown(struct str *script, const struct access *x, const char *variable);

/* stat -L -c STAT_FORMAT gives one line of these. */
#define STAT_FORMAT "%F|%a|%U|%G|%u|%g|%s"
struct stat_line {
	struct text kind, mode, owner, group, uid, gid;
	int64_t size;
};
bool stat_parse(struct text line, struct stat_line *out);
/* True when what stat said means that there is nothing at the path. */
bool stat_says_absent(struct text output);

/* Adds Host, Path, Mode and what is declared of Owner and Group, spelled as declared
 * where it means the same. */
void access_put(const struct ask *a, json_t *state, const struct access *declared,
		const struct stat_line *seen);
/* The same for what has just been set. */
void access_put_set(const struct ask *a, json_t *state, const struct access *set);
/* plan(): a mode written in another way is no change. */
void access_plan(struct ask *a, const struct access *desired);

#endif
