import type { CheckRequest, Properties } from "../../../components/provider/index.ts";
import type { Fact } from "../../cloud/fact.ts";
import { hex, uuid } from "../../cloud/identifiers.ts";

export const autonaming: Fact = {
  id: "azure-autoname",
  basis: "recalled",
  says: "A name left out becomes the logical name and 8 hexadecimal digits, a role assignment's a UUID, and stays until the resource is replaced.",
  source: "pulumi/pulumi-azure-native provider/pkg/provider/provider_autoname.go",
};

/** Inputs with the name property filled in from the last deployment or the seed. */
export function autonamed(request: CheckRequest, property: string): Properties {
  return fill(request, property, () => `${request.name}${hex(8, request.randomSeed, request.urn)}`);
}

export function autonamedUuid(request: CheckRequest, property: string): Properties {
  return fill(request, property, () => uuid(request.randomSeed, request.urn));
}

function fill(request: CheckRequest, property: string, name: () => string): Properties {
  return request.news[property] === undefined
    ? { ...request.news, [property]: request.olds[property] ?? name() }
    : request.news;
}
