#!/usr/bin/env -S node --max-semi-space-size=4
import { enableCompileCache } from "node:module";

// Keeps compiled code between runs (in NODE_COMPILE_CACHE or the temporary folder): start-up
// to ready takes about half as long. Where nothing can be written, it changes nothing.
enableCompileCache();
await import("../src/main.ts");
