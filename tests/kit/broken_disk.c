/* A disk that breaks: loaded before the C library, it lets what is written below one folder fail from the n-th
   call on, as a full or a broken disk would. What is removed or read succeeds. Driven by broken_disk.py. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[PATH_MAX];
static long left = -1, seen;
static int number;

/* From now on the calls below `where` fail with `error`, but for the first `after` of them; -1: none fails. */
void disk_breaks(const char *where, long after, int error) {
    snprintf(folder, sizeof folder, "%s", where);
    left = after, seen = 0, number = error;
}

long disk_calls(void) { return seen; }

static int below(const char *path) { return folder[0] && path && !strncmp(path, folder, strlen(folder)); }

static int fails(const char *path) {
    if (!below(path)) return 0;
    if (left < 0 || seen++ < left) { seen += left < 0; return 0; }
    errno = number;
    return 1;
}

static int fails_of(int fd) {
    char link[64], path[PATH_MAX];
    int before = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = folder[0] ? readlink(link, path, sizeof path - 1) : -1;
    errno = before;
    if (size < 0) return 0;
    path[size] = 0;
    return fails(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        if ((flags & O_ACCMODE) != O_RDONLY && fails(path)) return -1; \
        return REAL(name)(path, flags, mode); \
    }
#define OPENAT(name) \
    int name(int at, const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        if ((flags & O_ACCMODE) != O_RDONLY && fails(path)) return -1; \
        return REAL(name)(at, path, flags, mode); \
    }
#define ON_FILE(type, name, parameters, ...) \
    type name parameters { return fails_of(fd) ? -1 : REAL(name)(__VA_ARGS__); }
#define ON_PATH(name, parameters, ...) \
    int name parameters { return fails(path) ? -1 : REAL(name)(__VA_ARGS__); }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
ON_FILE(ssize_t, write, (int fd, const void *data, size_t size), fd, data, size)
ON_FILE(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), fd, data, size, at)
ON_FILE(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), fd, data, size, at)
ON_FILE(ssize_t, writev, (int fd, const struct iovec *parts, int count), fd, parts, count)
ON_FILE(ssize_t, copy_file_range, (int in, off64_t *from, int fd, off64_t *to, size_t size, unsigned flags), in, from, fd, to, size, flags)
ON_FILE(ssize_t, sendfile, (int fd, int in, off_t *from, size_t size), fd, in, from, size)
ON_FILE(ssize_t, sendfile64, (int fd, int in, off64_t *from, size_t size), fd, in, from, size)
ON_FILE(int, ftruncate, (int fd, off_t size), fd, size)
ON_FILE(int, ftruncate64, (int fd, off64_t size), fd, size)
ON_FILE(int, fsync, (int fd), fd)
ON_FILE(int, fdatasync, (int fd), fd)
ON_PATH(mkdir, (const char *path, mode_t mode), path, mode)
ON_PATH(rename, (const char *old, const char *path), old, path)
ON_PATH(renameat, (int from, const char *old, int to, const char *path), from, old, to, path)
ON_PATH(linkat, (int from, const char *old, int to, const char *path, int flags), from, old, to, path, flags)
ON_PATH(link, (const char *old, const char *path), old, path)

/* These two give their error back instead of setting errno. */
int posix_fallocate(int fd, off_t from, off_t size) {
    return fails_of(fd) ? number : REAL(posix_fallocate)(fd, from, size);
}
int posix_fallocate64(int fd, off64_t from, off64_t size) {
    return fails_of(fd) ? number : REAL(posix_fallocate64)(fd, from, size);
}
