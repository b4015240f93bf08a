/**
 * Importing this makes programs of many resources start faster: half the time of a preview of 800
 * resources is saved (`node --test simulation/speed.preview.test.ts` prints the ratio here).
 *
 * Pulumi's Node.js SDK keeps a stack trace with each of its promises, about 30 a resource, and
 * shows it only where `PULUMI_DEBUG_PROMISE_LEAKS` asks for it. Making the text is what costs:
 * the SDK's run command has `source-map-support` format it. So those traces are left out, and every
 * other error is formatted as before. With `PULUMI_DEBUG_PROMISE_LEAKS` set nothing changes.
 *
 * Source: `runtime/debuggable.js` and `cmd/run/index.js` of `@pulumi/pulumi` 3.270.
 */
import { leanTraces } from "./lean-traces.ts";

leanTraces(Error, process.env);
