/* test_nested.c - nested stacks expanded into the document of their parent. */
#include <string.h>

#include "tests/unit/template_fixture.h"

#define STACK(url) "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: " url "}}"

/* A parameter, a resource that shows it, an output. */
static const char net[] = "Parameters: {Cidr: {Type: String, Default: none}}\n"
			  "Resources: {Vpc: {Type: T, Properties: {P: !Ref Cidr}}}\n"
			  "Outputs: {VpcId: {Value: !Ref Vpc}, Cidr: {Value: !Ref Cidr}}\n";

static const struct value *known(void *context, struct arena *a, const char *logical_id,
				 const char *attribute)
{
	(void)context;
	return value_string(
		a, text_of(arena_printf(a, "<%s %s>", logical_id, attribute ? attribute : "Ref")),
		NULL);
}

/* The property as it is once everything is there. */
static const char *known_property(struct template_fixture *f, const char *id, const char *name)
{
	const struct eval_lookup lookup = {known, NULL};
	const struct doc_resource *r = document_find(f->doc, id);
	const struct value *v = document_eval_resource(f->doc, (size_t)(r - f->doc->resources),
						       &lookup, f->a, &f->d);
	struct str out = STR_INIT;
	const char *text;

	assert_non_null(v);
	value_format(value_find(v, text_of(name)), &out);
	text = arena_text(f->a, str_text(&out));
	str_release(&out);
	return text;
}

static void resources_have_dotted_names_and_a_scope_of_their_own(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(
		f, "net.yaml",
		"Parameters: {Cidr: {Type: String}}\n"
		"Mappings: {M: {a: {b: inside}}}\n"
		"Conditions: {Big: !Equals [!Ref Cidr, big]}\n"
		"Resources:\n"
		"  Vpc:\n"
		"    Type: T\n"
		"    Properties: {P: !Ref Cidr, M: !FindInMap [M, a, b], N: !Ref AWS::StackName}\n"
		"  Gone: {Type: T, Condition: Big}\n"
		"  Sub: {Type: T, DependsOn: Vpc}\n");
	assert_non_null(fixture_eval(f, "Parameters: {Range: {Type: String, Default: 10/8}}\n"
					"Mappings: {M: {a: {b: outside}}}\n"
					"Resources:\n"
					"  Net:\n"
					"    Type: AWS::CloudFormation::Stack\n"
					"    Properties:\n"
					"      TemplateURL: ./net.yaml\n"
					"      TimeoutInMinutes: 5\n"
					"      Parameters: {Cidr: !Ref Range}\n"
					"  R: {Type: T, Properties: {M: !FindInMap [M, a, b]}}\n"));
	assert_int_equal(f->doc->resource_count, 3);
	assert_string_equal(fixture_property(f, "Net.Vpc", "P"), "\"10/8\"");
	assert_string_equal(fixture_property(f, "Net.Vpc", "M"), "\"inside\"");
	assert_string_equal(fixture_property(f, "Net.Vpc", "N"), "\"web-Net\"");
	assert_string_equal(fixture_property(f, "R", "M"), "\"outside\"");
	assert_string_equal(fixture_refs(f, "Net.Sub"), "Net.Vpc.Ref");
	assert_null(document_find(f->doc, "Net"));
	assert_null(document_find(f->doc, "Net.Gone"));
}

static void outputs_are_attributes(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(f, "net.yaml", net);
	assert_non_null(fixture_eval(
		f, "Resources:\n"
		   "  Net: " STACK(
			   "net.yaml") "\n"
				       "  R:\n"
				       "    Type: T\n"
				       "    Properties:\n"
				       "      C: !GetAtt Net.Outputs.Cidr\n"
				       "      V: !Sub 'is ${Net.Outputs.VpcId}'\n"
				       "      I: !Select [5, !Split [':', !Ref Net]]\n"
				       "Outputs: {O: {Value: !GetAtt [Net, Outputs.VpcId]}}\n"));
	assert_string_equal(fixture_property(f, "R", "C"), "\"none\"");
	assert_string_equal(fixture_property(f, "R", "V"), "(known after apply)");
	assert_non_null(strstr(fixture_property(f, "R", "I"), "stack/web-Net/"));
	assert_string_equal(fixture_refs(f, "R"), "Net.Vpc.Ref");
	assert_string_equal(known_property(f, "R", "V"), "\"is <Net.Vpc Ref>\"");
	assert_int_equal(f->doc->output_count, 1);
}

