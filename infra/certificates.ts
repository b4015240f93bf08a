import type { Provider } from "@pulumi/kubernetes/provider.js";
import { type Input, secret } from "@pulumi/pulumi";
import { AcmeIssuer, type CertIssuer, CertManager, PrivateCaIssuer } from "pulumi-udp/cert-manager";

/** Who signs certificates: one of the three. */
export interface IssuerArgs {
  /** False: cert-manager is there already. */
  readonly installCertManager: boolean;
  readonly certManagerNamespace: string;
  /** An issuer that is there; cert-manager then is, too. */
  readonly issuer?: CertIssuer;
  readonly acme?: {
    readonly email: string;
    readonly cloudflareToken?: string;
    readonly tokenSecret?: { readonly name: string; readonly key: string };
    readonly server?: string;
  };
  readonly privateCa?: { readonly commonName: string; readonly days: number };
}

/** The issuer that was named, or one that is made, with cert-manager where it is not there. */
export function certificateIssuer(args: IssuerArgs, provider: Provider): Input<CertIssuer> {
  if (args.issuer !== undefined) {
    return args.issuer;
  }
  const namespace = args.installCertManager
    ? new CertManager("certs", { namespace: args.certManagerNamespace }, { provider }).namespace
    : args.certManagerNamespace;
  if (args.acme === undefined) {
    return new PrivateCaIssuer("ca", { ...args.privateCa, namespace }, { provider }).issuer;
  }
  const { cloudflareToken, ...acme } = args.acme;
  return new AcmeIssuer(
    "acme",
    {
      ...acme,
      namespace,
      ...(cloudflareToken === undefined ? {} : { cloudflareToken: secret(cloudflareToken) }),
    },
    { provider },
  ).issuer;
}
