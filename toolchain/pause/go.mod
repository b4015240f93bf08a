module pulumi-udp/toolchain/pause

go 1.26.0
