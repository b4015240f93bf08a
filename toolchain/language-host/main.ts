import { serve } from "./service.ts";

// The engine starts `pulumi-language-nodejs [flags] ADDRESS` and reads the port from the first line.
const engine = process.argv.slice(2).findLast((argument) => !argument.startsWith("-"));
process.stdout.write(`${await serve(engine ?? "")}\n`);
