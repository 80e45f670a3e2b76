/*
 * Runs a fuzz target once over files and folders of files, with any compiler:
 * what a fuzzer once found stays found.  libFuzzer brings its own main.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = NULL;
	size_t len = 0, room = 0;

	if (!f) {
		perror(path);
		return -1;
	}
	for (;;) {
		if (len == room) {
			room = room ? room * 2 : 4096;
			bytes = realloc(bytes, room);
			if (!bytes)
				abort();
		}
		size_t got = fread(bytes + len, 1, room - len, f);
		if (!got)
			break;
		len += got;
	}
	fclose(f);
	/* An exact copy: reading one byte too far is then seen by the sanitizer. */
	uint8_t *exact = malloc(len ? len : 1);
	if (!exact)
		abort();
	memcpy(exact, bytes, len);
	free(bytes);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The number of inputs run, or -1. */
static int run_folder(const char *folder)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, visible, by_name);
	int status = count;

	if (count < 0)
		perror(folder);
	for (int i = 0; i < count; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (run_file(path))
			status = -1;
		free(entries[i]);
	}
	free(entries);
	return status;
}

int main(int argc, char **argv)
{
	int total = 0;

	for (int i = 1; i < argc; i++) {
		int count = run_folder(argv[i]);
		if (count < 0)
			return 1;
		total += count;
	}
	printf("%d inputs\n", total);
	return total > 0 ? 0 : 1;
}
