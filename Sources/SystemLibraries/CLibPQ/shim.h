#pragma once
// Types come from libpq's own header; its functions are found at run time, on first use. Nothing of libpq is linked, so a command
// that talks to no database does not pay for loading libpq and the thirty libraries behind it.
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#include <postgresql/libpq-fe.h>
#endif

#define DR_PQ_FUNCTIONS(F) \
  F(PQconninfoParse) F(PQconninfoFree) F(PQfreemem) F(PQconnectStartParams) F(PQconnectPoll) F(PQstatus) F(PQsocket) \
  F(PQerrorMessage) F(PQfinish) F(PQsetErrorVerbosity) F(PQsetNoticeProcessor) F(PQconnectionNeedsPassword) F(PQserverVersion) \
  F(PQbackendPID) F(PQsetnonblocking) F(PQsendQuery) F(PQsendQueryParams) F(PQsetSingleRowMode) F(PQconsumeInput) F(PQisBusy) \
  F(PQflush) F(PQgetResult) F(PQresultStatus) F(PQresultErrorField) F(PQresultErrorMessage) F(PQntuples) F(PQnfields) F(PQfname) \
  F(PQgetvalue) F(PQgetlength) F(PQgetisnull) F(PQcmdTuples) F(PQclear) F(PQgetCopyData) F(PQputCopyData) F(PQputCopyEnd) \
  F(PQgetCancel) F(PQcancel) F(PQfreeCancel)

#define DR_PQ_FIELD(name) __typeof__(&name) name;
struct dr_pq_library { int loaded; DR_PQ_FUNCTIONS(DR_PQ_FIELD) };
#undef DR_PQ_FIELD

// One copy of these in each object file that uses them; the library itself is loaded once a process.
static struct dr_pq_library dr_pq_library = {0};
static pthread_once_t dr_pq_once = PTHREAD_ONCE_INIT;

static inline void dr_pq_find(void) {
  void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
#define DR_PQ_FIND(name) if (!(dr_pq_library.name = (__typeof__(&name))dlsym(library, #name))) return;
  DR_PQ_FUNCTIONS(DR_PQ_FIND)
#undef DR_PQ_FIND
  dr_pq_library.loaded = 1;
}

static inline struct dr_pq_library *dr_pq(void) {
  pthread_once(&dr_pq_once, dr_pq_find);
  return &dr_pq_library;
}

/// Whether libpq is there, with all that is used of it. Nothing below may be called where it is not.
static inline int dr_pq_available(void) { return dr_pq()->loaded; }

