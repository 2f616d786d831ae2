# The service for production: the store is a Neo4j elsewhere (docker-compose.yml), or a volume at /data.
# Debian 12 on purpose: its C library (2.36) is one that the embedded engine's wheels run on.
FROM python:3.13.5-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/stemgraph
WORKDIR /source
COPY requirements.lock ./
RUN /opt/stemgraph/bin/pip install --require-hashes --requirement requirements.lock
COPY . .
RUN /opt/stemgraph/bin/pip install --no-deps --no-build-isolation .
# The kernels are compiled once, for the machine that builds the image; on another kind they are compiled at the start.
ENV NUMBA_CACHE_DIR=/opt/stemgraph/kernels
RUN cd / && /opt/stemgraph/bin/python -m graph.index && chmod -R a+rwX /opt/stemgraph/kernels

FROM python:3.13.5-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home stemgraph \
    && install --directory --owner stemgraph --mode 0700 /data
COPY --from=build /opt/stemgraph /opt/stemgraph
ENV PATH=/opt/stemgraph/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 NUMBA_CACHE_DIR=/opt/stemgraph/kernels
USER stemgraph
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
CMD ["stemgraph", "serve", "--host", "0.0.0.0", "--port", "8080"]
