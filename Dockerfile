# One image, three services: `liniya line`, `liniya web`, `liniya recogniser`; `liniya serve` runs all of them in one container.
#   docker build -t liniya .
# How they are put together: docs/compose.example.yaml. Settings are environment variables (docs/settings.md);
# nothing secret is in the image. Who passes an image on reads THIRD-PARTY-NOTICES.md first: it contains espeak-ng (GPL-3.0).
FROM debian:bookworm-slim AS base
ENV PYTHONUNBUFFERED=1 \
    PATH=/opt/liniya/.venv/bin:$PATH
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/liniya

FROM base AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv .venv
COPY requirements/run.txt requirements/run.txt
# The same line as in scripts/bootstrap.sh: only what is pinned, and only with its hash.
RUN .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY app app
# In place, as on a machine without containers: the program finds call_flows, models and static beside app.
RUN .venv/bin/python -m pip install -qq --disable-pip-version-check --no-cache-dir --no-deps --no-build-isolation -e .

FROM base
RUN useradd --uid 10001 --no-create-home --home-dir /var/lib/liniya --shell /usr/sbin/nologin liniya \
    && install -d -o liniya -g liniya -m 0750 /var/lib/liniya
COPY --from=build /opt/liniya /opt/liniya
COPY LICENSE THIRD-PARTY-NOTICES.md ./
COPY scripts scripts
COPY static static
COPY call_flows call_flows
COPY models models
ENV LINIYA_DATA_DIR=/var/lib/liniya \
    LINIYA_LOG_JSON=true
USER liniya
# The database (SQLite) and the spool. Each `line` has a volume of its own.
VOLUME /var/lib/liniya
# SIP; pages; gateway (line for web); operators' sound; recogniser. The sound of calls takes UDP 10000-10999 besides.
EXPOSE 5060/udp 5060/tcp 5061/tcp 8000/tcp 8090/tcp 8091/tcp 2700/tcp
# SIGTERM ends calls in order; the supervisor of the container should wait 15 seconds before it kills.
STOPSIGNAL SIGTERM
ENTRYPOINT ["liniya"]
CMD ["serve"]
# For `web` and `serve`, whose pages answer. The compose example switches it off for the other two.
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=3 \
    CMD ["python3", "/opt/liniya/scripts/health_check.py"]
