#pragma once
// The part of zstd's stable streaming API (zstd.h, since 1.4.0) that is used here, declared by ourselves: the library is found at
// run time, on first use, and its development package is not needed to build.
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

typedef struct dr_zstd_cctx dr_zstd_cctx;  // ZSTD_CCtx
typedef struct dr_zstd_dctx dr_zstd_dctx;  // ZSTD_DCtx
typedef struct { const void *src; size_t size; size_t pos; } dr_zstd_in;  // ZSTD_inBuffer
typedef struct { void *dst; size_t size; size_t pos; } dr_zstd_out;       // ZSTD_outBuffer

enum { dr_zstd_level = 100, dr_zstd_checksum = 201 };  // ZSTD_c_compressionLevel, ZSTD_c_checksumFlag
enum { dr_zstd_continue = 0, dr_zstd_end = 2 };        // ZSTD_e_continue, ZSTD_e_end

struct dr_zstd_library {
  int loaded;
  dr_zstd_cctx *(*ZSTD_createCCtx)(void);
  size_t (*ZSTD_freeCCtx)(dr_zstd_cctx *);
  size_t (*ZSTD_CCtx_setParameter)(dr_zstd_cctx *, int, int);
  size_t (*ZSTD_compressStream2)(dr_zstd_cctx *, dr_zstd_out *, dr_zstd_in *, int);
  dr_zstd_dctx *(*ZSTD_createDCtx)(void);
  size_t (*ZSTD_freeDCtx)(dr_zstd_dctx *);
  size_t (*ZSTD_decompressStream)(dr_zstd_dctx *, dr_zstd_out *, dr_zstd_in *);
  unsigned (*ZSTD_isError)(size_t);
  const char *(*ZSTD_getErrorName)(size_t);
};

static struct dr_zstd_library dr_zstd_library = {0};
static pthread_once_t dr_zstd_once = PTHREAD_ONCE_INIT;

static inline void dr_zstd_find(void) {
  void *library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
#define DR_ZSTD_FIND(name) if (!(dr_zstd_library.name = (__typeof__(dr_zstd_library.name))dlsym(library, #name))) return;
  DR_ZSTD_FIND(ZSTD_createCCtx)
  DR_ZSTD_FIND(ZSTD_freeCCtx)
  DR_ZSTD_FIND(ZSTD_CCtx_setParameter)
  DR_ZSTD_FIND(ZSTD_compressStream2)
  DR_ZSTD_FIND(ZSTD_createDCtx)
  DR_ZSTD_FIND(ZSTD_freeDCtx)
  DR_ZSTD_FIND(ZSTD_decompressStream)
  DR_ZSTD_FIND(ZSTD_isError)
  DR_ZSTD_FIND(ZSTD_getErrorName)
#undef DR_ZSTD_FIND
  dr_zstd_library.loaded = 1;
}

static inline struct dr_zstd_library *dr_zstd(void) {
  pthread_once(&dr_zstd_once, dr_zstd_find);
  return &dr_zstd_library;
}

/// Whether libzstd is there, with all that is used of it. Nothing below may be called where it is not.
static inline int dr_zstd_available(void) { return dr_zstd()->loaded; }

static inline dr_zstd_cctx *dr_zstd_create_compressor(void) { return dr_zstd()->ZSTD_createCCtx(); }
static inline void dr_zstd_free_compressor(dr_zstd_cctx *c) { dr_zstd()->ZSTD_freeCCtx(c); }
static inline size_t dr_zstd_set(dr_zstd_cctx *c, int parameter, int value) { return dr_zstd()->ZSTD_CCtx_setParameter(c, parameter, value); }
static inline size_t dr_zstd_compress(dr_zstd_cctx *c, dr_zstd_out *out, dr_zstd_in *in, int directive) {
  return dr_zstd()->ZSTD_compressStream2(c, out, in, directive);
}
static inline dr_zstd_dctx *dr_zstd_create_decompressor(void) { return dr_zstd()->ZSTD_createDCtx(); }
static inline void dr_zstd_free_decompressor(dr_zstd_dctx *d) { dr_zstd()->ZSTD_freeDCtx(d); }
static inline size_t dr_zstd_decompress(dr_zstd_dctx *d, dr_zstd_out *out, dr_zstd_in *in) { return dr_zstd()->ZSTD_decompressStream(d, out, in); }
static inline int dr_zstd_is_error(size_t code) { return dr_zstd()->ZSTD_isError(code) != 0; }
static inline const char *dr_zstd_error_name(size_t code) { return dr_zstd()->ZSTD_getErrorName(code); }
