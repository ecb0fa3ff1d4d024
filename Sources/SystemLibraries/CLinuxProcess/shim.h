#pragma once
// What a supervisor of child processes needs of Linux and Swift cannot call itself: prctl is variadic, and between fork and exec
// only async-signal-safe calls are allowed, which Swift code does not promise.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <linux/memfd.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// Orphans among this process's descendants become its children instead of init's. 0, or -1 with errno.
static inline int dr_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

// This process gets `signal_number` when its parent, or the parent's thread that started it, ends. 0, or -1 with errno.
static inline int dr_signal_at_parent_death(int signal_number) { return prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0); }

// The heap grows by so many bytes at once, the first time in huge pages where Linux gives them on request: touched in a hundredth of the page faults.
// For a process with one thread only.
static inline void dr_grow_heap_by(int bytes) {
  if (mallopt(M_TOP_PAD, bytes) != 1) return;
  uintptr_t before = (uintptr_t)sbrk(0);
  // What is left of the piece that the heap began with is taken first, in parts that are too small for a mapping of their own.
  void *taken[8];
  int count = 0;
  while (count < 8 && (uintptr_t)sbrk(0) == before) taken[count++] = malloc(100 << 10);
  while (count > 0) free(taken[--count]);
  uintptr_t huge = 2 << 20, start = (before + huge - 1) / huge * huge, end = (uintptr_t)sbrk(0);
  if (end > start) madvise((void *)start, end - start, MADV_HUGEPAGE);
}

// The name that ps and pkill show, at most 15 bytes.
static inline int dr_set_process_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

// A file in memory, without a name and closed by exec. Its descriptor, or -1 with errno.
static inline int dr_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC); }

// Starts a program with this process's environment, descriptors 0 to 2, group and session; signals as a login shell has them.
// It is killed when this process ends. Returns its pid, or -1 with the reason in *failure (an errno value).
// For a process with one thread only.
static inline pid_t dr_start_program(const char *path, char *const *arguments, int *failure) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) { *failure = errno; return -1; }
  pid_t self = getpid();
  pid_t child = fork();
  if (child == 0) {
    int code = 0;
    sigset_t none;
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) code = errno;
    if (getppid() != self) _exit(127);
    if (code == 0) { execv(path, arguments); code = errno; }
    ssize_t written = write(ends[1], &code, sizeof code);
    _exit(written == sizeof code ? 127 : 126);
  }
  int code = child < 0 ? errno : 0;
  close(ends[1]);
  if (child > 0) {
    ssize_t count;
    do count = read(ends[0], &code, sizeof code); while (count < 0 && errno == EINTR);
    if (count != sizeof code) code = 0;  // Closed by exec: the program runs.
  }
  close(ends[0]);
  *failure = code;
  return code == 0 ? child : -1;
}
