import { type MeasurePlan, type MeasureTarget, measure } from "../measure/measure.ts";
import { measurementText } from "../measure/report.ts";
import { CliError, EXIT } from "./exit.ts";
import { askFor, failing, type QueryOptions, wantedBackend } from "./query-options.ts";
import { grantedDataPort, type SessionOptions } from "./session.ts";

export interface MeasureOptions extends Omit<SessionOptions, "type" | "namespace"> {
  readonly type?: string;
  readonly namespace?: string;
  readonly count: number;
  readonly interval: number;
  readonly bytes: number;
  readonly megabits: number;
  readonly seconds: number;
  readonly mtuMax: number;
  readonly json?: boolean;
}

/** Through a director where a backend is asked for, else straight to an echo. */
function targetOf(options: MeasureOptions): MeasureTarget {
  const { host, type, namespace, dataPort, magic } = options;
  const common = { host, ...(magic === undefined ? {} : { magicHex: magic }) };
  if (type !== undefined && namespace !== undefined) {
    const query: QueryOptions = { ...options, type, namespace };
    return {
      ...common,
      async session() {
        const grant = await askFor(query, wantedBackend(query));
        return { port: grantedDataPort(dataPort, grant), token: grant.token };
      },
    };
  }
  if (type !== undefined || namespace !== undefined) {
    throw new CliError("--type and --namespace go together: they ask a director", EXIT.usage);
  }
  if (dataPort === undefined) {
    const message = "give --data-port of an echo, or --type and --namespace to ask a director";
    throw new CliError(message, EXIT.usage);
  }
  return { ...common, session: async () => ({ port: dataPort }) };
}

/** `udp-director measure`: exit code 1 when nothing came back. */
export async function measureCommand(options: MeasureOptions): Promise<void> {
  const plan: MeasurePlan = {
    count: options.count,
    intervalMs: options.interval,
    bytes: options.bytes,
    timeoutMs: options.timeout,
    megabits: options.megabits,
    seconds: options.seconds,
    mtuMax: options.mtuMax,
  };
  const found = await failing(measure(targetOf(options), plan));
  process.stdout.write(
    options.json ? `${JSON.stringify(found, undefined, 2)}\n` : measurementText(found),
  );
  if (found.latency.received === 0) throw new CliError("no packet came back", EXIT.failed);
}
