/* cmd_graph.c - the dependency graph for Graphviz and Mermaid. */
#include <string.h>

#include "cli/invocation.h"

/* Both formats put labels in double quotes; a name holds none, a type might. */
static void add_quoted(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			str_add_char(out, '\'');
		else
			str_add_char(out, *text);
	}
}

static void add_dot_name(struct str *out, const char *name)
{
	str_add_char(out, '"');
	add_quoted(out, name);
	str_add_char(out, '"');
}

/* Edges between clusters need a node in each: an empty one gets one that is not drawn. */
static const char *dot_anchor(const struct graph_view *g, size_t instance)
{
	const struct graph_instance *i = &g->instances[instance];

	return i->count ? g->names[i->first] : i->name;
}

static void add_dot_cluster(struct str *out, const struct graph_view *g, size_t instance)
{
	const struct graph_instance *c = &g->instances[instance];

	str_printf(out, "\tsubgraph cluster_%zu {\n\t\tlabel=", instance);
	add_dot_name(out, c->name);
	str_add(out, ";\n");
	for (size_t i = c->first; i < c->first + c->count; i++) {
		str_add(out, "\t\t");
		add_dot_name(out, g->names[i]);
		str_add(out, " [label=\"");
		add_quoted(out, g->names[i]);
		str_add(out, "\\n");
		add_quoted(out, g->types[i]);
		str_add(out, "\"];\n");
	}
	if (!c->count) {
		str_add(out, "\t\t");
		add_dot_name(out, c->name);
		str_add(out, " [style=invis];\n");
	}
	str_add(out, "\t}\n");
}

static void add_dot_edge(struct str *out, const char *from, const char *to)
{
	str_add_char(out, '\t');
	add_dot_name(out, from);
	str_add(out, " -> ");
	add_dot_name(out, to);
}

static void write_dot(struct str *out, const struct graph_view *g)
{
	str_add(out, "digraph hadeploy {\n\trankdir=LR;\n\tcompound=true;\n\tnode [shape=box];\n");
	for (size_t i = 0; i < g->instance_count; i++)
		add_dot_cluster(out, g, i);
	for (size_t i = 0; i < g->edge_count; i++) {
		add_dot_edge(out, g->names[g->edges[i].from], g->names[g->edges[i].to]);
		str_add(out, ";\n");
	}
	for (size_t i = 0; i < g->instance_edge_count; i++) {
		const struct graph_edge *e = &g->instance_edges[i];

		add_dot_edge(out, dot_anchor(g, e->from), dot_anchor(g, e->to));
		str_printf(out, " [ltail=cluster_%zu, lhead=cluster_%zu, style=dashed];\n", e->from,
			   e->to);
	}
	str_add(out, "}\n");
}

static void add_mermaid_cluster(struct str *out, const struct graph_view *g, size_t instance)
{
	const struct graph_instance *c = &g->instances[instance];

	str_printf(out, "\tsubgraph s%zu[\"", instance);
	add_quoted(out, c->name);
	str_add(out, "\"]\n");
	for (size_t i = c->first; i < c->first + c->count; i++) {
		str_printf(out, "\t\tn%zu[\"", i);
		add_quoted(out, g->names[i]);
		str_add(out, "<br/>");
		add_quoted(out, g->types[i]);
		str_add(out, "\"]\n");
	}
	str_add(out, "\tend\n");
}

static void write_mermaid(struct str *out, const struct graph_view *g)
{
	str_add(out, "flowchart LR\n");
	for (size_t i = 0; i < g->instance_count; i++)
		add_mermaid_cluster(out, g, i);
	for (size_t i = 0; i < g->edge_count; i++)
		str_printf(out, "\tn%zu --> n%zu\n", g->edges[i].from, g->edges[i].to);
	for (size_t i = 0; i < g->instance_edge_count; i++)
		str_printf(out, "\ts%zu -.-> s%zu\n", g->instance_edges[i].from,
			   g->instance_edges[i].to);
}

static int draw(struct invocation *in, struct graph_view *graph)
{
	struct diag *g;

	if (!in->single)
		return engine_graph(in->engine, graph, &in->diags);
	if (in->args->operand_count > 1) {
		g = diag_add(&in->diags, DIAG_RENDER_CHOICE, RANGE_NONE,
			     "one template is drawn at a time, and these are %zu",
			     in->args->operand_count);
		diag_hint(&in->diags, g, "run 'hadeploy graph' for each of them");
		return -1;
	}
	invocation_warn_idle(in);
	return single_graph(in->single, in->args->operands[0], graph, &in->diags);
}

static int run(struct invocation *in)
{
	const char *format = in->args->options[OPT_FORMAT].text;
	struct graph_view graph = {0};
	struct str text = STR_INIT;

	if (draw(in, &graph) != 0)
		return invocation_exit(in);
	if (format && strcmp(format, "mermaid") == 0)
		write_mermaid(&text, &graph);
	else
		write_dot(&text, &graph);
	term_write(&in->out, &text);
	str_release(&text);
	return EXIT_DONE;
}

const struct command cmd_graph = {
	.name = "graph",
	.group = GROUP_LOOK,
	.summary = "print what depends on what, for Graphviz or Mermaid",
	.operands = "[STACK... | FILE]",
	.operand_max = OPERANDS_ANY,
	.operand_kind = OPERAND_TEMPLATE,
	.help = "Prints the resources of the selection, one box for each stack instance, and what "
		"each of them needs: an arrow leads from a resource to what must exist before it, "
		"and a dashed one from a stack instance to those that its stack's DependsOn "
		"names, or whose exports and outputs it takes.\n\n"
		"With a template file (or '-', standard input) no project is needed: the graph has "
		"what is written in all its branches, whatever its conditions say.",
	.examples = (const char *const[]){"hadeploy graph | dot -Tsvg >graph.svg", "as a picture",
					  "hadeploy graph web --format mermaid",
					  "for a Markdown page", "hadeploy graph net.yaml",
					  "a template file, without a project", NULL},
	.options = (const enum option_id[]){OPT_FORMAT, OPT_REGION, OPT_PARAM, OPT_PARAM_FILE,
					    OPT_END},
	.needs = NEED_ENGINE | TAKES_TEMPLATES,
	.run = run,
};
