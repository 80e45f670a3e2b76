/* diag_info.c - the table of codes that `explain` and the reference are printed from. */
#include "base/diag.h"

#define CODE_MAX 9999

static const struct diag_info infos[] = {
#define DIAG_CODE(number, symbol, title, text) {number, #symbol, title, text},
#include "base/diag_codes.def"
#undef DIAG_CODE
};

const struct diag_info *diag_info_all(size_t *count)
{
	*count = ARRAY_LEN(infos);
	return infos;
}

const struct diag_info *diag_info_find(unsigned number)
{
	for (size_t i = 0; i < ARRAY_LEN(infos); i++) {
		if (infos[i].number == number)
			return &infos[i];
	}
	return NULL;
}

bool diag_code_parse(struct text t, unsigned *number)
{
	int64_t n;

	if (text_starts(t, "HD") || text_starts(t, "hd"))
		t = (struct text){t.ptr + 2, t.len - 2};
	if (!text_to_int64(t, 1, CODE_MAX, &n))
		return false;
	*number = (unsigned)n;
	return true;
}
