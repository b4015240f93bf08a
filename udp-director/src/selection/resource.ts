/**
 * A backend as Kubernetes would describe it. Only the parts that selection reads are typed;
 * everything else stays reachable by path. Immutable once it is in a discovery's list.
 */
export interface Resource {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly status?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  /** The endpoint of the resource's Service that this backend is, in service mode by endpoints. */
  readonly endpoint?: {
    readonly address: string;
    readonly ports: readonly { readonly name: string; readonly port: number }[];
  };
}
