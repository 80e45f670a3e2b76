/*
 * simulation.h - a rehearsal: the provider sim answers all calls, in a state and a cloud of
 * their own, and time passes only when everybody waits.
 *
 * simulation_new before the project is opened (its clock is the engine's from then on);
 * simulation_begin when the manifest is read: .hadeploy/simulate/ gets a copy of what is
 * recorded; simulation_seed once sessions can be opened: what is recorded is in the cloud too.
 * simulation_free after the sessions are closed.  One rehearsal per project at a time.
 */
#ifndef ENGINE_SIMULATION_H
#define ENGINE_SIMULATION_H

#include "engine/engine.h"

#define SIMULATION_PROVIDER "sim"

struct simulation;

struct simulation *simulation_new(enum engine_world world);
/* A part of one that is going on: the same cloud and state, and a time that starts now and passes
 * by itself, so that parts can be side by side. */
struct simulation *simulation_within(struct simulation *whole);
void simulation_free(struct simulation *s); /* accepts NULL */
/* Starts at the wall clock's time, and moves only in simulation_pass. */
struct clock *simulation_clock(struct simulation *s);
/* engine_idle.pass; context: the simulation. */
void simulation_pass(void *context, int64_t wait_ms);

/* 0, or -1: another rehearsal is going on, or the folder cannot be used. */
int simulation_begin(struct simulation *s, struct engine *e, struct diags *d);
/* What is recorded is made known to the cloud.  0 or -1. */
int simulation_seed(struct simulation *s, struct engine *e, struct diags *d);

const char *simulation_state_path(const struct simulation *s);
/* Where the state of this project's rehearsals lies. */
const char *simulation_path(struct arena *a, const struct manifest *m);
/* The manifest's entry whose settings hold: the first that uses sim, else none of its own. */
const struct manifest_provider *simulation_entry(const struct manifest *m);
/* The settings of sim with what the rehearsal adds. */
const char *simulation_config(const struct simulation *s, struct arena *a, const char *settings);

/* Keeps the longest changes. */
void simulation_note(struct simulation *s, const struct event *ev);
const struct long_change *simulation_longest(const struct simulation *s, size_t *count);

#endif