static void what_the_parent_learns_later_comes_in(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(f, "mid.yaml",
		     "Parameters: {X: {Type: String}}\n"
		     "Resources:\n"
		     "  In:\n"
		     "    Type: AWS::CloudFormation::Stack\n"
		     "    Properties: {TemplateURL: net.yaml, Parameters: {Cidr: !Sub '${X}!'}}\n");
	fixture_file(f, "net.yaml", net);
	assert_non_null(fixture_eval(f, "Resources:\n"
					"  A: {Type: T}\n"
					"  Mid:\n"
					"    Type: AWS::CloudFormation::Stack\n"
					"    Properties:\n"
					"      TemplateURL: mid.yaml\n"
					"      Parameters: {X: !GetAtt A.Arn}\n"));
	assert_string_equal(fixture_property(f, "Mid.In.Vpc", "P"), "(known after apply)");
	assert_string_equal(fixture_refs(f, "Mid.In.Vpc"), "A.Arn");
	assert_string_equal(known_property(f, "Mid.In.Vpc", "P"), "\"<A Arn>!\"");
}

/* A value that comes late is held against the constraints then. */
static void late_values_meet_the_constraints(void **state)
{
	struct template_fixture *f = *state;
	const struct eval_lookup lookup = {known, NULL};

	fixture_file(f, "net.yaml",
		     "Parameters: {Cidr: {Type: String, MaxLength: 3}}\n"
		     "Resources: {Vpc: {Type: T, Properties: {P: !Ref Cidr}}}\n");
	assert_non_null(fixture_eval(f,
				     "Resources:\n"
				     "  A: {Type: T}\n"
				     "  Net:\n"
				     "    Type: AWS::CloudFormation::Stack\n"
				     "    Properties: {TemplateURL: net.yaml, Parameters: {Cidr: "
				     "!Ref A}}\n"));
	assert_null(document_eval_resource(f->doc, 1, &lookup, f->a, &f->d));
	assert_non_null(strstr(fixture_said(f),
			       "5:60 HD1302 the value '<A Ref>' of parameter 'Cidr'"
			       " has 7 characters"));
}

static void waiting_goes_through_the_stack(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(f, "net.yaml",
		     "Resources:\n"
		     "  One: {Type: T}\n"
		     "  Two: {Type: T, DependsOn: One}\n"
		     "  Three: {Type: T, DependsOn: Two}\n"
		     "  Free: {Type: T}\n");
	fixture_file(f, "empty.yaml",
		     "Conditions: {No: !Equals [a, b]}\n"
		     "Resources: {Gone: {Type: T, Condition: No}}\n");
	assert_non_null(fixture_eval(f, "Resources:\n"
					"  Before: {Type: T}\n"
					"  Net:\n"
					"    Type: AWS::CloudFormation::Stack\n"
					"    DependsOn: Before\n"
					"    Properties: {TemplateURL: net.yaml}\n"
					"  Empty:\n"
					"    Type: AWS::CloudFormation::Stack\n"
					"    DependsOn: Net\n"
					"    Properties: {TemplateURL: empty.yaml}\n"
					"  Next:\n"
					"    Type: AWS::CloudFormation::Stack\n"
					"    DependsOn: Net\n"
					"    Properties: {TemplateURL: net.yaml}\n"
					"  After: {Type: T, DependsOn: Net}\n"
					"  Last: {Type: T, DependsOn: Empty}\n"));
	assert_string_equal(fixture_refs(f, "Net.One"), "Before.Ref");
	assert_string_equal(fixture_refs(f, "Net.Free"), "Before.Ref");
	assert_string_equal(fixture_refs(f, "Net.Three"), "Net.Two.Ref");
	assert_string_equal(fixture_refs(f, "After"), "Net.Three.Ref Net.Free.Ref");
	assert_string_equal(fixture_refs(f, "Next.One"), "Net.Three.Ref Net.Free.Ref");
	assert_string_equal(fixture_refs(f, "Next.Two"), "Next.One.Ref");
	assert_string_equal(fixture_refs(f, "Last"), "Net.Three.Ref Net.Free.Ref");
}

