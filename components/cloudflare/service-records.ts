import { type Endpoint, Protocol } from "../endpoint/index.ts";
import { each, invalid, together } from "../endpoint/invalid.ts";
import { oneOf, whole } from "../endpoint/values.ts";

/** A service that clients look up by name and that tells them the port (RFC 2782). */
export interface SrvRecordArgs {
  /** Name of the service without the underscore, such as `sip` or `minecraft`. */
  readonly service: string;
  /** `UDP` or `TCP`, as the endpoint's port has it. */
  readonly protocol: Protocol;
  /** Name of one of the endpoint's ports. */
  readonly port: string;
  /** Clients try the lowest first; 0 to 65535. Left out: 0. */
  readonly priority?: number;
  /** Share among those of one priority; 0 to 65535. Left out: 0. */
  readonly weight?: number;
}

/** What browsers learn of an HTTP server before they connect, such as that it speaks QUIC (RFC 9460). */
export interface HttpsRecordArgs {
  /** Name of one of the endpoint's ports. Left out: 443. */
  readonly port?: string;
  /** Protocols in order of preference, such as `h3` and `h2`; at least one. */
  readonly alpn: readonly string[];
}

/** A record beside those of addresses. */
export interface ServiceRecord {
  /** Ending of the child's name: `srv-sip-udp`, `https`, `txt-2`. */
  readonly part: string;
  readonly type: "SRV" | "HTTPS" | "TXT";
  /** Labels before the name. */
  readonly prefix: string;
  /** What it holds, once the endpoint is known and its name complete. */
  content(endpoint: Endpoint, hostname: string): ServiceContent;
}

/** A structured record has `data`, a text `content`. */
export type ServiceContent =
  | { readonly content: string }
  | { readonly data: Readonly<Record<string, string | number>> };

/** Records beside those of addresses. */
export interface ServiceRecordArgs {
  /** Services under this name, `_sip._udp.<name>` for example. Not with `CNAME`. Left out: none. */
  readonly srv?: readonly SrvRecordArgs[];
  /** What browsers learn before they connect, such as that the endpoint speaks QUIC. Not with `CNAME`. Left out: nothing. */
  readonly https?: HttpsRecordArgs;
  /** Texts under this name, 1 to 2048 printable characters of ASCII each. Not with `CNAME`. Left out: none. */
  readonly txt?: readonly string[];
}

const SERVICE = /^[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?$/i;
const ALPN = /^[A-Za-z0-9./-]{1,32}$/;
/** Bytes of one string of a TXT record (RFC 1035 section 3.3.14). */
const TXT_BYTES = 255;
const MAX_TXT_BYTES = 2048;
const UINT16 = { min: 0, max: 65_535 };
const TEXT = new RegExp(`^[ -~]{1,${MAX_TXT_BYTES}}$`);

/**
 * The records that the arguments ask for, checked before anything is registered.
 *
 * @throws InputPropertyError naming the property; for several InputPropertiesError.
 */
export function planServiceRecords(args: ServiceRecordArgs, alias: boolean): ServiceRecord[] {
  const { srv = [], https, txt = [] } = args;
  const [, services, browsers, texts] = together(
    () => alias && checkBesideAlias(args),
    () => each(srv, (one, index) => planSrv(one, `srv[${index}]`)),
    () => (https === undefined ? [] : [planHttps(https)]),
    () => each(txt, planTxt),
  );
  each(services, ({ part }, index) => {
    if (services.findIndex((other) => other.part === part) < index) {
      invalid(`srv[${index}].service`, "and its protocol are there twice");
    }
  });
  return [...services, ...browsers, ...texts];
}

function checkBesideAlias({ srv = [], https, txt = [] }: ServiceRecordArgs): void {
  if (srv.length > 0) {
    invalid(
      "srv",
      "leads to this name, which is an alias (CNAME), and RFC 2782 forbids that: use A or AAAA",
    );
  }
  if (https !== undefined || txt.length > 0) {
    invalid(
      https === undefined ? "txt" : "https",
      "stands beside a CNAME, which tolerates no other record: use A or AAAA",
    );
  }
}

function planSrv(args: SrvRecordArgs, at: string): ServiceRecord {
  const { service, protocol, port, priority = 0, weight = 0 } = args;
  together(
    () => {
      if (!SERVICE.test(service)) {
        invalid(
          `${at}.service`,
          `"${service}" is not a service name: 1 to 15 letters, digits and inner hyphens, without the underscore`,
        );
      }
    },
    () => oneOf(`${at}.protocol`, protocol, Protocol),
    () => whole(`${at}.priority`, priority, UINT16),
    () => whole(`${at}.weight`, weight, UINT16),
  );
  const label = service.toLowerCase();
  const transport = protocol.toLowerCase();
  return {
    part: `srv-${label}-${transport}`,
    type: "SRV",
    prefix: `_${label}._${transport}.`,
    content: (endpoint, target) => {
      const found = portOf(endpoint, port, `${at}.port`);
      if (found.protocol !== protocol) {
        invalid(
          `${at}.protocol`,
          `is ${protocol}, but the endpoint's port "${port}" is ${found.protocol}`,
        );
      }
      return { data: { priority, weight, port: found.port, target } };
    },
  };
}

function planHttps({ alpn, port }: HttpsRecordArgs): ServiceRecord {
  if (alpn.length === 0) {
    invalid("https.alpn", 'is empty: give at least one protocol, such as "h3"');
  }
  each(alpn, (protocol, index) => {
    if (!ALPN.test(protocol)) {
      invalid(`https.alpn[${index}]`, `"${protocol}" is not a protocol, such as h3`);
    }
  });
  return {
    part: "https",
    type: "HTTPS",
    prefix: "",
    content: (endpoint) => {
      const number = port === undefined ? undefined : portOf(endpoint, port, "https.port").port;
      const value = [
        `alpn="${alpn.join(",")}"`,
        ...(number === undefined ? [] : [`port=${number}`]),
      ];
      return { data: { priority: 1, target: ".", value: value.join(" ") } };
    },
  };
}

function planTxt(text: string, index: number): ServiceRecord {
  if (!TEXT.test(text)) {
    invalid(`txt[${index}]`, `is not 1 to ${MAX_TXT_BYTES} printable characters of ASCII`);
  }
  // Cloudflare keeps quoted strings, so nothing drifts.
  const strings: string[] = [];
  for (let at = 0; at < text.length; at += TXT_BYTES) {
    strings.push(`"${text.slice(at, at + TXT_BYTES).replace(/[\\"]/g, "\\$&")}"`);
  }
  return {
    part: index === 0 ? "txt" : `txt-${index + 1}`,
    type: "TXT",
    prefix: "",
    content: () => ({ content: strings.join(" ") }),
  };
}

function portOf(endpoint: Endpoint, name: string, at: string) {
  return (
    endpoint.ports.find((port) => port.name === name) ??
    invalid(
      at,
      `"${name}" is none of the endpoint's ports: ${endpoint.ports.map((port) => port.name).join(", ") || "it has none"}`,
    )
  );
}
