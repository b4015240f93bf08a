/** IP version of an address; the strings are Azure's and Kubernetes' own. */
export const IpVersion = { V4: "IPv4", V6: "IPv6" } as const;
export type IpVersion = (typeof IpVersion)[keyof typeof IpVersion];

/**
 * A public address that Services of an AKS cluster may take. Plain data: it crosses stack
 * references, so one stack can own the address and another the Service.
 */
export interface AksAddress {
  /** The address in text form. */
  readonly ipAddress: string;
  /** `IPv4` or `IPv6`. */
  readonly ipVersion: IpVersion;
  /** Azure's name of the public IP address resource. */
  readonly publicIpName: string;
  /** Resource group that the public IP address is in. */
  readonly resourceGroupName: string;
  /** `<label>.<region>.cloudapp.azure.com`, where a DNS label was given. */
  readonly hostname?: string;
}
