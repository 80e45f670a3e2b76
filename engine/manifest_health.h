/*
 * manifest_health.h - what the files of the section HealthChecks share.
 *
 * For manifest_health*.c alone.
 */
#ifndef ENGINE_MANIFEST_HEALTH_H
#define ENGINE_MANIFEST_HEALTH_H

#include "engine/health/health.h"
#include "engine/manifest_read.h"

/* "'Port' of health check 'db'" */
const char *health_key(struct manifest_reader *r, const char *key,
		       const struct manifest_part *part);
/* A number from 1 to 65535, or a variable. */
key_set_fn health_check_port;
/* A text for sh -c, or a program and its arguments. */
key_set_fn health_check_command;
/* A map of texts. */
key_set_fn health_check_environment;

/* Of every type. */
extern const struct manifest_keys health_common_keys;
/* Keys of databases, names and commands on hosts: manifest_health_more.c. */
extern const struct manifest_keys health_postgres_keys, health_dns_keys, health_ssh_keys;
/* From where: the same file. */
key_set_fn health_set_from, health_set_quorum;
/* What only several keys together can show. */
void health_check_more(struct manifest_reader *r, const struct manifest_part *part,
		       struct manifest_check *c);

#endif
