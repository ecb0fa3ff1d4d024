#pragma once
// What a store in a folder needs of Linux and the C library declares for its extensions only.
#include <sys/syscall.h>
#include <unistd.h>

// Renames a file to a name that nothing bears yet (RENAME_NOREPLACE). 0, or -1 with errno: EEXIST where there is something, EINVAL or
// ENOSYS where the file system or the kernel cannot.
static inline int dr_rename_if_absent(int from_folder, const char *from, int to_folder, const char *to) {
  return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 1u);
}
