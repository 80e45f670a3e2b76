/* source.c - loading a text, and finding places in it. */
#include "base/source.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"

/* Bytes per entry of point_counts. */
#define BLOCK_LEN ((size_t)256)

static bool starts_point(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static struct text without_bom(struct text bytes)
{
	const size_t bom_len = 3;

	if (!text_starts(bytes, "\xef\xbb\xbf"))
		return bytes;
	return (struct text){bytes.ptr + bom_len, bytes.len - bom_len};
}

static size_t count_char(struct text t, char c)
{
	size_t count = 0;

	for (size_t i = 0; i < t.len; i++)
		count += t.ptr[i] == c;
	return count;
}

static void index_lines(struct arena *a, struct source *src)
{
	const char *start = src->bytes.ptr, *end = start + src->bytes.len, *at = start;
	uint32_t *offsets;
	size_t line = 0;

	src->line_count = count_char(src->bytes, '\n') + 1;
	offsets = ARENA_ARRAY(a, src->line_count, uint32_t);
	while ((at = memchr(at, '\n', (size_t)(end - at))))
		offsets[++line] = (uint32_t)(++at - start);
	src->line_offsets = offsets;
}

static void index_points(struct arena *a, struct source *src)
{
	size_t blocks = src->bytes.len / BLOCK_LEN;
	uint32_t *counts = ARENA_ARRAY(a, blocks + 1, uint32_t);

	/* Whole blocks: loops of a known length become vector code. */
	for (size_t b = 0; b < blocks; b++) {
		const char *block = src->bytes.ptr + b * BLOCK_LEN;
		uint32_t count = 0;

		for (size_t i = 0; i < BLOCK_LEN; i++)
			count += starts_point(block[i]);
		counts[b + 1] = counts[b] + count;
	}
	src->point_counts = counts;
}

static void report_bad_byte(const struct source *src, size_t offset, struct diags *d)
{
	struct range where = {src, source_pos(src, offset), source_pos(src, offset)};
	unsigned byte = (unsigned char)src->bytes.ptr[offset];
	struct diag *g;

	where.end.column++;
	g = diag_add(d, DIAG_NOT_UTF8, where, "'%s' is not UTF-8 text: byte 0x%02X", src->name,
		     byte);
	diag_hint(d, g, byte ? "save the file in UTF-8" : "remove the NUL byte from the file");
}

static void report_too_large(const char *name, struct range where, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_FILE_TOO_LARGE, where, "'%s' is larger than %u bytes",
				  name, LIMIT_SOURCE_LEN);

	diag_hint(d, g, "check that this is the file that was meant");
}

const struct source *source_from(struct arena *a, const char *name, struct text bytes,
				 struct diags *d)
{
	struct source *src;
	size_t bad;

	bytes = without_bom(bytes);
	if (bytes.len > LIMIT_SOURCE_LEN) {
		report_too_large(name, RANGE_NONE, d);
		return NULL;
	}
	src = ARENA_NEW(a, struct source);
	src->name = arena_strdup(a, name);
	src->bytes = (struct text){arena_text(a, bytes), bytes.len};
	index_lines(a, src);
	index_points(a, src);
	if (!text_utf8_valid(src->bytes, &bad)) {
		report_bad_byte(src, bad, d);
		return NULL;
	}
	return src;
}

const struct source *source_copy(struct arena *a, const struct source *src)
{
	struct source *copy = ARENA_NEW(a, struct source);

	copy->name = arena_strdup(a, src->name);
	copy->bytes = (struct text){arena_text(a, src->bytes), src->bytes.len};
	index_lines(a, copy);
	index_points(a, copy);
	copy->line_count = src->line_count;
	return copy;
}

void source_forget_lines(const struct source *src)
{
	/* Every source is made here, in an arena, and none is constant. */
	struct source *forgotten = (struct source *)src;

	forgotten->bytes.len = 0;
	forgotten->line_count = 0;
}

static const char *open_hint(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return "check the spelling of the path and the folder it is relative to";
	case EISDIR:
		return "name a file in this folder";
	case EACCES:
	case EPERM:
		return "give this user the right to read it";
	default:
		return "see that the file can be read";
	}
}

static void report_unreadable(const char *name, int error, struct range where, struct diags *d)
{
	struct diag *g;

	if (error == EFBIG) {
		report_too_large(name, where, d);
		return;
	}
	g = diag_add(d, DIAG_FILE_OPEN, where, "'%s' cannot be read: %s", name, strerror(error));
	diag_hint(d, g, "%s", open_hint(error));
}

const struct source *source_load(struct arena *a, const char *path, const char *name,
				 struct range where, struct diags *d)
{
	const struct source *src = NULL;
	struct str bytes = STR_INIT;

	if (!name)
		name = path;
	if (file_read(path, LIMIT_SOURCE_LEN, &bytes) == 0)
		src = source_from(a, name, str_text(&bytes), d);
	else
		report_unreadable(name, errno, where, d);
	str_release(&bytes);
	return src;
}

struct text source_line(const struct source *src, uint32_t line)
{
	size_t start, end;

	if (!line || line > src->line_count)
		return TEXT_LIT("");
	start = src->line_offsets[line - 1];
	end = line < src->line_count ? src->line_offsets[line] - 1 : src->bytes.len;
	if (end > start && src->bytes.ptr[end - 1] == '\r')
		end--;
	return (struct text){src->bytes.ptr + start, end - start};
}

/* Index of the last line that starts at or before the offset. */
static size_t line_at(const struct source *src, size_t offset)
{
	size_t low = 0, high = src->line_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (src->line_offsets[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static size_t points_before(const struct source *src, size_t offset)
{
	size_t i = offset / BLOCK_LEN * BLOCK_LEN, count = src->point_counts[offset / BLOCK_LEN];

	for (; i < offset; i++)
		count += starts_point(src->bytes.ptr[i]);
	return count;
}

struct pos source_pos(const struct source *src, size_t offset)
{
	size_t line, column;

	if (offset > src->bytes.len)
		offset = src->bytes.len;
	line = line_at(src, offset);
	column = points_before(src, offset) - points_before(src, src->line_offsets[line]);
	return (struct pos){(uint32_t)line + 1, (uint32_t)column + 1};
}

/* Index of the last block before which there are at most `point` code points. */
static size_t block_of_point(const struct source *src, size_t point)
{
	size_t low = 0, high = src->bytes.len / BLOCK_LEN + 1;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (src->point_counts[middle] <= point)
			low = middle;
		else
			high = middle;
	}
	return low;
}

size_t source_point_offset(const struct source *src, size_t point)
{
	size_t block = block_of_point(src, point), count = src->point_counts[block], i;

	for (i = block * BLOCK_LEN; i < src->bytes.len; i++) {
		if (!starts_point(src->bytes.ptr[i]))
			continue;
		if (count++ == point)
			break;
	}
	return i;
}

size_t source_offset(const struct source *src, struct pos pos)
{
	struct text line;
	size_t start, offset;

	if (pos.line > src->line_count)
		return src->bytes.len;
	if (!pos.line || !pos.column)
		return pos.line ? src->line_offsets[pos.line - 1] : 0;
	line = source_line(src, pos.line);
	start = src->line_offsets[pos.line - 1];
	offset = source_point_offset(src, points_before(src, start) + pos.column - 1);
	return offset < start + line.len ? offset : start + line.len;
}
