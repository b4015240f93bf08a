"""A UDP relay on DigitalOcean with an address and a name that stay."""

import pulumi
from pulumi_udp.cloudflare import DnsOnlyRecord
from pulumi_udp.digitalocean import DoDropletRelay, DoReservedIp

address = DoReservedIp("relay", region="nyc1")
relay = DoDropletRelay(
    "relay",
    address=address.address,
    ports=[
        {"name": "quic", "port": 4433, "protocol": "UDP"},
        {"name": "health", "port": 8080, "protocol": "TCP", "exposure": "INTERNAL"},
    ],
    user_data="#cloud-config",
)
DnsOnlyRecord("relay", zone="example.com", name="relay", endpoint=relay.endpoint)

pulumi.export("endpoint", relay.endpoint)
