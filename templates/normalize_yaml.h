/* normalize_yaml.h - what the two forms share, and the YAML form.  Private to normalize*.c. */
#ifndef TEMPLATES_NORMALIZE_YAML_H
#define TEMPLATES_NORMALIZE_YAML_H

#include "templates/node.h"

/* A map or a call as a map with its keys sorted.  What is in it is as it was written, but for
 * a call's scalar argument. */
const struct node *normal_map(struct arena *a, const struct node *n);
/* Without the last newline. */
void normal_write_yaml(const struct node *n, struct str *out);

#endif
