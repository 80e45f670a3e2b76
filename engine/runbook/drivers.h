/*
 * drivers.h - the drivers there are, one file each: driver.c lists them.
 */
#ifndef ENGINE_RUNBOOK_DRIVERS_H
#define ENGINE_RUNBOOK_DRIVERS_H

#include "engine/runbook/driver.h"

extern const struct step_driver driver_command; /* on hosts */
extern const struct step_driver driver_http;
extern const struct step_driver driver_notify;
extern const struct step_driver driver_traffic; /* weights of routes, with a gate after each */
extern const struct step_driver driver_action;  /* of a recorded resource */
extern const struct step_driver driver_apply;   /* an engine within */

#endif
