import { run } from "./cli/program.ts";

// The process ends when nothing is left to do, so that output is never cut off.
process.exitCode = await run(process.argv.slice(2), process.env);
