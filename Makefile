BINARIES := outbox-relay async-worker workflow-api postlude
VERSION  ?= dev
IMAGES   ?= postlude

.DEFAULT_GOAL := build
.PHONY: build test lint fmt bench demo images clean

build: ## static binaries in bin/
	CGO_ENABLED=0 go build -trimpath -o bin/ $(BINARIES:%=./cmd/%)

test: ## all tests, with the race detector, in random order
	go test -race -shuffle=on ./...

lint: ## golangci-lint v2.12 or newer
	golangci-lint run ./...

fmt:
	golangci-lint fmt ./...

# bench/ is a module of its own: the peers that are measured there are no
# dependencies of Postlude.
bench: ## benchmarks of the packages, then the system against its peers
	go test -run '^$$' -bench . -benchmem ./...
	if [ -d bench ]; then cd bench && go test -run '^$$' -bench . -benchmem ./...; fi

demo: ## Postgres, NATS, relay, workers and API in one process
	go run ./cmd/postlude demo

images: $(BINARIES:%=image-%) ## one container image per binary

image-%:
	docker build --file deploy/Dockerfile --target $* --tag $(IMAGES)/$*:$(VERSION) .

clean:
	rm -rf bin