static inline PQconninfoOption *dr_pq_conninfo_parse(const char *text, char **message) { return dr_pq()->PQconninfoParse(text, message); }
static inline void dr_pq_conninfo_free(PQconninfoOption *options) { dr_pq()->PQconninfoFree(options); }
static inline void dr_pq_freemem(void *memory) { dr_pq()->PQfreemem(memory); }
static inline PGconn *dr_pq_connect_start(const char *const *keywords, const char *const *values) {
  return dr_pq()->PQconnectStartParams(keywords, values, 0);
}
static inline PostgresPollingStatusType dr_pq_connect_poll(PGconn *c) { return dr_pq()->PQconnectPoll(c); }
static inline ConnStatusType dr_pq_status(const PGconn *c) { return dr_pq()->PQstatus(c); }
static inline int dr_pq_socket(const PGconn *c) { return dr_pq()->PQsocket(c); }
static inline const char *dr_pq_error_message(const PGconn *c) { return dr_pq()->PQerrorMessage(c); }
static inline void dr_pq_finish(PGconn *c) { dr_pq()->PQfinish(c); }
static inline void dr_pq_be_verbose(PGconn *c) { dr_pq()->PQsetErrorVerbosity(c, PQERRORS_VERBOSE); }
static inline void dr_pq_be_normal(PGconn *c) { dr_pq()->PQsetErrorVerbosity(c, PQERRORS_DEFAULT); }
static inline void dr_pq_set_notice_processor(PGconn *c, PQnoticeProcessor f, void *context) { dr_pq()->PQsetNoticeProcessor(c, f, context); }
static inline int dr_pq_needs_password(const PGconn *c) { return dr_pq()->PQconnectionNeedsPassword(c); }
static inline int dr_pq_server_version(const PGconn *c) { return dr_pq()->PQserverVersion(c); }
static inline int dr_pq_backend_pid(const PGconn *c) { return dr_pq()->PQbackendPID(c); }
static inline int dr_pq_set_nonblocking(PGconn *c, int on) { return dr_pq()->PQsetnonblocking(c, on); }
static inline int dr_pq_send_query(PGconn *c, const char *sql) { return dr_pq()->PQsendQuery(c, sql); }
static inline int dr_pq_send_query_params(PGconn *c, const char *sql, int count, const char *const *values) {
  return dr_pq()->PQsendQueryParams(c, sql, count, 0, values, 0, 0, 0);
}
static inline int dr_pq_set_single_row_mode(PGconn *c) { return dr_pq()->PQsetSingleRowMode(c); }
static inline int dr_pq_consume_input(PGconn *c) { return dr_pq()->PQconsumeInput(c); }
static inline int dr_pq_is_busy(PGconn *c) { return dr_pq()->PQisBusy(c); }
static inline int dr_pq_flush(PGconn *c) { return dr_pq()->PQflush(c); }
static inline PGresult *dr_pq_get_result(PGconn *c) { return dr_pq()->PQgetResult(c); }
static inline ExecStatusType dr_pq_result_status(const PGresult *r) { return dr_pq()->PQresultStatus(r); }
static inline const char *dr_pq_result_field(const PGresult *r, int code) { return dr_pq()->PQresultErrorField(r, code); }
static inline const char *dr_pq_result_message(const PGresult *r) { return dr_pq()->PQresultErrorMessage(r); }
static inline int dr_pq_rows(const PGresult *r) { return dr_pq()->PQntuples(r); }
static inline int dr_pq_columns(const PGresult *r) { return dr_pq()->PQnfields(r); }
static inline const char *dr_pq_column_name(const PGresult *r, int column) { return dr_pq()->PQfname(r, column); }
static inline const char *dr_pq_value(const PGresult *r, int row, int column) { return dr_pq()->PQgetvalue(r, row, column); }
static inline int dr_pq_length(const PGresult *r, int row, int column) { return dr_pq()->PQgetlength(r, row, column); }
static inline int dr_pq_is_null(const PGresult *r, int row, int column) { return dr_pq()->PQgetisnull(r, row, column); }
static inline const char *dr_pq_affected(PGresult *r) { return dr_pq()->PQcmdTuples(r); }
static inline void dr_pq_clear(PGresult *r) { dr_pq()->PQclear(r); }
static inline int dr_pq_put_copy_data(PGconn *c, const void *bytes, int count) { return dr_pq()->PQputCopyData(c, (const char *)bytes, count); }
static inline int dr_pq_put_copy_end(PGconn *c, const char *message) { return dr_pq()->PQputCopyEnd(c, message); }
static inline PGcancel *dr_pq_get_cancel(PGconn *c) { return dr_pq()->PQgetCancel(c); }
static inline int dr_pq_cancel(PGcancel *cancel, char *message, int size) { return dr_pq()->PQcancel(cancel, message, size); }
static inline void dr_pq_free_cancel(PGcancel *cancel) { dr_pq()->PQfreeCancel(cancel); }

/// Rows of a COPY OUT on their way into one buffer; `row` is the one that did not fit whole.
struct dr_pq_gathering {
  char *buffer;
  size_t capacity, filled;
  char *row;
  size_t length, taken;
};

enum dr_pq_gathered { dr_pq_gathered_full, dr_pq_gathered_waiting, dr_pq_gathered_end, dr_pq_gathered_failed };

/// Fills the buffer without waiting: until it is full, the socket has no more for now, or the COPY has ended.
static inline enum dr_pq_gathered dr_pq_gather(PGconn *c, struct dr_pq_gathering *g) {
  struct dr_pq_library *pq = dr_pq();
  for (;;) {
    if (g->row) {
      size_t left = g->length - g->taken, room = g->capacity - g->filled, n = left < room ? left : room;
      memcpy(g->buffer + g->filled, g->row + g->taken, n);
      g->filled += n;
      g->taken += n;
      if (g->taken < g->length) return dr_pq_gathered_full;
      pq->PQfreemem(g->row);
      g->row = 0;
    }
    int n = pq->PQgetCopyData(c, &g->row, 1);
    if (n == 0) return dr_pq_gathered_waiting;
    if (n == -1) return dr_pq_gathered_end;
    if (n < 0) return dr_pq_gathered_failed;
    g->length = (size_t)n;
    g->taken = 0;
  }
}

static inline void dr_pq_gathering_free(struct dr_pq_gathering *g) {
  if (g->row) dr_pq()->PQfreemem(g->row);
  g->row = 0;
}
