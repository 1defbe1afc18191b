#pragma once
#include <zlib.h>

/// `deflateInit2` is a macro, which Swift does not import. 15 + 16 bits ask for gzip's wrapping.
static inline int zlib_deflate_init_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
