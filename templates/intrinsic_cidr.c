/* intrinsic_cidr.c - Fn::Cidr. */
#include "templates/intrinsic.h"

#include <string.h>

#include "templates/cidr.h"

struct cutting {
	struct eval *e;
	const struct node *call;
	const struct value *values[3]; /* block, count, bits; without bits the count again */
	size_t value_count;
	struct cidr block;
	int64_t count, bits;
};

static const char *shown(const struct cutting *c, size_t arg)
{
	return c->values[arg]->sensitive ? "(sensitive)" : c->values[arg]->text.ptr;
}

static struct diag *refuse(const struct cutting *c, size_t arg, const char *problem)
{
	struct diag *g = diag_add(c->e->d, DIAG_CIDR, c->call->arg->items[arg]->where, "'%s' %s",
				  shown(c, arg), problem);

	diag_detail(c->e->d, g, "in %s", eval_target_name(c->e));
	return g;
}

static int read_block(struct cutting *c)
{
	if (cidr_parse(c->values[0]->text, &c->block))
		return 0;
	diag_hint(c->e->d, refuse(c, 0, "is no block of addresses"),
		  "write it with its prefix: 10.0.0.0/16, or 2001:db8::/56");
	return -1;
}

static int read_count(struct cutting *c)
{
	if (text_to_int64(c->values[1]->text, 1, CIDR_COUNT_MAX, &c->count))
		return 0;
	refuse(c, 1, "is no count of blocks: it runs from 1 to 256");
	return -1;
}

static int read_bits(struct cutting *c)
{
	struct diag *g;

	c->bits = CIDR_BITS_DEFAULT;
	if (c->value_count == 3) {
		if (text_to_int64(c->values[2]->text, 1, 128, &c->bits))
			return 0;
		refuse(c, 2, "is no number of bits: it runs from 1 to 128");
		return -1;
	}
	if (c->block.width == 32)
		return 0;
	g = refuse(c, 0, "is an IPv6 block, and the number of bits is missing");
	diag_hint(c->e->d, g, "give 64 as third item for subnets of the usual size");
	return -1;
}

static int check_room(struct cutting *c)
{
	unsigned room = cidr_capacity(&c->block, (unsigned)c->bits);
	struct diag *g;

	if (c->count <= room)
		return 0;
	g = refuse(c, 0, "is too small for that");
	diag_detail(c->e->d, g, "of blocks with the prefix /%d it holds %u, and %d are asked for",
		    (int)c->block.width - (int)c->bits, room, (int)c->count);
	diag_hint(c->e->d, g, "ask for fewer or smaller blocks, or begin with a larger one");
	return -1;
}

static const struct value *cut(const struct cutting *c)
{
	const char **names = ARENA_ARRAY(c->e->a, (size_t)c->count, const char *);
	char text[CIDR_TEXT_LEN];

	if (!eval_charge(c->e, c->call, (size_t)c->count * (sizeof(*names) + sizeof(text))))
		return NULL;
	for (unsigned i = 0; i < (unsigned)c->count; i++) {
		cidr_part(&c->block, (unsigned)c->bits, i, text);
		names[i] = arena_strdup(c->e->a, text);
	}
	return eval_tainted(c->e, eval_strings(c->e, names, (size_t)c->count, c->call), c->values,
			    c->value_count);
}

/* Two or three values; -1 after errors. */
static int read_values(struct cutting *c)
{
	const struct node *const *items = c->call->arg->items;

	c->value_count = c->call->arg->count;
	c->values[0] = eval_scalar(c->e, c->call, items[0], "the block");
	c->values[1] = eval_scalar(c->e, c->call, items[1], "the count");
	c->values[2] = c->value_count > 2
			       ? eval_scalar(c->e, c->call, items[2], "the number of bits")
			       : c->values[1];
	return c->values[0] && c->values[1] && c->values[2] ? 0 : -1;
}

static bool any_unknown(const struct cutting *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->values); i++) {
		if (c->values[i]->kind == VALUE_UNKNOWN)
			return true;
	}
	return false;
}

const struct value *intrinsic_cidr(struct eval *e, const struct node *call)
{
	struct cutting c = {.e = e, .call = call};

	if (read_values(&c))
		return NULL;
	if (any_unknown(&c))
		return eval_unknown(e, call, c.values, c.value_count);
	if (read_block(&c) || read_count(&c) || read_bits(&c) || check_room(&c))
		return NULL;
	return cut(&c);
}
