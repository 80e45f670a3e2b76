/*
 * json_node.h - JSON to nodes.
 *
 * JSON is YAML, nearly: libyaml wants a key and its colon on one line and within 1024
 * characters, refuses escaped surrogate pairs (\ud83d\ude00) and some characters, and reads
 * one long line slowly.  So what is JSON by the book is read here, into the same nodes, and
 * all else (comments, bare words, other quotes) is left to the YAML reader.
 *
 * Private to the reader (yaml.c).
 */
#ifndef TEMPLATES_JSON_NODE_H
#define TEMPLATES_JSON_NODE_H

#include "templates/node_build.h"

/*
 * False: the source is no JSON; nothing was reported, and the builder is as it was.  True:
 * *ret_root is the tree, or NULL after a diagnostic (limits); with a tree too there may be
 * diagnostics (duplicate keys).
 */
bool json_node_parse(struct node_builder *b, const struct source *src,
		     const struct node **ret_root);

#endif
