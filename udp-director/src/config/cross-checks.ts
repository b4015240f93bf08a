import { z } from "zod";
import { checkAdmin } from "./admin.ts";
import { checkKernel } from "./kernel.ts";
import { checkLoadBalancing } from "./load-balancing.ts";
import { checkPortRanges } from "./port-ranges.ts";
import { checkStore } from "./store.ts";
import { checkTokens } from "./tokens.ts";

/**
 * Rules between keys of the director's configuration. They also run when a single key is
 * already wrong, so that one error lists every mistake; hence they trust no shape.
 */

type Loose = { readonly [key: string]: unknown };
type Report = (path: (string | number)[], message: string) => void;

const isObject = (value: unknown): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const objectAt = (value: unknown): Loose => (isObject(value) ? value : {});
const listAt = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The key of another TCP port of the director with this number. */
function tcpPortOf(config: Loose, port: unknown): string | undefined {
  if (port === undefined) return undefined;
  const { queryPort = 9000, metricsPort = 9090, admin } = config;
  const adminPort = admin === undefined ? undefined : (objectAt(admin).port ?? 9091);
  if (port === queryPort) return "queryPort";
  if (port === metricsPort) return "metricsPort";
  return port === adminPort ? "admin.port" : undefined;
}

function checkPorts(config: Loose, report: Report): readonly unknown[] {
  const names = new Set<unknown>();
  const numbers = new Set<unknown>();
  for (const [index, item] of listAt(config.dataPorts).entries()) {
    const entry = objectAt(item);
    if (names.has(entry.name)) {
      report(["dataPorts", index, "name"], "this name is used twice; data ports need their own");
    }
    const number = `${entry.protocol} ${entry.port}`;
    if (numbers.has(number)) {
      report(["dataPorts", index, "port"], "this port is listed twice; list each once");
    }
    const other = entry.protocol === "tcp" ? tcpPortOf(config, entry.port) : undefined;
    if (other !== undefined) {
      report(["dataPorts", index, "port"], `same TCP port as ${other}; give each its own`);
    }
    names.add(entry.name);
    numbers.add(number);
  }
  if (config.queryPort !== undefined && config.queryPort === config.metricsPort) {
    report(["metricsPort"], "same TCP port as queryPort; give each its own");
  }
  if (config.tokenTtlSeconds !== undefined && config.tokenTTLSeconds !== undefined) {
    report(["tokenTTLSeconds"], "tokenTtlSeconds is given as well; keep one of the two spellings");
  }
  const all = names.size > 0 ? names : new Set<unknown>(["default"]);
  const ranges = listAt(config.portRanges).map(objectAt);
  const { kind: store } = objectAt(config.store);
  const taken = portsOf(config);
  checkKernel(objectAt(config.kernel), taken, ranges, report);
  return [...all, ...checkPortRanges(ranges, taken, all, store, report)];
}

/** The director's ports but those of ranges, as `tcp 9000`, and which key has them. */
function portsOf(config: Loose): Map<string, string> {
  const { queryPort = 9000, metricsPort = 9090, dataPort = 7777, admin } = config;
  const taken = new Map([
    [`tcp ${queryPort}`, "queryPort"],
    [`tcp ${metricsPort}`, "metricsPort"],
  ]);
  if (admin !== undefined) taken.set(`tcp ${objectAt(admin).port ?? 9091}`, "admin.port");
  if (config.dataPorts === undefined) taken.set(`udp ${dataPort}`, "dataPort");
  for (const [index, item] of listAt(config.dataPorts).entries()) {
    const { port, protocol } = objectAt(item);
    taken.set(`${protocol} ${port}`, `dataPorts[${index}]`);
  }
  return taken;
}

function checkEndpoints(path: string[], mapping: Loose, isService: boolean, report: Report) {
  if (mapping.serviceEndpoints === undefined) return;
  if (!isService || mapping.addressPath !== undefined) {
    report(
      [...path, "serviceEndpoints"],
      "belongs to service mode: serviceSelectorLabel and serviceTargetPortName, without addressPath",
    );
  }
  const { addressType } = mapping;
  const known = addressType === undefined || addressType === "IPv4" || addressType === "IPv6";
  if (mapping.serviceEndpoints === "endpoints" && !known) {
    report(
      [...path, "addressType"],
      `${JSON.stringify(addressType)} is no type of endpoints; expected IPv4 or IPv6`,
    );
  }
}

