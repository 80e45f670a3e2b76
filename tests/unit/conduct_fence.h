/* conduct_fence.h - the runbook of a failover from east to west, in pieces: what fences, what
 * promotes. */
#ifndef TESTS_UNIT_CONDUCT_FENCE_H
#define TESTS_UNIT_CONDUCT_FENCE_H

#include "tests/unit/conduct_bench.h"

#define AT "Region: east, Roles: [web]"
#define FROM_TO "Parameters: {From: {Type: Region}, To: {Type: Region}}\n"
#define PROMOTE                                                                \
	"  - {Name: promote, Type: Command, Promotes: true, Region: !Ref To, " \
	"Roles: [db], Command: ok}\n"
#define FENCE(more)                                                               \
	"  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, " more \
	"By: [{Name: stop, Type: Command, Region: !Ref From, Roles: [db], Command: %s}]}\n"

/* The parameters of all that is run from here on. */
static inline void east_to_west(struct conduct_bench *c)
{
	static const struct parameter_given both[] = {{"From", "east"}, {"To", "west"}};

	c->q.parameters = both;
	c->q.parameter_count = 2;
}

#endif
