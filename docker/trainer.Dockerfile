# The trainer as an unprivileged user; data comes in and bundles go out through volumes.
#   docker build -f docker/trainer.Dockerfile --pull --build-arg UPDATES=$(date +%F) --build-arg COMMIT=$(git rev-parse --short=12 HEAD) \
#     -t lookbook-trainer .
#   chown 10001 /srv/bundles /srv/work
#   docker run --read-only --tmpfs /tmp -v /data/imaterialist:/data:ro -v /srv/bundles:/bundles -v /srv/work:/work lookbook-trainer \
#     run --recipe /opt/lookbook/share/lookbook/recipes/mobilenet_v2_scratch.toml --data /data --bundles /bundles --out /work
# User 10001 writes to /work and /bundles: what is mounted there must belong to it, as the image's own folders do.
#
# For NVIDIA GPUs: --build-arg DEVICE=cuda and BUILD_BASE, as server.Dockerfile has them, and `run … --device cuda`.
#
# docker/build_and_test builds it with buildah from a locally bootstrapped Debian and runs it.
ARG BASE=debian:bookworm-slim
ARG BUILD_BASE=debian:bookworm-slim
ARG DEVICE=cpu

# The same lines as in server.Dockerfile, so that both images come from one cached build.
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
COPY --from=build /opt/trainer/share/lookbook/packages.txt /opt/lookbook/share/lookbook/packages.txt
# As above, of what the image itself holds.
ARG UPDATES=
RUN echo "updates: ${UPDATES}" \
 && apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y --no-install-recommends dataset-fashion-mnist $(cat /opt/lookbook/share/lookbook/packages.txt) \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 lookbook \
 && useradd --uid 10001 --gid 10001 --create-home lookbook \
 && install -d -o 10001 -g 10001 /work /bundles

FROM runtime AS runtime-cpu

# The driver comes from the machine, by NVIDIA's container runtime, which reads these.
FROM runtime AS runtime-cuda
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    LD_LIBRARY_PATH=/opt/lookbook/lib/lookbook

# What the image holds: docker/sbom says what that lists.
FROM build AS sbom
COPY --from=runtime /var/lib/dpkg /runtime/dpkg
RUN docker/sbom --name lookbook-trainer --admindir /runtime/dpkg --wheels /opt/wheels --libraries /opt/trainer/lib/lookbook > /opt/sbom.spdx.json

FROM runtime-${DEVICE}
COPY --from=build /opt/trainer /opt/lookbook
COPY --from=sbom /opt/sbom.spdx.json /opt/lookbook/share/lookbook/sbom.spdx.json
ENV PATH=/opt/lookbook/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["lookbook-train"]
