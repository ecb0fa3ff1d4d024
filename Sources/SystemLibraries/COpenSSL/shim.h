#pragma once
// The digests of OpenSSL's libcrypto. The library is found at run time, on first use: `lint` needs none of it, and loading it would be a tenth of
// what `lint` takes. Its headers give types and the version that was built against.
#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/opensslv.h>
#include <pthread.h>

#define DR_CRYPTO_TEXT(number) #number
#define DR_CRYPTO_NAME(number) "libcrypto.so." DR_CRYPTO_TEXT(number)

struct dr_crypto_library {
  int loaded;
  __typeof__(&EVP_MD_CTX_new) EVP_MD_CTX_new;
  __typeof__(&EVP_MD_CTX_free) EVP_MD_CTX_free;
  __typeof__(&EVP_MD_CTX_copy_ex) EVP_MD_CTX_copy_ex;
  __typeof__(&EVP_DigestInit_ex) EVP_DigestInit_ex;
  __typeof__(&EVP_DigestUpdate) EVP_DigestUpdate;
  __typeof__(&EVP_DigestFinal_ex) EVP_DigestFinal_ex;
  __typeof__(&EVP_Digest) EVP_Digest;
  __typeof__(&EVP_sha256) EVP_sha256;
  __typeof__(&EVP_sha512) EVP_sha512;
  __typeof__(&EVP_md5) EVP_md5;
  __typeof__(&HMAC) HMAC;
};

static struct dr_crypto_library dr_crypto_library = {0};
static pthread_once_t dr_crypto_once = PTHREAD_ONCE_INIT;

static inline void dr_crypto_find(void) {
  void *library = dlopen(DR_CRYPTO_NAME(OPENSSL_SHLIB_VERSION), RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
#define DR_CRYPTO_FIND(name) if (!(dr_crypto_library.name = (__typeof__(dr_crypto_library.name))dlsym(library, #name))) return;
  DR_CRYPTO_FIND(EVP_MD_CTX_new)
  DR_CRYPTO_FIND(EVP_MD_CTX_free)
  DR_CRYPTO_FIND(EVP_MD_CTX_copy_ex)
  DR_CRYPTO_FIND(EVP_DigestInit_ex)
  DR_CRYPTO_FIND(EVP_DigestUpdate)
  DR_CRYPTO_FIND(EVP_DigestFinal_ex)
  DR_CRYPTO_FIND(EVP_Digest)
  DR_CRYPTO_FIND(EVP_sha256)
  DR_CRYPTO_FIND(EVP_sha512)
  DR_CRYPTO_FIND(EVP_md5)
  DR_CRYPTO_FIND(HMAC)
#undef DR_CRYPTO_FIND
  dr_crypto_library.loaded = 1;
}

/// NULL where the library is not there, or lacks what is used of it.
static inline struct dr_crypto_library *dr_crypto(void) {
  pthread_once(&dr_crypto_once, dr_crypto_find);
  return dr_crypto_library.loaded ? &dr_crypto_library : (struct dr_crypto_library *)0;
}

/// A context that has begun a SHA-256, or NULL.
static inline EVP_MD_CTX *dr_sha256_new(void) {
  struct dr_crypto_library *crypto = dr_crypto();
  EVP_MD_CTX *context = crypto ? crypto->EVP_MD_CTX_new() : (EVP_MD_CTX *)0;
  if (!context) return context;
  if (crypto->EVP_DigestInit_ex(context, crypto->EVP_sha256(), (ENGINE *)0) == 1) return context;
  crypto->EVP_MD_CTX_free(context);
  return (EVP_MD_CTX *)0;
}

static inline void dr_sha256_free(EVP_MD_CTX *context) { dr_crypto_library.EVP_MD_CTX_free(context); }

static inline int dr_sha256_update(EVP_MD_CTX *context, const void *bytes, size_t count) {
  return dr_crypto_library.EVP_DigestUpdate(context, bytes, count);
}

/// The digest of what was added so far: 1, or 0 where it could not be made. More may be added afterwards.
static inline int dr_sha256_digest(const EVP_MD_CTX *context, unsigned char *digest) {
  EVP_MD_CTX *copy = dr_crypto_library.EVP_MD_CTX_new();
  if (!copy) return 0;
  int good = dr_crypto_library.EVP_MD_CTX_copy_ex(copy, context) == 1 && dr_crypto_library.EVP_DigestFinal_ex(copy, digest, (unsigned int *)0) == 1;
  dr_crypto_library.EVP_MD_CTX_free(copy);
  return good;
}

/// 1, or 0 where it could not be made.
static inline int dr_hmac_sha256(const void *key, int key_count, const unsigned char *bytes, size_t count, unsigned char *code) {
  struct dr_crypto_library *crypto = dr_crypto();
  return crypto && crypto->HMAC(crypto->EVP_sha256(), key, key_count, bytes, count, code, (unsigned int *)0);
}

/// 1, or 0 where it could not be made.
static inline int dr_hmac_sha512(const void *key, int key_count, const unsigned char *bytes, size_t count, unsigned char *code) {
  struct dr_crypto_library *crypto = dr_crypto();
  return crypto && crypto->HMAC(crypto->EVP_sha512(), key, key_count, bytes, count, code, (unsigned int *)0);
}

/// 1, or 0 where it could not be made: a hardened OpenSSL offers no MD5.
static inline int dr_md5(const void *bytes, size_t count, unsigned char *digest) {
  struct dr_crypto_library *crypto = dr_crypto();
  return crypto && crypto->EVP_Digest(bytes, count, digest, (unsigned int *)0, crypto->EVP_md5(), (ENGINE *)0) == 1;
}