static void policies_hold_inside_unless_said_otherwise(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(f, "mid.yaml",
		     "Resources:\n"
		     "  Own: {Type: T, DeletionPolicy: Delete}\n"
		     "  In: " STACK("net.yaml") "\n");
	fixture_file(f, "net.yaml", net);
	assert_non_null(fixture_eval(f, "Resources:\n"
					"  Mid:\n"
					"    Type: AWS::CloudFormation::Stack\n"
					"    DeletionPolicy: Retain\n"
					"    UpdateReplacePolicy: Retain\n"
					"    Properties: {TemplateURL: mid.yaml}\n"));
	assert_int_equal(document_find(f->doc, "Mid.Own")->deletion_policy, DELETION_DELETE);
	assert_int_equal(document_find(f->doc, "Mid.In.Vpc")->deletion_policy, DELETION_RETAIN);
	assert_int_equal(document_find(f->doc, "Mid.In.Vpc")->update_replace_policy,
			 DELETION_RETAIN);
}

static void loops_make_stacks(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(f, "net-a.yaml", net);
	fixture_file(f, "net-b.yaml", net);
	assert_non_null(
		fixture_eval(f, "Resources:\n"
				"  Fn::ForEach::Nets:\n"
				"  - X\n"
				"  - [a, b]\n"
				"  - Net${X}:\n"
				"      Type: AWS::CloudFormation::Stack\n"
				"      Properties:\n"
				"        TemplateURL: !Sub net-${X}.yaml\n"
				"        Parameters: {Cidr: !Sub 'of ${X}'}\n"
				"  R: {Type: T, Properties: {P: !GetAtt Netb.Outputs.Cidr}}\n"));
	assert_string_equal(fixture_property(f, "Neta.Vpc", "P"), "\"of a\"");
	assert_string_equal(fixture_property(f, "R", "P"), "\"of b\"");
}

static void secrets_stay_secret(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(f, "net.yaml",
		     "Parameters: {P: {Type: String}, Q: {Type: String, NoEcho: true}}\n"
		     "Resources: {A: {Type: T, Properties: {P: !Ref P, Q: !Sub '${Q}'}}}\n"
		     "Outputs: {P: {Value: !Ref P}}\n");
	assert_non_null(
		fixture_eval(f, "Parameters: {S: {Type: String, NoEcho: true, Default: x}}\n"
				"Resources:\n"
				"  Net:\n"
				"    Type: AWS::CloudFormation::Stack\n"
				"    Properties: {TemplateURL: net.yaml, Parameters: {P: !Ref S, "
				"Q: y}}\n"
				"  R: {Type: T, Properties: {P: !GetAtt Net.Outputs.P}}\n"));
	assert_string_equal(fixture_property(f, "Net.A", "P"), "(sensitive)");
	assert_string_equal(fixture_property(f, "Net.A", "Q"), "(sensitive)");
	assert_string_equal(fixture_property(f, "R", "P"), "(sensitive)");
}

