import { parseArgs } from "node:util";
import { buildImage } from "./build.ts";

const { values } = parseArgs({
  options: {
    output: { type: "string", default: "udp-director.tar" },
    reference: { type: "string", default: "udp-director:dev" },
  },
});
await buildImage(values);
console.log(`${values.output}: ${values.reference}`);
