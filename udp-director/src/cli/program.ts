import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { CliError, EXIT, type ExitCode } from "./exit.ts";

/** What commands read from outside. */
export type Environment = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

function wholeBetween(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected a whole number ${min}..${max}.`);
    }
    return value;
  };
}
const port = wholeBetween(1, 65535);

/** `a=1,b=2` and repeated options become one map. */
function selector(text: string, previous: Record<string, string> = {}): Record<string, string> {
  const map = { ...previous };
  for (const pair of text.split(",")) {
    const at = pair.indexOf("=");
    if (at < 1) throw new InvalidArgumentError("Expected key=value[,key=value...].");
    map[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
  }
  return map;
}

/** `needed`: the command asks a director in any case. */
function withQueryOptions(command: Command, needed = true): Command {
  return command
    .option("--host <host>", "the director's address or name", "127.0.0.1")
    .option("--query-port <port>", "its TCP query port", port, 9000)
    .addOption(
      new Option(
        "--type <resourceType>",
        "resource type, a key of resourceQueryMapping",
      ).makeOptionMandatory(needed),
    )
    .addOption(
      new Option("--namespace <namespace>", "namespace of the backend").makeOptionMandatory(needed),
    )
    .option("--selector <key=value,...>", "labels the backend must have", selector)
    .option("--annotations <key=value,...>", "annotations the backend must have", selector)
    .option("--status <path=value,...>", "status the backend must have, such as status.state=Ready")
    .option("--ca <file>", "query over TLS and trust this authority (PEM)")
    .option("--cert <file>", "query over TLS with this certificate (PEM), for mTLS")
    .option("--key <file>", "its private key (PEM)")
    .option("--bearer-file <file>", "file with the token that the query port asks for")
    .option("--timeout <ms>", "wait this long for each answer", wholeBetween(1, 600_000), 2000);
}

function withDataOptions(command: Command): Command {
  return command
    .option("--data-port <port>", "the director's UDP port (default: as the director says)", port)
    .option("--magic <hex>", "control packet magic bytes of the director");
}

function withAdminOptions(command: Command): Command {
  return command
    .option("--admin <url>", "the director's admin API", "http://127.0.0.1:9091")
    .option("--token-file <file>", "file with its bearer token")
    .option("--ca <file>", "with https: trust this authority (PEM)")
    .option("--cert <file>", "with https: this certificate (PEM), for mTLS")
    .option("--key <file>", "its private key (PEM)");
}

/** `sessions list|show|watch|capture|kill|move`. */
function addSessions(root: Command): void {
  const load = () => import("./sessions.ts");
  const sessions = root
    .command("sessions")
    .description("look at live sessions, capture, end and move them (needs the admin API)");
  withAdminOptions(sessions.command("list"))
    .description("list sessions as a table")
    .option("--client <address>", "only of this address, or address:port")
    .option("--resource <type/namespace/name>", "only on this backend")
    .option("--selector <key=value,...>", "only on backends with these labels", selector)
    .option("--json", "print one JSON object a line")
    .action(async (options) => (await load()).listSessions(options));
  withAdminOptions(sessions.command("show <id>"))
    .description("print one session as JSON")
    .action(async (id, options) => (await load()).showSession(id, options));
  withAdminOptions(sessions.command("watch <ids...>"))
    .description("estimate loss, jitter and round trip from now on; show and top have them")
    .option("--stop", "do so no more")
    .action(async (ids, options) => (await load()).watchSessions(ids, options));
  withAdminOptions(sessions.command("capture <id>"))
    .description("record a session's packets as pcapng, as they came and as they left")
    .requiredOption("-o, --output <file>", "file to write; - for standard output")
    .option("--seconds <n>", "longest time (default: 30)", wholeBetween(1, 3600))
    .option("--packets <n>", "most datagrams (default: 10000)", wholeBetween(1, 1_000_000))
    .option("--snaplen <bytes>", "bytes kept of each packet", wholeBetween(64, 65_535))
    .action(async (id, options) => (await load()).captureSession(id, options));
  withAdminOptions(sessions.command("kill <ids...>"))
    .description("end sessions")
    .action(async (ids, options) => (await load()).killSessions(ids, options));
  withAdminOptions(sessions.command("move [ids...]"))
    .description("move sessions to another backend")
    .option("--from-resource <type/namespace/name>", "every session of this backend")
    .option("--from-selector <key=value,...>", "every session of backends like this", selector)
    .option("--to-resource <type/namespace/name>", "to this backend")
    .option("--to-selector <key=value,...>", "to a backend with these labels", selector)
    .option("--to-any", "to another backend that the session's own query gives")
    .action(async (ids, options) => (await load()).moveSessions(ids, options));
}

function addTop(root: Command): void {
  withAdminOptions(root.command("top"))
    .description("show sessions, rates and backends as they change (needs the admin API)")
    .option("--interval <seconds>", "time between two looks", wholeBetween(1, 3600), 2)
    .option("--count <n>", "end after n looks", wholeBetween(1, 1_000_000))
    .action(async (options) => (await import("./top.ts")).topCommand(options));
}

function addMeasure(root: Command): void {
  withDataOptions(withQueryOptions(root.command("measure"), false))
    .description(
      "measure the path to an echo (--data-port), or through a director to a backend that echoes (--type, --namespace)",
    )
    .option("--count <n>", "packets to measure latency with", wholeBetween(1, 100_000), 100)
    .option("--interval <ms>", "pause between them", wholeBetween(1, 60_000), 20)
    .option("--bytes <n>", "payload of each", wholeBetween(16, 65_507), 64)
    .option("--megabits <n>", "offer so much, 0 for no load", wholeBetween(0, 1000), 10)
    .option("--seconds <n>", "for so long", wholeBetween(1, 60), 2)
    .option(
      "--mtu-max <bytes>",
      "largest IP packet to try, 0 for none",
      wholeBetween(0, 65_535),
      9000,
    )
    .option("--json", "print JSON")
    .action(async (options) => (await import("./measure.ts")).measureCommand(options));
}

function addNat(root: Command): void {
  root
    .command("nat")
    .description("classify the NAT in front of this host, with an echo that has --other-address")
    .requiredOption("--host <host>", "the echo's address or name")
    .option("--port <port>", "its UDP port", port, 9999)
    .option("--other-address <address>", "its other address (default: as it says)")
    .option("--other-port <port>", "and port", port)
    .option(
      "--lifetime <seconds>",
      "look for mappings that live shorter, for so long; 0 for none",
      wholeBetween(0, 600),
      60,
    )
    .option(
      "--timeout <ms>",
      "wait this long for each of three tries",
      wholeBetween(1, 60_000),
      500,
    )
    .option("--json", "print JSON")
    .action(async (options) => (await import("./nat.ts")).natCommand(options));
}

function logLevel(environment: Environment): Option {
  const option = new Option("--log-level <level>", "least severe log lines to print");
  return option.choices(LOG_LEVELS).default(environment.LOG_LEVEL ?? "info");
}

/** The command line, with actions that load what they need when they are called. */
export function program(environment: Environment): Command {
  const root = new Command("udp-director")
    .description("Stateful UDP session proxy: routes each client to its backend, moves it live")
    .addHelpText(
      "after",
      "\nExit codes: 0 ok; 1 a check failed or nobody answered; 2 wrong usage or configuration,\nor a port that cannot be bound.",
    );

  root
    .command("serve")
    .description("run the director")
    .option(
      "--config <file>",
      "YAML configuration (default: $CONFIG_PATH)",
      environment.CONFIG_PATH ?? "/etc/udp-director/config.yaml",
    )
    .option("--check", "validate the configuration and exit")
    .option("--no-reload", "apply changes of the configuration on SIGHUP only")
    .addOption(logLevel(environment))
    .action(async (options) => (await import("./serve.ts")).serve(options));

  withQueryOptions(root.command("query"))
    .description("ask a director for a token and print its answer as JSON")
    .option("--port-range <name>", "also ask for a port of this range, for clients without tokens")
    .action(async (options) => (await import("./query.ts")).queryCommand(options));

  withDataOptions(withQueryOptions(root.command("connect")))
    .description("open a session, send lines of standard input (or --count packets), print replies")
    .option("--count <n>", "send n numbered packets instead of lines", wholeBetween(1, 1_000_000))
    .option("--interval <ms>", "pause between numbered packets", wholeBetween(0, 60_000), 100)
    .option(
      "--keepalive <ms>",
      "send an empty packet when nothing else was sent for so long",
      wholeBetween(1, 3_600_000),
    )
    .option(
      "--reset-selector <key=value,...>",
      "half way, move the session to such a backend",
      selector,
    )
    .action(async (options) => (await import("./connect.ts")).connectCommand(options));

  withDataOptions(withQueryOptions(root.command("probe")))
    .description("check a director end to end: query, token, echo; exit code 0 or 1")
    .action(async (options) => (await import("./probe.ts")).probeCommand(options));

  addMeasure(root);
  addNat(root);

  root
    .command("echo")
    .description("run a UDP echo backend")
    .option("--host <address>", "IP address to listen on", "0.0.0.0")
    .option("--port <port>", "UDP port", port, 9999)
    .option("--label <text>", "put this and a space in front of every reply")
    .option(
      "--proxy-protocol",
      "take PROXY protocol v2 headers off and reply with the client's address",
    )
    .option("--other-address <address>", "be there as well, and tell clients their NAT (nat)")
    .option("--other-port <port>", "on this UDP port as well", port)
    .option("--health-port <port>", "answer GET /livez and /readyz on this TCP port", port)
    .addOption(logLevel(environment))
    .action(async (options) => (await import("./echo.ts")).echoCommand(options));

  root
    .command("directory")
    .description("run the endpoint directory (HTTP)")
    .option(
      "--config <file>",
      "YAML list of endpoints",
      environment.DIRECTORY_CONFIG_PATH ?? "/etc/udp-director/directory.yaml",
    )
    .option("--check", "validate the configuration and exit")
    .addOption(logLevel(environment))
    .action(async (options) => (await import("./directory.ts")).directoryCommand(options));

  addSessions(root);
  addTop(root);
  return root;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Runs the command line; resolves with the exit code when the command is done. */
export async function run(args: readonly string[], environment: Environment): Promise<ExitCode> {
  const root = program(environment);
  for (const command of withSubcommands(root)) {
    command.exitOverride().showHelpAfterError("(add --help for the options)");
  }
  try {
    await root.parseAsync(args, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof CliError) {
      process.stderr.write(`udp-director: ${error.message}\n`);
      return error.exitCode;
    }
    throw error;
  }
}