static void lists_become_text_and_lists_again(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(
		f, "net.yaml",
		"Parameters: {L: {Type: CommaDelimitedList}, N: {Type: Number, Default: 3}}\n"
		"Resources: {A: {Type: T, Properties: {P: !Select [1, !Ref L], N: !Ref N}}}\n");
	assert_non_null(fixture_eval(f,
				     "Parameters: {L: {Type: CommaDelimitedList, Default: 'a,b'}}\n"
				     "Resources:\n"
				     "  Net:\n"
				     "    Type: AWS::CloudFormation::Stack\n"
				     "    Properties:\n"
				     "      TemplateURL: net.yaml\n"
				     "      Parameters: {L: !Ref L, N: !Ref AWS::NoValue}\n"));
	assert_string_equal(fixture_property(f, "Net.A", "P"), "\"b\"");
	assert_string_equal(fixture_property(f, "Net.A", "N"), "3");
}

static void one_opens_the_other_first(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(f, "net.yaml", net);
	assert_non_null(fixture_eval(f, "Resources:\n"
					"  A:\n"
					"    Type: AWS::CloudFormation::Stack\n"
					"    Properties:\n"
					"      TemplateURL: net.yaml\n"
					"      Parameters: {Cidr: !Sub 'not ${B.Outputs.Cidr}'}\n"
					"  B: " STACK("net.yaml") "\n"));
	assert_string_equal(fixture_property(f, "A.Vpc", "P"), "\"not none\"");
	assert_string_equal(fixture_refs(f, "A.Vpc"), "B.Vpc.Ref");
	assert_null(fixture_eval(f, "Resources:\n"
				    "  A:\n"
				    "    Type: AWS::CloudFormation::Stack\n"
				    "    Properties:\n"
				    "      TemplateURL: net.yaml\n"
				    "      Parameters: {Cidr: !GetAtt B.Outputs.Cidr}\n"
				    "  B:\n"
				    "    Type: AWS::CloudFormation::Stack\n"
				    "    Properties:\n"
				    "      TemplateURL: net.yaml\n"
				    "      Parameters: {Cidr: !GetAtt A.Outputs.Cidr}\n"));
	assert_string_equal(fixture_said(f),
			    "11:34 HD1331 nested stack 'A' waits for its own outputs; A -> B -> A; "
			    "hint: give one of the parameters another value\n");
}

static void exported_outputs_are_the_documents(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(f, "net.yaml",
		     "Resources: {Vpc: {Type: T}}\n"
		     "Outputs:\n"
		     "  Id: {Value: !Ref Vpc, Export: {Name: !Sub '${AWS::StackName}-id'}}\n"
		     "  Own: {Value: x}\n");
	assert_non_null(fixture_eval(f, "Resources: {Net: " STACK("net.yaml") "}\n"));
	assert_int_equal(f->doc->output_count, 1);
	assert_string_equal(f->doc->outputs[0].name, "Net.Id");
	assert_string_equal(f->doc->outputs[0].export_name, "web-Net-id");
	assert_non_null(document_eval_output(f->doc, 0, NULL, f->a, &f->d));
}

static void declares(struct template_fixture *f, const char *id, unsigned line)
{
	struct range where = RANGE_NONE;

	assert_int_equal(document_declares(f->doc, id, &where), line != 0);
	assert_int_equal(where.start.line, line);
}

static void what_is_left_out_is_declared_still(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(f, "net.yaml",
		     "Conditions: {No: !Equals [a, b]}\n"
		     "Resources:\n"
		     "  Vpc: {Type: T}\n"
		     "  Gone: {Type: T, Condition: No}\n");
	assert_non_null(fixture_eval(
		f, "Conditions: {No: !Equals [a, b]}\n"
		   "Resources:\n"
		   "  R: {Type: T}\n"
		   "  Net: " STACK("net.yaml") "\n"
					       "  Out:\n"
					       "    Type: AWS::CloudFormation::Stack\n"
					       "    Condition: No\n"
					       "    Properties: {TemplateURL: nowhere.yaml}\n"));
	declares(f, "R", 3);
	declares(f, "Net.Vpc", 3);
	declares(f, "Net.Gone", 4);
	declares(f, "Out.Anything", 5);
	declares(f, "Net.Other", 0);
	declares(f, "R.Other", 0);
	declares(f, "Other.Vpc", 0);
}

