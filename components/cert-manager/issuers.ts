import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
} from "@pulumi/pulumi";
import { hostName } from "../endpoint/host-name.ts";
import { each, invalid, together } from "../endpoint/invalid.ts";
import { isPlain } from "../endpoint/plain.ts";
import { commonLabels, webhookRetry } from "../kubernetes/index.ts";

const API_VERSION = "cert-manager.io/v1";
const HOST = hostName({ wildcard: true });

/** Directories of Let's Encrypt. */
export const AcmeServer = {
  /** Certificates that everybody trusts; few attempts a week. */
  Production: "https://acme-v02.api.letsencrypt.org/directory",
  /** For tries: nobody trusts them, and many attempts are allowed. */
  Staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
} as const;

/** Who signs, as certificates name it. Plain data. */
export interface CertIssuer {
  readonly name: string;
  readonly kind: string;
}

/** A Secret with a token of Cloudflare's API. */
export interface TokenSecretArgs {
  /** Name of the Secret, in cert-manager's namespace. */
  readonly name: Input<string>;
  /** Key in it. */
  readonly key: string;
}

/** Certificates of an ACME authority, proven by DNS at Cloudflare. */
export interface AcmeIssuerArgs {
  /** `namespace` of a `CertManager`. */
  readonly namespace: Input<string>;
  /** Where the authority writes to before certificates end. */
  readonly email: string;
  /** Token of Cloudflare's API with `Zone:Read` and `DNS:Edit`; kept in a Secret. This or `tokenSecret`. */
  readonly cloudflareToken?: Input<string>;
  /** A Secret that has the token already. This or `cloudflareToken`. */
  readonly tokenSecret?: TokenSecretArgs;
  /** Directory of the authority, an https address. Left out: Let's Encrypt, production. */
  readonly server?: string;
  /** Zones that the issuer is for. Left out: all. */
  readonly zones?: readonly string[];
}

/**
 * A cluster-wide issuer that proves names by DNS records at Cloudflare (DNS-01), so that nothing
 * has to be reachable from outside for it: right for addresses behind a router as well.
 *
 * @see https://cert-manager.io/docs/configuration/acme/dns01/cloudflare/
 */
export class AcmeIssuer extends ComponentResource {
  /** Name and kind, for certificates. */
  readonly issuer: Output<CertIssuer>;

  /**
   * @param name Unique among the program's components; children are named `<name>-token` and
   * `<name>-issuer`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AcmeIssuerArgs, opts?: ComponentResourceOptions) {
    checkAcme(args);
    super("pulumi-udp:cert-manager:AcmeIssuer", name, {}, opts);
    const labels = commonLabels(name, "issuer");
    const token =
      args.cloudflareToken === undefined
        ? undefined
        : new Secret(
            `${name}-token`,
            {
              metadata: { namespace: args.namespace, labels },
              stringData: { "api-token": args.cloudflareToken },
            },
            { parent: this },
          );
    const issuer = new CustomResource(
      `${name}-issuer`,
      {
        apiVersion: API_VERSION,
        kind: "ClusterIssuer",
        metadata: { labels },
        spec: {
          acme: {
            email: args.email,
            server: args.server ?? AcmeServer.Production,
            // It is of the whole cluster; this has it wait for the release that its namespace waits for.
            privateKeySecretRef: {
              name: output(args.namespace).apply(() => `${name}-account-key`),
            },
            solvers: [
              {
                dns01: {
                  cloudflare: {
                    apiTokenSecretRef:
                      token === undefined
                        ? { ...args.tokenSecret }
                        : { name: token.metadata.name, key: "api-token" },
                  },
                },
                ...(args.zones === undefined ? {} : { selector: { dnsZones: [...args.zones] } }),
              },
            ],
          },
        },
      },
      { parent: this, hooks: { onError: [webhookRetry(`${name}-acme-webhook`)] } },
    );
    this.issuer = output({ name: issuer.metadata.name, kind: "ClusterIssuer" });
    this.registerOutputs({ issuer: this.issuer });
  }
}

function checkAcme(args: AcmeIssuerArgs): void {
  together(
    () => {
      if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(args.email)) {
        invalid("email", `"${args.email}" is not an address of mail`);
      }
    },
    () => {
      if ((args.cloudflareToken === undefined) === (args.tokenSecret === undefined)) {
        invalid("cloudflareToken", "give exactly one of cloudflareToken and tokenSecret");
      }
    },
    () => {
      if (args.server !== undefined && !args.server.startsWith("https://")) {
        invalid("server", `"${args.server}" is not an https address`);
      }
    },
  );
}

/** A certificate authority of one's own. */
export interface PrivateCaIssuerArgs {
  /** `namespace` of a `CertManager`. */
  readonly namespace: Input<string>;
  /** Name that the root certificate shows, 1 to 64 characters. Left out: `pulumi-udp root`. */
  readonly commonName?: string;
  /** Days that the root certificate lives, 1 to 7300. Left out: 3650. */
  readonly days?: number;
}

/**
 * A root of one's own, signed by itself, and a cluster-wide issuer that signs with it: for private
 * networks, whose clients are given the root (`ca.crt` of the Secret `rootSecret`).
 *
 * @see https://cert-manager.io/docs/configuration/selfsigned/#bootstrapping-ca-issuers
 */
export class PrivateCaIssuer extends ComponentResource {
  /** Name and kind, for certificates. */
  readonly issuer: Output<CertIssuer>;
  /** Name of the Secret with the root, in cert-manager's namespace. */
  readonly rootSecret: string;

