/** A socket that could not be bound: which one, why, and what to do. */
export class BindError extends Error {
  override readonly name = "BindError";
  /** System error code such as EADDRINUSE. */
  readonly code: string;

  constructor(
    protocol: "UDP" | "TCP",
    address: string,
    port: number,
    setting: string,
    code: string,
  ) {
    super(`cannot bind ${protocol} port ${port} on ${address}: ${advice(code, setting)}`);
    this.code = code;
  }
}

function advice(code: string, setting: string): string {
  switch (code) {
    case "EADDRINUSE":
      return `another process has it; stop that process or change ${setting}`;
    case "EACCES":
      return `ports below 1024 need a privilege; change ${setting}`;
    case "EADDRNOTAVAIL":
      return "this host does not have that address; change the listen addresses";
    case "EAFNOSUPPORT":
      return "this host has no IPv6; take IPv6 addresses out of the listen addresses";
    default:
      return code;
  }
}

/** The system error code of anything thrown. */
export function errorCode(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" ? code : String(error);
}

/** True for failures that mean "no IPv6 here"; the wildcard `::` is then skipped. */
export function lacksIpv6(address: string, code: string): boolean {
  return address === "::" && (code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL");
}