/* Mistakes */

static const char *eval_said(struct template_fixture *f, const char *text)
{
	assert_null(fixture_eval(f, text));
	return fixture_said(f);
}

static void decisions_cannot_wait(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(f, "net.yaml",
		     "Parameters: {Env: {Type: String}}\n"
		     "Conditions: {Prod: !Equals [!Ref Env, prod]}\n"
		     "Resources: {Vpc: {Type: T, Condition: Prod}}\n");
	assert_string_equal(
		eval_said(f, "Resources:\n"
			     "  A: {Type: T}\n"
			     "  Net:\n"
			     "    Type: AWS::CloudFormation::Stack\n"
			     "    Properties: {TemplateURL: net.yaml, Parameters: {Env: !GetAtt "
			     "A.Env}}\n"),
		"net.yaml:2:34 HD1330 parameter 'Env' of nested stack 'Net' is not known yet; this "
		"is "
		"needed before anything is created, and it waits for 'A.Env'; hint: give it a "
		"value "
		"that is known, or decide by another parameter; 5:59 the value it is given\n");
}

static void parameters_are_held_against_the_declarations(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] = "Resources:\n"
				   "  Net:\n"
				   "    Type: AWS::CloudFormation::Stack\n"
				   "    Properties:\n"
				   "      TemplateURL: net.yaml\n"
				   "      Parameters: {Sise: 3, Count: many}\n";

	fixture_file(f, "net.yaml",
		     "Parameters: {Size: {Type: String}, Count: {Type: Number, Default: 1}}\n"
		     "Resources: {Vpc: {Type: T}}\n");
	assert_string_equal(
		eval_said(f, text),
		"6:20 HD1303 the template 'net.yaml' has no parameter 'Sise'; hint: did you mean "
		"'Size'?\n"
		"6:19 HD1301 parameter 'Size' of nested stack 'Net' has no value; hint: give it "
		"under "
		"Parameters of the nested stack; net.yaml:1:14 the parameter\n"
		"6:36 HD1302 the value 'many' of parameter 'Count' is not a number; net.yaml:1:36 "
		"the "
		"parameter\n");
	assert_string_equal(
		fixture_check(f, text),
		"6:20 HD1303 the template 'net.yaml' has no parameter 'Sise'; hint: did you mean "
		"'Size'?\n"
		"6:19 HD1301 parameter 'Size' of nested stack 'Net' has no value; hint: give it "
		"under "
		"Parameters of the nested stack; net.yaml:1:14 the parameter\n");
}

static void outputs_that_are_not_there(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] =
		"Resources:\n"
		"  Net: " STACK("net.yaml") "\n"
					    "  R:\n"
					    "    Type: T\n"
					    "    Properties:\n"
					    "      A: !GetAtt Net.Outputs.VpcIt\n"
					    "      B: !Sub '${Net.VpcId}'\n";
	static const char said[] =
		"6:18 HD1249 nested stack 'Net' has no output 'VpcIt'; hint: did "
		"you mean 'VpcId'?\n"
		"7:16 HD1249 nested stack 'Net' has no attribute 'VpcId'; hint: "
		"outputs are its attributes: !GetAtt Net.Outputs.VpcId\n";

	fixture_file(f, "net.yaml", net);
	assert_string_equal(eval_said(f, text), said);
	assert_string_equal(fixture_check(f, text), said);
	fixture_file(f, "cond.yaml",
		     "Conditions: {No: !Equals [a, b]}\n"
		     "Resources: {Vpc: {Type: T}}\n"
		     "Outputs: {X: {Value: x, Condition: No}}\n");
	assert_non_null(
		strstr(eval_said(f, "Resources:\n"
				    "  Net: " STACK("cond.yaml") "\n"
								 "  R: {Type: T, Properties: {A: "
								 "!GetAtt Net.Outputs.X}}\n"),
		       "3:40 HD1304 output 'X' does not exist for this target; its condition"
		       " 'No' is false"));
}

