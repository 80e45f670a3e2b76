/* state_network.c - file systems of other machines, which recorded state cannot live on. */
#include "engine/state_sqlite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "base/file.h"

#define FUSE_MAGIC 0x65735546ul
#define MOUNTINFO_LEN_MAX ((size_t)4 << 20)

/* man 2 statfs, and linux/magic.h of 6.1. */
static const struct {
	unsigned long magic;
	const char *kind;
} network_magics[] = {
	{0x6969, "nfs"},        {0x517b, "smb"},       {0xff534d42, "cifs"},
	{0xfe534d42, "smb3"},   {0x00c36400, "ceph"},  {0x5346414f, "afs"},
	{0x6b414653, "afs"},    {0x73757245, "coda"},  {0x0bd00bd0, "lustre"},
	{0x47504653, "gpfs"},   {0x7461636f, "ocfs2"}, {0x01161970, "gfs2"},
	{0x19830326, "beegfs"}, {0x564c, "ncp"},       {0x20030528, "orangefs"},
};

/* FUSE is also what containers and some local disks are mounted with, so only these. */
static const char *const network_fuse_types[] = {
	"fuse.sshfs",     "fuse.s3fs",     "fuse.rclone",   "fuse.gcsfuse",   "fuse.glusterfs",
	"fuse.davfs2",    "fuse.davfs",    "fuse.ceph",     "fuse.ceph-fuse", "fuse.curlftpfs",
	"fuse.moosefs",   "fuse.juicefs",  "fuse.goofys",   "fuse.mount-s3",  "fuse.blobfuse",
	"fuse.blobfuse2", "fuse.smbnetfs", "fuse.lizardfs", "fuse.seaweedfs", "fuse.hdfs",
};

const char *state_network_kind(unsigned long magic, const char *type)
{
	for (size_t i = 0; i < ARRAY_LEN(network_magics); i++)
		if (network_magics[i].magic == magic)
			return network_magics[i].kind;
	if (magic != FUSE_MAGIC || !type)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(network_fuse_types); i++)
		if (strcmp(network_fuse_types[i], type) == 0)
			return network_fuse_types[i];
	return NULL;
}

/* A line of mountinfo: "36 35 98:0 / /mnt rw,noatime shared:1 - ext4 /dev/root rw". */
static bool mount_line_type(struct text line, const char *device, struct text *type)
{
	struct text_split fields = text_split_start(line);
	struct text field;

	for (int i = 0; i < 3; i++)
		if (!text_next(&fields, ' ', &field))
			return false;
	if (!text_is(field, device))
		return false;
	while (text_next(&fields, ' ', &field))
		if (text_is(field, "-"))
			return text_next(&fields, ' ', type);
	return false;
}

/* The file system's name in mountinfo, or NULL. */
static const char *mount_type(struct arena *a, dev_t device)
{
	const char *found = NULL;
	struct str mounts = STR_INIT;
	struct text_split lines;
	struct text line, type;
	char wanted[32];

	snprintf(wanted, sizeof(wanted), "%u:%u", major(device), minor(device));
	if (file_read("/proc/self/mountinfo", MOUNTINFO_LEN_MAX, &mounts) == 0) {
		lines = text_split_start(str_text(&mounts));
		while (!found && text_next(&lines, '\n', &line))
			if (mount_line_type(line, wanted, &type))
				found = arena_text(a, type);
	}
	str_release(&mounts);
	return found;
}

/* mountinfo is read for FUSE alone: it may be long. */
static const char *folder_kind(struct arena *a, const char *folder)
{
	struct statfs fs;
	unsigned long magic;
	struct stat st;

	if (statfs(folder, &fs) != 0 || stat(folder, &st) != 0)
		return NULL;
	magic = (unsigned long)fs.f_type & 0xfffffffful;
	return state_network_kind(magic, magic == FUSE_MAGIC ? mount_type(a, st.st_dev) : NULL);
}

int state_network_refuse(const char *path, const char *folder, struct diags *d)
{
	struct arena *a = arena_new();
	const char *kind = folder_kind(a, folder);
	struct diag *g;

	if (kind) {
		g = diag_add(d, DIAG_STATE_NETWORK, RANGE_NONE,
			     "recorded state '%s' would be on a network file system (%s)", path,
			     kind);
		diag_detail(d, g,
			    "its locks and shared memory do not reach from one machine to "
			    "another, so two runs could ruin the file");
		diag_hint(d, g, "move the project to a local disk");
	}
	arena_free(a);
	return kind ? -1 : 0;
}
