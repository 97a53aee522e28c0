# syntax=docker/dockerfile:1

FROM node:26-slim@sha256:c0753125a3789977aefe869cbebccf70e3cfd7ea84ca48547458f02e4f1d7146 AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmr[c] ./
# Types and source maps are half of the packages, and nothing reads them at run time.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force \
  && find node_modules -type f -regex '.*\.\(map\|d\.[cm]?ts\)' -delete

FROM node:26-slim@sha256:c0753125a3789977aefe869cbebccf70e3cfd7ea84ca48547458f02e4f1d7146 AS dashboard
WORKDIR /app
COPY package.json package-lock.json .npmr[c] ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY clients ./clients
COPY src ./src
COPY dashboard ./dashboard
RUN node dashboard/build.js

FROM node:26-slim@sha256:c0753125a3789977aefe869cbebccf70e3cfd7ea84ca48547458f02e4f1d7146
WORKDIR /app
# 0.0.0.0 so that the published port reaches it. Nobody is let in without a key then:
#   docker exec <container> node src/cli.ts keys create --name me --scopes read,write,events
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY --from=dashboard /app/dashboard/dist ./dashboard/dist
COPY schema ./schema
COPY src ./src
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Without npm in between, so that SIGTERM reaches the process. The bundled building alone: node src/sandbox/main.ts
CMD ["node", "src/main.ts"]
