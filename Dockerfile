# Holdfast with its PostgreSQL, its IRC bridge and the pinned Node.js. docs/operating/containers.md says how it is run.
FROM node:26-bookworm-slim AS dependencies
WORKDIR /opt/holdfast
COPY package.json package-lock.json ./
COPY protocol/package.json protocol/
COPY effects/package.json effects/
COPY homeserver/package.json homeserver/
COPY irc-bridge/package.json irc-bridge/
COPY monitor/package.json monitor/
COPY console/package.json console/
COPY drills/package.json drills/
COPY conformance/package.json conformance/
COPY benchmarks/package.json benchmarks/
COPY tools/package.json tools/
RUN npm ci --omit=dev --include=optional

FROM debian:bookworm-slim
# gzip archives PostgreSQL's logs; certificates are for other servers.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates gzip tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/holdfast --create-home --shell /usr/sbin/nologin holdfast \
    && install -d -o holdfast -g holdfast -m 0700 /var/lib/holdfast/data
WORKDIR /opt/holdfast
COPY --from=dependencies /opt/holdfast/node_modules node_modules
COPY . .
USER holdfast
ENV NODE_ENV=production MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=65536 HOLDFAST_DATA_DIR=/var/lib/holdfast/data HOLDFAST_HTTP_BIND=::
VOLUME /var/lib/holdfast/data
EXPOSE 8008
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["node_modules/node/bin/node", "-e", "fetch('http://127.0.0.1:8008/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tini", "--", "node_modules/node/bin/node", "--max-semi-space-size=4", "--heap-growing-percent=30", "homeserver/holdfast.js"]
CMD ["start"]
