import { registerHooks } from "node:module";
import schema from "../../../plugin/schema.json" with { type: "json" };

/** Programs see the stand-ins, the stand-ins and the library itself do not. */
const PROGRAM = /\/(test-program\/[^/]+|plugin\/program\/rest)\.ts$/;
const ENTRY = /^pulumi-udp\/([a-z-]+)$/;

/**
 * From here on, importing the library gives classes that say what a generated SDK says: token,
 * inputs, names of the outputs, and that somebody else constructs them. What is no component, such
 * as the choices, is the library's own.
 */
export function constructRemotely(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const entry = ENTRY.exec(specifier)?.[1];
      if (entry === undefined || !PROGRAM.test(context.parentURL ?? "")) {
        return next(specifier, context);
      }
      return { url: `remote:${entry}`, format: "module", shortCircuit: true };
    },
    load(url, context, next) {
      return url.startsWith("remote:")
        ? { format: "module", source: standIn(url.slice("remote:".length)), shortCircuit: true }
        : next(url, context);
    },
  });
}

function standIn(entry: string): string {
  const classes = Object.entries(schema.resources)
    .filter(([token]) => token.split(":")[1] === entry)
    .map(([token, { properties }]) => {
      const outputs = Object.fromEntries(Object.keys(properties).map((key) => [key, null]));
      return `
        export class ${token.split(":")[2]} extends ComponentResource {
          constructor(name, args, opts) {
            const outputs = ${JSON.stringify(outputs)};
            for (const key in outputs) outputs[key] = undefined;
            super(${JSON.stringify(token)}, name, { ...outputs, ...args }, opts, true);
          }
        }`;
    });
  const library = JSON.stringify(import.meta.resolve(`pulumi-udp/${entry}`));
  const sdk = JSON.stringify(import.meta.resolve("@pulumi/pulumi"));
  return `import pulumi from ${sdk};
    export * from ${library};
    const { ComponentResource } = pulumi;
    ${classes.join("\n")}`;
}
