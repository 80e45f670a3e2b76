/*
 * journal_chain.c - the hash of an event, and whether events follow from one another.
 *
 * The text that is hashed is plain canonical JSON, so that anybody can make it again from a
 * report, with jq and sha256sum: docs/reports.md.
 */
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "engine/runbook/journal.h"

void journal_hash(const struct journal_entry *e, char out[65])
{
	struct str text = STR_INIT;

	str_add_char(&text, '[');
	json_quote(&text, text_of(e->previous));
	str_printf(&text, ",%lld,%lld,", (long long)e->number, (long long)e->at_ms);
	json_quote(&text, text_of(e->word ? e->word : entry_kind_name(e->kind)));
	str_add_char(&text, ',');
	json_quote(&text, text_of(e->step));
	str_add_char(&text, ',');
	str_add(&text, e->data);
	str_add_char(&text, ']');
	digest_sha256(str_text(&text), out);
	str_release(&text);
}

int64_t journal_broken_at(const struct journal_list *list, const char *head)
{
	const char *previous = JOURNAL_ORIGIN;
	int64_t number = 1;
	char hash[65];

	for (size_t i = 0; i < list->count; i++, number++) {
		const struct journal_entry *e = &list->items[i];

		journal_hash(e, hash);
		if (e->number != number || strcmp(e->previous, previous) != 0 ||
		    strcmp(e->hash, hash) != 0)
			return number;
		previous = e->hash;
	}
	return list->count && strcmp(previous, head) == 0 ? 0 : number;
}
