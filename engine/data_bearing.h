/*
 * data_bearing.h - resources that hold data which nobody could make anew.
 */
#ifndef ENGINE_DATA_BEARING_H
#define ENGINE_DATA_BEARING_H

#include "engine/plan.h"

/*
 * The change takes a resource away, or puts an empty one in its place, that holds data: its
 * type is known for it (databases, volumes, buckets, queues, keys and the like; what CloudFormation
 * warns of when a stack would delete it), its provider can keep a snapshot of it, or the
 * template or its record says Retain or Snapshot.
 */
bool change_loses_data(const struct change *c);

#endif
