import { openLocalStack, STACK } from "./local-stack.ts";
import { prove } from "./prove.ts";
import { Advice, main, say } from "./terminal.ts";

await main(async () => {
  const [stack = STACK] = process.argv.slice(2);
  if (stack !== STACK) {
    throw new Advice(
      `npm run up deploys the stack ${STACK} on this machine. For ${stack} use the Pulumi CLI: pulumi up --stack ${stack}`,
    );
  }
  const local = await openLocalStack();
  await local.read("stack", "select", "--create");
  // The refresh finds processes that died since, with a reboot for example.
  await local.run("up", "--yes", "--skip-preview", "--refresh");
  const outputs = JSON.parse(await local.read("stack", "output", "--json"));
  await prove(outputs, (line) => process.stdout.write(`${line}\n`));
  say("npm run down ends it all");
});
