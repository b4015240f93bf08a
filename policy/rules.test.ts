import { staticAddressProtected } from "./address.ts";
import { azureAddressRules } from "./azure.ts";
import { cloudflareRules } from "./cloudflare.ts";
import { digitalOceanRules } from "./digitalocean.ts";
import { sshOpen } from "./ssh.ts";
import { testRules, withUnknown } from "./testing/rule-cases.ts";
import type { Properties } from "./values.ts";

const ADDRESS = "azure-native:network:PublicIPAddress";
const record = (props: Properties) => ({
  props: { zoneId: "z", name: "game.example.com", type: "A", ...props },
});
const standard = { sku: { name: "Standard" }, publicIPAllocationMethod: "Static" };
const nsgRule = {
  direction: "Inbound",
  access: "Allow",
  protocol: "Tcp",
  sourceAddressPrefix: "*",
  destinationPortRange: "22",
};
const ssh = { protocol: "tcp", fromPort: 22, toPort: 22 };

testRules(
  [...cloudflareRules, ...azureAddressRules, staticAddressProtected, ...digitalOceanRules, sshOpen],
  {
    "udp-dns-record-proxied": {
      type: "cloudflare:index/dnsRecord:DnsRecord",
      broken: [
        [
          /udp\.debug\.example\.com is proxied/,
          record({ name: "udp.debug.example.com", proxied: true }),
        ],
        [/_sip\._udp/, record({ name: "_sip._udp.example.com", proxied: true })],
        [
          /is proxied/,
          { ...record({ name: "UDP", proxied: true }), type: "cloudflare:index/record:Record" },
        ],
      ],
      fine: [
        [record({ name: "udp.example.com", proxied: false })],
        [record({ name: "udp.example.com" })],
        [record({ name: "pudpudding.example.com", proxied: true })],
        [{ props: withUnknown({ name: "udp.example.com" }, "proxied") }],
        [{ props: withUnknown({ proxied: true }, "name") }],
      ],
    },
    "udp-dns-record-proxied-sibling": {
      type: "cloudflare:index/dnsRecord:DnsRecord",
      broken: [
        [
          /DNS-only in "b"/,
          { ...record({ proxied: true }), name: "a" },
          { ...record({}), name: "b" },
        ],
        [
          /whole name/,
          record({ type: "AAAA", proxied: true }),
          record({ name: "Game.Example.com", proxied: false }),
        ],
      ],
      fine: [
        [record({ proxied: true }), record({ name: "www.example.com" })],
        [record({ proxied: true }), record({ zoneId: "other" })],
        [record({ proxied: true }), record({ type: "TXT" })],
        [record({ proxied: true }), record({ type: "AAAA", proxied: true })],
        [
          { props: withUnknown({ name: "a", type: "A", proxied: true }, "zoneId") },
          { props: withUnknown({ name: "a", type: "A" }, "zoneId") },
        ],
      ],
    },
    "udp-azure-address-standard-static": {
      type: ADDRESS,
      broken: [
        [/its SKU is left out\nits allocation method is left out/, {}],
        [/SKU is Basic/, { props: { ...standard, sku: { name: "Basic" } } }],
        [
          /method is Dynamic/,
          {
            type: "azure-native:network/v20240501:PublicIPAddress",
            props: { ...standard, publicIPAllocationMethod: "Dynamic" },
          },
        ],
      ],
      fine: [
        [{ props: standard }],
        [{ props: { ...standard, sku: { name: "StandardV2" } } }],
        [{ props: withUnknown({}, "sku", "publicIPAllocationMethod") }],
        [{ type: "azure-native:network:PublicIPPrefix" }],
      ],
    },
    "udp-azure-address-reserved-tag": {
      type: ADDRESS,
      broken: [
        [/"Service" hands/, { props: { tags: { Service: "audio" } } }],
        [/k8s-azure-service/, { props: { tags: withUnknown({}, "k8s-azure-service") } }],
      ],
      fine: [
        [{ props: { tags: { services: "a", app: "service" } } }],
        [{ props: withUnknown({}, "tags") }],
      ],
    },
    "udp-address-protected": {
      type: ADDRESS,
      broken: [
        [/for good/, {}],
        [/for good/, { type: "aws:ec2/eip:Eip" }],
        [/for good/, { type: "digitalocean:index/reservedIp:ReservedIp" }],
      ],
      fine: [[{ protect: true }], [{ type: "aws:ec2/eipAssociation:EipAssociation" }]],
    },
    "udp-do-firewall-outbound": {
      type: "digitalocean:index/firewall:Firewall",
      broken: [
        [/no `outboundRules`/, {}],
        [/no `outboundRules`/, { props: { outboundRules: [] } }],
      ],
      fine: [
        [{ props: { outboundRules: [{ protocol: "icmp" }] } }],
        [{ props: withUnknown({}, "outboundRules") }],
      ],
    },
    "udp-do-load-balancer-ports": {
      type: "digitalocean:index/loadBalancer:LoadBalancer",
      broken: [
        [
          /forwards port 53 to 5353/,
          {
            props: {
              type: "REGIONAL_NETWORK",
              forwardingRules: [
                { entryPort: 7, targetPort: 7 },
                { entryPort: 53, targetPort: 5353 },
              ],
            },
          },
        ],
      ],
      fine: [
        [{ props: { type: "REGIONAL", forwardingRules: [{ entryPort: 80, targetPort: 8080 }] } }],
        [
          {
            props: {
              type: "REGIONAL_NETWORK",
              forwardingRules: [withUnknown({ entryPort: 53 }, "targetPort")],
            },
          },
        ],
      ],
    },
    "udp-ssh-open-to-the-world": {
      type: "aws:ec2/securityGroup:SecurityGroup",
      broken: [
        [/port 22/, { props: { ingress: [{ ...ssh, cidrBlocks: ["10.0.0.0/8", "0.0.0.0/0"] }] } }],
        [
          /port 22/,
          {
            props: {
              ingress: [{ protocol: "-1", fromPort: 0, toPort: 0, ipv6CidrBlocks: ["::/0"] }],
            },
          },
        ],
        [
          /port 22/,
          {
            type: "aws:ec2/securityGroupRule:SecurityGroupRule",
            props: {
              type: "ingress",
              protocol: "tcp",
              fromPort: 0,
              toPort: 65535,
              cidrBlocks: ["0.0.0.0/0"],
            },
          },
        ],
        [
          /port 22/,
          {
            type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            props: { ipProtocol: "tcp", fromPort: 22, toPort: 22, cidrIpv4: "0.0.0.0/0" },
          },
        ],
        [
          /port 22/,
          {
            type: "azure-native:network:NetworkSecurityGroup",
            props: { securityRules: [nsgRule] },
          },
        ],
        [
          /port 22/,
          {
            type: "azure-native:network:SecurityRule",
            props: {
              ...nsgRule,
              sourceAddressPrefix: "Internet",
              destinationPortRange: undefined,
              destinationPortRanges: ["80", "20-30"],
            },
          },
        ],
        [
          /port 22/,
          {
            type: "digitalocean:index/firewall:Firewall",
            props: {
              inboundRules: [{ protocol: "tcp", portRange: "22", sourceAddresses: ["::/0"] }],
            },
          },
        ],
      ],
      fine: [
        [{ props: { ingress: [{ ...ssh, cidrBlocks: ["203.0.113.0/24"] }] } }],
        [{ props: { ingress: [{ ...ssh, protocol: "udp", cidrBlocks: ["0.0.0.0/0"] }] } }],
        [
          {
            props: { ingress: [{ ...ssh, fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"] }] },
          },
        ],
        [{ props: { ingress: [withUnknown({ ...ssh }, "cidrBlocks")] } }],
        [
          {
            props: {
              ingress: [
                withUnknown({ protocol: "tcp", cidrBlocks: ["::/0"] }, "fromPort", "toPort"),
              ],
            },
          },
        ],
        [
          {
            type: "aws:ec2/securityGroupRule:SecurityGroupRule",
            props: { ...ssh, type: "egress", cidrBlocks: ["0.0.0.0/0"] },
          },
        ],
        [{ type: "azure-native:network:SecurityRule", props: { ...nsgRule, access: "Deny" } }],
        [
          {
            type: "azure-native:network:SecurityRule",
            props: { ...nsgRule, sourceAddressPrefix: "10.0.0.4" },
          },
        ],
        [
          {
            type: "digitalocean:index/firewall:Firewall",
            props: {
              inboundRules: [{ protocol: "udp", portRange: "1-65535", sourceAddresses: ["::/0"] }],
            },
          },
        ],
      ],
    },
  },
);
