import { type Input, Output } from "@pulumi/pulumi";

/** True for a value that is known now, not an output or a promise of one. */
export function isPlain<T>(value: Input<T>): value is T {
  return !Output.isInstance(value) && !(value instanceof Promise);
}

/** The same map with its keys in order, so that the order of writing never makes a difference. */
export function sortedByKey<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
