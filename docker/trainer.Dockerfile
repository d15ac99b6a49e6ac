# The trainer as an unprivileged user; data comes in and bundles go out through volumes.
#   docker build -f docker/trainer.Dockerfile -t lookbook-trainer .
#   chown 10001 /srv/bundles /srv/work
#   docker run -v /data/imaterialist:/data:ro -v /srv/bundles:/bundles -v /srv/work:/work lookbook-trainer \
#     run --recipe /opt/lookbook/share/lookbook/recipes/mobilenet_v2_scratch.toml --data /data --bundles /bundles --out /work
# User 10001 writes to /work and /bundles: what is mounted there must belong to it, as the image's own folders do.
# docker/build_and_test builds it with buildah from a locally bootstrapped Debian and runs it.
ARG BASE=debian:bookworm-slim

# The same lines as in server.Dockerfile, so that both images come from one cached build.
FROM ${BASE} AS build
WORKDIR /src
COPY . .
ENV LOOKBOOK_DEPS=/deps
RUN scripts/setup --no-tests \
 && cmake --preset release -DLOOKBOOK_BUILD_TESTS=OFF \
 && cmake --build build/release --target lookbook-server lookbook_cli lookbook-train \
 && for part in server client torch; do \
      cmake --install build/release --prefix /opt/server --component $part --strip || exit 1; done \
 && for part in trainer torch; do \
      cmake --install build/release --prefix /opt/trainer --component $part --strip || exit 1; done

FROM ${BASE} AS runtime
RUN apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y --no-install-recommends dataset-fashion-mnist \
      libprotobuf32 libabsl20220623 libssl3 libsqlite3-0 libspdlog1.10 \
      libopencv-core406 libopencv-imgproc406 libjpeg62-turbo libspng0 libtomlplusplus3 libdnnl2 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home lookbook \
 && install -d -o 10001 /work /bundles

# What the image holds: docker/sbom says what that lists.
FROM build AS sbom
COPY --from=runtime /var/lib/dpkg /runtime/dpkg
RUN docker/sbom --name lookbook-trainer --admindir /runtime/dpkg > /opt/sbom.spdx.json

FROM runtime
COPY --from=build /opt/trainer /opt/lookbook
COPY --from=sbom /opt/sbom.spdx.json /opt/lookbook/share/lookbook/sbom.spdx.json
ENV PATH=/opt/lookbook/bin:$PATH
USER 10001
WORKDIR /work
ENTRYPOINT ["lookbook-train"]
