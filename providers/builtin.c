#include "providers/builtin.h"

#include "providers/aws/aws_provider.h"
#include "providers/powerdns/powerdns_provider.h"
#include "providers/probe/probe_provider.h"
#include "providers/rest/rest.h"
#include "providers/sim/sim_provider.h"
#include "providers/ssh/ssh_provider.h"

const struct hd_provider *const builtin_providers[] = {&hadeploy_provider_ssh,
						       &hadeploy_provider_rest,
						       &hadeploy_provider_aws,
						       &hadeploy_provider_sim,
						       &hadeploy_provider_powerdns,
						       &hadeploy_provider_probe,
						       NULL};
