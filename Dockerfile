# The images of builderpool. `make build` bundles their programs first:
#   make build && docker build --target builder -t builderpool-builder:0.1.0 .        (and targets operator and logs)
# BASE is a Debian-like image with Node and ldd. Missing packages are installed.
ARG BASE=docker.io/library/node:24-bookworm-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df

# Programs of a builder: git, the certificate authorities, and an init that reaps orphans of git.
FROM ${BASE} AS tools
USER 0:0
RUN if ! { command -v git && command -v tini && test -e /usr/bin/tini-static && test -e /etc/ssl/certs/ca-certificates.crt; }; then \
      apt-get update && apt-get install -y --no-install-recommends ca-certificates git tini && rm -rf /var/lib/apt/lists/*; \
    fi
# The capsule runs a cell in any image: Node, its libraries and their loader. Each line is a file and its path in the
# capsule.
RUN mkdir /app && node="$(command -v node)" && { \
      echo "$node node"; \
      ldd "$node" | sed -n -e 's#^.* => \(/.*/\([^/ ]*\)\) .*#\1 lib/\2#p' -e 's#^[[:space:]]*\(/[^ ]*\) (.*#\1 loader#p'; \
      echo "/usr/bin/tini-static tini"; \
      echo "/app/cell-serve.mjs app/cell-serve.mjs"; \
      echo "/app/cell-probe.mjs app/cell-probe.mjs"; \
      echo "/app/cell.mjs app/cell.mjs"; \
    } > /app/capsule.list

# Only Node and its libraries, without a shell or package manager.
FROM tools AS bare
RUN mkdir -p /bare/app && sed -n -e 's# \(node\|loader\|lib/.*\)$##p' /app/capsule.list | while read -r file; do \
      mkdir -p "/bare$(dirname "$file")" && cp -L "$file" "/bare$file"; \
    done

# V8 sizes its heap by the machine. The allocator keeps an arena for every thread, and keeps freed memory.
# With these defaults the operator would need twice the memory.
FROM scratch AS operator
COPY --from=bare /bare /
COPY dist/operator*.mjs /app/
USER 65001:65000
ENV PATH=/usr/local/bin:/usr/bin:/bin NODE_ENV=production MALLOC_ARENA_MAX=2 \
    MALLOC_TRIM_THRESHOLD_=131072 MALLOC_MMAP_THRESHOLD_=131072
ENTRYPOINT ["node", "--max-semi-space-size=2", "--optimize-for-size", "/app/operator.mjs"]

FROM scratch AS logs
COPY --from=bare /bare /
COPY dist/logs.mjs /app/
USER 65001:65000
ENV PATH=/usr/local/bin:/usr/bin:/bin NODE_ENV=production
ENTRYPOINT ["node", "/app/logs.mjs"]

# With a shell: people read and write the files of a builder with kubectl exec.
FROM tools AS builder
COPY dist/builder.mjs dist/cell-serve.mjs dist/cell-probe.mjs dist/cell.mjs /app/
USER 65001:65000
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_ENV=production
ENTRYPOINT ["tini", "--", "node", "/app/builder.mjs"]
