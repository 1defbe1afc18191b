#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* Macros of OpenSSL, which Swift does not see. */

static inline int progressbus_tls12_or_later(SSL_CTX *context) {
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline void progressbus_release_idle_buffers(SSL_CTX *context) {
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

static inline int progressbus_name_server(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

/* An empty BIO says "later", not "the end". */
static inline BIO *progressbus_memory(void) {
  BIO *memory = BIO_new(BIO_s_mem());
  if (memory != NULL) BIO_set_mem_eof_return(memory, -1);
  return memory;
}

/*
 * A key with a passphrase is refused. Without this OpenSSL would ask for the passphrase on the terminal.
 */
static inline int progressbus_no_passphrase(char *buffer, int size, int writing, void *data) {
  (void)buffer, (void)size, (void)writing, (void)data;
  return -1;
}

static inline void progressbus_ask_no_passphrase(SSL_CTX *context) {
  SSL_CTX_set_default_passwd_cb(context, progressbus_no_passphrase);
}

/* Application-Layer Protocol Negotiation (RFC 7301): HTTP/1.1, or no connection. */
static inline int progressbus_select_http1(
    SSL *ssl, const unsigned char **chosen, unsigned char *size, const unsigned char *offered,
    unsigned int offered_size, void *data) {
  (void)ssl, (void)data;
  static const unsigned char http1[] = "\x08http/1.1";
  unsigned char *found = NULL;
  if (SSL_select_next_proto(&found, size, http1, sizeof http1 - 1, offered, offered_size)
      != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

static inline void progressbus_speak_http1(SSL_CTX *context) {
  SSL_CTX_set_alpn_select_cb(context, progressbus_select_http1, NULL);
}

static inline void progressbus_refuse_renegotiation(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
}
