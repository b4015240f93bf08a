import { isIP } from "node:net";
import { each, invalid } from "./invalid.ts";

/**
 * Refuses what is no network in CIDR form.
 *
 * @param property Name of the list as the caller wrote it.
 * @throws InputPropertyError naming the entry.
 */
export function checkNetworks(property: string, networks: readonly string[]): void {
  each(networks, (network, index) => checkNetwork(`${property}[${index}]`, network));
}

function checkNetwork(path: string, network: string): void {
  const [address = "", bits = "", ...rest] = network.split("/");
  const version = isIP(address);
  const longest = version === 4 ? 32 : 128;
  if (version === 0 || rest.length > 0 || !/^\d+$/.test(bits) || Number(bits) > longest) {
    invalid(
      path,
      `"${network}" is not a network: an address and a prefix length, such as 203.0.113.0/24`,
    );
  }
}

/**
 * Refuses networks that let everybody in where only administrators should come.
 *
 * @throws InputPropertyError naming the entry.
 */
export function checkAdminNetworks(property: string, networks: readonly string[]): void {
  each(networks, (network, index) => {
    const path = `${property}[${index}]`;
    checkNetwork(path, network);
    if (Number(network.split("/")[1]) < 8) {
      invalid(
        path,
        `${network} is everybody, or nearly: name the networks of your administrators, or leave it out`,
      );
    }
  });
}
