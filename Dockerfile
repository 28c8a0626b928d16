# Go compiles for any platform, so the builder runs on that of the machine: no emulation.
FROM --platform=$BUILDPLATFORM golang:1.26 AS builder
ARG TARGETOS
ARG TARGETARCH
WORKDIR /src

# A layer of its own: modules are downloaded again only when these two change.
COPY go.mod go.sum ./
RUN go mod download

COPY api/ api/
COPY cmd/ cmd/
COPY internal/ internal/
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags="-s -w" -o /operator ./cmd/operator

FROM gcr.io/distroless/static:nonroot
COPY --from=builder /operator /operator
# The prices that are compiled in are another's work.
COPY LICENSE NOTICE /
# By number, so that a kubelet can tell that it is not root.
USER 65532:65532
ENTRYPOINT ["/operator"]
