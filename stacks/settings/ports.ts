import { Exposure, Protocol, resolvePorts } from "pulumi-udp/endpoint";
import { renamed } from "../../components/endpoint/invalid.ts";
import { tell } from "./checked.ts";
import { block, listOf, oneOf, portNumber, text } from "./fields.ts";

const port = block({
  name: text('a name such as "audio"'),
  /** Port that clients use. */
  port: portNumber(),
  /** Port that the pods listen on. Left out: `port`. */
  targetPort: portNumber().exactOptional(),
  protocol: oneOf([Protocol.Udp, Protocol.Tcp]),
  exposure: oneOf([Exposure.Public, Exposure.Internal]).exactOptional(),
});

/** What a workload publishes. */
export const ports = listOf(port, "{ name, port, protocol }").superRefine((given, context) => {
  if (given.length === 0) {
    return; // told by the list itself
  }
  const unnamed = (path: string) => path.replace(/^ports/, "");
  tell(context, () => renamed(() => resolvePorts(given), unnamed));
});