static void templates_that_nest_themselves(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] = "Resources: {A: " STACK("a.yaml") "}\n";
	static const char computed[] = "Parameters: {P: {Type: String, Default: c.yaml}}\n"
				       "Resources: {C: " STACK("!Ref P") "}\n";

	fixture_file(f, "a.yaml", "Resources: {B: " STACK("b.yaml") "}\n");
	fixture_file(f, "b.yaml", "Resources: {A: " STACK("./a.yaml") "}\n");
	assert_string_equal(
		fixture_check(f, text),
		"b.yaml:1:77 HD1248 the template 'a.yaml' nests itself; a.yaml -> b.yaml -> "
		"a.yaml; hint: take out one of these nested stacks\n");
	fixture_file(f, "c.yaml", computed);
	assert_string_equal(
		eval_said(f, "Resources: {N: " STACK("!Sub c.yaml") "}\n"),
		"c.yaml:2:13 HD1248 nested stack 'N.C' is made of the template it is in; "
		"c.yaml -> c.yaml\n");
}

static void faults_inside_are_told_once(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] = "Resources:\n"
				   "  A: " STACK("net.yaml") "\n"
							     "  B: " STACK("net.yaml") "\n";

	fixture_file(f, "net.yaml", "Resources: {R: {Type: T, Properties: {P: !Ref Nothing}}}\n");
	assert_non_null(strstr(fixture_check(f, text), "net.yaml:1:47 HD1214"));
	fixture_check(f, text);
	fixture_load(f, text);
	assert_int_equal(template_check(f->tpl, &f->d), -1);
	assert_int_equal(f->d.error_count, 1);
}

static void what_cannot_be_a_template(void **state)
{
	struct template_fixture *f = *state;

	assert_non_null(strstr(eval_said(f, "Resources: {N: {Type: AWS::CloudFormation::Stack}}\n"),
			       "1:13 HD1247 nested stack 'N' has no TemplateURL"));
	assert_non_null(strstr(eval_said(f, "Resources:\n  N: " STACK("[a]") "\n"),
			       "HD1247 TemplateURL is the path of a file, and this is a list"));
	assert_non_null(
		strstr(eval_said(f, "Resources:\n  N: " STACK("x.yaml, Parameter: {}") "\n"),
		       "HD1247 a nested stack has no property 'Parameter'; hint: did you mean"));
	assert_non_null(strstr(eval_said(f, "Resources:\n  N: " STACK("x.yaml") "\n"),
			       "2:67 HD1001 cannot read 'x.yaml'"));
	fixture_file(f, "net.yaml", net);
	assert_non_null(
		strstr(eval_said(f, "Resources:\n  N: " STACK("net.yaml, Parameters: [a]") "\n"),
		       "HD1247 Parameters is a map, and this is a list"));
}

static void other_places_are_refused_when_used(void **state)
{
	struct template_fixture *f = *state;
	static const char unused[] =
		"Conditions: {No: !Equals [a, b]}\n"
		"Resources:\n"
		"  N:\n"
		"    Type: AWS::CloudFormation::Stack\n"
		"    Condition: No\n"
		"    Properties: {TemplateURL: 'https://s3.example/net.yaml'}\n"
		"  R: {Type: T}\n";
	static const char used[] =
		"Resources:\n"
		"  N: " STACK("'https://s3.example/net.yaml'") "\n"
							       "  R: {Type: T, Properties: {P: "
							       "!GetAtt N.Outputs.X}}\n";

	assert_non_null(fixture_eval(f, unused));
	assert_string_equal(fixture_check(f, used), "");
	assert_string_equal(
		eval_said(f, used),
		"2:67 HD1240 'https://s3.example/net.yaml' is not fetched; files that a template "
		"names are read from the folder it is in; hint: put the file beside the template, "
		"and name it './net.yaml'\n");
	assert_string_equal(
		fixture_check(f, "Resources: {N: " STACK("./gone.yaml") "}\n"),
		"1:77 HD1246 './gone.yaml' cannot be read, so it is not checked; hint: the path is "
		"relative to the folder of 't.yaml'\n");
}

