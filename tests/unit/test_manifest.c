/* What the manifest gives, and how its faults are reported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/address.h"
#include "templates/node.h"
#include "tests/unit/manifest_fixture.h"

static const char shop[] =
	"Project: shop\n"
	"Providers:\n"
	"  ssh: {User: deploy, IdentityFile: keys/id}\n"
	"Regions:\n"
	"  east:\n"
	"    Zones: [east-a, east-b]\n"
	"    Hosts:\n"
	"      web-e1: {Address: 127.10.1.11, Port: 2222, Zone: east-a, Roles: [web, app]}\n"
	"      web-e2: {Address: 127.10.2.11}\n"
	"  west:\n"
	"    Providers: {aws: {Region: us-west-2}}\n"
	"  global: {Global: true}\n"
	"Stacks:\n"
	"  web:\n"
	"    Template: stacks/web.yaml\n"
	"    Parameters: {Capacity: 2}\n"
	"    Targets: [east, {Region: west, Parameters: {Capacity: 1}}]\n"
	"    DependsOn: [network]\n"
	"  network: {Template: stacks/net.yaml, Targets: [east]}\n";

static void regions_and_hosts_are_read(void **state)
{
	struct reading r = read_good(shop);
	const struct manifest_region *east = manifest_region(r.m, "east");
	const struct manifest_host *host;

	(void)state;
	assert_string_equal(r.m->project, "shop");
	assert_string_equal(r.m->state_path, "/srv/shop/.hadeploy/state.db");
	assert_int_equal(r.m->region_count, 3);
	assert_int_equal(east->zone_count, 2);
	assert_string_equal(east->zones[1], "east-b");
	assert_int_equal(east->host_count, 2);
	host = &east->hosts[0];
	assert_string_equal(host->host.name, "web-e1");
	assert_string_equal(host->host.address, "127.10.1.11");
	assert_string_equal(host->host.zone, "east-a");
	assert_int_equal(host->host.role_count, 2);
	assert_string_equal(host->host.roles[1], "app");
	assert_int_equal(host->where.start.line, 8);
	assert_string_equal(east->eval_hosts[1].name, "web-e2");
	assert_true(manifest_region(r.m, "global")->global);
	assert_null(manifest_region(r.m, "north"));
	forget(&r);
}

static void the_name_of_a_region_at_aws_is_known(void **state)
{
	struct reading r = read_good(shop);

	(void)state;
	assert_string_equal(manifest_region(r.m, "east")->aws_region, "east");
	assert_string_equal(manifest_region(r.m, "west")->aws_region, "us-west-2");
	forget(&r);
}

static void stacks_and_targets_are_read(void **state)
{
	struct reading r = read_good(shop);
	const struct manifest_stack *web = manifest_stack(r.m, "web");

	(void)state;
	assert_int_equal(r.m->stack_count, 2);
	assert_string_equal(web->template_path, "stacks/web.yaml");
	assert_int_equal(web->template_where.start.line, 15);
	assert_int_equal(web->target_count, 2);
	assert_ptr_equal(web->targets[1].region, manifest_region(r.m, "west"));
	assert_string_equal(web->targets[1].account, ACCOUNT_NONE);
	assert_int_equal(web->targets[1].parameter_count, 1);
	assert_string_equal(web->targets[1].parameters[0].value.node->text.ptr, "1");
	assert_int_equal(web->parameter_count, 1);
	assert_string_equal(web->parameters[0].name, "Capacity");
	assert_string_equal(web->parameters[0].value.origin, "hadeploy.yaml");
	assert_int_equal(web->depends_on_count, 1);
	assert_string_equal(web->depends_on[0], "network");
	forget(&r);
}

static void predefined_providers_are_always_there(void **state)
{
	struct reading r = read_good("Project: shop\n");

	(void)state;
	assert_string_equal(manifest_provider(r.m, "ssh")->use, "ssh");
	assert_string_equal(manifest_provider(r.m, "aws")->use, "rest");
	assert_string_equal(manifest_provider(r.m, "powerdns")->use, "rest");
	assert_null(manifest_provider(r.m, "ssh")->where.src);
	assert_null(manifest_provider(r.m, "nobody"));
	forget(&r);
}

static void provider_entries_keep_their_settings(void **state)
{
	struct reading r = read_good("Project: shop\n"
				     "Providers:\n"
				     "  ssh: {User: deploy}\n"
				     "  mine: {Use: ./mine.so, Types: ['My::*'], Color: red}\n");
	const struct manifest_provider *mine = manifest_provider(r.m, "mine");

	(void)state;
	assert_int_equal(r.m->provider_count, 6);
	assert_string_equal(mine->use, "./mine.so");
	assert_int_equal(mine->type_count, 1);
	assert_string_equal(mine->types[0], "My::*");
	assert_int_equal(mine->config->count, 1);
	assert_string_equal(node_find(mine->config, "Color")->text.ptr, "red");
	assert_int_equal(mine->where.start.line, 4);
	forget(&r);
}

static void limits_of_a_provider_are_the_engines(void **state)
{
	struct reading r = read_good("Project: shop\n"
				     "Providers:\n"
				     "  mine: {Use: ./mine.so, Concurrency: 4, RateLimit: 50/s, "
				     "Color: red}\n"
				     "  ssh: {RateLimit: 30/m}\n");
	const struct manifest_provider *mine = manifest_provider(r.m, "mine");

	(void)state;
	assert_int_equal(mine->concurrency, 4);
	assert_int_equal(mine->rate, 50 * MANIFEST_RATE_ONE);
	assert_int_equal(mine->config->count, 1);
	assert_int_equal(manifest_provider(r.m, "ssh")->rate, MANIFEST_RATE_ONE / 2);
	assert_int_equal(manifest_provider(r.m, "ssh")->concurrency, 0);
	forget(&r);
}

static void limits_of_a_provider_are_numbers(void **state)
{
	static const struct fault faults[] = {
		{"Project: p\nProviders: {ssh: {Concurrency: 0}}\n", DIAG_MANIFEST_VALUE, 2, 32,
		 "'Concurrency' cannot be '0'", "1 to 10000"},
		{"Project: p\nProviders: {ssh: {Concurrency: many}}\n", DIAG_MANIFEST_VALUE, 2, 32,
		 "'Concurrency' cannot be 'many'", NULL},
		{"Project: p\nProviders: {ssh: {RateLimit: 50}}\n", DIAG_MANIFEST_VALUE, 2, 30,
		 "'RateLimit' cannot be '50'", "such as 50/s or 30/m"},
		{"Project: p\nProviders: {ssh: {RateLimit: 0/s}}\n", DIAG_MANIFEST_VALUE, 2, 30,
		 "'RateLimit' cannot be '0/s'", NULL},
		{"Project: p\nRegions: {e: {Providers: {ssh: {RateLimit: 5/s}}}}\n",
		 DIAG_MANIFEST_KEY_UNKNOWN, 2, 33,
		 "'RateLimit' cannot differ from region to region", "at the top level"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void state_can_lie_elsewhere(void **state)
{
	struct reading r = read_good("Project: shop\nState: {Backend: sqlite, Path: var/s.db}\n");

	(void)state;
	assert_string_equal(r.m->state_path, "/srv/shop/var/s.db");
	forget(&r);
	r = read_good("Project: shop\nState: {Path: /var/lib/s.db}\n");
	assert_string_equal(r.m->state_path, "/var/lib/s.db");
	forget(&r);
}

static void history_is_bounded_as_the_manifest_says(void **state)
{
	const int64_t day_ms = 24LL * 3600 * 1000;
	struct reading r = read_good("Project: shop\n");

	(void)state;
	assert_int_equal(r.m->history_age_ms, 90 * day_ms);
	assert_int_equal(r.m->history_run_count, 1000);
	forget(&r);
	r = read_good("Project: shop\nState: {History: {Keep: 36h, Runs: 5}}\n");
	assert_int_equal(r.m->history_age_ms, 3 * day_ms / 2);
	assert_int_equal(r.m->history_run_count, 5);
	forget(&r);
	r = read_good("Project: shop\nState: {History: {Keep: forever}}\n");
	assert_int_equal(r.m->history_age_ms, 0);
	forget(&r);
}

static void accounts_make_targets_different(void **state)
{
	struct reading r = read_good("Project: p\n"
				     "Accounts: {prod: {Providers: {aws: {Role: x}}}, test: }\n"
				     "Regions: {east: }\n"
				     "Stacks:\n"
				     "  web:\n"
				     "    Template: w.yaml\n"
				     "    Targets:\n"
				     "      - {Account: prod, Region: east}\n"
				     "      - {Account: test, Region: east}\n"
				     "      - east\n");
	const struct manifest_stack *web = manifest_stack(r.m, "web");

	(void)state;
	assert_int_equal(web->target_count, 3);
	assert_string_equal(web->targets[0].account, "prod");
	assert_string_equal(web->targets[2].account, ACCOUNT_NONE);
	assert_non_null(manifest_account(r.m, "prod")->providers);
	forget(&r);
}

static void a_single_dependency_needs_no_list(void **state)
{
	struct reading r = read_good("Project: p\n"
				     "Regions: {e: {}}\n"
				     "Stacks:\n"
				     "  a: {Template: t, Targets: [e], DependsOn: b}\n"
				     "  b: {Template: t, Targets: [e]}\n");

	(void)state;
	assert_string_equal(manifest_stack(r.m, "a")->depends_on[0], "b");
	forget(&r);
}

static void empty_sections_are_as_good_as_none(void **state)
{
	struct reading r = read_good("Project: p\nProviders:\nRegions:\nStacks:\n");

	(void)state;
	assert_int_equal(r.m->region_count, 0);
	assert_int_equal(r.m->stack_count, 0);
	forget(&r);
}

static void parameters_may_be_lists_and_secrets(void **state)
{
	struct reading r = read_good("Project: p\n"
				     "Regions: {e: }\n"
				     "Stacks:\n"
				     "  a:\n"
				     "    Template: t\n"
				     "    Targets: [e]\n"
				     "    Parameters:\n"
				     "      Zones: [a, b]\n"
				     "      Password: '{{resolve:env:PW}}'\n"
				     "      Empty: ''\n");
	const struct manifest_parameter *p = manifest_stack(r.m, "a")->parameters;

	(void)state;
	assert_int_equal(manifest_stack(r.m, "a")->parameter_count, 3);
	assert_int_equal(p[0].value.node->kind, NODE_LIST);
	assert_false(p[0].value.sensitive);
	assert_true(p[1].value.sensitive);
	assert_null(p[1].value.text);
	assert_int_equal(p[2].value.node->text.len, 0);
	forget(&r);
}

static void unknown_keys_are_named_at_every_level(void **state)
{
	static const struct fault faults[] = {
		{"Projct: p\nProject: p\n", DIAG_MANIFEST_KEY_UNKNOWN, 1, 1,
		 "'Projct' is not a key of the manifest", "did you mean 'Project'?"},
		{"Project: p\nWhatever: 1\n", DIAG_MANIFEST_KEY_UNKNOWN, 2, 1,
		 "'Whatever' is not a key of the manifest", "the keys here are Project, State,"},
		{"Project: p\nState: {Pth: x}\n", DIAG_MANIFEST_KEY_UNKNOWN, 2, 9,
		 "'Pth' is not a key of 'State'", "did you mean 'Path'?"},
		{"Project: p\nProviders: {ssh: {Usser: x}}\n", DIAG_MANIFEST_KEY_UNKNOWN, 2, 19,
		 "'Usser' is not a key of provider 'ssh'", "did you mean 'User'?"},
		{"Project: p\nRegions: {e: {Zone: [a]}}\n", DIAG_MANIFEST_KEY_UNKNOWN, 2, 15,
		 "'Zone' is not a key of region 'e'", "did you mean 'Zones'?"},
		{"Project: p\nRegions: {e: {Hosts: {h: {Address: a, Prot: 1}}}}\n",
		 DIAG_MANIFEST_KEY_UNKNOWN, 2, 39, "'Prot' is not a key of host 'h'",
		 "did you mean 'Port'?"},
		{"Project: p\nRegions: {e: {Providers: {ssh: {Usser: a}}}}\n",
		 DIAG_MANIFEST_KEY_UNKNOWN, 2, 33, "'Usser' is not a key of provider 'ssh'",
		 "did you mean 'User'?"},
		{"Project: p\nRegions: {e: }\nStacks: {s: {Template: t, Targets: [e], Param: "
		 "{}}}\n",
		 DIAG_MANIFEST_KEY_UNKNOWN, 3, 41, "'Param' is not a key of stack 's'", NULL},
		{"Project: p\nRegions: {e: }\n"
		 "Stacks: {s: {Template: t, Targets: [{Regoin: e, Region: e}]}}\n",
		 DIAG_MANIFEST_KEY_UNKNOWN, 3, 38, "'Regoin' is not a key of a target of stack 's'",
		 "did you mean 'Region'?"},
		{"Project: p\nAccounts: {a: {Provider: {}}}\n", DIAG_MANIFEST_KEY_UNKNOWN, 2, 16,
		 "'Provider' is not a key of account 'a'", "did you mean 'Providers'?"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void missing_keys_are_named(void **state)
{
	static const struct fault faults[] = {
		{"Regions: {}\n", DIAG_MANIFEST_KEY_MISSING, 1, 1, "the manifest has no 'Project'",
		 "add 'Project: ...'"},
		{"", DIAG_MANIFEST_KEY_MISSING, 1, 1, "the manifest has no 'Project'", NULL},
		{"Project: p\nRegions: {e: {Hosts: {h: {Port: 22}}}}\n", DIAG_MANIFEST_KEY_MISSING,
		 2, 23, "host 'h' has no 'Address'", NULL},
		{"Project: p\nRegions: {e: {Hosts: {h: }}}\n", DIAG_MANIFEST_KEY_MISSING, 2, 23,
		 "host 'h' has no 'Address'", NULL},
		{"Project: p\nRegions: {e: }\nStacks:\n  s: {Targets: [e]}\n",
		 DIAG_MANIFEST_KEY_MISSING, 4, 3, "stack 's' has no 'Template'", NULL},
		{"Project: p\nStacks:\n  s: {Template: t}\n", DIAG_MANIFEST_KEY_MISSING, 3, 3,
		 "stack 's' has no 'Targets'", NULL},
		{"Project: p\nRegions: {e: }\nStacks:\n  s: {Template: t, Targets: [{}]}\n",
		 DIAG_MANIFEST_KEY_MISSING, 4, 30, "a target of stack 's' has no 'Region'", NULL},
		{"Project: p\nProviders: {mine: {Types: [x]}}\n", DIAG_MANIFEST_KEY_MISSING, 2, 13,
		 "provider 'mine' has no 'Use'", "only ssh, aws"},
		{"Project: p\nProviders: {shs: {User: x}}\n", DIAG_MANIFEST_KEY_MISSING, 2, 13,
		 "provider 'shs' has no 'Use'", "did you mean 'ssh'?"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void wrong_shapes_are_named(void **state)
{
	static const struct fault faults[] = {
		{"[a]\n", DIAG_MANIFEST_SHAPE, 1, 1, "the manifest is a list; it takes a map",
		 "{Key: value}"},
		{"Project: p\nRegions: [e]\n", DIAG_MANIFEST_SHAPE, 2, 10,
		 "'Regions' of the manifest is a list; it takes a map", NULL},
		{"Project: p\nRegions: {e: 5}\n", DIAG_MANIFEST_SHAPE, 2, 14,
		 "region 'e' is a string; it takes a map", NULL},
		{"Project: p\nRegions: {e: {Zones: a}}\n", DIAG_MANIFEST_SHAPE, 2, 22,
		 "'Zones' of region 'e' is a string; it takes a list", "[one, two]"},
		{"Project: p\nRegions: {e: {Global: 'true'}}\n", DIAG_MANIFEST_SHAPE, 2, 23,
		 "'Global' of region 'e' is 'true'; it takes true or false", "without quotes"},
		{"Project: p\nRegions: {e: }\nStacks: {s: {Template: , Targets: [e]}}\n",
		 DIAG_MANIFEST_SHAPE, 3, 24, "'Template' of stack 's' is empty; it takes a text",
		 NULL},
		{"Project: p\nRegions: {e: }\nStacks: {s: {Template: t, Targets: e}}\n",
		 DIAG_MANIFEST_SHAPE, 3, 36, "'Targets' of stack 's' is a string; it takes a list",
		 NULL},
		{"Project: p\nRegions: {e: }\nStacks: {s: {Template: t, Targets: [e, [e]]}}\n",
		 DIAG_MANIFEST_SHAPE, 3, 40,
		 "a target of stack 's' is a list; it takes the name of a region, or {Region: "
		 "NAME}",
		 NULL},
		{"Project: p\nRegions: {e: }\n"
		 "Stacks: {s: {Template: t, Targets: [e], Parameters: {A: {b: c}}}}\n",
		 DIAG_MANIFEST_SHAPE, 3, 57,
		 "parameter 'A' of stack 's' is a map; it takes a text, a number or a list of them",
		 NULL},
		{"Project: p\nRegions: {e: }\n"
		 "Stacks: {s: {Template: t, Targets: [e], Parameters: {A: }}}\n",
		 DIAG_MANIFEST_SHAPE, 3, 57,
		 "parameter 'A' of stack 's' is empty; it takes a text, a number or a list of them",
		 "write ''"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void odd_names_are_refused(void **state)
{
	static const struct fault faults[] = {
		{"Project: my shop\n", DIAG_MANIFEST_NAME, 1, 10,
		 "'Project' of the manifest cannot be 'my shop'", "begins with a letter or digit"},
		{"Project: p\nRegions: {a/b: }\n", DIAG_MANIFEST_NAME, 2, 11,
		 "'a/b' cannot be the name of a region", NULL},
		{"Project: p\nRegions: {e: {Hosts: {'': {Address: a}}}}\n", DIAG_MANIFEST_NAME, 2,
		 23, "'' cannot be the name of a host", NULL},
		{"Project: p\nStacks: {-: {Template: t, Targets: []}}\n", DIAG_MANIFEST_NAME, 2, 10,
		 "'-' cannot be the name of a stack", NULL},
		{"Project: p\nAccounts: {.a: }\n", DIAG_MANIFEST_NAME, 2, 12,
		 "'.a' cannot be the name of an account", NULL},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
	assert_true(manifest_name_valid(TEXT_LIT("web-1.a_B")));
	assert_false(manifest_name_valid(TEXT_LIT("w\xc3\xa4")));
}

static void values_out_of_range_are_refused(void **state)
{
	static const struct fault faults[] = {
		{"Project: p\nState: {Backend: etcd}\n", DIAG_MANIFEST_VALUE, 2, 18,
		 "'Backend' of 'State' cannot be 'etcd'", "the only value is sqlite"},
		{"Project: p\nRegions: {e: {Hosts: {h: {Address: a, Port: 0}}}}\n",
		 DIAG_MANIFEST_VALUE, 2, 45, "'Port' of host 'h' cannot be '0'", "1 to 65535"},
		{"Project: p\nProviders: {ssh: {Port: 70000}}\n", DIAG_MANIFEST_VALUE, 2, 25,
		 "'Port' of provider 'ssh' cannot be '70000'", "1 to 65535"},
		{"Project: p\nProviders: {ssh: {HostKeyPolicy: ignore}}\n", DIAG_MANIFEST_VALUE, 2,
		 34, "'HostKeyPolicy' of provider 'ssh' cannot be 'ignore'",
		 "one of strict, accept-new"},
		{"Project: p\nRegions: {e: {Hosts: {h: {Address: 'me@host'}}}}\n",
		 DIAG_MANIFEST_VALUE, 2, 36, "'me@host' cannot be the address of a host",
		 "keys of their own"},
		{"Project: p\nRegions: {e: {Zones: [a, b, a]}}\n", DIAG_NAME_REPEATED, 2, 29,
		 "'a' appears twice in the list", NULL},
		{"Project: p\nRegions: {e: }\nStacks: {s: {Template: t, Targets: []}}\n",
		 DIAG_MANIFEST_VALUE, 3, 36, "'Targets' of stack 's' is an empty list",
		 "name the regions"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void ssh_settings_are_checked_wherever_they_stand(void **state)
{
	static const struct fault faults[] = {
		{"Project: p\nProviders: {ssh: {Become: su}}\n", DIAG_MANIFEST_VALUE, 2, 27,
		 "'Become' of provider 'ssh' cannot be 'su'", "one of sudo, no"},
		{"Project: p\nProviders: {ssh: {IdentityAgent: perhaps}}\n", DIAG_MANIFEST_VALUE, 2,
		 34, "'IdentityAgent' of provider 'ssh' cannot be 'perhaps'", "one of yes, no"},
		{"Project: p\nRegions: {e: {Providers: {ssh: {ConnectTimeout: 5 minutes}}}}\n",
		 DIAG_MANIFEST_VALUE, 2, 49,
		 "'ConnectTimeout' of provider 'ssh' cannot be '5 minutes'", "at most a minute"},
		{"Project: p\nProviders: {ssh: {ConnectTimeout: 61s}}\n", DIAG_MANIFEST_VALUE, 2,
		 35, "'ConnectTimeout' of provider 'ssh' cannot be '61s'", "at most a minute"},
		{"Project: p\nProviders: {ssh: {ConnectTimeout: 0}}\n", DIAG_MANIFEST_VALUE, 2, 35,
		 "'ConnectTimeout' of provider 'ssh' cannot be '0'", "at most a minute"},
		{"Project: p\nRegions: {e: {Hosts: {h: {Address: a, StateDir: run}}}}\n",
		 DIAG_MANIFEST_VALUE, 2, 49, "'StateDir' of host 'h' cannot be 'run'",
		 "begins with '/' or '~/'"},
		{"Project: p\nProviders: {ssh: {User: a b}}\n", DIAG_MANIFEST_VALUE, 2, 25,
		 "'User' of provider 'ssh' cannot be 'a b'", "no blanks"},
		{"Project: p\nProviders: {ssh: {BecomeUser: -s}}\n", DIAG_MANIFEST_VALUE, 2, 31,
		 "'BecomeUser' of provider 'ssh' cannot be '-s'", "no '-' at its beginning"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void ssh_settings_take_what_the_provider_takes(void **state)
{
	static const char *const good[] = {
		"IdentityAgent: yes",
		"IdentityAgent: false",
		"Become: sudo",
		"Become: 'no'",
		"ConnectTimeout: 5",
		"ConnectTimeout: 1m",
		"ConnectTimeout: 500ms",
		"StateDir: /var/run/x",
		"StateDir: ~/.hadeploy",
		"BecomeUser: www-data",
		"User: deploy",
		"Become: '{{resolve:env:BECOME}}'",
		"ConnectTimeout: '{{resolve:env:TIMEOUT}}'",
		"StateDir: '{{resolve:env:DIR}}'",
		"User: '{{resolve:file:the user}}'",
		"BecomeUser: '{{resolve:file:the user}}'",
	};
	struct reading r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		char text[200];

		snprintf(text, sizeof(text), "Project: p\nProviders: {ssh: {%s}}\n", good[i]);
		r = read_good(text);
		forget(&r);
	}
}

static void names_that_lead_nowhere_are_refused(void **state)
{
	static const struct fault faults[] = {
		{"Project: p\nRegions: {east: }\nStacks: {s: {Template: t, Targets: [eats]}}\n",
		 DIAG_REGION_UNKNOWN, 3, 37, "a target of stack 's' names no region: 'eats'",
		 "did you mean 'east'?"},
		{"Project: p\nStacks: {s: {Template: t, Targets: [{Region: x}]}}\n",
		 DIAG_REGION_UNKNOWN, 2, 46, "a target of stack 's' names no region: 'x'",
		 "add it to the section Regions"},
		{"Project: p\nRegions: {e: }\n"
		 "Stacks: {s: {Template: t, Targets: [{Region: e, Account: prod}]}}\n",
		 DIAG_ACCOUNT_UNKNOWN, 3, 58, "a target of stack 's' names no account: 'prod'",
		 "add it to the section Accounts"},
		{"Project: p\nRegions: {e: }\nStacks: {s: {Template: t, Targets: [e, e]}}\n",
		 DIAG_TARGET_REPEATED, 3, 40, "stack 's' goes to region 'e' twice", NULL},
		{"Project: p\n"
		 "Regions: {e: {Zones: [east-a], Hosts: {h: {Address: a, Zone: eats-a}}}}\n",
		 DIAG_ZONE_UNKNOWN, 2, 62, "region 'e' has no zone 'eats-a'",
		 "did you mean 'east-a'?"},
		{"Project: p\nRegions: {e: {Hosts: {h: {Address: a, Zone: z}}}}\n",
		 DIAG_ZONE_UNKNOWN, 2, 45, "region 'e' has no zone 'z'", "add it to the Zones"},
		{"Project: p\nRegions: {e: {Providers: {shs: {User: x}}}}\n", DIAG_PROVIDER_UNKNOWN,
		 2, 27, "there is no provider 'shs' whose settings region 'e' could change",
		 "did you mean 'ssh'?"},
		{"Project: p\nRegions: {e: {Providers: {ssh: {Use: x}}}}\n",
		 DIAG_MANIFEST_KEY_UNKNOWN, 2, 33, "'Use' cannot differ from region to region",
		 "at the top level"},
		{"Project: p\nProviders: {x: {Use: shs}}\n", DIAG_PROVIDER_UNKNOWN, 2, 22,
		 "there is no provider 'shs' to use", "did you mean 'ssh'?"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void circles_of_stacks_are_shown_whole(void **state)
{
	static const struct fault faults[] = {
		{"Project: p\nRegions: {e: }\nStacks:\n"
		 "  z: {Template: t, Targets: [e], DependsOn: [a]}\n"
		 "  a: {Template: t, Targets: [e], DependsOn: [b]}\n"
		 "  b: {Template: t, Targets: [e], DependsOn: [c]}\n"
		 "  c: {Template: t, Targets: [e], DependsOn: [a]}\n",
		 DIAG_STACK_CYCLE, 7, 46,
		 "stacks depend on each other in a circle: a -> b -> c -> a", "remove one"},
		{"Project: p\nRegions: {e: }\nStacks:\n"
		 "  a: {Template: t, Targets: [e], DependsOn: [a]}\n",
		 DIAG_STACK_CYCLE, 4, 46, "stacks depend on each other in a circle: a -> a", NULL},
		{"Project: p\nRegions: {e: }\nStacks:\n"
		 "  web: {Template: t, Targets: [e], DependsOn: [nework]}\n"
		 "  network: {Template: t, Targets: [e]}\n",
		 DIAG_STACK_UNKNOWN, 4, 48, "stack 'web' depends on 'nework', which is no stack",
		 "did you mean 'network'?"},
		{"Project: p\nRegions: {e: }\nStacks:\n"
		 "  a: {Template: t, Targets: [e], DependsOn: {b: c}}\n",
		 DIAG_MANIFEST_SHAPE, 4, 45,
		 "'DependsOn' of stack 'a' is a map; it takes a list of names", NULL},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

#define POLICY "Project: p\nRegions: {east: {Tags: {tier: prod}}}\nAccounts: {a: {}}\nPolicy: "

static void policies_of_versions_are_read(void **state)
{
	struct reading r = read_good(
		POLICY "\n- {Name: p, RequireCleanTree: true, RequireBranch: [main, 'r/*'], "
		       "RequirePushed: origin, RequireSigned: {AllowedSigners: keys/s, "
		       "Keyring: k, RevokedKeys: r, SameCommitter: true, Tags: true}, "
		       "Regions: [east], Accounts: a, Where: {tier: prod}}\n"
		       "- {RequireCleanTree: false, RequireBranch: main, RequirePushed: true}\n");
	const struct version_policy *p;

	(void)state;
	assert_int_equal(r.m->version_policies.count, 2);
	p = &r.m->version_policies.items[0];
	assert_string_equal(p->name, "p");
	assert_true(p->clean && p->pushed && p->signing->same_committer && p->signing->tags);
	assert_int_equal(p->branch_count, 2);
	assert_string_equal(p->branches[1], "r/*");
	assert_string_equal(p->remote, "origin");
	assert_string_equal(p->signing->signers, "keys/s");
	assert_string_equal(p->signing->keyring, "k");
	assert_string_equal(p->signing->revoked, "r");
	assert_string_equal(p->regions[0], "east");
	assert_string_equal(p->accounts[0], "a");
	assert_int_equal(p->filter.count, 1);
	assert_int_equal(p->pushed_at.start.line, 5);
	p++;
	assert_false(p->clean);
	assert_true(p->pushed && !p->remote && !p->signing);
	assert_int_equal(p->branch_count, 1);
	forget(&r);
}

static void policies_of_versions_that_are_wrong_are_told(void **state)
{
	static const struct fault faults[] = {
		{POLICY "{Deny: [Delete]}\n", DIAG_MANIFEST_KEY_UNKNOWN, 4, 10,
		 "'Deny' is not a key of 'Policy'", NULL},
		{POLICY "{RequireClean: true}\n", DIAG_MANIFEST_KEY_UNKNOWN, 4, 10,
		 "'RequireClean' is not a key of 'Policy'", "RequireCleanTree"},
		{POLICY "{Name: x}\n", DIAG_MANIFEST_KEY_MISSING, 4, 9, "'Policy' requires nothing",
		 NULL},
		{POLICY "[3]\n", DIAG_MANIFEST_SHAPE, 4, 10,
		 "policy 1 is a string; it takes a map, {RequireCleanTree: true, ...}", NULL},
		{POLICY "{RequireSigned: {}}\n", DIAG_MANIFEST_KEY_MISSING, 4, 25,
		 "'RequireSigned' of 'Policy' has neither 'AllowedSigners' nor 'Keyring'",
		 "ssh-keygen"},
		{POLICY "{RequireSigned: {Signers: x}}\n", DIAG_MANIFEST_KEY_UNKNOWN, 4, 26,
		 "'Signers' is not a key of 'RequireSigned' of 'Policy'", NULL},
		{POLICY "{RequireBranch: []}\n", DIAG_MANIFEST_VALUE, 4, 25,
		 "'RequireBranch' of 'Policy' is an empty list", NULL},
		{POLICY "{RequireCleanTree: yes}\n", DIAG_MANIFEST_SHAPE, 4, 28,
		 "'RequireCleanTree' of 'Policy' is 'yes'; it takes true or false", NULL},
		{POLICY "{RequirePushed: true, Regions: [west]}\n", DIAG_REGION_UNKNOWN, 4, 41,
		 "'Regions' of 'Policy' names no region: 'west'", NULL},
		{POLICY "{RequirePushed: true, Accounts: []}\n", DIAG_MANIFEST_VALUE, 4, 41,
		 "'Accounts' of 'Policy' is an empty list", NULL},
		{POLICY "{RequirePushed: true, Where: {teir: prod}}\n", DIAG_TAG_UNKNOWN, 4, 39,
		 "'Where' of 'Policy' asks for tag 'teir', which no region and no account has",
		 "tier"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void all_faults_are_reported_in_one_run(void **state)
{
	struct reading r = read_text("Regions: {east: {Zons: [a]}}\n"
				     "Stacks:\n"
				     "  web: {Targets: [wset]}\n"
				     "Extra: 1\n");
	unsigned line = 0;

	(void)state;
	assert_null(r.m);
	assert_int_equal(r.d.error_count, 5);
	for (const struct diag *g = r.d.first; g; g = g->next) {
		assert_true(g->where.start.line >= line);
		line = g->where.start.line;
	}
	forget(&r);
}

static void a_flood_of_faults_is_cut(void **state)
{
	struct str yaml = STR_INIT;
	struct reading r;

	(void)state;
	for (int i = 0; i < 3000; i++)
		str_printf(&yaml, "Key%d: 1\n", i);
	r = read_text(str_cstr(&yaml));
	assert_in_range(r.d.error_count, 500, 1200);
	forget(&r);
	str_release(&yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regions_and_hosts_are_read),
		cmocka_unit_test(the_name_of_a_region_at_aws_is_known),
		cmocka_unit_test(stacks_and_targets_are_read),
		cmocka_unit_test(predefined_providers_are_always_there),
		cmocka_unit_test(provider_entries_keep_their_settings),
		cmocka_unit_test(limits_of_a_provider_are_the_engines),
		cmocka_unit_test(limits_of_a_provider_are_numbers),
		cmocka_unit_test(state_can_lie_elsewhere),
		cmocka_unit_test(history_is_bounded_as_the_manifest_says),
		cmocka_unit_test(accounts_make_targets_different),
		cmocka_unit_test(a_single_dependency_needs_no_list),
		cmocka_unit_test(empty_sections_are_as_good_as_none),
		cmocka_unit_test(parameters_may_be_lists_and_secrets),
		cmocka_unit_test(unknown_keys_are_named_at_every_level),
		cmocka_unit_test(missing_keys_are_named),
		cmocka_unit_test(wrong_shapes_are_named),
		cmocka_unit_test(odd_names_are_refused),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(ssh_settings_are_checked_wherever_they_stand),
		cmocka_unit_test(ssh_settings_take_what_the_provider_takes),
		cmocka_unit_test(names_that_lead_nowhere_are_refused),
		cmocka_unit_test(circles_of_stacks_are_shown_whole),
		cmocka_unit_test(policies_of_versions_are_read),
		cmocka_unit_test(policies_of_versions_that_are_wrong_are_told),
		cmocka_unit_test(all_faults_are_reported_in_one_run),
		cmocka_unit_test(a_flood_of_faults_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
