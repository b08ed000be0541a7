# The server, as a user without privileges.
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m venv /opt/moto-cognitosync && \
    /opt/moto-cognitosync/bin/pip install --no-cache-dir '.[server]'

FROM python:3.13-slim
COPY --from=build /opt/moto-cognitosync /opt/moto-cognitosync
# nobody; as a number, so that Kubernetes can check that it is not root.
USER 65534:65534
WORKDIR /data
EXPOSE 5000
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["python", "-c", "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', 5000, timeout=2); c.request('GET', '/health'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["/opt/moto-cognitosync/bin/moto-cognitosync", "--host", "0.0.0.0", "--port", "5000"]
