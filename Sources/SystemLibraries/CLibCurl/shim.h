#pragma once
// The part of libcurl's stable interface (curl/curl.h and curl/multi.h, 7.85 and later) that is used here, declared by ourselves: the
// library is found at run time, on first use, because loading its thirty libraries takes longer than all else at start-up; and its
// development package is not needed to build. Variadic functions are not imported into Swift: hence a typed wrapper for each argument type.
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

typedef void dr_curl_easy;    // CURL
typedef void dr_curl_multi;   // CURLM
struct dr_curl_list;          // curl_slist
typedef struct { int32_t kind; dr_curl_easy *easy; union { void *other; int32_t result; } data; } dr_curl_message;  // CURLMsg
typedef size_t (*dr_curl_data_fn)(char *bytes, size_t size, size_t count, void *context);
typedef int (*dr_curl_seek_fn)(void *context, int64_t offset, int origin);

enum {  // CURLoption
  dr_curlopt_low_speed_limit = 19, dr_curlopt_low_speed_time = 20, dr_curlopt_nobody = 44, dr_curlopt_upload = 46, dr_curlopt_post = 47,
  dr_curlopt_followlocation = 52, dr_curlopt_maxredirs = 68, dr_curlopt_http_version = 84, dr_curlopt_buffersize = 98,
  dr_curlopt_nosignal = 99, dr_curlopt_use_ssl = 119, dr_curlopt_connect_only = 141, dr_curlopt_timeout_ms = 155, dr_curlopt_connecttimeout_ms = 156,
  dr_curlopt_tcp_keepalive = 213, dr_curlopt_path_as_is = 234, dr_curlopt_upload_buffersize = 280,
  dr_curlopt_writedata = 10001, dr_curlopt_url = 10002, dr_curlopt_readdata = 10009, dr_curlopt_errorbuffer = 10010,
  dr_curlopt_useragent = 10018, dr_curlopt_httpheader = 10023, dr_curlopt_headerdata = 10029, dr_curlopt_customrequest = 10036,
  dr_curlopt_cainfo = 10065, dr_curlopt_copypostfields = 10165, dr_curlopt_seekdata = 10168,
  dr_curlopt_noproxy = 10177, dr_curlopt_mail_from = 10186, dr_curlopt_mail_rcpt = 10187, dr_curlopt_protocols_str = 10318, dr_curlopt_redir_protocols_str = 10319,
  dr_curlopt_writefunction = 20011, dr_curlopt_readfunction = 20012, dr_curlopt_headerfunction = 20079, dr_curlopt_seekfunction = 20167,
  dr_curlopt_infilesize_large = 30115, dr_curlopt_postfieldsize_large = 30120,
};
enum { dr_curlinfo_response_code = 0x200002, dr_curlinfo_os_errno = 0x200019, dr_curlinfo_connect_time = 0x600034 };  // CURLINFO
enum {  // CURLcode
  dr_curle_ok = 0, dr_curle_unsupported_protocol = 1, dr_curle_url_malformat = 3, dr_curle_resolve_proxy = 5, dr_curle_resolve_host = 6,
  dr_curle_connect = 7, dr_curle_weird = 8, dr_curle_http = 22, dr_curle_out_of_memory = 27, dr_curle_timed_out = 28, dr_curle_ssl_connect = 35, dr_curle_too_many_redirects = 47,
  dr_curle_unknown_option = 48, dr_curle_got_nothing = 52, dr_curle_send = 55, dr_curle_no_tls = 64, dr_curle_login = 67, dr_curle_certificate = 60, dr_curle_ca_file = 77,
};
enum { dr_curlmsg_done = 1, dr_curl_error_size = 256, dr_curl_http_1_1 = 2, dr_curl_writefunc_pause = 0x10000001, dr_curl_use_ssl_all = 3 };

struct dr_curl_library {
  int loaded;
  int32_t (*curl_global_init)(long);
  dr_curl_easy *(*curl_easy_init)(void);
  void (*curl_easy_cleanup)(dr_curl_easy *);
  int32_t (*curl_easy_setopt)(dr_curl_easy *, int32_t, ...);
  int32_t (*curl_easy_getinfo)(dr_curl_easy *, int32_t, ...);
  int32_t (*curl_easy_pause)(dr_curl_easy *, int);
  const char *(*curl_easy_strerror)(int32_t);
  struct dr_curl_list *(*curl_slist_append)(struct dr_curl_list *, const char *);
  void (*curl_slist_free_all)(struct dr_curl_list *);
  dr_curl_multi *(*curl_multi_init)(void);
  int32_t (*curl_multi_cleanup)(dr_curl_multi *);
  int32_t (*curl_multi_add_handle)(dr_curl_multi *, dr_curl_easy *);
  int32_t (*curl_multi_remove_handle)(dr_curl_multi *, dr_curl_easy *);
  int32_t (*curl_multi_perform)(dr_curl_multi *, int *);
  int32_t (*curl_multi_poll)(dr_curl_multi *, void *, unsigned, int, int *);
  int32_t (*curl_multi_wakeup)(dr_curl_multi *);
  dr_curl_message *(*curl_multi_info_read)(dr_curl_multi *, int *);
};

static struct dr_curl_library dr_curl_library = {0};  // Without a value Swift does not emit it.
static pthread_once_t dr_curl_once = PTHREAD_ONCE_INIT;