function checkMapping(
  at: string,
  mapping: Loose,
  names: readonly unknown[],
  hasServices: boolean,
  report: Report,
) {
  const path = ["resourceQueryMapping", at];
  const serviceKeys = ["serviceSelectorLabel", "serviceTargetPortName"] as const;
  const given = serviceKeys.filter((key) => mapping[key] !== undefined);
  if (given.length === 1) {
    const other = given[0] === serviceKeys[0] ? serviceKeys[1] : serviceKeys[0];
    report([...path, other], `missing; service mode needs it beside ${given[0]}`);
  } else if (given.length === 2 && mapping.addressPath === undefined && !hasServices) {
    report([...path, serviceKeys[0]], "service mode needs discovery.kubernetes");
  }
  if (mapping.addressPath === undefined && given.length === 0) {
    report([...path, "addressPath"], "missing; expected a JSONPath such as status.podIP");
  }
  checkEndpoints(path, mapping, given.length === 2, report);
  const single = mapping.portName !== undefined || mapping.portPath !== undefined;
  const several = mapping.ports !== undefined;
  if (single && several) {
    report([...path, "ports"], "portName or portPath is given as well; keep one way");
  }
  const direct = mapping.addressPath !== undefined || given.length === 0;
  if (!single && !several && direct) {
    report([...path, "portName"], "missing; expected one of portName, portPath and ports");
  }
  const seen = new Set<unknown>();
  for (const [index, item] of listAt(mapping.ports).entries()) {
    const entry = objectAt(item);
    const here = [...path, "ports", index];
    if (entry.name !== undefined && !names.includes(entry.name)) {
      report([...here, "name"], `no data port has this name; allowed: ${names.join(", ")}`);
    }
    if (seen.has(entry.name)) report([...here, "name"], "this data port is mapped twice");
    seen.add(entry.name);
    if (entry.portName === undefined && entry.portPath === undefined) {
      report([...here, "portName"], "missing; expected one of portName and portPath");
    }
  }
}

function checkTypes(config: Loose, types: readonly string[], report: Report) {
  const known = types.length > 0 ? types.join(", ") : "(none is defined)";
  const check = (value: unknown, path: (string | number)[]) => {
    if (typeof value === "string" && value !== "" && !types.includes(value)) {
      report(path, `"${value}" is not in resourceQueryMapping; allowed: ${known}`);
    }
  };
  check(objectAt(config.defaultEndpoint).resourceType, ["defaultEndpoint", "resourceType"]);
  const discovery = objectAt(config.discovery);
  for (const [index, item] of listAt(objectAt(discovery.static).resources).entries()) {
    check(objectAt(item).resourceType, ["discovery", "static", "resources", index, "resourceType"]);
  }
  if (
    isObject(config.discovery) &&
    discovery.static === undefined &&
    discovery.file === undefined &&
    discovery.kubernetes === undefined
  ) {
    report(["discovery"], "names no source; expected static, file, kubernetes or several");
  }
}

/** The zod check that holds all rules between keys. */
export const crossChecks = z.check<unknown>((payload) => {
  const config = objectAt(payload.value);
  const report: Report = (path, message) => {
    payload.issues.push({ code: "custom", path, message, input: payload.value });
  };
  const names = checkPorts(config, report);
  const types = objectAt(config.resourceQueryMapping);
  const hasServices = objectAt(config.discovery).kubernetes !== undefined;
  for (const [at, mapping] of Object.entries(types)) {
    checkMapping(at, objectAt(mapping), names, hasServices, report);
  }
  const balancing = objectAt(config.loadBalancing);
  checkLoadBalancing(balancing, objectAt(balancing.strategy), report);
  checkAdmin(config, report);
  checkTokens(objectAt(config.tokens), names, report);
  checkStore(objectAt(config.store), config.sessionTimeoutSeconds, report);
  checkTypes(config, Object.keys(types), report);
});
// zod skips checks once a key is wrong, unless the check says when it runs.
crossChecks._zod.def.when = () => true;
