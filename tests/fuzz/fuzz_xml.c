/* fuzz_xml.c - XML in; what is read and can be written must read back to itself. */
#include <stdlib.h>

#include "base/arena.h"
#include "providers/kit/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Lists of lists and texts of blanks beside elements have another form once they are written, so
 * what was read from our own writing is what must stay. */
static json_t *written_and_read(struct arena *a, const json_t *j)
{
	struct str out = STR_INIT;
	json_t *again = NULL;

	if (xml_write(j, &out) == 0) {
		again = xml_read(str_text(&out), a, NULL);
		if (!again)
			abort();
	}
	str_release(&out);
	return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	const char *why;
	json_t *j = xml_read((struct text){(const char *)bytes, len}, a, &why);
	json_t *once = j ? written_and_read(a, j) : NULL;
	json_t *twice = once ? written_and_read(a, once) : NULL;

	if (!j != (why != NULL))
		abort();
	if (twice && !json_equal(once, twice))
		abort();
	json_decref(twice);
	json_decref(once);
	json_decref(j);
	arena_free(a);
	return 0;
}
