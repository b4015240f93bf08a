import { examineNat, NatUnknown, natText } from "../nat/examine.ts";
import { CliError, EXIT } from "./exit.ts";

export interface NatOptions {
  readonly host: string;
  readonly port: number;
  readonly otherAddress?: string;
  readonly otherPort?: number;
  readonly lifetime: number;
  readonly timeout: number;
  readonly json?: boolean;
}

/** Packets of each question: more than one may be lost. */
const TRIES = 3;

/** `udp-director nat`: exit code 1 when nothing can be told. */
export async function natCommand(options: NatOptions): Promise<void> {
  const { host, port, otherAddress, otherPort, lifetime, timeout, json } = options;
  if ((otherAddress === undefined) !== (otherPort === undefined)) {
    throw new CliError("--other-address and --other-port go together", EXIT.usage);
  }
  try {
    const report = await examineNat({
      server: { address: host, port },
      ...(otherAddress === undefined || otherPort === undefined
        ? {}
        : { other: { address: otherAddress, port: otherPort } }),
      ...{ lifetimeMs: lifetime * 1000, timeoutMs: timeout, tries: TRIES },
    });
    process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : natText(report));
  } catch (error) {
    if (error instanceof NatUnknown) throw new CliError(error.message, EXIT.failed);
    throw error;
  }
}
