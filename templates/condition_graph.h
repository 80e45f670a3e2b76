/*
 * condition_graph.h - circles among conditions, found without evaluating.
 */
#ifndef TEMPLATES_CONDITION_GRAPH_H
#define TEMPLATES_CONDITION_GRAPH_H

struct node;
struct diags;

/* section may be NULL.  One diagnostic per circle. */
void condition_cycles(const struct node *section, struct diags *d);

#endif
