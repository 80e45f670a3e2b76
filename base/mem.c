/* mem.c - allocation that cannot fail, and the one way to stop at once. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* write(2) and not stdio: stdio may want memory. */
static void write_stderr(const char *s)
{
	ssize_t ignored = write(STDERR_FILENO, s, strlen(s));

	(void)ignored;
}

void fail_fast(const char *why)
{
	write_stderr("hadeploy: ");
	write_stderr(why);
	write_stderr("\n");
	abort();
}

static void *checked(void *ptr)
{
	if (!ptr)
		fail_fast("out of memory");
	return ptr;
}

void *xcalloc(size_t count, size_t size)
{
	if (!count || !size)
		count = size = 1;
	return checked(calloc(count, size));
}

void *xrealloc(void *ptr, size_t count, size_t size)
{
	if (!count || !size)
		count = size = 1;
	if (count > SIZE_MAX / size)
		fail_fast("out of memory");
	return checked(realloc(ptr, count * size));
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xstrndup(const char *s, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		fail_fast("out of memory");
	copy = xcalloc(len + 1, 1);
	if (len)
		memcpy(copy, s, len);
	return copy;
}
