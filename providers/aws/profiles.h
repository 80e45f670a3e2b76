/*
 * profiles.h - AWS's shared credentials file and config file.
 *
 * AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials, and AWS_CONFIG_FILE, else ~/.aws/config.
 * What both say of a profile is joined; the credentials file wins.  Files that do not exist are
 * empty.  profiles_release in the end.
 */
#ifndef PROVIDERS_AWS_PROFILES_H
#define PROVIDERS_AWS_PROFILES_H

#include "base/arena.h"
#include "base/map.h"
#include "providers/kit/fault.h"

#define PROFILES_FILES 2

struct profile_file {
	const char *path;
	bool exists;
};

struct profiles {
	struct arena *a;
	struct profile_file files[PROFILES_FILES]; /* credentials, config */
	struct map names;                          /* to the struct profile_file where they are */
	struct map values;                         /* "profile\nkey" to text */
};

/* Texts in the arena.  0, or -1 with a fault that names the file and line and quotes nothing. */
int profiles_read(struct arena *a, struct profiles *out, struct fault *f);
void profiles_release(struct profiles *p);
/* NULL: the profile says nothing of it.  Keys in lower case. */
const char *profiles_value(const struct profiles *p, const char *profile, const char *key);
/* The path of a file that has the profile; NULL: none has. */
const char *profiles_path(const struct profiles *p, const char *profile);

#endif
