import { buildNative } from "../src/data/native/build.ts";

/** Compiles the native data path into a file: node main.ts udp-director.node */
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("usage: main.ts FILE");
await buildNative(file, process.env);
