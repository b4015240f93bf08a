/** The part of a pod that is looked at (Kubernetes API, core/v1). */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly containers: readonly { readonly ports?: readonly ContainerPort[] }[] };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface ContainerPort {
  readonly containerPort: number;
  readonly protocol?: string;
}

export interface Wanted {
  /** Labels that the Service selects by. */
  readonly selector: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly ports: readonly { readonly port: number; readonly protocol: string }[];
}

export interface PodFindings {
  /** Names of ready pods that get packets. */
  readonly ready: readonly string[];
  /** Why nothing may be created, each with its way out. */
  readonly problems: readonly string[];
  /** What looks odd and may be right: Kubernetes takes declared ports as information only. */
  readonly warnings: readonly string[];
}

const TARGET = "porter.run/deployment-target-id";
const APP = "porter.run/app-name";
const SERVICE = "porter.run/service-name";

/** Whether a selector finds the pods that Porter deployed, and no others. */
export function checkPods(wanted: Wanted, pods: readonly Pod[]): PodFindings {
  const { selector, namespace, ports } = wanted;
  const labels = Object.entries(selector);
  const text = labels.map(([key, value]) => `${key}=${value}`).join(",");
  const alive = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const own = alive.filter(({ metadata }) =>
    labels.every(([key, value]) => metadata.labels?.[key] === value),
  );
  if (own.length === 0) {
    const there = distinct(alive, ({ metadata: { labels: found = {} } }) =>
      found[APP] === undefined ? undefined : `${found[APP]} ${found[SERVICE] ?? "(no service)"}`,
    );
    const hint =
      there.length === 0
        ? "none of its pods is Porter's: deploy the application first, or set workload.namespace"
        : `its applications and services are ${there.join(", ")}: set workload.app and workload.service`;
    return {
      ready: [],
      problems: [`no pod in namespace ${namespace} has the labels ${text}; ${hint}`],
      warnings: [],
    };
  }
  const ready = own.filter(({ status }) =>
    status?.conditions?.some((one) => one.type === "Ready" && one.status === "True"),
  );
  const targets = distinct(own, ({ metadata }) => metadata.labels?.[TARGET]);
  const problems = [
    ...(ready.length === 0
      ? [`none of the ${own.length} pods with the labels ${text} is ready: packets would be lost`]
      : []),
    ...(targets.length > 1 && selector[TARGET] === undefined
      ? [
          `the labels ${text} select pods of several deployment targets (${targets.join(", ")}), which would share the packets: set workload.deploymentTargetId to one of them`,
        ]
      : []),
  ];
  const declared = own.flatMap(({ spec }) => spec.containers.flatMap((one) => one.ports ?? []));
  const missing = ports.filter(
    ({ port, protocol }) =>
      !declared.some((one) => one.containerPort === port && (one.protocol ?? "TCP") === protocol),
  );
  return {
    ready: ready.map(({ metadata }) => metadata.name).sort(),
    problems,
    warnings: missing.map(
      ({ port, protocol }) => `no container of these pods declares ${protocol} ${port}`,
    ),
  };
}

function distinct(pods: readonly Pod[], value: (pod: Pod) => string | undefined): string[] {
  return [...new Set(pods.map(value).filter((one) => one !== undefined))].sort();
}
