import type { Properties } from "../../components/provider/index.ts";
import type { RuleCases } from "./rule-cases.ts";

const PREFIX = "service.beta.kubernetes.io/do-loadbalancer-";
const udp = { port: 4433, protocol: "UDP" };
const tcp = { port: 9090, protocol: "TCP" };

/** A Service on DigitalOcean with some of the controller's annotations. */
function doks(
  annotations: Readonly<Record<string, string>>,
  ports: readonly Properties[] = [udp],
  spec: Properties = {},
) {
  const named = Object.entries(annotations).map(([key, value]) => [
    key.includes("/") ? key : `${PREFIX}${key}`,
    value,
  ]);
  return {
    scope: "do-nyc1-edge",
    inputs: {
      metadata: { annotations: Object.fromEntries(named) },
      spec: { type: "LoadBalancer", ports, ...spec },
    },
  };
}

const override = { "override-health-check": "true" };
/** On other clouds nobody reads these annotations. */
const elsewhere = { ...doks({ ...override, type: "GLOBAL" }), scope: "prod/prod-aks" };
const disowned = { "service.kubernetes.io/do-loadbalancer-disown": "true" };

/** The rules of DigitalOcean's cloud controller. */
export const doksCases: Readonly<Record<string, RuleCases>> = {
  "digitalocean-doks-health-check-override": {
    broken: [
      { ...doks(override), says: /no health check port of protocol TCP found/ },
      {
        ...doks({ ...override, "healthcheck-port": "4433" }, [udp, tcp]),
        says: /4433, cannot be of protocol type UDP/,
      },
      { ...doks({ ...override, "healthcheck-port": "1" }, [udp, tcp]), says: /1 does not exist/ },
    ],
    fine: [
      doks({}),
      doks(override, [udp, tcp]),
      doks({ ...override, "healthcheck-port": "9090" }, [udp, tcp]),
      doks({ ...override, ...disowned }),
      elsewhere,
    ],
  },
  "digitalocean-doks-health-check-protocol": {
    broken: [
      { ...doks({ ...override, "healthcheck-protocol": "udp" }), says: /invalid protocol "udp"/ },
    ],
    fine: [
      doks({ ...override, "healthcheck-protocol": "https" }),
      doks({ "healthcheck-protocol": "udp" }),
    ],
  },
  "digitalocean-doks-type": {
    broken: [
      { ...doks({ type: "GLOBAL" }), says: /only LB types supported/ },
      { ...doks({ network: "internal" }), says: /only LB networks supported/ },
    ],
    fine: [doks({ type: "REGIONAL", network: "INTERNAL" }), doks({}), elsewhere],
  },
  "digitalocean-doks-protocol": {
    broken: [{ ...doks({}, [{ port: 1, protocol: "SCTP" }]), says: /got: "SCTP"/ }],
    fine: [doks({}, [udp, tcp])],
  },
  "digitalocean-doks-size": {
    broken: [{ ...doks({ "size-slug": "lb-small", "size-unit": "2" }), says: /only one of/ }],
    fine: [doks({ "size-unit": "2" }), doks({ "size-slug": "lb-small" })],
  },
  "digitalocean-doks-regional-node-ports": {
    broken: [
      {
        ...doks({ type: "REGIONAL" }, [udp], { allocateLoadBalancerNodePorts: false }),
        says: /target port is 0/,
      },
    ],
    fine: [
      doks({ type: "REGIONAL" }),
      doks({ type: "REGIONAL_NETWORK" }, [udp], { allocateLoadBalancerNodePorts: false }),
    ],
  },
  "digitalocean-doks-health-check-ignored": {
    broken: [{ ...doks({ "healthcheck-port": "9090" }), says: /healthcheck-port has no effect/ }],
    fine: [doks({ "healthcheck-port": "9090", ...override }, [udp, tcp]), doks({}), elsewhere],
  },
};
