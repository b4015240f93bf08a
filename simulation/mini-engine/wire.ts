import type { Properties, Value } from "../../components/provider/index.ts";

/*
 * Signatures by which values that JSON has no word for travel between program and engine
 * (pulumi/pulumi sdk/go/common/resource/properties.go).
 */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const isMap = (value: Value | undefined): value is Properties =>
  value !== null && typeof value === "object" && !Array.isArray(value);

const signatureOf = (value: Value | undefined): Value | undefined =>
  isMap(value) ? value[SIGNATURE] : undefined;

export const secret = (value: Value): Properties => ({ [SIGNATURE]: SECRET, value });

/** True for a secret itself, not for a list or map that holds one. */
export function isSecret(value: Value | undefined): boolean {
  return signatureOf(value) === SECRET;
}

function holdsSecret(value: Value): boolean {
  if (value === null || typeof value !== "object") {
    return false;
  }
  return isSecret(value) || Object.values(value).some(holdsSecret);
}

/** The value as a provider sees it: secrets and outputs opened, references by identifier. */
export function plain(value: Value): Value {
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (!isMap(value)) {
    return value;
  }
  switch (signatureOf(value)) {
    case SECRET:
      return plain(value.value ?? null);
    case OUTPUT:
      return value.value === undefined ? UNKNOWN : plain(value.value);
    case RESOURCE:
      // A component has no id and is referred to by its URN.
      return value.id === "" ? UNKNOWN : (value.id ?? value.urn ?? null);
  }
  return plainMap(value);
}

export function plainMap(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).map(([key, item]) => [key, plain(item)]));
}

/**
 * Marks those values secret whose counterpart in `marked` is secret, as the engine does for
 * providers that know no secrets, and those that the resource's options name.
 */
export function withSecrets(
  values: Properties,
  marked: Properties,
  names: readonly string[] = [],
): Properties {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const twin = marked[key];
      if (names.includes(key) || isSecret(twin)) {
        return [key, isSecret(value) ? value : secret(value)];
      }
      if (Array.isArray(value) && Array.isArray(twin) && holdsSecret(twin)) {
        // Items may change places, so the whole list is secret.
        return [key, secret(value)];
      }
      return [key, isMap(value) && isMap(twin) ? withSecrets(value, twin) : value];
    }),
  );
}
