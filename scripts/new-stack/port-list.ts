import { Protocol } from "../../components/endpoint/protocol.ts";

/** A port as a person gives it. */
export interface GivenPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: Protocol;
}

const PORT = /^(?:([a-z][a-z0-9-]{0,14})=)?(\d{1,5})\/(udp|tcp)$/i;

/**
 * Reads `audio=8000/udp, 4433/tcp`; a port without a name is named after itself, `tcp-4433`.
 *
 * @returns The ports, or what is wrong with each that is none.
 */
export function readPorts(text = ""): {
  readonly ports: readonly GivenPort[];
  readonly mistakes: readonly string[];
} {
  const ports: GivenPort[] = [];
  const mistakes: string[] = [];
  for (const part of text.split(",").map((one) => one.trim())) {
    if (part === "") {
      continue;
    }
    const [, name, digits, letters = ""] = PORT.exec(part) ?? [];
    const port = Number(digits);
    if (digits === undefined || port < 1 || port > 65_535) {
      mistakes.push(`"${part}" is not allowed: give ports such as 8000/udp or audio=8000/udp`);
      continue;
    }
    const protocol = letters.toLowerCase() === "udp" ? Protocol.Udp : Protocol.Tcp;
    ports.push({ name: name ?? `${letters.toLowerCase()}-${port}`, port, protocol });
  }
  return { ports, mistakes };
}
