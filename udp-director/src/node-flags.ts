/**
 * What Node is started with to run a director: bin/, the image and the labs have it.
 *
 * The heap's part for new objects is twice 4 MiB. Node 24 lets it grow to twice 64 MiB where many
 * objects stay, as thousands of new sessions make it: memory that no session needs afterwards and
 * that is not given back. With 1 MiB a packet through node:dgram takes a tenth more processor
 * time, with 4 MiB no more than without a bound.
 */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=4"];
