import { loadLazily } from "./lazy.ts";
import { leanPromises } from "./promises.ts";
import { leanTraces } from "./traces.ts";

/*
 * Makes programs start faster. Node imports it before Pulumi's SDK, by Pulumi.yaml:
 *
 *     runtime:
 *       name: nodejs
 *       options:
 *         nodeargs: --import pulumi-udp/lean-start
 *
 * The SDK loads a package manager (@npmcli/arborist) and the TypeScript compiler in every program,
 * and needs them only where it serializes a function. They are loaded then. Besides, traces
 * that nobody sees are left out (promises.ts, traces.ts); as the program's first import it does
 * that much.
 *
 * Source: `runtime/closure/codePaths.js` and `typescript-shim.js` of `@pulumi/pulumi` 3.270.
 */
loadLazily(new Set(["@npmcli/arborist", "typescript"]), "/node_modules/@pulumi/pulumi/");
leanPromises(Error, process.env);
leanTraces(Error);
