import provider from "@pulumi/pulumi/proto/provider_pb.js";

/**
 * Lets components see whether `protect` was given. The SDK's server hands on `false` where nobody
 * said anything, and an address, which is protected unless a program says `protect: false`, would
 * come without protection. Source: `provider/server.js` of `@pulumi/pulumi` 3.270, `construct`.
 */
export function tellProtect(): void {
  const request = provider.ConstructRequest.prototype;
  const { getProtect } = request;
  request.getProtect = function (this: typeof request) {
    return this.hasProtect() ? getProtect.call(this) : undefined;
  };
}
