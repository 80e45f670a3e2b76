/* normalize_yaml.h - the YAML form of a normal tree.  Private to normalize.c. */
#ifndef TEMPLATES_NORMALIZE_YAML_H
#define TEMPLATES_NORMALIZE_YAML_H

#include "templates/node.h"

/* A tree without calls, its scalars quoted (or null) and its keys sorted; without the last
 * newline. */
void normal_write_yaml(const struct node *n, struct str *out);

#endif