static void partial_evaluation_leaves_the_stack_alone(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] =
		"Resources:\n"
		"  N: " STACK("'https://s3.example/net.yaml'") "\n"
							       "  R: {Type: T, Properties: {P: "
							       "!GetAtt N.Outputs.X}}\n";

	assert_non_null(fixture_load(f, text));
	f->doc = document_eval(f->a, f->tpl,
			       &(struct eval_input){.target = &f->target, .partial = true}, &f->d);
	assert_string_equal(fixture_property(f, "R", "P"), "(known after apply)");
	assert_string_equal(fixture_property(f, "N", "TemplateURL"),
			    "\"https://s3.example/net.yaml\"");
}

/* Each template nests the next one three times. */
static void a_bomb_of_stacks_is_stopped(void **state)
{
	struct template_fixture *f = *state;

	for (int i = 0; i < 12; i++) {
		const char *url = arena_printf(f->a, STACK("n%d.yaml"), i + 1);

		fixture_file(f, arena_printf(f->a, "n%d.yaml", i),
			     arena_printf(f->a, "Resources:\n  A: %s\n  B: %s\n  C: %s\n", url, url,
					  url));
	}
	fixture_file(f, "n12.yaml", net);
	assert_non_null(strstr(eval_said(f, "Resources: {N: " STACK("n0.yaml") "}\n"),
			       "HD1332 this stack has more than 10000 nested stacks"));
}

/* 30 templates, each nesting the next one. */
static void add_chain(struct template_fixture *f, const char *function)
{
	for (int i = 0; i < 30; i++) {
		const char *url = arena_printf(f->a, "%sn%d.yaml", function, i + 1);

		fixture_file(f, arena_printf(f->a, "n%d.yaml", i),
			     arena_printf(f->a, "Resources:\n  A: " STACK("%s") "\n", url));
	}
	fixture_file(f, "n30.yaml", net);
}

static void depth_is_limited(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] = "Resources: {N: " STACK("n0.yaml") "}\n";

	add_chain(f, "!Sub ");
	assert_non_null(
		strstr(eval_said(f, text), "n19.yaml:2:3 HD1332 stacks nest deeper than 20 here"));
	add_chain(f, "");
	assert_non_null(strstr(fixture_check(f, text),
			       "n19.yaml:2:67 HD1242 files name each other deeper than 20 here"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
	const struct CMUnitTest tests[] = {
		TEST(resources_have_dotted_names_and_a_scope_of_their_own),
		TEST(outputs_are_attributes),
		TEST(what_the_parent_learns_later_comes_in),
		TEST(late_values_meet_the_constraints),
		TEST(waiting_goes_through_the_stack),
		TEST(policies_hold_inside_unless_said_otherwise),
		TEST(loops_make_stacks),
		TEST(secrets_stay_secret),
		TEST(lists_become_text_and_lists_again),
		TEST(one_opens_the_other_first),
		TEST(exported_outputs_are_the_documents),
		TEST(what_is_left_out_is_declared_still),
		TEST(decisions_cannot_wait),
		TEST(parameters_are_held_against_the_declarations),
		TEST(outputs_that_are_not_there),
		TEST(templates_that_nest_themselves),
		TEST(faults_inside_are_told_once),
		TEST(what_cannot_be_a_template),
		TEST(other_places_are_refused_when_used),
		TEST(partial_evaluation_leaves_the_stack_alone),
		TEST(a_bomb_of_stacks_is_stopped),
		TEST(depth_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
