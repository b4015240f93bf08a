import { type Output, output, type StackReference } from "@pulumi/pulumi";
import type { Endpoint, EndpointPort } from "./endpoint.ts";
import { checkedLater, invalid } from "./invalid.ts";

/**
 * The endpoint of another stack: what an application needs to know of the load balancer that somebody
 * else's stack owns.
 *
 * @param stack The stack that has the load balancer.
 * @param name Output of that stack. For one of several a path, `endpoints.relay`. Left out: `endpoint`.
 * @throws ResourceError at the reference, if the stack has no such output or it is no endpoint.
 */
export function endpointOf(stack: StackReference, name = "endpoint"): Output<Endpoint> {
  const [first = "", ...path] = name.split(".");
  return output(stack.getOutput(first)).apply((value) =>
    checkedLater(stack, () => readEndpoint(name, path.reduce(member, value as unknown))),
  );
}

/** Holds that a value of unknown origin is an endpoint. */
export function readEndpoint(name: string, value: unknown): Endpoint {
  if (value === undefined || value === null) {
    invalid(name, "is no output of that stack: deploy it first, or give another output's name");
  }
  const { addresses, hostname, ports } = value as Record<string, unknown>;
  if (
    !isListOf(addresses, (one) => typeof one === "string") ||
    !isListOf(ports, isPort) ||
    (hostname !== undefined && typeof hostname !== "string")
  ) {
    invalid(name, "is no endpoint, which has addresses and ports: give the name of one");
  }
  return value as Endpoint;
}

function isPort(value: unknown): boolean {
  const { name, port, protocol } = (value ?? {}) as Partial<Record<keyof EndpointPort, unknown>>;
  return typeof name === "string" && typeof port === "number" && typeof protocol === "string";
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function member(value: unknown, key: string): unknown {
  return (value as Record<string, unknown> | undefined)?.[key];
}
