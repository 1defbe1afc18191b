# syntax=docker/dockerfile:1
# One image for every role: progressbus serve --roles ingest | worker | dashboard, progressbus migrate, …

FROM swift:6.3-bookworm AS packages
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      libcurl4-openssl-dev libhiredis-dev libpq-dev libssl-dev pkg-config zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src

# The packages are fetched again only when the manifest changes, not when code does.
COPY Package.swift ./
RUN swift package resolve

FROM packages AS build
# SwiftPM wants every folder that the manifest names, those of tests too.
COPY Benchmarks Benchmarks
COPY Examples Examples
COPY Tests Tests
COPY scripts/build-release scripts/
COPY Sources Sources
RUN scripts/build-release \
 && install -D --strip .build/release/progressbus /install/bin/progressbus \
 && mkdir -p /install/share/progressbus \
 && for target in API Pages; do \
      cp -R ".build/release/ProgressBus_$target.resources/Resources/." /install/share/progressbus/ \
      || exit 1; \
    done
COPY sql /install/share/progressbus/sql

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      ca-certificates libcurl4 libhiredis0.14 libpq5 libssl3 \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin progressbus
COPY --from=build /install /usr/local

# A number, so that a cluster's check for "not root" can tell without the image's /etc/passwd.
USER 10001:10001
# The probe must not go through a proxy that the container engine hands to every container.
# A worker serves health and metrics when a port is given.
ENV PROGRESSBUS_HTTP_PORT=8080 no_proxy=localhost,127.0.0.1
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["progressbus", "health", "ready"]
ENTRYPOINT ["progressbus"]
CMD ["serve"]
