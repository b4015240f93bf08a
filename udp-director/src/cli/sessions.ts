import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { MoveTo, SessionView } from "../admin/control-schemas.ts";
import { duration } from "../admin/page/figures.js";
import { hostPort } from "../net/addresses.ts";
import { type AdminOptions, adminRequest, adminStream } from "./admin-client.ts";
import { CliError, EXIT } from "./exit.ts";

type Labels = Readonly<Record<string, string>>;

export interface ListOptions extends AdminOptions {
  readonly client?: string;
  readonly resource?: string;
  readonly selector?: Labels;
  readonly json?: boolean;
}

const print = (text: string) => void process.stdout.write(`${text}\n`);
const labelText = (labels: Labels) =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");

const HEAD = ["ID", "CLIENT", "BACKEND", "STATE", "MOVES", "AGE", "IDLE"];

function row(session: SessionView): string[] {
  return [
    String(session.id),
    hostPort(session.clientAddress, session.clientPort),
    session.resource,
    session.backendState,
    String(session.moves),
    duration(session.ageSeconds),
    duration(session.idleSeconds),
  ];
}

/** Lines of equally wide columns, two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths =
    rows[0]?.map((_, at) => Math.max(...rows.map((one) => one[at]?.length ?? 0))) ?? [];
  return rows.map((one) =>
    one
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** The sessions that pass the filters, page by page. */
async function* pages(options: ListOptions): AsyncGenerator<readonly SessionView[]> {
  const { client, resource, selector } = options;
  for (let after: number | null = 0; after !== null; ) {
    const filter = new URLSearchParams({
      after: String(after),
      limit: "1000",
      ...(client === undefined ? {} : { client }),
      ...(resource === undefined ? {} : { resource }),
      ...(selector === undefined ? {} : { label: labelText(selector) }),
    });
    const page = (await adminRequest(options, "GET", `/v1/sessions?${filter}`)) as {
      readonly sessions: readonly SessionView[];
      readonly next: number | null;
    };
    yield page.sessions;
    after = page.next;
  }
}

/** `udp-director sessions list`: a table, or with `--json` one object a line. */
export async function listSessions(options: ListOptions): Promise<void> {
  const rows = [HEAD];
  for await (const sessions of pages(options)) {
    if (options.json) for (const session of sessions) print(JSON.stringify(session));
    else rows.push(...sessions.map(row));
  }
  if (!options.json) for (const line of columns(rows)) print(line);
}

/** `udp-director sessions show <id>`: the session as JSON. */
export async function showSession(id: string, options: AdminOptions): Promise<void> {
  const path = `/v1/sessions/${encodeURIComponent(id)}`;
  print(JSON.stringify(await adminRequest(options, "GET", path), null, 2));
}

/** `udp-director sessions watch <id...>`: from now on, or no more with `--stop`. */
export async function watchSessions(
  ids: readonly string[],
  options: AdminOptions & { readonly stop?: boolean },
): Promise<void> {
  for (const id of ids) {
    const method = options.stop ? "DELETE" : "POST";
    await adminRequest(options, method, `/v1/sessions/${encodeURIComponent(id)}/quality`);
    print(`session ${id} is ${options.stop ? "not watched any more" : "watched"}`);
  }
}

export interface CaptureOptions extends AdminOptions {
  readonly output: string;
  readonly seconds?: number;
  readonly packets?: number;
  readonly snaplen?: number;
}

/** `udp-director sessions capture <id>`: a pcapng file, or standard output for `-`. */
export async function captureSession(id: string, options: CaptureOptions): Promise<void> {
  const { output, seconds, packets, snaplen } = options;
  const bounds = new URLSearchParams();
  for (const [name, value] of Object.entries({ seconds, packets, snaplen })) {
    if (value !== undefined) bounds.set(name, String(value));
  }
  const path = `/v1/sessions/${encodeURIComponent(id)}/capture?${bounds}`;
  const body = await adminStream(options, path);
  const target = output === "-" ? process.stdout : createWriteStream(output);
  try {
    await pipeline(body, target, { end: output !== "-" });
  } catch (error) {
    throw new CliError(`cannot write ${output}: ${(error as Error).message}`, EXIT.failed);
  }
  if (output !== "-") print(`wrote ${output}`);
}

/** `udp-director sessions kill <id...>`. */
export async function killSessions(ids: readonly string[], options: AdminOptions): Promise<void> {
  for (const id of ids) {
    await adminRequest(options, "DELETE", `/v1/sessions/${encodeURIComponent(id)}`);
    print(`ended session ${id}`);
  }
}

export interface MoveOptions extends AdminOptions {
  readonly fromResource?: string;
  readonly fromSelector?: Labels;
  readonly toResource?: string;
  readonly toSelector?: Labels;
  readonly toAny?: boolean;
}

function destination(options: MoveOptions): MoveTo {
  const { toResource, toSelector, toAny } = options;
  const given: MoveTo[] = [];
  if (toResource !== undefined) given.push({ resource: toResource });
  if (toSelector !== undefined) given.push({ labelSelector: { ...toSelector } });
  if (toAny) given.push({ any: true });
  const [to] = given;
  if (to === undefined || given.length > 1) {
    throw new CliError("expected one of --to-resource, --to-selector and --to-any", EXIT.usage);
  }
  return to;
}

/**
 * `udp-director sessions move`: the sessions with these ids, or all of a backend or of the
 * backends with these labels. Exit code 1 when a session stayed.
 */
export async function moveSessions(ids: readonly string[], options: MoveOptions): Promise<void> {
  const to = destination(options);
  const { fromResource, fromSelector } = options;
  const many = fromResource !== undefined || fromSelector !== undefined;
  if (many === ids.length > 0) {
    throw new CliError("expected ids, or --from-resource or --from-selector", EXIT.usage);
  }
  const from = {
    ...(fromResource === undefined ? {} : { resource: fromResource }),
    ...(fromSelector === undefined ? {} : { labelSelector: fromSelector }),
  };
  const requests: (readonly [path: string, body: unknown])[] = many
    ? [["/v1/retarget", { from, to }]]
    : ids.map((id) => [`/v1/sessions/${encodeURIComponent(id)}/retarget`, { to }]);
  let stayed = 0;
  for (const [path, body] of requests) {
    const outcome = (await adminRequest(options, "POST", path, body)) as {
      readonly matched: number;
      readonly moved: number;
      readonly stayed: number;
      readonly reasons: readonly string[];
    };
    stayed += outcome.stayed;
    const why = outcome.reasons.length > 0 ? ` (${outcome.reasons.join("; ")})` : "";
    print(`moved ${outcome.moved} of ${outcome.matched}, ${outcome.stayed} stayed${why}`);
  }
  if (stayed > 0) throw new CliError(`${stayed} sessions stayed where they were`, EXIT.failed);
}
