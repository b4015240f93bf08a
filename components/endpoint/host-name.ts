const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

/** One label of a host name, in lower case. Source: RFC 1123 §2.1, RFC 1035 §2.3.4. */
export const DNS_LABEL = new RegExp(`^${LABEL}$`);

/** What a host name may be. */
export interface HostNameOptions {
  /** Its first label may be `*`, for every name below. Default false. */
  readonly wildcard?: boolean;
  /** Fewest labels: 1 lets a name of a private network's hosts pass. Default 2. */
  readonly labels?: 1 | 2;
}

/** A host name, in lower case, of at most 253 characters. Source: RFC 1123 §2.1, RFC 1035 §2.3.4. */
export function hostName({ wildcard = false, labels = 2 }: HostNameOptions = {}): RegExp {
  const first = wildcard ? "(\\*\\.)?" : "";
  return new RegExp(`^(?=.{1,253}$)${first}(${LABEL}\\.)${labels === 1 ? "*" : "+"}${LABEL}$`);
}
