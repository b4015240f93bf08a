// Node imports it in a program's process before the SDK: a preview takes half as long for it.
import "../components/lean-start/index.ts";
import { createRequire } from "node:module";

// The SDK tells the engine five lines for debugging with each resource, each in a call of its own
// that waits for the one before. Nobody shows them here. The script is the SDK's cmd/run/index.js.
const { log } = createRequire(process.argv[1] ?? "")("../../index.js");
log.debug = () => Promise.resolve();
