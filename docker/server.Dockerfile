# The server and the client, without a compiler, as an unprivileged user, who writes nothing.
#   docker build -f docker/server.Dockerfile --pull --build-arg UPDATES=$(date +%F) --build-arg COMMIT=$(git rev-parse --short=12 HEAD) \
#     -t lookbook-server .
#   docker run --read-only --stop-timeout 30 -p 50051:50051 -p 9464:9464 -v /srv/bundles:/bundles:ro lookbook-server
# 30 s: calls are served and drained for 25 s after SIGTERM, and Docker alone waits for 10.
# User 10001 must be able to read /srv/bundles. docker/server.toml is /etc/lookbook/server.toml there.
# With TLS, the health check wants a port in plain text: -e LOOKBOOK_LISTEN_HEALTH=127.0.0.1:50053 -e LOOKBOOK_SERVER=127.0.0.1:50053
#
# For NVIDIA GPUs, where CUDA_IMAGE is a Debian 12 with CUDA 13's compiler in /usr/local/cuda (docs/gpu.md); nothing of it
# stays but what it compiled:
#   docker build … --build-arg DEVICE=cuda --build-arg BUILD_BASE=CUDA_IMAGE -t lookbook-server:cuda .
#   docker run --gpus all --stop-timeout 30 … lookbook-server:cuda --device cuda
#
# docker/build_and_test builds it with buildah from a locally bootstrapped Debian and runs it.
ARG BASE=debian:bookworm-slim
ARG BUILD_BASE=debian:bookworm-slim
ARG DEVICE=cpu

# The same lines as in trainer.Dockerfile, so that both images come from one cached build.
FROM ${BUILD_BASE} AS build
ARG DEVICE
# Where LOOKBOOK_DEPS is mounted or made; with LANG, a part of what ccache knows objects by.
ARG DEPS=/deps
ENV LOOKBOOK_DEPS=${DEPS} LANG=C.UTF-8
WORKDIR /src
COPY . .
# The commit that the programs name: .git is not copied.
ARG COMMIT=
# Another value, such as the day, brings Debian's updates of that day: gRPC and others are linked into the programs.
ARG UPDATES=
RUN echo "updates: ${UPDATES}" && docker/install_programs ${DEVICE} /opt ${COMMIT}

FROM ${BASE} AS runtime
COPY --from=build /opt/server/share/lookbook/packages.txt /opt/lookbook/share/lookbook/packages.txt
# As above, of what the image itself holds.
ARG UPDATES=
RUN echo "updates: ${UPDATES}" \
 && apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y --no-install-recommends ca-certificates $(cat /opt/lookbook/share/lookbook/packages.txt) \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 lookbook \
 && useradd --uid 10001 --gid 10001 --no-create-home lookbook \
 && install -d /bundles

FROM runtime AS runtime-cpu

# The driver comes from the machine, by NVIDIA's container runtime, which reads these.
FROM runtime AS runtime-cuda
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    LD_LIBRARY_PATH=/opt/lookbook/lib/lookbook

# What the image holds: docker/sbom says what that lists.
FROM build AS sbom
COPY --from=runtime /var/lib/dpkg /runtime/dpkg
RUN docker/sbom --name lookbook-server --admindir /runtime/dpkg --wheels /opt/wheels --libraries /opt/server/lib/lookbook > /opt/sbom.spdx.json

FROM runtime-${DEVICE}
COPY --from=build /opt/server /opt/lookbook
COPY --from=sbom /opt/sbom.spdx.json /opt/lookbook/share/lookbook/sbom.spdx.json
COPY docker/server.toml /etc/lookbook/server.toml
ENV PATH=/opt/lookbook/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LOOKBOOK_CONFIG=/etc/lookbook/server.toml \
    LOOKBOOK_SERVER=127.0.0.1:50051
USER 10001:10001
EXPOSE 50051 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=300s CMD ["lookbook", "health", "--deadline", "2s"]
ENTRYPOINT ["lookbook-server"]
