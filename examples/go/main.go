// A UDP relay on DigitalOcean with an address and a name that stay.
package main

import (
	"example.com/pulumi-pulumi-udp/sdk/go/pulumi-udp/cloudflare"
	"example.com/pulumi-pulumi-udp/sdk/go/pulumi-udp/digitalocean"
	"example.com/pulumi-pulumi-udp/sdk/go/pulumi-udp/endpoint"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		address, err := digitalocean.NewDoReservedIp(ctx, "relay", &digitalocean.DoReservedIpArgs{
			Region: pulumi.String("nyc1"),
		})
		if err != nil {
			return err
		}
		relay, err := digitalocean.NewDoDropletRelay(ctx, "relay", &digitalocean.DoDropletRelayArgs{
			Address: address.Address,
			Ports: endpoint.PortArray{
				endpoint.PortArgs{Name: pulumi.String("quic"), Port: pulumi.Int(4433), Protocol: pulumi.String("UDP")},
				endpoint.PortArgs{Name: pulumi.String("health"), Port: pulumi.Int(8080), Protocol: pulumi.String("TCP"), Exposure: pulumi.String("INTERNAL")},
			},
			UserData: pulumi.String("#cloud-config"),
		})
		if err != nil {
			return err
		}
		_, err = cloudflare.NewDnsOnlyRecord(ctx, "relay", &cloudflare.DnsOnlyRecordArgs{
			Zone:     pulumi.String("example.com"),
			Name:     pulumi.String("relay"),
			Endpoint: relay.Endpoint,
		})
		ctx.Export("endpoint", relay.Endpoint)
		return err
	})
}
