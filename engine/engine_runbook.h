/*
 * engine_runbook.h - the other half of engine.h's face: runbooks, their executions, and what
 * starts them by itself.
 *
 * Apart from it because whoever carries out changes knows steps of another kind (walk.h).
 */
#ifndef ENGINE_ENGINE_RUNBOOK_H
#define ENGINE_ENGINE_RUNBOOK_H

#include "engine/engine.h"
#include "engine/health/look.h"
#include "engine/recreation.h"
#include "engine/restore.h"
#include "engine/runbook/conduct.h"
#include "engine/runbook/readiness.h"
#include "engine/runbook/report.h"
#include "engine/watch/status.h"
#include "engine/watch/watch.h"

#endif
