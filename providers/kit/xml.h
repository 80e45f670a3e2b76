/*
 * xml.h - XML answers as JSON, and JSON as XML bodies; libxml2 is included by this file's .c alone.
 *
 * Reading drops namespaces, comments, and white space between elements.  An element without
 * elements and attributes is its text (a string, "" when empty); else an object: attributes as
 * "@name", its elements by name, several of a name as a list; text beside elements as "#text".  An
 * element all of whose children are called "member", or all "item", is the list of them, also of
 * one.  No entity, DTD or file is ever loaded: a document type is refused.  Depth and size are
 * bounded (limits.h).
 *
 * Writing takes the same form back: {"A": {"@xmlns": "...", "B": ["1", "2"]}} is
 * <A xmlns="..."><B>1</B><B>2</B></A>; null is left out, true and numbers are written as in JSON,
 * members in their order.  Control characters that XML cannot hold are refused.
 */
#ifndef PROVIDERS_KIT_XML_H
#define PROVIDERS_KIT_XML_H

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

/* New reference: {"Root": {...}}.  NULL when it is no XML; *why, if not NULL, says so in the arena
 * without quoting the text. */
json_t *xml_read(struct text t, struct arena *a, const char **why);
/* Appends a document of one root element.  -1 with *out as before when j is no object with one
 * member, a list is the root or directly in a list, or a name or a text cannot be written as
 * XML. */
int xml_write(const json_t *j, struct str *out);

#endif
