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

static void write_dot(struct str *out, const struct graph_view *g)
{
	str_add(out, "digraph hadeploy {\n\trankdir=LR;\n\tnode [shape=box];\n");
	for (size_t i = 0; i < g->name_count; i++) {
		str_add(out, "\t\"");
		add_quoted(out, g->names[i]);
		str_add(out, "\" [label=\"");
		add_quoted(out, g->names[i]);
		str_add(out, "\\n");
		add_quoted(out, g->types[i]);
		str_add(out, "\"];\n");
	}
	for (size_t i = 0; i < g->edge_count; i++) {
		str_add(out, "\t\"");
		add_quoted(out, g->names[g->edges[i].from]);
		str_add(out, "\" -> \"");
		add_quoted(out, g->names[g->edges[i].to]);
		str_add(out, "\";\n");
	}
	str_add(out, "}\n");
}

static void write_mermaid(struct str *out, const struct graph_view *g)
{
	str_add(out, "flowchart LR\n");
	for (size_t i = 0; i < g->name_count; i++) {
		str_printf(out, "\tn%zu[\"", i);
		add_quoted(out, g->names[i]);
		str_add(out, "<br/>");
		add_quoted(out, g->types[i]);
		str_add(out, "\"]\n");
	}
	for (size_t i = 0; i < g->edge_count; i++)
		str_printf(out, "\tn%zu --> n%zu\n", g->edges[i].from, g->edges[i].to);
}

static int run(struct invocation *in)
{
	const char *format = in->args->options[OPT_FORMAT].text;
	struct graph_view graph = {0};
	struct str text = STR_INIT;

	if (engine_graph(in->engine, &graph, &in->diags) != 0)
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
	.operands = "[STACK...]",
	.operand_max = OPERANDS_ANY,
	.help = "Prints the resources of the selection and what each of them needs: an arrow leads "
		"from a resource to what must exist before it.",
	.examples = (const char *const[]){"hadeploy graph | dot -Tsvg >graph.svg", "as a picture",
					  "hadeploy graph web --format mermaid",
					  "for a Markdown page", NULL},
	.options = (const enum option_id[]){OPT_FORMAT, OPT_REGION, OPT_PARAM, OPT_PARAM_FILE,
					    OPT_END},
	.needs = NEED_ENGINE,
	.run = run,
};
