#include "base/known_hosts.h"

#include <ctype.h>
#include <string.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/str.h"

struct known_line {
	struct text marker, names, type, key; /* key still in base 64 */
};

static struct text next_word(struct text *rest)
{
	struct text word;
	size_t len = 0;

	*rest = text_trim(*rest);
	while (len < rest->len && !isspace((unsigned char)rest->ptr[len]))
		len++;
	word = (struct text){rest->ptr, len};
	*rest = (struct text){rest->ptr + len, rest->len - len};
	return word;
}

static bool parse_line(struct text line, struct known_line *out)
{
	struct text word = next_word(&line);

	*out = (struct known_line){0};
	if (word.len == 0 || word.ptr[0] == '#')
		return false;
	if (word.ptr[0] == '@') {
		out->marker = word;
		word = next_word(&line);
	}
	out->names = word;
	out->type = next_word(&line);
	out->key = next_word(&line);
	return out->key.len > 0 && !text_is(out->marker, "@cert-authority");
}

/* "|1|salt|hash": HMAC-SHA1 of the name. */
static bool hashed_name_is(struct text names, const char *name)
{
	struct text_split split = text_split_start((struct text){names.ptr + 3, names.len - 3});
	struct str salt = STR_INIT, hash = STR_INIT;
	unsigned char own[DIGEST_SHA1_LEN];
	struct text salt_text, hash_text;
	bool is = false;

	if (text_next(&split, '|', &salt_text) && text_next(&split, '|', &hash_text) &&
	    base64_decode(salt_text, &salt) && base64_decode(hash_text, &hash) &&
	    salt.len == sizeof(own) && hash.len == sizeof(own)) {
		digest_hmac_sha1_raw(str_text(&salt), text_of(name), own);
		is = memcmp(own, hash.ptr, sizeof(own)) == 0;
	}
	str_release(&salt);
	str_release(&hash);
	return is;
}

static bool plain_names_have(struct text names, const char *name)
{
	struct text_split split = text_split_start(names);
	struct text piece;
	bool has = false;

	while (text_next(&split, ',', &piece)) {
		bool negated = piece.len > 0 && piece.ptr[0] == '!';

		if (negated)
			piece = (struct text){piece.ptr + 1, piece.len - 1};
		if (!text_glob(piece, text_of(name)))
			continue;
		if (negated)
			return false;
		has = true;
	}
	return has;
}

/* One look through a file. */
struct search {
	struct str with_port, plain; /* lower case */
};

static void search_start(struct search *s, struct text address, int port)
{
	*s = (struct search){0};
	for (size_t i = 0; i < address.len; i++)
		str_add_char(&s->plain, (char)tolower((unsigned char)address.ptr[i]));
	if (port == 22)
		str_add_text(&s->with_port, str_text(&s->plain));
	else
		str_printf(&s->with_port, "[%s]:%d", str_cstr(&s->plain), port);
}

static void search_end(struct search *s)
{
	str_release(&s->with_port);
	str_release(&s->plain);
}

enum name_match { NAME_NOT, NAME_PLAIN, NAME_EXACT };

static enum name_match name_match(const struct search *s, struct text names)
{
	const char *with_port = str_cstr(&s->with_port), *plain = str_cstr(&s->plain);

	if (text_starts(names, "|1|")) {
		if (hashed_name_is(names, with_port))
			return NAME_EXACT;
		return hashed_name_is(names, plain) ? NAME_PLAIN : NAME_NOT;
	}
	if (plain_names_have(names, with_port))
		return NAME_EXACT;
	return plain_names_have(names, plain) ? NAME_PLAIN : NAME_NOT;
}

static bool same_key(struct text base64, struct text key)
{
	struct str raw = STR_INIT;
	bool same = base64_decode(base64, &raw) && text_eq(str_text(&raw), key);

	str_release(&raw);
	return same;
}

static enum known_answer judge(const struct known_line *line, const struct known_query *q,
			       enum name_match match)
{
	bool same = text_eq(line->type, q->type) && same_key(line->key, q->key);

	if (text_is(line->marker, "@revoked"))
		return same ? KNOWN_REVOKED : KNOWN_NOTHING;
	if (same)
		return KNOWN_SAME;
	/* A line without port says something of port 22; of other ports it can only
	 * confirm a key, as with ssh(1). */
	if (match == NAME_PLAIN)
		return KNOWN_NOTHING;
	return text_eq(line->type, q->type) ? KNOWN_OTHER_KEY : KNOWN_OTHER_TYPE;
}

/* A key that is known wins over what other lines say; a revoked one over all. */
static int weight(enum known_answer answer)
{
	switch (answer) {
	case KNOWN_NOTHING:
		return 0;
	case KNOWN_OTHER_TYPE:
		return 1;
	case KNOWN_OTHER_KEY:
		return 2;
	case KNOWN_SAME:
		return 3;
	case KNOWN_REVOKED:
		return 4;
	}
	return 0;
}

struct known_result known_hosts_find(struct text file, const struct known_query *q)
{
	struct text_split split = text_split_start(file);
	struct known_result best = {KNOWN_NOTHING, 0};
	struct known_line line;
	struct search s;
	struct text piece;

	search_start(&s, q->address, q->port);
	for (size_t number = 1; text_next(&split, '\n', &piece); number++) {
		enum name_match match;
		enum known_answer answer;

		if (!parse_line(piece, &line))
			continue;
		match = name_match(&s, line.names);
		answer = match == NAME_NOT ? KNOWN_NOTHING : judge(&line, q, match);
		if (weight(answer) > weight(best.answer))
			best = (struct known_result){answer, number};
	}
	search_end(&s);
	return best;
}

void known_hosts_types(struct text file, struct text address, int port, known_type_fn *each,
		       void *context)
{
	struct text_split split = text_split_start(file);
	struct known_line line;
	struct search s;
	struct text piece;

	search_start(&s, address, port);
	while (text_next(&split, '\n', &piece)) {
		if (parse_line(piece, &line) && line.marker.len == 0 &&
		    name_match(&s, line.names) != NAME_NOT)
			each(context, line.type);
	}
	search_end(&s);
}