  /**
   * @param name Unique among the program's components; children are named `<name>-self-signed`,
   * `<name>-root` and `<name>-issuer`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: PrivateCaIssuerArgs, opts?: ComponentResourceOptions) {
    const { commonName = "pulumi-udp root", days = 3650 } = args;
    together(
      () => {
        if (commonName.length < 1 || commonName.length > 64) {
          invalid("commonName", "is not 1 to 64 characters long");
        }
      },
      () => {
        if (!Number.isInteger(days) || days < 1 || days > 7300) {
          invalid("days", `${days} is not a whole number of days from 1 to 7300`);
        }
      },
    );
    super("pulumi-udp:cert-manager:PrivateCaIssuer", name, {}, opts);
    const labels = commonLabels(name, "issuer");
    const onError = [webhookRetry(`${name}-ca-webhook`)];
    this.rootSecret = `${name}-root`;
    const selfSigned = new CustomResource(
      `${name}-self-signed`,
      {
        apiVersion: API_VERSION,
        kind: "Issuer",
        metadata: { namespace: args.namespace, labels },
        spec: { selfSigned: {} },
      },
      { parent: this, hooks: { onError } },
    );
    const root = new CustomResource(
      `${name}-root`,
      {
        apiVersion: API_VERSION,
        kind: "Certificate",
        metadata: { namespace: args.namespace, labels },
        spec: {
          isCA: true,
          commonName,
          duration: `${days * 24}h`,
          secretName: this.rootSecret,
          privateKey: { algorithm: "ECDSA", size: 256 },
          issuerRef: { group: "cert-manager.io", kind: "Issuer", name: selfSigned.metadata.name },
        },
      },
      { parent: this, hooks: { onError } },
    );
    const issuer = new CustomResource(
      `${name}-issuer`,
      {
        apiVersion: API_VERSION,
        kind: "ClusterIssuer",
        metadata: { labels },
        spec: { ca: { secretName: this.rootSecret } },
      },
      { parent: this, dependsOn: [root], hooks: { onError } },
    );
    this.issuer = output({ name: issuer.metadata.name, kind: "ClusterIssuer" });
    this.registerOutputs({ issuer: this.issuer, rootSecret: this.rootSecret });
  }
}

/** A certificate for names, renewed by itself. */
export interface TlsCertificateArgs {
  /** `issuer` of an `AcmeIssuer` or a `PrivateCaIssuer`. */
  readonly issuer: Input<CertIssuer>;
  /** Names of the certificate, at least one; `*.example.com` for all below. */
  readonly hosts: readonly string[];
  /** Namespace of the Secret. Left out: `default`. */
  readonly namespace?: Input<string>;
  /** Name of the Secret. Left out: `<name>-tls`. */
  readonly secretName?: string;
}

/** A certificate in a Secret of type `kubernetes.io/tls`. */
export class TlsCertificate extends ComponentResource {
  /** Name of the Secret; mount it, or give it to whoever ends TLS. */
  readonly secretName: Output<string>;

  /**
   * @param name Unique among the program's components; the child is named `<name>-certificate`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: TlsCertificateArgs, opts?: ComponentResourceOptions) {
    checkHosts("hosts", args.hosts);
    super("pulumi-udp:cert-manager:TlsCertificate", name, {}, opts);
    const secretName = args.secretName ?? `${name}-tls`;
    const issuer = output(args.issuer);
    const certificate = new CustomResource(
      `${name}-certificate`,
      {
        apiVersion: API_VERSION,
        kind: "Certificate",
        metadata: {
          namespace: args.namespace ?? "default",
          labels: commonLabels(name, "certificate"),
        },
        spec: {
          dnsNames: [...args.hosts],
          secretName,
          privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
          issuerRef: { group: "cert-manager.io", kind: issuer.kind, name: issuer.name },
        },
      },
      { parent: this, hooks: { onError: [webhookRetry(`${name}-certificate-webhook`)] } },
    );
    this.secretName = all([secretName, certificate.metadata.name]).apply(([known]) => known);
    this.registerOutputs({ secretName: this.secretName });
  }
}

/** @throws InputPropertyError for an empty list, and for what is no name. */
export function checkHosts(property: string, hosts: readonly string[]): void {
  if (hosts.length === 0) {
    invalid(property, "is empty: give at least one name, such as messaging.example.com");
  }
  each(hosts, (host, index) => {
    if (isPlain(host) && !HOST.test(host)) {
      invalid(`${property}[${index}]`, `"${host}" is not a host name in small letters`);
    }
  });
}
