# The same executable as `bun run build` makes, in an image with nothing else to run.
FROM oven/bun:1.4.5-debian AS build
WORKDIR /kkai
COPY package.json bun.lock bunfig.toml ./
RUN bun install --production --frozen-lockfile --ignore-scripts
COPY tsconfig.json ./
COPY migrations migrations
COPY web web
COPY src src
RUN bun src/build.ts

FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin kkai \
 && install -d -o kkai -g kkai -m 0700 /data
COPY --from=build /kkai/dist/kkai /usr/local/bin/kkai
USER kkai
VOLUME /data
EXPOSE 8080
ENV KKAI_DATA=/data KKAI_LISTEN=0.0.0.0:8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["curl", "-fsS", "http://127.0.0.1:8080/readyz"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["kkai"]
CMD ["serve"]
