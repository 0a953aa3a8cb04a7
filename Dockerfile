# The engine in a container, and the console in the same: see docs/packaging.md.
#   docker build --tag integration-tui .
#   docker run --detach --name rosters --volume rosters:/data integration-tui
#   docker exec --interactive --tty rosters integration-tui

FROM python:3.12-slim AS build
WORKDIR /source
COPY requirements.txt pyproject.toml README.md LICENSE ./
COPY src src
COPY themes themes
COPY sample_configs sample_configs
COPY docs/man docs/man
# Pinned versions of what the program needs; what only its tests need is not installed.
RUN grep -oE '^[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^ ]+' requirements.txt | sed -E 's/\[[a-z,]+\]//' > constraints.txt \
 && python -m venv /opt/integration-tui \
 && /opt/integration-tui/bin/pip install --no-cache-dir --constraint constraints.txt '.[web]'

FROM python:3.12-slim
LABEL org.opencontainers.image.title="integration-tui" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 rosters \
 && useradd --uid 10001 --gid rosters --home-dir /data --shell /usr/sbin/nologin rosters \
 && install --directory --owner rosters --group rosters --mode 0700 /data
COPY --from=build /opt/integration-tui /opt/integration-tui
ENV PATH=/opt/integration-tui/bin:$PATH \
    LANG=C.UTF-8 \
    INTEGRATION_CONFIG_DIR=/data/config \
    INTEGRATION_DATA_DIR=/data \
    INTEGRATION_STATE_DIR=/data/state
USER rosters
WORKDIR /data
VOLUME /data
# The store opens and can be read. An engine that ends takes the container with it.
HEALTHCHECK --interval=60s --timeout=20s --start-period=20s \
    CMD ["integration-tui", "--readonly", "sync", "list", "--limit", "1"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["integration-tui"]
CMD ["run"]
