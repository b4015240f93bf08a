import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { before, describe, test } from "node:test";
import { promisify } from "node:util";
import { AcmeIssuer, PrivateCaIssuer, TlsCertificate } from "pulumi-udp/cert-manager";
import {
  BgpBackend,
  MetalLbAddressPool,
  type MetalLbArgs,
  MetalLbBgpPeer,
  MetalLbMode,
} from "pulumi-udp/metallb";
import { type L4GatewayArgs, TcpRoute, TlsMode, UdpRoute } from "pulumi-udp/traefik";
import { parseAllDocuments } from "yaml";
import { certManagerValues } from "../components/cert-manager/cert-manager.ts";
import { metalLbValues } from "../components/metallb/metallb-args.ts";
import { clouds } from "../components/testing/clouds.ts";
import { type Json, run as runProgram } from "../components/testing/mocks.ts";
import { checkGatewayArgs, gatewayValues } from "../components/traefik/gateway-args.ts";
import { goModuleFolder, goTool } from "../toolchain/go-tool.ts";
import { type OpenApi, schemaFaults } from "./testing/open-api.ts";

const run = promisify(execFile);
const say = (line: string) => process.stderr.write(`${line}\n`);

/** The charts that the components install, rendered by Helm itself with the components' values. */
describe("the charts of MetalLB, Traefik and cert-manager", () => {
  let helm: string;
  const folders: Record<string, string> = {};

  before(async () => {
    helm = await goTool("helm", say, { takes: "2 minutes" });
    folders.metallb = await goModuleFolder("metallb", "go.universe.tf/metallb");
    folders.traefik = await goModuleFolder("charts", "github.com/traefik/traefik-helm-chart");
    folders["cert-manager"] = await goModuleFolder(
      "charts",
      "github.com/cert-manager/cert-manager",
    );
  });

  const CHARTS: Readonly<Record<string, string>> = {
    metallb: "charts/metallb",
    traefik: "traefik",
    "cert-manager": "deploy/charts/cert-manager",
  };

  /** What Helm would send to a cluster. */
  async function render(chart: string, values: Readonly<Record<string, unknown>>): Promise<Json[]> {
    const folder = await mkdtemp(path.join(tmpdir(), "chart-"));
    try {
      const file = path.join(folder, "values.json");
      await writeFile(file, JSON.stringify(values));
      const at = path.join(folders[chart] ?? "", CHARTS[chart] ?? "");
      const { stdout } = await run(
        helm,
        ["template", chart, at, "--namespace", "edge", "--kube-version", "1.34.0", "-f", file],
        { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, HELM_CACHE_HOME: folder } },
      );
      return parseAllDocuments(stdout)
        .map((document) => document.toJS())
        .filter((object) => object !== null);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  const ofKind = (objects: readonly Json[], kind: string) =>
    objects.filter((object) => object.kind === kind);

  test("trap 24: rendered, MetalLB in L2 mode has no FRR, and the chart alone has", async () => {
    const programs = async (values: Readonly<Record<string, unknown>>) =>
      (await render("metallb", values))
        .filter(({ kind }) => ["DaemonSet", "Deployment"].includes(kind))
        .flatMap(({ spec }) => spec.template.spec.containers)
        .map(({ name }: Json) => name);
    const has = async (args: MetalLbArgs) => (await programs(metalLbValues(args))).sort();
    assert.deepEqual(await has({}), ["controller", "speaker"]);
    assert.ok((await programs({})).includes("frr"), "the chart's own default");
    const mode = MetalLbMode.Bgp;
    assert.deepEqual(await has({ mode, bgpBackend: BgpBackend.Native }), ["controller", "speaker"]);
    for (const bgpBackend of [BgpBackend.Frr, BgpBackend.FrrK8s]) {
      assert.ok((await has({ mode, bgpBackend })).includes("frr"), bgpBackend);
    }
  });

  test("MetalLB's speakers and controller are told class, nodes and excluded nodes", async () => {
    const objects = await render(
      "metallb",
      metalLbValues({
        loadBalancerClass: "metallb.io/lan",
        speakerNodeSelector: { edge: "yes" },
        announceFromExcludedNodes: true,
      }),
    );
    const [speaker] = ofKind(objects, "DaemonSet");
    const [controller] = ofKind(objects, "Deployment");
    const argsOf = (object: Json) => object.spec.template.spec.containers[0].args;
    assert.ok(argsOf(speaker).includes("--lb-class=metallb.io/lan"));
    assert.ok(argsOf(speaker).includes("--ignore-exclude-lb"));
    assert.ok(argsOf(controller).includes("--lb-class=metallb.io/lan"));
    assert.equal(speaker.spec.template.spec.nodeSelector.edge, "yes");
  });

  const gateway = (args: L4GatewayArgs) => gatewayValues(args, checkGatewayArgs(args));

  test("traps 30 and 32: rendered, Traefik has 200 ports on its Service, and idle times", async () => {
    const objects = await render("traefik", gateway({ service: {}, udpIdleSeconds: 90 }));
    const [service] = ofKind(objects, "Service");
    const ports = service.spec.ports as { name: string; port: number; protocol: string }[];
    assert.equal(ports.length, 200);
    assert.equal(new Set(ports.map(({ name }) => name)).size, 200);
    assert.equal(ports.filter(({ protocol }) => protocol === "UDP").length, 100);
    const [deployment] = ofKind(objects, "Deployment");
    const { args } = deployment.spec.template.spec.containers[0];
    for (const port of [11_000, 11_099]) {
      assert.ok(args.includes(`--entryPoints.udp-${port}.address=:${port}/udp`));
      assert.ok(args.includes(`--entryPoints.udp-${port}.udp.timeout=90s`));
    }
    // In small letters the chart leaves a port out without a word.
    const values = gateway({ service: {} }) as { ports: Record<string, object> };
    const small = { ...values.ports["udp-11000"], protocol: "udp" };
    const lost = await render("traefik", {
      ...values,
      ports: { ...values.ports, "udp-11000": small },
    });
    assert.equal(ofKind(lost, "Service")[0].spec.ports.length, 199);
  });

  test("Traefik's pods have the labels that the gateway selects, and room to leave", async () => {
    const objects = await render("traefik", gateway({}));
    assert.deepEqual(ofKind(objects, "Service"), []);
    const [{ spec }] = ofKind(objects, "Deployment");
    // `L4Gateway.selector`: release and namespace.
    assert.equal(spec.template.metadata.labels["app.kubernetes.io/instance"], "traefik-edge");
    assert.equal(spec.template.metadata.labels["app.kubernetes.io/name"], "traefik");
    assert.deepEqual(spec.strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 });
    assert.equal(spec.template.spec.terminationGracePeriodSeconds, 45);
    assert.equal(ofKind(objects, "PodDisruptionBudget").length, 1);
  });

  test("cert-manager brings its definitions, and a hook that waits for its webhook", async () => {
    const objects = await render("cert-manager", certManagerValues({}));
    assert.equal(ofKind(objects, "CustomResourceDefinition").length, 6);
    const [job] = ofKind(objects, "Job");
    assert.equal(job.metadata.annotations["helm.sh/hook"], "post-install");
    assert.deepEqual(ofKind(await render("cert-manager", {}), "CustomResourceDefinition"), []);
  });

  test("every custom resource of the components fits its definition", async () => {
    const schemas = new Map<string, OpenApi>();
    for (const folder of [
      path.join(folders.metallb ?? "", "config/crd/bases"),
      path.join(folders.traefik ?? "", "traefik/crds"),
      path.join(folders["cert-manager"] ?? "", "deploy/crds"),
    ]) {
      for (const file of readdirSync(folder).filter((name) => /^[a-z.-]+_.*\.yaml$/.test(name))) {
        for (const document of parseAllDocuments(readFileSync(path.join(folder, file), "utf8"))) {
          const { spec } = document.toJS() as Json;
          for (const { name, schema } of spec.versions) {
            schemas.set(`${spec.group}/${name} ${spec.names.kind}`, schema.openAPIV3Schema);
          }
        }
      }
    }
    const { resources } = await runProgram(everything, clouds);
    const custom = resources.filter(({ inputs }) =>
      schemas.has(`${inputs.apiVersion} ${inputs.kind}`),
    );
    assert.deepEqual([...new Set(custom.map(({ inputs }) => inputs.kind))].sort(), [
      ...["BGPAdvertisement", "BGPPeer", "Certificate", "ClusterIssuer", "IPAddressPool"],
      ...["IngressRouteTCP", "IngressRouteUDP", "Issuer", "L2Advertisement"],
    ]);
    const faults = custom.flatMap(({ name, inputs }) => {
      const schema = schemas.get(`${inputs.apiVersion} ${inputs.kind}`) ?? {};
      const open = { ...schema.properties, metadata: { type: "object" } };
      const metadata = { "x-kubernetes-preserve-unknown-fields": true, ...open.metadata };
      return schemaFaults({ ...schema, properties: { ...open, metadata } }, inputs, name);
    });
    assert.deepEqual(faults, []);
  });
});

