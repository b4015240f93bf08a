import assert from "node:assert/strict";
import { test } from "node:test";
import { componentMistakes, resourceClasses } from "./component-rules.ts";
import { repositorySources } from "./source.ts";

const sources = repositorySources();

/** A component that keeps every rule; each test breaks one. */
const GOOD = `
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { getZoneOutput } from "@pulumi/cloudflare/getZone.js";

/** Arguments. */
export interface ThingArgs {
  /** Size in bytes. */
  readonly size?: number;
}

/** A thing. */
export class Thing extends ComponentResource {
  /** Its address. */
  readonly address: Output<string>;

  constructor(name: string, args: ThingArgs, opts?: ComponentResourceOptions) {
    super("pulumi-udp:x:Thing", name, {}, opts);
    const zone = getZoneOutput({ zoneId: "x" }, { parent: this });
    const service = new Service(\`\${name}-service\`, {}, { parent: this, protect: true });
    this.address = service.status;
    this.registerOutputs({ address: this.address });
  }
}
`;

function mistakes(text: string): string[] {
  const source = { path: "components/x/thing.ts", text };
  return componentMistakes(source, resourceClasses([source]));
}

test("every component of the repository keeps to the rules", () => {
  const resources = resourceClasses(sources);
  for (const expected of ["PublicIPAddress", "Service", "DnsRecord", "AksStaticIp"]) {
    assert.ok(resources.has(expected), expected);
  }
  assert.deepEqual(
    sources.flatMap((source) => componentMistakes(source, resources)),
    [],
  );
});

test("the example keeps to the rules", () => {
  assert.deepEqual(mistakes(GOOD), []);
});

for (const [what, from, to, mistake] of [
  [
    "outputs that are not registered",
    "this.registerOutputs({ address: this.address });",
    "",
    /Thing never calls this\.registerOutputs/,
  ],
  [
    "a child without its parent",
    "{ parent: this, protect: true }",
    "{ protect: true }",
    /new Service lacks \{ parent: this \}/,
  ],
  ["a child with another parent", "parent: this, protect", "parent: opts.parent, protect", /lacks/],
  ["a child without options", ", { parent: this, protect: true }", "", /new Service lacks/],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text, to be broken.
  ["a child with a name of its own", "`${name}-service`", '"service"', /not named `\$\{name\}-…`/],
  ["a look-up without a parent", ", { parent: this });", ");", /getZoneOutput lacks/],
  ["an input without a comment", "/** Size in bytes. */", "", /ThingArgs\.size has no doc comment/],
  ["an output without a comment", "/** Its address. */", "", /Thing\.address has no doc comment/],
  ["an empty comment", "/** Its address. */", "/** */", /Thing\.address has no doc comment/],
  ["another kind of comment", "/** Size in bytes. */", "// Size.", /ThingArgs\.size/],
  ["a class without a comment", "/** A thing. */", "", /Thing has no doc comment/],
] as const) {
  test(`refused: ${what}`, () => {
    assert.ok(GOOD.includes(from), "the example has what is to be broken");
    const found = mistakes(GOOD.replace(from, to));
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", mistake);
    assert.match(found[0] ?? "", /^components\/x\/thing\.ts:\d+ /);
  });
}
