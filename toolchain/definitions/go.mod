module pulumi-udp/toolchain/definitions

go 1.26.0

// Definitions of custom resources that are published in Go modules: files, of which nothing is
// compiled.
require (
	github.com/cilium/cilium v1.18.2
	github.com/prometheus-operator/prometheus-operator v0.85.0
)