/** One of everything, with all that its arguments can say. */
function everything(): void {
  const namespace = "metallb-system";
  new MetalLbAddressPool("l2", {
    namespace,
    addresses: ["192.168.1.200-192.168.1.220", "2001:db8::/64"],
    autoAssign: false,
    avoidBuggyIPs: true,
    serviceAllocation: { priority: 1, namespaces: ["a"], serviceLabels: [{ a: "b" }] },
    nodeLabels: [{ a: "b" }],
    interfaces: ["eth0"],
  });
  new MetalLbAddressPool("bgp", {
    namespace,
    addresses: ["10.0.0.0/24"],
    mode: MetalLbMode.Bgp,
    nodeLabels: [{ a: "b" }],
    bgp: {
      aggregationLength: 24,
      aggregationLengthV6: 64,
      localPref: 100,
      communities: ["64512:1"],
      peers: ["router"],
    },
  });
  new MetalLbBgpPeer("router", {
    namespace,
    myAsn: 64_512,
    peerAsn: 64_513,
    peerAddress: "192.168.1.1",
    passwordSecret: "bgp",
    ebgpMultiHop: true,
    nodeLabels: [{ a: "b" }],
  });
  const gateway = {
    namespace: "traefik",
    tcp: { from: 10_000, to: 10_099 },
    udp: { from: 11_000, to: 11_099 },
    reservedPorts: [],
    routeClass: "edge",
  };
  const backends = [{ service: "db", port: 5432, weight: 3 }];
  new UdpRoute("udp", { gateway, port: 11_000, backends });
  new TcpRoute("plain", { gateway, port: 10_000, backends });
  const hosts = ["db.example.com"];
  new TcpRoute("passed", {
    gateway,
    port: 10_001,
    backends,
    tls: { mode: TlsMode.Passthrough, hosts },
  });
  new TcpRoute("ended", {
    gateway,
    port: 10_001,
    backends,
    tls: { mode: TlsMode.Terminate, hosts, secretName: "db-tls" },
  });
  const { issuer } = new AcmeIssuer("acme", {
    namespace: "cert-manager",
    email: "ops@example.com",
    tokenSecret: { name: "cloudflare", key: "api-token" },
    zones: ["example.com"],
  });
  new PrivateCaIssuer("ca", { namespace: "cert-manager" });
  new TlsCertificate("web", { issuer, hosts: ["a.example.com"] });
}
