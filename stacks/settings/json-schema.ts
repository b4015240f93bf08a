import { z } from "zod";
import { platformSettings } from "./settings.ts";

type Json = { readonly [key: string]: unknown };

/** What `pulumi config set --secret` writes in the place of a text. */
const SECRET: Json = {
  type: "object",
  properties: { secure: { type: "string" } },
  required: ["secure"],
  additionalProperties: false,
};

/**
 * JSON Schema of a `Pulumi.<stack>.yaml`, so that editors complete and check it. Any text may be a
 * secret. What only the whole tells, such as two ports that are equal, the program checks.
 */
export function stackFileSchema(): Json {
  const blocks = Object.entries(platformSettings).map(([platform, settings]) => {
    const { $schema: _own, ...schema } = z.toJSONSchema(settings, {
      io: "input",
      unrepresentable: "any",
    });
    return [`udp:${platform}`, withSecrets(schema)] as const;
  });
  const platforms = Object.keys(platformSettings);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Settings of a stack",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: { "udp:platform": { enum: platforms }, ...Object.fromEntries(blocks) },
        required: ["udp:platform"],
        // A platform's own block, and nobody else's; keys of providers are theirs.
        allOf: platforms.map((platform) => ({
          if: { properties: { "udp:platform": { const: platform } } },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
          then: {
            ...(platform === "local" ? {} : { required: [`udp:${platform}`] }),
            properties: Object.fromEntries(
              platforms.filter((other) => other !== platform).map((name) => [`udp:${name}`, false]),
            ),
          },
        })),
      },
    },
    required: ["config"],
    definitions: { secret: SECRET },
  };
}

/** Admits a secret wherever a text may stand. */
function withSecrets(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withSecrets);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const inner = Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === "default" || key === "propertyNames" ? one : withSecrets(one),
    ]),
  );
  const { type, enum: choices } = value as Json;
  return type === "string" && choices === undefined
    ? { anyOf: [inner, { $ref: "#/definitions/secret" }] }
    : inner;
}

if (import.meta.main) {
  process.stdout.write(`${JSON.stringify(stackFileSchema())}\n`);
}
