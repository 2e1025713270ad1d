# The deltawire command as an image.
#
#   docker build --tag deltawire .
#   docker run --rm --publish 4680:4680 --env DELTAWIRE_TOKEN="$(openssl rand -hex 24)" \
#     --volume deltawire:/data deltawire serve --data /data
#
# docs/serving.md says more.

FROM node:22-slim AS build
WORKDIR /src
COPY . .
ENV CI=true
# The package manager that package.json names; only the command and what it is made of.
RUN set -eu; \
    pnpm="npx --yes --loglevel=error $(node -p 'require("./package.json").packageManager') --loglevel=info"; \
    $pnpm install --frozen-lockfile --filter deltawire --filter "@deltawire/cli..."; \
    $pnpm --filter "@deltawire/cli..." run build; \
    $pnpm --recursive --filter "@deltawire/cli..." pack --pack-destination /packed
WORKDIR /opt/deltawire
RUN npm install --omit=dev --no-audit --no-fund --loglevel=error /packed/*.tgz

FROM node:22-slim
# In a container every address is its own: what is published decides who can reach it. Operators'
# requests are answered inside alone, unless DELTAWIRE_ADMIN_HOST says otherwise.
ENV NODE_ENV=production \
    DELTAWIRE_HOST=0.0.0.0 \
    DELTAWIRE_ADMIN_PORT=4681
COPY --from=build /opt/deltawire /opt/deltawire
RUN ln -s /opt/deltawire/node_modules/.bin/deltawire /usr/local/bin/deltawire \
 && install -d -o node -g node /data
USER node
EXPOSE 4680 4681
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.DELTAWIRE_ADMIN_PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["deltawire"]
CMD ["serve"]
