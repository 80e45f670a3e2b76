/* refer.c - what steps say of each other. */
#include "engine/runbook/language.h"

void runbook_check_references(struct runbook_reader *r)
{
	(void)r;
}
