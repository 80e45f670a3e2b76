/*
 * include.h - AWS::Include: snippets of other files put into the syntax tree.
 *
 * Private to templates/.  `Fn::Transform: {Name: AWS::Include, Parameters: {Location: PATH}}`
 * is replaced by what the file holds: beside other keys its keys join them, alone the whole
 * content takes the place.  At the top level `Transform: {Name: AWS::Include, ...}`, also in a
 * list of transforms, does the same with the sections.  Included nodes keep their place in
 * the file they come from.  Snippets may include others.
 */
#ifndef TEMPLATES_INCLUDE_H
#define TEMPLATES_INCLUDE_H

#include "templates/template_files.h"

/*
 * The tree of the file with everything included; what was included at the top level is gone
 * from its section Transform.  Root itself when there is nothing to include.  NULL after an
 * error; a snippet that lies elsewhere is told once, because it is about all of the template.
 */
const struct node *include_expand(struct template_file *file, const struct node *root,
				  struct diags *d);

#endif
