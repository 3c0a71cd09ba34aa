# Built by goreleaser, which puts the binary of each platform into the context.
# git is there because the default baseline is a git revision.
FROM alpine:3.22
RUN apk add --no-cache git \
    # A mounted work tree belongs to another user than the container's.
    && git config --system --add safe.directory '*'
ARG TARGETPLATFORM
COPY $TARGETPLATFORM/nexus /usr/local/bin/nexus
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/nexus"]
