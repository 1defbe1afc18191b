#pragma once
#include <zlib.h>

/// `deflateInit2` is a macro, which Swift does not import. 15 + 16 bits ask for gzip's wrapping.
static inline int zlib_deflate_init_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

/// `inflateInit2` is one, too. 15 + 32 bits tell gzip's wrapping from zlib's by the first byte.
static inline int zlib_inflate_init(z_stream *stream) {
  return inflateInit2(stream, 15 + 32);
}
