/* manifest_place.c - what the manifest says of a provider at one place: region and account. */
#include <string.h>

#include "engine/manifest.h"
#include "templates/node.h"

#define ACCOUNT_DIGITS 12

static bool is_account_id(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] < '0' || t.ptr[i] > '9')
			return false;
	}
	return t.len == ACCOUNT_DIGITS;
}

/* The settings of the place, the strongest first: as manifest_config.c overlays them. */
#define LAYERS 3
static void find_layers(const struct manifest *m, const struct provider_place *p,
			const struct node *layers[LAYERS])
{
	const struct manifest_account *account = manifest_account(m, p->account);
	const char *name = p->provider->name;

	layers[0] = account && account->providers ? node_find(account->providers, name) : NULL;
	layers[1] = p->region->providers ? node_find(p->region->providers, name) : NULL;
	layers[2] = p->provider->config;
}

static struct text setting(const struct node *const layers[LAYERS], const char *name)
{
	for (size_t i = 0; i < LAYERS; i++) {
		const struct node *n = layers[i] && layers[i]->kind == NODE_MAP
					       ? node_find(layers[i], name)
					       : NULL;

		if (n && n->kind == NODE_SCALAR)
			return n->text;
	}
	return TEXT_LIT("");
}

/* "eu-west-1", "us-gov-east-1": two words or more and a digit. */
static bool is_cloud_region(const char *name)
{
	struct text_split split = text_split_start(text_of(name));
	struct text piece = {0}, last = {0};
	size_t words = 0;

	while (text_next(&split, '-', &piece)) {
		last = piece;
		if (split.done)
			break;
		for (size_t i = 0; i < piece.len; i++) {
			if (piece.ptr[i] < 'a' || piece.ptr[i] > 'z')
				return false;
		}
		words += piece.len > 1;
	}
	return words >= 2 && last.len == 1 && last.ptr[0] >= '1' && last.ptr[0] <= '9';
}

bool manifest_uses(const struct manifest *m, const struct provider_place *p)
{
	const struct node *layers[LAYERS];

	if (!p->provider)
		return false;
	find_layers(m, p, layers);
	return p->provider->where.src || layers[0] || layers[1] ||
	       is_cloud_region(p->region->aws_region);
}

/* arn:PARTITION:iam::ACCOUNT:role/NAME */
static struct text account_of_role(struct text arn)
{
	struct text_split split = text_split_start(arn);
	struct text piece = {0};

	for (size_t i = 0; i < 5; i++) {
		if (!text_next(&split, ':', &piece))
			return TEXT_LIT("");
	}
	return piece;
}

const char *manifest_account_id(struct arena *a, const struct manifest *m,
				const struct provider_place *p)
{
	const struct node *layers[LAYERS];
	struct text candidates[3];

	if (!p->provider)
		return NULL;
	find_layers(m, p, layers);
	candidates[0] = setting(layers, "AccountId");
	candidates[1] = account_of_role(setting(layers, "RoleArn"));
	candidates[2] = text_of(p->account);
	for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
		if (is_account_id(candidates[i]))
			return arena_text(a, candidates[i]);
	}
	return NULL;
}
