import type { Properties } from "../../../components/provider/index.ts";
import type { Fact, ImmutableFact } from "../../cloud/fact.ts";
import type { OutputRequest, ResourceModel } from "../../cloud/model.ts";
import type { Rule } from "../../cloud/rule.ts";

/** What distinguishes one kind of object from another. */
export interface Kind {
  readonly type: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Default: true. */
  readonly namespaced?: boolean;
  readonly rules?: readonly Rule[];
  /** What the outputs rest on. */
  readonly facts?: readonly Fact[];
  readonly immutable?: ImmutableFact;
  /** Provider option that makes `immutable` void for objects that do not say `immutable: true`. */
  readonly mutableOption?: string;
  /** Outputs beside inputs and metadata that only the cluster can tell. */
  readonly computed?: readonly string[];
  outputs?(request: OutputRequest): Properties;
  uses?: ResourceModel["uses"];
  cascade?: ResourceModel["cascade"];
  leaves?: ResourceModel["leaves"];
}
