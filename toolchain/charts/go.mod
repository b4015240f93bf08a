module pulumi-udp/toolchain/charts

go 1.26.0

// Charts that are published as Go modules: files, of which nothing is compiled.
require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/traefik/traefik-helm-chart v41.6.0+incompatible
)