static inline void dr_curl_find(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
#define DR_CURL_FIND(name) if (!(dr_curl_library.name = (__typeof__(dr_curl_library.name))dlsym(library, #name))) return;
  DR_CURL_FIND(curl_global_init)
  DR_CURL_FIND(curl_easy_init)
  DR_CURL_FIND(curl_easy_cleanup)
  DR_CURL_FIND(curl_easy_setopt)
  DR_CURL_FIND(curl_easy_getinfo)
  DR_CURL_FIND(curl_easy_pause)
  DR_CURL_FIND(curl_easy_strerror)
  DR_CURL_FIND(curl_slist_append)
  DR_CURL_FIND(curl_slist_free_all)
  DR_CURL_FIND(curl_multi_init)
  DR_CURL_FIND(curl_multi_cleanup)
  DR_CURL_FIND(curl_multi_add_handle)
  DR_CURL_FIND(curl_multi_remove_handle)
  DR_CURL_FIND(curl_multi_perform)
  DR_CURL_FIND(curl_multi_poll)
  DR_CURL_FIND(curl_multi_wakeup)
  DR_CURL_FIND(curl_multi_info_read)
#undef DR_CURL_FIND
  dr_curl_library.loaded = dr_curl_library.curl_global_init(3) == 0;  // CURL_GLOBAL_DEFAULT; a second call only counts.
}

// Each object file that includes this has a table of its own, filled on its first use.
static inline struct dr_curl_library *dr_curl(void) {
  pthread_once(&dr_curl_once, dr_curl_find);
  return &dr_curl_library;
}

// Whether libcurl is there. Nothing below may be called before this has answered 1.
static inline int dr_curl_loaded(void) { return dr_curl()->loaded; }

static inline dr_curl_easy *dr_curl_easy_init(void) { return dr_curl()->curl_easy_init(); }
static inline void dr_curl_easy_cleanup(dr_curl_easy *h) { dr_curl()->curl_easy_cleanup(h); }
static inline long dr_curl_set_long(dr_curl_easy *h, long o, long v) { return dr_curl()->curl_easy_setopt(h, (int32_t)o, v); }
static inline long dr_curl_set_size(dr_curl_easy *h, long o, int64_t v) { return dr_curl()->curl_easy_setopt(h, (int32_t)o, v); }
static inline long dr_curl_set_text(dr_curl_easy *h, long o, const char *v) { return dr_curl()->curl_easy_setopt(h, (int32_t)o, v); }
static inline long dr_curl_set_pointer(dr_curl_easy *h, long o, void *v) { return dr_curl()->curl_easy_setopt(h, (int32_t)o, v); }
static inline long dr_curl_set_list(dr_curl_easy *h, long o, struct dr_curl_list *v) {
  return dr_curl()->curl_easy_setopt(h, (int32_t)o, v);
}
static inline long dr_curl_set_data_fn(dr_curl_easy *h, long o, dr_curl_data_fn v) { return dr_curl()->curl_easy_setopt(h, (int32_t)o, v); }
static inline long dr_curl_set_seek_fn(dr_curl_easy *h, long o, dr_curl_seek_fn v) { return dr_curl()->curl_easy_setopt(h, (int32_t)o, v); }
static inline long dr_curl_get_long(dr_curl_easy *h, long i, long *v) { return dr_curl()->curl_easy_getinfo(h, (int32_t)i, v); }
static inline long dr_curl_get_size(dr_curl_easy *h, long i, int64_t *v) { return dr_curl()->curl_easy_getinfo(h, (int32_t)i, v); }
static inline int32_t dr_curl_go_on(dr_curl_easy *h) { return dr_curl()->curl_easy_pause(h, 0); }  // CURLPAUSE_CONT
static inline const char *dr_curl_words(long code) { return dr_curl()->curl_easy_strerror((int32_t)code); }
static inline struct dr_curl_list *dr_curl_list_append(struct dr_curl_list *l, const char *v) { return dr_curl()->curl_slist_append(l, v); }
static inline void dr_curl_list_free(struct dr_curl_list *l) { dr_curl()->curl_slist_free_all(l); }
static inline dr_curl_multi *dr_curl_multi_init(void) { return dr_curl()->curl_multi_init(); }
static inline int32_t dr_curl_multi_cleanup(dr_curl_multi *m) { return dr_curl()->curl_multi_cleanup(m); }
static inline int32_t dr_curl_multi_add(dr_curl_multi *m, dr_curl_easy *h) { return dr_curl()->curl_multi_add_handle(m, h); }
static inline int32_t dr_curl_multi_remove(dr_curl_multi *m, dr_curl_easy *h) { return dr_curl()->curl_multi_remove_handle(m, h); }
static inline int32_t dr_curl_multi_perform(dr_curl_multi *m, int *running) { return dr_curl()->curl_multi_perform(m, running); }
static inline int32_t dr_curl_multi_poll(dr_curl_multi *m, int ms) { return dr_curl()->curl_multi_poll(m, 0, 0, ms, 0); }
static inline int32_t dr_curl_multi_wakeup(dr_curl_multi *m) { return dr_curl()->curl_multi_wakeup(m); }
static inline dr_curl_message *dr_curl_multi_next_message(dr_curl_multi *m, int *left) { return dr_curl()->curl_multi_info_read(m, left); }
