# The server and the client, without a compiler, as an unprivileged user.
#   docker build -f docker/server.Dockerfile -t lookbook-server .
#   docker run -p 50051:50051 -p 9464:9464 -v /srv/bundles:/bundles:ro lookbook-server
# User 10001 must be able to read /srv/bundles.
# docker/build_and_test builds it with buildah from a locally bootstrapped Debian and runs it.
ARG BASE=debian:bookworm-slim

# The same lines as in trainer.Dockerfile, so that both images come from one cached build.
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
 && apt-get install -y --no-install-recommends ca-certificates \
      libgrpc++1.51 libprotobuf32 libabsl20220623 libssl3 libsqlite3-0 libspdlog1.10 \
      libopencv-core406 libopencv-imgproc406 libjpeg62-turbo libspng0 libtomlplusplus3 libdnnl2 \
      libprometheus-cpp-core1.0 libprometheus-cpp-pull1.0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home lookbook

# What the image holds: docker/sbom says what that lists.
FROM build AS sbom
COPY --from=runtime /var/lib/dpkg /runtime/dpkg
RUN docker/sbom --name lookbook-server --admindir /runtime/dpkg > /opt/sbom.spdx.json

FROM runtime
COPY --from=build /opt/server /opt/lookbook
COPY --from=sbom /opt/sbom.spdx.json /opt/lookbook/share/lookbook/sbom.spdx.json
ENV PATH=/opt/lookbook/bin:$PATH
# Every option has a flag and a LOOKBOOK_ variable: lookbook-server --help
ENV LOOKBOOK_BUNDLES=default=/bundles \
    LOOKBOOK_LISTEN_DATA=0.0.0.0:50051 \
    LOOKBOOK_METRICS_LISTEN=0.0.0.0:9464 \
    LOOKBOOK_LOG_FORMAT=json
USER 10001
EXPOSE 50051 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["lookbook", "health", "--server", "127.0.0.1:50051"]
ENTRYPOINT ["lookbook-server"]
