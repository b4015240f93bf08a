import type { Input } from "@pulumi/pulumi";
import { jsonStringify, type Output } from "@pulumi/pulumi";

/** Who may take a role. */
export function assumedBy(service: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });
}

/** What a policy allows on which resources. */
export interface Allowed {
  readonly actions: readonly string[];
  readonly resources: readonly Input<string>[];
}

/** A policy document, without the parts that have no resources. */
export function allowing(statements: readonly Allowed[]): Output<string> {
  return jsonStringify({
    Version: "2012-10-17",
    Statement: statements
      .filter(({ resources }) => resources.length > 0)
      .map(({ actions, resources }) => ({
        Effect: "Allow",
        Action: [...actions],
        Resource: [...resources],
      })),
  });
}
