/*
 * schema.h - the resource types that sim has of its own, as JSON.
 *
 * Characters only, so that the bytes are one JSON text (without NUL).
 */
#ifndef PROVIDERS_SIM_SCHEMA_H
#define PROVIDERS_SIM_SCHEMA_H

/* clang-format off */
#define SIM_JSON(...) #__VA_ARGS__

#define SIM_SCHEMA \
	"{\"types\": {" SIM_JSON("Sim::Node": {"version": 1, \
	"description": "Something in the simulated cloud, with any properties.", \
	"properties": { \
		"Id": {"type": "string", "description": "What the cloud calls it"}}, \
	"additionalProperties": true, "actions": {"promote": {}, "failover": {}, "restart": {}}, \
	"readOnlyProperties": ["/properties/Id"], \
	"primaryIdentifier": ["/properties/Id"]}) "}}"
/* clang-format on */

#endif
